// Package thumbhash makes a placeholder of an image: its mean color and its lowest
// frequencies in 25 bytes or fewer, which a page draws until the image is there. The
// format and the decoders are those of https://github.com/evanw/thumbhash.
package thumbhash

import (
	"fmt"
	"math"
)

// MaxSide is the most pixels that a side of an image may have.
const MaxSide = 100

// noise is less than any amplitude of an image of 8 bits, and more than the sums of a
// flat one are wrong by.
const noise = 1e-9

// Encode returns the ThumbHash of an image: rows of straight red, green, blue and alpha,
// without a gap. A side that is not from 1 to MaxSide, or pixels that are missing, are an
// error.
//
// All of it is rounded to float64 at each step, so that every machine makes the same
// bytes.
func Encode(width, height int, rgba []byte) ([]byte, error) {
	if width < 1 || height < 1 || width > MaxSide || height > MaxSide || len(rgba) != 4*width*height {
		return nil, fmt.Errorf("cannot make a ThumbHash of %dx%d pixels in %d bytes: a side has 1 to %d pixels of 4 bytes",
			width, height, len(rgba), MaxSide)
	}
	c, opaque := split(rgba)

	// Luma has as many frequencies as the shape allows, and fewer where there is alpha.
	limit := 7
	if !opaque {
		limit = 5
	}
	frequencies := func(side int) int {
		return max(1, round(float64(limit*side)/float64(max(width, height))))
	}
	lx, ly := frequencies(width), frequencies(height)
	l := transform(c.luma, width, height, max(3, lx), max(3, ly))
	p := transform(c.yellow, width, height, 3, 3)
	q := transform(c.red, width, height, 3, 3)

	header := round(63*l.mean) | round(31.5+31.5*p.mean)<<6 | round(31.5+31.5*q.mean)<<12 | round(31*l.scale)<<18
	shape := lx | round(63*p.scale)<<3 | round(63*q.scale)<<9
	if width > height {
		shape = ly | round(63*p.scale)<<3 | round(63*q.scale)<<9 | 1<<15
	}
	if !opaque {
		header |= 1 << 23
	}
	hash := []byte{byte(header), byte(header >> 8), byte(header >> 16), byte(shape), byte(shape >> 8)}
	factors := [][]float64{l.factors, p.factors, q.factors}
	if !opaque {
		a := transform(c.alpha, width, height, 5, 5)
		hash = append(hash, byte(round(15*a.mean)|round(15*a.scale)<<4))
		factors = append(factors, a.factors)
	}
	odd := false
	for _, channel := range factors {
		for _, f := range channel {
			if v := byte(round(15 * f)); odd {
				hash[len(hash)-1] |= v << 4
			} else {
				hash = append(hash, v)
			}
			odd = !odd
		}
	}
	return hash, nil
}

// channels are those of an image on a ground of its mean color, 0 to 1 or -1 to 1: luma,
// yellow less blue, red less green, and alpha.
type channels struct{ luma, yellow, red, alpha []float64 }

func split(rgba []byte) (c channels, opaque bool) {
	var sum [3]int
	weight := 0
	for i := 0; i < len(rgba); i += 4 {
		for k := range sum {
			sum[k] += int(rgba[i+k]) * int(rgba[i+3])
		}
		weight += int(rgba[i+3])
	}
	var mean [3]float64
	for k := range mean {
		mean[k] = float64(sum[k]) / float64(255*max(1, weight))
	}
	n := len(rgba) / 4
	c = channels{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range n {
		alpha := float64(rgba[4*i+3]) / 255
		var v [3]float64
		for k := range v {
			v[k] = float64(mean[k]*(1-alpha)) + float64(alpha*(float64(rgba[4*i+k])/255))
		}
		c.luma[i] = (v[0] + v[1] + v[2]) / 3
		c.yellow[i] = (v[0]+v[1])/2 - v[2]
		c.red[i] = v[0] - v[1]
		c.alpha[i] = alpha
	}
	return c, weight == 255*n
}

// A spectrum is the cosine transform of a channel: its mean, the largest amplitude, and
// all amplitudes in relation to it, 0 to 1, where 0.5 is none. They are 0 if the
// channel is flat.
type spectrum struct {
	mean, scale float64
	factors     []float64
}

// transform takes the frequencies below the diagonal of nx x ny.
func transform(channel []float64, width, height, nx, ny int) (s spectrum) {
	rows := make([]float64, nx*height) // the amplitude of each horizontal frequency, by row
	for cx := range nx {
		for x := range width {
			f := wave(cx, x, width)
			for y := range height {
				rows[cx*height+y] += float64(channel[y*width+x] * f)
			}
		}
	}
	for cy := range ny {
		for cx := 0; cx*ny < nx*(ny-cy); cx++ {
			sum := 0.0
			for y, v := range rows[cx*height:][:height] {
				sum += float64(v * wave(cy, y, height))
			}
			sum /= float64(width * height)
			if cx == 0 && cy == 0 {
				s.mean = sum
				continue
			}
			if math.Abs(sum) < noise {
				sum = 0
			}
			s.factors = append(s.factors, sum)
			s.scale = max(s.scale, math.Abs(sum))
		}
	}
	if s.scale > 0 {
		for i, f := range s.factors {
			s.factors[i] = 0.5 + float64(0.5/s.scale*f)
		}
	}
	return s
}

// wave is a cosine of a frequency at the center of a pixel of a side.
func wave(frequency, at, side int) float64 {
	return math.Cos(math.Pi / float64(side) * float64(frequency) * (float64(at) + 0.5))
}

// round rounds what is not negative, halves up.
func round(v float64) int { return int(v + 0.5) }
