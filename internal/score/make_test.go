package score

import (
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

var makePairs = flag.Bool("make", false, "make the golden pairs again, of the images in testdata at the root")

// A motif is a part of an image of the project's own, at a size.
type motif struct {
	name, file    string
	width, height int // that the image is shrunk to
	crop          image.Rectangle
	space         string
}

var motifs = []motif{
	{"dunes", "demo/photos/dunes.jpg", 480, 0, image.Rect(100, 60, 308, 204), ""},
	{"mountains", "demo/photos/mountains.heic", 480, 0, image.Rect(120, 80, 312, 240), ""},
	{"mountains-p3", "demo/photos/mountains.heic", 480, 0, image.Rect(120, 80, 312, 240), "p3"},
	{"forest", "demo/photos/mountains.heic", 0, 0, image.Rect(400, 500, 551, 631), ""},
	{"editor", "demo/screens/editor.png", 0, 0, image.Rect(150, 130, 390, 310), ""},
	{"desktop", "demo/screens/editor.png", 400, 0, image.Rect(0, 0, 400, 250), ""},
	{"compass", "demo/icons/compass.png", 160, 0, image.Rect(0, 0, 160, 160), ""},
	{"small", "demo/photos/dunes.jpg", 300, 0, image.Rect(40, 60, 104, 124), ""},
}

// TestMake makes the pairs: of each motif a PNG, and what lossy coding, a blur and other
// mistakes make of it.
func TestMake(t *testing.T) {
	if !*makePairs {
		t.Skip("only with -make")
	}
	var list strings.Builder
	list.WriteString("# reference, candidate, score of the original: ssimulacra2 of libjxl, commit of 2025 (SSIMULACRA 2.1)\n")
	for _, m := range motifs {
		im, icc := m.pixels(t)
		reference := m.name + ".png"
		data, err := codec.EncodePNG(im, codec.PNGOptions{Effort: 6, ICC: icc})
		save(t, reference, data, err)
		for _, q := range []int{5, 35, 70, 90} {
			name := fmt.Sprintf("%s-%d.webp", m.name, q)
			data, err := codec.Encode(im, codec.EncodeOptions{Quality: q, Effort: 4})
			save(t, name, data, err)
			fmt.Fprintln(&list, reference, name, 0)
		}
		if m.space == "" && !im.Alpha {
			name := m.name + "-50.jpg"
			data, err := codec.EncodeJPEG(im, codec.JPEGOptions{Quality: 50})
			save(t, name, data, err)
			fmt.Fprintln(&list, reference, name, 0)
		}
		switch m.name {
		case "editor", "small", "compass":
			for _, w := range []struct {
				name string
				do   func(*pixel.Image) *pixel.Image
			}{{"shifted", shifted}, {"brighter", brighter}, {"noisy", noisy}} {
				name := m.name + "-" + w.name + ".png"
				data, err := codec.EncodePNG(w.do(im), codec.PNGOptions{Effort: 6})
				save(t, name, data, err)
				fmt.Fprintln(&list, reference, name, 0)
			}
		}
	}
	save(t, "golden.txt", []byte(list.String()), nil)
}

func save(t *testing.T, name string, data []byte, err error) {
	t.Helper()
	if err == nil {
		err = os.WriteFile(filepath.Join("testdata", name), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (m motif) pixels(t *testing.T) (*pixel.Image, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", m.file))
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Decode(data, codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w, h := pixel.Fit(p.Image.Width, p.Image.Height, m.width, m.height)
	im, err := pixel.ToRGBA(&p.Image, w, h, p.Orientation)
	if err != nil {
		t.Fatal(err)
	}
	out := pixel.NewRGBA(m.crop.Dx(), m.crop.Dy(), nil)
	out.Alpha = transparent(im)
	for y := range out.Height {
		copy(out.Planes[0][y*out.Stride[0]:][:out.Stride[0]], im.Planes[0][(m.crop.Min.Y+y)*im.Stride[0]+4*m.crop.Min.X:])
	}
	if m.space != "p3" {
		return out, nil
	}
	icc, _ := pixel.CodedProfile(pixel.PrimariesP3, pixel.TransferSRGB)
	return out, icc
}

func copied(im *pixel.Image, change func(from []byte, x, y int, to []byte)) *pixel.Image {
	out := pixel.NewRGBA(im.Width, im.Height, nil)
	out.Alpha = im.Alpha
	for y := range im.Height {
		for x := range im.Width {
			change(im.Planes[0][y*im.Stride[0]:][:4*im.Width], x, y, out.Planes[0][y*out.Stride[0]+4*x:][:4])
		}
	}
	return out
}

func shifted(im *pixel.Image) *pixel.Image {
	return copied(im, func(row []byte, x, _ int, to []byte) { copy(to, row[4*max(0, x-1):]) })
}

func brighter(im *pixel.Image) *pixel.Image {
	return copied(im, func(row []byte, x, _ int, to []byte) {
		copy(to, row[4*x:])
		for i := range 3 {
			to[i] = byte(min(255, int(to[i])+6))
		}
	})
}

func noisy(im *pixel.Image) *pixel.Image {
	return copied(im, func(row []byte, x, y int, to []byte) {
		copy(to, row[4*x:])
		for i := range 3 {
			to[i] = byte(max(0, min(255, int(to[i])+int(scatter(uint32(4*(y<<16|x)+i))%9)-4)))
		}
	})
}
