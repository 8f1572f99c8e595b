package codec

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// At 1/8 of the size, the DC coefficients of a progressive JPEG give the pixels that all of
// them give.
func TestJPEGOfDC(t *testing.T) {
	for _, side := range [][2]int{{16, 16}, {17, 33}, {1, 300}, {300, 1}, {250, 130}, {1003, 701}} {
		for _, chroma := range []bool{false, true} {
			im, _, _ := photo(t, side[0], side[1])
			data := mustJPEG(t, im, JPEGOptions{Quality: 85, FullChroma: chroma})
			sameAtAnEighth(t, fmt.Sprintf("%dx%d, full chroma %v", side[0], side[1], chroma), data)
		}
	}
	gray, err := Decode(picture(t, "jpeg/grey.jpg"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameAtAnEighth(t, "gray", mustJPEG(t, &gray.Image, JPEGOptions{Quality: 85}))
	for _, sub := range [][2]int{{1, 0}, {0, 1}, {2, 0}} {
		planes := pixel.NewPlanar(pixel.Image{
			Width: 203, Height: 101, Layout: pixel.YUV, SubW: sub[0], SubH: sub[1], Depth: 8, Full: true, Matrix: pixel.MatrixBT601,
		})
		for p := range planes.Planes {
			for i := range planes.Planes[p] {
				planes.Planes[p][i] = byte(i * (7 + p) >> 3)
			}
		}
		data, err := EncodeJPEG(planes, JPEGOptions{Quality: 85})
		if err != nil {
			continue // not every subsampling is encoded
		}
		sameAtAnEighth(t, fmt.Sprint(sub), data)
	}
}

// sameAtAnEighth checks a file whose scans of AC coefficients are not needed.
func sameAtAnEighth(t *testing.T, name string, data []byte) {
	t.Helper()
	thin, ok := dcJPEG(data)
	if !ok || len(thin) >= len(data) && len(data) > 2000 {
		t.Errorf("%s: %v, %d bytes are made of %d", name, ok, len(thin), len(data))
		return
	}
	want, err := Decode(data, DecodeOptions{Width: 1, Height: 1, Strict: true}) // of the whole file
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got, err := Decode(data, DecodeOptions{Width: 1, Height: 1})
	if err != nil || !samePlanes(&got.Image, &want.Image) {
		t.Errorf("%s: %dx%d, other pixels, or %v", name, got.Image.Width, got.Image.Height, err)
	}
}

// What is not a whole progressive JPEG is left to libjpeg.
func TestJPEGOfDCRefused(t *testing.T) {
	data := picture(t, "jpeg/progressive.jpg")
	if _, ok := dcJPEG(data); !ok {
		t.Fatal("not even the whole file is taken")
	}
	for n := range len(data) - 1 {
		if _, ok := dcJPEG(data[:n]); ok {
			t.Errorf("the first %d of %d bytes are taken", n, len(data))
		}
	}
	scans := jpegScans(data)
	last := scans[len(scans)-1]
	for name, odd := range map[string][]byte{
		"sequential":               picture(t, "jpeg/420.jpg"),
		"the last scan is missing": append(bytes.Clone(data[:last]), 0xff, 0xd9),
		"stray bytes":              append(append(bytes.Clone(data[:last]), 7), data[last:]...),
	} {
		if _, ok := dcJPEG(odd); ok {
			t.Errorf("%s: it is taken", name)
		}
	}
}
