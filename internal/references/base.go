package references

import (
	"bytes"
	"strings"
)

// baseHref takes the address that those of the page are relative to from its first <base>.
func (w *htmlWalk) baseHref() {
	a, ok := w.el.get("href")
	if !ok || w.lang != LangHTML {
		return
	}
	at := w.buf[a.val.off-w.base : a.val.end-w.base]
	next := baseElement{href: strings.TrimSpace(entity.decode(w.src[a.val.off:a.val.end]))}
	if last := bytes.LastIndexByte(at, masked); last >= 0 {
		lead := bytes.TrimSpace(at[:bytes.IndexByte(at, masked)])
		next.href, next.expression = string(at[last+1:]), true
		next.unknown = len(lead) > 0 || !strings.HasPrefix(next.href, "/")
	}
	if w.baseAt == nil {
		w.baseAt = &next
	} else if w.baseAt.href != next.href {
		// The first counts, unless a template leaves one of them out.
		w.baseAt.unknown = true
	}
}

// A baseElement is the <base> of a page. expression says that there is one before href, and
// unknown that it is not clear what the addresses of the page are relative to.
type baseElement struct {
	href                string
	expression, unknown bool
}

// rebase makes the references of a page relative to its <base>.
func (f *finder) rebase() {
	if f.baseAt == nil || f.baseAt.href == "" && !f.baseAt.unknown {
		return
	}
	for i := range f.refs {
		r := &f.refs[i]
		if r.at.rooted || r.Kind == Data || r.Kind == Shortcode || strings.HasPrefix(r.Address, "/") || schemeOf(r.Address) != "" {
			continue
		}
		r.Base = f.baseAt.href
		r.at.tail = r.at.tail || f.baseAt.expression
		if f.baseAt.unknown && r.Uncertain == "" {
			r.Uncertain = "it is not clear what the <base> of the page is"
		}
	}
}
