package engine

import (
	"math"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

func TestAlphaIsKept(t *testing.T) {
	for _, name := range []string{"png/rgba.png", "png/rgba16.png", "png/grey-alpha.png", "heic/alpha.heic", "avif/alpha.avif", "tiff/rgba.tif", "webp/alpha.webp"} {
		for _, width := range []int{0, 80} {
			r := defaults
			r.MaxWidth = width
			_, p := made(t, name, r)
			im := p.Image
			for x := range im.Width {
				want := 255 * (float64(x) + 0.5) / float64(im.Width)
				if a := float64(im.Planes[0][im.Height/2*im.Stride[0]+4*x+3]); math.Abs(a-want) > 6 {
					t.Errorf("%s at %d: alpha %d is %v, want %.0f", name, width, x, a, want)
					break
				}
			}
		}
	}
}

// The hidden green of transparent pixels must not show at the edge of the disc.
func TestNoHalo(t *testing.T) {
	for _, lossless := range []string{asset.LosslessAlways, asset.LosslessNever} {
		for _, width := range []int{0, 31} {
			r := defaults
			r.MaxWidth, r.Lossless = width, lossless
			_, p := made(t, "png/halo.png", r)
			im := p.Image
			for i := 0; i < len(im.Planes[0]); i += 4 {
				c := im.Planes[0][i:][:4]
				if c[3] > 64 && c[1] > 90 {
					t.Fatalf("lossless %s, width %d: pixel %d is %v", lossless, width, i/4, c)
				}
			}
		}
	}
}

// In AVIF, soft alpha comes out nearly as it was, for a part of the bytes, and outlines
// exactly.
func TestAlphaOfAVIF(t *testing.T) {
	if !codec.CanEncode(asset.AVIF) {
		t.Skip("the installed libheif has no AV1 encoder")
	}
	for name, most := range map[string]int{"png/rgba.png": 8, "png/halo.png": 0} {
		v := defaults
		v.Format = asset.AVIF
		_, p := made(t, name, v)
		data, _ := load(t, name)
		source, err := codec.Decode(data, codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, want := rgba(t, &p.Image), rgba(t, &source.Image)
		off := 0
		for i := 3; i < len(want.Planes[0]); i += 4 {
			off = max(off, int(got.Planes[0][i])-int(want.Planes[0][i]), int(want.Planes[0][i])-int(got.Planes[0][i]))
		}
		if off > most {
			t.Errorf("%s: alpha is up to %d off, want %d at most", name, off, most)
		}
		exact := alphaQuality(want, 64) == 100
		if exact != (most == 0) {
			t.Errorf("%s: alpha without loss: %v", name, exact)
		}
	}
}

func rgba(t *testing.T, im *pixel.Image) *pixel.Image {
	t.Helper()
	out, err := pixel.ToRGBA(im, im.Width, im.Height, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
