//go:build linux

package worker

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

var (
	mutations = flag.Int("mutations", 200, "how many damaged images TestMutated opens")
	seed      = flag.Uint64("seed", 1, "what TestMutated damages them by")
)

// TestMutated opens and converts damaged images: a crash, or a decoder that takes too long,
// costs one image, and nothing else goes wrong. `go test -run TestMutated -mutations 5000
// ./internal/worker` takes minutes.
func TestMutated(t *testing.T) {
	var images [][]byte
	for _, name := range []string{
		"avif/card.avif", "avif/alpha.avif", "bmp/palette.bmp", "gif/animated.gif", "heic/grid.heic", "heic/card.heic", "heic/alpha.heic",
		"jpeg/cmyk.jpg", "jpeg/progressive.jpg", "jpeg/gps.jpg", "png/interlaced.png", "png/animated.png", "png/palette-alpha.png",
		"tiff/rgb16.tif", "tiff/grey.tif", "webp/lossy.webp", "webp/animated.webp", "webp/alpha.webp",
	} {
		images = append(images, []byte(testfiles.Image(t, name)))
	}
	p := newPool(t)
	p.Timeout = 20 * time.Second
	var next, done, failed, crashed, limited atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(*mutations) {
					return
				}
				r := rand.New(rand.NewPCG(*seed, uint64(n)))
				data := mutate(r, images[int(n)%len(images)])
				outputs, err := convertLimited(t.Context(), p, data)
				var e *codec.Error
				switch {
				case err == nil:
					done.Add(1)
					if format, ok := asset.Sniff(outputs[0].Data); !ok || format != asset.WebP {
						t.Errorf("image %d: not a WebP", n)
					}
				case errors.As(err, &e) && e.Crashed:
					crashed.Add(1)
					t.Logf("image %d: %v", n, err)
				case errors.As(err, &e) && e.Hint != "" && (slices.Contains([]string{limitHint, memoryHint}, e.Hint)):
					limited.Add(1)
					t.Logf("image %d: %v", n, err)
				default:
					failed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if sum := done.Load() + failed.Load() + crashed.Load() + limited.Load(); sum != int64(*mutations) {
		t.Errorf("%d of %d images have ended", sum, *mutations)
	}
	if done.Load() == 0 || failed.Load() == 0 {
		t.Errorf("%d converted, %d failed: nothing was shown", done.Load(), failed.Load())
	}
	t.Logf("%d converted, %d failed, %d crashed, %d over a limit", done.Load(), failed.Load(), crashed.Load(), limited.Load())
	good := []byte(testfiles.Image(t, "heic/card.heic"))
	want, err := convertWith(t.Context(), engine.Local{}, good, webp)
	if err != nil {
		t.Fatal(err)
	}
	got, err := convertWith(t.Context(), p, good, webp)
	if err != nil || !slices.Equal(got[0].Data, want[0].Data) {
		t.Errorf("a sound image after them: %v", err)
	}
}

// convertLimited is convertWith for images that do not claim more pixels than are allowed,
// as package convert has it.
func convertLimited(ctx context.Context, c engine.Codec, data []byte) ([]engine.Output, error) {
	img, err := c.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	if i := img.Info(); int64(i.Width)*int64(i.Height)*int64(max(i.Frames, 1)) > options.MaxPixels {
		return nil, errors.New("too many pixels")
	}
	return img.Convert(ctx, []asset.Variant{webp}, options)
}

// mutate returns a damaged copy of an image.
func mutate(r *rand.Rand, image []byte) []byte {
	data := slices.Clone(image)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(data))
		if r.IntN(4) > 0 && len(data) > 1024 { // behind most headers
			at = 512 + r.IntN(len(data)-512)
		}
		switch r.IntN(11) {
		case 0, 6, 7, 8, 9, 10:
			data[at] ^= 1 << r.IntN(8)
		case 1:
			data[at] = byte(r.Uint32())
		case 2: // a number that is too large
			for i := range min(4, len(data)-at) {
				data[at+i] = 0xff
			}
		case 3: // the end is missing
			data = data[:max(at, 16)]
		case 4: // a part twice
			end := min(at+r.IntN(64), len(data))
			data = slices.Insert(data, at, slices.Clone(data[at:end])...)
		case 5:
			data = slices.Delete(data, at, min(at+r.IntN(16), len(data)))
		}
		if len(data) == 0 {
			return []byte{0}
		}
	}
	return data
}
