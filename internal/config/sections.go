package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The sections of webpress.yml that are lists.
const (
	rulesKey   = "rules"
	budgetsKey = "budgets"
)

// MaxSections is how many rules there may be, and how many budgets: each file is
// held against each of them.
const MaxSections = 1000

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

// A Budget is limits for the images that its patterns take. Its fields are read
// as those of Config are; 0 means no limit.
type Budget struct {
	Glob   []string `check:"pattern" default-note:"all images, including WebP, except those left out by default" help:"Patterns of the files that it applies to."`
	Except []string `check:"pattern" help:"Patterns of files that it does not apply to."`

	MaxBytes  int64    `limit:"" unit:"bytes" range:"1,1099511627776" help:"Maximum size of an image in bytes."`
	MaxWidth  int      `limit:"" range:"1,1000000" help:"Maximum width in pixels."`
	MaxHeight int      `limit:"" range:"1,1000000" help:"Maximum height in pixels."`
	MaxPixels int64    `limit:"" unit:"pixels" range:"1,1000000000000" help:"Maximum number of pixels, width times height."`
	Formats   []string `limit:"" values:"heic,avif,jpeg,png,gif,tiff,bmp,webp" alias:"jpg=jpeg,tif=tiff,heif=heic,hif=heic" help:"Allowed formats."`
	NoGPS     bool     `limit:"" help:"Reject added images that contain GPS coordinates."`

	MaxTotalBytes int64 `limit:"" unit:"bytes" range:"1,1099511627776" help:"Maximum size of all its images together in bytes."`
	MaxGrowth     int64 `limit:"" unit:"bytes" range:"0,1099511627776" help:"Maximum growth of its images compared with the base, in bytes."`
	// Grows reports whether MaxGrowth is set: 0 is a limit too.
	Grows bool `setting:"-"`

	Level string `enum:"error,warning" default:"error" help:"error makes check fail; warning does not."`
	// Line is where it stands in webpress.yml.
	Line int `setting:"-"`
}

// A section is one element of a list of them.
type section struct {
	src source
	// keys are the lines of all its keys, also of those that are wrong.
	keys map[string]int
	tok  *token.Token
}

// A shape is what the sections of one list are like.
type shape struct {
	list  string
	names map[string]*Setting
	// stranger is the message about a key that is in none of the sections.
	stranger func(key string) string
	// lacks says what the section is nothing without, empty if it has that.
	lacks func(s section) string
}

// shapes are the lists of sections in webpress.yml.
var shapes = map[string]shape{
	rulesKey: {rulesKey, ruleByName, func(key string) string {
		if byName[key] != nil {
			return "it applies to the whole run and cannot be set for some of the files"
		}
		return suggest("no such setting", key, ruleByName)
	}, func(s section) string {
		glob, wellFormed := s.src["glob"].value.([]string)
		switch {
		case s.keys["glob"] == 0, wellFormed && len(glob) == 0:
			return "a rule needs a glob: the files that it applies to"
		case len(s.keys) == 1:
			return "the rule sets nothing"
		}
		return ""
	}},
	budgetsKey: {budgetsKey, budgetByName, func(key string) string {
		return suggest("no such limit", key, budgetByName)
	}, func(s section) string {
		for key := range s.keys {
			if one := budgetByName[key]; one != nil && !one.Limit {
				continue
			}
			switch value := s.src[key].value.(type) {
			case bool: // a switch that is off limits nothing, nor does a list of nothing
				if value {
					return ""
				}
			case []string:
				if len(value) > 0 {
					return ""
				}
			default:
				return ""
			}
		}
		return "the budget has no limit, such as max-bytes: 500kB"
	}},
}

// sections reads a list of sections.
func (f *file) sections(of shape, n ast.Node) {
	n = f.unwrap(n, of.list)
	if n == nil {
		return
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		f.wrong(n.GetToken(), of.list, "it is a list: each element starts with a hyphen")
		return
	}
	for i, element := range seq.Values {
		if f.full(element.GetToken()) {
			return
		}
		if i == MaxSections {
			f.wrong(element.GetToken(), of.list, fmt.Sprintf("there are more than %d", MaxSections))
			return
		}
		if s, ok := f.section(of, element); ok {
			f.lists[of.list] = append(f.lists[of.list], s)
		}
	}
}

// section reads one element of a list of them. It is not ok if there is none.
func (f *file) section(of shape, element ast.Node) (s section, ok bool) {
	n := f.unwrap(element, of.list)
	if n == nil {
		return s, false
	}
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		f.wrong(n.GetToken(), of.list, "an element is empty")
		return s, false
	default:
		message := "an element is written as name: value, one per line"
		if of.list == variantsKey {
			message = "a variant is written as a name with settings, such as thumb: { max-width: 300 }"
		}
		f.wrong(n.GetToken(), of.list, message)
		return s, false
	}
	s = section{source{}, map[string]int{}, n.GetToken()}
	for i, p := range pairs {
		tok := p.Key.GetToken()
		if f.full(tok) {
			return s, false
		}
		if i == 0 {
			s.tok = tok
		}
		key, plain := f.scalar(p.Key)
		switch {
		case !plain:
			f.wrong(tok, of.list, "the name of a setting must be a plain word")
			continue
		case s.keys[key] != 0:
			f.wrong(tok, key, fmt.Sprintf("it is already set in line %d", s.keys[key]))
			continue
		}
		s.keys[key] = line(tok)
		if one := of.names[key]; one != nil && key == variantsKey {
			s.src[key] = found{f.variants(p.Value), "", f.at(tok, key)}
		} else if one != nil {
			f.value(s.src, one, p.Value)
		} else {
			f.wrong(tok, key, of.stranger(key))
		}
	}
	if lack := of.lacks(s); lack != "" {
		f.wrong(s.tok, of.list, lack)
	}
	return s, true
}

// put sets the fields of a struct by what src says, except those that skip names.
func (src source) put(v reflect.Value, names map[string]*Setting, skip func(name string) bool) {
	for name, one := range src {
		if s := names[name]; s != nil && !skip(name) {
			v.Field(s.field).Set(reflect.ValueOf(one.value))
		}
	}
}

// rulesFor are the rules of the file, each with the settings of c. stronger says
// that something that counts before the file has a setting.
func (f *file) rulesFor(c Config, stronger func(name string) bool) []Rule {
	var all []Rule
	for _, one := range f.lists[rulesKey] {
		r := Rule{Line: line(one.tok), Settings: c}
		r.Glob, _ = one.src["glob"].value.([]string)
		one.src.put(reflect.ValueOf(&r.Settings).Elem(), byName, func(name string) bool { return name == "glob" || stronger(name) })
		// A rule with widths has those, and not the variants of all others.
		if _, has := one.src["widths"]; has && one.src[variantsKey].value == nil && !stronger(variantsKey) {
			r.Settings.Variants = nil
		}
		all = append(all, r)
	}
	return all
}

// budgetsRead are the budgets of the file.
func (f *file) budgetsRead() []Budget {
	var all []Budget
	for _, one := range f.lists[budgetsKey] {
		b := Budget{Level: "error", Line: line(one.tok)}
		one.src.put(reflect.ValueOf(&b).Elem(), budgetByName, func(string) bool { return false })
		_, b.Grows = one.src["max-growth"]
		all = append(all, b)
	}
	return all
}
