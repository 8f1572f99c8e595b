package main

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/google/go-cmp/cmp"
)

const testdata = "../../testdata"

// TestCommitted holds the committed files to the catalogue: none missing, none
// more, each of the size that is said of it.
func TestCommitted(t *testing.T) {
	missing := map[string]bool{}
	for _, p := range catalogue() {
		missing[p.name] = true
		data, err := os.ReadFile(filepath.Join(testdata, p.name))
		if err != nil {
			t.Error(err)
			continue
		}
		w, h, ok := shape(data)
		if strings.Contains(p.what, "orientation 5") || strings.Contains(p.what, "orientation 6") ||
			strings.Contains(p.what, "orientation 7") || strings.Contains(p.what, "orientation 8") {
			w, h = h, w
		}
		if !ok || w != p.width || h != p.height {
			t.Errorf("%s: %dx%d, want %dx%d", p.name, w, h, p.width, p.height)
		}
	}
	sizes := map[string]int64{}
	for _, dir := range []string{"pictures", "demo"} {
		err := filepath.WalkDir(filepath.Join(testdata, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(testdata, path)
			if err != nil {
				return err
			}
			if !missing[filepath.ToSlash(name)] {
				t.Errorf("%s is not in the catalogue", name)
			}
			info, err := d.Info()
			if err == nil {
				sizes[dir] += info.Size()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if sizes["pictures"] > 1_500_000 || sizes["demo"] > 2_500_000 {
		t.Errorf("testdata has grown too large: %v", sizes)
	}
}

func TestReadme(t *testing.T) {
	got, err := os.ReadFile(filepath.Join(testdata, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readme(), string(got)); diff != "" {
		t.Errorf("stale, run go run ./internal/testpic README:\n%s", diff)
	}
}

// shape is the stored size of an image. For HEIF, that of its first clap or ispe.
func shape(data []byte) (w, h int, ok bool) {
	if i := bytes.Index(data, []byte("clap")); i > 0 && bytes.HasPrefix(data[4:], []byte("ftyp")) {
		return int(binary.BigEndian.Uint32(data[i+4:])), int(binary.BigEndian.Uint32(data[i+12:])), true
	}
	if i := bytes.Index(data, []byte("ispe")); i > 0 && bytes.HasPrefix(data[4:], []byte("ftyp")) {
		return int(binary.BigEndian.Uint32(data[i+8:])), int(binary.BigEndian.Uint32(data[i+12:])), true
	}
	if c, format, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		return c.Width, c.Height, format != ""
	}
	if bytes.HasPrefix(data[8:], []byte("WEBPVP8X")) { // an animation
		u24 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
		return u24(data[24:]) + 1, u24(data[27:]) + 1, true
	}
	return 0, 0, false
}

// TestStored turns each stored orientation back by the words of the EXIF
// specification: where the stored row 0 and column 0 are when shown.
func TestStored(t *testing.T) {
	img := card(60, 40)
	red := patches[0].colour // the top left corner, as shown
	for o, want := range map[int]image.Point{
		1: {0, 0}, 2: {59, 0}, 3: {59, 39}, 4: {0, 39},
		5: {0, 0}, 6: {0, 59}, 7: {39, 59}, 8: {39, 0},
	} {
		if got := stored(img, o).NRGBAAt(want.X, want.Y); got != red {
			t.Errorf("orientation %d: corner %v is %v, want %v", o, want, got, red)
		}
	}
}

// TestWriter compares our PNG writer with Go's decoder.
func TestWriter(t *testing.T) {
	img := faded(33, 17)
	for name, data := range map[string][]byte{
		"plain":      pngFile(rgba(img), false),
		"interlaced": pngFile(rgba(img), true),
		"animated":   apng([]*image.NRGBA{img, img}, []int{1, 2}),
	} {
		got, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.(*image.NRGBA).Pix, img.Pix) {
			t.Errorf("%s: pixels differ", name)
		}
	}
}

// TestShown pins what the disposal methods mean.
func TestShown(t *testing.T) {
	frames := shown()
	base := card(animationWidth, animationHeight)
	for _, c := range []struct {
		frame int
		at    image.Point
		want  any
	}{
		{1, image.Pt(2, 12), steps[1].colour},
		{1, image.Pt(10, 20), base.NRGBAAt(10, 20)}, // the hole
		{2, image.Pt(2, 12), base.NRGBAAt(2, 12)},   // gone: previous
		{2, image.Pt(22, 12), steps[2].colour},
		{3, image.Pt(42, 12), steps[3].colour},
		{3, image.Pt(12, 35), base.NRGBAAt(12, 35)},
	} {
		if got := frames[c.frame].NRGBAAt(c.at.X, c.at.Y); got != c.want {
			t.Errorf("frame %d at %v: %v, want %v", c.frame, c.at, got, c.want)
		}
	}
	if a := frames[3].NRGBAAt(22, 12).A; a != 0 {
		t.Errorf("frame 3: disposal to background left alpha %d", a)
	}
}
