package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"math"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// Fax codes (ITU-T T.4 and T.6) of rows that are 4 pixels white, 4 black.
func TestTIFFFax(t *testing.T) {
	bits := func(s ...string) (out []byte) {
		n := 0
		for _, s := range s {
			for _, c := range s {
				if n%8 == 0 {
					out = append(out, 0)
				}
				out[n/8] |= byte(c-'0') << (7 - n%8)
				n++
			}
		}
		return out
	}
	const (
		row      = "1011" + "011" // 4 white, 4 black
		eol      = "000000000001"
		same     = "1" + "1"       // V0, V0
		sideways = "001" + row     // the first row of T.6: a horizontal mode
		eofb     = eol + eol       // the end of T.6
		whole    = eol + row       // T.4, one dimension
		tagged1  = eol + "1" + row // T.4, two dimensions: a row of its own
		tagged2  = eol + "0" + same
	)
	black, white := []byte{0, 0, 0, 255}, []byte{255, 255, 255, 255}
	for _, tc := range []struct {
		name string
		kind int
		more tiffTags
		data []byte
	}{
		{"T.4, one dimension", 3, nil, bits(whole, whole, whole)},
		{"T.4, two dimensions", 3, tiffTags{tiffT4Options: []int{1}}, bits(tagged1, tagged2, tagged1)},
		{"T.6", 4, nil, bits(sideways, same, same, eofb)},
		{"modified Huffman", 2, nil, []byte{bits(row)[0], bits(row)[0], bits(row)[0], 0, 0}},
	} {
		for _, photometric := range []int{0, 1} {
			for _, flip := range []bool{false, true} {
				data := tc.data
				tags := tiffTags{
					tiffWidth: []int{8}, tiffHeight: []int{3}, tiffBits: []int{1}, tiffSamples: []int{1},
					tiffCompression: []int{tc.kind}, tiffPhotometric: []int{photometric}, tiffRowsPerStrip: []int{3},
				}
				maps.Copy(tags, tc.more)
				if flip {
					tags[tiffFillOrder], data = []int{2}, reversed(data)
				}
				f, _, err := decodeTIFF(tiffOrders[0].file(tags, data), false)
				if err != nil {
					t.Errorf("%s, photometric %d, flipped %v: %v", tc.name, photometric, flip, err)
					continue
				}
				// Black of a fax is 1; BlackIsZero makes white of it.
				first, second := white, black
				if photometric == 1 {
					first, second = black, white
				}
				for i := range 24 {
					want := first
					if i%8 >= 4 {
						want = second
					}
					if !bytes.Equal(f.pix[4*i:4*i+4], want) {
						t.Fatalf("%s, photometric %d, flipped %v: pixel %d is %v", tc.name, photometric, flip, i, f.pix[4*i:4*i+4])
					}
				}
				for n := range len(data) - 2 {
					if f, _, err := decodeTIFF(tiffOrders[0].file(tags, data[:n]), false); err == nil && !bytes.Equal(f.pix[:4], first) {
						t.Errorf("%s: %d bytes of %d are decoded", tc.name, n, len(data))
					} else if err == nil && tc.kind != 4 {
						t.Errorf("%s: %d bytes of %d are decoded", tc.name, n, len(data))
					}
				}
			}
		}
	}
}

// JPEG in a TIFF: gray, and YCbCr with small chroma. What is cut off is an error.
func TestTIFFJPEG(t *testing.T) {
	colored, gray := image.NewYCbCr(image.Rect(0, 0, 48, 32), image.YCbCrSubsampleRatio420), image.NewGray(image.Rect(0, 0, 48, 32))
	for y := range 32 {
		for x := range 48 {
			gray.Pix[y*gray.Stride+x] = byte(5 * x)
			colored.Y[y*colored.YStride+x] = byte(2*x + 100)
			i := colored.COffset(x, y)
			colored.Cb[i], colored.Cr[i] = 90, byte(170-y)
		}
	}
	for _, tc := range []struct {
		name string
		m    image.Image
		tags tiffTags
	}{
		{"gray", gray, tiffTags{tiffPhotometric: []int{1}, tiffBits: []int{8}, tiffSamples: []int{1}}},
		{"ycbcr", colored, tiffTags{tiffPhotometric: []int{6}, tiffBits: []int{8, 8, 8}, tiffSamples: []int{3}, tiffSubsampling: []int{2, 2}}},
	} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, tc.m, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		tags := tiffTags{tiffWidth: []int{48}, tiffHeight: []int{32}, tiffCompression: []int{7}, tiffRowsPerStrip: []int{32}}
		maps.Copy(tags, tc.tags)
		data := tiffOrders[0].file(tags, b.Bytes())
		f, _, err := decodeTIFF(data, false)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		for y := range 32 {
			for x := range 48 {
				want := color.NRGBAModel.Convert(tc.m.At(x, y)).(color.NRGBA)
				got := f.pix[4*(48*y+x):]
				if d := max(math.Abs(float64(got[0])-float64(want.R)), math.Abs(float64(got[1])-float64(want.G)), math.Abs(float64(got[2])-float64(want.B))); d > 12 {
					t.Fatalf("%s: %d,%d is %v, want %v", tc.name, x, y, got[:4], want)
				}
			}
		}
		if info, err := probeTIFF(data); err != nil || !info.Lossy {
			t.Errorf("%s: %+v, %v", tc.name, info, err)
		}
		for n := 0; n < b.Len()-2; n += 7 {
			if f, _, err := decodeTIFF(tiffOrders[0].file(tags, b.Bytes()[:n]), false); err == nil || f.pix != nil {
				t.Fatalf("%s: %d of %d bytes are decoded", tc.name, n, b.Len())
			}
		}
	}
}

// YCbCr without compression: blocks of 2x2 luma, then Cb and Cr.
func TestTIFFYCbCr(t *testing.T) {
	tags := tiffTags{
		tiffWidth: []int{2}, tiffHeight: []int{2}, tiffBits: []int{8, 8, 8}, tiffSamples: []int{3},
		tiffCompression: []int{1}, tiffPhotometric: []int{6}, tiffSubsampling: []int{2, 2}, tagOrientation: []int{3},
	}
	f, m, err := decodeTIFF(tiffOrders[1].file(tags, []byte{10, 20, 30, 40, 128, 128}), false)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{10, 10, 10, 255, 20, 20, 20, 255, 30, 30, 30, 255, 40, 40, 40, 255}
	if !bytes.Equal(f.pix, want) || m.Orientation != 3 || !f.opaque {
		t.Errorf("%v, orientation %d, want %v", f.pix, m.Orientation, want)
	}
	tags[tiffCompression] = []int{8}
	packed := tiffPackers[8](t, []byte{10, 20, 30, 40, 128})
	if f, _, err := decodeTIFF(tiffOrders[1].file(tags, packed), false); err == nil || f.pix != nil {
		t.Error("it is cut short, and decoded")
	}
}

// Lab by colors whose sRGB is known: white, black, a gray, and red, green and blue.
func TestTIFFLab(t *testing.T) {
	type lab struct{ l, a, b float64 }
	colors := map[lab][3]byte{
		{100, 0, 0}: {255, 255, 255}, {0, 0, 0}: {0, 0, 0}, {53.585, 0, 0}: {128, 128, 128},
		{54.29, 80.81, 69.89}: {255, 0, 0}, {87.82, -79.29, 80.99}: {0, 255, 0}, {29.57, 68.30, -112.03}: {0, 0, 255},
	}
	for c, want := range colors {
		for _, bits := range []int{8, 16} {
			for _, photometric := range []int{8, 9} {
				var samples []byte
				for i, v := range []float64{c.l, c.a, c.b} {
					var n int
					switch {
					case bits == 8 && i == 0:
						n = int(math.Round(v * 2.55))
					case bits == 8 && photometric == 8:
						n = int(math.Round(v)) & 0xff
					case bits == 8:
						n = int(math.Round(v)) + 128
					case i == 0 && photometric == 8:
						n = int(math.Round(v * 655.35))
					case i == 0:
						n = int(math.Round(v * 652.8))
					case photometric == 8:
						n = int(math.Round(v*256)) & 0xffff
					default:
						n = int(math.Round(v*256)) + 0x8000
					}
					if bits == 8 {
						samples = append(samples, byte(n))
					} else {
						samples = binary.BigEndian.AppendUint16(samples, uint16(n))
					}
				}
				tags := tiffTags{
					tiffWidth: []int{1}, tiffHeight: []int{1}, tiffBits: []int{bits, bits, bits}, tiffSamples: []int{3},
					tiffCompression: []int{1}, tiffPhotometric: []int{photometric},
				}
				f, _, err := decodeTIFF(tiffOrders[1].file(tags, samples), false)
				if err != nil {
					t.Fatal(err)
				}
				tolerance := 2.0
				if bits == 8 {
					tolerance = 12 // a step of a* or b* is more than one of sRGB
				}
				for i, v := range want {
					if math.Abs(float64(f.pix[i])-float64(v)) > tolerance {
						t.Errorf("%v, %d bits, photometric %d: %v, want %v", c, bits, photometric, f.pix, want)
						break
					}
				}
			}
		}
	}
}

// CMYK becomes colors as that of a JPEG does.
func TestTIFFCMYK(t *testing.T) {
	tags := tiffTags{
		tiffWidth: []int{2}, tiffHeight: []int{1}, tiffBits: []int{8, 8, 8, 8}, tiffSamples: []int{4},
		tiffCompression: []int{1}, tiffPhotometric: []int{5},
	}
	p, err := Decode(tiffOrders[0].file(tags, []byte{0, 0, 0, 0, 255, 0, 0, 51}), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Image.Layout != pixel.CMYK || p.Image.Alpha {
		t.Fatalf("%+v", p.Image)
	}
	im, err := pixel.ToSRGB(&p.Image, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{255, 255, 255, 255, 0, 204, 204, 255}; !bytes.Equal(im.Planes[0], want) {
		t.Errorf("%v, want %v", im.Planes[0], want)
	}
}
