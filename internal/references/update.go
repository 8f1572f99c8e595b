package references

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// support is the order of formats by how many programs show them, preference that by how small they are.
var (
	support    = []asset.Format{asset.WebP, asset.AVIF, "jxl", asset.JPEG, asset.PNG, asset.GIF}
	preference = []asset.Format{asset.AVIF, asset.WebP, "jxl", asset.JPEG, asset.PNG, asset.GIF}
	fallback   = []asset.Format{asset.JPEG, asset.PNG, asset.WebP}
)

// inFormat gives the results of the default variant in a format, the widest last.
func inFormat(s Source, f asset.Format) []Result {
	var out []Result
	for _, r := range s.Results {
		if r.Format == f && r.Variant == "" {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Result) int { return a.Width - b.Width })
	return out
}

// choose gives the result that a single address names.
func (w *rewriter) choose(s Source, order []asset.Format) (Result, string) {
	for _, f := range order {
		found := inFormat(s, f)
		switch {
		case len(found) == 1 || len(found) > 1 && w.o.Mode == Picture:
			return found[len(found)-1], ""
		case len(found) > 1:
			return Result{}, NeedsPicture
		}
	}
	return Result{}, "the default variant has no result of it"
}

// order is that of the formats for a reference that is updated.
func (w *rewriter) order(i int) []asset.Format {
	if w.o.Mode == Picture && w.refs[i].Kind == Preload && w.inElement(w.resolutions[i].Path) {
		return preference
	}
	return support
}

// inElement reports whether an element of the page shows an original: what is loaded ahead must be
// what its <picture> takes. Else a style sheet does.
func (w *rewriter) inElement(original string) bool {
	return slices.ContainsFunc(w.refs, func(r Reference) bool {
		return (r.at.md != nil || r.at.el != nil && (r.at.el.name == "img" || r.at.el.name == "source")) && w.site.Resolve(w.name, r).Path == original
	})
}

// planUpdates makes each original that is left an address of its result, and all candidates of a
// srcset or none.
func (w *rewriter) planUpdates() {
	for i, r := range w.refs {
		if !w.originals[i] || w.done[i] {
			continue
		}
		members := []int{i}
		switch {
		case r.Kind == Preload && r.at.el != nil:
			members = w.members[r.at.el] // a browser that takes one part does not load the other
			if w.knownCandidates(r.at.el) < w.candidates(r.at.el) {
				w.keepAll(members, notImages)
				w.finish(members)
				continue
			}
		case r.at.group > 0:
			members = w.groups[r.at.group]
		}
		w.finish(members)
		w.update(members)
	}
}

// finish says that references need no more.
func (w *rewriter) finish(members []int) {
	for _, i := range members {
		w.done[i] = true
	}
}

func (w *rewriter) update(members []int) {
	var edits []edit
	var changes []Change
	var format asset.Format
	for _, i := range members {
		r := w.refs[i]
		if !w.originals[i] {
			w.keepAll(members, w.lacks(i))
			return
		}
		result, why := w.choose(w.sources[i], w.order(i))
		if why != "" {
			w.keepAll(members, why)
			return
		}
		if format == "" {
			format = result.Format
		}
		if format != result.Format && r.at.mime.end > 0 {
			w.keepAll(members, "its candidates have results in different formats")
			return
		}
		e, to, ok := w.replace(i, result.Path)
		if !ok {
			w.keepAll(members, "its address cannot be written in this place")
			return
		}
		if to == r.Address {
			continue
		}
		edits = append(edits, e)
		changes = append(changes, Change{r, r.Address, to, w.sources[i].Path})
	}
	if len(edits) == 0 {
		return
	}
	w.edits, w.changes = append(w.edits, edits...), append(w.changes, changes...)
	for _, i := range members {
		w.setType(i, format)
	}
}

func (w *rewriter) keepAll(members []int, why string) {
	for _, i := range members {
		if w.originals[i] {
			w.find(i, NotEdited, why)
		}
	}
}

// replace plans that a reference names another file.
func (w *rewriter) replace(i int, to string) (edit, string, bool) {
	r := w.refs[i]
	address := w.address(i, to)
	if r.at.group > 0 {
		address = inSrcset(address)
	}
	text, ok := r.at.form.replace(w.src[r.Off:r.End], address, r.at.quote)
	return edit{span{r.Off, r.End}, text, []expected{{r.Kind, address}}}, address, ok && address != ""
}

// inSrcset writes an address so that it is one candidate.
func inSrcset(address string) string {
	address = strings.ReplaceAll(address, " ", "%20")
	if strings.HasPrefix(address, ",") || strings.HasSuffix(address, ",") || strings.ContainsAny(address, "\t\n\r\f") {
		return ""
	}
	return address
}

// setType makes the type beside a reference agree with what it names.
func (w *rewriter) setType(i int, format asset.Format) {
	r := w.refs[i]
	mime := "image/" + string(format)
	switch m := r.at.mime; {
	case m.end > 0:
		if !w.typed[m.off] && string(w.src[m.off:m.end]) != mime {
			w.typed[m.off] = true
			w.edits = append(w.edits, edit{span: m, text: mime})
		}
	case w.o.Mode == Picture && r.Kind == Preload && r.at.el != nil:
		// Without a type, a browser that cannot show it loads it all the same.
		a, _ := r.at.el.get(r.at.attr)
		if !w.typed[r.at.el.off] {
			w.typed[r.at.el.off] = true
			w.edits = append(w.edits, edit{span: span{a.end, a.end}, text: ` type="` + mime + `"`})
		}
	}
}

// planDimensions adds width and height to each <img> that has neither.
func (w *rewriter) planDimensions() {
	for i, r := range w.refs {
		if r.at.el == nil || r.at.el.name != "img" || r.at.attr != "src" || r.Uncertain != "" || w.resolutions[i].Status != Found {
			continue
		}
		width, height := w.sources[i].Width, w.sources[i].Height
		if w.originals[i] {
			if result, why := w.choose(w.sources[i], support); why == "" && result.Width > 0 && result.Height > 0 {
				width, height = result.Width, result.Height
			}
		}
		w.addDimensions(r.at.el, r.at.attr, width, height)
	}
}

// planResized gives an <img> of a <picture> of webpress the dimensions that its image has now, if those in
// the page are of the image before. Others are meant, as for a square that shows a part of the image.
func (w *rewriter) planResized() {
	for i, r := range w.refs {
		el, s := r.at.el, w.sources[i]
		if el == nil || el.name != "img" || r.at.attr != "src" || el.picture == nil || s.Width == 0 || s.Height == 0 || s.FormerWidth == 0 || !w.named(el, "") && !w.hadFormer(el.picture) {
			continue
		}
		width, height := w.number(el, "width"), w.number(el, "height")
		if height <= 0 || width < s.FormerWidth || !SameShape(s.FormerWidth, s.FormerHeight, width, height) || SameShape(width, height, s.Width, s.Height) {
			continue
		}
		w.find(i, Resized, fmt.Sprintf("width and height are those of another image: it has %dx%d", s.Width, s.Height))
		if w.o.Mode == Report {
			continue
		}
		for name, n := range map[string]int{"width": s.Width, "height": s.Height} {
			a, _ := el.get(name)
			w.edits = append(w.edits, edit{span: a.val, text: strconv.Itoa(n)})
		}
	}
}

// number is the value of an attribute, 0 where it is none or not a number.
func (w *rewriter) number(el *element, name string) int {
	a, ok := el.get(name)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(string(w.src[a.val.off:a.val.end]))
	if err != nil {
		return 0
	}
	return n
}

func (w *rewriter) addDimensions(el *element, attr string, width, height int) {
	_, hasWidth := el.get("width")
	_, hasHeight := el.get("height")
	if width <= 0 || height <= 0 || hasWidth || hasHeight || el.dynamic != "" || w.lang == LangEmail || w.lang == LangXML || w.hasOwnSize(el) {
		return
	}
	a, ok := el.get(attr)
	if !ok {
		return
	}
	q := quoteOf(a)
	w.edits = append(w.edits, edit{
		span: span{a.end, a.end},
		text: " width=" + q + strconv.Itoa(width) + q + " height=" + q + strconv.Itoa(height) + q,
	})
}

// quoteFor is the quote that the addresses of an element are in.
func quoteFor(el *element) string {
	for _, name := range []string{"src", "srcset"} {
		if a, ok := el.get(name); ok {
			return quoteOf(a)
		}
	}
	return `"`
}

func quoteOf(a attribute) string {
	if a.quote == '\'' {
		return "'"
	}
	return `"`
}

// isShownNowhere reports whether browsers show no image of this name.
func isShownNowhere(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".heic", ".heif", ".hif", ".tif", ".tiff":
		return true
	}
	return false
}
