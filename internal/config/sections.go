package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// The sections of webpress.yml that are lists.
const (
	rulesKey   = "rules"
	budgetsKey = "budgets"
)

// A Rule is settings for the files that its patterns take.
type Rule struct {
	// Glob of patterns decides as the setting glob does: the last that matches counts.
	Glob []string
	// Line is where it stands in webpress.yml.
	Line int
	// Settings are those of the run with what the rule says. A flag, an input or a
	// variable counts before it.
	Settings Config
}

// A Budget is limits for the pictures that its patterns take. Its fields are read
// as those of Config are; 0 is no limit.
type Budget struct {
	Glob   []string `check:"pattern" default-note:"every picture, WebP included" help:"Patterns of the files that it is for."`
	Except []string `check:"pattern" help:"Patterns of files that it is not for."`

	MaxBytes  int64    `unit:"bytes" range:"1,1099511627776" help:"Most bytes of a picture."`
	MaxWidth  int      `range:"1,1000000" help:"Most pixels across."`
	MaxHeight int      `range:"1,1000000" help:"Most pixels down."`
	MaxPixels int64    `unit:"pixels" range:"1,1000000000000" help:"Most pixels, width times height."`
	Formats   []string `values:"heic,avif,jpeg,png,gif,tiff,bmp,webp" help:"Formats that are allowed."`
	NoGPS     bool     `help:"No picture that is added may tell where it was taken."`

	MaxTotalBytes int64 `unit:"bytes" range:"1,1099511627776" help:"Most bytes of all its pictures together."`
	MaxGrowth     int64 `unit:"bytes" range:"0,1099511627776" help:"Most bytes by which they may grow against the base."`
	// Grows says that MaxGrowth is set: 0 is a limit too.
	Grows bool `kong:"-"`

	Level string `enum:"error,warning" default:"error" help:"How serious it is; a warning makes no check fail."`
	// Line is where it stands in webpress.yml.
	Line int `kong:"-"`
}

// A section is one element of a list of them: what it says, and where.
type section struct {
	src  source
	line int
}

// sections reads a list of sections, the keys of which are in names. what is what
// people call one of them.
func (f *file) sections(what string, n ast.Node, names map[string]*Setting, read func(src source, seen map[string]int, p *ast.MappingValueNode)) []section {
	n = f.unwrap(n, what)
	if n == nil {
		return nil
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		f.wrong(n.GetToken(), what, "it is a list: each element starts with a hyphen")
		return nil
	}
	var all []section
	for _, element := range seq.Values {
		s := section{source{}, line(element.GetToken())}
		seen := map[string]int{}
		if held := f.unwrap(element, what); held == nil || held.Type() == ast.NullType {
			f.wrong(element.GetToken(), what, "an element is empty")
			continue
		}
		pairs := f.pairs(element)
		if len(pairs) > 0 {
			s.line = line(pairs[0].Key.GetToken())
		}
		for _, p := range pairs {
			if len(f.mistakes) >= maxMistakes {
				return all
			}
			read(s.src, seen, p)
		}
		all = append(all, s)
	}
	return all
}

// key is the name in front of a value of a section.
func (f *file) key(p *ast.MappingValueNode, seen map[string]int) (string, bool) {
	tok := p.Key.GetToken()
	key, ok := f.scalar(p.Key)
	switch {
	case !ok:
		f.wrong(tok, "", "the name of a setting is a plain word")
	case seen[key] != 0:
		f.wrong(tok, key, fmt.Sprintf("it is set in line %d already", seen[key]))
		ok = false
	}
	return key, ok
}

// rules reads what stands behind the key of that name.
func (f *file) rules(n ast.Node) {
	f.ruleList = f.sections(rulesKey, n, byName, func(src source, seen map[string]int, p *ast.MappingValueNode) {
		key, ok := f.key(p, seen)
		if !ok {
			return
		}
		tok := p.Key.GetToken()
		s := byName[key]
		switch {
		case s == nil:
			f.wrong(tok, key, unknown(key, func(name string) string { return name }))
			return
		case key != "glob" && !s.PerFile:
			f.wrong(tok, key, "it is for the whole run, and cannot be said for some of the files")
			return
		}
		seen[key] = line(tok)
		f.value(src, s, p.Value)
	})
	for _, one := range f.ruleList {
		switch glob, ok := one.src["glob"].value.([]string); {
		case !ok || len(glob) == 0:
			f.wrongAt(one.line, rulesKey, "a rule needs a glob: the files that it is for")
		case len(one.src) == 1:
			f.wrongAt(one.line, rulesKey, "the rule sets nothing")
		}
	}
}

// budgets reads what stands behind the key of that name.
func (f *file) budgets(n ast.Node) {
	f.budgetList = f.sections(budgetsKey, n, budgetByName, func(src source, seen map[string]int, p *ast.MappingValueNode) {
		key, ok := f.key(p, seen)
		if !ok {
			return
		}
		tok := p.Key.GetToken()
		s := budgetByName[key]
		if s == nil {
			message := "a budget has no such limit"
			var names []string
			for _, one := range budgetTable {
				names = append(names, one.Name)
			}
			if near := nearest(key, names); near != "" {
				message += "; did you mean " + near + "?"
			}
			f.wrong(tok, key, message)
			return
		}
		seen[key] = line(tok)
		f.value(src, s, p.Value)
	})
	for _, one := range f.budgetList {
		limits := 0
		for name := range one.src {
			if name != "glob" && name != "except" && name != "level" {
				limits++
			}
		}
		if limits == 0 {
			f.wrongAt(one.line, budgetsKey, "the budget has no limit, such as max-bytes: 500kB")
		}
	}
}

// wrongAt is wrong for a whole element of a list.
func (f *file) wrongAt(line int, key, message string) {
	f.mistakes = append(f.mistakes, Mistake{
		Where: fmt.Sprintf("%s:%d: %s", f.name, line, key), Message: message, File: f.name, Line: line,
	})
}

// put sets the fields of a struct by what src says, except those that skip names.
func (src source) put(v reflect.Value, names map[string]*Setting, skip func(name string) bool) {
	for name, one := range src {
		if s := names[name]; s != nil && !skip(name) {
			v.Field(s.field).Set(reflect.ValueOf(one.value))
		}
	}
}

// rules are those of the file, each with the settings of c. stronger says that
// something that counts before the file has a setting.
func (f *file) rulesFor(c Config, stronger func(name string) bool) []Rule {
	var all []Rule
	for _, one := range f.ruleList {
		r := Rule{Line: one.line, Settings: c}
		r.Glob, _ = one.src["glob"].value.([]string)
		one.src.put(reflect.ValueOf(&r.Settings).Elem(), byName, func(name string) bool { return name == "glob" || stronger(name) })
		all = append(all, r)
	}
	return all
}

func (f *file) budgetsRead() []Budget {
	var all []Budget
	for _, one := range f.budgetList {
		b := Budget{Level: "error", Line: one.line}
		one.src.put(reflect.ValueOf(&b).Elem(), budgetByName, func(string) bool { return false })
		_, b.Grows = one.src["max-growth"]
		all = append(all, b)
	}
	return all
}
