package app

import (
	"context"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

// repairLock is the verb of that name: it makes a whole lock file of one that is
// damaged, that a merge has left in conflict, or that a newer webpress has written.
// Lines that are whole and agree with the tree stay; no image is touched.
func (r *run) repairLock(ctx context.Context) (verdict, error) {
	r.openRepo(ctx)
	p := r.newHistory()
	release, err := r.lockTree(ctx, p.Root, false)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	data, err := p.ReadFile()
	switch {
	case err != nil:
		return verdict{}, err
	case data == nil:
		r.log.Line("there is no %s, and nothing to repair", p.LockPath())
		return verdict{}, nil
	}
	var lost []*lockfile.Fault
	p.File, lost = lockfile.ParseLenient(data)
	for i, fault := range lost {
		if i == maxLost {
			r.log.Line("and %s more", english.Plural(len(lost)-i, "line", ""))
			break
		}
		r.log.Line("%s, %s; left out", p.LockPath(), fault)
	}
	untrue, err := p.DropStale(p.Tree(ctx))
	if err != nil {
		return verdict{}, err
	}
	for _, e := range untrue {
		r.log.Line("%q: its result is not what the file says; left out", e.Source)
	}
	if r.settings.DryRun {
		r.log.Line("a dry run: %s would be kept", english.Plural(p.Len(), "line", ""))
		return verdict{}, nil
	}
	if err := tree.WriteFile(p.Root, lockfile.Name, p.Encode()); err != nil {
		r.log.Error("write %q: %s", p.LockPath(), err)
		return verdict{undelivered: true}, nil
	}
	r.log.Line("%s is repaired: %s kept, %d left out", p.LockPath(), english.Plural(p.Len(), "source", ""), len(lost)+len(untrue))
	if len(lost)+len(untrue) > 0 {
		r.log.Line("run webpress to bring those up to date")
	}
	return verdict{}, nil
}

// maxLost is how many of the lines that were left out are printed.
const maxLost = 20
