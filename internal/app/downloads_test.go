package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/tree"
)

// A fakeGetter answers with a PNG of one pixel that has the address behind it.
type fakeGetter struct {
	running, most, calls atomic.Int64
	fail                 map[string]error
	release              chan struct{} // nil answers at once
}

const pngHead = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

func (g *fakeGetter) Get(ctx context.Context, address string, _ fetch.Known, to fetch.File) (fetch.Result, error) {
	g.calls.Add(1)
	if n := g.running.Add(1); n > g.most.Load() {
		g.most.Store(n)
	}
	defer g.running.Add(-1)
	if g.release != nil {
		select {
		case <-g.release:
		case <-ctx.Done():
			return fetch.Result{}, ctx.Err()
		}
	}
	if err := g.fail[address]; err != nil {
		return fetch.Result{}, err
	}
	data := []byte(pngHead + address)
	if _, err := to.WriteAt(data, 0); err != nil {
		return fetch.Result{}, err
	}
	return fetch.Result{Size: int64(len(data)), ETag: address}, nil
}

func manyJobs(n int) (jobs []asset.Job) {
	for i := range n {
		s := asset.Source{Path: fmt.Sprintf("%d.png", i), URL: fmt.Sprintf("https://x.example/%d.png", i)}
		jobs = append(jobs, asset.Job{Source: s, Output: fmt.Sprintf("%d.webp", i)}, asset.Job{Source: s, Output: fmt.Sprintf("%d-thumb.webp", i)})
	}
	return jobs
}

// TestDownloads takes many sources in another order than that in which they are downloaded, by
// several workers. Each is downloaded once, and no more are ahead than there is room for.
func TestDownloads(t *testing.T) {
	const n = 300
	g := &fakeGetter{fail: map[string]error{"https://x.example/7.png": errors.New("no")}}
	d := newDownloads(g, nil, time.Now)
	jobs := manyJobs(n)
	d.start(t.Context(), jobs)
	var wg sync.WaitGroup
	next := make(chan int, n)
	for i := range n {
		next <- n - 1 - i
	}
	close(next)
	for range 4 {
		wg.Go(func() {
			for i := range next {
				s := jobs[2*i].Source
				got, file, err := d.fetch(t.Context(), s)
				if i == 7 {
					if err == nil || file != nil {
						t.Errorf("%d: %v", i, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%d: %v", i, err)
					continue
				}
				data, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<20))
				file.Close()
				if err != nil || !bytes.Equal(data, []byte(pngHead+s.URL)) {
					t.Errorf("%d has %q: %v", i, data, err)
				}
				if got.Format != asset.PNG || got.Size != int64(len(data)) || len(got.Blob) != 40 {
					t.Errorf("%d is %+v", i, got)
				}
			}
		})
	}
	wg.Wait()
	if calls := g.calls.Load(); calls != n {
		t.Errorf("%d downloads of %d sources", calls, n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting != 0 || d.waitingBytes != 0 {
		t.Errorf("%d downloads with %d bytes are left", d.waiting, d.waitingBytes)
	}
}

// TestDownloadsAhead lets no more downloads run than may wait for their conversion.
func TestDownloadsAhead(t *testing.T) {
	g := &fakeGetter{release: make(chan struct{})}
	d := newDownloads(g, nil, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	d.start(ctx, manyJobs(4*maxAhead))
	for g.running.Load() < maxAhead {
		time.Sleep(time.Millisecond)
	}
	cancel()
	for g.running.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	if most := g.most.Load(); most != maxAhead {
		t.Errorf("%d downloads at a time, want %d", most, maxAhead)
	}
	if _, _, err := d.fetch(ctx, asset.Source{Path: "late.png", URL: "https://x.example/late.png"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a download after the end: %v", err)
	}
	d.close()
}

// A smallDisk has room for a number of files that are open at a time.
type smallDisk struct {
	fakeGetter
	room int

	mu    sync.Mutex
	files []*os.File
}

func (g *smallDisk) Get(ctx context.Context, address string, known fetch.Known, to fetch.File) (fetch.Result, error) {
	g.mu.Lock()
	g.files = slices.DeleteFunc(g.files, func(f *os.File) bool {
		_, err := f.Stat()
		return errors.Is(err, os.ErrClosed)
	})
	full := len(g.files) >= g.room
	if !full {
		g.files = append(g.files, to.(*temporary).File)
	}
	g.mu.Unlock()
	if full {
		g.calls.Add(1)
		return fetch.Result{}, fmt.Errorf("write: %w", syscall.ENOSPC)
	}
	return g.fakeGetter.Get(ctx, address, known, to)
}

// TestDownloadsSmallDisk takes sources from a disk that has room for few of them: they wait for one
// another, and none fails unless there is no room for it alone.
func TestDownloadsSmallDisk(t *testing.T) {
	const n = 100
	for _, room := range []int{0, 1, 2, 5} {
		g := &smallDisk{room: room}
		d := newDownloads(g, nil, time.Now)
		jobs := manyJobs(n)
		d.start(t.Context(), jobs)
		var workers errgroup.Group
		workers.SetLimit(3)
		for i := range n {
			workers.Go(func() error {
				s := jobs[2*i].Source
				got, file, err := d.fetch(t.Context(), s)
				switch {
				case room == 0:
					if !tree.IsFull(err) || !strings.Contains(asset.HintOf(err), "TMPDIR") {
						t.Errorf("without any room: %v, and the hint is %q", err, asset.HintOf(err))
					}
				case err != nil || got.Size != int64(len(pngHead+s.URL)):
					t.Errorf("with room for %d, %d is %+v: %v", room, i, got, err)
				default:
					file.Close()
				}
				return nil
			})
		}
		_ = workers.Wait()
		if d.waiting != 0 || d.waitingBytes != 0 || d.open != 0 {
			t.Errorf("with room for %d, %d downloads with %d bytes are left, and %d files", room, d.waiting, d.waitingBytes, d.open)
		}
		if calls := g.calls.Load(); room > 0 && calls > 5*n {
			t.Errorf("with room for %d, there are %d downloads of %d sources", room, calls, n)
		}
		d.close()
	}
}

// What is in webpress.lock tells addresses apart, and has no signature.
func TestShownAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://x.example/a.jpg":                                        "https://x.example/a.jpg",
		"https://x.example/a.jpg?X-Amz-Signature=abc&X-Amz-Expires=5":    "https://x.example/a.jpg",
		"https://x.example/a%20b.jpg#x":                                  "https://x.example/a%20b.jpg",
		"https://x.example/a.jpg?w=100":                                  "https://x.example/a.jpg#4af38b55e416",
		"https://x.example/a.jpg?w=200":                                  "https://x.example/a.jpg#91903b32ee72",
		"https://x.example/a.jpg?sv=2026&sig=abc%3D&w=100&se=2026-01-01": "https://x.example/a.jpg#4af38b55e416",
	} {
		if got := shownAddress(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

func TestByHost(t *testing.T) {
	addresses := []string{"https://a/1", "https://a/2", "https://a/3", "https://b/1", "s3://c/1", "https://b/2"}
	var got []string
	for _, i := range byHost(len(addresses), func(i int) string { return addresses[i] }) {
		got = append(got, addresses[i])
	}
	want := "https://a/1 https://b/1 s3://c/1 https://a/2 https://b/2 https://a/3"
	if strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}
