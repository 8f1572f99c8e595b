package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
)

// doubt takes from jobs the leave to replace or to move a file, where only a line that is
// not to be believed gives it.
func (r *run) doubt(ctx context.Context, p *history.History, v *worklist) error {
	base := r.comparedWith()
	var entries, moves []lockfile.Entry
	for _, t := range v.todo {
		entries = append(append(entries, t.Grounds...), t.LikeGrounds...)
		if t.RemoveReused {
			moves = append(moves, t.LikeGrounds...)
		}
	}
	doubted, whole, err := p.Doubted(ctx, entries, base, false)
	if err != nil {
		return err
	}
	unmoved, _, err := p.Doubted(ctx, moves, base, true)
	if err != nil || len(doubted)+len(unmoved) == 0 {
		return err
	}
	all := func(grounds []lockfile.Entry) bool {
		return len(grounds) > 0 && !slices.ContainsFunc(grounds, func(e lockfile.Entry) bool {
			return !(doubted[history.Said(e)] && (whole || r.addedSource(e)))
		})
	}
	for i := range v.todo {
		t := &v.todo[i]
		if t.OwnsOutput && all(t.Grounds) {
			t.OwnsOutput = false
			t.Occupied = !t.Overwrite
			v.found.Notices = append(v.found.Notices, fmt.Sprintf("%q is not replaced: webpress.lock has it for the result of %q, which git's history does not bear out", t.Output, t.Source.Path))
		}
		if t.ReuseFrom != "" && all(t.LikeGrounds) {
			t.ReuseFrom, t.RemoveReused = "", false
		}
		t.RemoveReused = t.RemoveReused && !slices.ContainsFunc(t.LikeGrounds, func(e lockfile.Entry) bool { return unmoved[history.Said(e)] })
	}
	return nil
}

// addedSource reports whether a pull request adds a source, and does not touch what it says was
// made of it: that was there before.
func (r *run) addedSource(e lockfile.Entry) bool {
	c := r.compared()
	return c.Is(e.Source, git.Added) && !c.Has(e.Output.Path)
}

// comparedWith is the commit that the branch was compared with, empty if it was not.
func (r *run) comparedWith() string {
	if c := r.compared(); c != nil {
		return c.Base
	}
	return ""
}
