// Package gallery makes the report to look at: one HTML file with a gallery of all results
// and, for each, before and after under a slider. It needs nothing else: it works offline
// and from file://.
//
// The page is always the same; what it shows is a block of JSON in it, from which its script
// makes elements. No name, message or path ever becomes HTML.
package gallery

import (
	"bytes"
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/report"
)

// MaxBytes is the length in bytes that no page exceeds, unless the names of its images alone do.
const MaxBytes = 15_000_000

// Options say how pages are made.
type Options struct {
	// Codec opens images; nil is engine.Local.
	Codec engine.Codec
	// Dir is the working directory. All paths in results are relative to it.
	Dir string
	// Content returns the content of a git blob: that of an original which was removed or
	// replaced. Nil has none.
	Content func(ctx context.Context, blob string) ([]byte, error)
	// Jobs is the number of images in work at a time.
	Jobs int
	// Memory is the number of bytes that these may take together.
	Memory int64
	// MaxPixels is the most pixels of an image that is read.
	MaxPixels int64
}

// An Input is what a page shows.
type Input struct {
	// Report is the run.
	Report report.Report
	// Title says what the images belong to, such as the name of a folder.
	Title string
	// Source and Output return the addresses of files as seen from the page, as Relative makes
	// them, empty where the file will not be there. Nil is never there.
	Source, Output func(path string) string
	// Recipe is what the settings want of a result. Nil is not known.
	Recipe func(asset.Result) asset.Recipe
	// Shown reports whether a result is in the gallery; the others are counted. Nil is all.
	Shown func(asset.Result) bool
}

// A Maker makes pages. What it has read for one page, it does not read again for another.
type Maker struct {
	options Options
	made    map[request]preview
	limit   int // of a page, in bytes
}

// New returns a Maker.
func New(o Options) *Maker {
	if o.Codec == nil {
		o.Codec = engine.Local{}
	}
	o.Jobs = max(1, o.Jobs)
	return &Maker{options: o, made: map[request]preview{}, limit: MaxBytes}
}

// Page makes a page. It does not fail: an image that cannot be read, or for which there is no
// room or no time, has no preview.
func (m *Maker) Page(ctx context.Context, in Input) []byte {
	d := newData(in)
	d.measure(m.options.Dir)
	m.addPreviews(ctx, d, m.limit-len(page(nil))-len(d.encode())-itemRoom*len(d.Items))
	return page(d.encode())
}

// mark is what every page has and no other file.
const mark = `<meta name="generator" content="webpress report">`

// MarkWithin is how many bytes of a file tell whether it is a page.
const MarkWithin = 2048

// Is reports whether a file is such a page, by its first MarkWithin bytes.
func Is(data []byte) bool {
	return bytes.Contains(data[:min(len(data), MarkWithin)], []byte(mark))
}
