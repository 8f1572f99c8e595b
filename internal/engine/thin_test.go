package engine

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// ramp is an image of w x h pixels with many colors; alpha makes it half transparent.
func ramp(w, h int, alpha bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{byte(x * 255 / w), byte(y * 255 / h), byte(x*7 + y*3), 255}
			if alpha {
				c.A = byte(128 + x%2)
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// An image of any shape is converted, at its own and at a smaller size: a line of
// pixels, a column of them, and what becomes one when it is shrunk.
func TestThin(t *testing.T) {
	encoders := map[string]func(*bytes.Buffer, image.Image) error{
		"png":  func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) },
		"jpeg": func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) },
		"gif":  func(b *bytes.Buffer, m image.Image) error { return gif.Encode(b, m, nil) },
	}
	type size struct{ w, h int }
	sizes := []size{{1, 1}, {6000, 3}, {3, 6000}, {16383, 1}, {1, 16383}, {9000, 2}, {2, 9000}, {33, 1}, {1, 33}}
	for format, encode := range encoders {
		for _, s := range sizes {
			for _, alpha := range []bool{false, true} {
				if alpha && format != "png" {
					continue
				}
				var b bytes.Buffer
				if err := encode(&b, ramp(s.w, s.h, alpha)); err != nil {
					t.Fatal(err)
				}
				info, err := codec.Probe(b.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				for _, most := range []int{0, 1, 100} {
					for _, lossless := range []string{asset.LosslessAuto, asset.LosslessAlways, asset.LosslessNever} {
						r := defaults
						r.MaxWidth, r.MaxHeight, r.Lossless, r.Effort = most, most, lossless, 1
						name := fmt.Sprintf("%s %dx%d, at most %d, alpha %v, lossless %s", format, s.w, s.h, most, alpha, lossless)
						out, err := transcode(t.Context(), b.Bytes(), info, r, 1)
						if err != nil {
							t.Errorf("%s: %v", name, err)
							continue
						}
						w, h := pixel.Fit(s.w, s.h, most, most)
						p, err := codec.Decode(out.Data, codec.DecodeOptions{})
						if err != nil || p.Image.Width != w || p.Image.Height != h {
							t.Errorf("%s: %dx%d, want %dx%d, %v", name, p.Image.Width, p.Image.Height, w, h, err)
						}
					}
				}
			}
		}
	}
}

// A sample has pixels, and no more of them than the image.
func TestStrips(t *testing.T) {
	for w := 1; w < 20000; w = w*3/2 + 1 {
		for h := 1; h < 20000 && w*h < 4<<20; h = h*3/2 + 1 {
			im := pixel.NewRGBA(w, h, make([]byte, 4*w*h))
			s := strips(im)
			if s.Width != w || s.Height < 1 || s.Height > h {
				t.Errorf("the sample of %dx%d is %dx%d", w, h, s.Width, s.Height)
			}
			if n := s.Width * s.Height; n < min(w*h, bandPixels*3/4) {
				t.Errorf("the sample of %dx%d has %d pixels", w, h, n)
			}
		}
	}
}
