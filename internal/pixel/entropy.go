package pixel

import "math"

// Entropy returns the anchor of the crop, as Cover makes it, that keeps what holds the
// most information: strips whose brightness has less entropy are cut off, on the left or
// on the right, at the top or at the bottom, until the part has its size. What is
// transparent holds none. Its arguments and its analysis are like those of Attention.
func Entropy(src *Image, orientation, boxWidth, boxHeight int) (Anchor, error) {
	s, err := newSlide(src, orientation, boxWidth, boxHeight)
	if s.free == 0 || err != nil {
		return Center, err
	}
	strips := make([]levels, s.length)
	luma := opponents(s.im)[0]
	for i, v := range luma {
		alpha := s.im.Planes[0][i/s.im.Width*s.im.Stride[0]+4*(i%s.im.Width)+3]
		strips[s.along(i)][v>>levelShift] += int(alpha)
	}
	start, end := 0, s.length
	step := min((s.free+entropySteps-1)/entropySteps, max(1, s.part/2))
	for step += step % 2; end-start > s.part; {
		n := min(step, end-start-s.part) // even, as free is
		switch first, last := entropy(strips[start:start+n]), entropy(strips[end-n:end]); {
		case first < last:
			start += n
		case first > last:
			end -= n
		default:
			start, end = start+n/2, end-n/2
		}
	}
	return s.anchor(start), nil
}

// entropySteps is in how many steps what is too much is cut off, or more where a strip
// would be wider than half of the part.
const entropySteps = 8

// levels counts pixels by brightness.
type levels [256 >> levelShift]int

const levelShift = 3

// entropy is that of all strips together, in bits a pixel.
func entropy(strips []levels) float64 {
	var all levels
	total := 0
	for i := range strips {
		for level, n := range strips[i] {
			all[level] += n
			total += n
		}
	}
	sum := 0.0
	for _, n := range all {
		if n > 0 {
			p := float64(n) / float64(total)
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
