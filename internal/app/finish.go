package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ledger"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// finished is what a run has done besides its results.
type finished struct {
	// deleted are results that were removed, from the working directory.
	deleted []string
	notices []string
	// wrote says that the lock file was written, or anything deleted.
	wrote bool
}

// finish writes down what has become of the jobs, removes results that nothing
// needs any more where that is wanted, and saves the lock file.
func (r *run) finish(ctx context.Context, p *past, v *view, results []asset.Result) (done finished, err error) {
	// What was finished is to be known also where the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	var outputs []string
	for _, one := range results {
		if one.Output != "" && one.Status != asset.Failed && !one.Source.Ignored {
			outputs = append(outputs, path.Join(p.prefix, one.Output))
		}
	}
	blobs, err := p.hash(ctx, outputs)
	if err != nil {
		return done, err
	}
	p.Record(v.jobs(), results, p.prefix, p.codecs, blobs)

	gone := map[string]bool{}
	for _, one := range results {
		if one.Replaced != "" {
			gone[path.Join(p.prefix, one.Replaced)] = true
		}
	}
	orphans, err := r.orphans(ctx, p, v)
	if err != nil {
		return done, err
	}
	for _, o := range orphans {
		if gone[o.Path] {
			continue
		}
		name, below := p.below(o.Path)
		switch {
		case o.Edited:
			p.forget(o)
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: it was changed by hand, and %s", name, p.why(o)))
		case o.IsSource:
			p.forget(o)
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: it is a source, and webpress.lock has it for the result of %q", name, o.Source))
		case o.Unproven:
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: webpress.lock has it for the result of %q, and git's history does not bear that out; %s", name, o.Source, unprovenHint(p.whole)))
			if p.whole && !o.Moved {
				p.forget(o)
			}
		case !below, !o.Moved && !r.settings.Prune:
			done.notices = append(done.notices, fmt.Sprintf("%q is an orphan: %s; `webpress --prune` removes it", name, p.why(o)))
		default:
			err := r.remove(name)
			if errors.Is(err, fs.ErrNotExist) {
				done.notices = append(done.notices, fmt.Sprintf("%q is an orphan that a sparse checkout leaves out: it is removed where it is checked out", name))
				continue
			}
			if err != nil {
				done.notices = append(done.notices, fmt.Sprintf("%q is an orphan, and could not be removed: %s", name, err))
				continue
			}
			done.deleted = append(done.deleted, name)
			r.log.Line("%q removed: %s", name, p.why(o))
			if !o.Moved {
				p.forget(o)
			}
		}
	}
	wrote, err := p.save()
	done.wrote = wrote || len(done.deleted) > 0
	if err != nil || p.journal == nil {
		return done, err
	}
	if p.journal.broken != nil {
		r.log.Warn("%s; had this run been killed, webpress.lock would lack its results", p.journal.broken)
	}
	if err := p.journal.remove(); err != nil {
		r.log.Warn("%s", err) // it is read once more, and says nothing new
	}
	return done, nil
}

// forget drops what an orphan is known for.
func (p *past) forget(o ledger.Orphan) {
	if o.Unwanted || o.Moved {
		p.DropOutput(o.Source, o.Path)
	} else {
		p.Drop(o.Source)
	}
}

// why says why an output is needed no more.
func (p *past) why(o ledger.Orphan) string {
	now := p.Of(o.Source)
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

// orphans are results that nothing needs any more, of those that the run is about.
func (r *run) orphans(ctx context.Context, p *past, v *view) ([]ledger.Orphan, error) {
	wants, err := r.wants()
	if err != nil {
		return nil, err
	}
	orphans, err := p.Orphans(slices.Concat(v.before, p.replaced), func(source string) bool {
		below, ok := p.below(source)
		return ok && wants(below)
	}, v.wanted, worktree{ctx, p})
	if err != nil {
		return nil, err
	}
	return orphans, r.doubtOrphans(ctx, p, orphans)
}

// remove deletes a file below the working directory. What is not there is
// fs.ErrNotExist.
func (r *run) remove(name string) error {
	root, err := os.OpenRoot(r.settings.WorkingDirectory)
	if err != nil {
		return tree.Cause(err)
	}
	defer root.Close()
	return tree.Cause(root.Remove(name))
}

// lockFile is how the lock file gets into a commit. base is what the commit that
// is checked out has, nil for none: what this run and others before it have
// changed since then is laid over what the branch has by now.
func (p *past) lockFile(base []byte) *store.Lock {
	return &store.Lock{
		Path: ledger.Name,
		Update: func(theirs []byte, leftOut map[string]bool) ([]byte, error) {
			return ledger.Rebase(base, theirs, p.Ledger, leftOut)
		},
	}
}
