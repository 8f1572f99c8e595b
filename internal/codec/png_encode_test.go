package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/pixel"
)

// drawing returns RGBA whose pixels are what of gives for their column and row.
func drawing(width, height int, alpha bool, of func(x, y int) [4]byte) *pixel.Image {
	im := pixel.NewRGBA(width, height, nil)
	im.Alpha = alpha
	for i := range width * height {
		c := of(i%width, i/width)
		copy(im.Planes[0][4*i:], c[:])
	}
	return im
}

// levels returns an opaque gray of n levels.
func levels(n int) func(x, y int) [4]byte {
	return func(x, y int) [4]byte {
		v := byte((x*7 + y*3) % n * 255 / (n - 1))
		return [4]byte{v, v, v, 255}
	}
}

// colors returns n colors, with alpha from a function where there is one.
func colors(n int, alpha func(i int) byte) func(x, y int) [4]byte {
	return func(x, y int) [4]byte {
		i := (x*31 + y*17) % n
		c := [4]byte{byte(i), byte(i * 3), byte(200 - i/256), 255}
		if alpha != nil {
			c[3] = alpha(i)
		}
		return c
	}
}

// The type is the smallest that holds the pixels, and every pixel that is seen stays, at
// every effort and at odd sizes.
func TestEncodePNG(t *testing.T) {
	half := func(i int) byte { return byte(255 - i%2*100) }
	for _, tc := range []struct {
		name         string
		alpha        bool
		of           func(x, y int) [4]byte
		color, depth int
	}{
		{"black and white", false, levels(2), pngGray, 1},
		{"4 levels", false, levels(4), pngGray, 2},
		{"16 levels", false, levels(16), pngGray, 4},
		{"256 levels", false, levels(256), pngGray, 8},
		{"2 odd levels", false, func(x, y int) [4]byte { v := byte(x % 2 * 99); return [4]byte{v, v, v, 255} }, pngPalette, 1},
		{"2 colors", false, colors(2, nil), pngPalette, 1},
		{"4 colors", false, colors(4, nil), pngPalette, 2},
		{"5 colors", false, colors(5, nil), pngPalette, 4},
		{"17 colors", false, colors(17, nil), pngPalette, 8},
		{"256 colors", false, colors(256, nil), pngPalette, 8},
		{"257 colors", false, colors(257, nil), pngRGB, 8},
		{"2 colors, 2 alphas", true, colors(2, half), pngPalette, 1},
		{"256 colors with alpha", true, colors(256, half), pngPalette, 8},
		{"many with alpha", true, colors(600, half), pngRGBA, 8},
		{"alpha that is opaque", true, colors(600, nil), pngRGB, 8},
		{"a byte that is not alpha", false, colors(600, half), pngRGB, 8},
		{"gray with many alphas", true, func(x, y int) [4]byte { return [4]byte{byte(x), byte(x), byte(x), byte(x * y)} }, pngGrayAlpha, 8},
		{"nothing to see", true, func(x, y int) [4]byte { return [4]byte{byte(x), byte(y), 7, 0} }, pngPalette, 1},
	} {
		im := drawing(131, 67, tc.alpha, tc.of)
		for effort := range 7 {
			data, err := EncodePNG(im, PNGOptions{Effort: effort})
			if err != nil {
				t.Fatal(err)
			}
			f, err := scanPNG(data)
			if err != nil {
				t.Fatal(err)
			}
			// A small image may be smaller without a palette.
			if f.colour != tc.color && (f.colour == pngPalette || tc.color != pngPalette) || f.colour == tc.color && f.depth != tc.depth {
				t.Errorf("%s, effort %d: type %d of %d bits, want %d of %d", tc.name, effort, f.colour, f.depth, tc.color, tc.depth)
			}
			checkPNG(t, fmt.Sprintf("%s, effort %d", tc.name, effort), im, data)
		}
	}
}

// checkPNG compares what is seen of an image with its PNG, by the decoder of this
// package and by Go's.
func checkPNG(t *testing.T, name string, im *pixel.Image, data []byte) {
	t.Helper()
	want := slices.Clone(im.Planes[0])
	for i := range len(want) / 4 {
		p := want[4*i:][:4]
		if !im.Alpha {
			p[3] = 255
		} else if p[3] == 0 {
			clear(p)
		}
	}
	_, got := decoded(t, data)
	if got.Width != im.Width || got.Height != im.Height || !bytes.Equal(got.Planes[0], want) {
		t.Errorf("%s: other pixels", name)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: Go's decoder: %v", name, err)
		return
	}
	for i := range len(want) / 4 {
		n := paletteEntry(m.At(i%im.Width, i/im.Width))
		if got := [4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}; got != [4]byte(want[4*i:]) {
			t.Errorf("%s: Go's decoder sees %v at %d, want %v", name, got, i, want[4*i:][:4])
			return
		}
	}
}

// Sizes that have rows of less than a byte, of less than a pixel of filter, and long ones.
func TestEncodePNGSizes(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 2}, {7, 5}, {8, 8}, {9, 1}, {1, 999}, {33, 17}, {16384, 8}, {70_000, 1}, {1, 70_000}} {
		for _, n := range []int{2, 16, 200, 70_000} {
			im := drawing(size[0], size[1], true, func(x, y int) [4]byte {
				v := noise.IntN(n)
				return [4]byte{byte(v), byte(v >> 4), byte(v >> 8), byte(255 - v%5)}
			})
			for _, effort := range []int{0, 4} {
				data, err := EncodePNG(im, PNGOptions{Effort: effort})
				if err != nil {
					t.Fatal(err)
				}
				checkPNG(t, fmt.Sprintf("%v of %d colors, effort %d", size, n, effort), im, data)
			}
		}
	}
}

// At the default effort, files are no larger than the smallest of Go's encoder, and more
// effort makes them smaller.
func TestEncodePNGSmall(t *testing.T) {
	opaque, _, alpha := photo(t, 240, 160)
	card, err := Decode(picture(t, "png/rgba.png"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, im := range map[string]*pixel.Image{
		"photo": opaque, "photo with alpha": alpha, "card": &card.Image,
		"lines": drawing(400, 300, false, levels(2)), "colors": drawing(200, 100, false, colors(200, nil)),
	} {
		var other bytes.Buffer
		m := &image.NRGBA{Pix: im.Planes[0], Stride: im.Stride[0], Rect: image.Rect(0, 0, im.Width, im.Height)}
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&other, m); err != nil {
			t.Fatal(err)
		}
		var sizes []int
		for _, effort := range []int{0, 4, 6} {
			data, err := EncodePNG(im, PNGOptions{Effort: effort})
			if err != nil {
				t.Fatal(err)
			}
			again, err := EncodePNG(im, PNGOptions{Effort: effort})
			if err != nil || !bytes.Equal(data, again) {
				t.Errorf("%s: other bytes the second time, %v", name, err)
			}
			sizes = append(sizes, len(data))
		}
		if sizes[1] > other.Len() || sizes[1] > sizes[0] || sizes[2] > sizes[1] {
			t.Errorf("%s: %d bytes by effort 0, 4, 6; Go: %d", name, sizes, other.Len())
		}
	}
}

func TestEncodePNGMetadata(t *testing.T) {
	icc, exif, xmp := metadata()
	im := drawing(40, 30, false, levels(256))
	data, err := EncodePNG(im, PNGOptions{ICC: icc, EXIF: exif, XMP: xmp})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := decoded(t, data)
	if diff := cmp.Diff(meta{ICC: icc, EXIF: exif, XMP: xmp}, p.meta); diff != "" {
		t.Error(diff)
	}
	if f, err := scanPNG(data); err != nil || f.colour == pngGray {
		t.Errorf("gray with a profile for RGB, %v", err)
	}
	checkPNG(t, "with metadata", im, data)

	gray := grayProfile()
	if data, err = EncodePNG(im, PNGOptions{ICC: gray}); err != nil {
		t.Fatal(err)
	}
	if p, _ = decoded(t, data); !p.Gray || !bytes.Equal(p.ICC, gray) {
		t.Errorf("gray %v with a profile of %d bytes", p.Gray, len(p.ICC))
	}
	_, err = EncodePNG(drawing(4, 4, false, colors(9, nil)), PNGOptions{ICC: gray})
	if want := "png: the color profile is for gray, and the pixels have colors"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// grayProfile is a profile for one channel with a gamma of 2 (ICC.1:2010, 7.2, 8.4.2).
func grayProfile() []byte {
	icc := make([]byte, 128)
	icc = binary.BigEndian.AppendUint32(icc, 2) // tags: name, offset, length
	icc = append(icc, "wtpt\x00\x00\x00\x9c\x00\x00\x00\x14kTRC\x00\x00\x00\xb0\x00\x00\x00\x0e"...)
	icc = append(icc, "XYZ \x00\x00\x00\x00\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"...)
	icc = append(icc, "curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00"...)
	binary.BigEndian.PutUint32(icc, uint32(len(icc)))
	binary.BigEndian.PutUint32(icc[8:], 0x02400000)
	copy(icc[12:], "mntrGRAYXYZ ")
	copy(icc[36:], "acsp")
	copy(icc[68:], "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d") // D50
	return icc
}
