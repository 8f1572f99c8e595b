package history

import (
	"fmt"
	"path"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/store"
)

// Forget drops what an orphan is known for.
func (h *History) Forget(o lockfile.Orphan) {
	if o.Unwanted || o.Moved {
		h.DropOutput(o.Source, o.Path)
	} else {
		h.Drop(o.Source)
	}
}

// Why says why an output is needed no more.
func (h *History) Why(o lockfile.Orphan) string {
	now := h.BySource(o.Source)
	switch {
	case !o.Moved && !o.Unwanted:
		return fmt.Sprintf("its source %q is gone", o.Source)
	case o.Unwanted:
		return fmt.Sprintf("no setting asks for it; its source is %q", o.Source)
	}
	for _, e := range now {
		if e.HasFile() {
			return fmt.Sprintf("the result of %q is %q now", o.Source, e.Output.Path)
		}
	}
	return fmt.Sprintf("it is not smaller than its source %q any more", o.Source)
}

// ForCommit is how the lock file gets into a commit. base is what the commit that
// is checked out has, nil for none: what this run and others before it have
// changed since then is laid over what the branch has by now.
func (h *History) ForCommit(base []byte) store.Edit {
	return store.Edit{
		Path: lockfile.Name, Off: "lock: false", Headline: lockfile.Headline,
		Update: func(theirs []byte, leftOut map[string]bool) ([]byte, error) {
			return lockfile.Rebase(base, theirs, h.File, leftOut)
		},
	}
}

// WithoutOutputs takes the outputs of webpress out of sources: a WebP that it has
// made is not compressed again. One that was made in the place of its source is a
// source still.
func (h *History) WithoutOutputs(sources []asset.Source, named bool) (left []asset.Source, made []asset.Result) {
	left = sources[:0]
	for _, s := range sources {
		at := path.Join(h.Prefix, s.Path)
		output := false
		if s.Format.IsOutput() {
			for _, e := range h.ByOutput(at) {
				output = output || e.Source != at
			}
		}
		if !output {
			left = append(left, s)
			continue
		}
		reason := asset.IsWebP
		if s.Format != asset.WebP {
			if !named {
				continue // it was not asked for: patterns take such files without naming them
			}
			reason = asset.IsResult
		}
		made = append(made, asset.Result{
			Source: s, Status: asset.Skipped, Reason: reason, Before: s.Size, Notes: s.Notes,
		})
	}
	return left, made
}
