package main

import (
	"image"
	"image/color"
	"image/draw"
)

// The card is the image that nearly every test image shows: 6 by 4 square
// cells with a colour in each corner, an F and an arrow, so that every way of
// turning or mirroring it, and every way of losing its colours, is seen.
const (
	cell       = 32
	cardWidth  = 6 * cell
	cardHeight = 4 * cell
)

// A patch is a cell of one colour. Its centre is at (column+0.5, row+0.5) cells.
type patch struct {
	name        string
	column, row int
	colour      color.NRGBA
}

// patches are the plain cells of the card. No channel is at its very end,
// except in white, so that nothing is clipped on the way through YUV.
var patches = []patch{
	{"red", 0, 0, color.NRGBA{214, 40, 40, 255}},
	{"green", 5, 0, color.NRGBA{40, 160, 70, 255}},
	{"blue", 0, 3, color.NRGBA{40, 80, 200, 255}},
	{"yellow", 5, 3, color.NRGBA{240, 200, 40, 255}},
	{"orange", 0, 1, color.NRGBA{240, 130, 40, 255}},
	{"purple", 5, 1, color.NRGBA{110, 50, 140, 255}},
	{"cyan", 1, 3, color.NRGBA{40, 180, 200, 255}},
	{"magenta", 2, 3, color.NRGBA{200, 60, 170, 255}},
	{"grey", 3, 3, color.NRGBA{128, 128, 128, 255}},
	{"black", 4, 3, color.NRGBA{20, 20, 20, 255}},
	{"white", 5, 2, color.NRGBA{255, 255, 255, 255}},
	{"skin", 0, 2, color.NRGBA{224, 172, 140, 255}},
}

// at returns the colour of the card at (x, y), both from 0 to 1.
func at(x, y float64) color.NRGBA {
	cx, cy := x*6, y*4
	column, row := int(cx), int(cy)
	for _, p := range patches {
		if p.column == column && p.row == row {
			return p.colour
		}
	}
	ink, paper := color.NRGBA{20, 20, 20, 255}, color.NRGBA{255, 255, 255, 255}
	if row == 0 { // a grey ramp, from black on the left to white
		v := uint8((cx-1)/4*255 + 0.5)
		return color.NRGBA{v, v, v, 255}
	}
	// Within the middle, (0, 0) to (4, 2): an F in the left half, an arrow to
	// the right in the right half.
	mx, my := cx-1, cy-1
	switch {
	case mx >= 0.5 && mx < 0.9 && my >= 0.2 && my < 1.8,
		mx >= 0.5 && mx < 1.6 && my >= 0.2 && my < 0.55,
		mx >= 0.5 && mx < 1.3 && my >= 0.85 && my < 1.15:
		return ink
	case mx >= 2.2 && mx < 3 && my >= 0.85 && my < 1.15,
		mx >= 3 && mx < 3.8 && abs(my-1) < 3.8-mx:
		return color.NRGBA{214, 40, 40, 255}
	}
	return paper
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// card draws the card at any size.
func card(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, at((float64(x)+0.5)/float64(width), (float64(y)+0.5)/float64(height)))
		}
	}
	return img
}

// faded is the card with an alpha of 0 in its first column and of 255 in its
// last. The colours under it are straight, not multiplied.
func faded(width, height int) *image.NRGBA {
	img := card(width, height)
	for y := range height {
		for x := range width {
			img.Pix[img.PixOffset(x, y)+3] = uint8((x*255 + (width-1)/2) / max(1, width-1))
		}
	}
	return img
}

// multiplied returns an image with its colours multiplied by alpha, under the
// name of straight ones.
func multiplied(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		a := int(img.Pix[i+3])
		for c := range 3 {
			out.Pix[i+c] = uint8((int(img.Pix[i+c])*a + 127) / 255)
		}
		out.Pix[i+3] = uint8(a)
	}
	return out
}

// halo is a red disc on transparent pixels whose hidden colour is bright green.
// A resize that does not weigh colours by alpha gives the disc a green edge.
func halo(size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	r := float64(size) * 0.375
	for y := range size {
		for x := range size {
			dx, dy := float64(x)+0.5-float64(size)/2, float64(y)+0.5-float64(size)/2
			c := color.NRGBA{0, 255, 0, 0}
			if dx*dx+dy*dy < r*r {
				c = color.NRGBA{214, 40, 40, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// ramp16 is the card with 16 bits a channel. The lower byte is a fine ramp, so
// that a truncated value differs from a rounded one: the true value of a
// channel is its colour plus up to 0.99.
func ramp16(width, height int) *image.NRGBA64 {
	c := card(width, height)
	img := image.NewNRGBA64(c.Rect)
	for y := range height {
		for x := range width {
			p := c.NRGBAAt(x, y)
			low := uint16(x * 255 / max(1, width-1))
			deep := func(v uint8) uint16 { return uint16(min(65535, (uint32(v)*65535+127)/255+uint32(low))) }
			img.SetNRGBA64(x, y, color.NRGBA64{deep(p.R), deep(p.G), deep(p.B), 65535})
		}
	}
	return img
}

// grey is an image of one channel.
func grey(src image.Image) *image.Gray {
	b := src.Bounds()
	img := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			img.Set(x, y, src.At(x, y))
		}
	}
	return img
}

// grey16 is an image of one channel of 16 bits.
func grey16(src image.Image) *image.Gray16 {
	b := src.Bounds()
	img := image.NewGray16(b)
	draw.Draw(img, b, src, b.Min, draw.Src)
	return img
}

// paletted maps an image of few colours to a palette of exactly these.
func paletted(src *image.NRGBA) *image.Paletted {
	index := map[color.NRGBA]uint8{}
	img := image.NewPaletted(src.Rect, nil)
	for y := range src.Rect.Dy() {
		for x := range src.Rect.Dx() {
			c := src.NRGBAAt(x, y)
			i, ok := index[c]
			if !ok {
				i = uint8(len(img.Palette))
				index[c] = i
				img.Palette = append(img.Palette, c)
			}
			img.SetColorIndex(x, y, i)
		}
	}
	return img
}

// stored returns the image as a camera stores it that writes the given EXIF
// orientation, 1 to 8: turned back by it, the image is img again.
func stored(img *image.NRGBA, orientation int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			right, below := w-1-x, h-1-y
			sx, sy := x, y
			switch orientation {
			case 2:
				sx, sy = right, y
			case 3:
				sx, sy = right, below
			case 4:
				sx, sy = x, below
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, right
			case 7:
				sx, sy = below, right
			case 8:
				sx, sy = below, x
			}
			out.SetNRGBA(sx, sy, img.NRGBAAt(x, y))
		}
	}
	return out
}
