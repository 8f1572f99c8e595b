package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/image/tiff"

	"github.com/webpress/webpress/internal/asset"
)

// A byteOrder reads, writes and appends.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tiffTags are the tags of one directory; a tag with bytes is of type UNDEFINED,
// one with numbers of SHORT, or LONG where one is large.
type tiffTags map[uint16]any

// tiffBytes builds an uncompressed TIFF by hand. Each page has its own pixels.
func tiffBytes(order byteOrder, pages ...struct {
	tags   tiffTags
	pixels []byte
}) []byte {
	file := []byte("II*\x00\x00\x00\x00\x00")
	if order == binary.BigEndian {
		file = []byte("MM\x00*\x00\x00\x00\x00")
	}
	link := 4 // where the offset of the next directory goes
	for _, page := range pages {
		tags := maps.Clone(page.tags)
		tags[273], tags[279] = []int{len(file)}, []int{len(page.pixels)}
		file = append(file, page.pixels...)
		var dir []byte
		dir = order.AppendUint16(dir, uint16(len(tags)))
		for _, tag := range slices.Sorted(maps.Keys(tags)) {
			var kind, n int
			var data []byte
			switch v := tags[tag].(type) {
			case []byte:
				kind, n, data = 7, len(v), v
			case []int:
				kind, n = 3, len(v)
				if slices.Max(v) > 65535 {
					kind = 4
				}
				for _, v := range v {
					if kind == 3 {
						data = order.AppendUint16(data, uint16(v))
					} else {
						data = order.AppendUint32(data, uint32(v))
					}
				}
			}
			dir = order.AppendUint16(dir, tag)
			dir = order.AppendUint16(dir, uint16(kind))
			dir = order.AppendUint32(dir, uint32(n))
			if len(data) > 4 {
				dir = order.AppendUint32(dir, uint32(len(file)))
				file = append(file, data...)
			} else {
				dir = append(append(dir, data...), make([]byte, 4-len(data))...)
			}
		}
		order.PutUint32(file[link:], uint32(len(file)))
		file = append(file, dir...)
		link = len(file)
		file = append(file, 0, 0, 0, 0)
	}
	return file
}

type tiffPage = struct {
	tags   tiffTags
	pixels []byte
}

// rgbTags are those of an RGB image, changed by more.
func rgbTags(w, h int, more tiffTags) tiffTags {
	tags := tiffTags{
		tiffWidth: []int{w}, tiffHeight: []int{h}, tiffBits: []int{8, 8, 8},
		tiffCompression: []int{1}, tiffPhotometric: []int{2}, tiffSamples: []int{3},
	}
	maps.Copy(tags, more)
	for tag, v := range tags {
		if v == nil {
			delete(tags, tag)
		}
	}
	return tags
}

func TestDecodeTIFF(t *testing.T) {
	profile := []byte("a colour profile")
	alpha := func(kind int) tiffTags {
		return tiffTags{tiffBits: []int{8, 8, 8, 8}, tiffSamples: []int{4}, tiffExtraSamples: []int{kind}}
	}
	narrowMap := make([]int, 3*256) // 8-bit colours where 16-bit ones belong
	for i := range 256 {
		narrowMap[i], narrowMap[256+i], narrowMap[512+i] = i, 255-i, 7
	}
	wideMap := make([]int, 3*256)
	for i := range wideMap {
		wideMap[i] = 257 * narrowMap[i]
	}
	paletted := func(m []int) tiffTags {
		return tiffTags{tiffBits: []int{8}, tiffSamples: []int{1}, tiffPhotometric: []int{3}, 320: m}
	}
	gray := func(bits, photometric int) tiffTags {
		return tiffTags{tiffBits: []int{bits}, tiffSamples: []int{1}, tiffPhotometric: []int{photometric}}
	}
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		sixteen := order.AppendUint16(order.AppendUint16(nil, 0x12c0), 0x127f)
		for _, tc := range []struct {
			name   string
			tags   tiffTags
			pixels []byte
			want   []byte
			info   Info
			meta   meta
		}{
			{"rgb", nil, []byte{1, 2, 3, 4, 5, 6}, []byte{1, 2, 3, 255, 4, 5, 6, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{}},
			{"turned", tiffTags{tagOrientation: []int{6}}, []byte{1, 2, 3, 4, 5, 6}, []byte{1, 2, 3, 255, 4, 5, 6, 255}, Info{Width: 1, Height: 2, Depth: 8}, meta{Orientation: 6}},
			{"profile", tiffTags{tiffICC: profile, tiffXMP: []byte("<xmp/>")}, []byte{1, 2, 3, 4, 5, 6}, []byte{1, 2, 3, 255, 4, 5, 6, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{ICC: profile, XMP: []byte("<xmp/>")}},
			{"straight", alpha(2), []byte{1, 2, 3, 4, 5, 6, 7, 0}, []byte{1, 2, 3, 4, 5, 6, 7, 0}, Info{Width: 2, Height: 1, Depth: 8, Alpha: true}, meta{}},
			{"premultiplied", alpha(1), []byte{1, 2, 3, 4, 0, 0, 0, 0}, []byte{64, 128, 191, 4, 0, 0, 0, 0}, Info{Width: 2, Height: 1, Depth: 8, Alpha: true}, meta{}},
			{"gray 16", gray(16, 1), sixteen, []byte{19, 19, 19, 255, 18, 18, 18, 255}, Info{Width: 2, Height: 1, Depth: 16}, meta{}},
			{"white is zero", gray(8, 0), []byte{0, 200}, []byte{255, 255, 255, 255, 55, 55, 55, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{}},
			{"bilevel", gray(1, 1), []byte{0x40}, []byte{0, 0, 0, 255, 255, 255, 255, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{}},
			{"palette", paletted(wideMap), []byte{1, 254}, []byte{1, 254, 7, 255, 254, 1, 7, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{}},
			{"narrow palette", paletted(narrowMap), []byte{1, 254}, []byte{1, 254, 7, 255, 254, 1, 7, 255}, Info{Width: 2, Height: 1, Depth: 8}, meta{}},
		} {
			t.Run(tc.name+" "+order.String(), func(t *testing.T) {
				data := tiffBytes(order, tiffPage{rgbTags(2, 1, tc.tags), tc.pixels})
				want := tc.info
				want.Format, want.Frames = asset.TIFF, 1
				info, err := probeTIFF(data)
				if err != nil {
					t.Fatal(err)
				}
				if info.Memory <= 0 || info.Pixels != 4*int64(info.Width)*int64(info.Height) {
					t.Error("decoding needs memory")
				}
				if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory", "Pixels")); diff != "" {
					t.Error(diff)
				}
				f, m, err := decodeTIFF(data, true)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, f.pix); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(tc.meta, m); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestTIFFPages(t *testing.T) {
	page := tiffPage{rgbTags(1, 1, nil), []byte{1, 2, 3}}
	data := tiffBytes(binary.LittleEndian, page, page, page)
	info, err := probeTIFF(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"it has 3 pages: the first was converted"}, info.Notes); diff != "" {
		t.Error(diff)
	}
	// A last page that points to the first.
	at := binary.LittleEndian.Uint32(data[4:])
	binary.LittleEndian.PutUint32(data[len(data)-4:], at)
	if info, err := probeTIFF(data); err != nil || len(info.Notes) != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestTIFFLikeGo(t *testing.T) {
	for _, compression := range []tiff.CompressionType{tiff.Uncompressed, tiff.Deflate} {
		for _, m := range []image.Image{noisy(9, 5, true), noisy(9, 5, false)} {
			var b bytes.Buffer
			if err := tiff.Encode(&b, m, &tiff.Options{Compression: compression, Predictor: compression == tiff.Deflate}); err != nil {
				t.Fatal(err)
			}
			data := b.Bytes()
			f, _, err := decodeTIFF(data, true)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m.(*image.NRGBA).Pix, f.pix); diff != "" {
				t.Error(diff)
			}
			for n := range data {
				// The resolution, at the end, may be missing.
				if cut, _, err := decodeTIFF(data[:n], false); err == nil && !bytes.Equal(cut.pix, f.pix) || err != nil && cut.pix != nil {
					t.Fatalf("the first %d of %d bytes are decoded", n, len(data))
				}
			}
		}
	}
}

func TestTIFFRefused(t *testing.T) {
	of := func(w, h int, more tiffTags) []byte {
		return tiffBytes(binary.LittleEndian, tiffPage{rgbTags(w, h, more), make([]byte, 64)})
	}
	many := make([]int, 200)
	for i := range many {
		many[i] = 8
	}
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "tiff: this is not a TIFF"},
		{"header", []byte("II*\x00"), "tiff: the file is cut short"},
		{"header of BigTIFF", []byte("II+\x00\x08\x00\x00\x00"), "tiff: the file is cut short"},
		{"no directory", []byte("II*\x00\x00\x00\x00\x00"), "tiff: it holds no image"},
		{"directory outside", []byte("II*\x00\xff\xff\xff\xff"), "tiff: the file is cut short"},
		{"inks", of(2, 2, tiffTags{tiffPhotometric: []int{5}, tiffBits: []int{8, 8, 8, 8}, tiffSamples: []int{4}, tiffInkSet: []int{2}}), "tiff: a TIFF of inks other than CMYK is not supported"},
		{"raw", of(2, 2, tiffTags{tiffPhotometric: []int{32803}}), "tiff: photometric interpretation 32803 in a TIFF is not supported"},
		{"compression", of(2, 2, tiffTags{tiffCompression: []int{12345}}), "tiff: compression 12345 in a TIFF is not supported"},
		{"signed", of(2, 2, tiffTags{tiffSampleFormat: []int{2, 2, 2}}), "tiff: a TIFF of sample format 2 with 8 bits is not supported"},
		{"24 bits", of(2, 2, tiffTags{tiffBits: []int{24, 24, 24}}), "tiff: a TIFF of 24 bits a sample is not supported"},
		{"too few samples", of(2, 2, tiffTags{tiffBits: []int{8, 8}, tiffSamples: []int{2}}), "tiff: 2 samples a pixel are too few for its colors"},
		{"many samples", of(1, 1, tiffTags{tiffBits: many, tiffSamples: []int{200}}), "tiff: a TIFF of 200 samples a pixel is not supported"},
		{"no size", of(0, 2, nil), "tiff: a size of 0x2 is not valid"},
		{"bomb", of(1<<30, 1<<30, nil), "tiff: a size of 1073741824x1073741824 is not valid"},
		{"smaller bomb", of(20000, 20000, tiffTags{tiffCompression: []int{8}}), "tiff: it claims 20000x20000 pixels, which its data cannot hold"},
		{"huge tile", of(10, 10, tiffTags{tiffCompression: []int{8}, tiffTileWidth: []int{1 << 16}, tiffTileHeight: []int{1 << 14}, 324: []int{8}, 325: []int{64}}), "tiff: its strips or tiles do not fit its size"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, _, err := decodeTIFF(tc.data, false)
			if err == nil || err.Error() != tc.want || f.pix != nil {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func FuzzDecodeTIFF(f *testing.F) {
	for _, compression := range []tiff.CompressionType{tiff.Uncompressed, tiff.Deflate} {
		for _, m := range []image.Image{noisy(3, 2, true), noisy(3, 2, false), image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black})} {
			var b bytes.Buffer
			if err := tiff.Encode(&b, m, &tiff.Options{Compression: compression}); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	f.Add(tiffBytes(binary.BigEndian, tiffPage{rgbTags(2, 1, tiffTags{tagOrientation: []int{6}, tiffICC: []byte("profile")}), make([]byte, 6)}))
	for _, compression := range []int{3, 4, 5, 32773} {
		f.Add(tiffBytes(binary.LittleEndian, tiffPage{rgbTags(8, 2, tiffTags{tiffCompression: []int{compression}, tiffBits: []int{1}, tiffSamples: []int{1}, tiffPhotometric: []int{1}}), make([]byte, 9)}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzStill(t, data, probeTIFF, func(data []byte) (frame, meta, error) {
			return decodeTIFF(data, true)
		})
	})
}
