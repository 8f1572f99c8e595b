package codec

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

func mustAVIF(t testing.TB, im *pixel.Image, o AVIFOptions) []byte {
	t.Helper()
	if !CanEncode(asset.AVIF) {
		t.Skip("libheif has no AV1 encoder here")
	}
	data, err := EncodeAVIF(im, o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every layout at many sizes, odd ones and lines among them, is what it was.
func TestEncodeAVIF(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 3}, {16, 16}, {33, 17}, {191, 127}, {16384, 8}, {8, 8704}} {
		opaque, planes, alpha := photo(t, size[0], size[1])
		gray := pixel.NewPlanar(pixel.Image{Width: size[0], Height: size[1], Layout: pixel.Gray, Depth: 8, Full: true})
		for y := range size[1] {
			copy(gray.Planes[0][y*gray.Stride[0]:], planes.Planes[0][y*planes.Stride[0]:][:size[0]])
		}
		wide := *planes
		wide.Matrix = pixel.MatrixBT709
		for _, tc := range []struct {
			name  string
			im    *pixel.Image
			o     AVIFOptions
			kind  pixel.Layout
			sub   int
			depth int
			least float64
		}{
			{"RGBA", opaque, AVIFOptions{}, pixel.YUV, 1, 10, 29},
			{"8 bits", opaque, AVIFOptions{Depth: 8}, pixel.YUV, 1, 8, 29},
			{"4:4:4", opaque, AVIFOptions{FullChroma: true}, pixel.YUV, 0, 10, 34},
			{"10 bits", opaque, AVIFOptions{Depth: 10}, pixel.YUV, 1, 10, 29},
			{"12 bits of 4:4:4", opaque, AVIFOptions{FullChroma: true, Depth: 12}, pixel.YUV, 0, 12, 34},
			{"planes", planes, AVIFOptions{}, pixel.YUV, 1, 8, 29},
			{"planes by BT.709", &wide, AVIFOptions{}, pixel.YUV, 1, 8, 29},
			{"gray", gray, AVIFOptions{}, pixel.Gray, 0, 8, 34},
			{"alpha", alpha, AVIFOptions{FullChroma: true}, pixel.YUV, 0, 8, 34},
			{"alpha in 10 bits", alpha, AVIFOptions{FullChroma: true, Depth: 10}, pixel.YUV, 0, 10, 34},
			{"lossy alpha", alpha, AVIFOptions{AlphaQuality: 80}, pixel.YUV, 1, 8, 29},
		} {
			name := fmt.Sprintf("%v, %s", size, tc.name)
			tc.o.Quality, tc.o.Effort = 95, 4
			data := mustAVIF(t, tc.im, tc.o)
			info, err := Probe(data)
			if err != nil {
				t.Fatal(name, err)
			}
			if info.Format != asset.AVIF || info.Width != size[0] || info.Height != size[1] || info.Alpha != tc.im.Alpha || info.Depth != tc.depth {
				t.Errorf("%s: %+v", name, info)
			}
			p, got := decoded(t, data)
			im := p.Image
			if im.Layout != tc.kind || im.SubW != tc.sub || im.SubH != tc.sub || im.Depth != tc.depth || im.Alpha != tc.im.Alpha {
				t.Errorf("%s: %+v", name, im.Layout)
			}
			if want := tc.im.Full || tc.im.Layout == pixel.RGBA; im.Full != want || im.Matrix != cmp.Or(tc.im.Matrix, pixel.MatrixBT601) ||
				im.Primaries != pixel.PrimariesBT709 || im.Transfer != pixel.TransferSRGB {
				t.Errorf("%s: full range %v, matrix %d, primaries %d, transfer %d", name, im.Full, im.Matrix, im.Primaries, im.Transfer)
			}
			want, err := pixel.ToRGBA(tc.im, size[0], size[1], 1)
			if err != nil {
				t.Fatal(err)
			}
			if db := psnr(t, want, got); db < tc.least {
				t.Errorf("%s: %.1f dB, want %.0f", name, db, tc.least)
			}
			worst := 0
			for i := 3; i < len(want.Planes[0]); i += 4 {
				d := int(want.Planes[0][i]) - int(got.Planes[0][i])
				worst = max(worst, d, -d)
			}
			if most := map[bool]int{true: 0, false: 16}[tc.o.AlphaQuality == 0]; worst > most {
				t.Errorf("%s: alpha is off by %d", name, worst)
			}
		}
	}
}

// What other files decode to is encoded with its depth, its layout and its code points.
func TestEncodeAVIFPlanes(t *testing.T) {
	for _, name := range []string{"heic/10bit.heic", "heic/422.heic", "heic/444.heic", "heic/grey.heic", "heic/alpha.heic", "heic/limited.heic", "heic/p3-nclx.heic", "avif/10bit.avif", "jpeg/420.jpg", "jpeg/444.jpg"} {
		p, before := decoded(t, picture(t, name))
		q, after := decoded(t, mustAVIF(t, &p.Image, AVIFOptions{Quality: 95, Effort: 4}))
		want, got := p.Image, q.Image
		if got.Layout != want.Layout || got.SubW != want.SubW || got.SubH != want.SubH || got.Depth != want.Depth ||
			got.Full != want.Full || got.Matrix != want.Matrix || got.Alpha != want.Alpha ||
			want.Primaries > 2 && got.Primaries != want.Primaries {
			t.Errorf("%s: %+v became %+v", name, layoutOf(want), layoutOf(got))
		}
		if db := psnr(t, before, after); db < 38 {
			t.Errorf("%s: %.1f dB", name, db)
		}
	}
}

// layoutOf is an image without its pixels.
func layoutOf(im pixel.Image) pixel.Image {
	im.Planes = [4][]byte{}
	return im
}

// The color of what cannot be seen does not get into what can.
func TestEncodeAVIFHiddenColor(t *testing.T) {
	im := drawing(64, 64, true, func(x, y int) [4]byte {
		if x%2 == 0 {
			return [4]byte{0, 0, 255, 0}
		}
		return [4]byte{255, 0, 0, 255}
	})
	for _, full := range []bool{false, true} {
		_, got := decoded(t, mustAVIF(t, im, AVIFOptions{Quality: 95, Effort: 4, FullChroma: full}))
		for x := 1; x < 64; x += 2 {
			c := [4]byte(got.Planes[0][32*got.Stride[0]+4*x:])
			if c[0] < 215 || c[1] > 40 || c[2] > 40 || c[3] != 255 {
				t.Fatalf("4:4:4 %v: column %d is %v", full, x, c)
			}
		}
	}
}

// The same bytes come out each time: those of one thread, and those of several.
func TestEncodeAVIFSame(t *testing.T) {
	_, planes, alpha := photo(t, 300, 201)
	for _, effort := range []int{0, 4, 6} {
		for name, im := range map[string]*pixel.Image{"planes": planes, "alpha": alpha} {
			for _, threads := range [][2]int{{0, 1}, {2, 2}, {2, 4}} {
				o := AVIFOptions{Quality: 60, Effort: effort, Threads: threads[0]}
				first := mustAVIF(t, im, o)
				o.Threads = threads[1]
				if again := mustAVIF(t, im, o); !bytes.Equal(first, again) {
					t.Errorf("%s, effort %d, threads %d: %d bytes, then %d", name, effort, threads, len(first), len(again))
				}
			}
		}
	}
}

// Less quality makes smaller files, and so does the most effort.
func TestEncodeAVIFOptions(t *testing.T) {
	_, planes, _ := photo(t, 240, 160)
	size := func(o AVIFOptions) int { return len(mustAVIF(t, planes, o)) }
	best, middle, worst := size(AVIFOptions{Quality: 95, Effort: 4}), size(AVIFOptions{Quality: 60, Effort: 4}), size(AVIFOptions{Effort: 4})
	if best <= middle || middle <= worst {
		t.Errorf("quality 95, 60, 0: %d, %d, %d bytes", best, middle, worst)
	}
	if fast, slow := size(AVIFOptions{Quality: 60}), size(AVIFOptions{Quality: 60, Effort: 6}); fast <= slow {
		t.Errorf("effort 0, 6: %d, %d bytes", fast, slow)
	}
	if a, b := size(AVIFOptions{Quality: 60, Effort: 99}), size(AVIFOptions{Quality: 60, Effort: 6}); a != b {
		t.Errorf("effort 99, 6: %d, %d bytes", a, b)
	}
}

// Alpha of 10 bits is without loss at little cost at every effort.
func TestEncodeAVIFDeepAlpha(t *testing.T) {
	_, _, alpha := photo(t, 240, 160)
	least := len(mustAVIF(t, alpha, AVIFOptions{Quality: 60, Effort: 6, Depth: 10}))
	for effort := range 6 {
		if n := len(mustAVIF(t, alpha, AVIFOptions{Quality: 60, Effort: effort, Depth: 10})); n > 2*least {
			t.Errorf("effort %d: %d bytes, effort 6: %d", effort, n, least)
		}
	}
}

func TestEncodeAVIFMetadata(t *testing.T) {
	opaque, planes, alpha := photo(t, 24, 16)
	icc, exif, xmp := metadata()
	for name, im := range map[string]*pixel.Image{"RGBA": opaque, "planes": planes, "alpha": alpha} {
		p, _ := decoded(t, mustAVIF(t, im, AVIFOptions{Quality: 60, Effort: 4, ICC: icc, EXIF: exif, XMP: xmp}))
		if diff := gocmp.Diff(meta{ICC: icc, EXIF: exif, XMP: xmp}, p.meta); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if want := im.Layout == pixel.RGBA; p.Image.Full != want || p.Image.Matrix != pixel.MatrixBT601 {
			t.Errorf("%s: full range %v, matrix %d", name, p.Image.Full, p.Image.Matrix)
		}
		q, _ := decoded(t, mustAVIF(t, im, AVIFOptions{Quality: 60, Effort: 4}))
		if q.ICC != nil || q.EXIF != nil || q.XMP != nil {
			t.Errorf("%s: there is metadata: %+v", name, q.meta)
		}
	}
}

func TestAVIFError(t *testing.T) {
	for _, tc := range []struct {
		code         int
		text         string
		detail, hint string
	}{
		{6, "", "out of memory", "`jobs`"},
		{9, "Encoding problem: Encoder: AOM v3.6.0 has a bug when encoding large images.", "libaom 3.6.0 cannot encode an image this large", "`max-width`"},
		{8, "AOM encoder error: it is Tuesday", "the encoder failed (libheif: it is Tuesday)", ""},
	} {
		e, ok := avifError(tc.code, tc.text).(*Error)
		if !ok || e.Op != "avif" || e.Code != tc.code || !strings.HasPrefix(e.Detail, tc.detail) || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("%q: %+v", tc.text, e)
		}
	}
}
