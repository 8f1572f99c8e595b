package references

import (
	"bytes"
	"slices"
)

// maxOpen is how many open elements are known. Where there are more, the page is not taken for a whole one.
const maxOpen = 100

// isWholePage reports whether HTML is a page, and not a part of one whose surroundings are in another file.
func isWholePage(b []byte) bool {
	head := b[:min(len(b), 4096)]
	return bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<HTML"))
}

// openTag notes the start tag that is complete, if it has an end tag.
func (w *htmlWalk) openTag() {
	if !w.whole || w.el.void {
		return
	}
	switch w.el.name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return
	}
	if len(w.open) == maxOpen {
		w.open, w.whole = nil, false
		return
	}
	w.open = append(w.open, w.el.openTag())
}

// openTag is what selectors match of an element.
func (e *element) openTag() openTag {
	one := openTag{name: e.name}
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
			w.open = w.open[:i]
			return
		}
	}
}
