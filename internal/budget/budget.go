// Package budget holds the pictures of a tree to limits: how large each may be, of
// which formats, and how much all of them may take up together.
package budget

import (
	"context"

	"webpress/internal/asset"
)

// A Limit is what pictures are held to. 0 is no limit.
type Limit struct {
	// Line is where it stands in webpress.yml.
	Line int
	// MaxBytes is the most bytes of a picture.
	MaxBytes int64
	// MaxWidth and MaxHeight are in pixels, and so is MaxPixels, their product.
	MaxWidth, MaxHeight int
	MaxPixels           int64
	// Formats are those that are allowed; none is all of them.
	Formats []asset.Format
	// NoGPS refuses added pictures that tell where they were taken.
	NoGPS bool
	// MaxTotalBytes is the most bytes of all pictures that the limit applies to, and
	// MaxGrowth by how many they may grow; nil is no limit.
	MaxTotalBytes int64
	MaxGrowth     *int64
	// Severity is how serious it is to break it.
	Severity asset.Severity
	// Applies says which files it is for.
	Applies func(path string) bool
}

// A File is what is known of a picture.
type File struct {
	// Path is relative to the working directory.
	Path string
	// Size is in bytes.
	Size   int64
	Format asset.Format
	// Width and Height are in pixels, 0 where they were not asked for.
	Width, Height int
	// GPS says that it tells where it was taken; Added, that the branch has added it.
	GPS, Added bool
	// Err is why the file could not be measured.
	Err error
}

// Want is what Measure has to find out about a file.
type Want struct {
	// Size is its width and height, GPS whether it tells where it was taken.
	Size, GPS bool
}

// Measure finds out what want says about sources, and returns them in order of
// their paths.
func Measure(ctx context.Context, dir string, sources []asset.Source, want func(path string) Want) ([]File, error) {
	return nil, nil
}

// Check holds files to limits. before are the sizes in bytes that files had, by
// path, nil where that is not known. Notices are remarks for the user.
func Check(limits []Limit, files []File, before map[string]int64) (findings []asset.Finding, notices []string) {
	return nil, nil
}
