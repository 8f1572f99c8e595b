package references

import (
	"html"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// element is what an image of Markdown becomes: it is in a paragraph, a link or the like, and has no class.
func (m *mdImage) element() *element { return &element{name: "img", around: []openTag{{name: "p"}}} }

// planMarkdown makes an image of Markdown HTML, where that is safe. Elsewhere it is updated.
func (w *rewriter) planMarkdown(i int) {
	r := w.refs[i]
	md := r.at.md
	if w.o.KeepMarkdown || !md.safe || r.at.tail || w.o.Kramdown && md.first && !md.alone {
		return
	}
	if text := w.o.Styles.choosesPlace(w.name, w.src, md.element()); text != "" {
		return
	}
	s := w.sources[i]
	address, width, height := r.Address, s.Width, s.Height
	var shown asset.Format
	if isShownNowhere(s.Path) || w.isFormer(i) {
		result, why := w.choose(s, fallback)
		if why != "" {
			return
		}
		address, shown = w.address(i, result.Path), result.Format
	}
	var b strings.Builder
	var expect []expected
	for _, f := range preference {
		out, ok := w.source(&element{name: "img"}, f, i, nil)
		if !ok || f == shown && len(out.expect) == 1 || len(expect) == 0 && rank(f) >= rank(asset.JPEG) {
			continue
		}
		b.WriteString(out.text)
		expect = append(expect, out.expect...)
	}
	if len(expect) == 0 {
		return
	}
	address = strings.ReplaceAll(address, " ", "%20")
	b.WriteString(`<img src="` + html.EscapeString(address) + `" alt="` + html.EscapeString(md.alt) + `"`)
	if md.title != "" {
		b.WriteString(` title="` + html.EscapeString(md.title) + `"`)
	}
	if width > 0 && height > 0 && !w.o.Styles.stretches(w.name, w.src, md.element()) {
		b.WriteString(` width="` + strconv.Itoa(width) + `" height="` + strconv.Itoa(height) + `"`)
	}
	w.done[i] = true
	text := "<picture>" + b.String() + "></picture>"
	if w.o.Kramdown && md.first {
		text = "<p>" + text + "</p>"
	}
	w.edits = append(w.edits, edit{span{md.off, md.end}, text, append(expect, expected{Image, address})})
	w.changes = append(w.changes, Change{r, r.Address, expect[0].address, s.Path})
}
