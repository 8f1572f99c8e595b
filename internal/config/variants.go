package config

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// variantsKey is the section of webpress.yml with named variants.
const variantsKey = "variants"

// MaxOutputs is how many outputs a source may have.
const MaxOutputs = 64

// A Variant is a named output with settings of its own.
type Variant struct {
	Name string
	set  source
}

// String is the variant as the flag --variant takes it.
func (v Variant) String() string {
	var parts []string
	for i := range table {
		if f, ok := v.set[table[i].Name]; ok {
			text := strings.ReplaceAll(f.text, "\n", " ")
			if q, ok := f.value.(Quality); ok && len(q.Own) > 1 {
				text = "{" + q.String() + "}" // its commas are not the variant's
			}
			parts = append(parts, table[i].Name+"="+text)
		}
	}
	return v.Name + ":" + strings.Join(parts, ",")
}

// variantName is what a variant may be called: it becomes a part of file names.
var variantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)

func checkVariantName(name string) error {
	if !variantName.MatchString(name) {
		return errors.New("the name of a variant has letters, digits, _ and - and at most 40 characters")
	}
	return nil
}

// typedVariant matches a variant as a flag has it: thumb:max-width=300,quality=70
var typedVariant = regexp.MustCompile(`^([^\s:{]*):([a-z][a-z-]*=.*)$`)

// parseVariants reads variants: the YAML of the section in webpress.yml, or one of the
// form thumb:max-width=300,quality=70.
func parseVariants(text string) ([]Variant, error) {
	if all, ok, err := parseLines(text); ok {
		return all, err
	}
	if tooDeep([]byte(text)) {
		return nil, errors.New("it is nested too deeply")
	}
	parsed, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, errNotAllowed
	}
	f := &file{name: "line", anchors: map[string]ast.Node{}, lists: map[string][]section{}}
	var all []Variant
	for _, d := range parsed.Docs {
		switch {
		case d.Body == nil, d.Body.Type() == ast.CommentType, d.Body.Type() == ast.NullType:
		case d.Body.Type() == ast.StringType:
			return nil, errNotAllowed
		default:
			all = append(all, f.variants(d.Body)...)
		}
	}
	if len(f.mistakes) > 0 {
		var lines []string
		for _, m := range f.mistakes {
			lines = append(lines, strings.Replace(m.String(), fmt.Sprintf("line:%d:%d", m.Line, m.Column), fmt.Sprintf("line %d", m.Line), 1))
		}
		return nil, errors.New(strings.Join(lines, "; "))
	}
	return all, nil
}

// parseLines reads variants of the form thumb:max-width=300,quality=70, one a line. It is
// not ok where a line is not like that.
func parseLines(text string) (all []Variant, ok bool, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		m := typedVariant.FindStringSubmatch(line)
		if m == nil {
			return nil, false, nil
		}
		v, err := parseTyped(m[1], m[2])
		if err != nil {
			return nil, true, fmt.Errorf("%s: %w", quote(m[1]), err)
		}
		all = append(all, v)
	}
	return all, len(all) > 0, nil
}

// parseTyped reads the settings of a variant that was typed.
func parseTyped(name, settings string) (Variant, error) {
	v := Variant{Name: name, set: source{}}
	if err := checkVariantName(name); err != nil {
		return v, err
	}
	for _, part := range split(settings) {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		one := variantByName[key]
		switch {
		case !ok:
			return v, fmt.Errorf("%s has no value: write %s=VALUE", quote(part), key)
		case one == nil:
			return v, errors.New(variantStranger(key))
		}
		if _, twice := v.set[key]; twice {
			return v, fmt.Errorf("%s is set twice", key)
		}
		if wrong := v.set.take(one, value, Mistake{Where: key}); wrong != nil {
			return v, errors.New(wrong[0].String())
		}
	}
	return v, nil
}

// variantStranger is the message about a key that no variant has.
func variantStranger(key string) string {
	if byName[key] != nil {
		return "it applies to all outputs of a source and cannot be set for a variant"
	}
	return suggest("no such setting", key, variantByName)
}

// variants reads the section of that name.
func (f *file) variants(n ast.Node) []Variant {
	n = f.unwrap(n, variantsKey)
	if n == nil {
		return nil
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		f.wrong(n.GetToken(), variantsKey, "they are names with settings, such as thumb: { max-width: 300 }")
		return nil
	}
	var all []Variant
	seen := map[string]int{}
	for _, p := range f.pairs(n) {
		tok := p.Key.GetToken()
		if f.full(tok) {
			break
		}
		name, plain := f.scalar(p.Key)
		switch {
		case !plain:
			f.wrong(tok, variantsKey, "the name of a variant must be a plain word")
			continue
		case seen[name] != 0:
			f.wrong(tok, variantsKey, fmt.Sprintf("%s is already set in line %d", quote(name), seen[name]))
			continue
		}
		seen[name] = line(tok)
		if err := checkVariantName(name); err != nil {
			f.wrong(tok, variantsKey, quote(name)+": "+err.Error())
			continue
		}
		if len(all) == MaxOutputs {
			f.wrong(tok, variantsKey, fmt.Sprintf("there are more than %d", MaxOutputs))
			break
		}
		s, ok := f.section(shape{variantsKey, variantByName, variantStranger, func(section) string { return "" }}, p.Value)
		if ok {
			all = append(all, Variant{Name: name, set: s.src})
		}
	}
	return all
}

// An Each is the settings of one output of a source.
type Each struct {
	// Name is that of the variant, empty if it has none.
	Name string
	// Settings have one Format, and in Output a template with nothing but the places of
	// the source left.
	Settings Config
	// Beside is the template of the output in the folder of its source.
	Beside string
	// Narrower is the width of the next smaller of the outputs that differ in nothing
	// else, 0 for none: an image that is no wider needs no other.
	Narrower int
}

// Format is the format of the output.
func (e Each) Format() string { return e.Settings.Format[0] }

// defaultOutput is the template of a single output that is a WebP.
const defaultOutput = "{dir}/{name}.webp"

// Each returns the settings of all outputs of a source: one for each variant, or else for
// each of Format and Widths. Its error says what is wrong with them together.
func (c *Config) Each() ([]Each, error) {
	var all []Each
	add := func(e Each, label string) error {
		formats := e.Settings.Format
		if len(formats) == 0 {
			formats = []string{"webp"}
		}
		for _, format := range formats {
			one := e
			one.Settings.Format = []string{format}
			one.Settings.Variants, one.Settings.Widths = nil, nil
			suffix := ""
			if label != "" {
				suffix = "-" + label
			}
			one.Beside = "{dir}/{name}" + suffix + asset.Format(format).Ext()
			out, err := one.template()
			if err != nil {
				return err
			}
			one.Settings.Output = out
			if err := one.check(); err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	}
	switch widths := c.widths(); {
	case len(c.Variants) > 0:
		seen := map[string]bool{}
		for _, v := range c.Variants {
			if seen[v.Name] {
				return nil, fmt.Errorf("variants: %s is set twice", quote(v.Name))
			}
			seen[v.Name] = true
			e := Each{Name: v.Name, Settings: *c}
			v.set.put(reflect.ValueOf(&e.Settings).Elem(), variantByName, func(string) bool { return false })
			if err := add(e, v.Name); err != nil {
				return nil, fmt.Errorf("variant %s: %w", quote(v.Name), err)
			}
		}
	case len(widths) > 0:
		for i, w := range widths {
			e := Each{Settings: *c}
			e.Settings.MaxWidth = w
			if i > 0 {
				e.Narrower = widths[i-1]
			}
			if err := add(e, strconv.Itoa(w)); err != nil {
				return nil, err
			}
		}
	default:
		if err := add(Each{Settings: *c}, ""); err != nil {
			return nil, err
		}
	}
	if len(all) > MaxOutputs {
		return nil, fmt.Errorf("a source would have %d outputs, the limit is %d", len(all), MaxOutputs)
	}
	return all, apart(all)
}

// widths are the numbers in Widths, each once, the smallest first.
func (c *Config) widths() []int {
	var all []int
	for _, text := range c.Widths {
		if n, err := strconv.Atoi(text); err == nil { // it was checked before
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// apart says which outputs would have the same path, on any file system.
func apart(all []Each) error {
	at, names := map[string]Each{}, map[string]string{}
	for _, e := range all {
		out := e.Settings.Output
		switch e.Settings.Target {
		case ToFolder:
			out = e.Beside
		case ToFile, ToStdout:
			if len(all) > 1 {
				return fmt.Errorf("output: it is one file, and the settings ask for %d outputs of a source; "+
					"name a folder, as in -o out/, or leave webpress.yml out with --no-config", len(all))
			}
		}
		key := tree.Fold(out)
		other, twice := at[key]
		if !twice {
			at[key], names[key] = e, out
			continue
		}
		if names[key] != out {
			return fmt.Errorf("output: two outputs of a source would be %s and %s, which are one file where upper and lower case do not differ; give them names that differ in more",
				quote(names[key]), quote(out))
		}
		place := "-{width}"
		switch {
		case e.Name != other.Name:
			place = "-{variant}"
		case e.Format() != other.Format():
			place = ""
		}
		better := strings.TrimSuffix(out, path.Ext(out)) + place + ".{format}"
		return fmt.Errorf("output: two outputs of a source would both be %s; set `output: %q`", quote(out), better)
	}
	return nil
}

// template is the template of the output, with all places filled in but those of the
// source.
func (e Each) template() (string, error) {
	c := &e.Settings
	ext := asset.Format(e.Format()).Ext()
	switch {
	case c.Target == ToFile && string(asset.FormatByName(c.Output)) != e.Format():
		return "", fmt.Errorf("output: %s is not the name of a file of format %s", quote(c.Output), e.Format())
	case c.Target == ToFile, c.Target == ToStdout, c.Target == ToFolder:
		return c.Output, nil
	case c.Output == defaultOutput:
		return e.Beside, nil
	}
	out := c.Output
	for _, p := range []struct{ mark, value, lacks string }{
		{"{width}", number(c.Width, c.MaxWidth), "has no width"},
		{"{height}", number(c.Height, c.MaxHeight), "has no height"},
		{"{variant}", e.Name, "is not of a variant"},
		{"{format}", strings.TrimPrefix(ext, "."), ""},
	} {
		if p.value == "" && strings.Contains(out, p.mark) {
			return "", fmt.Errorf("output: %s has %s, and this output %s", quote(out), p.mark, p.lacks)
		}
		out = strings.ReplaceAll(out, p.mark, p.value)
	}
	if is := asset.FormatByName(out); string(is) != e.Format() {
		return "", fmt.Errorf("output: %s is not the name of a file of format %s; let it end in .{format}", quote(out), e.Format())
	}
	return out, nil
}

func number(first, second int) string {
	switch {
	case first > 0:
		return strconv.Itoa(first)
	case second > 0:
		return strconv.Itoa(second)
	}
	return ""
}

// check says which of the settings of one output do not go together.
func (e Each) check() error {
	c := &e.Settings
	most := asset.Format(e.Format()).MaxSide()
	for _, side := range []struct {
		name  string
		value int
	}{{"width", c.Width}, {"height", c.Height}, {"max-width", c.MaxWidth}, {"max-height", c.MaxHeight}} {
		if side.value > most {
			return fmt.Errorf("%s: %d is more than %s holds, %d pixels a side", side.name, side.value, e.Format(), most)
		}
	}
	switch {
	case c.crops() && (c.Width == 0 || c.Height == 0):
		return fmt.Errorf("crop: %s needs a width and a height", c.Crop)
	case (c.Width > 0 || c.Height > 0) && (c.MaxWidth > 0 || c.MaxHeight > 0):
		return errors.New("width: it cannot be combined with max-width and max-height, which never enlarge and keep the shape")
	case c.Enlarge && c.Width == 0 && c.Height == 0:
		return errors.New("enlarge: it needs a width or a height")
	case c.Target == ToTemplate && !c.Lock && strings.Contains(c.Output, asset.HashMark):
		return errors.New("output: {hash} needs webpress.lock, which knows the older results: lock cannot be off")
	case c.Lossless == "always" && (e.Format() == "jpeg" || e.Format() == "avif"):
		return fmt.Errorf("lossless: %s is always lossy here; use webp or png", e.Format())
	}
	return e.checkLook()
}

// CropNone keeps the whole image.
const CropNone = "none"

func (c *Config) crops() bool { return c.Crop != CropNone && c.Crop != "" }
