package codec

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// fuzzPixels bounds the images that the fuzz targets decode, all frames
// together, so that what they try is many files and not one large one.
const fuzzPixels = 1 << 20

// seeds adds every small image of testdata, whole and cut short.
func seeds(f *testing.F) {
	f.Helper()
	err := filepath.WalkDir("../../testdata/pictures", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && len(data) < 20_000 {
			f.Add(data)
			f.Add(data[:len(data)/2])
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte("\x00\x00\x00\x10ftypheic\x00\x00\x00\x00\x00\x00\x00\x08meta"))
}

// FuzzProbe holds Probe to its word: an *Error, or an Info that makes sense.
func FuzzProbe(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Probe(data)
		if err != nil {
			checkError(t, err)
			return
		}
		if format, ok := asset.Sniff(data); !ok || info.Format != format {
			t.Fatalf("%q is probed as %q", format, info.Format)
		}
		if info.Width < 1 || info.Height < 1 || info.Frames < 1 || info.Depth < 1 || info.Depth > 32 {
			t.Fatalf("%+v", info)
		}
		if cost := EstimateMemory(info, 100, 100); cost <= 0 {
			t.Fatalf("%+v costs %d bytes", info, cost)
		}
	})
}

// FuzzDecode decodes stills and animations that claim few enough pixels. What
// comes out has the size that the header claims, and can be encoded.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Probe(data)
		if err != nil || int64(info.Width)*int64(info.Height)*int64(info.Frames) > fuzzPixels || info.Decoded > fuzzPixels || max(info.Width, info.Height) > 4096 {
			return
		}
		if info.Frames > 1 {
			checkError(t, CheckAnimation(data))
			return
		}
		o := DecodeOptions{MaxPixels: fuzzPixels, Metadata: true}
		p, err := Decode(data, o)
		if err != nil {
			checkError(t, err)
			return
		}
		w, h := p.Image.Width, p.Image.Height
		if p.Orientation >= 5 {
			w, h = h, w
		}
		if w != info.Width || h != info.Height {
			t.Fatalf("%dx%d, the header claims %dx%d", w, h, info.Width, info.Height)
		}
		im := &p.Image
		if im.Layout == pixel.CMYK {
			if im, err = pixel.ToSRGB(im, p.ICC); err != nil {
				t.Fatal(err)
			}
		}
		exact, err := pixel.ToRGBA(im, min(im.Width, 64), min(im.Height, 64), p.Orientation)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Encode(exact, EncodeOptions{Quality: 50}); err != nil {
			t.Fatal(err)
		}
		if space, _ := pixel.ProfileSpace(p.ICC); space == pixel.SpaceRGB {
			// A profile may be too odd to be used; that is its own error.
			_, _ = pixel.ToSRGB(exact, p.ICC)
		}
	})
}

// checkError wants an *Error with an operation and a cause, in one line.
func checkError(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e, ok := err.(*Error)
	if !ok || e.Op == "" || e.Detail == "" {
		t.Fatalf("%T %v", err, err)
	}
	for _, r := range e.Error() {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			t.Fatalf("%q", e.Error())
		}
	}
}
