package references

import (
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// A slot is where a <picture> shows one image: its sources of one media query, or those of none.
type slot struct {
	picture *pictureElement
	media   string
}

func (e *element) slot() slot { return slot{e.picture, e.media} }

// mediaOf is a media query as slots compare it. That of all media is none.
func mediaOf(query string) string {
	query = strings.ToLower(strings.Join(strings.Fields(query), " "))
	if query == "all" {
		return ""
	}
	return query
}

// slotNames has the paths and the addresses that the sources of each slot name, with the offset of the
// first source that does.
type slotNames map[slot]map[string]int

// add records that a source at this offset, or one that is to be written there, names a path or an address.
func (n slotNames) add(s slot, name string, off int) {
	if n[s] == nil {
		n[s] = map[string]int{}
	}
	if first, ok := n[s][name]; !ok || off < first {
		n[s][name] = off
	}
}

// named reports whether a source before an element, of the same slot, names a result of one of its
// originals in this format, or in any where it is empty.
func (w *rewriter) named(el *element, format string) bool {
	names := w.names[el.slot()]
	if el.picture == nil || len(names) == 0 {
		return false
	}
	before := func(name string) bool {
		off, ok := names[name]
		return ok && off < el.off
	}
	return slices.ContainsFunc(w.members[el], func(i int) bool {
		return slices.ContainsFunc(w.sources[i].Results, func(r Result) bool {
			return (format == "" || string(r.Format) == format) && (before(r.Path) || before(inSrcset(w.address(i, r.Path))))
		})
	})
}

// place gives the element that a new source of a format goes before: a browser takes the first that it
// can show.
func (w *rewriter) place(el *element, f asset.Format) *element {
	for _, s := range el.picture.sources {
		if s.off >= el.off {
			break
		}
		if !w.removed[s] && s.media == el.media && rank(w.formatOf(s)) > rank(f) && w.sameImage(s, el) {
			return s
		}
	}
	return el
}

// chosenBefore gives a source that a browser chooses wherever it would choose a new source of this
// format for an element. It is nil if there is none, or if there may be none.
func (w *rewriter) chosenBefore(el *element, f asset.Format) *element {
	if el.picture == nil || el.picture.conditional {
		return nil
	}
	at := w.place(el, f)
	for _, s := range el.picture.sources {
		if s.off >= at.off {
			break
		}
		if w.removed[s] || s.dynamic != "" || s.media != "" && s.media != el.media {
			continue
		}
		if _, ok := s.get("srcset"); ok && w.isShownWith(s, f) {
			return s
		}
	}
	return nil
}

// isShownWith reports whether all browsers that show a format show a source as well, by its type.
func (w *rewriter) isShownWith(s *element, f asset.Format) bool {
	switch t := w.formatOf(s); t {
	case "", "svg+xml":
		return true
	default:
		return rank(t) >= rank(f) && rank(t) < len(preference)
	}
}

// sameImage reports whether a <source> names originals of an element, or results of them. One that
// names another image, or something else such as an SVG, keeps its place.
func (w *rewriter) sameImage(s, el *element) bool {
	own := func(m int) bool {
		return slices.ContainsFunc(w.members[el], func(i int) bool {
			p, a := w.resolutions[m].Path, w.refs[m].Address
			return p != "" && p == w.resolutions[i].Path || slices.ContainsFunc(w.sources[i].Results, func(r Result) bool {
				return p == r.Path || a == inSrcset(w.address(i, r.Path))
			})
		})
	}
	return len(w.members[s]) > 0 && !slices.ContainsFunc(w.members[s], func(m int) bool { return !own(m) })
}

func rank(f asset.Format) int {
	if i := slices.Index(preference, f); i >= 0 {
		return i
	}
	return len(preference)
}

// formatOf is the format that the type of a <source> says, empty where it has none.
func (w *rewriter) formatOf(s *element) asset.Format {
	if a, ok := s.get("type"); ok {
		return asset.Format(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(string(w.src[a.val.off:a.val.end]))), "image/"))
	}
	return ""
}
