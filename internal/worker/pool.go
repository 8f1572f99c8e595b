// Package worker opens images in processes of their own, which are confined: a decoder that
// crashes, hangs or is taken over by a hostile file costs the result of that file, and
// reaches nothing else.
package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

const (
	// maxImages is after how many images a worker is renewed, and maxIdle at how many bytes
	// of memory it has without one: a decoder that loses memory, or was taken over without
	// a sign of it, does not last.
	maxImages = 300
	maxIdle   = 512 << 20
)

// A Pool starts workers as they are needed, and keeps them for further images. It is an
// engine.Codec.
type Pool struct {
	// Timeout is how long one image may take, 0 for a time that its header justifies.
	Timeout time.Duration
	// Logf, where not nil, is given what libraries say, line by line.
	Logf func(format string, args ...any)

	mu     sync.Mutex
	idle   []*process
	coming []*future
	closed bool
	first  *Confinement
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
	p.put(w)
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

// get returns a worker.
func (p *Pool) get(ctx context.Context) (*process, error) {
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

// put takes a worker back.
func (p *Pool) put(w *process) {
	p.mu.Lock()
	if p.first == nil {
		p.first = &w.confined
	}
	keep := !p.closed && w.images < maxImages && w.idle < maxIdle
	if keep {
		p.idle = append(p.idle, w)
	}
	p.mu.Unlock()
	if !keep {
		w.close()
	}
}

// Open reads the header of an image.
func (p *Pool) Open(ctx context.Context, data []byte) (engine.Image, error) {
	w, err := p.get(ctx)
	if err != nil {
		return nil, err
	}
	format, _ := asset.Sniff(data[:min(len(data), asset.SniffLen)])
	i := &image{pool: p, w: w, format: format, size: int64(len(data))}
	w.images++
	resp, _, err := i.call(ctx, request{Op: opOpen, Size: i.size}, data)
	if err == nil {
		if err = checkInfo(resp.Info, format); err != nil {
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

// An image is one that a worker has open.
type image struct {
	pool   *Pool
	w      *process // nil once it is gone
	format asset.Format
	size   int64
	info   codec.Info
}

func (i *image) Info() codec.Info { return i.info }

// Close gives the worker back.
func (i *image) Close() {
	if i.w != nil {
		i.pool.put(i.w)
		i.w = nil
	}
}

// Convert makes an output for each variant.
func (i *image) Convert(ctx context.Context, variants []asset.Variant, o engine.Options) ([]engine.Output, error) {
	resp, data, err := i.call(ctx, request{Op: opConvert, Variants: variants, Options: o}, nil)
	if err != nil {
		return nil, err
	}
	outputs := make([]engine.Output, len(resp.Outputs))
	for n, o := range resp.Outputs {
		outputs[n] = engine.Output{Data: data[n], Width: o.Width, Height: o.Height, Frames: o.Frames, Lossless: o.Lossless, Notes: o.Notes}
	}
	if err := checkOutputs(outputs, variants); err != nil {
		return nil, i.nonsense(err)
	}
	return outputs, nil
}

// Check decodes all of the image.
func (i *image) Check(ctx context.Context, strict bool) error {
	_, _, err := i.call(ctx, request{Op: opCheck, Strict: strict}, nil)
	return err
}

// Placeholder describes the image by a few bytes.
func (i *image) Placeholder(ctx context.Context, maxPixels int64) (engine.Placeholder, error) {
	resp, _, err := i.call(ctx, request{Op: opPlaceholder, MaxPixels: maxPixels}, nil)
	if err != nil {
		return engine.Placeholder{}, err
	}
	if resp.Placeholder == nil {
		return engine.Placeholder{}, i.nonsense(errors.New("no placeholder"))
	}
	if err := checkPlaceholder(*resp.Placeholder); err != nil {
		return engine.Placeholder{}, i.nonsense(err)
	}
	return *resp.Placeholder, nil
}

// nonsense ends a worker whose answer cannot be.
func (i *image) nonsense(err error) error {
	err = fmt.Errorf("the decoder answered what cannot be: %w", err)
	if i.w != nil {
		i.w.end(err)
		i.w = nil
	}
	return i.failure(err)
}

const (
	limitHint  = "if the file can be trusted, raise `timeout`, in seconds"
	memoryHint = "it needs far more than its header says: the file is damaged, or made to do harm"
)

// failure is an error about the image, with a hint.
func (i *image) failure(err error) error {
	e := &codec.Error{Op: string(i.format), Detail: err.Error(), Hint: "please report this with the file; other images are not affected"}
	if limit, ok := errors.AsType[*LimitError](err); ok {
		e.Hint = limitHint
		if limit.Memory > 0 {
			e.Hint = memoryHint
		}
	}
	if crash, ok := errors.AsType[*CrashError](err); ok {
		e.Crashed = !crash.Killed
	}
	if i.format == "" {
		e.Op = "image"
	}
	return e
}

// call asks the worker for something, and reads its answer with the data of outputs.
func (i *image) call(ctx context.Context, req request, data []byte) (resp response, outputs [][]byte, err error) {
	w := i.w
	if w == nil {
		return resp, nil, i.failure(errors.New("the decoder is gone"))
	}
	began := time.Now()
	stop := w.watch(ctx, i.limits(req))
	resp, outputs, err = w.talk(req, data)
	stop()
	if err != nil {
		i.w = nil
		err = w.lost(ctx, err)
		if ctx.Err() != nil {
			return resp, nil, err
		}
		return resp, nil, i.failure(err)
	}
	if req.Op != opOpen && time.Since(began) > poll/4 { // a small image leaves little behind
		w.idle = w.resident()
	}
	if resp.Error != nil {
		return resp, nil, resp.Error.err()
	}
	return resp, outputs, nil
}

// err is the error that was sent.
func (f *failure) err() error {
	if e := f.Codec; e != nil {
		return &codec.Error{Op: clean(e.Op), Code: e.Code, Detail: clean(e.Detail), Hint: clean(e.Hint)}
	}
	return errors.New(clean(f.Message))
}

const (
	// leastTime is how long any image may take; secondsPerMegapixel is added for each
	// million pixels that are decoded, and that are encoded, with AVIF counting
	// avifFactor times, up to maxMegapixels. It is a hundred times what they take:
	// machines are busy.
	leastTime           = time.Minute
	secondsPerMegapixel = 10
	avifFactor          = 6
	maxMegapixels       = 1e6
	// memoryRoom is how many bytes more than estimated a worker may have, besides half of
	// the estimate.
	memoryRoom = 192 << 20
)

// limits are those of a request.
func (i *image) limits(req request) limits {
	l := limits{time: i.pool.Timeout, memory: i.w.idle + 2*i.size + memoryRoom}
	variants := req.Variants
	if req.Op == opPlaceholder {
		variants = []asset.Variant{engine.PlaceholderVariant}
	}
	if req.Op != opOpen {
		estimate := engine.EstimateMemory(i.info, variants)
		l.memory += estimate + estimate/2
	}
	if l.time == 0 {
		pixels := max(float64(i.info.Width)*float64(i.info.Height), float64(i.info.Decoded))
		for _, v := range variants {
			width, height := engine.Size(i.info.Width, i.info.Height, v)
			encoded := float64(width) * float64(height)
			if v.Format == asset.AVIF {
				encoded *= avifFactor
			}
			pixels += encoded
		}
		megapixels := min(pixels/1e6*float64(max(i.info.Frames, 1)), maxMegapixels)
		l.time = leastTime + time.Duration(megapixels*secondsPerMegapixel*float64(time.Second))
	}
	return l
}
