package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// An edit is an Edit that can be committed.
type edit struct {
	Edit
	name   string // its path as the user knows it
	filter string // what changes it on its way into a commit
	last   file   // what it came to at last
}

// edited is what an edit comes to in a place.
type edited struct {
	data  []byte // as it would be in a work tree
	clean []byte // as it is in a commit
	// headline makes the first line of the message of a commit with nothing else.
	headline func(name string) string
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

// planEdit adds an edit, where it can be committed.
func (p *plan) planEdit(e Edit, ignored bool, filter string) {
	name := tree.SeenFrom(p.d.Prefix, e.Path)
	switch {
	case p.Repo.SkipsFilter(filter):
		p.notes = append(p.notes, fmt.Sprintf("%q is not committed: %s", name, skipped(filter)))
	case ignored:
		// Not an error: a file that git ignores is not to be committed.
		p.notes = append(p.notes, fmt.Sprintf("%q is not committed: git ignores it; take it out of .gitignore, or set `%s`", name, e.Off))
	default:
		p.edits = append(p.edits, &edit{Edit: e, name: name, filter: filter})
	}
}

// complete leaves out what cannot go the way that is set, and adds the edits. They are
// the last of all: of several commits they are in the one after which they are true.
func (p *plan) complete(ctx context.Context, files []file, left []asset.Undelivered, to place) ([]file, []asset.Undelivered, error) {
	files, left = p.fit(files, left)
	out := p.leftOut(left, to)
	for _, e := range p.edits {
		f, reason, err := p.update(ctx, e, out, to)
		switch {
		case err != nil:
			return nil, left, err
		case reason != "":
			left = append(left, asset.Undelivered{Path: e.name, Reason: reason})
		case f.add:
			e.last = f
			files = append(files, f)
		}
	}
	return files, left, nil
}

// update makes an edit for a place. It is not to be added where nothing in it
// changes, and reason says why it is left out.
func (p *plan) update(ctx context.Context, e *edit, leftOut map[string]bool, to place) (f file, reason string, err error) {
	if what := to.tree.Obstacle(e.Path); what != "" {
		return f, what + " on " + quote(p.Branch), nil
	}
	fail := func(err error) (file, string, error) {
		if ctx.Err() != nil || retryable(err) {
			return file{}, "", err
		}
		return file{}, err.Error(), nil
	}
	var theirs []byte
	blob := to.tree.Blob(e.Path)
	if blob != "" {
		if theirs, err = p.Repo.Content(ctx, p.Remote, e.Path, blob, e.filter != ""); err != nil {
			return fail(err)
		}
		theirs = append([]byte{}, theirs...) // an empty file is not none
	}
	data, err := e.Update(theirs, leftOut)
	if err != nil {
		return f, err.Error(), nil
	}
	if bytes.Equal(theirs, data) {
		return f, "", nil
	}
	data = append([]byte{}, data...) // nil would be what is in the work tree
	id, clean, err := p.Repo.CleanFilter(ctx, e.Path, data)
	if err != nil {
		return fail(err)
	}
	added, dropped := difference(theirs, data)
	f = file{output: e.Path, name: e.name, blob: id, add: id != blob, edited: &edited{
		data: data, clean: clean,
		headline: func(name string) string { return e.Headline(name, added, dropped) },
	}}
	if e.filter == lfs {
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
	for _, e := range p.edits {
		f := e.last
		if f.edited == nil {
			f = file{output: e.Path, name: e.name, edited: &edited{headline: func(name string) string { return e.Headline(name, 0, 0) }}}
		}
		all = append(all, f)
	}
	return all
}
