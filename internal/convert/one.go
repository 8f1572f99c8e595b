package convert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// one converts the jobs of one source, which group has the indexes of, and records their
// results, unless ctx ends before.
func (r *run) one(ctx context.Context, group []int, all []asset.Job) {
	jobs := make([]asset.Job, len(group))
	for k, i := range group {
		jobs[k] = all[i]
	}
	ps := r.prepare(ctx, jobs)
	defer func() {
		for k := range ps {
			ps[k].free()
		}
	}()
	last := make([]bool, len(jobs))
	for k, j := range jobs {
		last[k] = r.reusable.release(j)
	}

	r.writing.RLock()
	defer r.writing.RUnlock()
	if ctx.Err() != nil {
		return
	}
	for k := range ps {
		if ps[k].data != nil {
			jobs[k].Output = ps[k].result.Output // its name may have a digest of it
		}
		if p := &ps[k]; p.data != nil {
			r.deliver(p, jobs[k])
		} else if p.result.Status != asset.Failed {
			_ = r.finish(jobs[k], p) // nothing is removed
		}
	}
	r.cleanUp(ctx, ps, jobs, last)
	for k, i := range group {
		ps[k].result.Target = all[i].Output
		ps[k].result.Duration = r.Now().Sub(ps[k].start)
		r.record(i, ps[k].result)
	}
}

// A Content is that of a source that was downloaded.
type Content interface {
	io.ReaderAt
	io.Closer
}

// fetch downloads the source of jobs, which then say what it is. It returns nil for a file of the
// tree.
func (r *run) fetch(ctx context.Context, jobs []asset.Job) (Content, error) {
	if jobs[0].Source.URL == "" || r.Fetch == nil {
		return nil, nil
	}
	source, content, err := r.Fetch(ctx, jobs[0].Source)
	if err != nil {
		return nil, err
	}
	for k := range jobs {
		jobs[k].Source = source
	}
	return content, nil
}

// prepared is an image that is ready to be written: everything is decided.
type prepared struct {
	result asset.Result
	// data is the output; nil where there is nothing to write.
	data []byte
	// source is what was known of the source when it was read, or when an output was
	// found that spares reading it; like is the same of the file at Job.ReuseFrom, nil
	// where that was not used.
	source, like fs.FileInfo
	// content is the source where it was fetched, nil for a file of the tree.
	content Content
	// start is when the image got its share of memory.
	start   time.Time
	release func()
}

// free gives back the memory that p holds.
func (p *prepared) free() {
	p.release()
	p.release = func() {}
}

// finalize makes the result of j out of what its conversion came to.
func (p *prepared) finalize(j asset.Job, out Output) {
	p.result = asset.Result{
		Source: j.Source, Target: j.Output, Variant: j.Recipe.Name,
		Status: asset.Converted, Output: j.Output, Format: j.Recipe.Format,
		Before: j.Source.Size, After: out.After,
		Width: out.Width, Height: out.Height, Frames: out.Frames, Lossless: out.Lossless, Rating: out.Rating,
		SourceWidth: out.SourceWidth, SourceHeight: out.SourceHeight,
		Notes: slices.Concat(j.Source.Notes, out.Notes),
	}
	if out.SourceWidth == 0 && keepsSize(j.Recipe.Variant) {
		p.result.SourceWidth, p.result.SourceHeight = out.Width, out.Height
	}
	if out.Reason != "" {
		p.result.Status, p.result.Reason, p.result.Output = asset.Skipped, out.Reason, ""
		return
	}
	sum := sha256.Sum256(out.Data)
	p.result.SHA256 = hex.EncodeToString(sum[:])
	p.result.Output = j.PathOf(p.result.SHA256)
	p.data = out.Data
}

// prepare reads, decodes and encodes the source of jobs. Whatever goes wrong,
// also a panic of a decoder, is in the results.
func (r *run) prepare(ctx context.Context, jobs []asset.Job) (ps []prepared) {
	ps = make([]prepared, len(jobs))
	for k := range ps {
		ps[k].start, ps[k].release = r.Now(), func() {}
	}
	fail := func(failed func(j asset.Job) asset.Result) {
		for k := range ps {
			if p := &ps[k]; p.result.Status == "" {
				p.data, p.result = nil, failed(jobs[k])
			}
		}
	}
	defer func() {
		if v := recover(); v != nil {
			err := named("convert", jobs[0].Source.Path, engine.Bug(v))
			fail(func(j asset.Job) asset.Result { return failure(j, err) })
		}
	}()
	content, err := r.fetch(ctx, jobs)
	if content != nil {
		defer content.Close()
	}
	for k := range ps {
		ps[k].content = content
	}
	if err == nil {
		err = r.transform(ctx, jobs, ps)
	}
	if err != nil {
		fail(func(j asset.Job) asset.Result { return failure(j, err) })
	}
	return ps
}

// transform fills ps with the results of jobs, or returns why those that have none
// have none.
func (r *run) transform(ctx context.Context, jobs []asset.Job, ps []prepared) error {
	var left []int
	for k, j := range jobs {
		p := &ps[k]
		if j.Source.URL != "" && r.Unchanged != nil {
			if result, ok := r.Unchanged(j); ok {
				p.result = result
				continue
			}
		}
		inPlace := j.Source.URL == "" && tree.Fold(j.Output) == tree.Fold(j.Source.Path)
		if inPlace && isCopy(j) {
			p.result = asset.Skip(j, asset.IsWebP)
			continue
		}
		if !inPlace {
			found, err := r.reuse(ctx, j, p)
			if err != nil {
				return err
			}
			if found {
				if len(jobs) > 1 {
					p.free() // others of this group may have to wait for more memory
				}
				continue
			}
		}
		if r.Made != nil {
			if err := r.takeMade(ctx, j, p); err != nil {
				p.result = failure(j, err)
			}
			continue
		}
		left = append(left, k)
	}
	if len(left) == 0 {
		return nil
	}
	rest := make([]asset.Job, len(left))
	for n, k := range left {
		rest[n] = jobs[k]
	}
	first := &ps[left[0]]
	threads := r.threads()
	img, err := r.load(ctx, rest, threads, first)
	if err != nil {
		return err
	}
	outputs, errs, err := build(ctx, img, rest[0].Source.Size, rest, threads, r.KeepLarger || jobs[0].Source.URL != "")
	img.Close()
	if err != nil {
		return err
	}
	for n, k := range left {
		j, p, out := jobs[k], &ps[k], outputs[n]
		p.source, p.start = first.source, first.start
		switch {
		case errs[n] != nil:
			p.result = failure(j, errs[n])
			continue
		case out.Reason == asset.IsWebP || out.Reason == asset.NotWider:
			p.result = asset.Skip(j, out.Reason)
			continue
		}
		if r.Keep != nil && tree.Fold(j.Output) != tree.Fold(j.Source.Path) && j.Source.Blob != "" {
			r.Keep(j, out)
		}
		p.finalize(j, out)
		if j.Remove && p.data != nil {
			// Before it is written: nobody waits for a decoder when the run has to end.
			if err := r.check(ctx, p.data); err != nil {
				p.data, p.result = nil, failure(j, fmt.Errorf("verify %q: %w; the source is kept", j.Output, err))
			}
		}
	}
	return nil
}

// check decodes an output whole.
func (r *run) check(ctx context.Context, data []byte) error {
	img, err := r.Codec.Open(ctx, data)
	if err != nil {
		return err
	}
	defer img.Close()
	return img.Check(ctx, false)
}

// load reads and opens the source of jobs, and takes the memory that its conversion needs
// out of the budget, which p then holds. The caller closes the image, which is going to be
// converted with so many threads.
func (r *run) load(ctx context.Context, jobs []asset.Job, threads int, p *prepared) (engine.Image, error) {
	j := jobs[0]
	return r.acquireMemory(ctx, jobs, p, j.Source.Size, func() (engine.Image, error) {
		img, err := r.openSource(ctx, jobs, threads, p)
		if err != nil {
			return nil, err
		}
		return img, claims(j, img.Info())
	})
}

// openSource reads and opens the source of jobs, and lets the codec convert it at once where
// what it takes is known without its header.
func (r *run) openSource(ctx context.Context, jobs []asset.Job, threads int, p *prepared) (img engine.Image, err error) {
	s := jobs[0].Source
	if r.Input != nil {
		if img, err = r.Codec.Open(ctx, r.Input); err != nil {
			return nil, named("decode", s.Path, err)
		}
		return img, nil
	}
	variants := variantsOf(jobs)
	for _, j := range jobs {
		if j.Narrower > 0 || tree.Fold(j.Output) == tree.Fold(s.Path) {
			variants = nil
		}
	}
	var unread error
	img, err = r.Codec.OpenFor(ctx, s.Size, func(data []byte) error {
		if p.content != nil {
			if _, err := p.content.ReadAt(data, 0); err != nil {
				unread = fmt.Errorf("read %q: %w", s.Path, cause(err))
			}
			return unread
		}
		p.source, unread = r.read(ctx, s, data)
		return unread
	}, variants, engine.Options{MaxPixels: jobs[0].Recipe.MaxPixels, Threads: threads})
	switch {
	case unread != nil:
		return nil, unread
	case err != nil:
		return nil, named("decode", s.Path, err)
	}
	return img, nil
}

func variantsOf(jobs []asset.Job) []asset.Variant {
	variants := make([]asset.Variant, len(jobs))
	for k := range jobs {
		variants[k] = jobs[k].Recipe.Variant
	}
	return variants
}

// acquireMemory has an image for jobs read, which is size bytes long, and takes the memory that
// goes with its header out of the budget, which p then holds. read may return an image
// with its error.
func (r *run) acquireMemory(ctx context.Context, jobs []asset.Job, p *prepared, size int64, read func() (engine.Image, error)) (engine.Image, error) {
	j, need := jobs[0], size
	variants := variantsOf(jobs)
	for {
		if need > r.most {
			return nil, r.tooMuch(j, need, codec.Info{})
		}
		release, err := r.budget.acquire(ctx, need)
		if err != nil {
			return nil, err
		}
		p.start, p.release = r.Now(), release
		img, err := read()
		refuse := func(err error) (engine.Image, error) {
			if img != nil {
				img.Close()
			}
			return nil, err
		}
		if err != nil {
			return refuse(err)
		}
		info := img.Info()
		cost := 2 * size
		if !r.Elsewhere {
			cost = size + engine.EstimateMemory(info, variants)
		}
		if err := bomb(j, cost, info, r.limited); err != nil {
			return refuse(err)
		}
		if cost <= need {
			return img, nil
		}
		if cost > r.most {
			return refuse(r.tooMuch(j, cost, info))
		}
		if more, ok := r.budget.tryAcquire(cost - need); ok {
			p.release = func() { release(); more() }
			return img, nil
		}
		img.Close()
		// Waiting for the rest while holding a part could be for ever, when
		// others do the same. So give back, forget, and wait for all of it.
		p.free()
		need = cost
	}
}

// claims refuses an image whose header promises more pixels than the recipe
// allows, before any memory is spent on them.
func claims(j asset.Job, info codec.Info) error {
	pixels := max(pixels(info), info.Decoded)
	if j.Recipe.MaxPixels <= 0 || pixels <= j.Recipe.MaxPixels {
		return nil
	}
	size := fmt.Sprintf("%dx%d", info.Width, info.Height)
	if info.Frames > 1 {
		size += fmt.Sprintf(", %d frames", info.Frames)
	}
	if info.Decoded > 0 {
		size += " of a larger image"
	}
	hint := fmt.Sprintf("if the file can be trusted, set `max-pixels` to %d or more", pixels)
	if w, h := engine.Size(info.Width, info.Height, j.Recipe.Variant); max(w, h) > j.Recipe.Format.MaxSide() {
		hint += fmt.Sprintf(", and `max-width` and `max-height` to %d or less", j.Recipe.Format.MaxSide())
	}
	return &mistake{
		fmt.Errorf("decode %q: claims %s (%d pixels), more than the limit of %d", j.Source.Path, size, pixels, j.Recipe.MaxPixels),
		hint,
	}
}

// pixels is the number of pixels that a header claims, in all frames together.
func pixels(info codec.Info) int64 {
	w, h, n := int64(info.Width), int64(info.Height), int64(max(info.Frames, 1))
	if h == 0 || w <= math.MaxInt64/max(h, 1)/n {
		return w * h * n
	}
	return math.MaxInt64
}
