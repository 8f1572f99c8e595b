package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/ledger"
)

// A line of webpress.lock may have been written by hand, in a pull request: that a file is
// a result is believed, where it is about to be replaced or removed, only if git's
// history bears it out, if the line was in the base already, or if it is in no commit and
// so this tree's own. Where a file is about to be removed, the history has to have that line
// in the commit that the file came with: that its source was there then says nothing, for
// any two images may have been.

// doubted returns which of entries are not to be believed. Where the history is not whole,
// those are among them that it does not show; whole says so. removes says that files are
// about to be removed.
func (r *run) doubted(ctx context.Context, p *past, entries []ledger.Entry, removes bool) (doubted map[git.Made]bool, whole bool, err error) {
	whole = true
	if p.repo == nil || len(entries) == 0 {
		return nil, whole, nil
	}
	believed, err := r.believed(ctx, p)
	if err != nil {
		return nil, whole, err
	}
	var asked []git.Made
	for _, e := range entries {
		if believed(e) {
			continue
		}
		if e.HasFile() {
			asked = append(asked, saidMade(e))
		}
	}
	if len(asked) == 0 {
		return nil, whole, nil
	}
	shown, first, whole, err := p.repo.ShowsMade(ctx, asked)
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
				l, err := p.lockAt(ctx, commit)
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

// lockAt is the lock file of a commit. One that is damaged says nothing.
func (p *past) lockAt(ctx context.Context, commit string) (*ledger.Ledger, error) {
	data, err := p.repo.FileAt(ctx, commit, ledger.Name)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Parse(data)
	if err != nil {
		return ledger.New(), nil //nolint:nilerr // nothing of it is believed
	}
	return l, nil
}

func saidMade(e ledger.Entry) git.Made {
	return git.Made{Source: e.Source, Output: e.Output.Path, Blob: e.Output.Blob}
}

// believed says which lines of the lock file are known to be webpress's own: those that
// the commit that is checked out does not have, and those that its base has.
func (r *run) believed(ctx context.Context, p *past) (func(ledger.Entry) bool, error) {
	head, err := p.lockAt(ctx, "HEAD")
	if err != nil {
		return nil, err
	}
	base := ledger.New()
	if c := r.compared(); c != nil && c.Base != "" {
		if base, err = p.lockAt(ctx, c.Base); err != nil {
			return nil, err
		}
	}
	return func(e ledger.Entry) bool {
		same := func(other ledger.Entry) bool { return saidMade(other) == saidMade(e) }
		return !slices.ContainsFunc(head.Of(e.Source), same) || slices.ContainsFunc(base.Of(e.Source), same)
	}, nil
}

// doubt takes from jobs the leave to replace or to move a file, where only a line that is
// not to be believed gives it.
func (r *run) doubt(ctx context.Context, p *past, v *view) error {
	var entries, moves []ledger.Entry
	for _, t := range v.todo {
		entries = append(append(entries, t.Grounds...), t.LikeGrounds...)
		if t.Moved {
			moves = append(moves, t.LikeGrounds...)
		}
	}
	doubted, whole, err := r.doubted(ctx, p, entries, false)
	if err != nil {
		return err
	}
	unmoved, _, err := r.doubted(ctx, p, moves, true)
	if err != nil || len(doubted)+len(unmoved) == 0 {
		return err
	}
	all := func(grounds []ledger.Entry) bool {
		return len(grounds) > 0 && !slices.ContainsFunc(grounds, func(e ledger.Entry) bool {
			return !(doubted[saidMade(e)] && (whole || r.addedSource(e)))
		})
	}
	for i := range v.todo {
		t := &v.todo[i]
		if t.Own && all(t.Grounds) {
			t.Own = false
			t.Occupied = !t.Overwrite
			v.found.Notices = append(v.found.Notices, fmt.Sprintf("%q is not replaced: webpress.lock has it for the result of %q, which git's history does not bear out", t.Output, t.Source.Path))
		}
		if t.Like != "" && all(t.LikeGrounds) {
			t.Like, t.Moved = "", false
		}
		t.Moved = t.Moved && !slices.ContainsFunc(t.LikeGrounds, func(e ledger.Entry) bool { return unmoved[saidMade(e)] })
	}
	return nil
}

// addedSource says that a pull request adds a source, and does not touch what it says was
// made of it: that was there before.
func (r *run) addedSource(e ledger.Entry) bool {
	c := r.compared()
	return c.Is(e.Source, git.Added) && !c.Has(e.Output.Path)
}

// doubtOrphans marks orphans that may be files of somebody else's.
func (r *run) doubtOrphans(ctx context.Context, p *past, orphans []ledger.Orphan) error {
	var entries []ledger.Entry
	for _, o := range orphans {
		if !o.Edited {
			entries = append(entries, ledger.Entry{Source: o.Source, Status: ledger.Made, Output: o.Output})
		}
	}
	doubted, whole, err := r.doubted(ctx, p, entries, true)
	if err != nil {
		return err
	}
	p.whole = whole
	for i := range orphans {
		o := &orphans[i]
		o.Unproven = doubted[git.Made{Source: o.Source, Output: o.Path, Blob: o.Blob}]
	}
	return nil
}

// unprovenHint says what to do about an orphan that is not known to be one.
func unprovenHint(whole bool) string {
	if whole {
		return "no commit has brought it as a result"
	}
	return "fetch the whole history, by `fetch-depth: 0` of actions/checkout or GIT_DEPTH: 0 of GitLab"
}
