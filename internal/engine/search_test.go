package engine

import (
	"math"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// Qualities lead to losses and back.
func TestCurve(t *testing.T) {
	for format, c := range curves {
		for q := c[0].quality; q <= 100; q++ {
			loss := c.at(q)
			if back := c.quality(loss); math.Abs(back-q) > 0.01 {
				t.Errorf("%s: quality %g has loss %g, which is of quality %g", format, q, loss, back)
			}
			if q > c[0].quality && loss >= c.at(q-1) {
				t.Errorf("%s: quality %g looks no better than %g", format, q, q-1)
			}
		}
	}
}

// Whatever the image is like, a search ends, within its bounds, and takes the smallest result
// that is good enough.
func TestSearch(t *testing.T) {
	for name, tc := range map[string]struct {
		score      func(quality int) float64
		aim        float64
		low, high  int
		want, most float64 // of the score
		tries      int
	}{
		"as expected":    {func(q int) float64 { return 100 - 20*curves[asset.WebP].at(float64(q)) }, 80, 0, 100, 80, 82, 1},
		"a worse one":    {func(q int) float64 { return 100 - 32*curves[asset.WebP].at(float64(q)) }, 80, 0, 100, 79.9, 81.6, 2},
		"straight":       {func(q int) float64 { return float64(q) }, 70, 0, 100, 69.9, 77, 3},
		"never":          {func(int) float64 { return 10 }, 70, 0, 100, 10, 10, 3},
		"always":         {func(int) float64 { return 95 }, 70, 0, 100, 95, 95, 3},
		"always, bound":  {func(int) float64 { return 95 }, 70, 60, 100, 95, 95, 2},
		"steps":          {func(q int) float64 { return float64(50 + 40*(q/60)) }, 70, 0, 100, 50, 90, 3},
		"far below zero": {func(q int) float64 { return float64(10*q - 900) }, 70, 0, 100, -900, 100, 3},
		"one quality":    {func(int) float64 { return 40 }, 70, 55, 55, 40, 40, 1},
		"backwards":      {func(q int) float64 { return float64(100 - q) }, 70, 0, 100, 0, 100, 3},
	} {
		s := search{curve: curves[asset.WebP], aim: tc.aim, low: tc.low, high: tc.high, factor: 20}
		got, err := s.run(func(q int) (try, error) {
			if q < tc.low || q > tc.high {
				t.Errorf("%s: quality %d", name, q)
			}
			return try{data: make([]byte, 100+q), score: tc.score(q)}, nil
		})
		if err != nil || got.score < tc.want || got.score > tc.most || len(s.tries) > tc.tries {
			t.Errorf("%s: %.2f at quality %d after %d tries, %v", name, got.score, got.quality, len(s.tries), err)
		}
		for _, one := range s.tries {
			if one.score >= s.aim && got.score < s.aim-bandBelow {
				t.Errorf("%s: %.2f is taken, and there is %.2f", name, got.score, one.score)
			}
		}
	}
}
