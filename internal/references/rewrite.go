package references

import (
	"bytes"
	"cmp"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// An edit replaces a span of the file, which may be empty.
type edit struct {
	span
	text string
	// expect are the references that text has, in their order.
	expect []expected
}

type expected struct {
	kind    Kind
	address string
}

// A rewriter has what is known of one file while it is edited.
type rewriter struct {
	name string
	lang Lang
	src  []byte
	site Resolver
	o    Options

	// refs, resolutions, sources and originals belong together. An original is a source that has
	// results, and a reference to it that may be edited.
	refs        []Reference
	resolutions []Resolution
	sources     []Source
	originals   []bool
	groups      map[int][]int
	// names is what the sources of each <picture> name.
	names slotNames
	// members are the references of each element, and removed the elements that go.
	members map[*element][]int
	removed map[*element]bool

	edits    []edit
	typed    map[int]bool // where a type was edited
	done     map[int]bool // references that need no more
	changes  []Change
	findings []Finding
}

func (w *rewriter) find(i int, problem, detail string) {
	w.findings = append(w.findings, Finding{w.refs[i], w.resolutions[i].Path, problem, detail})
}

// resolve finds out what each reference means, and reports those that lead nowhere.
func (w *rewriter) resolve(look Lookup) {
	n := len(w.refs)
	w.resolutions, w.sources, w.originals = make([]Resolution, n), make([]Source, n), make([]bool, n)
	w.groups, w.typed, w.done = map[int][]int{}, map[int]bool{}, map[int]bool{}
	w.names, w.members, w.removed = slotNames{}, map[*element][]int{}, map[*element]bool{}
	for i, r := range w.refs {
		res := w.site.Resolve(w.name, r)
		w.resolutions[i] = res
		if r.at.group > 0 {
			w.groups[r.at.group] = append(w.groups[r.at.group], i)
		}
		if el := r.at.el; el != nil {
			w.members[el] = append(w.members[el], i)
		}
		if res.Status == Found {
			if s, ok := look(res.Path); ok {
				s = w.wideEnough(r, s)
				w.sources[i] = s
				w.originals[i] = len(s.Results) > 0 && r.Uncertain == "" && (w.o.Social || r.Kind != Social && !w.isCard(r)) && !w.isFullSize(i) && !w.isNarrower(i) && !r.at.download
			}
		}
		if el := r.at.el; el != nil && el.picture != nil && el.name == "source" && !w.isFormer(i) {
			w.names.add(el.slot(), r.Address, el.off)
			if res.Status == Found {
				w.names.add(el.slot(), res.Path, el.off)
			}
		}
		w.problem(i)
	}
	for i := range w.refs {
		w.noteUnusable(i)
		if w.originals[i] && !w.isFormer(i) && w.isFallback(i) {
			w.originals[i] = false
			w.done[i] = true
		}
	}
}

// isCard reports whether a reference is themeConfig.image of Docusaurus, which is og:image of all
// pages: https://docusaurus.io/docs/api/themes/configuration#meta-image
func (w *rewriter) isCard(r Reference) bool {
	if r.Kind != String || r.Off == 0 || !strings.HasPrefix(path.Base(w.name), "docusaurus.config.") {
		return false
	}
	key, colon := bytes.CutSuffix(bytes.TrimRight(w.src[:r.Off-1], " \t\r\n"), []byte{':'})
	return colon && bytes.HasSuffix(bytes.TrimRight(key, ` "'`), []byte("image"))
}

// isNarrower reports whether a candidate of a srcset says how wide its image is, and every result is
// narrower: a browser would show it too small, or take it where it is blurred.
func (w *rewriter) isNarrower(i int) bool {
	width := saidWidth(w.refs[i])
	return width > 0 && !w.sources[i].reaches(width)
}

// saidWidth is the width that a candidate of a srcset says its image has, 0 for what says none.
func saidWidth(r Reference) int { return width(r.at.descriptor) }

// width is what a descriptor such as 600w says, 0 for others.
func width(descriptor string) int {
	number, isWidth := strings.CutSuffix(descriptor, "w")
	n, err := strconv.Atoi(number)
	if !isWidth || err != nil {
		return 0
	}
	return n
}

// wideEnough leaves a source those results that are as wide as a reference needs, if there are any: another
// format may have narrower ones alone.
func (w *rewriter) wideEnough(r Reference, s Source) Source {
	width := saidWidth(r)
	if needsFullSize(r, s) {
		width = s.Width
	}
	if width > 0 && s.reaches(width) {
		s.Results = slices.DeleteFunc(slices.Clone(s.Results), func(r Result) bool { return !r.reaches(width) })
	}
	return s
}

// noteUnusable reports a reference that none of the results of its source suits.
func (w *rewriter) noteUnusable(i int) {
	r, s := w.refs[i], w.sources[i]
	if w.o.Mode == Report || r.Uncertain != "" || r.Kind == Link || r.Kind == Social && !w.o.Social {
		return
	}
	switch {
	case w.isFullSize(i):
		w.find(i, NotEdited, "every result is smaller, and its size may matter here")
	case s.Why != "":
		w.find(i, NotEdited, s.Why)
	}
}

// isFullSize reports whether a reference is to an image at a size that no result has, and may need that:
// people click on a link to see more, and a style sheet or a script may show a part of an image, or
// reckon with its size.
func (w *rewriter) isFullSize(i int) bool {
	s := w.sources[i]
	return needsFullSize(w.refs[i], s) && len(s.Results) > 0 && !s.reaches(s.Width)
}

// needsFullSize reports whether a reference may need an image as large as the source.
func needsFullSize(r Reference, s Source) bool {
	switch r.Kind {
	case Link, CSS, Import, String, Data:
		return s.Width > 0 && !isShownNowhere(s.Path)
	}
	return false
}

// reaches reports whether a result of the default variant is so wide, or may be.
func (s Source) reaches(width int) bool {
	return slices.ContainsFunc(s.Results, func(r Result) bool { return r.reaches(width) })
}

func (r Result) reaches(width int) bool { return r.Variant == "" && (r.Width == 0 || r.Width >= width) }

// problem reports a reference that is wrong, or not certain.
func (w *rewriter) problem(i int) {
	r, res := w.refs[i], w.resolutions[i]
	switch status, why := Describe(r, res); status {
	case Unsure:
		// A string of a script that leads nowhere is not likely to be an address.
		if (r.Kind != Social || w.o.Social) && (r.Kind != String || res.Status == Found) {
			w.find(i, Unsure, why)
		}
	case "ambiguous":
		w.find(i, Unsure, why)
	case BadCase:
		w.find(i, BadCase, why)
	case Absent, "outside":
		w.find(i, Absent, why)
	}
}

// Describe is the status of a reference in one word, and the reason for it: found, missing, wrong-case,
// outside, ambiguous or uncertain. It is empty for what is no address of this site, or need not be one.
func Describe(r Reference, res Resolution) (status, why string) {
	loose := r.Kind == Data || r.Kind == String || r.Kind == Shortcode || r.Kind == Social
	switch {
	case res.Status == External || res.Status == None:
		return "", ""
	case r.Uncertain != "":
		return Unsure, r.Uncertain
	case res.Status == Ambiguous:
		return "ambiguous", "it may be " + res.Path + " and " + res.Other
	case res.Status == WrongCase:
		return BadCase, "the file is " + res.Path
	case res.Status == Found:
		return "found", ""
	case r.at.tail:
		return Unsure, "what is before it is not known here, and without that it leads nowhere"
	case loose:
		return "", ""
	case res.Status == Outside:
		return "outside", "it leads out of the repository"
	}
	return Absent, "there is no such file"
}

// isFallback reports whether a reference is what a <picture> shows where nothing better can be, so
// that the original is right there. In mode Picture, its sources may be completed.
func (w *rewriter) isFallback(i int) bool {
	el := w.refs[i].at.el
	return el != nil && w.o.Mode != Picture && w.named(el, "")
}

func (w *rewriter) report() {
	for i := range w.refs {
		if w.originals[i] {
			w.find(i, Stale, "its result "+w.best(i)+" is not used")
		}
	}
	w.planResized()
}

// best is the path of the result that a reference would name.
func (w *rewriter) best(i int) string {
	s := w.sources[i]
	for _, f := range support {
		if found := inFormat(s, f); len(found) > 0 {
			return found[len(found)-1].Path
		}
	}
	return s.Results[0].Path
}

// address is how the file names a result where it named the original.
func (w *rewriter) address(i int, to string) string {
	r := w.refs[i]
	if w.o.BaseURL == "" {
		return w.site.Address(w.name, r, w.resolutions[i], to)
	}
	parts := strings.Split(to, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	_, query := cutQuery(r)
	return strings.TrimSuffix(w.o.BaseURL, "/") + "/" + strings.Join(parts, "/") + query
}

// edit plans all edits.
func (w *rewriter) edit() {
	if w.o.Mode == Picture {
		w.planPictures()
	}
	w.planUpdates()
	w.planResized()
	if w.o.Dimensions && w.o.Mode == Update {
		w.planDimensions()
	}
}

// splice makes the edits. It is false where two of them overlap.
func (w *rewriter) splice() ([]byte, bool) {
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.end, b.end))
	})
	var out bytes.Buffer
	at := 0
	for _, e := range w.edits {
		if e.off < at || e.end < e.off || e.end > len(w.src) {
			return nil, false
		}
		out.Write(w.src[at:e.off])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(w.src[at:])
	return out.Bytes(), true
}

// verify reads the edited file: its references are those of the original file, but for the edited
// ones, which are what was meant.
func (w *rewriter) verify(out []byte) bool {
	found, err := Find(w.lang, out)
	if err != nil {
		return false
	}
	type meant struct {
		expected
		uncertain bool
		edited    bool
	}
	var want []meant
	at := 0
	edits := w.edits
	for {
		switch {
		case len(edits) > 0 && (at == len(w.refs) || edits[0].off <= w.refs[at].Off):
			for _, e := range edits[0].expect {
				want = append(want, meant{e, false, true})
			}
			for at < len(w.refs) && w.refs[at].Off >= edits[0].off && w.refs[at].Off < edits[0].end {
				at++
			}
			edits = edits[1:]
		case at < len(w.refs):
			r := w.refs[at]
			want = append(want, meant{expected{r.Kind, r.Address}, r.Uncertain != "", false})
			at++
		default:
			return slices.EqualFunc(found, want, func(r Reference, m meant) bool {
				return r.Kind == m.kind && r.Address == m.address && (r.Uncertain != "") == m.uncertain && (!m.edited || w.leadsToResult(r))
			})
		}
	}
}

// leadsToResult reports whether an edited reference names one of the results, or an original that
// stays as it is. One that is in no list yet, as it is made by this run, leads nowhere so far.
func (w *rewriter) leadsToResult(r Reference) bool {
	res := w.site.Resolve(w.name, r)
	return res.Status != Found || slices.ContainsFunc(w.sources, func(s Source) bool {
		return s.Path == res.Path || slices.ContainsFunc(s.Results, func(r Result) bool { return r.Path == res.Path })
	})
}
