package references

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

func (f *finder) css(s span) {
	buf := f.src[s.off:s.end]
	if s.off > len("\uFEFF") && bytes.Contains(buf, []byte("{{")) {
		// Jekyll takes a style sheet that has front matter for a template.
		buf = bytes.Clone(buf)
		maskTemplates(buf, f.lang)
	}
	f.cssIn(s, buf, false)
}

// cssIn finds url() and image-set() in CSS, SCSS and Less; in an attribute of HTML, entities
// may be their quotes. buf is the text there, with expressions masked.
func (f *finder) cssIn(s span, buf []byte, attr bool) {
	w := &cssWalk{finder: f, buf: buf, base: s.off, attr: attr, set: -1}
	// A slice without room at its end is copied by the lexer, which writes a byte behind it.
	in := parse.NewInputBytes(buf[:len(buf):len(buf)])
	lexer := css.NewLexer(in)
	for {
		kind, data := lexer.Next()
		if kind == css.ErrorToken {
			return
		}
		end := s.off + in.Offset()
		w.token(kind, data, span{end - len(data), end})
		if w.comment {
			// What is in it, such as an apostrophe, is no token.
			rest := buf[in.Offset():]
			if n := bytes.IndexAny(rest, "\n\r"); n >= 0 {
				rest = rest[:n]
			}
			in.Move(len(rest))
			in.Skip()
			w.comment, w.slash = false, false
		}
	}
}

type cssWalk struct {
	*finder
	buf  []byte
	base int
	attr bool
	// comment says that // of SCSS and Less began one.
	comment, slash bool
	depth          int
	// set is the depth of the image-set() that this is in, and mime that of a type() in it.
	set, mime, group int
	last             int
}

func (w *cssWalk) token(kind css.TokenType, data []byte, at span) {
	slash := kind == css.DelimToken && data[0] == '/'
	if slash && w.slash {
		w.comment = true
		return
	}
	w.slash = slash
	switch kind {
	case css.URLToken:
		w.url(data, at)
	case css.BadURLToken, css.BadStringToken:
		inner := span{at.off + bytes.IndexByte(data, '(') + 1, at.end - 1}
		if _, ok := w.filtered(inner); ok && kind == css.BadURLToken {
			w.expression(inner, w.buf[inner.off-w.base:inner.end-w.base], CSS, place{})
			return
		}
		w.quoted(at, byExpression)
	case css.FunctionToken:
		w.depth++
		switch name := strings.ToLower(string(data)); {
		case strings.HasSuffix(name, "image-set("):
			w.groups++
			w.set, w.group, w.last = w.depth, w.groups, -1
		case name == "type(" && w.set >= 0:
			w.mime = w.depth
		}
	case css.LeftParenthesisToken:
		w.depth++
	case css.RightParenthesisToken:
		if w.depth == w.set {
			w.set = -1
		}
		if w.depth == w.mime {
			w.mime = 0
		}
		w.depth--
	case css.StringToken:
		w.text(data, at)
	}
}

func (w *cssWalk) url(data []byte, at span) {
	if len(data) < 5 {
		return
	}
	at.off += bytes.IndexByte(data, '(') + 1
	if data[len(data)-1] == ')' {
		at.end--
	}
	at = w.trim(at)
	p := place{form: cssURL}
	raw := w.src[at.off:at.end]
	if n := len(raw); n > 1 && (raw[0] == '"' || raw[0] == '\'') && raw[n-1] == raw[0] {
		p.form, p.quote = cssString, raw[0]
		at.off, at.end = at.off+1, at.end-1
	}
	w.address(at, CSS, p)
}

// text is a string: a candidate of image-set(), the type of one, or something else.
func (w *cssWalk) text(data []byte, at span) {
	if len(data) < 2 {
		return
	}
	at.off, at.end = at.off+1, at.end-1
	switch {
	case w.mime > 0:
		if w.last >= 0 && w.last < len(w.refs) && bytes.HasPrefix(w.src[at.off:at.end], []byte("image/")) {
			w.refs[w.last].at.mime = at
		}
	case w.set == w.depth && w.set >= 0:
		w.address(at, CSS, place{form: cssString, quote: data[0]})
	default:
		w.add(at, String, place{form: cssString, quote: data[0]}, "it is a string that may not be an address")
	}
}

func (w *cssWalk) address(at span, kind Kind, p place) {
	raw := w.src[at.off:at.end]
	why := ""
	switch {
	case bytes.Contains(raw, []byte("#{")), bytes.Contains(raw, []byte("@{")), bytes.HasPrefix(raw, []byte("$")), bytes.HasPrefix(raw, []byte("@")) && p.form == cssURL && bytes.IndexByte(raw, '/') < 0:
		why = byExpression
	case w.attr && bytes.IndexByte(raw, '&') >= 0:
		for _, q := range []string{"&quot;", "&#34;", "&#39;", "&apos;"} {
			if len(raw) > 2*len(q) && bytes.HasPrefix(raw, []byte(q)) && bytes.HasSuffix(raw, []byte(q)) {
				at.off, at.end = at.off+len(q), at.end-len(q)
				break
			}
		}
		p.form, p.quote = entity, '"'
		if bytes.IndexByte(raw, '\\') >= 0 {
			why = "it has escapes in an attribute"
		}
	}
	if w.set >= 0 {
		p.group = w.group
	}
	buf := w.buf[at.off-w.base : at.end-w.base]
	if n := placeholder(buf); n > 0 && why == "" {
		if w.isRootName(string(buf[1 : n-1])) {
			p.tail, p.whole = true, at
			at.off += n
		} else {
			why = byExpression
		}
	}
	if bytes.IndexByte(buf, masked) >= 0 {
		if n := len(w.refs); why == "" && p.form != entity {
			w.expression(at, buf, kind, p)
			if len(w.refs) > n {
				w.last = n
				return
			}
		}
		w.keepGroup(w.group)
		return
	}
	if w.add(at, kind, p, why) {
		w.last = len(w.refs) - 1
	} else if w.set >= 0 {
		w.keepGroup(w.group)
	}
}
