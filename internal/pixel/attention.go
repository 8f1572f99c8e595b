package pixel

import "math"

// The weights of what draws attention, all of it from 0 to 1, and the size of the
// analysis. They were chosen on photos of all kinds by whether the subject is within the
// part; the choice is not sensitive to any of them.
const (
	edgeWeight     = 1
	surroundWeight = 0.5
	skinWeight     = 0.2
	vividWeight    = 0.05

	// attentionSide is the shorter side of the part in the version of the image that is
	// analyzed, in pixels, and attentionArea the most pixels that that version has.
	attentionSide = 48
	attentionArea = 24 << 10

	// rimLoss is how much less a pixel counts at the rim of the part than at its center,
	// and driftLoss how much less a part counts at the rim of the image. Between top and
	// bottom, the best place is at restHeight: faces are in the upper half.
	rimLoss    = 0.6
	driftLoss  = 0.1
	restHeight = 0.35
)

// Attention returns the anchor of the crop, as Cover makes it, that keeps what draws the
// eye: edges, colors unlike those around them, the color of skin, and vivid colors. The
// method is that of libvips' smartcrop and of smartcrop.js but for the second of these,
// and for the search: each place for the part is rated by the sum of the squares within,
// where the middle of the part counts more than its rim. What is transparent draws no
// attention. If nothing does, the center is kept.
//
// src is stored so that orientation, 1 to 8, turns it upright, and is not CMYK. It is
// analyzed at about 100 pixels a side, so that larger and smaller versions of an image
// have about the same anchor. The same image always has the same.
func Attention(src *Image, orientation, boxWidth, boxHeight int) (Anchor, error) {
	s, err := newSlide(src, orientation, boxWidth, boxHeight)
	if s.free == 0 || err != nil {
		return Center, err
	}
	columns := make([]float64, s.length)
	for i, v := range salience(s.im, max(1, min(s.im.Width, s.im.Height, s.part)/4)) {
		columns[s.along(i)] += float64(v) * float64(v)
	}
	weight := make([]float64, s.part)
	for i := range weight {
		d := (2*float64(i) + 1 - float64(s.part)) / float64(s.part)
		weight[i] = 1 - rimLoss*d*d
	}
	rest := 0.5
	if s.vertical {
		rest = restHeight
	}
	best, most := 0, -1.0
	for i := range s.free + 1 {
		at := s.outward(i)
		sum := 0.0
		for j, w := range weight {
			sum += w * columns[at+j]
		}
		drift := 2 * (float64(at)/float64(s.free) - rest)
		if sum *= 1 - driftLoss*drift*drift; sum > most {
			best, most = at, sum
		}
	}
	return s.anchor(best), nil
}

// A slide is an upright small version of an image along one side of which the part that
// a crop keeps can be moved; along the other it has no room.
type slide struct {
	im *Image
	// vertical reports whether the part moves up and down.
	vertical bool
	// length is that side of im, part that of the part, and free the difference, which
	// is even, so that there is a position in the center.
	length, part, free int
}

// newSlide shrinks src. If there is nothing to cut off, free is 0 and im is nil.
func newSlide(src *Image, orientation, boxWidth, boxHeight int) (s slide, err error) {
	width, height := src.Width, src.Height
	turned := orientation >= 5 && orientation <= 8
	if turned {
		width, height = height, width
	}
	rect := Cover(width, height, boxWidth, boxHeight, Center).Rect
	if rect.Dx() == width && rect.Dy() == height {
		return s, nil
	}
	scale := min(1, attentionSide/float64(min(rect.Dx(), rect.Dy())), math.Sqrt(attentionArea/(float64(width)*float64(height))))
	shrunk := func(side int) int { return max(1, int(float64(side)*scale+0.5)) }
	w, h := shrunk(width), shrunk(height)
	s.vertical = rect.Dx() == width
	if s.vertical {
		s.length, s.part = h, int(float64(h)*float64(rect.Dy())/float64(height)+0.5)
	} else {
		s.length, s.part = w, int(float64(w)*float64(rect.Dx())/float64(width)+0.5)
	}
	s.part = max(1, s.part)
	if s.part += (s.length - s.part) % 2; s.part >= s.length {
		return s, nil
	}
	s.free = s.length - s.part
	if turned {
		w, h = h, w
	}
	s.im, err = analyzed(src, w, h, orientation)
	return s, err
}

// analyzed is Exact for a much smaller image that is not shown. It leaves out rows of
// src where four are left for each row of the output, which takes a tenth of the time
// for a photo.
func analyzed(src *Image, width, height, orientation int) (*Image, error) {
	few := *src
	if every := src.Height / (4 * height); every > 1 {
		few.Height = src.Height / every >> src.SubH << src.SubH
		for p := range few.Stride {
			few.Stride[p] *= every
		}
	}
	return ToRGBA(&few, width, height, orientation)
}

// along returns where pixel i lies on the way of the part.
func (s *slide) along(i int) int {
	if s.vertical {
		return i / s.im.Width
	}
	return i % s.im.Width
}

// outward returns the positions of the part, 0 to free, the center first.
func (s *slide) outward(i int) int {
	if i%2 == 1 {
		return s.free/2 - (i+1)/2
	}
	return s.free/2 + i/2
}

func (s *slide) anchor(at int) Anchor {
	a, share := Center, float64(at)/float64(s.free)
	if s.vertical {
		a.Y = share
	} else {
		a.X = share
	}
	return a
}

// salience returns how much each pixel of an RGBA image draws attention. The
// surroundings of a pixel reach as far as radius.
func salience(im *Image, radius int) []float32 {
	w, h := im.Width, im.Height
	channels := opponents(im)
	luma := channels[0]
	out := make([]float32, w*h)
	var around [3][]int32
	for c := range around {
		around[c] = areaSums(channels[c], w, h)
	}
	for y := range h {
		above, below := max(0, y-1)*w, min(h-1, y+1)*w
		top, bottom := max(0, y-radius)*(w+1), min(h, y+radius+1)*(w+1)
		for x := range w {
			i := y*w + x
			pix := im.Planes[0][y*im.Stride[0]+4*x:][:4]
			if pix[3] == 0 {
				continue
			}
			left, right := max(0, x-radius), min(w, x+radius+1)
			area := float32((right - left) * (bottom - top) / (w + 1))
			var distance float32
			for c, sums := range around {
				mean := float32(sums[bottom+right]-sums[bottom+left]-sums[top+right]+sums[top+left]) / area
				d := float32(channels[c][i]) - mean
				distance += d * d
			}
			edge := 4*luma[i] - luma[y*w+max(0, x-1)] - luma[y*w+min(w-1, x+1)] - luma[above+x] - luma[below+x]
			v := edgeWeight*float32(max(edge, -edge)) +
				surroundWeight*float32(math.Sqrt(float64(distance))) +
				vividWeight*float32(max(pix[0], pix[1], pix[2])-min(pix[0], pix[1], pix[2]))
			out[i] = (v/255 + skinWeight*skin(pix)) * float32(pix[3]) / 255
		}
	}
	return out
}

// opponents returns luma (BT.601), yellow less blue, and red less green, of an RGBA
// image on a ground of its mean color, so that the rim of what is transparent is no edge.
func opponents(im *Image) [3][]int32 {
	var mean [3]int
	weight := 0
	for y := range im.Height {
		for pix := im.Planes[0][y*im.Stride[0]:][:4*im.Width]; len(pix) > 0; pix = pix[4:] {
			for c := range mean {
				mean[c] += int(pix[c]) * int(pix[3])
			}
			weight += int(pix[3])
		}
	}
	var out [3][]int32
	for c := range out {
		mean[c] /= max(1, weight)
		out[c] = make([]int32, 0, im.Width*im.Height)
	}
	for y := range im.Height {
		for pix := im.Planes[0][y*im.Stride[0]:][:4*im.Width]; len(pix) > 0; pix = pix[4:] {
			var v [3]int32
			for c := range v {
				v[c] = int32((int(pix[c])*int(pix[3]) + mean[c]*(255-int(pix[3])) + 127) / 255)
			}
			out[0] = append(out[0], (299*v[0]+587*v[1]+114*v[2]+500)/1000)
			out[1] = append(out[1], (v[0]+v[1])/2-v[2])
			out[2] = append(out[2], v[0]-v[1])
		}
	}
	return out
}

// areaSums returns a table of one more column and row, where the entry at (x, y) is the
// sum of all values to the left of and above it.
func areaSums(v []int32, w, h int) []int32 {
	sums := make([]int32, (w+1)*(h+1))
	for y := range h {
		var row int32
		for x := range w {
			row += v[y*w+x]
			sums[(y+1)*(w+1)+x+1] = sums[y*(w+1)+x+1] + row
		}
	}
	return sums
}

// skin returns how close a color is to that of skin, whose brightness differs more than
// its hue does, from 0 to 1. The constants are those of smartcrop.js.
func skin(pix []byte) float32 {
	const red, green, blue, least = 0.78, 0.57, 0.44, 0.8
	r, g, b := float64(pix[0]), float64(pix[1]), float64(pix[2])
	length := math.Sqrt(r*r + g*g + b*b)
	if luma := (299*r + 587*g + 114*b) / 1000; luma < 0.2*255 || luma > 0.95*255 {
		return 0
	}
	r, g, b = r/length-red, g/length-green, b/length-blue
	return float32(max(0, 1-math.Sqrt(r*r+g*g+b*b)-least) / (1 - least))
}
