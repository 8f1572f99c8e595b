//go:build cgo

package codec

import (
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// CanEncode reports whether images of a format can be encoded here: WebP, JPEG and PNG
// always, AVIF where the installed libheif has libaom's encoder.
func CanEncode(format asset.Format) bool {
	switch format {
	case asset.WebP, asset.JPEG, asset.PNG:
		return true
	case asset.AVIF:
		return canEncodeAVIF()
	}
	return false
}

// checkPixels checks the size of an image against the most that a format holds, and
// that its planes hold what its size says, before C reads them.
func checkPixels(format asset.Format, im *pixel.Image) error {
	maxSide := format.MaxSide()
	if im.Width < 1 || im.Height < 1 || im.Width > maxSide || im.Height > maxSide {
		return &Error{
			Op: string(format), Detail: fmt.Sprintf("%s holds at most %d pixels a side, and this image has %dx%d", format.Article(), maxSide, im.Width, im.Height),
			Hint: "shrink the image with `max-width` or `max-height`",
		}
	}
	valid := im.Depth >= 8 && im.Depth <= 16 && im.SubW >= 0 && im.SubW <= 2 && im.SubH >= 0 && im.SubH <= 2
	for p := range im.Planes {
		width, height, sample := im.Width, im.Height, 4
		switch im.Layout {
		case pixel.RGBA:
			if p > 0 {
				continue
			}
			valid = valid && im.Depth == 8
		case pixel.Gray, pixel.YUV:
			if width, height = im.PlaneSize(p); width == 0 {
				continue
			}
			if sample = 1; im.Depth > 8 {
				sample = 2
			}
		default:
			valid = false
		}
		row := int64(width) * int64(sample)
		if valid = valid && int64(im.Stride[p]) >= row &&
			int64(len(im.Planes[p])) >= int64(im.Stride[p])*int64(height-1)+row; !valid {
			break
		}
	}
	if !valid {
		return wrongLayout(format)
	}
	return nil
}

func wrongLayout(format asset.Format) error {
	return &Error{Op: string(format), Detail: "the encoder was handed pixels of the wrong layout"}
}
