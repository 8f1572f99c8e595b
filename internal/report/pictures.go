package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// Pictures are what a comment shows of images before and after.
const (
	mostPictures = 3
	pictureWidth = 320 // in CSS pixels
	// pictureBytes is up to how large an original is shown: GitHub passes images in comments
	// through a server of its own, which gives up on large ones.
	pictureBytes = 5 << 20
)

// WithPictures is a report whose Markdown shows some images before and after: those that stand
// first in its table. address is where the content of a file is, which anyone may see, at a
// commit; the report says which of its results are in that.
func (r Report) WithPictures(address func(commit, path string) string) Report {
	r.address = address
	return r
}

// pictures are a table of images before and after.
func (r Report) pictures() section {
	if r.address == nil || r.DryRun {
		return section{}
	}
	var rows []string
	for _, one := range r.ordered() {
		if len(rows) == mostPictures {
			break
		}
		commit := r.commitOf(one.Output)
		before, after := webURL(r.address(commit, one.Source.Path)), webURL(r.address(commit, one.Output))
		if commit == "" || before == "" || after == "" || one.Source.URL != "" || one.removal() != "" || one.Before > pictureBytes ||
			!shownByBrowsers(one.Source.Format) || isCut(one.Result) {
			continue
		}
		caption := func(name string, size int64) string {
			return "<br>" + codeCell(short(name, linkWidth)) + " " + whole(Size(size))
		}
		rows = append(rows, fmt.Sprintf("| [<img src=\"%s\" width=\"%d\" alt=\"before\">](%s)%s | [<img src=\"%s\" width=\"%d\" alt=\"after\">](%s)%s |\n",
			before, pictureWidth, before, caption(one.Source.Path, one.Before), after, pictureWidth, after, caption(one.Output, one.After)))
	}
	if len(rows) == 0 {
		return section{}
	}
	return section{
		title: "Before and after", head: "| Before | After |\n|:--|:--|\n", open: mostPictures,
		count: len(rows), row: func(i int) string { return rows[i] },
	}
}

// commitOf is the commit that a file was delivered in, empty for none.
func (r Report) commitOf(path string) string {
	for _, d := range r.Deliveries {
		if d.Store == "commit" && d.Err == nil && slices.Contains(d.Paths, path) {
			return d.Ref
		}
	}
	return ""
}

// isCut reports whether an output has another shape than its source.
func isCut(one asset.Result) bool {
	const most = 0.02
	was, is := float64(one.SourceWidth)*float64(one.Height), float64(one.Width)*float64(one.SourceHeight)
	return math.Abs(was-is) > most*was
}

// shownByBrowsers reports whether all browsers show images of a format.
func shownByBrowsers(f asset.Format) bool {
	return slices.Contains([]asset.Format{asset.JPEG, asset.PNG, asset.GIF, asset.WebP, asset.BMP}, f)
}
