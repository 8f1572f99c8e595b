package codec

import (
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A shot is one frame of an animation as it is shown.
type shot struct {
	pix      []byte
	duration time.Duration
}

// shots reads an animation to its end.
func shots(t testing.TB, a *animation) (all []shot) {
	t.Helper()
	for {
		pix, d, err := a.next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, shot{slices.Clone(pix), d})
	}
}

// reference composes patches as a person would read the specifications: with
// floats, pixel by pixel.
func reference(w, h int, patches []patch) (all []shot) {
	canvas := make([]byte, 4*w*h)
	for _, p := range patches {
		before := slices.Clone(canvas)
		each := func(do func(dst, src, before []byte)) {
			for i := range p.w * p.h {
				if x, y := p.x+i%p.w, p.y+i/p.w; x < w && y < h {
					at := 4 * (y*w + x)
					do(canvas[at:at+4], p.pix[4*i:4*i+4], before[at:at+4])
				}
			}
		}
		each(func(dst, src, _ []byte) {
			a, under := float64(src[3])/255, float64(dst[3])/255
			if !p.over {
				copy(dst, src)
				return
			}
			if a == 0 {
				return
			}
			sum := a + under*(1-a)
			for c := range 3 {
				dst[c] = byte(math.Round((float64(src[c])*a + float64(dst[c])*under*(1-a)) / sum))
			}
			dst[3] = byte(math.Round(sum * 255))
		})
		all = append(all, shot{slices.Clone(canvas), p.duration})
		each(func(dst, _, before []byte) {
			switch p.dispose {
			case disposeClear:
				clear(dst)
			case disposePrevious:
				copy(dst, before)
			}
		})
	}
	return all
}

// same compares what is seen: a colour may be off by one, a rounding of ties, and
// counts for nothing where all is transparent.
func same(t testing.TB, got, want []shot) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d frames, want %d", len(got), len(want))
	}
	for n := range want {
		if got[n].duration != want[n].duration {
			t.Errorf("frame %d lasts %v, want %v", n, got[n].duration, want[n].duration)
		}
		g, w := got[n].pix, want[n].pix
		if len(g) != len(w) {
			t.Fatalf("frame %d has %d bytes, want %d", n, len(g), len(w))
		}
		for i := 0; i < len(w); i += 4 {
			if g[i+3] != w[i+3] {
				t.Fatalf("frame %d, pixel %d: alpha %d, want %d", n, i/4, g[i+3], w[i+3])
			}
			for c := range 3 {
				if d := int(g[i+c]) - int(w[i+c]); w[i+3] != 0 && (d < -1 || d > 1) {
					t.Fatalf("frame %d, pixel %d: %v, want %v", n, i/4, g[i:i+4], w[i:i+4])
				}
			}
		}
	}
}

// randomPatches makes frames of all kinds within w by h, or also out of it.
func randomPatches(seed uint64, w, h, n int, outside bool) (all []patch) {
	r := rand.New(rand.NewPCG(seed, 7))
	for i := range n {
		p := patch{
			w: 1 + r.IntN(w), h: 1 + r.IntN(h),
			over: r.IntN(3) > 0, dispose: disposal(r.IntN(3)),
			duration: time.Duration(20+10*r.IntN(50)) * time.Millisecond,
		}
		if i == 0 {
			p.w, p.h = w, h
		}
		p.x, p.y = r.IntN(w-p.w+1), r.IntN(h-p.h+1)
		if outside && i > 0 {
			p.x, p.y = r.IntN(2*w), r.IntN(2*h)
		}
		p.pix = make([]byte, 4*p.w*p.h)
		for k := range p.pix {
			p.pix[k] = byte(r.Uint32())
			if k%4 == 3 {
				switch r.IntN(3) {
				case 0:
					p.pix[k] = 0
				case 1:
					p.pix[k] = 255
				}
			}
		}
		all = append(all, p)
	}
	return all
}

func fromPatches(w, h int, patches []patch) *animation {
	next := 0
	return &animation{op: "test", w: w, h: h, frames: len(patches), read: func() (patch, error) {
		if next == len(patches) {
			return patch{}, io.EOF
		}
		next++
		return patches[next-1], nil
	}}
}

func TestCompose(t *testing.T) {
	for seed := range uint64(20) {
		patches := randomPatches(seed, 13, 9, 12, seed%2 == 0)
		same(t, shots(t, fromPatches(13, 9, patches)), reference(13, 9, patches))
	}
}

func TestBlendOpaqueStaysOpaque(t *testing.T) {
	for a := range 256 {
		dst, src := []byte{10, 200, 0, 255}, []byte{255, 0, 77, byte(a)}
		blend(dst, src)
		if dst[3] != 255 {
			t.Errorf("alpha %d over 255 is %d", a, dst[3])
		}
	}
}

func TestShown(t *testing.T) {
	got := map[int]time.Duration{}
	for _, ms := range []int{0, 1, 10, 11, 20, 100} {
		got[ms] = shown(time.Duration(ms)*time.Millisecond) / time.Millisecond
	}
	if diff := cmp.Diff(map[int]time.Duration{0: 100, 1: 100, 10: 100, 11: 11, 20: 20, 100: 100}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnimationWithoutFrames(t *testing.T) {
	if _, err := fromPatches(3, 3, nil).still(); err == nil {
		t.Error("no frame is a still picture")
	}
}
