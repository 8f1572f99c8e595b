package references

import (
	"bytes"
	"strings"
)

func (w *htmlWalk) attr(a *attribute, p place) {
	if name, bound := boundAttribute(a.name); bound {
		w.bound(a.val, kindOf(w.el.name, name, w.value), a.quote)
		return
	}
	at := w.buf[a.val.off-w.base : a.val.end-w.base]
	if a.name == "style" {
		w.cssIn(a.val, at, true)
		return
	}
	kind := kindOf(w.el.name, a.name, w.value)
	if w.hasBraces() && len(at) > 2 && len(bytes.Trim(at, "\x7f\r\n")) == 0 && w.src[a.val.off] == '{' && w.src[a.val.off+1] != '{' && w.src[a.val.off+1] != '%' {
		// {"a.png"}; what else is in the braces was scanned as a script.
		w.bound(span{a.val.off + 1, a.val.end - 1}, kind, 0)
		return
	}
	switch {
	case kind == "":
	case strings.HasSuffix(a.name, "srcset") && w.el.name != "a":
		w.srcset(a.val, at, kind, p)
	case bytes.IndexByte(at, masked) >= 0:
		w.expression(a.val, at, kind, p)
	case placeholder(at) > 0 && !w.isRootName(string(at[1:placeholder(at)-1])):
		w.add(a.val, kind, p, byExpression)
	case placeholder(at) > 0:
		p.tail, p.whole = true, a.val
		w.add(span{a.val.off + placeholder(at), a.val.end}, kind, p, "")
	case bytes.Contains(at, []byte("${")) || bytes.Contains(at, []byte("#{")) || bytes.Contains(at, []byte("@{")):
		w.add(a.val, kind, p, byExpression)
	default:
		w.add(a.val, kind, p, "")
	}
}

// bound is the value of an attribute that is an expression of JavaScript.
func (w *htmlWalk) bound(s span, kind Kind, outer byte) {
	if kind == "" {
		kind = String
	}
	s = w.trim(s)
	raw := w.src[s.off:s.end]
	if outer != 0 && bytes.IndexByte(raw, '&') >= 0 {
		w.quoted(s, "it is in an expression with entities")
		return
	}
	if n := len(raw); n > 2 && raw[0] == raw[n-1] && strings.IndexByte("'\"`", raw[0]) >= 0 && !bytes.ContainsAny(raw[1:n-1], string(raw[:1])+`\$`) {
		w.add(span{s.off + 1, s.end - 1}, kind, place{form: jsString, quote: raw[0]}, "")
		return
	}
	if outer != 0 {
		w.scriptIn(s, false)
	}
}

// boundAttribute gives the name of an attribute of Vue, Alpine or Angular whose value is an expression.
func boundAttribute(name string) (string, bool) {
	for _, prefix := range []string{":", "v-bind:", "x-bind:"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest, true
		}
	}
	if rest, ok := strings.CutPrefix(name, "["); ok {
		return strings.TrimSuffix(rest, "]"), true
	}
	return name, strings.HasPrefix(name, "@") || strings.HasPrefix(name, "v-")
}

// srcset records its candidates as a group: one that stays would be blurred beside the others.
func (w *htmlWalk) srcset(s span, buf []byte, kind Kind, p place) {
	if kind != Social && kind != Preload {
		kind = Srcset
	}
	w.groups++
	p.group = w.groups
	why := ""
	raw := w.src[s.off:s.end]
	if decoded := entity.decode(raw); separators(decoded) != separators(string(raw)) {
		why = "entities separate its candidates"
	}
	list := candidates(buf)
	for _, c := range list {
		p.descriptor = c.descriptor
		at := span{s.off + c.off, s.off + c.end}
		switch n := placeholder(buf[c.off:c.end]); {
		case bytes.IndexByte(buf[c.off:c.end], masked) >= 0:
			known := len(w.refs)
			if w.expression(at, buf[c.off:c.end], kind, p); len(w.refs) == known {
				w.keepGroup(p.group)
			}
		case n > 0 && !w.isRootName(string(buf[c.off+1:c.off+n-1])):
			w.add(at, kind, p, byExpression)
		case n > 0:
			q := p
			q.tail, q.whole = true, at
			if !w.add(span{at.off + n, at.end}, kind, q, why) {
				w.keepGroup(p.group)
			}
		default:
			if !w.add(at, kind, p, why) {
				// A candidate that cannot be changed keeps the whole group.
				w.keepGroup(p.group)
			}
		}
	}
}

func separators(s string) (n int) {
	for i := range len(s) {
		if s[i] == ',' || isSpace(s[i]) {
			n++
		}
	}
	return n
}

// content is the text of a script or a style sheet.
func (w *htmlWalk) content(s span) {
	if !mentionsImage(w.src[s.off:s.end]) {
		return
	}
	t := w.rawType
	buf := w.buf[s.off-w.base : s.end-w.base]
	templates := bytes.IndexByte(buf, masked) >= 0
	switch {
	case w.raw == "style":
		w.cssIn(s, buf, false)
	case t == "application/ld+json":
		social := w.social
		w.social = true
		w.json(s)
		w.social = social
	case templates:
		w.quoted(s, "expressions of a template are around it")
	case strings.HasSuffix(t, "json"):
		w.json(s)
	case t == "" || strings.Contains(t, "javascript") || t == "module":
		w.scriptIn(s, false)
	case t == "text/jsx" || t == "text/babel":
		w.scriptIn(s, true)
	default:
		// text/template, text/x-handlebars and the like.
		if !w.nested {
			w.nested = true
			w.html(s)
			w.nested = false
		}
	}
}
