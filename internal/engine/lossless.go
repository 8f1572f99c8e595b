//go:build cgo

package engine

import (
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// Samples of an image decide whether it is clear which encoding is smaller.
const (
	// iconSide is the size up to which an image is always encoded without loss: an
	// icon of a few hundred bytes shows every pixel that lossy coding gets wrong.
	iconSide = 32
	// fewPixels is the size up to which both encodings are simply made.
	fewPixels = 128 * 128
	// bands is the number of strips across the image, bandRows their height; those of
	// narrow images are higher, so that all together have bandPixels.
	bands, bandRows, bandPixels = 4, 16, 4096
	// Below clearlyLossless and above clearlyLossy, the ratio of the strips' sizes,
	// without loss to lossy, was within some percent of the side on which that of
	// the whole image is, over some sixty photos, drawings, screenshots and
	// overlays. One is not in the middle, as strips have more edges, which cost
	// lossy more.
	clearlyLossless, clearlyLossy = 0.95, 1.35
	// alphaLossless stands for clearlyLossless where there is alpha: it is encoded
	// without loss either way, and where it is most of the file the two differ by
	// a percent. Then the exact one is taken, for half of the time.
	alphaLossless = 1.3
	// A first look without any effort can be up to forty times too large, but only
	// where there is little to encode: that many times, at so many bits a pixel, is
	// a photo, for a quarter of the time of the second look.
	photoRatio, photoBits = 5, 2
	// At more than detailedBits a pixel in the strips, to search long for what repeats saves
	// nothing, over some hundred photos, drawings and screenshots.
	detailedBits = 2
	// A lossy result under leastPSNR, in dB, does not look right: it is taken only
	// where an exact one has at least worthLoss times its bytes. If strips have
	// clearPSNR, or clearlyWorth times the bytes, the whole is not looked at.
	leastPSNR, worthLoss    = 30, 2
	clearPSNR, clearlyWorth = 33, 4
	// nearEffort is the effort from which on near-lossless coding makes files smaller, by
	// a sixth on average of what was drawn, in 13 of 14 charts and drawings. Strips do
	// not show it.
	nearEffort = 2
)

// A smallest makes the smallest WebP of an image that looks right.
type smallest struct {
	im *pixel.Image
	// o are the options; near allows near-lossless coding in the place of lossless coding.
	o    codec.EncodeOptions
	near bool
	// lossy encodes with loss, and right reports whether what it has returned looks right.
	lossy func(codec.EncodeOptions) ([]byte, error)
	right func(data []byte) (bool, error)
	// must says that what does not look right is not even taken for clearly smaller.
	must bool
}

// encode encodes both ways and returns the smaller result, unless that is lossy and does
// not look right. If strips of the image already show which one that will be, it makes
// only that one.
func (s *smallest) encode() (data []byte, lossless bool, err error) {
	im, o, exact := s.im, s.o, s.o
	exact.Lossless = true
	if im.Width <= iconSide && im.Height <= iconSide {
		data, err = codec.Encode(im, exact)
		return data, true, err
	}
	sample := strips(im)
	if sample != im {
		defer sample.Free()
	}
	seen := look(sample)
	o.SharpYUV = seen.coloredEdges()
	way := unclear
	if im.Width*im.Height > fewPixels {
		e, err := estimateEncoding(sample, o)
		if err != nil {
			return nil, false, err
		}
		way, exact.Detailed = e.way, e.bits > detailedBits
		if way != isLossless && im.Alpha {
			if o.PlainAlpha, err = plainAlpha(sample, o, e.lossy); err != nil {
				return nil, false, err
			}
		}
	}
	var a, b []byte
	if way != isLossless {
		if a, err = s.lossy(o); err != nil {
			return nil, false, err
		}
		if way == isLossy && !s.must {
			return a, false, nil
		}
		if way == isLossy {
			if right, err := s.right(a); err != nil || right {
				return a, false, err
			}
		}
	}
	exact.NearLossless = s.near && o.Effort >= nearEffort && seen.drawn() && manyColors(im)
	if b, err = codec.Encode(im, exact); err != nil {
		return nil, false, err
	}
	if way == isLossless || len(b) <= len(a) {
		return b, true, nil
	}
	if len(b) < worthLoss*len(a) {
		if right, err := s.right(a); err != nil || !right {
			return b, err == nil, err
		}
	}
	return a, false, nil
}

// An encoding is one of those that a WebP may have.
type encoding int

const (
	unclear encoding = iota
	isLossy
	isLossless
)

// strips returns a sample of im, which is im itself where that is small.
func strips(im *pixel.Image) *pixel.Image {
	height := im.Height / bands
	rows := max(bandRows, bandPixels/bands/im.Width)
	if im.Width*im.Height <= fewPixels || height <= rows {
		return im
	}
	strip := pixel.NewRGBA(im.Width, rows*bands, nil)
	strip.Alpha = im.Alpha
	for b := range bands {
		from := b*height + (height-rows)/2
		copy(strip.Planes[0][b*rows*strip.Stride[0]:], im.Planes[0][from*im.Stride[0]:][:rows*im.Stride[0]])
	}
	return strip
}

// An estimate is what a sample shows.
type estimate struct {
	way encoding
	// bits are those of a pixel without loss, and lossy the bytes of the sample with loss,
	// both at little effort.
	bits  float64
	lossy int
}

// estimateEncoding encodes a sample both ways, and says which one is clearly smaller, and
// looks right.
func estimateEncoding(sample *pixel.Image, o codec.EncodeOptions) (e estimate, err error) {
	last := min(o.Effort, 1)
	lossy, err := codec.Encode(sample, codec.EncodeOptions{Quality: o.Quality, Effort: last, SharpYUV: o.SharpYUV})
	if err != nil {
		return e, err
	}
	e.lossy = len(lossy)
	limit := clearlyLossless
	if sample.Alpha {
		limit = alphaLossless
	}
	for effort := range last + 1 {
		lossless, err := codec.Encode(sample, codec.EncodeOptions{Lossless: true, Effort: effort})
		if err != nil {
			return e, err
		}
		e.bits = 8 * float64(len(lossless)) / float64(sample.Width*sample.Height)
		switch ratio := float64(len(lossless)) / float64(len(lossy)); {
		case ratio < limit:
			e.way = isLossless
			return e, nil
		case ratio > photoRatio && e.bits > photoBits, effort == last && ratio > clearlyWorth:
			e.way = isLossy
			return e, nil
		case effort == last && ratio > clearlyLossy:
			like, err := likeness(sample, lossy)
			if err == nil && like >= clearPSNR {
				e.way = isLossy
			}
			return e, err
		}
	}
	return e, nil
}

// plainAlpha reports whether the alpha of a sample, which takes so many bytes with filters
// and little effort, gets no smaller by them.
func plainAlpha(sample *pixel.Image, o codec.EncodeOptions, filtered int) (bool, error) {
	o.Effort, o.PlainAlpha = min(o.Effort, 1), true
	data, err := codec.Encode(sample, o)
	return err == nil && len(data) <= filtered, err
}
