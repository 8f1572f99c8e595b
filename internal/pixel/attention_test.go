package pixel

import (
	"fmt"
	"math"
	"testing"
)

// A finder is a method to find the part to keep. Versions of an image may have anchors
// that differ by its tolerance: entropy goes in large steps.
type finder struct {
	name      string
	find      func(src *Image, orientation, boxWidth, boxHeight int) (Anchor, error)
	tolerance float64
}

var finders = []finder{{"attention", Attention, 0.08}, {"entropy", Entropy, 0.2}}

// A subject is drawn where its ink returns true; u and v are from -1 to 1 within it.
var subjects = map[string]func(u, v float64) ([4]byte, bool){
	"vivid disc": func(u, v float64) ([4]byte, bool) {
		return [4]byte{214, 40, 40, 255}, u*u+v*v < 1
	},
	"face": func(u, v float64) ([4]byte, bool) {
		if math.Hypot(math.Abs(u)-0.4, v+0.3) < 0.15 || math.Abs(u) < 0.4 && math.Abs(v-0.5) < 0.1 {
			return [4]byte{60, 40, 30, 255}, true
		}
		return [4]byte{224, 172, 140, 255}, u*u+v*v < 1
	},
	"stripes": func(u, v float64) ([4]byte, bool) {
		if math.Mod(u+v+4, 0.4) < 0.2 {
			return [4]byte{20, 20, 20, 255}, math.Abs(u) < 1 && math.Abs(v) < 1
		}
		return [4]byte{235, 235, 235, 255}, math.Abs(u) < 1 && math.Abs(v) < 1
	},
	"text": func(u, v float64) ([4]byte, bool) {
		x, y := int((u+1)*24), int((v+1)*10)
		return [4]byte{20, 20, 20, 255}, y%5 < 3 && (x*7+y*5+x*y)%3 == 0 && math.Abs(u) < 1 && math.Abs(v) < 1
	},
}

// ground is smooth: a sky that is darker at the top, and a little at the left.
func ground(x, y, w, h int) [4]byte {
	shade := float64(y)/float64(h) + 0.2*float64(x)/float64(w)
	return [4]byte{byte(120 + 50*shade), byte(140 + 40*shade), byte(160 + 30*shade), 255}
}

// drawSubject puts a subject of a radius at (cx, cy), all of them shares of the sides.
func drawSubject(w, h int, cx, cy, radius float64, ink func(u, v float64) ([4]byte, bool)) *Image {
	r := radius * float64(min(w, h))
	return rgba(w, h, false, func(x, y int) [4]byte {
		u, v := (float64(x)+0.5-cx*float64(w))/r, (float64(y)+0.5-cy*float64(h))/r
		if c, ok := ink(u, v); ok {
			return c
		}
		return ground(x, y, w, h)
	})
}

// A subject on a smooth ground is found wherever it is: the part holds its center, in
// all layouts and orientations.
func TestFindersFindSubject(t *testing.T) {
	for _, f := range finders {
		for name, ink := range subjects {
			for _, size := range [][2]int{{480, 320}, {320, 480}, {900, 180}} {
				w, h := size[0], size[1]
				for _, at := range []float64{0.12, 0.2, 0.31, 0.45, 0.6, 0.77, 0.88} {
					across := 0.3 + 0.4*math.Mod(7*at, 1)
					cx, cy := at, across
					if h > w {
						cx, cy = across, at
					}
					for _, box := range [][2]int{{100, 100}, {100 * h / max(w, h), 100 * w / max(w, h)}} {
						src := drawSubject(w, h, cx, cy, 0.16, ink)
						a, err := f.find(src, 1, box[0], box[1])
						if err != nil {
							t.Fatal(err)
						}
						r := Cover(w, h, box[0], box[1], a).Rect
						if radius := 16 * min(w, h) / 100; f.name == "entropy" && min(r.Dx(), r.Dy()) < 2*radius {
							r = r.Inset(-radius / 2) // any part of a subject that does not fit has as much entropy
						}
						if x, y := int(cx*float64(w)), int(cy*float64(h)); x < r.Min.X || x >= r.Max.X || y < r.Min.Y || y >= r.Max.Y {
							t.Errorf("%s of a %s at (%d, %d) of %dx%d to %v keeps %v", f.name, name, x, y, w, h, box, r)
						}
					}
				}
			}
		}
	}
}

// The layout of an image, its depth and its size do not matter, nor does the orientation
// that it is stored in.
func TestFindersAgree(t *testing.T) {
	const w, h = 480, 320
	upright := drawSubject(w, h, 0.75, 0.5, 0.16, subjects["face"])
	inverse := map[int]int{6: 8, 8: 6}
	for _, f := range finders {
		want, err := f.find(upright, 1, 100, 100)
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, src *Image, orientation int) {
			t.Helper()
			got, err := f.find(src, orientation, 100, 100)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.X-want.X) > f.tolerance || got.Y != 0.5 {
				t.Errorf("%s, %s: %v, want %v", f.name, name, got, want)
			}
		}
		for orientation := 1; orientation <= 8; orientation++ {
			back := orientation
			if i, ok := inverse[orientation]; ok {
				back = i
			}
			stored, err := ToRGBA(upright, w, h, back)
			if err != nil {
				t.Fatal(err)
			}
			check(fmt.Sprintf("orientation %d", orientation), stored, orientation)
		}
		for name, like := range map[string]Image{
			"YUV 4:2:0":   {Layout: YUV, SubW: 1, SubH: 1, Depth: 8, Full: true, Matrix: MatrixBT601},
			"12 bits":     {Layout: YUV, SubW: 1, Depth: 12, Matrix: MatrixBT709},
			"RGB planes":  {Layout: RGB, Depth: 16, Full: true},
			"gray":        {Layout: Gray, Depth: 8, Full: true},
			"deep gray":   {Layout: Gray, Depth: 16, Full: true},
			"half size":   {Layout: YUV, Width: w / 2, Height: h / 2, Depth: 8, Full: true, Matrix: MatrixBT601},
			"double size": {Layout: YUV, Width: 2 * w, Height: 2 * h, Depth: 8, Full: true, Matrix: MatrixBT601},
		} {
			if like.Width == 0 {
				like.Width, like.Height = w, h
			}
			if like.Layout == Gray {
				luma := NewPlanar(like)
				for y := range h {
					for x := range w {
						luma.set(0, x, y, int(pixelAt(upright, x, y)[0])*(1<<like.Depth-1)/255)
					}
				}
				check(name, luma, 1)
				continue
			}
			src, err := transform(upright, upright.all(), like, 1)
			if err != nil {
				t.Fatal(err)
			}
			check(name, src, 1)
		}
	}
}

// What is transparent holds nothing, whatever its colors are.
func TestFindersIgnoreTransparent(t *testing.T) {
	const w, h = 300, 100
	src := rgba(w, h, true, func(x, y int) [4]byte {
		switch {
		case x < 100: // noise that is not seen
			return [4]byte{byte(x * y * 97), byte(x*31 + y*57), byte(x * 211), 0}
		case x >= 200 && (x/4+y/4)%2 == 0:
			return [4]byte{30, 90, 60, 255}
		}
		return [4]byte{60, 90, 60, 255}
	})
	for _, f := range finders {
		a, err := f.find(src, 1, 100, 100)
		if err != nil {
			t.Fatal(err)
		}
		if a.X < 0.8 {
			t.Errorf("%s keeps %v, want the right", f.name, a)
		}
	}
}

func TestFindersWithoutSubject(t *testing.T) {
	gray := func(x, y int) [4]byte { return [4]byte{128, 128, 128, 255} }
	clear := func(x, y int) [4]byte { return [4]byte{byte(x), byte(y), byte(x * y), 0} }
	for _, f := range finders {
		for _, size := range [][2]int{{1, 1}, {2, 1}, {3, 2}, {64, 48}, {301, 200}, {200, 301}, {1, 20000}, {20000, 1}} {
			for _, box := range [][2]int{{100, 100}, {1, 300}, {300, 1}, {size[0], size[1]}} {
				for _, src := range []*Image{rgba(size[0], size[1], false, gray), rgba(size[0], size[1], true, clear)} {
					for _, orientation := range []int{1, 6} {
						a, err := f.find(src, orientation, box[0], box[1])
						if err != nil || a != Center {
							t.Errorf("%s of %v to %v is %v, %v, want the center", f.name, size, box, a, err)
						}
					}
				}
			}
		}
	}
}

// The same image has the same anchor at every run, whatever is in the memory that is
// used again.
func TestFindersAreDeterministic(t *testing.T) {
	src := drawSubject(640, 427, 0.4, 0.6, 0.2, subjects["text"])
	planes, err := ToYUV420(src, 640, 427, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range finders {
		first, err := f.find(planes, 6, 3, 4)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			used := NewRGBA(160, 120, nil)
			fill(used.Planes[0], byte(37*i))
			used.Free()
			if a, err := f.find(planes, 6, 3, 4); err != nil || a != first {
				t.Fatalf("%s: %v, %v after %v", f.name, a, err, first)
			}
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	photo := rgba(4000, 3000, false, func(x, y int) [4]byte { return [4]byte{byte(x), byte(y), byte(x * y), 255} })
	planes, err := ToYUV420(photo, 4000, 3000, 1)
	if err != nil {
		b.Fatal(err)
	}
	small, err := newSlide(planes, 1, 100, 100)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("shrink", func(b *testing.B) {
		for b.Loop() {
			if _, err := newSlide(planes, 1, 100, 100); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, f := range finders {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := f.find(small.im, 1, 100, 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
