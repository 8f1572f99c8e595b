package references

import (
	"bytes"
	"regexp"
	"strings"
)

// element enters an element of JSX, if what is here begins one and is no list of type parameters.
func (w *scriptWalk) element() bool {
	i := w.i + 1
	for i < len(w.b) && (isWord(w.b[i]) || w.b[i] == '.' || w.b[i] == '-' || w.b[i] == ':') {
		i++
	}
	name := string(w.b[w.i+1 : i])
	rest := bytes.TrimLeft(w.b[i:min(len(w.b), i+64)], " \t\r\n")
	if len(rest) == 0 || name == "" && rest[0] != '>' || rest[0] == ',' || bytes.HasPrefix(rest, []byte("extends ")) {
		return false
	}
	if name != "" && '0' <= name[0] && name[0] <= '9' {
		return false
	}
	w.i = i
	w.push(frame{kind: 'T', tag: strings.ToLower(name)})
	return true
}

// done leaves an element.
func (w *scriptWalk) done() {
	w.pop()
	w.note('v', "")
}

func (w *scriptWalk) children() {
	n := bytes.IndexAny(w.b[w.i:], "<{")
	if n < 0 {
		w.i = len(w.b)
		return
	}
	w.i += n
	switch {
	case w.b[w.i] == '{':
		w.enter()
	case w.at(1) == '/':
		w.skipTo(">")
		w.done()
	case !w.element():
		w.i++
	}
}

// enter begins an expression in braces.
func (w *scriptWalk) enter() {
	w.push(frame{kind: 'e'})
	w.last = [4]token{}
	w.note('(', "")
	w.i++
}

// tag scans one attribute of an element, or its end.
func (w *scriptWalk) tag() {
	c := w.b[w.i]
	switch {
	case c == '/' && w.at(1) == '>':
		w.i += 2
		w.done()
	case c == '/' && w.at(1) == '*':
		w.i += 2
		w.skipTo("*/")
	case c == '/' && w.at(1) == '/':
		w.skipTo("\n")
	case c == '>':
		w.i++
		w.frames[len(w.frames)-1].kind = 'C'
	case c == '{':
		w.enter()
	case c == '"' || c == '\'':
		w.i++
		w.skipTo(string(c))
	case isWord(c):
		w.jsxAttribute()
	default:
		w.i++
	}
}

func (w *scriptWalk) jsxAttribute() {
	from := w.i
	for w.i < len(w.b) && (isWord(w.b[w.i]) || w.b[w.i] == '-' || w.b[w.i] == ':') {
		w.i++
	}
	name := w.b[from:w.i]
	i := w.i
	for i < len(w.b) && isSpace(w.b[i]) {
		i++
	}
	if i >= len(w.b) || w.b[i] != '=' {
		return
	}
	for i++; i < len(w.b) && isSpace(w.b[i]); {
		i++
	}
	w.i = i
	if i >= len(w.b) {
		return
	}
	s, form := span{i + 1, 0}, entity
	quote := w.b[i]
	switch quote {
	case '"', '\'':
		n := bytes.IndexByte(w.b[i+1:], quote)
		if n < 0 {
			w.i = len(w.b)
			return
		}
		s.end = i + 1 + n
		w.i = s.end + 1
	case '{':
		// A brace with a string in it and nothing else is as good as the string.
		j := i + 1
		for j < len(w.b) && isSpace(w.b[j]) {
			j++
		}
		if j >= len(w.b) || w.b[j] != '"' && w.b[j] != '\'' && w.b[j] != '`' {
			w.enter()
			return
		}
		quote, form = w.b[j], jsString
		end := closing(w.b, j+1, quote)
		k := end + 1
		for end > 0 && k < len(w.b) && isSpace(w.b[k]) {
			k++
		}
		if end < 0 || k >= len(w.b) || w.b[k] != '}' || bytes.Contains(w.b[j:end], []byte("${")) {
			w.enter()
			return
		}
		s = span{j + 1, end}
		w.i = k + 1
	default:
		return
	}
	if !mentionsImage(w.b[s.off:s.end]) {
		return
	}
	w.jsxValue(strings.ToLower(string(name)), s, place{form: form, quote: quote})
}

// jsxWords have the values of those attributes that say what another one of the same tag is.
var jsxWords = map[string]*regexp.Regexp{
	"rel": regexp.MustCompile(`\brel=\{?["']([^"'\n]*)`),
	"as":  regexp.MustCompile(`\bas=\{?["']([^"'\n]*)`),
	// In JSX, it has capital letters.
	"imagesrcset": regexp.MustCompile(`\b(imageSrcSet)=`),
}

// tagAround is the tag that a value is in, without the values of attributes that are far from it.
func (w *scriptWalk) tagAround(s span) []byte {
	around := w.b[max(0, s.off-400):min(len(w.b), s.end+400)]
	off, end := min(400, s.off), min(400, s.off)+s.end-s.off
	if i := bytes.LastIndexByte(around[:off], '<'); i >= 0 {
		around, end = around[i:], end-i
	}
	for i := end; i < len(around); i++ {
		// An arrow of a function ends no tag.
		if around[i] == '>' && around[i-1] != '=' {
			return around[:i]
		}
	}
	return around
}

func (w *scriptWalk) jsxValue(name string, s span, p place) {
	tag := w.frames[len(w.frames)-1].tag
	around := w.tagAround(s)
	kind := kindOf(tag, name, func(name string) string {
		if m := jsxWords[name].FindSubmatch(around); m != nil {
			return string(m[1])
		}
		return ""
	})
	p.download = bytes.Contains(around, []byte("download"))
	switch {
	case kind == "", kind == Preload && bytes.Contains(around, []byte("imageSrcSet")):
	case strings.HasSuffix(name, "srcset"):
		h := &htmlWalk{finder: w.finder}
		h.srcset(s, w.b[s.off:s.end], kind, p)
	default:
		w.add(s, kind, p, "")
	}
}
