package codec

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// Go's encoder and libjpeg scale the same tables; every quality of both is found again,
// in color and in gray.
func TestJPEGQuality(t *testing.T) {
	gray := pixel.NewPlanar(pixel.Image{Width: 8, Height: 8, Layout: pixel.Gray, Depth: 8, Full: true})
	for q := 1; q <= 100; q++ {
		var other bytes.Buffer
		if err := jpeg.Encode(&other, image.NewNRGBA(image.Rect(0, 0, 8, 8)), &jpeg.Options{Quality: q}); err != nil {
			t.Fatal(err)
		}
		color, err := EncodeJPEG(pixel.NewRGBA(8, 8, nil), JPEGOptions{Quality: q})
		if err != nil {
			t.Fatal(err)
		}
		one, err := EncodeJPEG(gray, JPEGOptions{Quality: q})
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"Go": other.Bytes(), "color": color, "gray": one} {
			if got, ok := JPEGQuality(data); got != q || !ok {
				t.Errorf("%s, quality %d: %d, %v", name, q, got, ok)
			}
		}
	}
}

// tablesOf is the start of a JPEG whose components use tables 0 and second, each with
// 64 times the same value; a value above 255 makes the table one of two bytes each.
func tablesOf(first, second int, values ...int) []byte {
	data := []byte{0xff, 0xd8}
	for i, v := range values {
		if v > 255 {
			data = append(data, 0xff, 0xdb, 0, 3+128, byte(0x10|i))
			data = append(data, bytes.Repeat([]byte{byte(v >> 8), byte(v)}, 64)...)
			continue
		}
		data = append(data, 0xff, 0xdb, 0, 3+64, byte(i))
		data = append(data, bytes.Repeat([]byte{byte(v)}, 64)...)
	}
	data = append(data, 0xff, 0xc0, 0, 17, 8, 0, 8, 0, 8, 3, 1, 0x22, byte(first), 2, 0x11, byte(second), 3, 0x11, byte(second))
	return append(data, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)
}

// robidoux is the start of a JPEG whose components share the table that mozjpeg has by
// default (jcparam.c, by N. Robidoux), at a quality of 50 or more.
func robidoux(quality int) []byte {
	data := tablesOf(0, 0, 1)
	for i, v := range []int{
		16, 16, 16, 18, 25, 37, 56, 85, 16, 17, 20, 27, 34, 40, 53, 75,
		16, 20, 24, 31, 43, 62, 91, 135, 18, 27, 31, 40, 53, 74, 106, 156,
		25, 34, 43, 53, 69, 94, 131, 189, 37, 40, 62, 74, 94, 124, 169, 238,
		56, 53, 91, 106, 131, 169, 226, 311, 85, 75, 135, 156, 189, 238, 311, 418,
	} {
		data[7+i] = byte(min(255, (v*(200-2*quality)+50)/100))
	}
	return data
}

// Other tables are as good as those of the nearest sum.
func TestJPEGQualityOther(t *testing.T) {
	for _, tc := range []struct {
		name string
		data []byte
		want int
		ok   bool
	}{
		{"without loss", tablesOf(0, 1, 1, 1), 100, true},
		{"flat", tablesOf(0, 1, 16, 16), 89, true},
		{"coarse", tablesOf(0, 1, 99, 99), 36, true},
		{"one table for both", tablesOf(0, 0, 16), 89, true},
		{"one of mozjpeg's for both, 75", robidoux(75), 69, true},
		{"two bytes", tablesOf(0, 1, 300, 300), 1, true},
		{"the last of two", slices.Concat([]byte{0xff, 0xd8}, tablesOf(0, 1, 99, 99)[2:140], tablesOf(0, 1, 1, 1)[2:]), 100, true},
		{"fill and stray bytes", slices.Concat([]byte{0xff, 0xd8, 7, 0xff}, tablesOf(0, 1, 16, 16)[2:]), 89, true},
		{"no table", tablesOf(0, 1), 0, false},
		{"a table that is not there", tablesOf(3, 1, 16, 16), 0, false},
		{"a table that cannot be", tablesOf(9, 1, 16, 16), 0, false},
		{"cut in a table", tablesOf(0, 1, 16, 16)[:60], 0, false},
		{"cut before the frame", tablesOf(0, 1, 16, 16)[:140], 0, false},
		{"not a JPEG", []byte("GIF89a"), 0, false},
		{"nothing", nil, 0, false},
	} {
		if got, ok := JPEGQuality(tc.data); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %d, %v, want %d, %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
}
