package app

import (
	"context"
	"path"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/diff"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
)

// only says which files belong to a run that is confined to changes: those that
// have changed, and those of which an output has.
func only(c *diff.Changes, p *history.History, prefix string) func(file, blob string) bool {
	return func(file, blob string) bool {
		at := path.Join(prefix, file)
		if c.Has(at) || blob == "" {
			return true // git does not have it as it is now
		}
		if p == nil {
			return false
		}
		return slices.ContainsFunc(p.BySource(at), func(e lockfile.Entry) bool { return e.HasFile() && c.Has(e.Output.Path) })
	}
}

// changed is what the run is confined to, nil for everything. It is computed and
// logged once.
func (r *run) changed(ctx context.Context) (*diff.Changes, error) {
	if r.isConfined {
		return r.confined, nil
	}
	c, err := r.confine(ctx)
	r.confined, r.isConfined = c, err == nil
	return c, err
}

func (r *run) confine(ctx context.Context) (*diff.Changes, error) {
	switch r.settings.ChangedOnly {
	case config.Never:
		return nil, nil
	case config.Auto:
		if r.facts.Event != ci.PullRequest {
			return nil, nil
		}
	}
	c, why, err := r.compare(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil {
		r.log.Line("all images are converted, not only what has changed: %s", why)
		return nil, nil
	}
	if file := r.settings.File; file != "" {
		at := path.Join(r.prefix(r.repo), filepath.ToSlash(file))
		if _, ok := c.Kinds[at]; ok {
			r.log.Line("%q has changed: all images are converted, not only those that have", file)
			return nil, nil
		}
	}
	r.log.Line("%s: %s", c.How, english.Plural(len(c.Kinds), "changed file", ""))
	return c, nil
}

// compare says what the branch changes, or why that is not known: see diff.Comparer.
func (r *run) compare(ctx context.Context) (c *diff.Changes, why string, err error) {
	if r.comparer == nil {
		r.comparer = &diff.Comparer{NoRepo: r.noRepo, Facts: r.facts, Base: r.settings.Base, Forge: r.access().Client()}
		if r.repo != nil {
			r.comparer.Repo = r.repo.AtTop()
		}
	}
	return r.comparer.Compare(ctx)
}

// compared is what compare has found, nil if it was not called.
func (r *run) compared() *diff.Changes {
	if r.comparer == nil {
		return nil
	}
	return r.comparer.Known()
}
