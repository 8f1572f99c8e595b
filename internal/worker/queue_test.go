//go:build linux

package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/testfiles"
)

// filled copies data to where a codec wants them.
func filled(data []byte) func([]byte) error {
	return func(to []byte) error { copy(to, data); return nil }
}

// convertFor opens an image for a variant, and converts it.
func convertFor(ctx context.Context, c engine.Codec, data []byte, v asset.Variant) ([]engine.Output, error) {
	img, err := c.OpenFor(ctx, int64(len(data)), filled(data), []asset.Variant{v}, options)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	return img.Convert(ctx, []asset.Variant{v}, options)
}

// atRest fails the test if a pool without images counts a worker as at work.
func atRest(t *testing.T, p *Pool) {
	t.Helper()
	for range 1000 {
		p.mu.Lock()
		busy, wanted, queues := p.busy, p.wanted, len(p.queues)
		p.mu.Unlock()
		if busy+wanted+queues == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d workers at work, %d wanted, %d queues; want none", p.busy, p.wanted, len(p.queues))
}

// TestQueued expects of small images that wait at one worker, and of the large ones among
// them, what they come to in this process.
func TestQueued(t *testing.T) {
	p := newPool(t)
	p.Jobs = 2
	var all sync.WaitGroup
	for _, name := range []string{
		"png/rgba.png", "png/pixel.png", "jpeg/420.jpg", "jpeg/cmyk.jpg", "gif/animated.gif", "webp/lossy.webp", "heic/grid.heic", "png/photo.png", "tiff/rgb16.tif",
	} {
		data := []byte(testfiles.Image(t, name))
		for _, data := range [][]byte{data, data[:len(data)/2]} {
			want, wantErr := convertFor(t.Context(), engine.Local{}, data, webp)
			for range 10 {
				all.Go(func() {
					got, err := convertFor(t.Context(), p, data, webp)
					if fmt.Sprint(err) != fmt.Sprint(wantErr) {
						t.Errorf("%s: got error %v, want %v", name, err, wantErr)
					} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(engine.Output{}), cmp.FilterPath(func(p cmp.Path) bool {
						return p.Last().String() == ".profile"
					}, cmp.Ignore())); diff != "" {
						t.Errorf("%s (-want +got):\n%s", name, diff)
					}
				})
			}
		}
	}
	all.Wait()
	if n := len(children(t)); n > 2 {
		t.Errorf("%d workers, want 2", n)
	}
	atRest(t, p)
}

// TestQueuedAndMore asks an image that was converted as it was opened for something else.
func TestQueuedAndMore(t *testing.T) {
	p := newPool(t)
	p.Jobs = 1
	data := []byte(testfiles.Image(t, "png/rgba.png"))
	other := webp
	other.MaxWidth = 20
	want, err := convertWith(t.Context(), engine.Local{}, data, other)
	if err != nil {
		t.Fatal(err)
	}
	img, err := p.OpenFor(t.Context(), int64(len(data)), filled(data), []asset.Variant{webp}, options)
	if err != nil {
		t.Fatal(err)
	}
	got, err := img.Convert(t.Context(), []asset.Variant{other}, options)
	if err != nil || !bytes.Equal(got[0].Data, want[0].Data) {
		t.Errorf("another variant is not as it is made in this process; %v", err)
	}
	if err := img.Check(t.Context(), true); err != nil {
		t.Error(err)
	}
	if _, err := img.Placeholder(t.Context(), 1<<28); err != nil {
		t.Error(err)
	}
	img.Close()
	atRest(t, p)
}

// TestQueuedHostile lets small images with a hostile one among them wait at a worker: that
// one fails with the error that it has alone, and all others are converted.
func TestQueuedHostile(t *testing.T) {
	good := []byte(testfiles.Image(t, "png/rgba.png"))
	want, err := convertWith(t.Context(), engine.Local{}, good, webp)
	if err != nil {
		t.Fatal(err)
	}
	for order, message := range map[string]string{
		"nil": "internal error", "wild": "the decoder crashed (SIGSEGV)", "open-wild": "the decoder crashed (SIGSEGV)", "exit-0": "the decoder crashed (exit code 0)",
		"hang": "it took longer than 1s", "eat": "MB of memory", "close": "it stopped answering", "garbage": "it answered nonsense",
		"half-frame": "the decoder crashed (exit code 0)", "many-outputs": "10 outputs for 1 variants", "message": "::set-output", "lie": "it has -5x",
		"size": "is said to be", "script": "gave an invalid answer: an output", "none": "0 outputs for 1 variants", "two": "2 outputs for 1 variants",
		"escape": "a note is not a line of text",
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			p.Jobs = 1
			if order == "hang" {
				p.Timeout = time.Second
			}
			var all sync.WaitGroup
			for i := range 2 * Depth {
				all.Go(func() {
					if i == Depth/2 {
						_, err := convertFor(t.Context(), p, hostile(t, order), webp)
						if err == nil || !strings.Contains(err.Error(), message) {
							t.Errorf("got error %v, want %q in it", err, message)
						}
						return
					}
					got, err := convertFor(t.Context(), p, good, webp)
					if err != nil || !bytes.Equal(got[0].Data, want[0].Data) {
						t.Errorf("image %d: %v", i, err)
					}
				})
			}
			all.Wait()
			atRest(t, p)
		})
	}
}

// TestQueueInterrupted expects the cause of the end of a context from images at a worker and
// from those that wait for one.
func TestQueueInterrupted(t *testing.T) {
	p := newPool(t)
	p.Jobs = 1
	cause := errors.New("the job was canceled")
	ctx, cancel := context.WithCancelCause(t.Context())
	alone, err := p.Open(ctx, []byte(testfiles.Image(t, "png/rgba.png")))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 3 * Depth {
		all.Go(func() {
			open := convertFor
			if i%3 == 0 {
				open = func(ctx context.Context, c engine.Codec, data []byte, v asset.Variant) ([]engine.Output, error) {
					return convertWith(ctx, c, data, v)
				}
			}
			if _, err := open(ctx, p, hostile(t, "hang"), webp); !errors.Is(err, cause) {
				t.Errorf("got %v, want %v", err, cause)
			}
		})
	}
	time.AfterFunc(20*time.Millisecond, alone.Close)
	time.AfterFunc(80*time.Millisecond, func() { cancel(cause) })
	all.Wait()
	atRest(t, p)
}

// TestUnreadable expects the error of whoever reads the image, and no worker to be at work.
func TestUnreadable(t *testing.T) {
	p := newPool(t)
	p.Jobs = 1
	fault := errors.New("the file changed")
	for _, size := range []int64{0, 100, 1 << 20} {
		if _, err := p.OpenFor(t.Context(), size, func([]byte) error { return fault }, []asset.Variant{webp}, options); !errors.Is(err, fault) {
			t.Errorf("%d bytes: got %v, want %v", size, err, fault)
		}
	}
	atRest(t, p)
}

// TestSmallRenewed expects a worker to be used for more images where they are small.
func TestSmallRenewed(t *testing.T) {
	p := newPool(t)
	p.Jobs = 1
	data := []byte(testfiles.Image(t, "png/pixel.png"))
	pids := map[int]bool{}
	for range maxSmallImages + 1 {
		if _, err := convertFor(t.Context(), p, data, webp); err != nil {
			t.Fatal(err)
		}
		atRest(t, p)
		if w := p.idle; len(w) > 0 {
			pids[w[0].cmd.Process.Pid] = true
		}
	}
	if len(pids) != 2 {
		t.Errorf("%d workers for %d images, want 2", len(pids), maxSmallImages+1)
	}
}

func TestIsSmall(t *testing.T) {
	for _, tc := range []struct {
		info codec.Info
		want bool
	}{
		{codec.Info{Width: 256, Height: 256}, true},
		{codec.Info{Width: 256, Height: 257}, false},
		{codec.Info{Width: 100, Height: 100, Frames: 7}, false},
		{codec.Info{Width: 1, Height: 1, Decoded: 1 << 20}, false},
		{codec.Info{Width: 1 << 32, Height: 1 << 32}, false},
		{codec.Info{Width: 1, Height: 1, Frames: 1 << 62, Decoded: 4}, false},
	} {
		if got := isSmall(tc.info); got != tc.want {
			t.Errorf("%+v: %v, want %v", tc.info, got, tc.want)
		}
	}
}

// TestSealed expects that whoever has the descriptor of an image can only read it.
func TestSealed(t *testing.T) {
	memory, fd, err := newMemory(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	defer closeMemory(fd)
	defer unmap(memory)
	copy(memory, "image")
	if err := unix.Ftruncate(fd, 1); err == nil {
		t.Error("it can be made shorter")
	}
	if _, err := unix.Pwrite(fd, []byte("x"), 0); err == nil {
		t.Error("it can be written to")
	}
	if _, err := unix.Mmap(fd, 0, 1<<16, unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
		t.Error("it can be mapped for writing")
	}
	seen, err := unix.Mmap(fd, 0, 1<<16, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unmap(seen)
	if !bytes.HasPrefix(seen, []byte("image")) {
		t.Errorf("it has %q", seen[:5])
	}
}
