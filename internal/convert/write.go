package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// tempAge is how old a temporary file must be to have lost its process: they live
// for as long as it takes to write one image.
const tempAge = 10 * time.Minute

// write puts the output of a job in its place, with the owner of its source. It is
// flushed to the disk only if durable, which it must be where the source will be
// gone: what a power cut takes else can be made again.
func (r *run) write(name string, data []byte, source fs.FileInfo, durable bool) error {
	if err := r.files.Write(name, tree.Options{Like: source, Sync: durable}, data); err != nil {
		return writeFault(name, err)
	}
	return nil
}

// sweep removes temporary files that a killed run has left in the folders that
// the jobs write to.
func (r *run) sweep(jobs []asset.Job) {
	seen := map[string]bool{}
	for _, j := range jobs {
		dir := path.Dir(j.Output)
		if seen[dir] {
			continue
		}
		seen[dir] = true
		entries, err := r.files.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !tree.IsTemp(e.Name()) {
				continue
			}
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && r.Now().Sub(info.ModTime()) > tempAge {
				_ = r.files.Remove(path.Join(dir, e.Name()))
			}
		}
	}
}

// writeFault adds the hint that the cause calls for.
func writeFault(name string, err error) error {
	out := fmt.Errorf("write %q: %w", name, cause(err))
	if errors.Is(err, tree.ErrInGit) {
		return &mistake{out, "let `output` be another path, and remove symbolic links into git's own folder"}
	}
	if hint := tree.Hint(err, "output"); hint != "" {
		return &mistake{out, hint}
	}
	return out
}
