package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// maxLike is the length of an older output up to which its bytes are taken.
const maxLike = 1 << 30

// fromOutput fills p with the bytes of the file at j.ReuseFrom.
func (r *run) fromOutput(ctx context.Context, j asset.Job, p *prepared) bool {
	if j.ReuseFrom == "" || r.reusable.changes(j) {
		return false
	}
	like, err := r.files.Lstat(j.ReuseFrom)
	if err != nil || !like.Mode().IsRegular() || like.Size() > maxLike {
		return false
	}
	var data []byte
	img, err := r.acquireMemory(ctx, []asset.Job{j}, p, like.Size(), func() (img engine.Image, err error) {
		data, img, err = r.readLike(ctx, j, like)
		return img, err
	})
	if err != nil {
		return false
	}
	defer img.Close()
	if img.Check(ctx, false) != nil {
		return false
	}
	info := img.Info()
	p.like = like
	out := Output{
		Data: data, Width: info.Width, Height: info.Height, Frames: info.Frames, Lossless: !info.Lossy,
		Notes: []string{fmt.Sprintf("taken from %q: same image, same settings", j.ReuseFrom)},
		After: int64(len(data)), Rating: j.ReusedRating,
	}
	if !Keeps(j.Recipe, j.Source.Format, j.Source.Size, out.After) {
		out.Data, out.Reason, out.Notes = nil, asset.NotSmaller, nil
	}
	p.finalize(j, out)
	return true
}

// errNotLike is for a file that cannot be the output that Job.ReuseFrom speaks of.
var errNotLike = errors.New("not an output by this recipe")

// readLike reads the file at j.ReuseFrom, of which like is known, and its header.
func (r *run) readLike(ctx context.Context, j asset.Job, like fs.FileInfo) ([]byte, engine.Image, error) {
	f, now, err := r.open(j.ReuseFrom)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if !unchanged(like, now) {
		return nil, nil, errNotLike
	}
	data := make([]byte, like.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, err
	}
	img, err := r.Codec.Open(ctx, data)
	if err != nil {
		return nil, nil, err
	}
	info := img.Info()
	width, height := engine.Size(info.Width, info.Height, j.Recipe.Variant)
	if j.Recipe.Crop != "" { // what was cut has lost the shape that a cut would be of
		width, height = min(info.Width, j.Recipe.Width), min(info.Height, j.Recipe.Height)
	}
	if info.Format != j.Recipe.Format || width != info.Width || height != info.Height {
		return nil, img, errNotLike
	}
	return data, img, claims(j, info)
}

// unchanged says that a file is the one that it was, as far as can be told without
// reading it.
func unchanged(before, now fs.FileInfo) bool {
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime()) &&
		inodeChange(before).Equal(inodeChange(now))
}

// removeReused deletes the older output that p was taken from, now that p is in its
// place. That it cannot be deleted is no failure of the picture.
func (r *run) removeReused(p *prepared, j asset.Job) {
	now, err := r.files.Lstat(j.ReuseFrom)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		// On a file system that does not tell A.webp from a.webp, the new output
		// may have taken its place.
		made, missing := r.files.Lstat(j.Output)
		if missing == nil && os.SameFile(now, made) {
			return
		}
		if unchanged(p.like, now) {
			err = r.files.Remove(j.ReuseFrom)
		} else {
			err = errors.New("it changed during the run")
		}
	}
	if err != nil {
		p.result.Notes = append(p.result.Notes, fmt.Sprintf("%q is still there: %s", j.ReuseFrom, cause(err)))
		return
	}
	p.result.Replaced = j.ReuseFrom
}

// reusable are the older outputs that jobs of a run take their bytes from, by their
// paths as Fold has them.
type reusable map[string]*reused

type reused struct {
	// users is the number of jobs that may still read it.
	users atomic.Int64
	// writers is the number of jobs that put their outputs in its place, of which
	// those that would take it from there are not counted; source says that it is the
	// source of a job.
	writers int
	source  bool
}

func indexReusable(jobs []asset.Job) reusable {
	all := reusable{}
	for _, j := range jobs {
		if j.ReuseFrom == "" {
			continue
		}
		key := tree.Fold(j.ReuseFrom)
		if all[key] == nil {
			all[key] = &reused{}
		}
		all[key].users.Add(1)
	}
	if len(all) == 0 {
		return nil
	}
	for _, j := range jobs {
		if e := all[tree.Fold(j.Output)]; e != nil && tree.Fold(j.Output) != tree.Fold(j.ReuseFrom) {
			e.writers++
		}
		if e := all[tree.Fold(j.Source.Path)]; e != nil {
			e.source = true
		}
	}
	return all
}

// changes says that another job puts its output where j.ReuseFrom is: after two images
// have swapped their names, each would find what the other has just written.
func (all reusable) changes(j asset.Job) bool { return all[tree.Fold(j.ReuseFrom)].writers > 0 }

// release says that j has read what it reuses, and returns whether it may be removed:
// no other job will read it, and it is not an image in its own right.
func (all reusable) release(j asset.Job) (last bool) {
	e := all[tree.Fold(j.ReuseFrom)]
	return e != nil && e.users.Add(-1) == 0 && !e.source
}
