package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/tree"
)

// deliver writes p where it belongs. What goes wrong becomes the result.
func (r *run) deliver(p *prepared, j asset.Job) {
	if r.Take != nil {
		if r.DryRun {
			return
		}
		if err := r.Take(p.data); err != nil {
			p.result = failure(j, fmt.Errorf("write %q: %w", j.Output, err))
		}
		return
	}
	upToDate, err := r.existing(j, p)
	switch {
	case err != nil:
		p.result = failure(j, err)
		return
	case upToDate:
		p.result.Status, p.result.Reason = asset.Skipped, asset.UpToDate
	case r.DryRun:
		return
	default:
		durable := j.Remove || j.Output == j.Source.Path
		if err := r.write(j.Output, p.data, p.source, durable); err != nil {
			p.result = failure(j, err)
			return
		}
	}
	if err := r.finish(j, p); err != nil && j.Remove {
		p.result = failure(j, fmt.Errorf("remove %q: %w; it is kept", j.Source.Path, err))
	}
}

// cleanUp takes the source of jobs away if that is wanted and all outputs are there, and
// the older outputs that nobody else needs, as last says.
func (r *run) cleanUp(ctx context.Context, ps []prepared, jobs []asset.Job, last []bool) {
	remove := true
	for k, j := range jobs {
		remove = remove && j.Remove && ps[k].data != nil && ps[k].result.Status != asset.Failed &&
			tree.Fold(path.Clean(j.Source.Path)) != tree.Fold(j.Output)
	}
	if r.DryRun {
		if remove {
			ps[0].result.Notes = append(ps[0].result.Notes, asset.OriginalGoes)
		}
		return
	}
	if remove {
		if err := r.removeSource(ctx, ps, jobs); err != nil {
			for k, j := range jobs {
				ps[k].result = failure(j, err)
			}
		}
	}
	for k, j := range jobs {
		if p := &ps[k]; j.RemoveReused && last[k] && p.like != nil && p.data != nil && p.result.Status != asset.Failed {
			r.removeReused(p, j)
		}
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
			"set another `output`, such as " + plan.UniqueTemplate,
		}
	case info.Mode().IsRegular() && info.Size() == int64(len(p.data)):
		old, err := r.files.ReadPlain(j.Output, info.Size())
		if err == nil && bytes.Equal(old, p.data) {
			return true, nil
		}
	}
	// What webpress has made may be replaced, unless it is the source as well: that
	// would be gone.
	if j.Overwrite || j.OwnsOutput && info.Mode().IsRegular() && !os.SameFile(info, p.source) {
		return false, nil
	}
	what := "a different file is there already"
	switch {
	case j.Output == j.Source.Path:
		what = "it is the source"
	case j.Edited:
		what = "it was changed by hand since it was made"
	}
	hint := "set `overwrite: true` to replace it, or another `output`"
	switch {
	case r.KeepLarger: // somebody has typed it
		hint = "add --overwrite to replace it, or name another file"
	case tree.IsOutside(j.Output): // it was typed, too
		hint = "add --overwrite to replace it, or name another folder by -o"
	case r.Accept != nil && !j.Source.Ignored && !strings.Contains(j.Recipe.Output, asset.HashMark) && j.Output != j.Source.Path && r.is(j.Recipe.Format, j.Output):
		hint = fmt.Sprintf("keep it by `%s`, or %s", r.Accept(j.Output), hint)
	}
	return false, &mistake{fmt.Errorf("write %q: %s", j.Output, what), hint}
}

// is says that a file begins as one of a format does.
func (r *run) is(want asset.Format, name string) bool {
	f, _, err := r.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, asset.SniffLen)
	n, _ := io.ReadFull(f, head)
	format, _ := asset.Sniff(head[:n])
	return format == want
}

// removeSource deletes the source of jobs, once the outputs on the disk are seen to
// be whole and the source to be the one that was read.
func (r *run) removeSource(ctx context.Context, ps []prepared, jobs []asset.Job) error {
	j := jobs[0]
	for k := range jobs {
		output := jobs[k].Output
		written, err := r.files.ReadPlain(output, int64(len(ps[k].data)))
		if err != nil {
			return fmt.Errorf("verify %q: %w", output, cause(err))
		}
		if !bytes.Equal(written, ps[k].data) {
			return fmt.Errorf("verify %q: what is on the disk is not what was written; the source is kept", output)
		}
	}
	// Where the output was not made of what this run has read, the source may have
	// changed before anybody looked at it.
	now, err := r.read(context.WithoutCancel(ctx), j.Source, make([]byte, j.Source.Size))
	if err != nil {
		return fmt.Errorf("remove %q: %w", j.Source.Path, err)
	}
	if !unchanged(ps[0].source, now) {
		return fmt.Errorf("remove %q: it changed during the run", j.Source.Path)
	}
	if err := r.files.Remove(j.Source.Path); err != nil {
		return fmt.Errorf("remove %q: %w", j.Source.Path, cause(err))
	}
	ps[0].result.Notes = append(ps[0].result.Notes, asset.OriginalRemoved)
	return nil
}
