package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A Quality is how much of an image lossy encoding keeps.
type Quality struct {
	// Look is on WebP's scale, and means the same look in every format.
	Look int
	// Auto finds one for each image, by the setting look.
	Auto bool
	// Own are the qualities of some formats, each on the scale of its encoder. They count
	// before Look.
	Own map[string]int
}

// Of is the quality of a format; own says that it is on the scale of its encoder.
func (q Quality) Of(format string) (n int, own bool) {
	if n, own = q.Own[format]; own {
		return n, true
	}
	return q.Look, false
}

// String is q as a flag has it: 80, auto, or avif=60,webp=80.
func (q Quality) String() string {
	if q.Auto {
		return Auto
	}
	if len(q.Own) == 0 {
		return strconv.Itoa(q.Look)
	}
	var parts []string
	for _, format := range slices.Sorted(maps.Keys(q.Own)) {
		parts = append(parts, fmt.Sprintf("%s=%d", format, q.Own[format]))
	}
	return strings.Join(parts, ",")
}

// quality reads 80, auto, or the form webp=80,avif=60. As a part of a variant that was typed, it
// is in braces.
func (s *Setting) quality(text string) (any, error) {
	if n, err := s.number(strings.TrimSpace(text)); err == nil {
		return Quality{Look: int(n)}, nil
	}
	if strings.EqualFold(strings.TrimSpace(text), Auto) {
		q := s.noQualities()
		return Quality{Look: q.Look, Auto: true}, nil
	}
	if inner, ok := strings.CutPrefix(strings.TrimSpace(text), "{"); ok {
		if text, ok = strings.CutSuffix(inner, "}"); !ok {
			return nil, errors.New("a brace is left open")
		}
	}
	if !strings.ContainsAny(text, "=:") {
		return nil, errNotAllowed
	}
	q := s.noQualities()
	for _, part := range split(text) {
		format, value, ok := strings.Cut(part, "=")
		if !ok {
			format, value, ok = strings.Cut(part, ":")
		}
		if !ok {
			return nil, fmt.Errorf("%s has no format", quote(part))
		}
		name, err := s.format(strings.TrimSpace(format))
		if err != nil {
			return nil, err
		}
		if _, twice := q.Own[name]; twice {
			return nil, errors.New(name + " is set twice")
		}
		n, err := s.number(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("%s: %s", name, s.notInRange(value))
		}
		q.Own[name] = int(n)
	}
	return q, nil
}

// noQualities is a Quality with room for those of formats: of the others, it is the
// default.
func (s *Setting) noQualities() Quality {
	n, _ := strconv.Atoi(s.Default)
	return Quality{Look: n, Own: map[string]int{}}
}

// format is the name in Formats that one may be another spelling of.
func (s *Setting) format(name string) (string, error) {
	name = strings.ToLower(name)
	if one, ok := s.Aliases[name]; ok {
		name = one
	}
	switch {
	case slices.Contains(s.Formats, name):
		return name, nil
	case name == "png":
		return "", errors.New("png is lossless and has no quality")
	}
	return "", fmt.Errorf("%s is not one of %s", quote(name), strings.Join(s.Formats, ", "))
}

func (s *Setting) notInRange(value string) string {
	return fmt.Sprintf("%s is not a whole number from %.0f to %.0f", quote(value), s.Min, s.Max)
}

// qualities reads a mapping of formats to numbers.
func (f *file) qualities(src source, s *Setting, n ast.Node) {
	q := s.noQualities()
	pairs := f.pairs(n)
	if len(pairs) == 0 {
		f.wrong(n.GetToken(), s.Name, "it names no format; write one number, or numbers as in { webp: 80, avif: 60 }")
		return
	}
	for _, p := range pairs {
		tok := p.Key.GetToken()
		if f.full(tok) {
			return
		}
		key, _ := f.scalar(p.Key)
		format, err := s.format(key)
		if err != nil {
			f.wrong(tok, s.Name, err.Error())
			continue
		}
		if _, twice := q.Own[format]; twice {
			f.wrong(tok, s.Name, format+" is set twice")
			continue
		}
		value := f.unwrap(p.Value, s.Name)
		if value == nil {
			continue
		}
		text, plain := f.scalar(value)
		number, err := s.number(text)
		switch {
		case !plain:
			f.wrong(value.GetToken(), s.Name, fmt.Sprintf("%s: it needs a whole number from %.0f to %.0f", format, s.Min, s.Max))
		case err != nil:
			f.wrong(value.GetToken(), s.Name, format+": "+s.notInRange(text))
		}
		q.Own[format] = int(number)
	}
	src[s.Name] = found{q, q.String(), f.at(n.GetToken(), s.Name)}
}
