package codec

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/pixel"
)

// A conversion in place must not reach the canvas, onto which the next frame is
// drawn: what stays of it would be converted twice.
func TestAnimateConvertsACopy(t *testing.T) {
	p3, err := Decode(picture(t, "png/p3.png"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	toSRGB := func(im *pixel.Image) (*pixel.Image, error) { return pixel.ToSRGB(im, p3.ICC) }
	invert := func(im *pixel.Image) (*pixel.Image, error) {
		for i := range im.Planes[0] {
			if i%4 != 3 {
				im.Planes[0][i] ^= 255
			}
		}
		return im, nil
	}
	random, err := encodeAnimation(t.Context(), fromPatches(24, 18, webpPatches(3, 24, 18, 6)), animOptions{lossless: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		data    []byte
		convert func(*pixel.Image) (*pixel.Image, error)
	}{
		{"invert", random, invert},
		{"Display P3", picture(t, "webp/animated.webp"), toSRGB},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, _, err := decodeAnimWebP(tc.data)
			if err != nil {
				t.Fatal(err)
			}
			want := shots(t, a)
			for i, s := range want {
				im, err := tc.convert(pixel.NewRGBA(a.w, a.h, bytes.Clone(s.pix)))
				if err != nil {
					t.Fatal(err)
				}
				want[i].pix = im.Planes[0]
			}
			data, err := Animate(t.Context(), tc.data, AnimateOptions{Width: a.w, Height: a.h, Lossless: true, Convert: tc.convert})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := decodeAnimWebP(data)
			if err != nil {
				t.Fatal(err)
			}
			same(t, shots(t, got), want)
		})
	}
}

// A run that is interrupted must not wait for the rest of a long animation.
func TestAnimateStops(t *testing.T) {
	var colours []byte
	for i := range 200 {
		colours = append(colours, byte(i))
	}
	data, err := encodeAnimation(t.Context(), fromPatches(8, 8, solid(8, 8, colours...)), animOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	frames := 0
	got, err := Animate(ctx, data, AnimateOptions{
		Width: 8, Height: 8,
		Convert: func(im *pixel.Image) (*pixel.Image, error) {
			if frames++; frames == 3 {
				cancel()
			}
			return im, nil
		},
	})
	if got != nil || !errors.Is(err, context.Canceled) || frames != 3 {
		t.Errorf("%d bytes, %v, after %d frames", len(got), err, frames)
	}
}
