package references

import (
	"bytes"
	"slices"
	"strings"
)

// hasOwnSize reports whether the size of an <img> on the page is not that of its src: its srcset has
// widths or other images, a <source> shows another image, its style sets a size, or an expression may.
func (w *rewriter) hasOwnSize(el *element) bool {
	if w.o.Styles.stretches(w.name, w.src, el) {
		return true
	}
	for _, a := range el.attrs {
		value := w.src[a.val.off:a.val.end]
		switch {
		case setsSize(a.name), a.name == "style" && styleSetsSize(value), a.name == "class" && classSetsSide(value):
			return true
		}
	}
	for _, i := range w.members[el] {
		if strings.HasSuffix(w.refs[i].at.descriptor, "w") {
			return true
		}
	}
	if w.knownCandidates(el) < w.candidates(el) {
		return true
	}
	if el.picture == nil {
		return false
	}
	return slices.ContainsFunc(el.picture.sources, func(s *element) bool { return !w.removed[s] && !w.sameImage(s, el) })
}

// styleSetsSize reports whether a style sets a size, or has an expression that may.
func styleSetsSize(style []byte) bool {
	style = bytes.ToLower(style)
	for _, word := range []string{"width", "height", "size", "aspect-ratio", "{", "<"} {
		if bytes.Contains(style, []byte(word)) {
			return true
		}
	}
	return false
}

// classSetsSide reports whether a class of Tailwind CSS or Bootstrap sets one side alone:
// https://tailwindcss.com/docs/height, https://getbootstrap.com/docs/5.3/utilities/sizing/. The style sheet of
// the one is made of the pages, that of the other often on another site.
func classSetsSide(classes []byte) bool {
	for word := range bytes.FieldsSeq(classes) {
		switch string(word) {
		case "w-25", "w-50", "w-75", "w-100", "mw-100", "card-img", "card-img-top", "card-img-bottom":
			return !bytes.Contains(classes, []byte("img-fluid")) && !bytes.Contains(classes, []byte("h-auto"))
		}
	}
	for word := range bytes.FieldsSeq(classes) {
		word = word[bytes.LastIndexByte(word, ':')+1:]
		for _, prefix := range []string{"h-", "max-h-", "min-h-", "size-", "aspect-"} {
			if bytes.HasPrefix(word, []byte(prefix)) && string(word) != "h-auto" {
				return true
			}
		}
	}
	return false
}

// candidates is how many the srcset of an element has, or its imagesrcset. What an expression makes is at
// least one.
func (w *rewriter) candidates(el *element) int {
	a, ok := el.get("srcset")
	if el.name == "link" {
		a, ok = el.get("imagesrcset")
	}
	if !ok {
		return 0
	}
	value := w.src[a.val.off:a.val.end]
	if bytes.Contains(value, []byte("{{")) || bytes.ContainsAny(value, "<") {
		// Its candidates may have white space in them.
		return max(1, w.knownCandidates(el))
	}
	return len(candidates(value))
}

// knownCandidates is how many of them are references.
func (w *rewriter) knownCandidates(el *element) (n int) {
	for _, i := range w.members[el] {
		if strings.HasSuffix(w.refs[i].at.attr, "srcset") {
			n++
		}
	}
	return n
}
