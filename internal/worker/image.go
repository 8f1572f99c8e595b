package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
)

// An image is one that a worker has open.
type image struct {
	pool   *Pool
	w      *process // nil once it is gone
	format asset.Format
	size   int64
	info   codec.Info
	// made is what the image was converted to as it was opened, nil where it was not. data
	// are the bytes of an image that no worker has open, for what else it is asked.
	made *made
	data []byte
	// shared says that the worker has memory for it that the pool has made.
	shared bool
}

// made is what Convert was called for ahead, and what came of it.
type made struct {
	variants []asset.Variant
	options  engine.Options
	outputs  []engine.Output
	err      error
}

func (i *image) Info() codec.Info { return i.info }

// Close gives the worker back.
func (i *image) Close() {
	if i.w != nil {
		if i.shared {
			_ = writeFrame(i.w.conn, request{Op: opClose}) // if it fails, so does the next request
		}
		i.pool.put(i.w)
		i.w = nil
	}
	i.data = nil
}

// lose forgets a worker that is gone.
func (i *image) lose() {
	i.w = nil
	i.pool.exit()
}

// Convert makes an output for each variant.
func (i *image) Convert(ctx context.Context, variants []asset.Variant, o engine.Options) ([]engine.Output, error) {
	if m := i.made; m != nil && m.options == o && slices.Equal(m.variants, variants) {
		return m.outputs, m.err
	}
	resp, data, err := i.call(ctx, request{Op: opConvert, Variants: variants, Options: o}, noContent)
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(resp, data)
	if err := checkOutputs(outputs, variants); err != nil {
		return nil, i.nonsense(err)
	}
	return outputs, nil
}

// outputsOf joins the outputs of a response and their data.
func outputsOf(resp response, data [][]byte) []engine.Output {
	outputs := make([]engine.Output, len(resp.Outputs))
	for n, o := range resp.Outputs {
		outputs[n] = engine.Output{Data: data[n], Width: o.Width, Height: o.Height, Frames: o.Frames, Lossless: o.Lossless, Rating: o.Rating, Notes: o.Notes}
		if o.Error != nil {
			outputs[n].Err = o.Error.err()
		}
	}
	return outputs
}

// Check decodes all of the image.
func (i *image) Check(ctx context.Context, strict bool) error {
	_, _, err := i.call(ctx, request{Op: opCheck, Strict: strict}, noContent)
	return err
}

// Placeholder describes the image by a few bytes.
func (i *image) Placeholder(ctx context.Context, maxPixels int64) (engine.Placeholder, error) {
	resp, _, err := i.call(ctx, request{Op: opPlaceholder, MaxPixels: maxPixels}, noContent)
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
	err = fmt.Errorf("the decoder gave an invalid answer: %w", err)
	if i.w != nil {
		i.w.end(err)
		i.lose()
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

// call asks the worker for something, and reads its answer with the data of outputs. It
// frees c.
func (i *image) call(ctx context.Context, req request, c content) (resp response, outputs [][]byte, err error) {
	if i.w == nil && i.data != nil {
		if err := i.reopen(ctx); err != nil {
			return resp, nil, err
		}
	}
	w := i.w
	if w == nil {
		return resp, nil, i.failure(errors.New("the decoder is gone"))
	}
	began := time.Now()
	stop := w.watch(ctx, i.limits(req))
	resp, outputs, err = w.talk(req, c)
	stop()
	if err != nil {
		err = w.lost(ctx, err)
		i.lose()
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

// reopen gives an image that was converted as it was opened a worker to itself.
func (i *image) reopen(ctx context.Context) error {
	alone, err := i.pool.open(ctx, content{i.data, -1})
	if err != nil {
		return err
	}
	i.w, i.info, i.data = alone.w, alone.info, nil
	return nil
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
