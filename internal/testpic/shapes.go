package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// point is a place in an image, in pixels.
type point struct{ x, y float64 }

// fill draws a polygon with soft edges.
func fill(dst draw.Image, c color.Color, points ...point) {
	b := dst.Bounds()
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	r.MoveTo(float32(points[0].x), float32(points[0].y))
	for _, p := range points[1:] {
		r.LineTo(float32(p.x), float32(p.y))
	}
	r.ClosePath()
	r.Draw(dst, b, image.NewUniform(c), image.Point{})
}

// disc is the outline of a circle.
func disc(x, y, radius float64) []point {
	var out []point
	n := int(12 + radius*2)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out = append(out, point{x + radius*cos, y + radius*sin})
	}
	return out
}

// rounded is the outline of a rectangle with round corners.
func rounded(x, y, w, h, radius float64) []point {
	var out []point
	corners := []point{{x + w - radius, y + h - radius}, {x + radius, y + h - radius}, {x + radius, y + radius}, {x + w - radius, y + radius}}
	for i, c := range corners {
		for j := range 9 {
			sin, cos := math.Sincos((float64(i) + float64(j)/8) * math.Pi / 2)
			out = append(out, point{c.x + radius*cos, c.y + radius*sin})
		}
	}
	return out
}

// shadow darkens what lies under a soft round rectangle.
func shadow(dst draw.Image, x, y, w, h, radius, blur float64, strength uint8) {
	b := dst.Bounds()
	mask := image.NewAlpha(b)
	for py := b.Min.Y; py < b.Max.Y; py++ {
		for px := b.Min.X; px < b.Max.X; px++ {
			dx := max(math.Abs(float64(px)+0.5-x-w/2)-w/2+radius, 0)
			dy := max(math.Abs(float64(py)+0.5-y-h/2)-h/2+radius, 0)
			d := math.Hypot(dx, dy) - radius
			mask.SetAlpha(px, py, color.Alpha{uint8(float64(strength) * (1 - smooth(-blur, blur, d)))})
		}
	}
	draw.DrawMask(dst, b, image.Black, image.Point{}, mask, b.Min, draw.Over)
}
