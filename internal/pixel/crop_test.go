package pixel

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"
)

var positions = []string{
	"center", "top", "bottom", "left", "right", "top-left", "top-right", "bottom-left", "bottom-right",
}

func TestCover(t *testing.T) {
	for _, c := range []struct {
		name               string
		w, h, boxW, boxH   int
		at                 string
		want               image.Rectangle
		wantWidth, wantHgt int
	}{
		{"wide to square", 4000, 3000, 400, 400, "center", image.Rect(500, 0, 3500, 3000), 400, 400},
		{"wide to square, left", 4000, 3000, 400, 400, "left", image.Rect(0, 0, 3000, 3000), 400, 400},
		{"wide to square, bottom right", 4000, 3000, 400, 400, "bottom-right", image.Rect(1000, 0, 4000, 3000), 400, 400},
		{"wide to square, top has no say", 4000, 3000, 400, 400, "top", image.Rect(500, 0, 3500, 3000), 400, 400},
		{"tall to wide, top", 3000, 4000, 1200, 630, "top", image.Rect(0, 0, 3000, 1575), 1200, 630},
		{"tall to wide, bottom", 3000, 4000, 1200, 630, "bottom-left", image.Rect(0, 2425, 3000, 4000), 1200, 630},
		{"the same shape", 4000, 3000, 400, 300, "left", image.Rect(0, 0, 4000, 3000), 400, 300},
		{"the same size", 400, 300, 400, 300, "center", image.Rect(0, 0, 400, 300), 400, 300},
		{"only cut", 401, 300, 300, 300, "center", image.Rect(50, 0, 350, 300), 300, 300},
		{"half a pixel goes left", 4, 3, 3, 3, "center", image.Rect(0, 0, 3, 3), 3, 3},
		{"smaller than the box", 250, 250, 300, 200, "center", image.Rect(0, 41, 250, 208), 250, 167},
		{"lower than the box", 2000, 300, 400, 400, "right", image.Rect(1700, 0, 2000, 300), 300, 300},
		{"narrower than the box", 300, 2000, 400, 200, "bottom", image.Rect(0, 1850, 300, 2000), 300, 150},
		{"one pixel", 1, 1, 400, 300, "center", image.Rect(0, 0, 1, 1), 1, 1},
		{"one pixel to one pixel", 1, 1, 1, 1, "bottom-right", image.Rect(0, 0, 1, 1), 1, 1},
		{"a strip", 1, 20000, 100, 100, "center", image.Rect(0, 9999, 1, 10000), 1, 1},
		{"a strip, bottom", 20000, 1, 100, 100, "right", image.Rect(19999, 0, 20000, 1), 1, 1},
		{"to a strip", 5000, 5000, 1000, 1, "top", image.Rect(0, 0, 5000, 5), 1000, 1},
		{"to a strip of less than a pixel", 300, 300, 16383, 1, "bottom", image.Rect(0, 299, 300, 300), 300, 1},
		{"to a strip, rounded", 1500, 1500, 1000, 1, "top", image.Rect(0, 0, 1500, 2), 1000, 1},
		{"the largest", math.MaxInt32, math.MaxInt32, 16383, 16382, "top", image.Rect(0, 0, math.MaxInt32, 2147352567), 16383, 16382},
		{"no box", 400, 300, 0, -1, "center", image.Rect(50, 0, 350, 300), 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, ok := FixedAnchor(c.at)
			if !ok {
				t.Fatalf("no anchor %q", c.at)
			}
			got := Cover(c.w, c.h, c.boxW, c.boxH, at)
			want := Crop{Rect: c.want, Of: image.Pt(c.w, c.h), Size: image.Pt(c.wantWidth, c.wantHgt)}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// Whatever the sizes are, the part is within the image, has one side of it, has the
// shape of the box to half a pixel, and is not enlarged.
func TestCoverHoldsForAllSizes(t *testing.T) {
	sides := []int{1, 2, 3, 7, 64, 255, 1000, 4032, 20000}
	for _, w := range sides {
		for _, h := range sides {
			for _, boxW := range sides {
				for _, boxH := range sides {
					for _, at := range []Anchor{{}, Center, {1, 1}, {0.3, 0.9}, {-1, 7}, {math.NaN(), math.Inf(1)}} {
						c := Cover(w, h, boxW, boxH, at)
						if err := c.check(); err != nil {
							t.Fatal(err)
						}
						pw, ph := c.Rect.Dx(), c.Rect.Dy()
						exactW, exactH := float64(h)*float64(boxW)/float64(boxH), float64(w)*float64(boxH)/float64(boxW)
						wholeW := pw == w && math.Abs(float64(ph)-max(1, exactH)) <= 0.5
						wholeH := ph == h && math.Abs(float64(pw)-max(1, exactW)) <= 0.5
						if !wholeW && !wholeH {
							t.Fatalf("%dx%d to %dx%d: the part is %v", w, h, boxW, boxH, c.Rect)
						}
						if c.Size.X > pw || c.Size.Y > ph {
							t.Fatalf("%dx%d to %dx%d: %v becomes %v", w, h, boxW, boxH, c.Rect, c.Size)
						}
						if w >= boxW && h >= boxH && c.Size != image.Pt(boxW, boxH) {
							t.Fatalf("%dx%d to %dx%d: the size is %v", w, h, boxW, boxH, c.Size)
						}
						if ww, wh := c.Whole(); ww > w || wh > h || ww*pw < c.Size.X*w || wh*ph < c.Size.Y*h {
							t.Fatalf("%dx%d to %dx%d: the whole image at %dx%d", w, h, boxW, boxH, ww, wh)
						}
					}
				}
			}
		}
	}
}

// scene has a ramp, a color in each corner, and a fine line, so that a part that is a
// pixel off is seen.
func scene(w, h int, alpha bool) *Image {
	return rgba(w, h, alpha, func(x, y int) [4]byte {
		c := [4]byte{byte(40 + 160*x/w), byte(40 + 160*y/h), 120, 255}
		switch left, top := x < w/4, y < h/4; {
		case left && top:
			c = [4]byte{214, 40, 40, 255}
		case x >= 3*w/4 && top:
			c = [4]byte{40, 160, 70, 255}
		case left && y >= 3*h/4:
			c = [4]byte{40, 80, 200, 255}
		case x >= 3*w/4 && y >= 3*h/4:
			c = [4]byte{240, 200, 40, 255}
		case (x-y)%24 == 0:
			c = [4]byte{20, 20, 20, 255}
		}
		if alpha {
			c[3] = byte(55 + 200*x/w)
		}
		return c
	})
}

// layouts are the scene in all layouts that decoders return.
func layouts(t *testing.T, w, h int) map[string]*Image {
	t.Helper()
	images := map[string]*Image{"RGBA": scene(w, h, false), "RGBA with alpha": scene(w, h, true)}
	for name, like := range map[string]Image{
		"YUV 4:2:0":            {Layout: YUV, SubW: 1, SubH: 1, Depth: 8, Full: true, Matrix: MatrixBT601},
		"YUV 4:2:2, 10 bits":   {Layout: YUV, SubW: 1, Depth: 10, Matrix: MatrixBT709},
		"YUV 4:4:4":            {Layout: YUV, Depth: 8, Full: true, Matrix: MatrixBT601},
		"YUV 4:4:4 with alpha": {Layout: YUV, Depth: 8, Full: true, Matrix: MatrixBT601, Alpha: true},
		"RGB, 16 bits":         {Layout: RGB, Depth: 16, Full: true},
	} {
		like.Width, like.Height = w, h
		src := scene(w, h, like.Alpha)
		im, err := transform(src, src.all(), like, 1)
		if err != nil {
			t.Fatal(err)
		}
		images[name] = im
	}
	for _, depth := range []int{8, 16} {
		gray := NewPlanar(Image{Width: w, Height: h, Layout: Gray, Depth: depth, Full: true})
		for y := range h {
			for x := range w {
				gray.set(0, x, y, int(pixelAt(images["RGBA"], x, y)[0])*(1<<depth-1)/255)
			}
		}
		images[fmt.Sprintf("gray, %d bits", depth)] = gray
	}
	gamma := *images["YUV 4:4:4"]
	gamma.Primaries, gamma.Transfer = PrimariesBT709, TransferGamma28
	images["gamma 2.8"] = &gamma
	return images
}

// psnr compares RGBA images, a with the part of b at (left, top), in dB.
func psnr(t *testing.T, a, b *Image, left, top int) float64 {
	t.Helper()
	if left+a.Width > b.Width || top+a.Height > b.Height {
		t.Fatalf("%dx%d at %d, %d is not within %dx%d", a.Width, a.Height, left, top, b.Width, b.Height)
	}
	sum := 0.0
	for y := range a.Height {
		for x := range a.Width {
			p, q := pixelAt(a, x, y), pixelAt(b, left+x, top+y)
			for i := range p {
				d := float64(p[i]) - float64(q[i])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255/max(1e-10, sum/float64(4*a.Width*a.Height)))
}

// A crop is what cutting the part out of the resized and turned image gives, in every
// layout, orientation and position.
func TestCropIsPartOfWhole(t *testing.T) {
	const w, h = 236, 204 // what is cut off is divisible by 8
	for name, src := range layouts(t, w, h) {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			for orientation := 1; orientation <= 8; orientation++ {
				exactWhole, err := ToRGBA(src, w/2, h/2, orientation)
				if err != nil {
					t.Fatal(err)
				}
				lossyWhole, err := ToYUV420(src, w/2, h/2, orientation)
				if err != nil {
					t.Fatal(err)
				}
				shownW, shownH := 2*exactWhole.Width, 2*exactWhole.Height
				for _, box := range [][2]int{{(shownW - 136) / 2, shownH / 2}, {shownW / 2, (shownH - 136) / 2}} {
					var seen []Crop
					for _, position := range positions {
						at, _ := FixedAnchor(position)
						c := Cover(shownW, shownH, box[0], box[1], at)
						if slices.Contains(seen, c) {
							continue
						}
						seen = append(seen, c)
						name := fmt.Sprintf("orientation %d, %s, %v", orientation, position, c.Rect)
						left, top := c.Rect.Min.X/2, c.Rect.Min.Y/2
						got, err := ExactCrop(src, c, orientation)
						if err != nil {
							t.Fatal(err)
						}
						if got.Width != box[0] || got.Height != box[1] || got.Alpha != src.Alpha {
							t.Fatalf("%s: %dx%d, alpha %v", name, got.Width, got.Height, got.Alpha)
						}
						if db := psnr(t, got, exactWhole, left, top); db < 46 {
							t.Errorf("%s: the exact crop differs from the whole, %.1f dB", name, db)
						}
						planes, err := LossyCrop(src, c, orientation)
						if err != nil {
							t.Fatal(err)
						}
						if db := psnr(t, shown(t, planes), shown(t, lossyWhole), left, top); db < 40 {
							t.Errorf("%s: the lossy crop differs from the whole, %.1f dB", name, db)
						}
					}
				}
			}
		})
	}
}

// shown is an image as RGBA.
func shown(t *testing.T, im *Image) *Image {
	t.Helper()
	out, err := ToRGBA(im, im.Width, im.Height, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A part that keeps its size keeps its pixels, at odd offsets too.
func TestCropWithoutResize(t *testing.T) {
	const w, h = 61, 47
	for name, src := range layouts(t, w, h) {
		for orientation := 1; orientation <= 8; orientation++ {
			whole, err := ToRGBA(src, w, h, orientation)
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []image.Point{{20, 20}, {33, 12}, {11, 31}, {1, 1}, {whole.Width, whole.Height}} {
				left, top := (whole.Width-size.X)|1, (whole.Height-size.Y)|1
				left, top = min(left, whole.Width-size.X), min(top, whole.Height-size.Y)
				c := Crop{Of: image.Pt(whole.Width, whole.Height), Size: size,
					Rect: image.Rect(left, top, left+size.X, top+size.Y)}
				got, err := ExactCrop(src, c, orientation)
				if err != nil {
					t.Fatal(err)
				}
				floor := 45.0
				if src.Layout == RGBA || src.Layout == Gray && src.Depth == 8 {
					floor = 140 // the same
				}
				if db := psnr(t, got, whole, left, top); db < floor {
					t.Errorf("%s, orientation %d, %v: %.1f dB", name, orientation, c.Rect, db)
				}
				if src.Layout == RGBA && size.X < whole.Width && &got.Planes[0][0] == &src.Planes[0][0] {
					t.Errorf("%s: a part shares the memory of the whole", name)
				}
			}
		}
	}
}

// A crop means the same part of an image that was decoded at another size.
func TestCropOfSmallerDecoded(t *testing.T) {
	const w, h = 400, 300
	full := scene(w, h, false)
	for orientation := 1; orientation <= 8; orientation++ {
		shownW, shownH := w, h
		if orientation >= 5 {
			shownW, shownH = h, w
		}
		c := Cover(shownW, shownH, 40, 60, Anchor{0.3, 0.7})
		want, err := ExactCrop(full, c, orientation)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range [][2]int{{200, 150}, {150, 113}} {
			small, err := ToRGBA(full, size[0], size[1], 1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ExactCrop(small, c, orientation)
			if err != nil {
				t.Fatal(err)
			}
			if db := psnr(t, got, want, 0, 0); db < 30 {
				t.Errorf("orientation %d, decoded at %v: %.1f dB", orientation, size, db)
			}
		}
	}
}

func TestCropExtremes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 20000}, {20000, 1}, {2, 3}, {3, 5000}} {
		for name, src := range layouts(t, size[0], size[1]) {
			for _, orientation := range []int{0, 3, 6, 9} {
				shownW, shownH := size[0], size[1]
				if orientation >= 5 && orientation <= 8 {
					shownW, shownH = shownH, shownW
				}
				for _, box := range [][2]int{{1, 1}, {100, 100}, {1, 300}, {300, 1}} {
					c := Cover(shownW, shownH, box[0], box[1], Anchor{1, 1})
					exact, err := ExactCrop(src, c, orientation)
					if err != nil {
						t.Fatalf("%s, %v to %v: %v", name, size, box, err)
					}
					planes, err := LossyCrop(src, c, orientation)
					if err != nil {
						t.Fatalf("%s, %v to %v: %v", name, size, box, err)
					}
					for _, im := range []*Image{exact, planes} {
						if im.Width != c.Size.X || im.Height != c.Size.Y {
							t.Errorf("%s, %v to %v: got %dx%d, want %v", name, size, box, im.Width, im.Height, c.Size)
						}
					}
				}
			}
		}
	}
}

func TestCropRefusesBadParts(t *testing.T) {
	src := scene(8, 8, false)
	good := Crop{Rect: image.Rect(1, 1, 4, 4), Of: image.Pt(8, 8), Size: image.Pt(2, 2)}
	for name, spoil := range map[string]func(*Crop){
		"zero":        func(c *Crop) { *c = Crop{} },
		"empty":       func(c *Crop) { c.Rect.Max.X = c.Rect.Min.X },
		"negative":    func(c *Crop) { c.Rect.Min.X = -1 },
		"outside":     func(c *Crop) { c.Rect.Max.Y = 9 },
		"no size":     func(c *Crop) { c.Size.X = 0 },
		"of nothing":  func(c *Crop) { c.Of = image.Point{} },
		"upside down": func(c *Crop) { c.Rect.Min, c.Rect.Max = c.Rect.Max, c.Rect.Min },
	} {
		c := good
		spoil(&c)
		for _, crop := range []func(*Image, Crop, int) (*Image, error){ExactCrop, LossyCrop} {
			if _, err := crop(src, c, 1); err == nil || !strings.Contains(err.Error(), "crop") {
				t.Errorf("%s: the error is %v", name, err)
			}
		}
	}
}

func TestFixedAnchor(t *testing.T) {
	var seen []Anchor
	for _, name := range positions {
		at, ok := FixedAnchor(name)
		if !ok || slices.Contains(seen, at) {
			t.Errorf("%s: %v, %v", name, at, ok)
		}
		seen = append(seen, at)
	}
	for _, name := range []string{"", "none", "attention", "entropy", "Center"} {
		if at, ok := FixedAnchor(name); ok {
			t.Errorf("%q is %v", name, at)
		}
	}
}
