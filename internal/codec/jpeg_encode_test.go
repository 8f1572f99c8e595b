package codec

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// Every layout at many sizes, odd ones and lines among them.
func TestEncodeJPEG(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 3}, {16, 16}, {17, 16}, {33, 17}, {191, 127}, {16384, 8}, {1, asset.JPEG.MaxSide()}, {asset.JPEG.MaxSide(), 1}} {
		opaque, planes, alpha := photo(t, size[0], size[1])
		full, err := Decode(mustJPEG(t, opaque, JPEGOptions{Quality: 98, FullChroma: true}), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		gray := pixel.NewPlanar(pixel.Image{Width: size[0], Height: size[1], Layout: pixel.Gray, Depth: 8, Full: true})
		for y := range size[1] {
			copy(gray.Planes[0][y*gray.Stride[0]:], full.Image.Planes[0][y*full.Image.Stride[0]:][:size[0]])
		}
		for _, tc := range []struct {
			name       string
			im         *pixel.Image
			o          JPEGOptions
			kind       pixel.Layout
			subW, subH int
			least      float64
		}{
			{"4:2:0", opaque, JPEGOptions{}, pixel.YUV, 1, 1, 29},
			{"4:4:4", opaque, JPEGOptions{FullChroma: true}, pixel.YUV, 0, 0, 32},
			{"planes", planes, JPEGOptions{}, pixel.YUV, 1, 1, 29},
			{"planes of 4:4:4", &full.Image, JPEGOptions{}, pixel.YUV, 0, 0, 32},
			{"gray", gray, JPEGOptions{}, pixel.Gray, 0, 0, 0},
			{"alpha", alpha, JPEGOptions{FullChroma: true, Background: [3]byte{200, 30, 60}}, pixel.YUV, 0, 0, 32},
		} {
			name := fmt.Sprintf("%v, %s", size, tc.name)
			tc.o.Quality = 92
			data := mustJPEG(t, tc.im, tc.o)
			p, got := decoded(t, data)
			if p.Image.Layout != tc.kind || p.Image.SubW != tc.subW || p.Image.SubH != tc.subH || p.Orientation != 0 {
				t.Errorf("%s: kind %d, %d:%d, orientation %d", name, p.Image.Layout, p.Image.SubW, p.Image.SubH, p.Orientation)
			}
			want := opaque
			switch {
			case tc.im == gray:
				if want, err = pixel.ToRGBA(gray, size[0], size[1], 1); err != nil {
					t.Fatal(err)
				}
				tc.least = 32
			case tc.im.Alpha:
				want = pixel.NewRGBA(size[0], size[1], nil)
				for i, v := range tc.im.Planes[0] {
					want.Planes[0][i] = 255
					if a := float64(tc.im.Planes[0][i|3]) / 255; i%4 < 3 {
						want.Planes[0][i] = byte(math.Round(float64(v)*a + float64(tc.o.Background[i%4])*(1-a)))
					}
				}
			}
			if db := psnr(t, want, got); db < tc.least {
				t.Errorf("%s: %.1f dB, want %.0f", name, db, tc.least)
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil || c.Width != size[0] || c.Height != size[1] {
				t.Errorf("%s: Go's decoder: %+v, %v", name, c, err)
			}
			if _, err := Decode(data, DecodeOptions{Strict: true}); err != nil {
				t.Errorf("%s: strictly: %v", name, err)
			}
			if again := mustJPEG(t, tc.im, tc.o); !bytes.Equal(data, again) {
				t.Errorf("%s: other bytes the second time", name)
			}
		}
	}
}

func mustJPEG(t *testing.T, im *pixel.Image, o JPEGOptions) []byte {
	t.Helper()
	data, err := EncodeJPEG(im, o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Planes that a JPEG decodes to are encoded as they are: at the quality of the source,
// nothing is lost again, at odd sizes either.
func TestEncodeJPEGAgain(t *testing.T) {
	for _, name := range []string{"420", "422", "440", "444", "grey", "odd", "odd-422"} {
		source := picture(t, "jpeg/"+name+".jpg")
		p, before := decoded(t, source)
		quality, ok := JPEGQuality(source)
		if !ok {
			t.Fatal("no quality")
		}
		_, after := decoded(t, mustJPEG(t, &p.Image, JPEGOptions{Quality: quality}))
		turned, err := pixel.ToRGBA(after, after.Width, after.Height, p.Orientation)
		if err != nil {
			t.Fatal(err)
		}
		if db := psnr(t, before, turned); db < 45 {
			t.Errorf("%s, quality %d: %.1f dB", name, quality, db)
		}
	}
}

// A file is progressive, and lower quality and less chroma make it smaller.
func TestEncodeJPEGOptions(t *testing.T) {
	opaque, _, _ := photo(t, 240, 160)
	best, full := mustJPEG(t, opaque, JPEGOptions{Quality: 80}), mustJPEG(t, opaque, JPEGOptions{Quality: 80, FullChroma: true})
	low, least := mustJPEG(t, opaque, JPEGOptions{Quality: 30}), mustJPEG(t, opaque, JPEGOptions{Quality: -3})
	if !(len(full) > len(best) && len(best) > len(low) && len(low) > len(least)) {
		t.Errorf("%d, %d, %d, %d bytes", len(full), len(best), len(low), len(least))
	}
	if !bytes.Contains(best, []byte{0xff, 0xc2}) || bytes.Contains(best, []byte{0xff, 0xc0, 0, 17}) {
		t.Error("it is not progressive")
	}
	if over := mustJPEG(t, opaque, JPEGOptions{Quality: 999}); !bytes.Equal(over, mustJPEG(t, opaque, JPEGOptions{Quality: 100})) {
		t.Error("a quality above 100 is not 100")
	}
}

func TestEncodeJPEGMetadata(t *testing.T) {
	opaque, _, _ := photo(t, 24, 16)
	icc, exif, xmp := metadata()
	plain := mustJPEG(t, opaque, JPEGOptions{Quality: 80})
	data := mustJPEG(t, opaque, JPEGOptions{Quality: 80, ICC: icc, EXIF: exif, XMP: xmp})
	p, _ := decoded(t, data)
	if diff := cmp.Diff(meta{ICC: icc, EXIF: exif, XMP: xmp, Orientation: 1}, p.meta); diff != "" {
		t.Error(diff)
	}
	if q, _ := decoded(t, plain); q.ICC != nil || q.EXIF != nil || q.XMP != nil {
		t.Errorf("there is metadata: %+v", q.meta)
	}
	if !bytes.HasPrefix(data, plain[:20]) || !bytes.HasSuffix(data, plain[20:]) {
		t.Error("the metadata is not behind the JFIF header")
	}
	if info, err := Probe(data); err != nil || info.Format != asset.JPEG {
		t.Errorf("%+v, %v", info, err)
	}
	for _, tc := range []struct {
		o    JPEGOptions
		want string
	}{
		{JPEGOptions{EXIF: make([]byte, 65_528)}, "its EXIF has 65528 bytes, and a JPEG holds at most 65527"},
		{JPEGOptions{XMP: make([]byte, 65_505)}, "its XMP has 65505 bytes, and a JPEG holds at most 65504"},
		{JPEGOptions{ICC: make([]byte, 255*65_519+1)}, "its color profile has 16707346 bytes, and a JPEG holds at most 16707345"},
	} {
		if _, err := EncodeJPEG(opaque, tc.o); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
	// The most that fits does.
	most := JPEGOptions{EXIF: append(exif, make([]byte, 65_527-len(exif))...), XMP: make([]byte, 65_504)}
	if p, _ := decoded(t, mustJPEG(t, opaque, most)); len(p.EXIF) != 65_527 || len(p.XMP) != 65_504 {
		t.Errorf("%d bytes of EXIF, %d of XMP", len(p.EXIF), len(p.XMP))
	}
}

// Bytes that decoders pass over are an error where it is asked to be strict.
func TestStrictJPEG(t *testing.T) {
	opaque, _, _ := photo(t, 60, 40)
	data := mustJPEG(t, opaque, JPEGOptions{Quality: 80})
	scan := bytes.LastIndex(data, []byte{0xff, 0xda})
	for _, at := range []int{scan, len(data) - 2} {
		for _, what := range []string{"<script>", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
			odd := slices.Insert(slices.Clone(data), at, []byte(what)...)
			if _, err := Decode(odd, DecodeOptions{}); err != nil {
				t.Errorf("%q at %d: %v", what, at, err)
			}
			if _, err := Decode(odd, DecodeOptions{Strict: true}); err == nil {
				t.Errorf("%q at %d passes", what, at)
			}
		}
	}
}

// One scan has the pixels of ten, at every scale, and what has one already stays.
func TestSequentialJPEG(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {33, 17}, {192, 128}} {
		opaque, _, _ := photo(t, size[0], size[1])
		for _, full := range []bool{false, true} {
			data := mustJPEG(t, opaque, JPEGOptions{Quality: 80, FullChroma: full, EXIF: []byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), XMP: []byte("<x/>")})
			one := SequentialJPEG(data)
			if marks, err := readJPEGHeader(one); err != nil || marks.scans != 1 || bytes.Equal(one, data) {
				t.Errorf("%v: %d scans, %v", size, marks.scans, err)
			}
			if again := SequentialJPEG(one); !bytes.Equal(again, one) {
				t.Errorf("%v: another one is made of it", size)
			}
			for width := 1; width <= size[0]; width *= 2 {
				o := DecodeOptions{Width: width, Height: max(1, width*size[1]/size[0]), Metadata: true}
				want, err1 := Decode(data, o)
				got, err2 := Decode(one, o)
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(Picture{}, pixel.Image{})); err1 != nil || err2 != nil || diff != "" {
					t.Errorf("%v at %d: %v, %v, %s", size, width, err1, err2, diff)
				}
			}
		}
	}
	if damaged := picture(t, "jpeg/progressive.jpg"); !bytes.Equal(SequentialJPEG(damaged[:len(damaged)/2]), damaged[:len(damaged)/2]) {
		t.Error("half a file is made whole")
	}
}
