package convert

import (
	"webpress/internal/codec"
	"webpress/internal/pixel"
)

// Samples of a picture decide whether it is clear which encoding is smaller.
const (
	// fewPixels is the size up to which both encodings are simply made.
	fewPixels = 128 * 128
	// bands is the number of strips across the picture, bandRows their height.
	bands, bandRows = 4, 16
	// Below clearlyLossless and above clearlyLossy, the ratio of the strips' sizes,
	// without loss to lossy, was within some percent of the side on which that of
	// the whole picture is, over some sixty photos, drawings, screenshots and
	// overlays. One is not in the middle, as strips have more edges, which cost
	// lossy more.
	clearlyLossless, clearlyLossy = 0.95, 1.35
	// alphaLossless stands for clearlyLossless where there is alpha: it is encoded
	// without loss either way, and where it is most of the file the two differ by
	// a percent. Then the exact one is taken, for half of the time.
	alphaLossless = 1.3
)

// smaller encodes im both ways and returns the smaller result. Where strips of
// the picture already show which one that will be, it makes only that one.
func smaller(im *pixel.Image, o codec.EncodeOptions) (data []byte, lossless bool, err error) {
	exact := o
	exact.Lossless = true
	if im.Width*im.Height > fewPixels {
		ratio, err := sample(im, o)
		if err != nil {
			return nil, false, err
		}
		if ratio > clearlyLossy {
			data, err = codec.Encode(im, o)
			return data, false, err
		}
		if ratio < clearlyLossless || im.Alpha && ratio < alphaLossless {
			data, err = codec.Encode(im, exact)
			return data, true, err
		}
	}
	a, err := codec.Encode(im, o)
	if err != nil {
		return nil, false, err
	}
	b, err := codec.Encode(im, exact)
	if err != nil {
		return nil, false, err
	}
	if len(b) <= len(a) {
		return b, true, nil
	}
	return a, false, nil
}

// sample returns how many times larger strips of im are without loss.
func sample(im *pixel.Image, o codec.EncodeOptions) (float64, error) {
	height := im.Height / bands
	rows := min(height, bandRows)
	strip := pixel.NewRGBA(im.Width, rows*bands, nil)
	strip.Alpha = im.Alpha
	for b := range bands {
		from := b*height + (height-rows)/2
		copy(strip.Planes[0][b*rows*strip.Stride[0]:], im.Planes[0][from*im.Stride[0]:][:rows*im.Stride[0]])
	}
	lossy, err := codec.Encode(strip, codec.EncodeOptions{Quality: o.Quality, Effort: min(o.Effort, 1)})
	if err != nil {
		return 0, err
	}
	lossless, err := codec.Encode(strip, codec.EncodeOptions{Lossless: true, Effort: min(o.Effort, 1)})
	if err != nil {
		return 0, err
	}
	return float64(len(lossless)) / float64(len(lossy)), nil
}
