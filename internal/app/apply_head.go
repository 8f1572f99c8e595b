package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"webpress/internal/asset"
	"webpress/internal/git"
	"webpress/internal/ledger"
	"webpress/internal/store"
)

// A headTree is what the commit has that an upload is for. Nobody has looked at
// that either, but it is what the results go on top of.
type headTree struct {
	*run
	git.Tree
	commit string
	repo   *git.Repo
	// locks say what webpress has made: the lock file here and the one there.
	locks []*ledger.Ledger
}

// readHead reads the commit that an upload is for.
func (r *run) readHead(ctx context.Context, to unmoved) (*headTree, error) {
	h := &headTree{run: r, commit: to.Only, repo: to.Repo.AtTop()}
	var err error
	if h.Tree, err = to.Read(ctx); err != nil {
		return nil, to.explain(err)
	}
	p, err := r.remember()
	if p == nil || err != nil {
		return h, err
	}
	h.locks = append(h.locks, p.Ledger)
	if blob := h.Blob(ledger.Name); blob != "" {
		data, err := h.repo.Content(ctx, to.Remote, ledger.Name, blob, false)
		if err != nil {
			return nil, err
		}
		// One that cannot be read knows of nothing.
		if l, err := ledger.Parse(data); err == nil {
			h.locks = append(h.locks, l)
		}
	}
	return h, nil
}

// fits returns what says why a result cannot go on top of the commit: a run of the
// settings would not have made it of what that has, or not in this place.
func (h *headTree) fits(ctx context.Context) func(store.Entry, []byte) error {
	return func(e store.Entry, data []byte) error {
		switch have := h.Blob(e.Source); {
		case have == "":
			return fmt.Errorf("the commit that it is for has no file %q, its source", e.Source)
		case e.Blob == "":
			return fmt.Errorf("it does not say of which content of its source %q it was made", e.Source)
		case e.Blob != have:
			return fmt.Errorf("its source %q is another one in the commit that it is for", e.Source)
		}
		there, taken := h.At(e.Output)
		if !taken || h.overwrites(e.Source) || h.made(e, h.Blob(e.Output)) {
			return nil
		}
		id, err := h.id(ctx, e.Output, data)
		switch {
		case err != nil:
			return err
		case id == there.ID:
			return nil
		case e.Output == e.Source:
			return errors.New("it is its own source, which the settings of the base branch do not overwrite")
		}
		return errors.New("a different file is there already that webpress did not make, and the settings of the base branch do not overwrite it")
	}
}

// overwrites says that the settings replace whatever is in the place of an output.
func (h *headTree) overwrites(source string) bool {
	return h.wish(asset.Source{Path: h.fromTop(source)}).Overwrite
}

// made says that a file in the place of an output, as blob, is what webpress has
// made of this picture, or of one that is gone.
func (h *headTree) made(e store.Entry, blob string) bool {
	if blob == "" || e.Output == e.Source {
		return false
	}
	is := func(o ledger.Output) bool { return o.Blob == blob }
	return slices.ContainsFunc(h.locks, func(l *ledger.Ledger) bool {
		return slices.ContainsFunc(l.MadeAs(e.Output), func(by ledger.Entry) bool {
			if by.Source != e.Source && h.Blob(by.Source) != "" {
				return false
			}
			return slices.ContainsFunc(by.Outputs, func(o ledger.Output) bool { return o.Path == e.Output && is(o) })
		}) || slices.ContainsFunc(l.With(e.Blob), func(by ledger.Entry) bool {
			return e.Blob != blob && slices.ContainsFunc(by.Outputs, is)
		})
	})
}

// id is that of data as a commit would have it in the place of an output.
func (h *headTree) id(ctx context.Context, output string, data []byte) (string, error) {
	filters, err := h.repo.Filtered(ctx, []string{output})
	if err != nil {
		return "", err
	}
	repo := h.repo
	if filters[output] == "lfs" {
		if repo, err = repo.WithLFS(ctx); err != nil {
			return "", err
		}
	}
	id, _, err := repo.Cleaned(ctx, output, data)
	return id, err
}
