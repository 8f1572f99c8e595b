package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Options are the settings that a request of the conversion API can set, in the order of the
// fields of Config: those of an image.
func Options() []Setting {
	return slices.DeleteFunc(Settings(), func(s Setting) bool { return s.Group != "image" })
}

// ForOptions are the settings as the defaults of options: results have no place, and are kept
// whatever they save.
func (c Config) ForOptions() Config {
	c.Target, c.Output, c.MinSavings = ToTemplate, defaultOutput, 0
	c.Variants = withoutSettings(c.Variants, func(name string) bool { return byName[name].Group != "image" })
	return c
}

// Option is the name of the setting in the conversion API, such as maxWidth.
func (s Setting) Option() string {
	var b strings.Builder
	upper := false
	for _, r := range s.Name {
		switch {
		case r == '-':
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	return b.String()
}

// OptionNamed returns the option of that name, also as the setting is called, such as
// max-width; nil if there is none.
func OptionNamed(name string) *Setting {
	s := byName[name]
	if s == nil || s.Group != "image" {
		s = nil
		for i := range table {
			if table[i].Group == "image" && table[i].Option() == name {
				s = &table[i]
			}
		}
	}
	return s
}

// NoOption is the message about a name that no option has. others are names besides those of
// the options.
func NoOption(name string, others ...string) string {
	for _, s := range Options() {
		others = append(others, s.Option())
	}
	if near := nearest(name, others); near != "" {
		return "no such option; did you mean " + near + "?"
	}
	return "no such option"
}

// WithOptions are the settings with those that options set, by the names of OptionNamed. The
// error is Mistakes, each with the name of an option in Where.
func (c Config) WithOptions(options map[string]string) (Config, error) {
	var mistakes Mistakes
	if options["variants"] != "" || options["widths"] != "" { // of the request, and not of webpress.yml
		c.Variants, c.Widths = nil, nil
	}
	given := map[string]bool{}
	for i := range table { // in one order, so that the same request always has the same answer
		s := &table[i]
		text, ok := options[s.Name]
		if camel, again := options[s.Option()]; again {
			if ok && s.Option() != s.Name {
				mistakes = append(mistakes, Mistake{Where: s.Option(), Message: "it is also set as " + s.Name})
				continue
			}
			text, ok = camel, true
		}
		if !ok || s.Group != "image" {
			continue
		}
		v, err := s.parseOption(text)
		if err != nil {
			m := Mistake{Where: s.Option(), Message: wrong(s, text, err)}
			mistakes = append(mistakes, m)
			continue
		}
		reflect.ValueOf(&c).Elem().Field(s.field).Set(reflect.ValueOf(v))
		given[s.Name] = true
	}
	for name := range options {
		if OptionNamed(name) == nil {
			mistakes = append(mistakes, Mistake{Where: name, Message: NoOption(name)})
		}
	}
	if len(mistakes) > 0 {
		slices.SortStableFunc(mistakes, func(a, b Mistake) int { return strings.Compare(a.Where, b.Where) })
		return c, mistakes
	}
	if !given["variants"] { // what a request sets holds for all outputs
		c.Variants = withoutSettings(c.Variants, func(name string) bool { return given[name] })
	}
	if _, err := c.Each(); err != nil {
		where, message, _ := strings.Cut(err.Error(), ": ")
		switch s := byName[where]; {
		case s == nil:
			where, message = "variants", err.Error()
		case s.Group == "image":
			where = s.Option()
		default:
			where, message = "format", "two outputs of a file would be the same"
		}
		return c, Mistakes{{Where: where, Message: message}}
	}
	return c, nil
}

// withoutSettings are variants that leave some settings to what is around them.
func withoutSettings(variants []Variant, leave func(name string) bool) []Variant {
	all := slices.Clone(variants)
	for i, v := range all {
		all[i].set = source{}
		for name, f := range v.set {
			if !leave(name) {
				all[i].set[name] = f
			}
		}
	}
	return all
}

// parseOption is parse, where variants may be JSON.
func (s *Setting) parseOption(text string) (any, error) {
	if trimmed := strings.TrimSpace(text); s.check == variantsKey && (strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")) {
		return parseJSONVariants(trimmed)
	}
	return s.parse(text)
}

// parseJSONVariants reads variants as the conversion API has them: an object of names and
// options, such as {"thumb": {"maxWidth": 300}}, or a list of objects with a name.
func parseJSONVariants(text string) ([]Variant, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var all []Variant
	add := func(name string, raw json.RawMessage) error {
		if len(all) == MaxOutputs {
			return fmt.Errorf("there are more than %d", MaxOutputs)
		}
		v, err := parseJSONVariant(name, raw)
		if err != nil {
			return err
		}
		all = append(all, v)
		return nil
	}
	open, err := d.Token()
	if err != nil {
		return nil, errors.New("it is not JSON")
	}
	for d.More() {
		name := ""
		if open == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				return nil, errors.New("it is not JSON")
			}
			name, _ = key.(string)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, errors.New("it is not JSON")
		}
		if err := add(name, raw); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("it is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return all, nil
}

// parseJSONVariant reads the options of one variant. Where name is empty, they have it.
func parseJSONVariant(name string, raw json.RawMessage) (Variant, error) {
	pairs, err := OptionsFromJSON(raw)
	if err != nil {
		return Variant{}, fmt.Errorf("%s: %w", quote(name), err)
	}
	if own, ok := pairs["name"]; ok && name == "" {
		name = own
		delete(pairs, "name")
	}
	if err := checkVariantName(name); err != nil {
		return Variant{}, fmt.Errorf("%s: %w", quote(name), err)
	}
	v := Variant{Name: name, set: source{}}
	for i := range variantTable {
		s := &variantTable[i]
		for _, key := range slices.Compact([]string{s.Name, s.Option()}) {
			text, ok := pairs[key]
			if !ok || s.Group != "image" {
				continue
			}
			delete(pairs, key)
			if wrong := v.set.take(s, text, Mistake{Where: s.Option()}); wrong != nil {
				return v, fmt.Errorf("%s: %s", quote(name), wrong[0])
			}
		}
	}
	for key := range pairs {
		return v, fmt.Errorf("%s: %s: %s", quote(name), quote(key), NoOption(key))
	}
	return v, nil
}

// OptionsFromJSON reads an object of options, each of which is a text, a number, a switch, a
// list of those, or an object, which stays JSON. null is an option that is not set.
func OptionsFromJSON(raw json.RawMessage) (map[string]string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		return nil, errors.New("it is not an object of options")
	}
	options := make(map[string]string, len(values))
	for name, value := range values {
		text, set, err := optionText(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quote(name), err)
		}
		if set {
			options[name] = text
		}
	}
	return options, nil
}

// optionText is a JSON value as a flag would have it. set is false for null.
func optionText(raw json.RawMessage) (text string, set bool, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return "", false, errors.New("it is not JSON")
	}
	switch v := value.(type) {
	case nil:
		return "", false, nil
	case string:
		return v, true, nil
	case json.Number:
		return v.String(), true, nil
	case bool:
		return fmt.Sprint(v), true, nil
	case []any:
		var parts []string
		for _, one := range v {
			switch one.(type) {
			case string, json.Number:
				parts = append(parts, fmt.Sprint(one))
			default:
				return string(raw), true, nil // a list of variants
			}
		}
		return strings.Join(parts, ","), true, nil
	}
	if text, ok := numbersOf(value.(map[string]any)); ok {
		return text, true, nil
	}
	return string(raw), true, nil
}

// numbersOf is an object of numbers, such as {"webp": 80}, as a flag has a number for each
// format: webp=80.
func numbersOf(object map[string]any) (string, bool) {
	var parts []string
	for name, value := range object {
		n, ok := value.(json.Number)
		if !ok || strings.ContainsAny(name, "=,\n") {
			return "", false
		}
		parts = append(parts, name+"="+n.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ","), len(parts) > 0
}
