package references

import (
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A Mode says what Rewrite does with the references of a page.
type Mode string

// The modes.
const (
	Off     Mode = "off"
	Report  Mode = "report"  // findings, no edit
	Update  Mode = "update"  // an address of an original becomes that of its result
	Picture Mode = "picture" // as Update, and <img> becomes <picture>
)

// A Result is an image that was made of a source.
type Result struct {
	Path          string
	Format        asset.Format
	Width, Height int
	// Variant is the name of its variant, empty for the default one.
	Variant string
}

// A Source is an image that a page may name, with what was made of it.
type Source struct {
	Path string
	// Width and Height are as the image is displayed, after its orientation; 0 is not known.
	Width, Height int
	// Results are in the order of preference, those of the default variant first.
	Results []Result
	// FormerWidth and FormerHeight are those of the largest result of the image that was here before, if
	// that had another shape; 0 is none, or not known.
	FormerWidth, FormerHeight int
	// Why says why a source has no results, where some were made that cannot stand in for it.
	Why string
}

// SameShape reports whether an image has the aspect ratio of another one, up to the rounding of a side.
func SameShape(width, height, otherWidth, otherHeight int) bool {
	off := width*otherHeight - height*otherWidth
	return max(off, -off) <= max(otherWidth, otherHeight)
}

// A Lookup gives the source at a path. It knows only those that have results or whose
// dimensions are asked for. At the path of a former result, which nothing asks for any more, it gives
// the source of that: a page that names it should name a result that there is.
type Lookup func(path string) (Source, bool)

// A Resolver says which file of the repository a reference of the file named from means,
// and by which address that file names another one in the same style.
type Resolver interface {
	Resolve(from string, r Reference) Resolution
	Address(from string, r Reference, res Resolution, to string) string
}

// Options are what a user sets about references.
type Options struct {
	Mode Mode
	// Social edits references of kind Social too.
	Social bool
	// Dimensions adds width and height to <img> that has neither.
	Dimensions bool
	// Styles are the style sheets of the site, nil where they are not known.
	Styles *Styles
	// BaseURL is where the results are, followed by their path; empty is in the tree.
	BaseURL string
	// KeepMarkdown keeps images of Markdown from becoming HTML in mode Picture, as for a generator that
	// drops HTML from it. They are updated instead.
	KeepMarkdown bool
	// Kramdown says that a line of Markdown which begins with <picture> ends its paragraph, and is
	// in none: https://kramdown.gettalong.org/syntax.html#html-blocks
	Kramdown bool
}

// A Change is a reference that was edited.
type Change struct {
	Reference
	// From and To are the addresses, Source is the path of the original.
	From, To string
	Source   string
}

// The problems of findings.
const (
	Stale     = "stale"      // an original is named although it has a result
	Absent    = "missing"    // nothing is where the address leads
	BadCase   = "wrong-case" // a file is there whose name differs in case
	Unsure    = "uncertain"  // it looks like a reference, and is not edited
	NotEdited = "not-edited" // an edit was possible and not safe
	Resized   = "resized"    // width and height are those that the image had
)

// NeedsPicture is the detail of a reference that was not edited since only mode Picture can.
const NeedsPicture = "it has several results; use references: picture"

// A Finding is a reference that needs attention.
type Finding struct {
	Reference
	// Path is the file that it means, as far as that is known.
	Path    string
	Problem string
	Detail  string
}

// Rewrite makes the text file of this name and content name results instead of originals.
// data is src itself where nothing changes. It never returns an edit that does not read back
// as what was meant.
func Rewrite(name string, src []byte, site Resolver, look Lookup, o Options) (data []byte, changes []Change, findings []Finding, err error) {
	lang, ok := Language(name)
	if !ok || o.Mode == Off {
		return src, nil, nil, nil
	}
	refs, err := Find(lang, src)
	if err != nil || len(refs) == 0 {
		return src, nil, nil, err
	}
	w := &rewriter{name: name, lang: lang, src: src, site: site, o: o, refs: refs}
	w.resolve(look)
	defer func() {
		slices.SortStableFunc(findings, func(a, b Finding) int { return a.Off - b.Off })
	}()
	if o.Mode == Report {
		w.report()
		return src, nil, w.findings, nil
	}
	w.edit()
	if len(w.edits) == 0 {
		return src, nil, w.findings, nil
	}
	out, ok := w.splice()
	why := ""
	switch {
	case ok && len(out) > MaxText:
		why = "the edited file would be larger than 16 MiB"
	case !ok || !w.verify(out):
		// What was not meant to change did, or the file is stranger than it looks.
		why = "the file is left alone, as what webpress would write does not mean the same"
	}
	if why != "" {
		findings = w.findings
		for _, c := range w.changes {
			findings = append(findings, Finding{c.Reference, c.Source, NotEdited, why})
		}
		return src, nil, findings, nil
	}
	return out, w.changes, w.findings, nil
}
