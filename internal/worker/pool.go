// Package worker opens images in processes of their own, which are confined: a decoder that
// crashes, hangs or is taken over by a hostile file costs the result of that file, and
// reaches nothing else.
package worker

import (
	"context"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

const (
	// maxImages is after how many images a worker is renewed, maxSmallImages after how many
	// of the small ones, which take as long as the start of a worker, and maxIdle at how many
	// bytes of memory it has without one: a decoder that loses memory, or was taken over
	// without a sign of it, does not last.
	maxImages      = 300
	maxSmallImages = 3000
	maxIdle        = 512 << 20
	// maxUsed is when a worker has been used up: each image counts maxUsed / maxImages or
	// maxUsed / maxSmallImages.
	maxUsed = maxSmallImages
)

// A Pool starts workers as they are needed, and keeps them for further images. It is an
// engine.Codec.
type Pool struct {
	// Timeout is how long one image may take, 0 for a time that its header justifies.
	Timeout time.Duration
	// Jobs is how many workers are at work at a time, 0 for as many as there are images
	// open.
	Jobs int
	// Logf, where not nil, is given what libraries say, line by line.
	Logf func(format string, args ...any)

	mu     sync.Mutex
	idle   []*process
	coming []*future
	closed bool
	first  *Confinement

	// busy is how many workers are at work. wanted is how many images wait for one to
	// themselves, and changed is told when that may be possible.
	busy, wanted int
	queues       []*queue
	changed      sync.Cond
}

var _ engine.Codec = (*Pool)(nil)

// Warm starts n workers ahead of the first images.
func (p *Pool) Warm(ctx context.Context, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		f := &future{done: make(chan struct{})}
		p.coming = append(p.coming, f)
		go func() {
			defer close(f.done)
			f.w, f.err = start(ctx, p.Logf)
		}()
	}
}

// A future is a worker that is being started: w or err is there once done is closed.
type future struct {
	done chan struct{}
	w    *process
	err  error
}

// Confinement says how workers are confined. It starts one.
func (p *Pool) Confinement(ctx context.Context) (Confinement, error) {
	p.mu.Lock()
	first := p.first
	p.mu.Unlock()
	if first != nil {
		return *first, nil
	}
	w, err := p.get(ctx)
	if err != nil {
		return Confinement{}, err
	}
	defer p.put(w)
	return w.confined, nil
}

// Close ends all workers that have no image open, and others as their images are closed.
func (p *Pool) Close() {
	p.mu.Lock()
	idle, coming := p.idle, p.coming
	p.idle, p.coming, p.closed = nil, nil, true
	p.mu.Unlock()
	for _, w := range idle {
		w.close()
	}
	for _, f := range coming {
		go func() {
			if <-f.done; f.w != nil {
				f.w.close()
			}
		}()
	}
}

// get returns a worker, for which room is made in Jobs.
func (p *Pool) get(ctx context.Context) (w *process, err error) {
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	if w, err = p.ready(ctx); err != nil {
		p.exit()
	}
	return w, err
}

// ready returns a worker that can be asked.
func (p *Pool) ready(ctx context.Context) (*process, error) {
	w, coming := p.take()
	if w != nil {
		return w, nil
	}
	var err error
	if coming != nil {
		<-coming.done
		w, err = coming.w, coming.err
	} else {
		w, err = start(ctx, p.Logf)
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &codec.Error{Op: "start a decoder", Detail: err.Error(), Hint: "set `sandbox: off` to decode images in this process, without its protection"}
	}
	return w, nil
}

// take returns a worker that is idle, or one that is being started, or neither.
func (p *Pool) take() (*process, *future) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		w := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		select {
		case <-w.ended: // killed by somebody else while it was idle
			w.close()
		default:
			return w, nil
		}
	}
	if len(p.coming) == 0 {
		return nil, nil
	}
	f := p.coming[0]
	p.coming = p.coming[1:]
	return nil, f
}

// put takes a worker back from get.
func (p *Pool) put(w *process) {
	p.mu.Lock()
	if p.first == nil {
		p.first = &w.confined
	}
	keep := !p.closed && w.used < maxUsed && w.idle < maxIdle
	if keep {
		p.idle = append(p.idle, w)
	}
	p.mu.Unlock()
	if !keep {
		w.close()
	}
	p.exit()
}

// Open reads the header of an image.
func (p *Pool) Open(ctx context.Context, data []byte) (engine.Image, error) {
	return opened(p.open(ctx, contentOf(data)))
}

// open gives an image a worker, which it has to itself until it is closed, and frees c.
func (p *Pool) open(ctx context.Context, c content) (*image, error) {
	w, err := p.get(ctx)
	if err != nil {
		c.free()
		return nil, err
	}
	i := &image{pool: p, w: w, format: c.format(), size: int64(len(c.data)), shared: c.fd >= 0}
	w.used += maxUsed / maxImages
	resp, _, err := i.call(ctx, request{Op: opOpen, Size: i.size}, c)
	if err == nil {
		if err = checkInfo(resp.Info, i.format); err != nil {
			err = i.nonsense(err)
		}
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	i.info = resp.Info
	return i, nil
}

// opened is an image as an engine.Image, which is nil where there is none.
func opened(i *image, err error) (engine.Image, error) {
	if err != nil {
		return nil, err
	}
	return i, nil
}
