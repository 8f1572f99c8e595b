package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"
)

// A Setting describes one field of Config: what all the sources of settings
// and all the documents are made from.
type Setting struct {
	// Name has lower case and hyphens, such as max-width. It is the flag, the
	// action's input and the key in webpress.yml.
	Name string
	// Help is one sentence or two halves of one.
	Help string
	// Group is the key of one of Groups.
	Group string
	// Default is as a user would type it, empty for none.
	Default string
	// DefaultNote is the default in words, where it cannot be typed.
	DefaultNote string
	// Kind is Text, List, Switch, Whole, Fraction or PerFormat.
	Kind Kind
	// InputDefault is the default of the action's input, empty for none.
	InputDefault string
	// Enum are the only values allowed, or the only elements of a List, where
	// that is so.
	Enum []string
	// Min and Max bound a Whole, a Fraction or the numbers of a PerFormat.
	Min, Max float64
	// Unit is bytes, pixels, percent or empty.
	Unit string
	// NotInFile is set where webpress.yml cannot hold the setting.
	NotInFile bool
	// Secret is set where the value must not be shown.
	Secret bool
	// PerFile is set where a rule can say it for some of the files.
	PerFile bool
	// PerVariant is set where a variant can say it for one output.
	PerVariant bool
	// Limit is set where a budget needs this key, or another that has it set.
	Limit bool
	// Formats are those that a PerFormat may have numbers for.
	Formats []string
	// Aliases are other spellings of what is in Enum or Formats.
	Aliases map[string]string

	check string
	// short is the flag of one letter, brief the text of the short help, empty where
	// there is none, placeholder what stands for a value in the help.
	short, brief, placeholder string
	// top puts it into the short help of webpress.
	top bool
	// plain is set for a flag that is not a setting.
	plain bool
	// alone reports whether the flag without a value means true.
	alone bool
	field int
	// holds is the kind of the field.
	holds reflect.Kind
}

// A Kind is the shape of a setting's value.
type Kind int

// The kinds of settings.
const (
	Text Kind = iota
	List
	Switch
	Whole
	Fraction
	// PerFormat is a whole number, or one for each of some formats.
	PerFormat
)

// A Group is a part of --help and of the table in docs/settings.md.
type Group struct{ Key, Title string }

// Groups are in the order in which they are shown.
var Groups = []Group{
	{"which", "Which files"},
	{"image", "How images are converted"},
	{"result", "Where results go"},
	{"pages", "Pages"},
	{"limits", "Limits"},
	{"engine", "Conversion API"},
	{"incremental", "Incremental runs and caching"},
	{"check", "Checks"},
	{"store", "Delivery"},
	{"commit", "Commits and pull requests"},
	{"artifact", "Artifacts"},
	{"access", "Access and network"},
	{"report", "Reports and logs"},
	{"run", "Commands and configuration"},
}

var (
	table  = settings(reflect.TypeFor[Config]())
	byName = index(table)

	ruleTable  = slices.DeleteFunc(Settings(), func(s Setting) bool { return !s.PerFile && s.Name != "glob" })
	ruleByName = index(ruleTable)

	variantTable  = slices.DeleteFunc(Settings(), func(s Setting) bool { return !s.PerVariant })
	variantByName = index(variantTable)

	budgetTable  = settings(reflect.TypeFor[Budget]())
	budgetByName = index(budgetTable)
)

// Settings returns every setting in the order of the fields of Config.
func Settings() []Setting { return append([]Setting(nil), table...) }

// RuleSettings returns every key of a rule in the order of the fields of Config.
func RuleSettings() []Setting {
	all := append([]Setting(nil), ruleTable...)
	for i := range all {
		if all[i].Name == "glob" {
			all[i].Help, all[i].DefaultNote = budgetByName["glob"].Help, ""
		}
	}
	return all
}

// VariantSettings returns every key of a variant in the order of the fields of Config.
func VariantSettings() []Setting { return append([]Setting(nil), variantTable...) }

// BudgetSettings returns every key of a budget in the order of the fields of Budget.
func BudgetSettings() []Setting { return append([]Setting(nil), budgetTable...) }

func settings(t reflect.Type) []Setting {
	var all []Setting
	for i := range t.NumField() {
		f := t.Field(i)
		help, ok := f.Tag.Lookup("help")
		if !ok {
			continue
		}
		s := Setting{
			Name: hyphenated(f.Name), Help: help, Group: f.Tag.Get("group"),
			Default: f.Tag.Get("default"), DefaultNote: f.Tag.Get("default-note"),
			Unit: f.Tag.Get("unit"), NotInFile: f.Tag.Get("file") == "-",
			InputDefault: f.Tag.Get("input-default"),
			short:        f.Tag.Get("short"), brief: f.Tag.Get("brief"), placeholder: f.Tag.Get("placeholder"),
			check: f.Tag.Get("check"), field: i, holds: f.Type.Kind(),
		}
		_, s.top = f.Tag.Lookup("top")
		_, s.alone = f.Tag.Lookup("alone")
		_, s.Secret = f.Tag.Lookup("secret")
		_, s.PerFile = f.Tag.Lookup("rule")
		_, s.PerVariant = f.Tag.Lookup("variant")
		_, s.Limit = f.Tag.Lookup("limit")
		if pairs := f.Tag.Get("alias"); pairs != "" {
			s.Aliases = map[string]string{}
			for pair := range strings.SplitSeq(pairs, ",") {
				alias, element, _ := strings.Cut(pair, "=")
				s.Aliases[alias] = element
			}
		}
		if e := f.Tag.Get("enum") + f.Tag.Get("values"); e != "" {
			s.Enum = strings.Split(e, ",")
		}
		if e := f.Tag.Get("formats"); e != "" {
			s.Formats = strings.Split(e, ",")
		}
		switch f.Type.Kind() {
		case reflect.Struct:
			s.Kind = PerFormat
		case reflect.Slice:
			s.Kind = List
		case reflect.Bool:
			s.Kind = Switch
		case reflect.Int, reflect.Int64:
			s.Kind = Whole
		case reflect.Float64:
			s.Kind = Fraction
		}
		if low, high, ok := strings.Cut(f.Tag.Get("range"), ","); ok {
			s.Min, _ = strconv.ParseFloat(low, 64)
			s.Max, _ = strconv.ParseFloat(high, 64)
		}
		all = append(all, s)
	}
	return all
}

func index(all []Setting) map[string]*Setting {
	m := make(map[string]*Setting, len(all))
	for i := range all {
		m[all[i].Name] = &all[i]
	}
	return m
}

// hyphenated turns the name of a field into that of a setting: MaxWidth into
// max-width, WebhookURL into webhook-url.
func hyphenated(field string) string {
	var b strings.Builder
	before := 'A'
	for _, r := range field {
		if unicode.IsUpper(r) && !unicode.IsUpper(before) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// Allowed says in words which values the setting may have: what fits behind "it
// has to be".
func (s Setting) Allowed() string {
	switch {
	case s.check == "store":
		return "a list of commit, artifact, none and addresses of buckets such as s3://bucket/prefix"
	case s.Kind == List && len(s.Enum) > 0:
		return "a list of " + strings.Join(s.Enum, ", ")
	case len(s.Enum) > 1:
		return "one of " + strings.Join(s.Enum, ", ")
	case len(s.Enum) == 1:
		return s.Enum[0]
	case s.Unit == "bytes":
		return fmt.Sprintf("a size such as 20MB or 64MiB, from %s to %s", size(s.Min), size(s.Max))
	case s.Unit == "pixels":
		return fmt.Sprintf("a number of pixels such as 50MP or 12000000, from %.0f to %.0fMP", s.Min, s.Max/1e6)
	case s.Unit == "percent":
		return fmt.Sprintf("a percentage from %g to %g", s.Min, s.Max)
	case s.Kind == PerFormat:
		return fmt.Sprintf("a whole number from %.0f to %.0f, auto, or one number per format such as webp=80,avif=60", s.Min, s.Max)
	case s.Kind == Whole:
		return fmt.Sprintf("a whole number from %.0f to %.0f", s.Min, s.Max)
	case s.Kind == Fraction:
		return fmt.Sprintf("a number from %g to %g", s.Min, s.Max)
	case s.Kind == Switch:
		return "true or false"
	case s.check == "template":
		return "a path built from {dir}, {name} and {ext} that ends in .webp or .{format}"
	case s.check == "width":
		return "a list of widths in pixels such as 480, 960"
	case s.check == "variants":
		return "a variant such as thumb:max-width=300,quality=70, or a mapping of names to settings"
	case s.check == "pattern":
		return "a list of patterns such as assets/**/*.{jpg,png}"
	case s.Kind == List:
		return "a list"
	}
	switch s.check {
	case "file":
		return "the path of a file"
	case "look":
		return "good, high, best or a score from 0 to 100"
	case "color":
		return "a color such as #ffffff"
	case "age":
		return "a time such as 30m, 12h or 7d"
	case "headers":
		return "lines of a host, a name and a value, as in shop.example Authorization: Bearer TOKEN"
	case "branch":
		return "the name of a branch"
	case "revision":
		return "a branch, a tag or a commit"
	case "shard":
		return "a part such as 2/4, auto, or auto/4"
	case "author":
		return "a name with an address, such as Ann Lee <ann@example.org>"
	case "url":
		return "an address such as https://example.com/hook"
	case "text":
		return "a text"
	}
	return "the path of a directory"
}

// TakesBuckets reports whether the addresses of buckets are values besides Enum.
func (s Setting) TakesBuckets() bool { return s.check == "store" }

func size(n float64) string {
	if n < 1024 {
		return fmt.Sprintf("%.0f", n)
	}
	return strings.Replace(humanize.IBytes(uint64(n)), ".0 ", "", 1)
}

// Env is the setting's name behind WEBPRESS_ and PLUGIN_, such as MAX_WIDTH.
func (s Setting) Env() string {
	return strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// line is the help in one line of no more than n characters.
func (s Setting) line(n int) string {
	if s.brief != "" {
		return s.brief
	}
	text := s.Help
	for _, end := range []string{". ", ": ", "; ", ", "} {
		if len(text) > n {
			text, _, _ = strings.Cut(text, end)
		}
	}
	text = strings.TrimSuffix(text, ".")
	for len(text) > n {
		text = text[:strings.LastIndex(text, " ")]
	}
	return strings.ToLower(text[:1]) + text[1:]
}
