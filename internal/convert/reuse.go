package convert

import (
	"context"
	"errors"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/tree"
)

// reuse finds an output for j that was made before, so that its source need not be
// opened. The error is that ctx has ended.
func (r *run) reuse(ctx context.Context, j asset.Job, p *prepared) (found bool, err error) {
	if j.ReuseFrom == "" && (r.Cached == nil || j.Source.Blob == "") {
		return false, nil
	}
	source, err := r.files.Lstat(j.Source.Path)
	if err != nil || !source.Mode().IsRegular() || source.Size() != j.Source.Size {
		return false, nil // whoever reads it says what is wrong
	}
	for _, look := range []func(context.Context, asset.Job, *prepared) bool{r.fromOutput, r.fromCache} {
		if look(ctx, j, p) {
			p.source = source
			return true, nil
		}
		p.free()
		p.like = nil
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// fromCache fills p with what Cached has for j.
func (r *run) fromCache(ctx context.Context, j asset.Job, p *prepared) bool {
	if r.Cached == nil || j.Source.Blob == "" {
		return false
	}
	release, err := r.budget.acquire(ctx, j.Source.Size)
	if err != nil {
		return false
	}
	p.start, p.release = r.Now(), release
	out, ok := r.Cached(j)
	if !ok || !fits(j, out) {
		return false
	}
	p.finalize(j, out)
	return true
}

// takeMade fills p with what Made has for j.
func (r *run) takeMade(ctx context.Context, j asset.Job, p *prepared) error {
	release, err := r.budget.acquire(ctx, j.Source.Size)
	if err != nil {
		return err
	}
	p.start, p.release = r.Now(), release
	source, err := r.files.Lstat(j.Source.Path)
	switch {
	case err != nil:
		return fmt.Errorf("read %q: %w", j.Source.Path, cause(err))
	case !source.Mode().IsRegular():
		return fmt.Errorf("read %q: %w", j.Source.Path, &tree.KindError{Mode: source.Mode()})
	case source.Size() != j.Source.Size:
		return fmt.Errorf("read %q: file changed during the run, from %d to %d bytes", j.Source.Path, j.Source.Size, source.Size())
	}
	out, err := r.Made(j)
	if fault, ok := errors.AsType[*asset.Fault](err); ok {
		return &mistake{fault, fault.Hint}
	}
	if err != nil {
		return err
	}
	p.source = source
	p.finalize(j, out)
	return nil
}

// fits says whether out can be what the conversion of j would come to. A cache that
// was mixed up costs time, and no picture.
func fits(j asset.Job, out Output) bool {
	if j.Recipe.MaxPixels > 0 && out.Pixels > j.Recipe.MaxPixels {
		return false
	}
	worth := Keeps(j.Recipe, j.Source.Format, j.Source.Size, out.After)
	switch out.Reason {
	case asset.NotSmaller:
		return !worth && len(out.Data) == 0
	case "":
		f, err := container.Parse(j.Recipe.Format, out.Data)
		return worth && err == nil && out.After == int64(len(out.Data)) &&
			f.Width == out.Width && f.Height == out.Height && f.Frames == out.Frames
	}
	return false
}
