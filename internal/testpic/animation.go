package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
)

// The animation that tests know: 60x40 pixels, four frames.
const (
	animationWidth  = 60
	animationHeight = 40
)

// step is one frame of the animation: what is drawn where, for how many
// hundredths of a second, and how it is disposed of.
type step struct {
	rect     image.Rectangle
	colour   color.NRGBA
	delay    int
	disposal byte
}

// steps show the difference between GIF's disposal methods. The first frame is the card; the
// others draw a square with a transparent middle on it.
var steps = []step{
	{image.Rect(0, 0, 60, 40), color.NRGBA{}, 10, gif.DisposalNone},
	{image.Rect(0, 10, 20, 30), color.NRGBA{214, 40, 40, 255}, 20, gif.DisposalPrevious},
	{image.Rect(20, 10, 40, 30), color.NRGBA{40, 160, 70, 255}, 30, gif.DisposalBackground},
	{image.Rect(40, 10, 60, 30), color.NRGBA{40, 80, 200, 255}, 40, gif.DisposalNone},
}

// delays are those of steps, in hundredths of a second.
func delays() []int {
	var d []int
	for _, s := range steps {
		d = append(d, s.delay)
	}
	return d
}

// patchOf is the square that a step draws: 20x20 with a hole of 8x8.
func patchOf(s step) *image.NRGBA {
	img := image.NewNRGBA(s.rect)
	draw.Draw(img, s.rect, image.NewUniform(s.colour), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(6, 6, 14, 14).Add(s.rect.Min), image.Transparent, image.Point{}, draw.Src)
	return img
}

// gifFile writes the first n steps. Go counts loops so: 0 forever, -1 once.
func gifFile(n, loops int) ([]byte, error) {
	base := card(animationWidth, animationHeight)
	palette := gifPalette(base)
	anim := gif.GIF{LoopCount: loops, Config: image.Config{ColorModel: palette, Width: animationWidth, Height: animationHeight}}
	for i, s := range steps[:n] {
		src := image.Image(base)
		if i > 0 {
			src = patchOf(s)
		}
		frame := image.NewPaletted(s.rect, palette)
		draw.Draw(frame, s.rect, src, s.rect.Min, draw.Src)
		anim.Image = append(anim.Image, frame)
		anim.Delay = append(anim.Delay, s.delay)
		anim.Disposal = append(anim.Disposal, s.disposal)
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &anim)
	return b.Bytes(), err
}

// gifPalette is transparency followed by the colours of an image.
func gifPalette(img *image.NRGBA) color.Palette {
	return append(color.Palette{color.NRGBA{}}, paletted(img).Palette...)
}

// shown returns what a viewer shows at each step: the frames of steps with
// their disposal applied. It is drawn by hand, so that tests can trust it.
func shown() []*image.NRGBA {
	var out []*image.NRGBA
	canvas := card(animationWidth, animationHeight)
	for i, s := range steps {
		frame := clone(canvas)
		if i > 0 {
			draw.Draw(frame, s.rect, patchOf(s), s.rect.Min, draw.Over)
		}
		out = append(out, frame)
		switch s.disposal {
		case gif.DisposalNone:
			canvas = frame
		case gif.DisposalBackground:
			canvas = clone(frame)
			draw.Draw(canvas, s.rect, image.Transparent, image.Point{}, draw.Src)
		case gif.DisposalPrevious: // the canvas stays as it was
		}
	}
	return out
}

func clone(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}
