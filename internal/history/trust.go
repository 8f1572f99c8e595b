package history

import (
	"context"
	"slices"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
)

// A line of webpress.lock may have been written by hand, in a pull request: that a file is
// a result is believed, where it is about to be replaced or removed, only if git's
// history bears it out, if the line was in the base already, or if it is in no commit and
// so this tree's own. If a file is about to be removed, the history has to have that line
// in the commit that the file came with: that its source was there then says nothing, for
// any two images may have been.

// Doubted returns which of entries are not to be believed. If the history is not whole,
// those are among them that it does not show; whole says so. removes says that files are
// about to be removed.
func (h *History) Doubted(ctx context.Context, entries []lockfile.Entry, base string, removes bool) (doubted map[git.Made]bool, whole bool, err error) {
	whole = true
	if h.Repo == nil || len(entries) == 0 {
		return nil, whole, nil
	}
	believed, err := h.believed(ctx, base)
	if err != nil {
		return nil, whole, err
	}
	var asked []git.Made
	for _, e := range entries {
		if believed(e) {
			continue
		}
		if e.HasFile() {
			asked = append(asked, Said(e))
		}
	}
	if len(asked) == 0 {
		return nil, whole, nil
	}
	shown, first, whole, err := h.Repo.ShowsMade(ctx, asked)
	if err != nil {
		if ctx.Err() != nil {
			return nil, whole, err
		}
		shown, first, whole = nil, nil, false // a partial clone does not have it all
	}
	doubted = map[git.Made]bool{}
	results := map[string]map[string]bool{}
	for _, m := range asked {
		commit := first[m]
		if shown[m] && (commit == "" || !removes) {
			continue
		}
		// The source, or both, may have had another name then: what counts is the content.
		if commit != "" {
			if results[commit] == nil {
				l, err := h.LockAt(ctx, commit)
				if err != nil {
					return nil, whole, err
				}
				results[commit] = l.Results()
			}
			if results[commit][m.Blob] {
				continue
			}
		}
		doubted[m] = true
	}
	return doubted, whole, nil
}

// LockAt is the lock file of a commit. One that is damaged says nothing.
func (h *History) LockAt(ctx context.Context, commit string) (*lockfile.File, error) {
	data, err := h.Repo.FileAt(ctx, commit, lockfile.Name)
	if err != nil {
		return nil, err
	}
	l, err := lockfile.Parse(data)
	if err != nil {
		return lockfile.New(), nil //nolint:nilerr // nothing of it is believed
	}
	return l, nil
}

// Said is what an entry says was made.
func Said(e lockfile.Entry) git.Made {
	return git.Made{Source: e.Source, Output: e.Output.Path, Blob: e.Output.Blob}
}

// believed says which lines of the lock file are known to be webpress's own: those that
// the commit that is checked out does not have, and those that its base has.
func (h *History) believed(ctx context.Context, commit string) (func(lockfile.Entry) bool, error) {
	head, err := h.LockAt(ctx, "HEAD")
	if err != nil {
		return nil, err
	}
	base := lockfile.New()
	if commit != "" {
		if base, err = h.LockAt(ctx, commit); err != nil {
			return nil, err
		}
	}
	return func(e lockfile.Entry) bool {
		same := func(other lockfile.Entry) bool { return Said(other) == Said(e) }
		return !slices.ContainsFunc(head.BySource(e.Source), same) || slices.ContainsFunc(base.BySource(e.Source), same)
	}, nil
}

// DoubtOrphans marks orphans that may be files of somebody else's. base is that of Doubted.
func (h *History) DoubtOrphans(ctx context.Context, orphans []lockfile.Orphan, base string) error {
	var entries []lockfile.Entry
	for _, o := range orphans {
		if !o.Edited {
			entries = append(entries, lockfile.Entry{Source: o.Source, Status: lockfile.Made, Output: o.Output})
		}
	}
	doubted, whole, err := h.Doubted(ctx, entries, base, true)
	if err != nil {
		return err
	}
	h.Whole = whole
	for i := range orphans {
		o := &orphans[i]
		o.Unproven = doubted[git.Made{Source: o.Source, Output: o.Path, Blob: o.Blob}]
	}
	return nil
}

// UnprovenHint says what to do about an orphan that is not known to be one.
func (h *History) UnprovenHint() string {
	if h.Whole {
		return "no commit has brought it as a result"
	}
	return "fetch the whole history, by `fetch-depth: 0` of actions/checkout or GIT_DEPTH: 0 of GitLab"
}
