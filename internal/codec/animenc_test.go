package codec

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeAnimationLossless(t *testing.T) {
	for seed := range uint64(4) {
		patches := randomPatches(seed, 21, 15, 7, false)
		want := reference(21, 15, patches)
		src := fromPatches(21, 15, patches)
		src.loop = int(seed)
		data, err := encodeAnimation(t.Context(), src, animOptions{lossless: true, effort: int(2 * seed)})
		if err != nil {
			t.Fatal(err)
		}
		a, _, err := decodeAnimWebP(data)
		if err != nil {
			t.Fatal(err)
		}
		if a.w != 21 || a.h != 15 || a.loop != int(seed) {
			t.Errorf("%dx%d, played %d times", a.w, a.h, a.loop)
		}
		same(t, shots(t, a), want)
	}
}

// solid returns frames of one colour each, opaque.
func solid(w, h int, colours ...byte) (all []patch) {
	for _, c := range colours {
		pix := make([]byte, 4*w*h)
		for i := range pix {
			pix[i] = c
			if i%4 == 3 {
				pix[i] = 255
			}
		}
		all = append(all, patch{w: w, h: h, pix: pix, duration: 50 * time.Millisecond})
	}
	return all
}

func TestEncodeAnimationLossy(t *testing.T) {
	for _, o := range []animOptions{{quality: 80, effort: 4}, {quality: 80, mixed: true}, {quality: 80, effort: 6, mixed: true}} {
		data, err := encodeAnimation(t.Context(), fromPatches(40, 30, solid(40, 30, 10, 200, 90)), o)
		if err != nil {
			t.Fatal(err)
		}
		a, _, err := decodeAnimWebP(data)
		if err != nil {
			t.Fatal(err)
		}
		got := shots(t, a)
		if len(got) != 3 {
			t.Fatalf("%d frames", len(got))
		}
		for n, want := range []byte{10, 200, 90} {
			for i, v := range got[n].pix {
				if d := int(v) - int(want); i%4 != 3 && (d < -6 || d > 6) {
					t.Fatalf("frame %d is %d, want %d", n, v, want)
				}
			}
		}
	}
}

func TestEncodeAnimationTimes(t *testing.T) {
	frames := solid(8, 8, 1, 2, 2, 3)
	for i, d := range []time.Duration{time.Second / 30, 0, 40 * time.Millisecond, 65535 * time.Second} {
		frames[i].duration = d
	}
	// The second lasts 100 ms, as in browsers, and is equal to the third.
	data, err := encodeAnimation(t.Context(), fromPatches(8, 8, frames), animOptions{lossless: true, effort: 4})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := decodeAnimWebP(data)
	if err != nil {
		t.Fatal(err)
	}
	var got []time.Duration
	for _, s := range shots(t, a) {
		got = append(got, s.duration)
	}
	want := []time.Duration{33 * time.Millisecond, 140 * time.Millisecond, maxDuration.Round(time.Millisecond)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Rounding to milliseconds must not make thirty frames last longer than a second.
func TestEncodeAnimationDoesNotDrift(t *testing.T) {
	colours := make([]byte, 30)
	for i := range colours {
		colours[i] = byte(8 * i)
	}
	frames := solid(4, 4, colours...)
	for i := range frames {
		frames[i].duration = time.Second / 30
	}
	data, err := encodeAnimation(t.Context(), fromPatches(4, 4, frames), animOptions{lossless: true})
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := decodeAnimWebP(data)
	if err != nil {
		t.Fatal(err)
	}
	var sum time.Duration
	for _, s := range shots(t, a) {
		sum += s.duration
	}
	if sum != time.Second {
		t.Errorf("30 frames of 1/30 s last %v", sum)
	}
}

func TestEncodeAnimationTransform(t *testing.T) {
	half := func(rgba []byte, w, h int) ([]byte, int, int, error) { return rgba[:w*h], w / 2, h / 2, nil }
	data, err := encodeAnimation(t.Context(), fromPatches(8, 6, solid(8, 6, 1, 2)), animOptions{lossless: true, transform: half})
	if err != nil {
		t.Fatal(err)
	}
	if a, _, err := decodeAnimWebP(data); err != nil || a.w != 4 || a.h != 3 || a.frames != 2 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestEncodeAnimationErrors(t *testing.T) {
	calls := 0
	broken := errors.New("broken")
	for _, tc := range []struct {
		name      string
		src       *animation
		transform func(rgba []byte, w, h int) ([]byte, int, int, error)
		want      string
	}{
		{"no frames", fromPatches(3, 3, nil), nil, "webp: the animation has no frames"},
		{"no size", fromPatches(0, 3, nil), nil, "webp: the animation is empty"},
		{
			"damaged",
			&animation{op: "gif", w: 3, h: 3, read: func() (patch, error) { return patch{}, io.ErrUnexpectedEOF }},
			nil, "gif: the file is cut short",
		},
		{
			"too large", fromPatches(16384, 1, solid(16384, 1, 1)), nil,
			"webp: 16384x1 pixels are too many: a WebP has at most 16383 a side",
		},
		{
			"transform", fromPatches(2, 2, solid(2, 2, 1)),
			func([]byte, int, int) ([]byte, int, int, error) { return nil, 0, 0, broken },
			"broken",
		},
		{
			"another size", fromPatches(4, 4, solid(4, 4, 1, 2)),
			func(rgba []byte, w, h int) ([]byte, int, int, error) {
				calls++
				return rgba, w / calls, h / calls, nil
			},
			"webp: frame 2 has another size than the first",
		},
		{
			"too few bytes", fromPatches(4, 4, solid(4, 4, 1)),
			func([]byte, int, int) ([]byte, int, int, error) { return nil, 4, 4, nil },
			"webp: frame 1 has another size than the first",
		},
		{
			"no size left", fromPatches(4, 4, solid(4, 4, 1)),
			func([]byte, int, int) ([]byte, int, int, error) { return nil, 0, 0, nil },
			"webp: the animation could not be started: out of memory",
		},
		{
			"quality", fromPatches(4, 4, solid(4, 4, 1)),
			nil, "webp: frame 1 could not be encoded",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := animOptions{quality: 80, transform: tc.transform}
			if tc.name == "quality" {
				o.quality = 101
			}
			data, err := encodeAnimation(t.Context(), tc.src, o)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || data != nil {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}
