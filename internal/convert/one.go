package convert

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/tree"
)

// one converts one job and records its result, unless ctx ends before.
func (r *run) one(ctx context.Context, i int, j asset.Job) {
	p := r.prepare(ctx, j)
	defer p.free()
	last := r.elders.leave(j)

	r.writing.RLock()
	defer r.writing.RUnlock()
	if ctx.Err() != nil {
		return
	}
	if p.data != nil {
		r.deliver(ctx, &p, j, last)
	} else if p.result.Status != asset.Failed {
		_ = r.finish(j, &p) // nothing is removed
	}
	p.result.Duration = r.Now().Sub(p.start)
	r.record(i, p.result)
}

// prepared is a picture that is ready to be written: everything is decided.
type prepared struct {
	result asset.Result
	// data is the output; nil where there is nothing to write.
	data []byte
	// source is what was known of the source when it was read, or when an output was
	// found that spares reading it; like is the same of the file at Job.Like, nil
	// where that was not used.
	source, like fs.FileInfo
	// start is when the picture got its share of memory.
	start   time.Time
	release func()
}

// free gives back the memory that p holds.
func (p *prepared) free() {
	p.release()
	p.release = func() {}
}

// settle makes the result of j out of what its conversion came to.
func (p *prepared) settle(j asset.Job, out Output) {
	p.result = asset.Result{
		Source: j.Source, Status: asset.Converted, Output: j.Output, Format: j.Recipe.Format,
		Before: j.Source.Size, After: out.After,
		Width: out.Width, Height: out.Height, Frames: out.Frames, Lossless: out.Lossless,
		SourceWidth: out.SourceWidth, SourceHeight: out.SourceHeight,
		Notes: slices.Concat(j.Source.Notes, out.Notes),
	}
	if out.SourceWidth == 0 && j.Recipe.MaxWidth == 0 && j.Recipe.MaxHeight == 0 {
		p.result.SourceWidth, p.result.SourceHeight = out.Width, out.Height // nothing was shrunk
	}
	if out.Reason != "" {
		p.result.Status, p.result.Reason, p.result.Output = asset.Skipped, out.Reason, ""
		return
	}
	sum := sha256.Sum256(out.Data)
	p.result.SHA256 = hex.EncodeToString(sum[:])
	p.data = out.Data
}

// prepare reads, decodes and encodes the source of j. Whatever goes wrong,
// also a panic of a decoder, is in the result.
func (r *run) prepare(ctx context.Context, j asset.Job) (p prepared) {
	p.start, p.release = r.Now(), func() {}
	defer func() {
		if v := recover(); v != nil {
			p.data = nil
			p.result = asset.Fail(j.Source,
				fmt.Sprintf("convert %q: internal error: %v", j.Source.Path, v),
				"this is a mistake in webpress: please report it, with this line and the picture ("+panicSite()+")")
		}
	}()
	if err := r.transform(ctx, j, &p); err != nil {
		p.data = nil
		p.result = failure(j.Source, err)
	}
	return p
}

// transform fills p with the result of j, or returns why there is none.
func (r *run) transform(ctx context.Context, j asset.Job, p *prepared) error {
	inPlace := tree.Fold(j.Output) == tree.Fold(j.Source.Path)
	if inPlace && j.Source.Format == asset.WebP && j.Recipe.MaxWidth == 0 && j.Recipe.MaxHeight == 0 {
		p.result = skip(j, asset.IsWebP)
		return nil
	}
	if !inPlace {
		if found, err := r.spare(ctx, j, p); found || err != nil {
			return err
		}
	}
	if r.Made != nil {
		return r.takeMade(ctx, j, p)
	}
	data, info, err := r.load(ctx, j, p)
	if err != nil {
		return err
	}
	out, err := build(ctx, data, info, j, r.threads(), r.KeepLarger)
	if err != nil {
		return err
	}
	if out.Reason == asset.IsWebP {
		p.result = skip(j, asset.IsWebP)
		return nil
	}
	if r.Keep != nil && !inPlace && j.Source.Blob != "" {
		r.Keep(j, out)
	}
	p.settle(j, out)
	if j.Remove && p.data != nil {
		// Before it is written: nobody waits for a decoder when the run has to end.
		if err := engine.Check(p.data); err != nil {
			return fmt.Errorf("verify %q: %w; the source is kept", j.Output, err)
		}
	}
	return nil
}

// build makes the output of j from the content of its source. keepLarger is that of
// Options.
func build(ctx context.Context, data []byte, info codec.Info, j asset.Job, threads int, keepLarger bool) (Output, error) {
	width, height := pixel.Fit(info.Width, info.Height, j.Recipe.MaxWidth, j.Recipe.MaxHeight)
	if width > codec.MaxWebPSide || height > codec.MaxWebPSide {
		return Output{}, &mistake{
			fmt.Errorf("encode %q: %dx%d is more than WebP holds, %d pixels a side", j.Source.Path, width, height, codec.MaxWebPSide),
			fmt.Sprintf("shrink it with `max-width` or `max-height`, at most %d", codec.MaxWebPSide),
		}
	}
	if strings.EqualFold(j.Output, j.Source.Path) && info.Format == asset.WebP && width == info.Width && height == info.Height {
		// Lossy WebP made into WebP again and again gets worse each time.
		return Output{Reason: asset.IsWebP}, nil
	}
	outputs, err := engine.Convert(ctx, data, info, []asset.Variant{j.Recipe.Variant}, engine.Options{MaxPixels: j.Recipe.MaxPixels, Threads: threads})
	if err != nil {
		return Output{}, named("convert", j.Source.Path, err)
	}
	made := outputs[0]
	out := Output{
		Data: made.Data, Width: made.Width, Height: made.Height, Frames: made.Frames, Lossless: made.Lossless,
		SourceWidth: info.Width, SourceHeight: info.Height,
		Pixels: pixels(info), Notes: slices.Concat(info.Notes, made.Notes), After: int64(len(made.Data)),
	}
	wanted := keepLarger && j.Recipe.MinSavings == 0
	if !wanted && !Worthwhile(info.Format, int64(len(data)), out.After, j.Recipe.MinSavings) {
		out.Data, out.Reason = nil, asset.NotSmaller
	}
	return out, nil
}

// load reads the source of j and what its header says, and takes the memory
// that its conversion needs out of the budget, which p then holds.
func (r *run) load(ctx context.Context, j asset.Job, p *prepared) ([]byte, codec.Info, error) {
	return r.hold(ctx, j, p, j.Source.Size, func() ([]byte, codec.Info, error) {
		data, source, err := r.read(ctx, j.Source)
		if err != nil {
			return nil, codec.Info{}, err
		}
		info, err := codec.Probe(data)
		if err != nil {
			return nil, codec.Info{}, named("decode", j.Source.Path, err)
		}
		p.source = source
		return data, info, claims(j, info)
	})
}

// hold has a picture for j read, which is need bytes long, and takes the memory that
// goes with its header out of the budget, which p then holds.
func (r *run) hold(ctx context.Context, j asset.Job, p *prepared, need int64,
	read func() ([]byte, codec.Info, error)) ([]byte, codec.Info, error) {
	for {
		if need > r.most {
			return nil, codec.Info{}, r.tooMuch(j, need, codec.Info{})
		}
		release, err := r.budget.acquire(ctx, need)
		if err != nil {
			return nil, codec.Info{}, err
		}
		p.start, p.release = r.Now(), release
		data, info, err := read()
		if err != nil {
			return nil, codec.Info{}, err
		}
		cost := int64(len(data)) + engine.EstimateMemory(info, []asset.Variant{j.Recipe.Variant})
		if err := bomb(j, cost, info, r.limited); err != nil {
			return nil, codec.Info{}, err
		}
		if cost <= need {
			return data, info, nil
		}
		if cost > r.most {
			return nil, codec.Info{}, r.tooMuch(j, cost, info)
		}
		if more, ok := r.budget.tryAcquire(cost - need); ok {
			p.release = func() { release(); more() }
			return data, info, nil
		}
		// Waiting for the rest while holding a part could be for ever, when
		// others do the same. So give back, forget, and wait for all of it.
		p.free()
		need = cost
	}
}

// claims refuses a picture whose header promises more pixels than the recipe
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
	if w, h := pixel.Fit(info.Width, info.Height, j.Recipe.MaxWidth, j.Recipe.MaxHeight); max(w, h) > codec.MaxWebPSide {
		hint += fmt.Sprintf(", and `max-width` and `max-height` to %d or less", codec.MaxWebPSide)
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

// Worthwhile says whether a run keeps an output of after bytes, for a source of this
// format and of before bytes. HEIC is often smaller than WebP, but the point there is
// that all browsers show the output.
func Worthwhile(source asset.Format, before, after int64, minSavings float64) bool {
	if source == asset.HEIC {
		return true
	}
	return after < before && float64(before-after)*100 >= minSavings*float64(before)
}

// deliver writes p where it belongs and takes the source away where that is
// wanted, and the older output where nobody else needs it, as last says. What goes
// wrong becomes the result.
func (r *run) deliver(ctx context.Context, p *prepared, j asset.Job, last bool) {
	if r.Take != nil {
		if r.DryRun {
			return
		}
		if err := r.Take(p.data); err != nil {
			p.result = failure(j.Source, fmt.Errorf("write %q: %w", j.Output, err))
		}
		return
	}
	upToDate, err := r.existing(j, p)
	switch {
	case err != nil:
		p.result = failure(j.Source, err)
		return
	case upToDate:
		p.result.Status, p.result.Reason = asset.Skipped, asset.UpToDate
	case r.DryRun:
		return
	default:
		durable := j.Remove || j.Output == j.Source.Path
		if err := r.write(j.Output, p.data, p.source, durable); err != nil {
			p.result = failure(j.Source, err)
			return
		}
	}
	if r.DryRun {
		return
	}
	if err := r.finish(j, p); err != nil && j.Remove {
		p.result = failure(j.Source, fmt.Errorf("remove %q: %w; it is kept", j.Source.Path, err))
		return
	}
	if j.Remove {
		if err := r.removeSource(ctx, p, j); err != nil {
			p.result = failure(j.Source, err)
			return
		}
	}
	if j.Moved && last && p.like != nil {
		r.removeElder(p, j)
	}
}

// finish lets the result be written down.
func (r *run) finish(j asset.Job, p *prepared) error {
	if r.Finished == nil || r.DryRun {
		return nil
	}
	return r.Finished(j, p.result, p.data)
}

// existing looks at what is at the output path already: nothing, the very bytes
// that would be written, or something that must not be overwritten.
func (r *run) existing(j asset.Job, p *prepared) (upToDate bool, err error) {
	info, err := r.files.Lstat(j.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, writeFault(j.Output, err)
	case info.IsDir():
		return false, &mistake{
			fmt.Errorf("write %q: it is a folder", j.Output),
			"set another `output`, such as " + keepApart,
		}
	case info.Mode().IsRegular() && info.Size() == int64(len(p.data)):
		old, err := r.files.ReadPlain(j.Output, info.Size())
		if err == nil && bytes.Equal(old, p.data) {
			return true, nil
		}
	}
	// What webpress has made may be replaced, unless it is the source as well: that
	// would be gone.
	if j.Overwrite || j.Own && info.Mode().IsRegular() && !os.SameFile(info, p.source) {
		return false, nil
	}
	what := "a different file is there already"
	if j.Output == j.Source.Path {
		what = "it is the source"
	}
	hint := "set `overwrite: true` to replace it, or another `output`"
	switch {
	case r.KeepLarger: // somebody has typed it
		hint = "add --overwrite to replace it, or name another file"
	case r.Accept != nil && !j.Source.Ignored && j.Output != j.Source.Path && r.isWebP(j.Output):
		hint = fmt.Sprintf("keep it by `%s`, or %s", r.Accept(j.Output), hint)
	}
	return false, &mistake{fmt.Errorf("write %q: %s", j.Output, what), hint}
}

// isWebP says that a file begins as a WebP does.
func (r *run) isWebP(name string) bool {
	f, _, err := r.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, asset.SniffLen)
	n, _ := io.ReadFull(f, head)
	format, _ := asset.Sniff(head[:n])
	return format == asset.WebP
}

// removeSource deletes the source of p, once the output on the disk is seen to
// be whole and the source to be the one that was read.
func (r *run) removeSource(ctx context.Context, p *prepared, j asset.Job) error {
	if tree.Fold(path.Clean(j.Source.Path)) == tree.Fold(j.Output) {
		return nil
	}
	written, err := r.files.ReadPlain(j.Output, int64(len(p.data)))
	if err != nil {
		return fmt.Errorf("verify %q: %w", j.Output, cause(err))
	}
	if !bytes.Equal(written, p.data) {
		return fmt.Errorf("verify %q: what is on the disk is not what was written; the source is kept", j.Output)
	}
	// Where the output was not made of what this run has read, the source may have
	// changed before anybody looked at it.
	_, now, err := r.read(context.WithoutCancel(ctx), j.Source)
	if err != nil {
		return fmt.Errorf("remove %q: %w", j.Source.Path, err)
	}
	if !unchanged(p.source, now) {
		return fmt.Errorf("remove %q: it changed during the run", j.Source.Path)
	}
	if err := r.files.Remove(j.Source.Path); err != nil {
		return fmt.Errorf("remove %q: %w", j.Source.Path, cause(err))
	}
	p.result.Notes = append(p.result.Notes, asset.OriginalRemoved)
	return nil
}

// panicSite is the place in the code that the panic being recovered came from.
func panicSite() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s, line %d of %s", frame.Function, frame.Line, path.Base(frame.File))
		}
		if !more {
			return "unknown place"
		}
	}
}
