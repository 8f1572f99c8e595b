// Package container reads the form of an image as strictly as only its maker can: it
// takes what the encoders of webpress write, and refuses everything else that decoders
// pass over. What they pass over is where a file can be something else as well.
//
// What is in compressed pixels is for a decoder to judge.
package container

import (
	"fmt"

	"github.com/webpress/webpress/internal/asset"
)

// A File is what the form of an image says.
type File struct {
	// Width and Height are those of the image or of the canvas, in pixels.
	Width, Height int
	// Frames is 1 for a still image.
	Frames int
	// Animated reports whether there are frames, be it a single one.
	Animated bool
	// Lossless reports whether all frames are.
	Lossless bool
	// Alpha reports whether pixels may be transparent.
	Alpha bool
	// ICC, EXIF (a TIFF stream) and XMP are the metadata, nil if there is none.
	ICC, EXIF, XMP []byte
}

// Parse reads a file of a format that webpress makes. It refuses a file of which any byte
// is not accounted for.
func Parse(format asset.Format, data []byte) (File, error) {
	switch format {
	case asset.WebP:
		return parseWebP(data)
	case asset.AVIF:
		return parseAVIF(data)
	case asset.JPEG:
		return parseJPEG(data)
	case asset.PNG:
		f, _, err := parsePNG(data)
		return f, err
	}
	return File{}, fmt.Errorf("webpress makes no %s", format.Name())
}
