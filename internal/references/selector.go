package references

import (
	"bytes"
	"slices"
	"strings"
)

// A selector is one of CSS that may choose an <img>.
type selector struct {
	text   string
	target compound
	// around are those that elements around the image have to match.
	around []compound
	// child says that the last of those is right around the image. place says that the selector depends on
	// where in it the image is, so that it would not choose the image within a <picture>.
	child, place bool
	// before is what the element right before the image has to match, nil if it is not asked for. first says
	// that there must be none.
	before *compound
	first  bool
	// certain says that it chooses each image that its target matches.
	certain bool
}

// A compound is a part of a selector that is about one element.
type compound struct {
	tag, id string
	classes []string
}

// An openTag is an element of HTML that is open around another one: its name, and where its class and its id
// are.
type openTag struct {
	name      string
	class, id span
	// before is the element right before it, with no name where it is the first. It is nil where that is not
	// known.
	before *openTag
}

// parseSelector reads a selector. It is not ok for those that choose no element, or elements in some state only.
func parseSelector(text string) (sel selector, ok bool) {
	sel.text, sel.certain = text, true
	var parts []compound
	var now compound
	named := false
	var combinator byte // that before the part that comes next
	places, first := false, false
	var before *compound
	finish := func() {
		if named {
			parts = append(parts, now)
		}
		if named {
			sel.child, sel.place = combinator == '>', combinator != ' ' && combinator != 0 || places
			sel.before, sel.first = before, first
			combinator, places, before, first = ' ', false, nil, false
		}
		now, named = compound{}, false
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isSpace(c) || c == '>':
			finish()
			if c == '>' {
				combinator = c
			}
			i++
		case c == '+' || c == '~':
			// What is before it is no element around the image.
			finish()
			if n := len(parts); n > 0 {
				if before = nil; c == '+' {
					before = &parts[n-1]
				}
				parts = parts[: n-1 : n-1]
			}
			combinator = c
			sel.certain = false
			i++
		case c == '.' || c == '#':
			name, n := identifier(text[i+1:])
			if c == '.' {
				now.classes = append(now.classes, name)
			} else {
				now.id = name
			}
			i, named = i+1+n, true
		case c == '[' || c == '(':
			end := strings.IndexByte(text[i:], map[byte]byte{'[': ']', '(': ')'}[c])
			if end < 0 {
				return sel, false
			}
			sel.certain = false
			i, named = i+end+1, true
		case c == ':':
			name, n := identifier(strings.TrimPrefix(text[i+1:], ":"))
			switch strings.ToLower(name) {
			case "before", "after", "hover", "focus", "focus-visible", "focus-within", "active", "visited", "target", "placeholder", "":
				return sel, false
			}
			sel.certain = false
			first = first || name == "first-child" || name == "only-child"
			places = places || strings.HasSuffix(name, "-child") || strings.HasSuffix(name, "-of-type")
			i, named = len(text)-len(strings.TrimPrefix(text[i+1:], ":"))+n, true
		case c == '*':
			now.tag, named = "", true
			i++
		default:
			name, n := identifier(text[i:])
			if n == 0 {
				return sel, false
			}
			now.tag, named = strings.ToLower(name), true
			i += n
		}
	}
	finish()
	if len(parts) == 0 || len(parts) > 16 {
		return sel, false
	}
	sel.target, sel.around = parts[len(parts)-1], parts[:len(parts)-1]
	sel.certain = sel.certain && len(sel.around) == 0
	return sel, true
}

// choosesImages reports whether a selector may choose an <img>.
func (s *selector) choosesImages() bool {
	t := s.target
	return t.tag == "img" || t.tag == "" && (t.id != "" || len(t.classes) > 0 || strings.HasSuffix(s.text, "*"))
}

// identifier reads a name, with its escapes, and its length.
func identifier(text string) (name string, n int) {
	var b strings.Builder
	for n < len(text) {
		c := text[n]
		if c == '\\' && n+1 < len(text) {
			b.WriteByte(text[n+1])
			n += 2
			continue
		}
		if !isWord(c) && c != '-' {
			break
		}
		b.WriteByte(c)
		n++
	}
	return b.String(), n
}

// matches reports whether a selector chooses an element, as far as is known of what is around it.
func (s *selector) matches(src []byte, one openTag, around []openTag, whole bool) bool {
	if !s.target.matches(src, one) {
		return false
	}
	if before := one.before; before != nil && (s.first && before.name != "" || s.before != nil && !s.before.matches(src, *before)) {
		return false
	}
	if n := len(around); s.child && n > 0 && len(s.around) > 0 && !s.around[len(s.around)-1].matches(src, around[n-1]) {
		return false
	}
	return !whole || !slices.ContainsFunc(s.around, func(c compound) bool {
		return !slices.ContainsFunc(around, func(o openTag) bool { return c.matches(src, o) })
	})
}

func (c *compound) matches(src []byte, o openTag) bool {
	if c.tag != "" && c.tag != o.name || c.id != "" && c.id != string(src[o.id.off:o.id.end]) {
		return false
	}
	classes := src[o.class.off:o.class.end]
	if bytes.ContainsAny(classes, "{<") && len(c.classes) > 0 && o.name != "img" {
		return true // an expression may add it
	}
	return !slices.ContainsFunc(c.classes, func(name string) bool {
		for word := range bytes.FieldsSeq(classes) {
			if string(word) == name {
				return false
			}
		}
		return true
	})
}
