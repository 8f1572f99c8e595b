package engine

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/score"
)

// scene is a PNG with smooth parts, edges and noise.
func scene(t testing.TB, w, h int, alpha bool) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			noise := int(seed>>27) - 16
			v := 60 + 120*x/w + noise/2
			if (x/37+y/29)%4 == 0 {
				v = 200 + noise
			}
			c := color.NRGBA{byte(min(255, v)), byte(40 + 150*y/h), byte(220 - v/2), 255}
			if alpha {
				c.A = byte(255 * x / w)
			}
			m.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func looked(t testing.TB, data []byte, v asset.Variant) Output {
	t.Helper()
	info, err := codec.Probe(data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := transcode(t.Context(), data, info, v, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// scoreOf is the score of an encoding of a PNG that keeps its size.
func scoreOf(t testing.TB, source, encoded []byte) float64 {
	t.Helper()
	p, err := codec.Decode(source, codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := score.Prepare(&p.Image, score.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Free()
	got, err := compare(ref, encoded)
	if err != nil {
		t.Fatal(err)
	}
	return asset.RoundScore(got)
}

// An image gets the quality by which it looks as it should, in every lossy format, in three
// tries at most.
func TestLook(t *testing.T) {
	for name, source := range map[string][]byte{"small": scene(t, 200, 150, false), "large": scene(t, 1100, 800, false), "alpha": scene(t, 300, 200, true)} {
		for _, format := range []asset.Format{asset.WebP, asset.AVIF, asset.JPEG} {
			if !codec.CanEncode(format) || name == "alpha" && format == asset.JPEG {
				continue
			}
			for _, look := range []float64{50, 70} {
				v := asset.Variant{Format: format, Auto: true, Look: look, Lossless: asset.LosslessNever, Effort: 2, Metadata: asset.MetadataICC}
				out := looked(t, source, v)
				if out.Tries < 1 || out.Tries > mostTries || out.Quality < 1 || out.Quality > 100 {
					t.Errorf("%s, %s, %g: quality %d after %d tries", name, format, look, out.Quality, out.Tries)
				}
				if out.Score < look-3 || out.Score > look+8 && out.Quality > 1 {
					t.Errorf("%s, %s, %g: score %.2f of quality %d", name, format, look, out.Score, out.Quality)
				}
				if got := scoreOf(t, source, out.Data); got != out.Score {
					t.Errorf("%s, %s, %g: it says %.2f and has %.2f", name, format, look, out.Score, got)
				}
				if again := looked(t, source, v); !bytes.Equal(again.Data, out.Data) || again.Rating != out.Rating {
					t.Errorf("%s, %s, %g: other bytes in a second run", name, format, look)
				}
			}
		}
	}
}

// Bounds count, and what does not look as it should says so.
func TestLookBounds(t *testing.T) {
	source := scene(t, 200, 150, false)
	v := asset.Variant{Format: asset.WebP, Auto: true, Look: 85, MaxQuality: 30, Lossless: asset.LosslessNever, Effort: 2}
	out := looked(t, source, v)
	if out.Quality != 30 || len(out.Notes) != 1 || !strings.Contains(out.Notes[0], "look asks for 85") {
		t.Errorf("quality %d, notes %q", out.Quality, out.Notes)
	}
	v.Look, v.MaxQuality, v.MinQuality = 10, 0, 70
	if out := looked(t, source, v); out.Quality != 70 || len(out.Notes) != 0 {
		t.Errorf("quality %d, notes %q", out.Quality, out.Notes)
	}
}

// What lossy encoding cannot make look right is encoded without loss, where that may be.
func TestLookLossless(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 300, 200)) // red text on blue
	for i := range m.Pix {
		m.Pix[i] = []byte{0, 0, 200, 255}[i%4]
	}
	for y := 0; y < 200; y += 3 {
		for x := y % 7; x < 300; x += 5 {
			m.SetNRGBA(x, y, color.NRGBA{220, 0, 0, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	out := looked(t, b.Bytes(), asset.Variant{Format: asset.WebP, Auto: true, Look: 90, Lossless: asset.LosslessAuto, Effort: 4})
	if !out.Lossless || out.Quality != 0 || out.Score < 89.9 {
		t.Errorf("lossless %v, quality %d, score %.2f", out.Lossless, out.Quality, out.Score)
	}
}

// Asking for a score changes no bytes.
func TestScore(t *testing.T) {
	source := scene(t, 200, 150, false)
	for _, v := range []asset.Variant{
		{Format: asset.WebP, Quality: 60, Lossless: asset.LosslessNever, Effort: 2},
		{Format: asset.WebP, Lossless: asset.LosslessAlways, Effort: 2},
		{Format: asset.PNG, Effort: 2},
		{Format: asset.JPEG, Quality: 60, Effort: 2},
	} {
		plain := looked(t, source, v)
		if v.Score = true; plain.Rated() {
			t.Errorf("%s: rated without being asked", v.Format)
		}
		out := looked(t, source, v)
		if !bytes.Equal(plain.Data, out.Data) || out.Tries != 1 {
			t.Errorf("%s: other bytes, %d tries", v.Format, out.Tries)
		}
		if lossless := v.Quality == 0; lossless != (out.Score == 100) || lossless != (out.Quality == 0) {
			t.Errorf("%s: score %.2f, quality %d", v.Format, out.Score, out.Quality)
		}
	}
}

// Images of one pixel, and such as show nothing, have a score.
func TestScoreOdd(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for name, m := range map[string]image.Image{
		"one pixel": image.NewNRGBA(image.Rect(0, 0, 1, 1)), "seven": image.NewGray(image.Rect(0, 0, 7, 7)), "transparent": clear,
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		for _, auto := range []bool{false, true} {
			v := asset.Variant{Format: asset.WebP, Quality: 80, Score: !auto, Auto: auto, Look: 80, Lossless: asset.LosslessNever, Effort: 2}
			if out := looked(t, b.Bytes(), v); !out.Rated() || out.Score < 79.9 {
				t.Errorf("%s, auto %v: %+v", name, auto, out.Rating)
			}
		}
	}
}

// An image is encoded with the best quality that fits, and made smaller where it may be.
func TestMaxBytes(t *testing.T) {
	source := scene(t, 400, 300, false)
	v := asset.Variant{Format: asset.WebP, Quality: 90, Lossless: asset.LosslessNever, Effort: 2}
	free := looked(t, source, v)
	for _, format := range []asset.Format{asset.WebP, asset.AVIF, asset.JPEG} {
		if !codec.CanEncode(format) {
			continue
		}
		v := v
		v.Format, v.MaxBytes = format, int64(len(free.Data))*2/3
		out := looked(t, source, v)
		if n := int64(len(out.Data)); n > v.MaxBytes || n < v.MaxBytes*8/10 || out.Width != 400 || !out.Rated() {
			t.Errorf("%s: %d bytes of %d, %+v", format, n, v.MaxBytes, out.Rating)
		}
	}
	v.MaxBytes = 1500
	info, err := codec.Probe(source)
	if err != nil {
		t.Fatal(err)
	}
	other := v
	other.MaxBytes, other.MaxWidth = 0, 100
	both, err := Convert(t.Context(), source, info, []asset.Variant{v, other}, Options{MaxPixels: 1 << 28, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if both[1].Err != nil || both[1].Width != 100 || len(both[1].Data) == 0 {
		t.Errorf("the other variant: %d bytes, error %v", len(both[1].Data), both[1].Err)
	}
	if err := both[0].Err; err == nil || both[0].Data != nil || !strings.Contains(err.Error(), "1500 are allowed") {
		t.Errorf("error %v", err)
	} else if e, ok := errors.AsType[*codec.Error](err); !ok || !strings.Contains(e.Hint, "shrink: true") {
		t.Errorf("error %#v", err)
	}
	v.Shrink = true
	out := looked(t, source, v)
	if int64(len(out.Data)) > v.MaxBytes || out.Width >= 400 || out.Height >= 300 || len(out.Notes) != 1 {
		t.Errorf("%dx%d, %d bytes, %q", out.Width, out.Height, len(out.Data), out.Notes)
	}
	v.Lossless = asset.LosslessAlways
	if out := looked(t, source, v); int64(len(out.Data)) > v.MaxBytes || out.Width >= 400 || !out.Lossless {
		t.Errorf("without loss: %dx%d, %d bytes", out.Width, out.Height, len(out.Data))
	}
	v.Crop, v.Width, v.Height, v.Lossless = "center", 200, 200, asset.LosslessNever
	if out := looked(t, source, v); int64(len(out.Data)) > v.MaxBytes || out.Width > 200 || max(out.Width-out.Height, out.Height-out.Width) > 1 {
		t.Errorf("cropped: %dx%d, %d bytes", out.Width, out.Height, len(out.Data))
	}
}

// Of an animation, the first, the middle and the last frame count.
func TestLookAnimation(t *testing.T) {
	var g gif.GIF
	for n := range 5 {
		m := image.NewPaletted(image.Rect(0, 0, 96, 64), nil)
		for i := range 64 {
			m.Palette = append(m.Palette, color.RGBA{byte(4 * i), byte(40 * n), byte(250 - 3*i), 255})
		}
		for i := range m.Pix {
			m.Pix[i] = byte((i%96/2 + i/96/4 + 3*n) % 64)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10+n)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	v := asset.Variant{Format: asset.WebP, Auto: true, Look: 60, Lossless: asset.LosslessNever, Effort: 2}
	out := looked(t, b.Bytes(), v)
	if out.Frames != 5 || out.Score < 57 || out.Tries < 1 || out.Tries > mostTries {
		t.Errorf("%d frames, %+v", out.Frames, out.Rating)
	}
	v = asset.Variant{Format: asset.WebP, Score: true, Lossless: asset.LosslessAlways, Effort: 2}
	if out := looked(t, b.Bytes(), v); out.Score != 100 || out.Quality != 0 {
		t.Errorf("without loss: %+v", out.Rating)
	}
	v = asset.Variant{Format: asset.WebP, Quality: 90, Lossless: asset.LosslessNever, Effort: 2}
	free := looked(t, b.Bytes(), v)
	v.MaxBytes, v.Shrink = int64(len(free.Data))/4, true
	if out := looked(t, b.Bytes(), v); int64(len(out.Data)) > v.MaxBytes || out.Frames != 5 {
		t.Errorf("%d bytes of %d, %d frames", len(out.Data), v.MaxBytes, out.Frames)
	}
	v.Crop, v.Width, v.Height, v.MaxBytes = "center", 60, 30, v.MaxBytes*2/3
	if out := looked(t, b.Bytes(), v); int64(len(out.Data)) > v.MaxBytes || out.Frames != 5 || out.Width >= 60 || out.Width < 2*out.Height-2 || out.Width > 2*out.Height+2 {
		t.Errorf("cropped: %dx%d, %d bytes of %d, %d frames", out.Width, out.Height, len(out.Data), v.MaxBytes, out.Frames)
	}
	v.Shrink, v.MaxBytes = false, 150
	info, err := codec.Probe(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := transcode(t.Context(), b.Bytes(), info, v, 1); err != nil || out.Err == nil || len(out.Data) > 0 {
		t.Errorf("not shrunk: %d bytes, errors %v, %v", len(out.Data), err, out.Err)
	}
}

// A search ends where the context does.
func TestLookStops(t *testing.T) {
	source := scene(t, 200, 150, false)
	info, err := codec.Probe(source)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = transcode(ctx, source, info, asset.Variant{Format: asset.WebP, Auto: true, Look: 80}, 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Laid on a color, transparency is what JPEG makes of it.
func TestFlatten(t *testing.T) {
	im := pixel.NewRGBA(1, 1, []byte{200, 100, 0, 51})
	if got := flatten(im, [3]byte{255, 255, 255}).Planes[0][:4]; !bytes.Equal(got, []byte{244, 224, 204, 255}) {
		t.Errorf("%v", got)
	}
}
