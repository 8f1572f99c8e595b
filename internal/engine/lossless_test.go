package engine

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// Filters predict alpha that changes little by little. A mask, which is the same for
// many pixels, is smaller without.
func TestPlainAlpha(t *testing.T) {
	const width, height = 400, 300
	for name, tc := range map[string]struct {
		alpha func(x, y int) byte
		want  bool
	}{
		"gradient": {func(x, y int) byte { return byte((x*x/90 + y*y/70 + x*y/110) % 256) }, false},
		"mask":     {func(x, y int) byte { return byte(x / 16 * (y / 16) % 3 / 2 * 255) }, true},
	} {
		im := pixel.NewRGBA(width, height, make([]byte, 4*width*height))
		im.Alpha = true
		for i := range width * height {
			im.Planes[0][4*i+3] = tc.alpha(i%width, i/width)
		}
		sample := strips(im)
		if sample.Width != width || sample.Height != bands*bandRows || !sample.Alpha {
			t.Errorf("%s: the sample is %dx%d, alpha %v", name, sample.Width, sample.Height, sample.Alpha)
		}
		o := codec.EncodeOptions{Quality: 80, Effort: 4}
		e, err := estimateEncoding(sample, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plainAlpha(sample, o, e.lossy)
		if err != nil || got != tc.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// converted is m as a PNG, converted.
func converted(t *testing.T, m image.Image, r asset.Variant) Output {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	info, err := codec.Probe(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	out, err := transcode(t.Context(), b.Bytes(), info, r, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// likenessOf is the PSNR of out beside m.
func likenessOf(t *testing.T, m *image.NRGBA, out Output) float64 {
	t.Helper()
	im := pixel.NewRGBA(m.Rect.Dx(), m.Rect.Dy(), m.Pix)
	psnr, err := likeness(im, out.Data)
	if err != nil {
		t.Fatal(err)
	}
	return psnr
}

// glyph is an icon as they are drawn: a disc with a shade, on nothing, with thin
// strokes in another color on it, all with soft edges and a little texture, which is
// what makes lossy coding smaller.
func glyph(side int, disc, stroke color.NRGBA, texture int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	random := rand.New(rand.NewPCG(uint64(side), uint64(texture)))
	mix := func(a, b uint8, share float64) int { return int(float64(a)*(1-share) + float64(b)*share) }
	for y := range side {
		for x := range side {
			dx, dy := float64(x)-float64(side-1)/2, float64(y)-float64(side-1)/2
			cover := max(0, min(1, float64(side)/2-math.Hypot(dx, dy)))
			line := max(0, 1-math.Abs(math.Mod(float64(x+y)+0.3, 6)-3))
			grain := 0
			if texture > 0 {
				grain = random.IntN(texture) + y*40/side
			}
			channel := func(a, b uint8) uint8 { return uint8(max(0, min(255, mix(a, b, line)-grain))) }
			m.SetNRGBA(x, y, color.NRGBA{channel(disc.R, stroke.R), channel(disc.G, stroke.G), channel(disc.B, stroke.B), uint8(255 * cover)})
		}
	}
	return m
}

var (
	red   = color.NRGBA{R: 220, G: 20, B: 30, A: 255}
	blue  = color.NRGBA{R: 20, G: 40, B: 220, A: 255}
	white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	green = color.NRGBA{G: 190, B: 40, A: 255}
)

// An icon keeps every pixel that is seen, whatever the bytes.
func TestIconsAreExact(t *testing.T) {
	for _, side := range []int{8, 16, 24, 32} {
		for _, texture := range []int{0, 24, 90} {
			m := glyph(side, red, white, texture)
			out := converted(t, m, defaults)
			if psnr := likenessOf(t, m, out); !out.Lossless || !math.IsInf(psnr, 1) {
				t.Errorf("%d pixels, texture %d: lossless %v, %.1f dB", side, texture, out.Lossless, psnr)
			}
			r := defaults
			r.Lossless = asset.LosslessNever
			if out := converted(t, m, r); out.Lossless {
				t.Errorf("%d pixels: lossless against the setting", side)
			}
		}
	}
}

// What lossy coding makes ugly stays lossless, unless that has twice the bytes.
func TestLossyLooksRight(t *testing.T) {
	kept, lossy := 0, 0
	for _, side := range []int{33, 64, 130} {
		for _, colors := range [][2]color.NRGBA{{red, blue}, {blue, green}, {white, white}} {
			for _, texture := range []int{0, 8, 48} {
				m := glyph(side, colors[0], colors[1], texture)
				out := converted(t, m, defaults)
				never, always := defaults, defaults
				never.Lossless, always.Lossless = asset.LosslessNever, asset.LosslessAlways
				small, exact := converted(t, m, never), converted(t, m, always)
				name := fmt.Sprintf("%d pixels, %v, texture %d: %d bytes, lossy %d, exact %d", side, colors, texture, len(out.Data), len(small.Data), len(exact.Data))
				if out.Lossless {
					if len(small.Data) < len(exact.Data) {
						kept++
					}
					continue
				}
				lossy++
				if psnr := likenessOf(t, m, out); psnr < leastPSNR && len(exact.Data) < worthLoss*len(out.Data) {
					t.Errorf("%s: %.1f dB", name, psnr)
				}
			}
		}
	}
	// Both ways are tried by this test.
	if kept < 3 || lossy < 3 {
		t.Errorf("%d kept lossless though larger, %d lossy", kept, lossy)
	}
}

// chart is what a drawing looks like: plain areas with soft edges of many shades.
func chart(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range w * h {
		copy(m.Pix[4*i:], []byte{250, 250, 248, 255})
	}
	for range w * h / 6000 {
		cx, cy, r := random.Float64()*float64(w), random.Float64()*float64(h), 2+random.Float64()*12
		c := [3]float64{float64(random.IntN(256)), float64(random.IntN(256)), float64(random.IntN(256))}
		for y := max(0, int(cy-r-1)); y < min(h, int(cy+r+2)); y++ {
			for x := max(0, int(cx-r-1)); x < min(w, int(cx+r+2)); x++ {
				cover := max(0, min(1, r+0.5-math.Hypot(float64(x)-cx, float64(y)-cy)))
				p := m.Pix[m.PixOffset(x, y):]
				for i := range 3 {
					p[i] = uint8(float64(p[i])*(1-cover) + c[i]*cover + 0.5)
				}
			}
		}
	}
	return m
}

func TestNearLossless(t *testing.T) {
	m := chart(500, 400)
	auto := defaults
	auto.Quality = 99 // lossy is larger
	never := auto
	never.NearLossless = asset.NearLosslessNever
	near, exact := converted(t, m, auto), converted(t, m, never)
	if !near.Lossless || !exact.Lossless {
		t.Fatalf("lossless %v, %v", near.Lossless, exact.Lossless)
	}
	if psnr := likenessOf(t, m, exact); !math.IsInf(psnr, 1) {
		t.Errorf("never: %.1f dB", psnr)
	}
	if psnr := likenessOf(t, m, near); psnr < 38 || math.IsInf(psnr, 1) {
		t.Errorf("auto: %.1f dB", psnr)
	}
	if len(near.Data) >= len(exact.Data) {
		t.Errorf("%d bytes near lossless, %d without loss", len(near.Data), len(exact.Data))
	}
	// always is always.
	always := defaults
	always.Lossless = asset.LosslessAlways
	if psnr := likenessOf(t, m, converted(t, m, always)); !math.IsInf(psnr, 1) {
		t.Errorf("always: %.1f dB", psnr)
	}
	// Noise is not drawn.
	for name, pix := range map[string]*image.NRGBA{"photo": ramp(300, 200, false), "icon": glyph(32, red, white, 20)} {
		im := pixel.NewRGBA(pix.Rect.Dx(), pix.Rect.Dy(), pix.Pix)
		if look(im).drawn() {
			t.Errorf("%s is taken for drawn", name)
		}
	}
}

// Edges between colors keep them in lossy results of PNG; without any, nothing is
// spent on that.
func TestSharpColors(t *testing.T) {
	r := defaults
	r.Lossless = asset.LosslessNever
	m := glyph(200, red, blue, 0)
	im := pixel.NewRGBA(200, 200, m.Pix)
	plain, err := codec.Encode(im, codec.EncodeOptions{Quality: r.Quality, Effort: r.Effort})
	if err != nil {
		t.Fatal(err)
	}
	before, err := likeness(im, plain)
	if err != nil {
		t.Fatal(err)
	}
	if after := likenessOf(t, m, converted(t, m, r)); after < before+1 {
		t.Errorf("%.1f dB, %.1f dB with plain chroma", after, before)
	}
	soft := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	for i := range 200 * 200 {
		copy(soft.Pix[4*i:], []byte{byte(i % 200), byte(i / 200), 100, 255})
	}
	if coloredEdges(pixel.NewRGBA(200, 200, soft.Pix)) {
		t.Error("a gradient has edges between colors")
	}
}
