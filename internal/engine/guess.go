//go:build cgo

package engine

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/score"
)

const (
	// sampleShare is how many times the pixels of a sample an image has at least for which
	// encoding a sample first is worth its time.
	sampleShare = 2
	// probeNear is how near a sample has to come to the score for no other to be encoded.
	probeNear = 4
	// A sample scores higher than the image, as it was encoded faster and has fewer places
	// that look bad: its loss is plainLoss up to quality plainQuality, and the same from
	// evenQuality on.
	plainLoss                 = 0.9
	plainQuality, evenQuality = 75, 93
)

// guess finds the factor of an image in the curve of its format: that of a sample of it, or
// where it is small of the image itself, encoded with as little effort as there is.
func (e *encoder) guess(im *pixel.Image, r *rater, s *search, encode func(im *pixel.Image, quality int) ([]byte, error)) error {
	class := 0
	strip := strips(r.exact)
	if look(strip).drawn() {
		class = 1
	}
	if strip != r.exact {
		strip.Free()
	}
	s.factor = typical[e.Format][class]
	pixels, ref, sampled := im, r.ref, false
	if n, columns := tilesOf(im); n > 0 {
		probe := score.Sample(r.exact, n, columns)
		defer probe.Free()
		var err error
		if ref, err = score.Prepare(probe, score.Options{ICC: e.icc, Tile: score.SampleSide}); err != nil {
			return err
		}
		defer ref.Free()
		if pixels, sampled = probe, true; im.Layout != pixel.RGBA {
			if pixels, err = pixel.ToYUV420(probe, probe.Width, probe.Height, 1); err != nil {
				return err
			}
			defer pixels.Free()
		}
	} else if e.Format == asset.AVIF {
		return nil // as good as all of it costs as much
	}
	for range 2 {
		quality := s.first()
		data, err := encode(pixels, quality)
		if err != nil {
			return err
		}
		got, err := compare(ref, data)
		if err != nil {
			return err
		}
		loss := max(1, 100-got)
		if sampled && e.Format == asset.WebP {
			loss /= sampleLoss(quality)
		}
		s.factor = loss / s.curve.at(float64(quality))
		if off := 100 - loss - s.aim; off > -probeNear && off < probeNear {
			break
		}
	}
	return nil
}

// tilesOf is how many tiles a sample of an image has, in how many columns; none if the image
// is too small for one.
func tilesOf(im *pixel.Image) (n, columns int) {
	for _, of := range [][2]int{{6, 3}, {4, 2}} {
		if n, columns = of[0], of[1]; im.Width*im.Height >= sampleShare*n*score.SampleSide*score.SampleSide &&
			im.Width >= columns*score.SampleSide && im.Height >= 2*score.SampleSide {
			return n, columns
		}
	}
	return 0, 0
}

// sampleLoss is the loss of a sample at a quality of WebP by that of the image.
func sampleLoss(quality int) float64 {
	share := float64(quality-plainQuality) / (evenQuality - plainQuality)
	return plainLoss + (1-plainLoss)*max(0, min(1, share))
}

// bounds are the qualities that a job may take, on the scale of its format.
func (j job) bounds() (low, high int) {
	scale := func(q int) int {
		if j.OwnQuality {
			return q
		}
		return codec.QualityFor(j.Format, q, j.Effort)
	}
	low, high = 1, 100 // 0 looks no worse, and is what a Rating has for none
	if j.MinQuality > 0 {
		low = max(low, scale(j.MinQuality))
	}
	if j.MaxQuality > 0 {
		high = scale(j.MaxQuality)
	}
	return min(low, high), high
}
