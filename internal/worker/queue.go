package worker

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
)

const (
	// SmallSize is how many bytes a small image has at most.
	SmallSize = 16 << 10
	// Depth is how many small images may be at a worker at a time. It has one in work, and
	// need not wait for the next.
	Depth = 8
	// maxQueued is how many images a queue takes until its worker is free for something
	// else.
	maxQueued = 64
)

// A queue is a worker that has several small images, one behind the other. Where it crashes,
// takes too long or answers what cannot be, that may be the fault of any of them: each is
// then tried alone, and fails by itself.
type queue struct {
	ready chan struct{} // closed once there is w, or err
	w     *process
	err   error

	// inside is how many images it has, taken how many it has had: both are of the pool.
	inside, taken int

	// sending is held while a request is written. asked are those in order.
	sending sync.Mutex
	asked   chan *question
}

// A question is a request that waits for its response.
type question struct {
	format   asset.Format
	variants []asset.Variant

	done    chan struct{} // closed once there is what is below
	resp    response
	outputs []engine.Output
	err     error
}

// OpenFor reads the header of an image, and converts it at once if it is small.
func (p *Pool) OpenFor(ctx context.Context, size int64, fill func([]byte) error, variants []asset.Variant, o engine.Options) (engine.Image, error) {
	c := newContent(size)
	if err := fill(c.data); err != nil {
		c.free()
		return nil, err
	}
	if p.Jobs == 0 || size > SmallSize || len(variants) == 0 {
		return opened(p.open(ctx, c))
	}
	q, err := p.join(ctx)
	if err != nil {
		return nil, err
	}
	a := &question{format: c.format(), variants: variants, done: make(chan struct{})}
	if !q.ask(a, request{Op: opOpenFor, Size: size, Variants: variants, Options: o}, c.data) {
		p.leave(q)
		return opened(p.open(ctx, c))
	}
	<-a.done
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case a.err != nil:
		return opened(p.open(ctx, c))
	case a.resp.Error != nil:
		return nil, a.resp.Error.err()
	}
	i := &image{pool: p, format: a.format, size: size, info: a.resp.Info, data: c.data}
	if a.resp.Converted || a.resp.NotConverted != nil {
		i.made = &made{variants: variants, options: o, outputs: a.outputs}
		if f := a.resp.NotConverted; f != nil {
			i.made.err = f.err()
		}
	}
	return i, nil
}

// join returns a queue with room for an image, which leaves it at its end.
func (p *Pool) join(ctx context.Context) (*queue, error) {
	var q *queue
	var begun bool
	err := p.waitUntil(ctx, func() bool {
		if p.wanted == 0 && p.busy < p.Jobs {
			p.busy++
			q, begun = &queue{ready: make(chan struct{}), asked: make(chan *question, Depth)}, true
			p.queues = append(p.queues, q)
		} else {
			q = p.shortest()
		}
		if q == nil {
			return false
		}
		q.inside++
		q.taken++
		return true
	})
	if err != nil {
		return nil, err
	}
	if begun {
		q.w, q.err = p.ready(ctx)
		close(q.ready)
		if q.err == nil {
			go p.serve(ctx, q)
		}
	}
	<-q.ready
	if q.err != nil {
		p.leave(q)
		return nil, q.err
	}
	return q, nil
}

// shortest returns the queue with the fewest images, nil where none has room.
func (p *Pool) shortest() (shortest *queue) {
	for _, q := range p.queues {
		if q.inside < Depth && q.taken < maxQueued && (shortest == nil || q.inside < shortest.inside) {
			shortest = q
		}
	}
	return shortest
}

// leave takes an image out of a queue. With the last one, the queue ends.
func (p *Pool) leave(q *queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q.inside--
	if q.inside == 0 {
		p.queues = slices.DeleteFunc(p.queues, func(other *queue) bool { return other == q })
		close(q.asked)
		if q.err != nil {
			p.busy-- // there is no worker
		}
	}
	p.signal()
}

// ask sends a request. It returns false where nothing is sent any more.
func (q *queue) ask(a *question, req request, data []byte) bool {
	frame, err := encodeFrame(req)
	if err != nil {
		return false
	}
	q.sending.Lock()
	defer q.sending.Unlock()
	q.asked <- a
	_, _ = q.w.conn.Write(append(frame, data...)) // if it fails, reading the response does
	return true
}

// serve reads what the worker of a queue answers, until the last image has left.
func (p *Pool) serve(ctx context.Context, q *queue) {
	l := limits{time: cmp.Or(p.Timeout, leastTime), memory: q.w.idle + memoryRoom}
	stop := q.w.watch(ctx, l)
	var lost error
	for a := range q.asked {
		if lost == nil {
			if lost = a.read(q.w); lost != nil {
				p.mu.Lock()
				q.taken = maxQueued
				p.mu.Unlock()
				stop()
				lost = q.w.lost(ctx, lost)
			}
			q.w.used += maxUsed / maxSmallImages
		}
		a.err = lost
		close(a.done)
		p.leave(q)
	}
	if lost != nil {
		p.exit()
		return
	}
	stop()
	q.w.idle = q.w.resident()
	p.put(q.w)
}

// read reads the response, and checks it.
func (a *question) read(w *process) error {
	resp, data, err := w.read(len(a.variants))
	if err != nil {
		return err
	}
	a.resp = resp
	if resp.Error != nil {
		return nil
	}
	if err := checkInfo(resp.Info, a.format); err != nil {
		return err
	}
	if resp.Converted {
		a.outputs = outputsOf(resp, data)
		return checkOutputs(a.outputs, a.variants)
	}
	return nil
}

// enter waits until one more worker may be at work, for an image alone.
func (p *Pool) enter(ctx context.Context) error {
	p.mu.Lock()
	p.wanted++
	p.mu.Unlock()
	err := p.waitUntil(ctx, func() bool {
		if p.Jobs > 0 && p.busy >= p.Jobs {
			return false
		}
		p.busy++
		return true
	})
	p.mu.Lock()
	p.wanted--
	p.signal()
	p.mu.Unlock()
	return err
}

// exit says that a worker is at work no longer.
func (p *Pool) exit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	p.signal()
}

// signal has waitUntil look again.
func (p *Pool) signal() {
	if p.changed.L != nil {
		p.changed.Broadcast()
	}
}

// waitUntil returns when try, which is called with the lock held, has succeeded, or ctx has
// ended.
func (p *Pool) waitUntil(ctx context.Context, try func() bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if try() {
		return nil
	}
	p.changed.L = &p.mu
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
	defer stop()
	for !try() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.changed.Wait()
	}
	return nil
}
