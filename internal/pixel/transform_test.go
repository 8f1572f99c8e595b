package pixel

import (
	"fmt"
	"math"
	"testing"
)

// rgba makes an image by calling at for each pixel.
func rgba(w, h int, alpha bool, at func(x, y int) [4]byte) *Image {
	im := NewRGBA(w, h, nil)
	im.Alpha = alpha
	for y := range h {
		for x := range w {
			c := at(x, y)
			copy(im.Planes[0][y*im.Stride[0]+4*x:], c[:])
		}
	}
	return im
}

func pixelAt(im *Image, x, y int) [4]byte {
	return [4]byte(im.Planes[0][y*im.Stride[0]+4*x:][:4])
}

func near(a, b [4]byte, tolerance float64) bool {
	for i := range a {
		if math.Abs(float64(a[i])-float64(b[i])) > tolerance {
			return false
		}
	}
	return true
}

func TestFit(t *testing.T) {
	for _, c := range []struct{ w, h, maxW, maxH, wantW, wantH int }{
		{4032, 3024, 1200, 0, 1200, 900},
		{3024, 4032, 1200, 1200, 900, 1200},
		{800, 600, 1200, 0, 800, 600},
		{3840, 2160, 1200, 0, 1200, 675},
		{10000, 1, 100, 0, 100, 1},
		{1, 10000, 0, 100, 1, 100},
		{2725, 2225, 1201, 0, 1201, 981},
		{100, 100, 0, 0, 100, 100},
	} {
		if w, h := Fit(c.w, c.h, c.maxW, c.maxH); w != c.wantW || h != c.wantH {
			t.Errorf("Fit(%d, %d, %d, %d) = %d, %d, want %d, %d", c.w, c.h, c.maxW, c.maxH, w, h, c.wantW, c.wantH)
		}
	}
}

// A resized checkerboard of opaque red and transparent green must not show any
// green: colours are weighted by alpha.
func TestAlphaWeighs(t *testing.T) {
	src := rgba(64, 64, true, func(x, y int) [4]byte {
		if x < 33 {
			return [4]byte{255, 0, 0, 255}
		}
		return [4]byte{0, 255, 0, 0}
	})
	got, err := ToRGBA(src, 16, 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	for x := range 16 {
		if c := pixelAt(got, x, 8); c[3] > 8 && c[1] > 8 {
			t.Errorf("pixel %d is %v: green bleeds in", x, c)
		}
	}
}

func TestOddSizesKeepTheirPlace(t *testing.T) {
	// A horizontal ramp has the same value at the same relative place whatever
	// the size is.
	for _, size := range [][2]int{{200, 100}, {201, 101}, {199, 33}} {
		w, h := size[0], size[1]
		src := rgba(w, h, false, func(x, y int) [4]byte {
			v := byte(255 * (float64(x) + 0.5) / float64(w))
			return [4]byte{v, v, v, 255}
		})
		for _, width := range []int{w, 50, 51, 33, 1} {
			for orientation := 1; orientation <= 8; orientation++ {
				dw, dh := width, max(1, h*width/w)
				got, err := ToYUV420(src, dw, dh, orientation)
				if err != nil {
					t.Fatalf("%dx%d to %d: %v", w, h, width, err)
				}
				for i := 2; i < dw-2; i++ {
					x, y := i, dh/2
					switch orientation {
					case 2, 3:
						x = dw - 1 - i
					case 5, 8:
						x, y = dh/2, i
						if orientation == 8 {
							y = dw - 1 - i
						}
					case 6, 7:
						x, y = dh/2, i
						if orientation == 7 {
							y = dw - 1 - i
						}
					}
					if orientation >= 5 {
						x = min(x, got.Width-1)
					}
					want := 16 + 219*(float64(i)+0.5)/float64(dw)
					if y := float64(got.Planes[0][y*got.Stride[0]+x]); math.Abs(y-want) > 2 {
						t.Fatalf("%dx%d to %dx%d, orientation %d: luma %d is %v, want %.1f", w, h, dw, dh, orientation, i, y, want)
					}
				}
			}
		}
	}
}

func TestTurn(t *testing.T) {
	// The letter F, as the eight orientations must show it.
	f := []string{"###", "#..", "##.", "#..", "#.."}
	want := map[int][]string{
		1: {"###", "#..", "##.", "#..", "#.."},
		2: {"###", "..#", ".##", "..#", "..#"},
		3: {"..#", "..#", ".##", "..#", "###"},
		4: {"#..", "#..", "##.", "#..", "###"},
		5: {"#####", "#.#..", "#...."},
		6: {"#####", "..#.#", "....#"},
		7: {"....#", "..#.#", "#####"},
		8: {"#....", "#.#..", "#####"},
	}
	src := rgba(3, 5, false, func(x, y int) [4]byte {
		if f[y][x] == '#' {
			return [4]byte{0, 0, 0, 255}
		}
		return [4]byte{255, 255, 255, 255}
	})
	for orientation, rows := range want {
		got, err := ToRGBA(src, 3, 5, orientation)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			line := ""
			for x := range got.Width {
				if pixelAt(got, x, y)[0] == 0 {
					line += "#"
				} else {
					line += "."
				}
			}
			if line != row {
				t.Errorf("orientation %d row %d: %s, want %s", orientation, y, line, row)
			}
		}
	}
}

func TestYUVToExact(t *testing.T) {
	for _, sub := range [][2]int{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {2, 0}} {
		for _, depth := range []int{8, 10, 12} {
			src := NewPlanar(Image{Width: 21, Height: 13, Layout: YUV, SubW: sub[0], SubH: sub[1],
				Depth: depth, Full: true, Matrix: MatrixBT601})
			// Full-range red in BT.601.
			for p, v := range []int{76, 85, 255} {
				w, h := src.PlaneSize(p)
				for y := range h {
					for x := range w {
						src.set(p, x, y, (v*(1<<depth-1)+127)/255)
					}
				}
			}
			got, err := ToRGBA(src, 21, 13, 1)
			if err != nil {
				t.Fatal(err)
			}
			if c := pixelAt(got, 20, 12); !near(c, [4]byte{254, 0, 0, 255}, 2) {
				t.Errorf("%v, %d bits: %v, want red", sub, depth, c)
			}
		}
	}
}

func (im *Image) set(p, x, y, v int) {
	if im.Depth > 8 {
		im.Planes[p][y*im.Stride[p]+2*x] = byte(v)
		im.Planes[p][y*im.Stride[p]+2*x+1] = byte(v >> 8)
		return
	}
	im.Planes[p][y*im.Stride[p]+x] = byte(v)
}

func TestGrey(t *testing.T) {
	for _, depth := range []int{8, 16} {
		src := NewPlanar(Image{Width: 9, Height: 7, Layout: Gray, Depth: depth, Full: true})
		for y := range 7 {
			for x := range 9 {
				src.set(0, x, y, 200*(1<<depth-1)/255)
			}
		}
		got, err := ToRGBA(src, 5, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if c := pixelAt(got, 4, 2); !near(c, [4]byte{200, 200, 200, 255}, 1) {
			t.Errorf("%d bits: %v, want 200", depth, c)
		}
		yuv, err := ToYUV420(src, 5, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if y, u := yuv.Planes[0][0], yuv.Planes[1][0]; y != 188 || u != 128 {
			t.Errorf("%d bits: Y %d U %d, want 188 128", depth, y, u)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	photo := rgba(4000, 3000, false, func(x, y int) [4]byte { return [4]byte{byte(x), byte(y), byte(x * y), 255} })
	planes, err := ToYUV420(photo, 4000, 3000, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, src := range []*Image{photo, planes} {
		for _, width := range []int{4000, 1200} {
			b.Run(fmt.Sprintf("kind=%d/width=%d", src.Layout, width), func(b *testing.B) {
				for b.Loop() {
					if _, err := ToYUV420(src, width, width*3/4, 1); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
