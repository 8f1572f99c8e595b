package references

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// planPictures gives each <img> of HTML and each image of Markdown the sources that it can have.
func (w *rewriter) planPictures() {
	var elements []*element
	for i, r := range w.refs {
		el := r.at.el
		switch {
		case el != nil && (el.name == "img" || el.name == "source" && el.picture != nil):
			if w.members[el][0] == i {
				elements = append(elements, el)
			}
		case r.at.md != nil && w.originals[i]:
			w.planMarkdown(i)
		}
	}
	if w.lang == LangMDX || w.lang == LangEmail || w.lang == LangXML {
		return
	}
	elements = slices.DeleteFunc(elements, w.removeFormer)
	for _, el := range elements {
		w.planElement(el, w.members[el])
	}
}

// planElement is for an <img>, or a <source> that names originals.
func (w *rewriter) planElement(el *element, members []int) {
	var src = -1
	var set []int
	any := false
	for _, i := range members {
		any = any || w.originals[i]
		switch a := w.refs[i].at.attr; {
		case a == "src" && el.name == "img":
			src = i
		case a == "srcset":
			set = append(set, i)
		default:
			// A script loads it; <picture> would not wait for that.
			return
		}
	}
	if !any {
		if w.o.Dimensions || src >= 0 && w.sources[src].Why == "" {
			w.planSize(el, src)
		}
		return
	}
	for _, i := range members {
		w.done[i] = true
	}
	stay := func(why string) {
		for _, i := range members {
			if w.originals[i] {
				w.find(i, NotEdited, why)
			}
		}
	}
	for _, i := range members {
		switch {
		case !w.originals[i]:
			stay(w.lacks(i))
			return
		case el.extra:
			stay("the <picture> around it has another image")
			return
		case el.dynamic != "":
			stay(el.dynamic)
			return
		}
	}
	if len(set) < w.candidates(el) {
		stay(notImages)
		return
	}
	if el.picture == nil && el.name == "img" {
		if text := w.o.Styles.choosesPlace(w.name, w.src, el); text != "" {
			stay(fmt.Sprintf(placeMatters, text))
			return
		}
	}
	shown, ok := w.planFallback(el, members)
	if !ok {
		stay("its address cannot be written in this place")
		return
	}
	var added []source
	var before *element
	for _, f := range preference {
		s, ok := w.source(el, f, src, set)
		if !ok || f == shown && len(s.expect) == len(members) || w.named(el, string(f)) {
			continue
		}
		if b := w.chosenBefore(el, f); b != nil {
			before = b
			continue
		}
		added = append(added, s)
	}
	modern := slices.ContainsFunc(added, func(s source) bool { return s.format != asset.JPEG && s.format != asset.PNG && s.format != asset.GIF })
	if src >= 0 {
		w.planSize(el, src)
	}
	if !modern {
		switch {
		case el.picture == nil && shown == "":
			w.update(members)
		case before != nil && shown == "" && !w.sameImage(before, el):
			stay("browsers choose a <source> before it")
		}
		return
	}
	w.insert(el, added)
	for _, i := range members {
		found := inFormat(w.sources[i], added[0].format)
		w.changes = append(w.changes, Change{w.refs[i], w.refs[i].Address, w.address(i, found[len(found)-1].Path), w.sources[i].Path})
	}
}

// notImages is why a srcset that has other addresses keeps its element as it is.
const notImages = "its srcset also has an address that is not that of an image file"

// placeMatters is why an element stays that a style sheet chooses by its place.
const placeMatters = "within a <picture>, the rule `%s` of a style sheet would not do the same: add a selector for picture there"

// lacks says why a reference keeps the others of its element as they are.
func (w *rewriter) lacks(i int) string {
	r := w.refs[i]
	switch {
	case len(w.sources[i].Results) > 0 && w.isNarrower(i):
		return fmt.Sprintf("no result is as wide as the %s of %s", r.at.descriptor, r.Address)
	case r.Uncertain == besideOthers:
		return notImages
	case r.Uncertain != "":
		return fmt.Sprintf("it also names %s, which is not certain: %s", r.Address, r.Uncertain)
	case w.resolutions[i].Status == External:
		return fmt.Sprintf("it also names %s, which is on another site", r.Address)
	case w.resolutions[i].Status != Found:
		return fmt.Sprintf("it also names %s, which leads nowhere", r.Address)
	}
	return fmt.Sprintf("it also names %s, which has no result", r.Address)
}

// planSize adds width and height to an <img>, by what its original has.
func (w *rewriter) planSize(el *element, src int) {
	if el.name == "img" && src >= 0 && w.refs[src].Uncertain == "" && w.resolutions[src].Status == Found {
		w.addDimensions(el, "src", w.sources[src].Width, w.sources[src].Height)
	}
}

// planFallback makes an element name what browsers show, where they do not show its original. It says
// in which format.
func (w *rewriter) planFallback(el *element, members []int) (asset.Format, bool) {
	if !slices.ContainsFunc(members, func(i int) bool { return isShownNowhere(w.sources[i].Path) || w.isFormer(i) }) {
		return "", true
	}
	var format asset.Format
	for _, i := range members {
		order := fallback
		if format != "" {
			order = []asset.Format{format}
		}
		result, why := w.choose(w.sources[i], order)
		if why != "" {
			return "", false
		}
		format = result.Format
		e, to, ok := w.replace(i, result.Path)
		if !ok {
			return "", false
		}
		w.edits = append(w.edits, e)
		w.changes = append(w.changes, Change{w.refs[i], w.refs[i].Address, to, w.sources[i].Path})
	}
	for _, i := range members {
		w.setType(i, format)
	}
	return format, true
}

// A source is a <source> that is added.
type source struct {
	format asset.Format
	text   string
	expect []expected
}

// source makes the <source> of one format. It has the candidates of the srcset of the element, or all
// widths of its src.
func (w *rewriter) source(el *element, f asset.Format, src int, set []int) (source, bool) {
	type pair struct{ address, before, behind, descriptor string }
	var list []pair
	wide := false
	add := func(i int, r Result, descriptor string) {
		p := pair{address: inSrcset(w.address(i, r.Path)), descriptor: descriptor}
		if ref := w.refs[i]; ref.at.whole.end > 0 {
			p.before, p.behind = string(w.src[ref.at.whole.off:ref.Off]), string(w.src[ref.End:ref.at.whole.end])
			p.before = strings.TrimLeft(p.before, " \t\r\n")
		}
		if same := slices.IndexFunc(list, func(o pair) bool { return o.address == p.address }); same >= 0 {
			// One is enough, at the largest width that it may be shown at.
			if width(descriptor) > width(list[same].descriptor) {
				list[same].descriptor = descriptor
			}
			return
		}
		if width(descriptor) > 0 && slices.ContainsFunc(list, func(o pair) bool { return o.descriptor == descriptor }) {
			return // a browser takes the first of equal ones
		}
		list = append(list, p)
		wide = wide || strings.HasSuffix(descriptor, "w")
	}
	widest := func(i int) (Result, bool) {
		found := inFormat(w.sources[i], f)
		if len(found) == 0 {
			return Result{}, false
		}
		if said := saidWidth(w.refs[i]); said > 0 && found[0].reaches(said) {
			return found[0], true // the others are wider than it has to be
		}
		return found[len(found)-1], true
	}
	single := src // the one image that all widths are of
	if len(set) == 1 && w.refs[set[0]].at.descriptor == "" && (src < 0 || w.sources[src].Path == w.sources[set[0]].Path) {
		single, set = set[0], nil
	}
	if len(set) > 0 {
		if src >= 0 && !slices.ContainsFunc(set, func(i int) bool {
			d := w.refs[i].at.descriptor
			return d == "" || d == "1x" || strings.HasSuffix(d, "w")
		}) {
			// src is the candidate for 1x that the srcset does not have.
			r, ok := widest(src)
			if !ok {
				return source{}, false
			}
			add(src, r, "")
		}
		for _, i := range set {
			r, ok := widest(i)
			if !ok {
				return source{}, false
			}
			add(i, r, w.refs[i].at.descriptor)
		}
	} else if single >= 0 {
		found := inFormat(w.sources[single], f)
		for _, r := range found {
			descriptor := ""
			if len(found) > 1 {
				if r.Width <= 0 {
					continue
				}
				descriptor = strconv.Itoa(r.Width) + "w"
			}
			add(single, r, descriptor)
		}
	}
	if len(list) == 0 {
		return source{}, false
	}
	q := quoteFor(el)
	out := source{format: f}
	var b strings.Builder
	b.WriteString("<source type=" + q + "image/" + string(f) + q)
	if el.name == "source" {
		for _, name := range []string{"media", "width", "height"} {
			if a, ok := el.get(name); ok {
				b.WriteString(" " + string(w.src[a.off:a.end]))
			}
		}
	}
	b.WriteString(" srcset=" + q)
	for n, p := range list {
		text, ok := entity.encode(p.address, q[0])
		if !ok || p.address == "" {
			return source{}, false
		}
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(p.before + text + p.behind + " " + p.descriptor))
		out.expect = append(out.expect, expected{Srcset, p.address})
	}
	b.WriteString(q)
	if a, ok := el.get("sizes"); ok && wide {
		b.WriteString(" " + string(w.src[a.off:a.end]))
	} else if wide && single >= 0 && len(set) == 0 {
		b.WriteString(w.sizes(el, w.sources[single].Width, q))
	}
	if el.void {
		b.WriteString(" /")
	}
	b.WriteString(">")
	out.text = b.String()
	return out, true
}

// sizes is the attribute for an image whose width on the page is not known: it is as wide as its
// original, or as the page where that is narrower. Without it, a browser takes the image to be as wide
// as the window (https://html.spec.whatwg.org/multipage/images.html#sizes-attributes). One that is
// loaded lazily is measured instead.
func (w *rewriter) sizes(el *element, width int, quote string) string {
	if a, ok := el.get("width"); ok {
		if set, err := strconv.Atoi(string(w.src[a.val.off:a.val.end])); err == nil && set > 0 {
			width = set
		}
	}
	if width <= 0 {
		return ""
	}
	auto := ""
	if a, ok := el.get("loading"); ok && strings.EqualFold(string(w.src[a.val.off:a.val.end]), "lazy") {
		auto = "auto, "
	}
	return fmt.Sprintf(" sizes=%s%s(max-width: %dpx) 100vw, %dpx%s", quote, auto, width, width, quote)
}

// insert writes sources before an element, within a <picture> that it may have to make.
func (w *rewriter) insert(el *element, added []source) {
	if el.picture != nil {
		for _, s := range added {
			at := w.place(el, s.format)
			text := s.text
			if indent, ok := w.ownLine(at.off, -1); ok && !el.pre {
				text += w.newline() + indent
			}
			w.edits = append(w.edits, edit{span{at.off, at.off}, text, s.expect})
			for _, e := range s.expect {
				w.names.add(el.slot(), e.address, at.off)
			}
		}
		return
	}
	indent, own := w.ownLine(el.off, el.end)
	glue, inner := "", ""
	if own && el.lines && !el.pre {
		unit := "  "
		if strings.Contains(indent, "\t") {
			unit = "\t"
		}
		glue, inner = w.newline()+indent, unit
	}
	text := "<picture>"
	var expect []expected
	for _, s := range added {
		text += lead(glue, inner) + s.text
		expect = append(expect, s.expect...)
	}
	w.edits = append(w.edits,
		edit{span{el.off, el.off}, text + lead(glue, inner), expect},
		edit{span: span{el.end, el.end}, text: glue + "</picture>"})
}

func lead(glue, inner string) string {
	if glue == "" {
		return ""
	}
	return glue + inner
}

// ownLine gives the white space before off on its line if there is nothing else, and nothing behind end.
func (w *rewriter) ownLine(off, end int) (string, bool) {
	// A page may be a single line of many images: no more of it is read than has to be.
	start := off
	for start > 0 && (w.src[start-1] == ' ' || w.src[start-1] == '\t') {
		start--
	}
	if start > 0 && w.src[start-1] != '\n' {
		return "", false
	}
	if end >= 0 {
		for end < len(w.src) && (w.src[end] == ' ' || w.src[end] == '\t' || w.src[end] == '\r') {
			end++
		}
		if end < len(w.src) && w.src[end] != '\n' {
			return "", false
		}
	}
	return string(w.src[start:off]), true
}

func (w *rewriter) newline() string {
	if n := bytes.IndexByte(w.src, '\n'); n > 0 && w.src[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
