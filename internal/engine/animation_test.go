package engine

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

func TestAnimations(t *testing.T) {
	for name, loop := range map[string]int{
		"gif/animated.gif": 0, "gif/thrice.gif": 3, "gif/once.gif": 1, "png/animated.png": 0, "webp/animated.webp": 0,
	} {
		for _, width := range []int{0, 30} {
			r := defaults
			r.MaxWidth = width
			data, info := load(t, name)
			out, err := transcode(t.Context(), data, info, r, 1)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if out.Frames != 4 {
				t.Errorf("%s: %d frames, want 4", name, out.Frames)
			}
			got, err := codec.Probe(out.Data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got.Frames != 4 || got.Width != out.Width || width == 30 && got.Width != 30 {
				t.Errorf("%s: %+v", name, got)
			}
			if err := codec.CheckAnimation(out.Data); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if n := codec.LoopCount(out.Data); n != loop {
				t.Errorf("%s: loop %d, want %d", name, n, loop)
			}
		}
	}
}

// Equal frames in a row become one that is shown longer: the output says how many it has.
func TestEqualFrames(t *testing.T) {
	for name, shades := range map[string][]uint8{"some": {0, 1, 1, 1, 2, 2, 0}, "all": {3, 3, 3, 3}} {
		anim := &gif.GIF{}
		for _, shade := range shades {
			frame := image.NewPaletted(image.Rect(0, 0, 40, 30), palette.Plan9)
			draw.Draw(frame, frame.Bounds(), image.NewUniform(palette.Plan9[int(shade)*40]), image.Point{}, draw.Src)
			anim.Image, anim.Delay = append(anim.Image, frame), append(anim.Delay, 10)
		}
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, anim); err != nil {
			t.Fatal(err)
		}
		info, err := codec.Probe(b.Bytes())
		if err != nil || info.Frames != len(shades) {
			t.Fatalf("%s: %+v, %v", name, info, err)
		}
		out, err := transcode(t.Context(), b.Bytes(), info, defaults, 1)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := codec.Probe(out.Data)
		if err != nil || max(got.Frames, 1) != out.Frames || out.Frames >= len(shades) {
			t.Errorf("%s: the output says %d frames, and has %d: %v", name, out.Frames, got.Frames, err)
		}
	}
}

// photoGIF is a photo of full colours that moves sideways.
func photoGIF(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(pictures, "png/photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	photo, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var g gif.GIF
	for i := range 3 {
		frame := image.NewPaletted(image.Rect(0, 0, 160, 120), palette.Plan9)
		draw.FloydSteinberg.Draw(frame, frame.Rect, photo, image.Pt(20*i, 20))
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Of a small animation both encodings are made, and the result says which it is.
func TestAnimationTakesTheSmaller(t *testing.T) {
	flat, _ := load(t, "gif/animated.gif")
	exact, _ := load(t, "webp/animated.webp")
	for _, tc := range []struct {
		name     string
		data     []byte
		lossless bool
	}{{"flat", flat, true}, {"photo", photoGIF(t), false}, {"lossless WebP", exact, true}} {
		sizes := map[string]int{}
		for _, want := range []string{asset.LosslessAuto, asset.LosslessAlways, asset.LosslessNever} {
			r := defaults
			r.Lossless = want
			info, err := codec.Probe(tc.data)
			if err != nil {
				t.Fatal(err)
			}
			out, err := transcode(t.Context(), tc.data, info, r, 1)
			if err != nil {
				t.Fatalf("%s, %s: %v", tc.name, want, err)
			}
			sizes[want] = len(out.Data)
			lossless := tc.lossless
			if want != asset.LosslessAuto {
				lossless = want == asset.LosslessAlways
			}
			if out.Lossless != lossless {
				t.Errorf("%s, %s: lossless %v, want %v", tc.name, want, out.Lossless, lossless)
			}
		}
		if auto := sizes[asset.LosslessAuto]; auto > sizes[asset.LosslessAlways] || auto > sizes[asset.LosslessNever] {
			t.Errorf("%s: auto is not the smallest: %v", tc.name, sizes)
		}
	}
}

func TestAnimationStops(t *testing.T) {
	data, info := load(t, "gif/animated.gif")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := transcode(ctx, data, info, defaults, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
