package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// anyPNG returns a PNG of random rows, filtered in all five ways, whose pixels come
// in pieces.
func anyPNG(r *rand.Rand, w, h, depth, colour int, interlaced bool, extra ...[]byte) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	header = append(header, byte(depth), byte(colour), 0, 0, flagByte(interlaced))
	f := &pngFile{pngHeader: pngHeader{w: w, h: h, depth: depth, colour: colour, interlaced: interlaced}}
	var rows []byte
	for _, p := range f.passes(w, h) {
		for range p.h {
			rows = append(rows, byte(r.IntN(5)))
			for range (p.w*f.pixelBits() + 7) / 8 {
				rows = append(rows, byte(r.IntN(256)))
			}
		}
	}
	packed := deflate(rows)
	file := slices.Concat([]byte(pngSignature), pngChunk("IHDR", header), slices.Concat(extra...))
	for half := range slices.Chunk(packed, len(packed)/2+1) {
		file = append(file, pngChunk("IDAT", half)...)
	}
	return append(file, pngChunk("IEND", nil)...)
}

func flagByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Every kind of PNG is decoded to the pixels that Go's own decoder returns.
func TestPNGKinds(t *testing.T) {
	palette := pngChunk("PLTE", []byte("\x01\x80\xff\xfe\x40\x03"))
	for _, kind := range []struct {
		colour int
		depths []int
		extra  [][][]byte
	}{
		{pngGray, []int{1, 2, 4, 8, 16}, [][][]byte{nil, {pngChunk("tRNS", []byte{0, 1})}}},
		{pngRGB, []int{8, 16}, [][][]byte{nil, {pngChunk("tRNS", []byte{0, 1, 0, 2, 0, 3})}}},
		{pngPalette, []int{1, 2, 4, 8}, [][][]byte{{palette}, {palette, pngChunk("tRNS", []byte{9, 0})}}},
		{pngGrayAlpha, []int{8, 16}, [][][]byte{nil}},
		{pngRGBA, []int{8, 16}, [][][]byte{nil}},
	} {
		for _, depth := range kind.depths {
			for i, extra := range kind.extra {
				for _, interlaced := range []bool{false, true} {
					t.Run(fmt.Sprintf("colour %d, %d bits, interlaced %v, variant %d", kind.colour, depth, interlaced, i), func(t *testing.T) {
						r := rand.New(rand.NewPCG(1, 2))
						for n := range 20 {
							w, h := 1+r.IntN(20), 1+r.IntN(20)
							if n == 0 {
								w, h = 1, 1
							}
							data := anyPNG(r, w, h, depth, kind.colour, interlaced, extra...)
							m, err := png.Decode(bytes.NewReader(data))
							if err != nil {
								t.Fatal(err)
							}
							want, err := toFrame("png", m)
							if err != nil {
								t.Fatal(err)
							}
							got, _, err := decodePNG(data)
							if err != nil {
								t.Fatal(err)
							}
							if got.w != w || got.h != h || !bytes.Equal(got.pix, want.pix) || got.opaque != want.opaque {
								t.Fatalf("%dx%d, opaque %v:\n% x\nwant opaque %v:\n% x", got.w, got.h, got.opaque, got.pix, want.opaque, want.pix)
							}
						}
					})
				}
			}
		}
	}
}

// A colour is transparent by the bits that samples have, and a narrow one of 8
// matches no wider sample.
func TestPNGClearColour(t *testing.T) {
	rows := []byte{0, 7, 7, 7, 7, 7, 8}
	header := []byte{0, 0, 0, 2, 0, 0, 0, 1, 8, pngRGB, 0, 0, 0}
	data := slices.Concat([]byte(pngSignature), pngChunk("IHDR", header), pngChunk("tRNS", []byte{0, 7, 0, 7, 0, 7}),
		pngChunk("IDAT", deflate(rows)), pngChunk("IEND", nil))
	f, _, err := decodePNG(data)
	if want := []byte{7, 7, 7, 0, 7, 7, 8, 255}; err != nil || !bytes.Equal(f.pix, want) || f.opaque {
		t.Errorf("% d, opaque %v, %v", f.pix, f.opaque, err)
	}
}

func TestPNGPixelsRefused(t *testing.T) {
	header := pngChunk("IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, pngGray, 0, 0, 0})
	indexed := pngChunk("IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, pngPalette, 0, 0, 0})
	good := deflate([]byte{0, 1, 2, 0, 3, 4})
	broken := func(chunk []byte) []byte {
		c := slices.Clone(chunk)
		c[len(c)-1] ^= 1
		return c
	}
	sum := slices.Clone(good)
	sum[len(sum)-1] ^= 1
	for _, tc := range []struct {
		name   string
		chunks [][]byte
		want   string // empty: none
	}{
		{"sound", [][]byte{header, pngChunk("IDAT", good)}, ""},
		{"bytes after the pixels", [][]byte{header, pngChunk("IDAT", append(slices.Clone(good), "more"...)), pngChunk("IDAT", []byte("and more"))}, ""},
		{"checksum of the header", [][]byte{broken(header), pngChunk("IDAT", good)}, "the file is damaged (the checksum of its IHDR chunk is wrong)"},
		{"checksum of pixels", [][]byte{header, broken(pngChunk("IDAT", good))}, "the file is damaged (the checksum of its IDAT chunk is wrong)"},
		{"checksum of all pixels", [][]byte{header, pngChunk("IDAT", sum)}, ""},
		{"not deflated", [][]byte{header, pngChunk("IDAT", []byte("not deflated"))}, "the file is damaged (its pixels cannot be unpacked)"},
		{"no bytes", [][]byte{header, pngChunk("IDAT", nil)}, "the file is cut short"},
		{"half of the stream", [][]byte{header, pngChunk("IDAT", good[:5])}, "the file is cut short"},
		{"a row too few", [][]byte{header, pngChunk("IDAT", deflate([]byte{0, 1, 2}))}, "the file is cut short"},
		{"a row too many", [][]byte{header, pngChunk("IDAT", deflate([]byte{0, 1, 2, 0, 3, 4, 0, 5, 6}))}, ""},
		{"filter", [][]byte{header, pngChunk("IDAT", deflate([]byte{0, 1, 2, 5, 3, 4}))}, "the file is damaged (a row is filtered by method 5, which there is not)"},
		{"no palette", [][]byte{indexed, pngChunk("IDAT", good)}, "the file is damaged (its palette is missing)"},
		{"palette of 4 bytes", [][]byte{indexed, pngChunk("PLTE", make([]byte, 4)), pngChunk("IDAT", good)}, "the file is damaged (its palette has 4 bytes)"},
		{"checksum of the palette", [][]byte{indexed, broken(pngChunk("PLTE", make([]byte, 3))), pngChunk("IDAT", good)}, "the file is damaged (the checksum of its PLTE chunk is wrong)"},
		{"transparency of 3 bytes", [][]byte{header, pngChunk("tRNS", make([]byte, 3)), pngChunk("IDAT", good)}, ""},
		{"interlacing", [][]byte{pngChunk("IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, pngGray, 0, 0, 2}), pngChunk("IDAT", good)}, "compression 0, filter 0, interlacing 2 are not known"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, _, err := decodePNG(slices.Concat([]byte(pngSignature), slices.Concat(tc.chunks...), pngChunk("IEND", nil)))
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "png: ")
			}
			if got != tc.want || (f.pix == nil) != (err != nil) {
				t.Errorf("got %q, %d bytes; want %q", got, len(f.pix), tc.want)
			}
		})
	}
}
