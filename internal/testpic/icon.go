package main

import (
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"math"
)

// icon is a compass on a round tile, its shadow in the alpha channel.
func icon(size int) *image.NRGBA {
	s := float64(size) / 256
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	shadow(img, 24*s, 32*s, 208*s, 208*s, 48*s, 14*s, 130)

	tile := image.NewNRGBA(img.Rect)
	for y := range size {
		t := float64(y) / float64(size)
		c := color.NRGBA{uint8(mix(92, 28, t)), uint8(mix(188, 96, t)), uint8(mix(246, 216, t)), 255}
		draw.Draw(tile, image.Rect(0, y, size, y+1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	mask := image.NewAlpha(img.Rect)
	fill(mask, color.Alpha{255}, rounded(24*s, 20*s, 208*s, 208*s, 48*s)...)
	draw.DrawMask(img, img.Rect, tile, image.Point{}, mask, image.Point{}, draw.Over)

	middle := point{128 * s, 124 * s}
	fill(img, color.NRGBA{255, 255, 255, 255}, disc(middle.x, middle.y, 82*s)...)
	fill(img, color.NRGBA{236, 242, 250, 255}, disc(middle.x, middle.y, 74*s)...)
	for i := range 24 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 12)
		inner, wide := 66.0, 1.0
		if i%6 == 0 {
			inner, wide = 58, 2.4
		}
		tick := func(r, side float64) point {
			return point{middle.x + (r*cos-side*sin)*s, middle.y + (r*sin+side*cos)*s}
		}
		fill(img, color.NRGBA{90, 110, 140, 255}, tick(inner, -wide), tick(71, -wide), tick(71, wide), tick(inner, wide))
	}
	sin, cos := math.Sincos(-math.Pi / 4)
	needle := func(along, side float64) point {
		return point{middle.x + (along*cos-side*sin)*s, middle.y + (along*sin+side*cos)*s}
	}
	fill(img, color.NRGBA{236, 72, 70, 255}, needle(60, 0), needle(0, 15), needle(0, -15))
	fill(img, color.NRGBA{196, 44, 50, 255}, needle(60, 0), needle(0, 15), needle(0, 0))
	fill(img, color.NRGBA{84, 100, 128, 255}, needle(-60, 0), needle(0, 15), needle(0, -15))
	fill(img, color.NRGBA{62, 76, 102, 255}, needle(-60, 0), needle(0, 15), needle(0, 0))
	fill(img, color.NRGBA{255, 255, 255, 255}, disc(middle.x, middle.y, 7*s)...)
	return img
}

// spinner is an animation of dots that chase each other, forever.
func spinner(size, frames int) *gif.GIF {
	palette := color.Palette{color.NRGBA{}}
	for i := range 63 {
		t := float64(i) / 62
		palette = append(palette, color.NRGBA{uint8(mix(228, 32, t)), uint8(mix(236, 98, t)), uint8(mix(248, 220, t)), 255})
	}
	anim := &gif.GIF{Config: image.Config{ColorModel: palette, Width: size, Height: size}}
	s := float64(size) / 96
	for f := range frames {
		img := image.NewPaletted(image.Rect(0, 0, size, size), palette)
		for dot := range 8 {
			turn := float64(dot)/8 - float64(f)/float64(frames)
			turn -= math.Floor(turn) // 0 to 1: how far behind the head
			shade := math.Pow(turn, 1.6)
			sin, cos := math.Sincos(2 * math.Pi * float64(dot) / 8)
			x, y, r := (48+32*cos)*s, (48+32*sin)*s, (5+4.5*shade)*s
			for py := range size {
				for px := range size {
					if math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y) < r {
						img.SetColorIndex(px, py, uint8(1+shade*62))
					}
				}
			}
		}
		anim.Image = append(anim.Image, img)
		anim.Delay = append(anim.Delay, 4)
		anim.Disposal = append(anim.Disposal, gif.DisposalBackground)
	}
	return anim
}
