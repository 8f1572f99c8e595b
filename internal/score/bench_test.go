package score

import (
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// textured is a w x h image with edges and noise; step shifts its noise.
func textured(w, h int, step uint32) *pixel.Image {
	im := pixel.NewRGBA(w, h, nil)
	for y := range h {
		for x := range w {
			p := im.Planes[0][4*(y*w+x):]
			noise := byte(scatter(uint32(y*w+x)) % (8 + step))
			base := byte(x/3+y/5) / 2
			if (x/40+y/30)%3 == 0 {
				base = 160
			}
			p[0], p[1], p[2], p[3] = base+noise, base/2+noise+40, 200-base+noise/2, 255
		}
	}
	return im
}

// BenchmarkCompare takes a megapixel at a time, with the reference prepared.
func BenchmarkCompare(b *testing.B) {
	for _, size := range []struct {
		name string
		w, h int
		o    Options
	}{{"1MP", 1000, 1000, Options{}}, {"12MP", 4000, 3000, Options{}}, {"12MP-whole", 4000, 3000, Options{Whole: true}}} {
		b.Run(size.name, func(b *testing.B) {
			r, err := Prepare(textured(size.w, size.h, 0), size.o)
			if err != nil {
				b.Fatal(err)
			}
			defer r.Free()
			im := textured(size.w, size.h, 9)
			for b.Loop() {
				if _, err := r.Compare(im); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPrepare(b *testing.B) {
	im := textured(1000, 1000, 0)
	for b.Loop() {
		r, err := Prepare(im, Options{})
		if err != nil {
			b.Fatal(err)
		}
		r.Free()
	}
}
