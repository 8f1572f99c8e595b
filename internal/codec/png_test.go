package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noisy returns an image of noise; opaque ones have alpha 255.
func noisy(w, h int, opaque bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	noise(m.Pix)
	for i := 3; opaque && i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

// insert puts chunks into a PNG behind its header.
func insert(file []byte, chunks ...[]byte) []byte {
	const header = len(pngSignature) + 25
	return slices.Concat(file[:header], slices.Concat(chunks...), file[header:])
}

// pngChunk writes a chunk: length, kind, body, checksum of kind and body.
func pngChunk(kind string, body []byte) []byte {
	c := make([]byte, 0, 12+len(body))
	c = binary.BigEndian.AppendUint32(c, uint32(len(body)))
	c = append(append(c, kind...), body...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func TestDecodePNG(t *testing.T) {
	rect := image.Rect(0, 0, 9, 5)
	gray16, wide := image.NewGray16(rect), image.NewNRGBA64(rect)
	noise(gray16.Pix)
	noise(wide.Pix)
	palette := image.NewPaletted(rect, color.Palette{color.RGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 50, 128}, color.NRGBA{}})
	for i := range palette.Pix {
		palette.Pix[i] = byte(i % 3)
	}
	gray := image.NewGray(rect)
	noise(gray.Pix)
	for _, tc := range []struct {
		name string
		m    image.Image
		info Info
		gray bool
	}{
		{"opaque", noisy(9, 5, true), Info{Depth: 8}, false},
		{"alpha", noisy(9, 5, false), Info{Depth: 8, Alpha: true}, false},
		{"gray", gray, Info{Depth: 8}, false}, // without a profile it does not matter
		{"gray 16", gray16, Info{Depth: 16}, false},
		{"16", wide, Info{Depth: 16, Alpha: true}, false},
		{"palette", palette, Info{Depth: 8, Alpha: true}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := encodePNG(t, tc.m)
			want := tc.info
			want.Format, want.Width, want.Height, want.Frames = asset.PNG, 9, 5, 1
			info, err := probePNG(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
				t.Error(diff)
			}
			// What follows the end does not matter.
			f, _, err := decodePNG(append(slices.Clone(data), "garbage"...))
			if err != nil {
				t.Fatal(err)
			}
			if f.opaque == want.Alpha || f.gray != tc.gray {
				t.Errorf("opaque %v, gray %v", f.opaque, f.gray)
			}
			for i := range rect.Max.X * rect.Max.Y {
				w := straight(tc.m.At(i%rect.Max.X, i/rect.Max.X))
				if got := (color.NRGBA{f.pix[4*i], f.pix[4*i+1], f.pix[4*i+2], f.pix[4*i+3]}); got != w {
					t.Fatalf("pixel %d: %v, want %v", i, got, w)
				}
			}
			// All but the end marker has to be there.
			for n := range len(data) - 12 {
				if _, err := probePNG(data[:n]); err == nil {
					t.Fatalf("the first %d of %d bytes pass", n, len(data))
				}
				if f, _, err := decodePNG(data[:n]); err == nil || f.pix != nil {
					t.Fatalf("the first %d of %d bytes are decoded", n, len(data))
				}
			}
		})
	}
}

func TestPNGTransparentColour(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 2, 1))
	m.Pix = []byte{7, 8}
	data := insert(encodePNG(t, m), pngChunk("tRNS", []byte{0, 7}))
	info, err := probePNG(data)
	if err != nil || !info.Alpha {
		t.Fatalf("%+v, %v", info, err)
	}
	f, _, err := decodePNG(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{7, 7, 7, 0, 8, 8, 8, 255}; !bytes.Equal(f.pix, want) {
		t.Errorf("got %v, want %v", f.pix, want)
	}
}

func TestPNGMetadata(t *testing.T) {
	plain := encodePNG(t, noisy(4, 3, true))
	exif := exifBlock(binary.BigEndian, 6)
	profile := bytes.Repeat([]byte("profile"), 100)
	iccp := func(packed []byte) []byte { return pngChunk("iCCP", slices.Concat([]byte("name\x00\x00"), packed)) }
	text := func(rest ...string) []byte {
		return pngChunk("iTXt", []byte("XML:com.adobe.xmp\x00"+strings.Join(rest, "")))
	}
	gamma := func(g uint32) []byte { return pngChunk("gAMA", binary.BigEndian.AppendUint32(nil, g)) }
	chrm := func(points ...uint32) []byte {
		var body []byte
		for _, p := range points {
			body = binary.BigEndian.AppendUint32(body, p)
		}
		return pngChunk("cHRM", body)
	}
	linear := pixel.MakeProfile(pixel.ProfileOptions{Gamma: 1})
	wide := pixel.MakeProfile(pixel.ProfileOptions{Points: &[8]float64{0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06}})
	const badProfile = "the color profile is damaged and was ignored"
	const badCoding = "its colors are coded by a cICP chunk of a kind that is not supported: it was ignored"

	for _, tc := range []struct {
		name   string
		chunks [][]byte
		want   meta
		notes  []string // of the probe
	}{
		{"none", nil, meta{}, nil},
		{"icc", [][]byte{iccp(deflate(profile))}, meta{ICC: profile}, nil},
		{"icc damaged", [][]byte{iccp([]byte("junk"))}, meta{Notes: []string{badProfile}}, nil},
		{"icc bomb", [][]byte{iccp(deflate(make([]byte, maxInflated+1)))}, meta{Notes: []string{badProfile}}, nil},
		{"icc of a wrong checksum", [][]byte{wrongSum(iccp(deflate(profile)))}, meta{Notes: []string{badProfile}}, nil},
		{"exif", [][]byte{pngChunk("eXIf", exif)}, meta{EXIF: exif}, []string{"its EXIF asks to turn it, which browsers do not do with a PNG"}},
		{"exif of a wrong checksum", [][]byte{wrongSum(pngChunk("eXIf", exif))}, meta{}, nil},
		{"xmp", [][]byte{text("\x00\x00en\x00\x00<x/>")}, meta{XMP: []byte("<x/>")}, nil},
		{"xmp compressed", [][]byte{text("\x01\x00\x00\x00", string(deflate([]byte("<x/>"))))}, meta{XMP: []byte("<x/>")}, nil},
		{"xmp bomb", [][]byte{text("\x01\x00\x00\x00", string(deflate(make([]byte, maxInflated+1))))}, meta{}, nil},
		{"other text", [][]byte{pngChunk("iTXt", []byte("Comment\x00\x00\x00\x00\x00hello"))}, meta{}, nil},
		{"checksum of a comment", [][]byte{wrongSum(pngChunk("zTXt", []byte("a comment")))}, meta{}, nil},
		{"gamma of sRGB", [][]byte{gamma(45455)}, meta{}, nil},
		{"gamma", [][]byte{gamma(100000)}, meta{ICC: linear}, nil},
		{"gamma of a wrong checksum", [][]byte{wrongSum(gamma(100000))}, meta{}, nil},
		{"gamma that is none", [][]byte{gamma(0)}, meta{}, nil},
		{"gamma beyond reason", [][]byte{gamma(1<<31 - 1)}, meta{}, nil},
		{"gamma and a profile", [][]byte{gamma(100000), iccp(deflate(profile))}, meta{ICC: profile}, nil},
		{"gamma and a damaged profile", [][]byte{gamma(100000), iccp([]byte("junk"))}, meta{ICC: linear, Notes: []string{badProfile}}, nil},
		{"primaries of sRGB", [][]byte{chrm(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)}, meta{}, nil},
		{"primaries", [][]byte{chrm(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)}, meta{ICC: wide}, nil},
		{"primaries that are none", [][]byte{chrm(0, 0, 0, 0, 0, 0, 0, 0)}, meta{}, nil},
		{"gamma and sRGB", [][]byte{gamma(100000), pngChunk("sRGB", []byte{0})}, meta{}, nil},
		{"coded as sRGB", [][]byte{pngChunk("cICP", []byte{1, 13, 0, 1}), iccp(deflate(profile)), gamma(100000)}, meta{}, nil},
		{"coded", [][]byte{gamma(50000), pngChunk("cICP", []byte{1, 8, 0, 1}), pngChunk("sRGB", []byte{0})}, meta{ICC: linear}, nil},
		{"coded in a way not known", [][]byte{pngChunk("cICP", []byte{99, 13, 0, 1}), gamma(100000)}, meta{ICC: linear}, []string{badCoding}},
		{"coded as YCbCr", [][]byte{pngChunk("cICP", []byte{1, 13, 1, 1})}, meta{}, []string{badCoding}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := insert(plain, tc.chunks...)
			f, m, err := decodePNG(data)
			if err != nil || f.w != 4 || f.h != 3 {
				t.Fatalf("%dx%d, %v", f.w, f.h, err)
			}
			if diff := cmp.Diff(tc.want, m); diff != "" {
				t.Error(diff)
			}
			info, err := probePNG(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.notes, info.Notes); diff != "" {
				t.Error(diff)
			}
			if info.Width != 4 || info.Height != 3 {
				t.Errorf("shown as %dx%d", info.Width, info.Height)
			}
		})
	}
}

func TestPNGRefused(t *testing.T) {
	plain := encodePNG(t, noisy(4, 3, true))
	at := func(i int, v byte) []byte {
		b := slices.Clone(plain)
		b[i] = v
		return b
	}
	noPixels := slices.Concat(plain[:33], pngChunk("IEND", nil))
	huge := func(w, h uint32) []byte {
		header := binary.BigEndian.AppendUint32(nil, w)
		header = append(binary.BigEndian.AppendUint32(header, h), 8, pngRGB, 0, 0, 0)
		return slices.Concat([]byte(pngSignature), pngChunk("IHDR", header), plain[33:])
	}
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "png: this is not a PNG"},
		{"no header", slices.Concat([]byte(pngSignature), plain[33:]), "png: the header is missing"},
		{"two headers", insert(plain, plain[8:33]), "png: the header is damaged"},
		{"length that lies", at(33, 0x7f), "png: the file is cut short"},
		{"length beyond 31 bits", at(33, 0xff), "png: the file is cut short"},
		{"no width", huge(0, 1), "png: a size of 0x1 is not valid"},
		{"width beyond 31 bits", huge(1<<31, 1), "png: a size of 2147483648x1 is not valid"},
		{"bits", at(24, 3), "png: 3 bits of colour type 2 are not valid"},
		{"no pixels", noPixels, "png: it holds no pixels"},
		{"bomb", huge(1<<31-1, 1<<31-1), "png: it claims 2147483647x2147483647 pixels, which its data cannot hold"},
		{"smaller bomb", huge(60000, 60000), "png: it claims 60000x60000 pixels, which its data cannot hold"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, err := range []error{second(probePNG(tc.data)), third(decodePNG(tc.data))} {
				if err == nil || err.Error() != tc.want {
					t.Errorf("got %v, want %s", err, tc.want)
				}
			}
		})
	}
	damaged := slices.Clone(plain)
	damaged[len(damaged)-30] ^= 0x55
	if f, _, err := decodePNG(damaged); err == nil || f.pix != nil {
		t.Error("damaged pixels are decoded")
	}
}

// wrongSum returns a chunk whose checksum is wrong.
func wrongSum(chunk []byte) []byte {
	c := bytes.Clone(chunk)
	c[len(c)-1] ^= 1
	return c
}

// rawPNG is an RGB PNG of 4x3 pixels, whose compressed pixels are given.
func rawPNG(packed []byte, before ...[]byte) []byte {
	header := []byte{0, 0, 0, 4, 0, 0, 0, 3, 8, pngRGB, 0, 0, 0}
	file := slices.Concat([]byte(pngSignature), pngChunk("IHDR", header), slices.Concat(before...))
	return slices.Concat(file, pngChunk("IDAT", packed), pngChunk("IEND", nil))
}

// What libpng lets pass is decoded, and what is missing is not.
func TestPNGOddities(t *testing.T) {
	rows := make([]byte, 3*(1+4*3))
	noise(rows)
	rows[0], rows[13], rows[26] = 0, 0, 0
	var opaque []byte
	for y := range 3 {
		for x := range 4 {
			opaque = append(append(opaque, rows[13*y+1+3*x:][:3]...), 255)
		}
	}
	packed := deflate(rows)
	badSum := slices.Clone(packed)
	badSum[len(badSum)-1] ^= 1
	whole := rawPNG(packed)
	trns := func(body ...byte) []byte { return pngChunk("tRNS", body) }
	first := []byte{0, rows[1], 0, rows[2], 0, rows[3]}
	clear := slices.Clone(opaque)
	clear[3] = 0
	const ignored = "its tRNS chunk is damaged and was ignored"
	split := func(at int, between ...byte) []byte {
		i := len(whole) - 12 - 12 - len(packed)
		return slices.Concat(whole[:i], pngChunk("IDAT", packed[:at]), between, pngChunk("IDAT", packed[at:]), pngChunk("IEND", nil))
	}
	for _, tc := range []struct {
		name string
		data []byte
		want []byte // nil for an error
		note string
	}{
		{"as it should be", whole, opaque, ""},
		{"more rows than it has", rawPNG(deflate(append(slices.Clone(rows), rows...))), opaque, ""},
		{"one byte too much", rawPNG(deflate(append(slices.Clone(rows), 0))), opaque, ""},
		{"far too much", rawPNG(deflate(append(slices.Clone(rows), make([]byte, 1<<20)...))), opaque, ""},
		{"one byte too few", rawPNG(deflate(rows[:len(rows)-1])), nil, ""},
		{"bytes behind the stream", rawPNG(append(slices.Clone(packed), 1, 2, 3)), opaque, ""},
		{"a wrong checksum of the stream", rawPNG(badSum), opaque, ""},
		{"no checksum of the stream", rawPNG(packed[:len(packed)-4]), opaque, ""},
		{"a stream that is cut", rawPNG(packed[:len(packed)-12]), nil, ""},
		{"a wrong checksum of the chunk", slices.Concat(whole[:33], wrongSum(pngChunk("IDAT", packed)), pngChunk("IEND", nil)), nil, ""},
		{"no end", whole[:len(whole)-12], opaque, endMissing},
		{"half an end", whole[:len(whole)-5], opaque, endMissing},
		{"half a text instead of the end", append(whole[:len(whole)-12:len(whole)-12], pngChunk("tEXt", []byte("Comment\x00hello"))[:15]...), opaque, endMissing},
		{"no checksum of the pixels", whole[:len(whole)-13], nil, ""},
		{"in two chunks", split(9), opaque, ""},
		{"with an empty chunk between", split(9, pngChunk("IDAT", nil)...), opaque, ""},
		{"with an empty chunk first", split(0), opaque, ""},
		{"with a text between", split(9, pngChunk("tEXt", []byte("a\x00b"))...), opaque, ""},
		{"tRNS", rawPNG(packed, trns(first...)), clear, ""},
		{"tRNS too short", rawPNG(packed, trns(0, 1)), opaque, ignored},
		{"tRNS too long", rawPNG(packed, trns(append(first, 0)...)), opaque, ignored},
		{"tRNS of 20 MB", rawPNG(packed, trns(make([]byte, 20<<20)...)), opaque, ignored},
		{"tRNS of a wrong checksum", rawPNG(packed, wrongSum(trns(first...))), opaque, ignored},
		{"tRNS twice", rawPNG(packed, trns(first...), trns(0, 0, 0, 0, 0, 0)), clear, ignored},
		{"tRNS behind the pixels", append(whole[:len(whole)-12:len(whole)-12], slices.Concat(trns(first...), pngChunk("IEND", nil))...), opaque, ignored},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, _, err := decodePNG(tc.data)
			if tc.want == nil {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil || !bytes.Equal(f.pix, tc.want) {
				t.Errorf("%v, pixels %v, want %v", err, f.pix, tc.want)
			}
			info, err := probePNG(tc.data)
			if got := strings.Join(info.Notes, "; "); got != tc.note || err != nil {
				t.Errorf("notes %q, %v, want %q", got, err, tc.note)
			}
			if o, err := ReadHeader(bytes.NewReader(tc.data), int64(len(tc.data)), true); err != nil || o.Width != 4 {
				t.Errorf("header %+v, %v", o, err)
			}
		})
	}
	// gAMA makes a profile for RGB, which a gray PNG has to keep.
	gray := encodePNG(t, image.NewGray(image.Rect(0, 0, 4, 3)))
	for _, tc := range []struct {
		chunk []byte
		gray  bool
	}{
		{pngChunk("gAMA", []byte{0, 1, 0x86, 0xa0}), false},
		{pngChunk("iCCP", slices.Concat([]byte("n\x00\x00"), deflate([]byte("p")))), true},
	} {
		p, err := Decode(insert(gray, tc.chunk), DecodeOptions{})
		if err != nil || p.Gray != tc.gray || len(p.ICC) == 0 {
			t.Errorf("gray %v, a profile of %d bytes, %v", p.Gray, len(p.ICC), err)
		}
	}
	apple := slices.Concat([]byte(pngSignature), pngChunk("CgBI", []byte{0x50, 0, 0x20, 6}), whole[8:])
	e, ok := second(probePNG(apple)).(*Error)
	if !ok || !strings.Contains(e.Detail, "Xcode") || !strings.Contains(e.Hint, "-revert-iphone-optimizations in.png out.png") {
		t.Errorf("of Xcode: %v", e)
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func FuzzDecodePNG(f *testing.F) {
	f.Add(encodePNG(f, noisy(4, 3, false)))
	f.Add(insert(encodePNG(f, noisy(4, 3, true)), pngChunk("iCCP", slices.Concat([]byte("n\x00\x00"), deflate([]byte("p")))), pngChunk("eXIf", exifBlock(binary.BigEndian, 6))))
	f.Add(insert(encodePNG(f, image.NewGray16(image.Rect(0, 0, 3, 2))), pngChunk("tRNS", []byte{0, 0})))
	f.Add(encodePNG(f, image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.Transparent})))
	r := rand.New(rand.NewPCG(3, 4))
	f.Add(anyPNG(r, 9, 9, 2, pngGray, true))
	f.Add(anyPNG(r, 5, 4, 16, pngRGB, false, pngChunk("tRNS", make([]byte, 6))))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzStill(t, data, probePNG, decodePNG)
		if len(data) > 1<<16 {
			return
		}
		got, _, err := decodePNG(data)
		if err != nil {
			return
		}
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return // Go's decoder minds more
		}
		if want, err := toFrame("png", m); err == nil && !bytes.Equal(got.pix, want.pix) {
			t.Fatal("Go's decoder sees other pixels")
		}
	})
}

// fuzzStill holds what is true of every decoder of still pictures: it keeps to
// what the header says, or fails.
func fuzzStill(t *testing.T, data []byte, probe func([]byte) (Info, error), decode func([]byte) (frame, meta, error)) {
	info, err := probe(data)
	if err == nil && info.Width*info.Height > 1<<20 {
		return
	}
	f, m, decodeErr := decode(data)
	if err != nil && decodeErr == nil {
		t.Fatalf("decoded, though the header is refused: %v", err)
	}
	if decodeErr != nil {
		if f.pix != nil {
			t.Fatal("pixels in spite of an error")
		}
		return
	}
	w, h := f.w, f.h
	if m.Orientation >= 5 {
		w, h = h, w
	}
	if info.Frames == 1 && (w != info.Width || h != info.Height) || len(f.pix) != 4*w*h {
		t.Fatalf("%dx%d with %d bytes, the header says %dx%d", w, h, len(f.pix), info.Width, info.Height)
	}
	if f.opaque != isOpaque(f.pix) || !f.opaque && !info.Alpha {
		t.Fatalf("opaque %v, really %v, the header says alpha %v", f.opaque, isOpaque(f.pix), info.Alpha)
	}
}
