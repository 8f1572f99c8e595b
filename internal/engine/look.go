//go:build cgo

package engine

import (
	"encoding/binary"
	"math"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

const (
	// fewColors is the number of colors that a palette holds: an image with no more is
	// not changed by near-lossless coding.
	fewColors = 256
	// drawnFlat is the share of pixels like their left neighbor from which on an image
	// was drawn and not taken: of screenshots, tables and charts that is most, of
	// photos a few percent.
	drawnFlat = 0.5
	// edgeRange is how far red or blue have to differ against green within four pixels
	// that share their chroma for an edge between colors. coloredShare is the share
	// of such fours from which on they are seen.
	edgeRange, coloredShare = 64, 0.001
)

// seen is what a look at pixels says of them.
type seen struct {
	// flat is the share of pixels that are like their left neighbor, edges the share
	// of fours with an edge between colors.
	flat, edges float64
}

// drawn reports whether an image has few colors beside each other, with sharp edges.
func (s seen) drawn() bool { return s.flat >= drawnFlat }

// coloredEdges reports whether chroma of half the size would show.
func (s seen) coloredEdges() bool { return s.edges > coloredShare }

// coloredEdges says so of an image by a sample of it.
func coloredEdges(im *pixel.Image) bool {
	sample := strips(im)
	if sample != im {
		defer sample.Free()
	}
	return look(sample).coloredEdges()
}

// AVIF's alpha where it is soft: AV1 is bad at coding gradients without loss. Of six
// wallpapers of RGBA, alpha of quality 90 has a PSNR of 47 to 57 dB, at most 25 of 255 off,
// and the files have 14 to 80 % of the bytes. Up to softShare of the pixels, alpha is the
// outline of something, costs little without loss, and would fray.
const (
	softAlpha = 90
	softShare = 0.125
)

// alphaQuality is the quality of the alpha of an RGBA image in an AVIF whose colors have
// the given one.
func alphaQuality(im *pixel.Image, quality int) int {
	if !im.Alpha {
		return 100
	}
	soft := 0
	for y := range im.Height {
		for row := im.Planes[0][y*im.Stride[0]:][:4*im.Width]; len(row) > 0; row = row[4:] {
			if row[3] != 0 && row[3] != 255 {
				soft++
			}
		}
	}
	if float64(soft) <= softShare*float64(im.Width)*float64(im.Height) {
		return 100
	}
	return max(softAlpha, quality)
}

// look goes over the pixels of an RGBA image.
func look(im *pixel.Image) seen {
	var same, fours, edges int
	for y := range im.Height {
		row := im.Planes[0][y*im.Stride[0]:][:4*im.Width]
		below := row
		if y+1 < im.Height {
			below = im.Planes[0][(y+1)*im.Stride[0]:][:4*im.Width]
		}
		last := ^binary.LittleEndian.Uint32(row)
		for x := 0; x < len(row); x += 4 {
			p := binary.LittleEndian.Uint32(row[x:])
			if p == last {
				same++
			}
			last = p
			if y&1 == 0 && x&4 == 0 {
				fours++
				if right := min(x+4, len(row)-4); coloredEdge(row[x:], row[right:], below[x:], below[right:]) {
					edges++
				}
			}
		}
	}
	return seen{flat: float64(same) / float64(im.Width*im.Height), edges: float64(edges) / float64(fours)}
}

// manyColors reports whether an RGBA image has more colors than a palette holds.
func manyColors(im *pixel.Image) bool {
	colors := make(map[uint32]struct{}, fewColors+1)
	var last uint32
	for y := range im.Height {
		row := im.Planes[0][y*im.Stride[0]:][:4*im.Width]
		for x := 0; x < len(row); x += 4 {
			p := binary.LittleEndian.Uint32(row[x:])
			if p == last && x > 0 {
				continue
			}
			last = p
			if colors[p] = struct{}{}; len(colors) > fewColors {
				return true
			}
		}
	}
	return false
}

// coloredEdge reports whether four pixels that share their chroma differ in color.
// Transparent ones have none.
func coloredEdge(four ...[]byte) bool {
	redLow, redHigh, blueLow, blueHigh := 255, -255, 255, -255
	for _, p := range four {
		if p[3] == 0 {
			continue
		}
		red, blue := int(p[0])-int(p[1]), int(p[2])-int(p[1])
		redLow, redHigh = min(redLow, red), max(redHigh, red)
		blueLow, blueHigh = min(blueLow, blue), max(blueHigh, blue)
	}
	return redHigh-redLow > edgeRange || blueHigh-blueLow > edgeRange
}

// likeness is how much like im its encoding is: the PSNR of red, green and blue in
// dB, each pixel weighted by its alpha, which is what is seen of it.
func likeness(im *pixel.Image, encoded []byte) (float64, error) {
	p, err := codec.Decode(encoded, codec.DecodeOptions{})
	if err != nil {
		return 0, err
	}
	var squares, weight uint64
	for y := range im.Height {
		a := im.Planes[0][y*im.Stride[0]:][:4*im.Width]
		b := p.Image.Planes[0][y*p.Image.Stride[0]:][:4*im.Width]
		for x := 0; x < len(a); x += 4 {
			alpha := uint64(a[x+3])
			if alpha == 0 {
				continue
			}
			r, g, b := int(a[x])-int(b[x]), int(a[x+1])-int(b[x+1]), int(a[x+2])-int(b[x+2])
			squares += alpha * uint64(r*r+g*g+b*b)
			weight += 3 * alpha
		}
	}
	if squares == 0 {
		return math.Inf(1), nil
	}
	return 10 * math.Log10(255*255*float64(weight)/float64(squares)), nil
}
