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
}

// parseSelector reads a selector. It is not ok for those that choose no image, or an image in some state only.
func parseSelector(text string) (sel selector, ok bool) {
	sel.text, sel.certain = text, true
	var parts []compound
	var now compound
	named := false
	finish := func() {
		if named {
			parts = append(parts, now)
		}
		now, named = compound{}, false
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isSpace(c) || c == '>':
			finish()
			i++
		case c == '+' || c == '~':
			// What is before it is no element around the image.
			finish()
			if len(parts) > 0 {
				parts = parts[:len(parts)-1]
			}
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
	t := sel.target
	return sel, t.tag == "img" || t.tag == "" && (t.id != "" || len(t.classes) > 0 || strings.HasSuffix(text, "*"))
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

// matches reports whether a selector chooses an <img>, as far as is known of what is around it.
func (s *selector) matches(src []byte, el *element, img openTag) bool {
	if !s.target.matches(src, img) {
		return false
	}
	return !el.whole || !slices.ContainsFunc(s.around, func(c compound) bool {
		return !slices.ContainsFunc(el.around, func(o openTag) bool { return c.matches(src, o) })
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
