package references

import (
	"bytes"
)

// script finds references in JavaScript and TypeScript. It is a scanner, not a parser: it knows
// comments, strings, template literals, regular expressions, brackets and elements of JSX, and
// the few tokens before a string, which is what makes one certain.
func (f *finder) script(s span) { f.scriptIn(s, f.lang == LangJSX) }

func (f *finder) scriptIn(s span, jsx bool) {
	if s.end <= s.off || !mentionsImage(f.src[s.off:s.end]) {
		return
	}
	w := &scriptWalk{finder: f, b: f.src[:s.end], i: s.off, jsx: jsx}
	w.run()
}

// A token is one of a script, as far as it matters for what follows.
type token struct {
	kind byte // 0 none, 'w' a word, 's' a string, 'v' another value; else the punctuation itself
	word string
	at   span
}

// A frame is a bracket that is open.
type frame struct {
	kind byte // ( [ {, $ in a template literal, e an expression of JSX, T a tag, C its children
	// value says that it is the value of a property.
	value bool
	tag   string
	// object has the images and media types that are properties, nil as long as there are none.
	object *object
}

type scriptWalk struct {
	*finder
	b      []byte
	i      int
	jsx    bool
	frames []frame
	last   [4]token // the latest first
}

func (w *scriptWalk) push(f frame) { w.frames = append(w.frames, f) }

func (w *scriptWalk) pop() {
	if len(w.frames) > 0 {
		w.frames = w.frames[:len(w.frames)-1]
	}
}

func (w *scriptWalk) top() byte {
	if len(w.frames) == 0 {
		return 0
	}
	return w.frames[len(w.frames)-1].kind
}

func (w *scriptWalk) note(kind byte, word string) { w.noteAt(kind, word, span{}) }

func (w *scriptWalk) noteAt(kind byte, word string, at span) {
	w.last[3], w.last[2], w.last[1] = w.last[2], w.last[1], w.last[0]
	w.last[0] = token{kind, word, at}
}

func (w *scriptWalk) at(n int) byte {
	if w.i+n < len(w.b) {
		return w.b[w.i+n]
	}
	return 0
}

func (w *scriptWalk) run() {
	for w.i < len(w.b) {
		switch w.top() {
		case 'T':
			w.tag()
		case 'C':
			w.children()
		default:
			w.code()
		}
	}
}

// code scans one token.
func (w *scriptWalk) code() {
	c := w.b[w.i]
	switch {
	case isSpace(c):
		w.i++
	case isWord(c):
		from := w.i
		for w.i < len(w.b) && isWord(w.b[w.i]) {
			w.i++
		}
		w.noteAt('w', keyword(w.b[from:w.i]), span{from, w.i})
	case c == '"' || c == '\'':
		w.text(c)
	case c == '`':
		w.i++
		w.literal(w.i, true)
	case c == '/' && w.at(1) == '/':
		w.skipTo("\n")
	case c == '/' && w.at(1) == '*':
		w.i += 2
		w.skipTo("*/")
	case c == '/' && w.begins('/') && w.regexp():
	case c == '<' && w.jsx && w.begins('<') && w.element():
	case c == '(' || c == '[' || c == '{':
		w.push(frame{kind: c, value: w.last[0].kind == ':' || c == '[' && w.last[0].kind == '['})
		w.note(c, "")
		w.i++
	case c == ')' || c == ']' || c == '}':
		w.i++
		switch w.top() {
		case '$':
			if c == '}' {
				w.pop()
				w.literal(w.i, false)
				return
			}
		case 'e':
			if c == '}' {
				w.pop()
				return
			}
		default:
			if c == '}' && w.top() == '{' {
				w.frames[len(w.frames)-1].object.end()
			}
			w.pop()
		}
		w.note(c, "")
	case c == '\\':
		// What it escapes opens no string, so that each quote without an end is scanned once a line.
		w.i += 2
	case c == '=' && (w.at(1) == '=' || w.at(1) == '>'):
		w.note('>', "")
		w.i += 2
	default:
		w.note(c, "")
		w.i++
	}
}

// keyword gives a word without allocating those that are not asked for.
func keyword(b []byte) string {
	switch string(b) {
	case "from", "import", "require", "resolve", "URL", "new", "return", "typeof", "case", "in", "of", "delete", "void",
		"throw", "else", "do", "yield", "await", "default", "src", "poster", "srcset", "href", "export",
		"useBaseUrl", "withBase", "withPrefix": // addressFunctions
		return string(b)
	}
	return ""
}

// begins reports whether an expression may begin here, so that a slash begins a regular
// expression and an angle bracket an element.
func (w *scriptWalk) begins(c byte) bool {
	switch t := w.last[0]; t.kind {
	case 'w':
		switch t.word {
		case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "else", "do", "yield", "await", "default":
			return true
		}
		return false
	case 's', 'v', ')', ']':
		return false
	case '}':
		return c == '/'
	}
	return true
}

func (w *scriptWalk) skipTo(end string) {
	n := bytes.Index(w.b[w.i:], []byte(end))
	if n < 0 {
		w.i = len(w.b)
		return
	}
	w.i += n + len(end)
}

func (w *scriptWalk) regexp() bool {
	class := false
	for i := w.i + 1; i < min(len(w.b), w.i+512); i++ {
		switch w.b[i] {
		case '\\':
			i++
		case '\n':
			return false
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				w.i = i + 1
				w.note('v', "")
				return true
			}
		}
	}
	return false
}

// closing gives the offset of the quote that ends the string which begins at off, or -1 where the
// line ends first.
func closing(b []byte, off int, quote byte) int {
	for i := off; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
			if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
				i++
			}
		case '\n':
			return -1
		case quote:
			return i
		}
	}
	return -1
}

func (w *scriptWalk) text(quote byte) {
	end := closing(w.b, w.i+1, quote)
	if end < 0 || end >= len(w.b) {
		w.i++
		return
	}
	s := span{w.i + 1, end}
	w.i = end + 1
	w.string(s, quote)
	w.noteAt('s', "", s)
}

// literal scans a template literal from off on to its end or its next expression. whole says that
// its beginning is here.
func (w *scriptWalk) literal(off int, whole bool) {
	for i := off; i < len(w.b); i++ {
		switch w.b[i] {
		case '\\':
			i++
		case '`':
			s := span{off, i}
			w.i = i + 1
			if whole && bytes.IndexByte(w.b[s.off:s.end], '\n') < 0 {
				w.string(s, '`')
			} else {
				w.part(s)
			}
			w.note('s', "")
			return
		case '$':
			if i+1 < len(w.b) && w.b[i+1] == '{' {
				if whole && i > off && !bytes.ContainsAny(w.b[off:i], " <\n\\") {
					w.pattern(off, i)
				}
				w.part(span{off, i})
				w.push(frame{kind: '$'})
				w.note('(', "")
				w.i = i + 2
				return
			}
		}
	}
	w.i = len(w.b)
}

// pattern lists a template literal that is an address with expressions in it, the first of them at i. One that
// begins with an expression may be an address behind that.
func (w *scriptWalk) pattern(off, i int) {
	limit := min(len(w.b), off+1024)
	for i < limit {
		switch {
		case w.b[i] == '$' && i+1 < limit && w.b[i+1] == '{':
			end := closingBrace(w.b[:limit], i+1)
			if end < 0 {
				return
			}
			i = end
		case w.b[i] == '`':
			w.add(span{off, i}, String, place{form: plain, quote: '`'}, byExpression)
			return
		case isSpace(w.b[i]) || w.b[i] == '<' || w.b[i] == '\\':
			return
		default:
			i++
		}
	}
}

// part is a piece of a template literal. It may be the end of an address, or CSS or HTML.
func (w *scriptWalk) part(s span) {
	if !mentionsImage(w.b[s.off:s.end]) {
		return
	}
	const why = "it is in a template literal"
	if bytes.ContainsAny(w.b[s.off:s.end], "\n<>\"'(") {
		w.quoted(s, why)
		return
	}
	w.add(s, String, place{form: jsString, quote: '`'}, why)
}

// string decides about a whole string by the tokens around it.
func (w *scriptWalk) string(s span, quote byte) {
	if b := w.b[s.off:s.end]; bytes.HasPrefix(b, []byte("image/")) && len(b) < 32 {
		if key, ok := w.property(); ok {
			w.object().mediaType(key, string(b), s)
		}
	}
	if s.end-s.off < 5 || s.end-s.off > 4096 || !mentionsImage(w.b[s.off:s.end]) {
		return
	}
	kind, why := w.role()
	if b := w.b[s.off:s.end]; bytes.HasPrefix(b, []byte("url(")) && b[len(b)-1] == ')' && b[4] != '\\' {
		// A property of a style.
		s.off, s.end, kind = s.off+4, s.end-1, CSS
		if q := w.b[s.off]; s.end-s.off > 2 && (q == '"' || q == '\'') && w.b[s.end-1] == q {
			s.off, s.end = s.off+1, s.end-1
		}
	}
	if w.add(s, kind, place{form: jsString, quote: quote}, why) && why == "" {
		if key, ok := w.property(); ok {
			w.object().image(w.finder, key)
		}
	}
}

// closingBrace gives the offset behind the brace that closes the one at off, or -1.
func closingBrace(b []byte, off int) int {
	depth := 0
	for i := off; i < len(b); i++ {
		switch c := b[i]; c {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\'':
			if end := closing(b, i+1, c); end > 0 {
				i = end
			}
		case '`':
			if n := bytes.IndexByte(b[i+1:min(len(b), i+4096)], '`'); n >= 0 {
				i += n + 1
			}
		case '/':
			if i+1 < len(b) && b[i+1] == '*' {
				n := bytes.Index(b[i+2:], []byte("*/"))
				if n < 0 {
					return -1
				}
				i += n + 3
			}
		}
	}
	return -1
}
