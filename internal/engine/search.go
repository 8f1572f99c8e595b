//go:build cgo

package engine

import (
	"math"

	"github.com/webpress/webpress/internal/asset"
)

// The scores that are near enough to the one that is aimed at: so far below it, and above.
// A search aims between.
const (
	bandBelow, bandAbove = 0.05, 1.5
	bandAim              = 0.65
)

// highestGuess is the highest quality of a first try: above, images gain bytes and no looks.
const highestGuess = 96

// mostTries is how many times an image is encoded to find its quality.
const mostTries = 3

// A curve is what of 100 is missing in the score of an image by the quality it was encoded
// with, up to a factor that each image has of its own: of 46 photos, 40 screenshots and 39
// drawings of the Debian packages lomiri-wallpapers-16.04, ukui-wallpapers,
// plasma-workspace-wallpapers, gimp-help-en and openclipart-png, up to 1200 pixels wide, the
// score at quality 80 follows from that at 60 to within 3 points for four of five. These
// are their medians.
type curve []struct{ quality, loss float64 }

var curves = map[asset.Format]curve{
	asset.WebP: {
		{0, 3.6}, {10, 2.7}, {20, 2.22}, {30, 1.892}, {50, 1.485}, {60, 1.348}, {70, 1.219}, {75, 1.167}, {80, 1}, {84, 0.881},
		{88, 0.754}, {90, 0.685}, {92, 0.637}, {94, 0.582}, {96, 0.538}, {98, 0.496}, {100, 0.482},
	},
	asset.JPEG: {
		{1, 8}, {10, 5.2}, {20, 3.97}, {35, 2.563}, {50, 1.959}, {60, 1.772}, {70, 1.479}, {78, 1.168}, {84, 1}, {88, 0.869},
		{92, 0.71}, {95, 0.591}, {98, 0.474}, {100, 0.408},
	},
	asset.AVIF: {
		{0, 5.2}, {10, 4.1}, {20, 3.229}, {30, 2.487}, {40, 1.927}, {50, 1.444}, {60, 1}, {70, 0.804}, {80, 0.54}, {90, 0.284}, {100, 0.108},
	},
}

// typical are the factors of a photo and of a drawing.
var typical = map[asset.Format][2]float64{asset.WebP: {23.8, 16}, asset.JPEG: {18.6, 16}, asset.AVIF: {28, 20}}

// at is the loss at a quality.
func (c curve) at(quality float64) float64 {
	i := 1
	for i < len(c)-1 && c[i].quality < quality {
		i++
	}
	a, b := c[i-1], c[i]
	return a.loss + (b.loss-a.loss)*(quality-a.quality)/(b.quality-a.quality)
}

// quality is the lowest quality with at most this loss, which may be above 100.
func (c curve) quality(loss float64) float64 {
	i := 1
	for i < len(c)-1 && c[i].loss > loss {
		i++
	}
	a, b := c[i-1], c[i]
	return a.quality + (b.quality-a.quality)*(loss-a.loss)/(b.loss-a.loss)
}

// A try is one encoding of an image.
type try struct {
	quality  int
	data     []byte
	lossless bool
	score    float64
}

// A search finds the quality that gives a score.
type search struct {
	curve     curve
	aim       float64
	low, high int
	// factor is that of the image as far as it is known before the first try.
	factor float64
	tries  []try
}

// within reports whether a score is near enough.
func (s *search) within(score float64) bool {
	return score >= s.aim-bandBelow && score <= s.aim+bandAbove
}

// run encodes until a result is near enough, and returns the best.
func (s *search) run(do func(quality int) (try, error)) (try, error) {
	for quality, ok := s.first(), true; ok && len(s.tries) < mostTries; quality, ok = s.next() {
		t, err := do(quality)
		if err != nil {
			return try{}, err
		}
		t.quality = quality
		s.tries = append(s.tries, t)
	}
	return s.best(), nil
}

// best is the smallest of those that look good enough, or else the one that looks best.
func (s *search) best() try {
	best := s.tries[0]
	for _, t := range s.tries[1:] {
		good, was := t.score >= s.aim-bandBelow, best.score >= s.aim-bandBelow
		switch {
		case good && (!was || len(t.data) < len(best.data)), !good && !was && t.score > best.score:
			best = t
		}
	}
	return best
}

// first is the quality of the first try.
func (s *search) first() int {
	return s.clamp(min(highestGuess, s.curve.quality((100-s.aim-bandAim)/s.factor)))
}

func (s *search) clamp(quality float64) int {
	return max(s.low, min(s.high, int(math.Round(min(quality, 100)))))
}

// next is the quality of the next try, and whether there is one worth making.
func (s *search) next() (quality int, ok bool) {
	last := s.tries[len(s.tries)-1]
	if s.within(last.score) {
		return 0, false
	}
	var below, above *try // the nearest ones
	for i := range s.tries {
		t := &s.tries[i]
		switch {
		case t.score < s.aim+bandAim:
			if below == nil || t.quality > below.quality {
				below = t
			}
		case above == nil || t.quality < above.quality:
			above = t
		}
	}
	switch {
	case below != nil && above != nil:
		if above.quality-below.quality < 2 {
			return 0, false
		}
		share := (s.aim + bandAim - below.score) / (above.score - below.score)
		a, b := s.curve.at(float64(below.quality)), s.curve.at(float64(above.quality))
		q := s.clamp(s.curve.quality(a + share*(b-a)))
		return max(below.quality+1, min(above.quality-1, q)), true
	case below != nil:
		q := max(s.extrapolate(), below.quality+1)
		return min(q, s.high), below.quality < s.high
	default:
		q := min(s.extrapolate(), above.quality-1)
		return max(q, s.low), above.quality > s.low
	}
}

// extrapolate is the quality that the tries point at, all of which are on one side of it.
func (s *search) extrapolate() int {
	n := len(s.tries)
	last := s.tries[n-1]
	at := s.curve.at(float64(last.quality))
	wanted := 100 - s.aim - bandAim
	if n > 1 && s.tries[n-2].quality != last.quality {
		before := s.tries[n-2]
		other := s.curve.at(float64(before.quality))
		if slope := (last.score - before.score) / (other - at); slope > 0 {
			return s.clamp(s.curve.quality(at - (s.aim+bandAim-last.score)/slope))
		}
	}
	return s.clamp(s.curve.quality(at * wanted / max(1, 100-last.score)))
}
