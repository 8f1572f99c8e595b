package codec

import (
	"math"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/testfiles"
)

// picture reads one of those that testdata/README.md describes.
func picture(t testing.TB, name string) []byte {
	t.Helper()
	return []byte(testfiles.Image(t, name))
}

// cells are the colours of the card that testdata/README.md describes, by column
// and row.
var cells = map[[2]int][3]byte{
	{0, 0}: {214, 40, 40}, {5, 0}: {40, 160, 70}, {0, 3}: {40, 80, 200}, {5, 3}: {240, 200, 40},
	{0, 1}: {240, 130, 40}, {5, 1}: {110, 50, 140}, {1, 3}: {40, 180, 200}, {2, 3}: {200, 60, 170},
	{3, 3}: {128, 128, 128}, {4, 3}: {20, 20, 20}, {5, 2}: {255, 255, 255}, {0, 2}: {224, 172, 140},
}

// checkCard compares the centres of the cells, of the image as it is shown, with
// what of is made of their colours; nil leaves these as they are.
func checkCard(t testing.TB, name string, p Picture, tolerance float64, of func([3]byte) [3]byte) {
	t.Helper()
	im, err := upright(p)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if im.Width*2 != im.Height*3 {
		t.Errorf("%s: %dx%d is not as wide as the card", name, im.Width, im.Height)
	}
	for cell, want := range cells {
		x, y := (2*cell[0]+1)*im.Width/12, (2*cell[1]+1)*im.Height/8
		got := [3]byte(im.Planes[0][y*im.Stride[0]+4*x:])
		if of != nil {
			want = of(want)
		}
		for c := range 3 {
			if math.Abs(float64(got[c])-float64(want[c])) > tolerance {
				t.Errorf("%s, %dx%d: cell %v is %v, want %v", name, im.Width, im.Height, cell, got, want)
				break
			}
		}
	}
}

// upright returns what a viewer shows, without regard to profiles.
func upright(p Picture) (*pixel.Image, error) {
	im := &p.Image
	if im.Layout == pixel.CMYK {
		var err error
		if im, err = pixel.ToSRGB(im, nil); err != nil {
			return nil, err
		}
	}
	return pixel.ToRGBA(im, im.Width, im.Height, p.Orientation)
}

// luma is what of a colour is left in grey.
func luma(c [3]byte) [3]byte {
	y := byte(0.299*float64(c[0]) + 0.587*float64(c[1]) + 0.114*float64(c[2]) + 0.5)
	return [3]byte{y, y, y}
}
