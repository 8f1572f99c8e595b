package codec

import (
	"bytes"
	"context"
	"testing"
	"time"
)

// The first, the middle and the last frame of an animation are found again in what it was
// encoded to, though frames that are the same have become one there.
func TestMoments(t *testing.T) {
	for _, shades := range [][]byte{{10}, {10, 20}, {10, 20, 30, 40, 50}, {10, 10, 20, 20, 20, 30}, {7, 7, 7}} {
		src, n := fromPatches(8, 8, solid(8, 8, shades...)), len(shades)
		data, err := encodeAnimation(t.Context(), src, animOptions{lossless: true})
		if err != nil {
			t.Fatal(err)
		}
		o := AnimateOptions{Width: 8, Height: 8}
		if info, err := Probe(data); err != nil || info.Frames < 2 {
			continue // a still image, which has no moments
		}
		moments, err := Moments(t.Context(), data, o)
		if err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		for i, m := range moments {
			if i > 0 && m.At <= at[i-1] {
				t.Errorf("%v: moment %d is at %v, after %v", shades, i, m.At, at[i-1])
			}
			at = append(at, m.At)
		}
		if first, last := moments[0].Image.Planes[0][0], moments[len(moments)-1].Image.Planes[0][0]; first != shades[0] || last != shades[n-1] {
			t.Errorf("%v: from %d to %d", shades, first, last)
		}
		images, err := MomentsAt(t.Context(), data, append(at, time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range append(moments, moments[len(moments)-1]) {
			if !bytes.Equal(images[i].Planes[0][:4], m.Image.Planes[0][:4]) {
				t.Errorf("%v: moment %d is %v, want %v", shades, i, images[i].Planes[0][:4], m.Image.Planes[0][:4])
			}
		}
	}
}

func TestMomentsStop(t *testing.T) {
	data, err := encodeAnimation(t.Context(), fromPatches(8, 8, solid(8, 8, 1, 2, 3)), animOptions{lossless: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Moments(ctx, data, AnimateOptions{Width: 8, Height: 8}); err == nil {
		t.Error("goes on when its context has ended")
	}
	if _, err := MomentsAt(t.Context(), data[:20], nil); err == nil {
		t.Error("a damaged file has moments")
	}
}
