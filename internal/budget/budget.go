// Package budget holds the pictures of a tree to limits: how large they may be, in
// bytes and in pixels, of which formats, whether they may tell where they were
// taken, and by how much all of them together may grow.
package budget

import (
	"context"

	"webpress/internal/asset"
)

// A Limit is what the pictures that it applies to are held to. What is zero is no
// limit.
type Limit struct {
	// Line is where the limit stands in webpress.yml; 0 is not known.
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
	// NoGPS forbids added files to tell where they were taken.
	NoGPS bool
	// MaxTotalBytes is for all files together, and MaxGrowth for how many bytes more
	// they are than in the base; nil is no limit, and 0 that they may not grow.
	MaxTotalBytes int64
	MaxGrowth     *int64
}

// Want is what has to be known of a file, besides its size in bytes and its format.
type Want struct {
	// Size asks for width, height and frames, GPS for whether it has a position.
	Size, GPS bool
}

// A File is a picture as it is measured.
type File struct {
	// Path is relative to the working directory and has forward slashes.
	Path   string
	Size   int64 // in bytes
	Format asset.Format
	// Width and Height are in pixels, as the picture is shown; Pixels is their
	// product. They are 0 where nothing asked for them.
	Width, Height, Frames int
	Pixels                int64
	// GPS says that the file tells where it was taken.
	GPS bool
	// Added says that the base does not have the file.
	Added bool
	// Err is why the file could not be measured, an *asset.Fault.
	Err error
}

// Measure reads from the sources, whose paths are relative to dir, what want asks
// for, and from no other file anything. The files are sorted by path. One that
// cannot be read has an Err; the error is that of ctx, or of dir.
func Measure(ctx context.Context, dir string, sources []asset.Source, want func(path string) Want) ([]File, error) {
	return nil, nil
}

// Check holds files to limits. before are the sizes in bytes of the pictures of the
// base, by their paths; nil is that they are not known, and a notice says so where
// it matters. The findings are sorted by path, then by rule.
func Check(limits []Limit, files []File, before map[string]int64) (findings []asset.Finding, notices []string) {
	return nil, nil
}
