package references

import (
	"bytes"
	"slices"
)

// maxOpen is how many open elements are known. Where there are more, nothing is known of what is around.
const maxOpen = 100

// isWholePage reports whether HTML is a page, and not a part of one whose surroundings are in another file.
func isWholePage(b []byte) bool {
	head := b[:min(len(b), 4096)]
	return bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<HTML"))
}

// openTag notes the start tag that is complete, if it has an end tag.
func (w *htmlWalk) openTag() {
	if w.deep {
		return
	}
	depth := len(w.open)
	for len(w.closed) <= depth {
		w.closed = append(w.closed, openTag{})
	}
	one := w.el.openTag()
	if depth > 0 || w.whole {
		before := w.closed[depth]
		w.el.before = &before
	}
	w.closed = w.closed[:depth+1]
	w.closed[depth] = one
	if w.el.void {
		return
	}
	switch w.el.name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return
	}
	if len(w.open) == maxOpen {
		w.open, w.closed, w.whole, w.deep = nil, nil, false, true
		return
	}
	w.open = append(w.open, one)
}

// openTag is what selectors match of an element.
func (e *element) openTag() openTag {
	one := openTag{name: e.name, before: e.before}
	if a, ok := e.get("class"); ok {
		one.class = a.val
	}
	if a, ok := e.get("id"); ok {
		one.id = a.val
	}
	return one
}

// closeTag forgets an element, and those in it that have no end tag.
func (w *htmlWalk) closeTag(name string) {
	for i, o := range slices.Backward(w.open) {
		if o.name == name {
			w.open, w.closed = w.open[:i], w.closed[:i+1]
			return
		}
	}
}
