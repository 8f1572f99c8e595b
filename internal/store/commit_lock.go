package store

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A lockContent is what the lock is to become.
type lockContent struct {
	data  []byte // as it would be in a work tree
	clean []byte // as it is in a commit
	// added and dropped are how many of its lines are new, and how many are gone.
	added, dropped int
}

// headline is the first line of the message of a commit with nothing but the lock.
func (l *lockContent) headline(name string) string {
	switch {
	case l.added > 0:
		return fmt.Sprintf("chore(images): record %s in %s", number(l.added, "image"), name)
	case l.dropped > 0:
		return fmt.Sprintf("chore(images): drop %s from %s", number(l.dropped, "image"), name)
	}
	return "chore(images): update " + name
}

// planOutdated adds what is to be deleted, unless that is done with a result.
func (p *plan) planOutdated() {
	removed, by := map[string]bool{}, map[string]string{}
	for _, f := range p.files {
		if f.remove {
			removed[f.origin] = true
		}
	}
	for _, r := range p.d.Results {
		if r.Replaced != "" {
			by[r.Replaced] = r.Output
		}
	}
	for _, name := range p.d.Outdated() {
		f := file{origin: p.d.InRepository(name), name: name, source: name, remove: true, outdated: true}
		if f.by = by[name]; f.by != "" {
			f.output = p.d.InRepository(f.by)
		}
		if !removed[f.origin] {
			p.outdated = append(p.outdated, f)
		}
	}
}

// planLock says how the lock is called, and whether it can be committed.
func (p *plan) planLock(ignored bool, filter string) {
	name := p.d.Lock.Path
	if rel, err := filepath.Rel(filepath.FromSlash("/"+p.d.Prefix), filepath.FromSlash("/"+name)); err == nil {
		name = filepath.ToSlash(rel)
	}
	if ignored {
		// No failure: whoever has git ignore it does not want it.
		p.notes = append(p.notes, fmt.Sprintf("%q is not committed: git ignores it; take it out of .gitignore, or set `lock: false`", name))
		return
	}
	p.lockName, p.lockFilter = name, filter
}

// complete leaves out what cannot go the way that is set, and adds the lock. It is
// the last of all: of several commits it is in the one after which it is true.
func (p *plan) complete(ctx context.Context, files []file, left []asset.Undelivered, to place) ([]file, []asset.Undelivered, error) {
	files, left = p.fit(files, left)
	if p.lockName == "" {
		return files, left, nil
	}
	f, reason, err := p.updateLock(ctx, left, to)
	switch {
	case err != nil:
		return nil, left, err
	case reason != "":
		left = append(left, asset.Undelivered{Path: p.lockName, Reason: reason})
	case f.add:
		p.locked = f
		files = append(files, f)
	}
	return files, left, nil
}

// updateLock makes the lock for a place. It is not to be added where nothing in it
// changes, and reason says why it is left out.
func (p *plan) updateLock(ctx context.Context, left []asset.Undelivered, to place) (f file, reason string, err error) {
	lock := p.d.Lock
	if what := to.tree.Obstacle(lock.Path); what != "" {
		return f, what + " on " + quote(p.Branch), nil
	}
	fail := func(err error) (file, string, error) {
		if ctx.Err() != nil || again(err) {
			return file{}, "", err
		}
		return file{}, err.Error(), nil
	}
	var theirs []byte
	blob := to.tree.Blob(lock.Path)
	if blob != "" {
		if theirs, err = p.Repo.Content(ctx, p.Remote, lock.Path, blob, p.lockFilter != ""); err != nil {
			return fail(err)
		}
		theirs = append([]byte{}, theirs...) // an empty file is not none
	}
	l := &lockContent{}
	if l.data, err = lock.Update(theirs, p.leftOut(left, to)); err != nil {
		return f, err.Error(), nil
	}
	if bytes.Equal(theirs, l.data) {
		return f, "", nil
	}
	l.data = append([]byte{}, l.data...) // nil would be what is in the work tree
	id, clean, err := p.Repo.CleanFilter(ctx, lock.Path, l.data)
	if err != nil {
		return fail(err)
	}
	l.clean = clean
	l.added, l.dropped = difference(theirs, l.data)
	f = file{output: lock.Path, name: p.lockName, blob: id, add: id != blob, lock: l}
	if p.lockFilter == lfs {
		// Others are content with what git has made of it.
		f.filter = lfs
	}
	if todo, why := p.fit([]file{f}, nil); f.add && len(todo) == 0 {
		return file{}, why[0].Reason, nil
	}
	return f, "", nil
}

// leftOut has the sources whose results are not true in a place, and the outdated
// outputs that stay there.
func (p *plan) leftOut(left []asset.Undelivered, to place) map[string]bool {
	out := map[string]bool{}
	for _, origin := range p.origins {
		out[origin] = true
	}
	stays := map[string]bool{}
	for _, l := range left {
		stays[l.Path] = true
	}
	planned := map[string]bool{}
	for _, f := range slices.Concat(p.files, p.outdated) {
		planned[f.origin] = true
		// Its removal may have come through before.
		done := f.remove && to.tree.Blob(f.origin) == "" && (f.outdated || to.tree.Blob(f.output) == f.blob)
		if stays[f.name] || !done && !f.outdated && !p.same(f.origin, f.sourceBlob, to) {
			out[f.origin] = true
		}
	}
	// Those without an output to be committed may be other ones there all the same.
	for _, r := range p.d.Results {
		if origin := p.d.InRepository(r.Source.Path); !planned[origin] && !p.same(origin, r.Source.Blob, to) {
			out[origin] = true
		}
	}
	return out
}

// difference is how many lines are in b and not in a, and the other way round.
// Remarks do not count.
func difference(a, b []byte) (added, dropped int) {
	lines := map[string]int{}
	count := func(data []byte, n int) {
		for line := range bytes.Lines(data) {
			if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && line[0] != '#' {
				lines[string(line)] += n
			}
		}
	}
	count(a, -1)
	count(b, 1)
	for _, n := range lines {
		added, dropped = added+max(n, 0), dropped+max(-n, 0)
	}
	return added, dropped
}

// all is everything that is wanted, be it there already or not.
func (p *plan) all() []file {
	all := slices.Concat(p.files, p.outdated)
	if p.lockName != "" && p.locked.lock == nil {
		p.locked = file{output: p.d.Lock.Path, name: p.lockName, lock: &lockContent{}}
	}
	if p.locked.lock != nil {
		all = append(all, p.locked)
	}
	return all
}
