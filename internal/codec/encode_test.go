package codec

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// photo returns the photo of testdata at a size, as RGBA, as planes of the limited range,
// and with alpha that goes from nothing to all.
func photo(t testing.TB, width, height int) (opaque, planes, alpha *pixel.Image) {
	t.Helper()
	p, err := Decode(picture(t, "png/photo.png"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if opaque, err = pixel.ToRGBA(&p.Image, width, height, 1); err != nil {
		t.Fatal(err)
	}
	opaque.Alpha = false
	if planes, err = pixel.ToYUV420(opaque, width, height, 1); err != nil {
		t.Fatal(err)
	}
	alpha = pixel.NewRGBA(width, height, nil)
	alpha.Alpha = true
	copy(alpha.Planes[0], opaque.Planes[0])
	for i := range width * height {
		alpha.Planes[0][4*i+3] = byte(255 * (i%width + 1) / width)
	}
	return opaque, planes, alpha
}

// decoded is what a viewer shows of a file that was encoded.
func decoded(t testing.TB, data []byte) (Picture, *pixel.Image) {
	t.Helper()
	p, err := Decode(data, DecodeOptions{Metadata: true})
	if err != nil {
		t.Fatal(err)
	}
	im, err := upright(p)
	if err != nil {
		t.Fatal(err)
	}
	return p, im
}

// psnr compares RGBA images in dB; what is hidden by the alpha of the first one counts as
// little as it is seen.
func psnr(t testing.TB, a, b *pixel.Image) float64 {
	t.Helper()
	if a.Width != b.Width || a.Height != b.Height {
		t.Fatalf("%dx%d became %dx%d", a.Width, a.Height, b.Width, b.Height)
	}
	squares, weights := 0.0, 1e-9
	for i, v := range a.Planes[0][:4*a.Width*a.Height] {
		weight := 1.0
		if a.Alpha {
			weight = float64(a.Planes[0][i|3])
		}
		if i%4 < 3 {
			d := float64(v) - float64(b.Planes[0][i])
			squares, weights = squares+weight*d*d, weights+weight
		}
	}
	return 10 * math.Log10(255*255*weights/squares)
}

// metadata is a profile, EXIF and XMP that are larger than one segment of a JPEG where
// that may be.
func metadata() (icc, exif, xmp []byte) {
	icc = pixel.MakeProfile(pixel.ProfileOptions{Gamma: 1.8})
	icc = append(icc, make([]byte, 70_000)...)
	for i := range 70_000 {
		icc[len(icc)-1-i] = byte(i * i >> 3)
	}
	binary.BigEndian.PutUint32(icc, uint32(len(icc)))
	return icc, exifBlock(binary.BigEndian, 1), []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"/>`)
}

func TestCanEncode(t *testing.T) {
	for _, f := range []asset.Format{asset.WebP, asset.JPEG, asset.PNG, asset.AVIF} {
		if !CanEncode(f) {
			t.Errorf("%s cannot be encoded", f)
		}
	}
	for _, f := range []asset.Format{asset.HEIC, asset.GIF, asset.TIFF, asset.BMP, "jxl"} {
		if CanEncode(f) {
			t.Errorf("%s can be encoded", f)
		}
	}
}

// Sizes and layouts that an encoder must not read, or cannot write, are refused.
func TestEncodersRefuse(t *testing.T) {
	plane := func(like pixel.Image, change func(*pixel.Image)) *pixel.Image {
		im := pixel.NewPlanar(like)
		if change != nil {
			change(im)
		}
		return im
	}
	yuv := pixel.Image{Width: 9, Height: 5, Layout: pixel.YUV, SubW: 1, SubH: 1, Depth: 8, Matrix: pixel.MatrixBT601}
	with := func(change func(*pixel.Image)) *pixel.Image {
		like := yuv
		change(&like)
		return pixel.NewPlanar(like)
	}
	avif := func(im *pixel.Image) error { _, err := EncodeAVIF(im, AVIFOptions{Quality: 50}); return err }
	jpeg := func(im *pixel.Image) error { _, err := EncodeJPEG(im, JPEGOptions{Quality: 50}); return err }
	png := func(im *pixel.Image) error { _, err := EncodePNG(im, PNGOptions{}); return err }
	encoders := map[string]func(*pixel.Image) error{"avif": avif, "jpeg": jpeg, "png": png}
	const layout, large = "the encoder was handed pixels of the wrong layout", "holds at most"
	line := func(w, h int) *pixel.Image { return &pixel.Image{Width: w, Height: h, Layout: pixel.RGBA, Depth: 8} }
	for _, tc := range []struct {
		name, only string
		im         *pixel.Image
		want       string
	}{
		{"empty", "", line(0, 1), large},
		{"negative", "", line(1, -1), large},
		{"no pixels", "", line(1, 1), layout},
		{"wide", "avif", line(asset.AVIF.MaxSide()+1, 1), "an AVIF holds at most 65536 pixels a side, and this image has 65537x1"},
		{"high", "jpeg", line(1, asset.JPEG.MaxSide()+1), "a JPEG holds at most 65500 pixels a side, and this image has 1x65501"},
		{"an overflow", "", line(1<<62, 1<<62), large},
		{"a last row that is short", "", plane(yuv, func(im *pixel.Image) { im.Planes[0] = im.Planes[0][:5*im.Stride[0]-1] }), layout},
		{"half of the chroma", "", plane(yuv, func(im *pixel.Image) { im.Planes[2] = im.Planes[2][:im.Stride[2]] }), layout},
		{"rows that overlap", "", plane(yuv, func(im *pixel.Image) { im.Stride[0] = 8 }), layout},
		{"CMYK", "", &pixel.Image{Width: 1, Height: 1, Layout: pixel.CMYK, Depth: 8, Planes: [4][]byte{make([]byte, 4)}, Stride: [4]int{4}}, layout},
		{"RGB", "", with(func(im *pixel.Image) { im.Layout, im.SubW, im.SubH = pixel.RGB, 0, 0 }), layout},
		{"9 bits", "", with(func(im *pixel.Image) { im.Depth = 9 }), layout},
		{"4:1:1", "", with(func(im *pixel.Image) { im.SubW, im.SubH = 2, 0 }), layout},
		{"4:4:0", "avif", with(func(im *pixel.Image) { im.SubW, im.SubH = 0, 1 }), layout},
		{"10 bits", "jpeg", with(func(im *pixel.Image) { im.Depth = 10 }), layout},
		{"alpha", "jpeg", with(func(im *pixel.Image) { im.Alpha = true }), layout},
		{"BT.709", "jpeg", with(func(im *pixel.Image) { im.Matrix = pixel.MatrixBT709 }), layout},
		{"planes", "png", plane(yuv, nil), layout},
	} {
		for name, encode := range encoders {
			if tc.only != "" && tc.only != name {
				continue
			}
			e, ok := errors.AsType[*Error](encode(tc.im))
			if !ok || e.Op != name || !strings.Contains(e.Detail, tc.want) {
				t.Errorf("%s, %s: %v, want %s", tc.name, name, e, tc.want)
			}
		}
	}
}

// The estimates are those of what was measured, and grow with what is asked for.
func TestEstimateOutput(t *testing.T) {
	const pixels = 1000 * 1000
	photo := Info{Format: asset.JPEG, Width: 1000, Height: 1000, Pixels: pixels * 3 / 2, Memory: 7}
	icon := Info{Format: asset.PNG, Width: 1000, Height: 1000, Alpha: true}
	for _, tc := range []struct {
		name  string
		info  Info
		side  int
		o     Output
		bytes float64 // a pixel of the source
	}{
		{"AVIF", photo, 0, Output{Format: asset.AVIF}, 1.5 + 31},
		{"AVIF of 8 bits", photo, 0, Output{Format: asset.AVIF, Depth: 8}, 1.5 + 24},
		{"AVIF of 4:4:4", photo, 0, Output{Format: asset.AVIF, FullChroma: true}, 1.5 + 50},
		{"AVIF of 8 bits and 4:4:4", photo, 0, Output{Format: asset.AVIF, Depth: 8, FullChroma: true}, 1.5 + 36},
		{"AVIF with alpha", icon, 0, Output{Format: asset.AVIF}, 4 + 40},
		{"AVIF of 10 bits with alpha", icon, 0, Output{Format: asset.AVIF, Depth: 10}, 4 + 53},
		{"JPEG", photo, 0, Output{Format: asset.JPEG}, 1.5 + 9},
		{"JPEG of 4:4:4", photo, 0, Output{Format: asset.JPEG, FullChroma: true}, 1.5 + 12},
		{"JPEG of alpha", icon, 0, Output{Format: asset.JPEG}, 4 + 12},
		{"PNG", icon, 0, Output{Format: asset.PNG}, 4 + 13},
		{"a small one", photo, 500, Output{Format: asset.PNG}, 1.5/4 + 13./4},
		{"a small one of a PNG", icon, 500, Output{Format: asset.PNG}, 4 + 13./4},
	} {
		want := tc.info.Memory + int64(tc.bytes*pixels)
		if got := EstimateOutput(tc.info, tc.side, tc.side, tc.o); got != want {
			t.Errorf("%s: %d, want %d", tc.name, got, want)
		}
	}
	if a, b := EstimateOutput(photo, 0, 0, Output{Format: asset.WebP}), EstimateMemory(photo, 0, 0); a != b {
		t.Errorf("WebP: %d, EstimateMemory has %d", a, b)
	}
}
