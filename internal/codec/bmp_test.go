package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/image/bmp"

	"github.com/webpress/webpress/internal/asset"
)

// bmpBytes builds a BMP by hand. head is the header behind its length; gap is
// put between the table and the pixels.
func bmpBytes(head []byte, table []byte, gap int, pixels []byte) []byte {
	offset := 14 + 4 + len(head) + len(table) + gap
	b := []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, uint32(offset))
	b = binary.LittleEndian.AppendUint32(b, uint32(4+len(head)))
	return slices.Concat(b, head, table, make([]byte, gap), pixels)
}

// infoHeader is a header of the given length without its length.
func infoHeader(length, w, h, bits, compression int) []byte {
	b := make([]byte, length-4)
	binary.LittleEndian.PutUint32(b, uint32(w))
	binary.LittleEndian.PutUint32(b[4:], uint32(int32(h)))
	binary.LittleEndian.PutUint16(b[8:], 1)
	binary.LittleEndian.PutUint16(b[10:], uint16(bits))
	binary.LittleEndian.PutUint32(b[12:], uint32(compression))
	return b
}

func masked(b []byte, masks ...uint32) []byte {
	for i, m := range masks {
		binary.LittleEndian.PutUint32(b[36+4*i:], m)
	}
	return b
}

func TestDecodeBMP(t *testing.T) {
	masks := []uint32{0xff0000, 0xff00, 0xff, 0xff000000}
	core := binary.LittleEndian.AppendUint16(nil, 2)
	core = append(binary.LittleEndian.AppendUint16(core, 1), 1, 0)
	withProfile := masked(infoHeader(bmpV5, 1, 1, 32, 0), masks...)
	binary.LittleEndian.PutUint32(withProfile[52:], 0x4d424544)
	binary.LittleEndian.PutUint32(withProfile[108:], bmpV5)
	binary.LittleEndian.PutUint32(withProfile[112:], 3)
	shortTable := infoHeader(bmpInfo, 2, 1, 8, 0)
	two := []byte{1, 2, 3, 0, 4, 5, 6, 0} // blue, green, red
	for _, tc := range []struct {
		name   string
		data   []byte
		alpha  bool
		want   []byte
		w, h   int
		profil []byte
	}{
		{"24", bmpBytes(infoHeader(bmpInfo, 1, 2, 24, 0), nil, 0, []byte{1, 2, 3, 0, 4, 5, 6, 0}), false, []byte{6, 5, 4, 255, 3, 2, 1, 255}, 1, 2, nil},
		{"top down", bmpBytes(infoHeader(bmpInfo, 1, -2, 24, 0), nil, 0, []byte{1, 2, 3, 0, 4, 5, 6, 0}), false, []byte{3, 2, 1, 255, 6, 5, 4, 255}, 1, 2, nil},
		{"gap", bmpBytes(infoHeader(bmpInfo, 1, 1, 24, 0), nil, 9, []byte{1, 2, 3, 0}), false, []byte{3, 2, 1, 255}, 1, 1, nil},
		{"fourth byte is nothing", bmpBytes(infoHeader(bmpInfo, 1, 1, 32, 0), nil, 0, []byte{1, 2, 3, 4}), false, []byte{3, 2, 1, 255}, 1, 1, nil},
		{"alpha", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 32, 3), masks...), nil, 0, []byte{1, 2, 3, 4}), true, []byte{3, 2, 1, 4}, 1, 1, nil},
		{"alpha of nothing", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 32, 3), masks...), nil, 0, []byte{1, 2, 3, 0}), true, []byte{3, 2, 1, 255}, 1, 1, nil},
		{"masks without alpha", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 32, 3), masks[:3]...), nil, 0, []byte{1, 2, 3, 0}), false, []byte{3, 2, 1, 255}, 1, 1, nil},
		{
			"masks behind the header",
			bmpBytes(infoHeader(bmpInfo, 1, 1, 32, 3), []byte{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0}, 0, []byte{1, 2, 3, 4}),
			false,
			[]byte{3, 2, 1, 255}, 1, 1, nil,
		},
		{"core, 1 bit", bmpBytes(append(slices.Clone(core), 1, 0), []byte{1, 2, 3, 4, 5, 6}, 0, []byte{0x40, 0, 0, 0}), false, []byte{3, 2, 1, 255, 6, 5, 4, 255}, 2, 1, nil},
		{"core, 24 bits", bmpBytes(append(slices.Clone(core), 24, 0), nil, 0, []byte{1, 2, 3, 4, 5, 6, 0, 0}), false, []byte{3, 2, 1, 255, 6, 5, 4, 255}, 2, 1, nil},
		{"4 bits", bmpBytes(infoHeader(bmpInfo, 2, 1, 4, 0), append(slices.Clone(two), make([]byte, 56)...), 0, []byte{0x10, 0, 0, 0}), false, []byte{6, 5, 4, 255, 3, 2, 1, 255}, 2, 1, nil},
		{"short table", bmpBytes(shortTable, two, 0, []byte{1, 0, 0, 0}), false, []byte{6, 5, 4, 255, 3, 2, 1, 255}, 2, 1, nil},
		{"2 bits", bmpBytes(infoHeader(bmpInfo, 2, 1, 2, 0), append(slices.Clone(two), make([]byte, 8)...), 0, []byte{0x40, 0, 0, 0}), false, []byte{6, 5, 4, 255, 3, 2, 1, 255}, 2, 1, nil},
		{"color without one", bmpBytes(shortTable, two, 0, []byte{1, 9, 0, 0}), false, []byte{6, 5, 4, 255, 0, 0, 0, 255}, 2, 1, nil},
		{"16 bits, 555", bmpBytes(infoHeader(bmpInfo, 2, 1, 16, 0), nil, 0, []byte{0x1f, 0x7c, 0xe0, 0x83}), false, []byte{255, 0, 255, 255, 0, 255, 0, 255}, 2, 1, nil},
		{"16 bits, 565", bmpBytes(infoHeader(bmpInfo, 2, 1, 16, 3), []byte{0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0}, 0, []byte{0x10, 0x84, 0xe0, 7}), false, []byte{132, 130, 132, 255, 0, 255, 0, 255}, 2, 1, nil},
		{"16 bits, 4444", bmpBytes(infoHeader(bmpInfo, 2, 1, 16, 6), []byte{0, 15, 0, 0, 0xf0, 0, 0, 0, 15, 0, 0, 0, 0, 0xf0, 0, 0}, 0, []byte{0x21, 0x83, 0, 0}), true, []byte{51, 34, 17, 136, 0, 0, 0, 0}, 2, 1, nil},
		{"16 bits, 1555 in V4", bmpBytes(masked(infoHeader(bmpV4, 2, 1, 16, 3), 0x7c00, 0x3e0, 0x1f, 0x8000), nil, 0, []byte{0, 0xfc, 0, 0}), true, []byte{255, 0, 0, 255, 0, 0, 0, 0}, 2, 1, nil},
		{"32 bits, red first", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 32, 3), 0xff, 0xff00, 0xff0000, 0xff000000), nil, 0, []byte{1, 2, 3, 4}), true, []byte{1, 2, 3, 4}, 1, 1, nil},
		{"32 bits, 10 a color", bmpBytes(masked(infoHeader(bmpWithMasks, 1, 1, 32, 3), 1023<<20, 1023<<10, 1023), nil, 0, []byte{0xff, 3, 0, 0x20}), false, []byte{128, 0, 255, 255}, 1, 1, nil},
		{"OS/2 2, 24 bits", bmpBytes(infoHeader(bmpOS2, 1, 1, 24, 0), nil, 0, []byte{1, 2, 3, 0}), false, []byte{3, 2, 1, 255}, 1, 1, nil},
		{"OS/2 2, short header", bmpBytes(infoHeader(bmpInfo, 1, 1, 24, 0)[:12], nil, 0, []byte{1, 2, 3, 0}), false, []byte{3, 2, 1, 255}, 1, 1, nil},
		{"profile", bmpBytes(withProfile, []byte("icc\x00"), 0, []byte{1, 2, 3, 4}), true, []byte{3, 2, 1, 4}, 1, 1, []byte("icc")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			info, err := probeBMP(tc.data)
			if err != nil {
				t.Fatal(err)
			}
			want := Info{Format: asset.BMP, Width: tc.w, Height: tc.h, Frames: 1, Alpha: tc.alpha, Depth: 8}
			if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
				t.Error(diff)
			}
			f, m, err := decodeBMP(tc.data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, f.pix); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.profil, m.ICC); diff != "" {
				t.Error(diff)
			}
			if f.opaque != isOpaque(f.pix) {
				t.Errorf("opaque %v", f.opaque)
			}
			for n := range tc.data {
				// The padding of the last row may be missing.
				if cut, _, err := decodeBMP(tc.data[:n]); err == nil && (len(tc.data)-n > 3 || !bytes.Equal(cut.pix, f.pix)) || err != nil && cut.pix != nil {
					t.Fatalf("the first %d of %d bytes are decoded", n, len(tc.data))
				}
			}
		})
	}
}

func TestBMPRunLengths(t *testing.T) {
	colors := make([]byte, 4*16)
	for i := range 16 {
		colors[4*i+2] = byte(i) // the red of a color is its number
	}
	for _, tc := range []struct {
		name string
		kind int
		w, h int
		data []byte
		want string // a digit a pixel, from the top
		// end is how many bytes at the end may be missing.
		end int
	}{
		{"runs", bmpRLE8, 4, 2, []byte{4, 1, 0, 0, 2, 2, 2, 3, 0, 0, 0, 1}, "2233 1111", 4},
		{"no end of the image", bmpRLE8, 2, 1, []byte{2, 7}, "77", 0},
		{"as they are", bmpRLE8, 5, 1, []byte{0, 5, 1, 2, 3, 4, 5, 0, 0, 1}, "12345", 3},
		{"too long a run", bmpRLE8, 2, 2, []byte{9, 1, 0, 0, 9, 2, 0, 1}, "22 11", 2},
		{"short rows", bmpRLE8, 3, 2, []byte{1, 1, 0, 0, 1, 2, 0, 1}, "200 100", 0},
		{"move", bmpRLE8, 4, 3, []byte{1, 1, 0, 2, 1, 2, 2, 3, 0, 1}, "0033 0000 1000", 2},
		{"end of the image at once", bmpRLE8, 2, 2, []byte{0, 1}, "00 00", 0},
		{"move beyond", bmpRLE8, 2, 2, []byte{0, 2, 255, 255, 2, 3}, "00 00", 2},
		{"runs of 4 bits", bmpRLE4, 5, 1, []byte{5, 0x12, 0, 1}, "12121", 2},
		{"as they are, 4 bits", bmpRLE4, 6, 1, []byte{0, 5, 0x12, 0x34, 0x50, 0, 1, 6, 0, 1}, "123450", 3},
		{"from the top", bmpRLE8, 2, -2, []byte{2, 1, 0, 0, 2, 2, 0, 1}, "11 22", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bits := 8
			if tc.kind == bmpRLE4 {
				bits = 4
			}
			head := infoHeader(bmpInfo, tc.w, tc.h, bits, tc.kind)
			binary.LittleEndian.PutUint32(head[28:], 16)
			var want []byte
			for _, c := range tc.want {
				if c != ' ' {
					want = append(want, byte(c-'0'), 0, 0, 255)
				}
			}
			for n := range len(tc.data) + 1 {
				f, _, err := decodeBMP(bmpBytes(head, colors, 0, tc.data[:n]))
				switch missing := len(tc.data) - n; {
				case missing > 0 && err != nil && f.pix == nil && err.Error() == "bmp: the file is cut short":
				case missing > tc.end:
					t.Fatalf("without %d bytes: %v", missing, err)
				case err != nil:
					t.Fatal(err)
				default:
					if diff := cmp.Diff(want, f.pix); diff != "" {
						t.Fatal(diff)
					}
				}
			}
		})
	}
}

// What Go's own encoder writes comes back.
func TestBMPLikeGo(t *testing.T) {
	paletted := image.NewPaletted(image.Rect(0, 0, 5, 3), color.Palette{color.Black, color.White, color.RGBA{9, 8, 7, 255}})
	for i := range paletted.Pix {
		paletted.Pix[i] = byte(i % 3)
	}
	for _, m := range []image.Image{noisy(5, 3, true), paletted} {
		var b bytes.Buffer
		if err := bmp.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		f, _, err := decodeBMP(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		want, err := toFrame("bmp", m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.pix, f.pix); diff != "" {
			t.Errorf("%T: %s", m, diff)
		}
	}
}

func TestBMPRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "bmp: this is not a BMP"},
		{"header", []byte("BM"), "bmp: the file is cut short"},
		{"header's length", bmpBytes(make([]byte, 16), nil, 0, nil), "bmp: a header of 20 bytes is not supported"},
		{"rle of 4 bits a pixel", bmpBytes(infoHeader(bmpInfo, 1, 1, 4, bmpRLE8), make([]byte, 64), 0, []byte{0, 1}), "bmp: RLE with 4 bits a pixel is not valid"},
		{"mask with a gap", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 32, 3), 0xf0f, 0xff0000, 0xff000000), nil, 0, make([]byte, 4)), "bmp: BMP with this layout of bits is not supported"},
		{"masks of 24 bits", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 24, 3), 0xff, 0xff00, 0xff0000), nil, 0, make([]byte, 4)), "bmp: BMP with this layout of bits is not supported"},
		{"masks beyond 16 bits", bmpBytes(masked(infoHeader(bmpV4, 1, 1, 16, 3), 0xff0000, 0xff00, 0xff), nil, 0, make([]byte, 4)), "bmp: BMP with this layout of bits is not supported"},
		{"Huffman of OS/2", bmpBytes(infoHeader(bmpOS2, 8, 1, 1, 3), make([]byte, 6), 0, make([]byte, 4)), "bmp: Huffman or 24-bit RLE of OS/2 is not supported"},
		{"png inside", bmpBytes(infoHeader(bmpInfo, 1, 1, 24, 5), nil, 0, make([]byte, 4)), "bmp: compression 5 is not supported"},
		{"no size", bmpBytes(infoHeader(bmpInfo, 0, 1, 24, 0), nil, 0, nil), "bmp: a size of 0x1 is not valid"},
		{"least height", bmpBytes(infoHeader(bmpInfo, 1, -1<<31, 24, 0), nil, 0, nil), "bmp: a size of 1x2147483648 is not valid"},
		{"bomb", bmpBytes(infoHeader(bmpInfo, 1<<31-1, 1<<31-1, 32, 0), nil, 0, make([]byte, 4)), "bmp: the file is cut short"},
		{"no colors", bmpBytes(infoHeader(bmpInfo, 1, 1, 8, 0), nil, 0, make([]byte, 4)), "bmp: it has no colors"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if f, _, err := decodeBMP(tc.data); err == nil || err.Error() != tc.want || f.pix != nil {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func FuzzDecodeBMP(f *testing.F) {
	f.Add(bmpBytes(infoHeader(bmpInfo, 2, 2, 24, 0), nil, 3, make([]byte, 16)))
	f.Add(bmpBytes(masked(infoHeader(bmpV5, 1, 1, 32, 3), 0xff0000, 0xff00, 0xff, 0xff000000), nil, 0, make([]byte, 4)))
	f.Add(bmpBytes(infoHeader(bmpInfo, 4, -2, 4, 0), make([]byte, 64), 0, make([]byte, 8)))
	f.Add(bmpBytes(infoHeader(bmpInfo, 5, 2, 8, bmpRLE8), make([]byte, 1024), 0, []byte{2, 1, 0, 2, 1, 0, 0, 3, 1, 2, 3, 0, 0, 0, 9, 1, 0, 1}))
	f.Add(bmpBytes(infoHeader(bmpInfo, 5, 2, 4, bmpRLE4), make([]byte, 64), 0, []byte{2, 1, 0, 5, 1, 2, 3, 0, 0, 0, 9, 1, 0, 1}))
	f.Add(bmpBytes(infoHeader(bmpInfo, 2, 1, 16, 6), make([]byte, 16), 0, make([]byte, 4)))
	f.Add(bmpBytes([]byte{2, 0, 1, 0, 1, 0, 1, 0}, make([]byte, 6), 0, make([]byte, 4)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzStill(t, data, probeBMP, decodeBMP)
	})
}
