package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What every row of the table has to have.
func TestSettings(t *testing.T) {
	groups := map[string]bool{}
	for _, g := range Groups {
		groups[g.Key] = true
	}
	fields := reflect.TypeFor[Config]()
	for _, s := range Settings() {
		if !groups[s.Group] {
			t.Errorf("%s: no group %q", s.Name, s.Group)
		}
		if !strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s: help %q is no sentence", s.Name, s.Help)
		}
		if s.Default != "" {
			if _, err := s.parse(s.Default); err != nil {
				t.Errorf("%s: default: %s", s.Name, wrong(&s, s.Default, err))
			}
		}
		if (s.Kind == Whole || s.Kind == Fraction) && s.Min >= s.Max {
			t.Errorf("%s: no range", s.Name)
		}
	}
	if len(byName) != len(table) {
		t.Errorf("%d names for %d settings", len(byName), len(table))
	}
	// A field that is not a setting is meant to be none.
	for i := range fields.NumField() {
		f := fields.Field(i)
		if f.Tag.Get("setting") != "-" && f.Tag.Get("help") == "" {
			t.Errorf("field %s has no help", f.Name)
		}
	}
}

// The keys of sections are settings too, and their tags say what is needed.
func TestSectionSettings(t *testing.T) {
	inRule := map[string]bool{}
	for _, s := range RuleSettings() {
		inRule[s.Name] = true
		if s.Secret || s.NotInFile || s.InputDefault != "" {
			t.Errorf("%s cannot be in a rule, or its input would beat every rule", s.Name)
		}
	}
	for _, s := range Settings() { // these make the result of one file
		if s.Group == "image" && !inRule[s.Name] {
			t.Errorf("%s cannot be in a rule", s.Name)
		}
		if (s.Group == "run" || s.Group == "store" || s.Group == "access" || s.Group == "incremental") && inRule[s.Name] {
			t.Errorf("%s can be in a rule", s.Name)
		}
	}
	if Settings()[0].Help == RuleSettings()[0].Help || !inRule["glob"] || inRule["ignore"] {
		t.Errorf("rules have %v", inRule)
	}
	fields := reflect.TypeFor[Budget]()
	for _, s := range BudgetSettings() {
		if !strings.HasSuffix(s.Help, ".") || (s.Kind == Whole) != (s.Min < s.Max) {
			t.Errorf("%s: %+v", s.Name, s)
		}
		if limit := s.Name != "glob" && s.Name != "except" && s.Name != "level"; s.Limit != limit {
			t.Errorf("%s: limit is %v", s.Name, s.Limit)
		}
		for alias, element := range s.Aliases {
			if got, err := s.element(strings.ToUpper(alias)); err != nil || got != element || !slices.Contains(s.Enum, element) {
				t.Errorf("%s: %s is %q, %v", s.Name, alias, got, err)
			}
		}
		if _, ok := fields.Field(s.field).Tag.Lookup("group"); ok {
			t.Errorf("%s: a budget has no groups", s.Name)
		}
	}
}

func TestNearest(t *testing.T) {
	var names []string
	for _, s := range table {
		names = append(names, s.Name)
	}
	for name, want := range map[string]string{
		"qualty": "quality", "QUALITY": "quality", "max_width": "max-width", "maxHeight": "max-height", "widht": "width",
		"globs": "glob", "glob-pattern": "glob", "dryrun": "dry-run", "fail_on_error": "fail-on", "outputs": "output",
		"zzz": "", "": "", "a": "", strings.Repeat("quality", 20): "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
