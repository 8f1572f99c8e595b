// Package budget holds the images of a tree to limits: how large they may be, in
// bytes and in pixels, of which formats, whether they may hold where they were
// taken, and by how much all of them together may grow.
package budget

import "github.com/webpress/webpress/internal/asset"

// A Limit is what the images that it applies to are held to. What is zero is no
// limit.
type Limit struct {
	// File is the path of the file that has the limit, empty for webpress.yml, and Line
	// where it is in that; 0 is not known.
	File string
	Line int
	// Severity is that of its findings; empty is asset.Error.
	Severity asset.Severity
	// Applies says which files the limit is for; nil is all of them.
	Applies func(path string) bool
	// MaxBytes, MaxWidth, MaxHeight and MaxPixels (width x height, of one frame) are
	// for each file.
	MaxBytes            int64
	MaxWidth, MaxHeight int
	MaxPixels           int64
	// Formats are those that files may have.
	Formats []asset.Format
	// NoGPS forbids added files with GPS coordinates.
	NoGPS bool
	// MaxTotalBytes is for all files together, and MaxGrowth for how many bytes more
	// they are than in the base; nil means no limit, and 0 that they may not grow.
	MaxTotalBytes int64
	MaxGrowth     *int64
}

// The names of the limits, as webpress.yml and findings have them.
const (
	maxBytes      = "max-bytes"
	maxWidth      = "max-width"
	maxHeight     = "max-height"
	maxPixels     = "max-pixels"
	formats       = "formats"
	noGPS         = "no-gps"
	maxTotalBytes = "max-total-bytes"
	maxGrowth     = "max-growth"
)

// applies reports whether a limit is for a file.
func (l *Limit) applies(path string) bool { return l.Applies == nil || l.Applies(path) }

// severity is that of the limit's findings.
func (l *Limit) severity() asset.Severity {
	if l.Severity == "" {
		return asset.Error
	}
	return l.Severity
}

// reads reports whether a file has to be read for the limit.
func (l *Limit) reads(f *File) bool {
	return !f.Result && (l.MaxWidth > 0 || l.MaxHeight > 0 || l.MaxPixels > 0) || l.NoGPS && f.Added
}
