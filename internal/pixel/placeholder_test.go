package pixel

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/webpress/webpress/internal/thumbhash"
)

// A placeholder is that of the image shrunk to 100 pixels, in any layout.
func TestThumbHash(t *testing.T) {
	for _, size := range [][2]int{{80, 60}, {400, 300}, {300, 400}, {1000, 90}, {1, 1}, {1, 20000}, {3, 2}} {
		for name, src := range layouts(t, size[0], size[1]) {
			got, err := ThumbHash(src)
			if err != nil {
				t.Fatal(err)
			}
			w, h := Fit(size[0], size[1], 100, 100)
			small, err := ToRGBA(src, w, h, 1)
			if err != nil {
				t.Fatal(err)
			}
			want, err := thumbhash.Encode(w, h, small.Planes[0])
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) || len(got) > 25 {
				t.Errorf("%s, %v: %x, want %x", name, size, got, want)
				continue
			}
			// The rows that are left out change a value by a step at most.
			a, b := fields(got), fields(want)
			for i := range a {
				if d := a[i] - b[i]; d*d > 1 {
					t.Errorf("%s, %v: %x, want %x", name, size, got, want)
					break
				}
			}
			if again, err := ThumbHash(src); err != nil || !bytes.Equal(again, got) {
				t.Errorf("%s, %v: %x and then %x, %v", name, size, got, again, err)
			}
		}
	}
}

// fields are the numbers in a hash.
func fields(hash []byte) []int {
	header, shape := int(hash[0])|int(hash[1])<<8|int(hash[2])<<16, int(hash[3])|int(hash[4])<<8
	// The frequencies and the flags must be the same: they count ten times.
	all := []int{header & 63, header >> 6 & 63, header >> 12 & 63, header >> 18 & 31, header >> 23 * 10,
		shape & 7 * 10, shape >> 3 & 63, shape >> 9 & 63, shape >> 15 * 10}
	for _, b := range hash[5:] {
		all = append(all, int(b&15), int(b>>4))
	}
	return all
}

func TestDominant(t *testing.T) {
	flat := func(r, g, b, a byte) func(x, y int) [4]byte {
		return func(x, y int) [4]byte { return [4]byte{r, g, b, a} }
	}
	for _, c := range []struct {
		name  string
		w, h  int
		alpha bool
		at    func(x, y int) [4]byte
		want  string
	}{
		{"one pixel", 1, 1, false, flat(1, 2, 3, 255), "#010203"},
		{"white", 640, 480, false, flat(255, 255, 255, 255), "#ffffff"},
		{"black", 300, 2000, false, flat(0, 0, 0, 255), "#000000"},
		{"glass", 64, 64, true, flat(214, 40, 40, 10), "#d62828"},
		{"clear", 64, 64, true, flat(214, 40, 40, 0), ""},
		{"most of it", 90, 90, false, func(x, y int) [4]byte {
			if x < 50 {
				return [4]byte{214, 40, 40, 255}
			}
			return [4]byte{40, 80, byte(200 - y%3), 255}
		}, "#d62828"},
		{"most of what is seen", 90, 90, true, func(x, y int) [4]byte {
			if x < 60 {
				return [4]byte{40, 160, 70, 40}
			}
			return [4]byte{240, 200, 40, 255}
		}, "#f0c828"},
		{"close colors", 90, 90, false, func(x, y int) [4]byte {
			return [4]byte{byte(100 + (x+y)%2*4), 120, 140, 255}
		}, "#66788c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Dominant(rgba(c.w, c.h, c.alpha, c.at))
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// The layout of an image does not matter, as far as its samples hold the color.
func TestDominantOfLayouts(t *testing.T) {
	card := rgba(400, 300, false, func(x, y int) [4]byte {
		if x < 240 {
			return [4]byte{40, 88, 200, 255}
		}
		return [4]byte{240, 200, 40, 255}
	})
	planes, err := ToYUV420(card, 400, 300, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []*Image{card, planes} {
		got, err := Dominant(src)
		if err != nil {
			t.Fatal(err)
		}
		v, err := strconv.ParseUint(got[1:], 16, 32)
		if err != nil || !near([4]byte{byte(v >> 16), byte(v >> 8), byte(v)}, [4]byte{40, 88, 200}, 2) {
			t.Errorf("got %s, %v, want about #2858c8", got, err)
		}
	}
}

func BenchmarkPlaceholder(b *testing.B) {
	planes, err := ToYUV420(scene(1200, 800, false), 1200, 800, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("thumbhash", func(b *testing.B) {
		for b.Loop() {
			if _, err := ThumbHash(planes); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("dominant", func(b *testing.B) {
		for b.Loop() {
			if _, err := Dominant(planes); err != nil {
				b.Fatal(err)
			}
		}
	})
}
