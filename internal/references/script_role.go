package references

import (
	"bytes"
	"slices"
)

// object is that of the braces that are open.
func (w *scriptWalk) object() *object {
	f := &w.frames[len(w.frames)-1]
	if f.object == nil {
		f.object = &object{}
	}
	return f.object
}

// property gives the name of the property whose whole value is the string before, if it is one. It is
// empty for a name that is computed.
func (w *scriptWalk) property() (string, bool) {
	next, newline := w.peek()
	a, b, c := w.last[0], w.last[1], w.last[2]
	if a.kind != ':' || w.top() != '{' || !endsValue(next, newline) {
		return "", false
	}
	switch {
	case b.kind == ']':
		return "", true
	case b.kind == 'w' || b.kind == 's':
		return string(w.b[b.at.off:b.at.end]), c.kind == '{' || c.kind == ','
	}
	return "", false
}

// endsValue reports whether the value of a property ends before this byte.
func endsValue(next byte, newline bool) bool {
	return next == ',' || next == '}' || next == ']' || next == ';' || next == 0 || newline && (isWord(next) || next == '"' || next == '\'')
}

// role is the kind of a string by the tokens around it, and why it is not certain.
func (w *scriptWalk) role() (Kind, string) {
	next, newline := w.peek()
	a, b, c := w.last[0], w.last[1], w.last[2]
	ends := endsValue(next, newline)
	property, isProperty := w.property()
	switch {
	case next == '+' || a.kind == '+':
		return String, "it is a part of a joined string"
	case a.kind == 'w' && (a.word == "from" || a.word == "import"):
		return Import, ""
	case a.kind == '(' && next == ')' && (b.word == "require" || b.word == "import" || b.word == "resolve" && w.last[3].word == "require"):
		return Import, ""
	case a.kind == '(' && next == ')' && c.kind != '.' && slices.Contains(addressFunctions, b.word):
		return String, ""
	case a.kind == '(' && b.word == "URL" && c.word == "new":
		rest := w.b[w.i:min(len(w.b), w.i+64)]
		if comma := bytes.IndexByte(rest, ','); comma >= 0 && bytes.HasPrefix(bytes.TrimLeft(rest[comma+1:], " \t\r\n"), []byte("import.meta.url")) {
			return Import, ""
		}
	case isProperty:
		if isSocialKey([]string{property}) {
			return Social, ""
		}
		return String, ""
	case w.top() == '[' && (a.kind == '[' || a.kind == ',') && (next == ',' || next == ']'):
		if w.frames[len(w.frames)-1].value {
			return String, ""
		}
	case a.kind == '=' && c.kind == '.' && (b.word == "src" || b.word == "poster" || b.word == "href") && ends:
		return String, ""
	}
	return String, "it is a string that may be more than an address"
}

// addressFunctions return the address of a file for its path from the root of the site, by the
// base that the site is at: https://docusaurus.io/docs/docusaurus-core#usebaseurl,
// https://vitepress.dev/guide/asset-handling#base-url,
// https://www.gatsbyjs.com/docs/reference/built-in-components/gatsby-link/#withprefix
var addressFunctions = []string{"useBaseUrl", "withBase", "withPrefix"}

// peek gives the next byte that is neither white space nor in a comment, and whether a line ends
// before it.
func (w *scriptWalk) peek() (c byte, newline bool) {
	for i := w.i; i < len(w.b); i++ {
		switch c := w.b[i]; {
		case c == '\n':
			newline = true
		case isSpace(c):
		case c == '/' && i+1 < len(w.b) && w.b[i+1] == '/':
			n := bytes.IndexByte(w.b[i:], '\n')
			if n < 0 {
				return 0, true
			}
			i += n
			newline = true
		case c == '/' && i+1 < len(w.b) && w.b[i+1] == '*':
			n := bytes.Index(w.b[i+2:], []byte("*/"))
			if n < 0 {
				return 0, newline
			}
			i += n + 3
		default:
			return c, newline
		}
	}
	return 0, newline
}
