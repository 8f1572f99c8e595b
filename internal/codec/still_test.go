package codec

import (
	"image"
	"image/color"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTo8(t *testing.T) {
	for v := range uint32(65536) {
		if got, want := to8(v), byte(math.Round(float64(v)*255/65535)); got != want {
			t.Fatalf("to8(%d) = %d, want %d", v, got, want)
		}
	}
}

// noise fills an image with colours of all alphas, reproducibly.
func noise(pix []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range pix {
		pix[i] = byte(r.Uint32())
	}
}

func TestToFrame(t *testing.T) {
	rect := image.Rect(0, 0, 13, 7)
	nrgba, nrgba64 := image.NewNRGBA(rect), image.NewNRGBA64(rect)
	gray, gray16 := image.NewGray(rect), image.NewGray16(rect)
	rgba, rgba64 := image.NewRGBA(rect), image.NewRGBA64(rect)
	for _, pix := range [][]byte{nrgba.Pix, nrgba64.Pix, gray.Pix, gray16.Pix} {
		noise(pix)
	}
	for y := range rect.Max.Y { // premultiplied, so not any noise
		for x := range rect.Max.X {
			rgba.Set(x, y, nrgba.At(x, y))
			rgba64.Set(x, y, nrgba64.At(x, y))
		}
	}
	palette := color.Palette{
		color.NRGBA{10, 20, 30, 40}, color.RGBA{1, 2, 3, 255}, color.RGBA{},
		color.RGBA64{0x1280, 0x127f, 0xffff, 0xffff},
	}
	paletted := image.NewPaletted(rect, palette)
	for i := range paletted.Pix {
		paletted.Pix[i] = byte(i % len(palette))
	}
	opaque := image.NewRGBA(rect)
	for i := range opaque.Pix {
		opaque.Pix[i] = byte(i) | byte(255*(i%4/3))
	}

	for _, tc := range []struct {
		name         string
		m            image.Image
		opaque, gray bool
	}{
		{"straight", nrgba, false, false},
		{"straight 16", nrgba64, false, false},
		{"premultiplied", rgba, false, false},
		{"premultiplied 16", rgba64, false, false},
		{"opaque", opaque, true, false},
		{"gray", gray, true, true},
		{"gray 16", gray16, true, true},
		{"paletted", paletted, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []color.NRGBA
			for y := range rect.Max.Y {
				for x := range rect.Max.X {
					want = append(want, straight(tc.m.At(x, y)))
				}
			}
			f, err := toFrame("test", tc.m)
			if err != nil {
				t.Fatal(err)
			}
			if f.w != rect.Max.X || f.h != rect.Max.Y || f.opaque != tc.opaque || f.gray != tc.gray || len(f.pix) != 4*len(want) {
				t.Fatalf("got %dx%d, opaque %v, gray %v, %d bytes", f.w, f.h, f.opaque, f.gray, len(f.pix))
			}
			for i, w := range want {
				if got := (color.NRGBA{f.pix[4*i], f.pix[4*i+1], f.pix[4*i+2], f.pix[4*i+3]}); got != w {
					t.Fatalf("pixel %d of %T: %v, want %v", i, tc.m, got, w)
				}
			}
		})
	}
}

// straight is what the decoders should make of a colour, by way of floats.
func straight(c color.Color) color.NRGBA {
	round := func(v, of float64) byte { return byte(math.Round(min(1, v/of) * 255)) }
	switch c := c.(type) {
	case color.NRGBA:
		return c
	case color.NRGBA64:
		const full = 65535
		return color.NRGBA{round(float64(c.R), full), round(float64(c.G), full), round(float64(c.B), full), round(float64(c.A), full)}
	case color.RGBA:
		if c.A == 0 {
			return color.NRGBA{}
		}
		a := float64(c.A)
		return color.NRGBA{round(float64(c.R), a), round(float64(c.G), a), round(float64(c.B), a), c.A}
	}
	r, g, b, alpha := c.RGBA()
	if alpha == 0 {
		return color.NRGBA{}
	}
	// To 16 bits first, as the decoder does.
	sixteen := func(v uint32) float64 { return math.Round(float64(v) / float64(alpha) * 65535) }
	return color.NRGBA{round(sixteen(r), 65535), round(sixteen(g), 65535), round(sixteen(b), 65535), round(float64(alpha), 65535)}
}

func TestIsOpaque(t *testing.T) {
	for n := range 9 {
		pix := make([]byte, 4*n)
		for i := range pix {
			pix[i] = byte(255 * (i % 4 / 3))
		}
		if !isOpaque(pix) {
			t.Errorf("%d opaque pixels are not", n)
		}
		for i := 3; i < len(pix); i += 4 {
			pix[i] = 254
			if isOpaque(pix) {
				t.Errorf("alpha 254 at %d of %d is overlooked", i/4, n)
			}
			pix[i] = 255
		}
	}
}

func TestDecodeError(t *testing.T) {
	ours := &Error{Op: "x", Detail: "y", Hint: "z"}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{io.ErrUnexpectedEOF, "png: the file is cut short"},
		{io.EOF, "png: the file is cut short"},
		{io.ErrClosedPipe, "png: io: read/write on closed pipe"},
		{ours, "x: y"},
	} {
		if diff := cmp.Diff(tc.want, decodeError("png", tc.err).Error()); diff != "" {
			t.Error(diff)
		}
	}
}
