package app

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/references"
)

// knowFormer compares the results with those of a commit, whose pages name what it had: results that have
// another name now, as their source has another one or {hash} is a part of it, and images of another shape.
func (p *pages) knowFormer(ctx context.Context, h *history.History, commit string) error {
	before, err := h.LockAt(ctx, commit)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(p.images))
	for _, name := range p.images {
		there[name] = true
	}
	p.gone = map[string]bool{}
	for _, old := range before.Entries() {
		if !old.HasFile() || old.Output.Path == old.Source || len(h.ByOutput(old.Output.Path)) > 0 {
			continue
		}
		source := p.successor(h, old, there)
		if source == "" {
			continue
		}
		p.former[old.Output.Path] = source
		if !there[old.Output.Path] {
			p.gone[old.Output.Path] = true
		}
	}
	p.site.Remember(slices.Collect(maps.Keys(p.gone)))
	p.formerSizes = map[string][2]int{}
	for _, e := range h.Entries() {
		for _, old := range before.BySource(e.Source) {
			was, is := old.Output, e.Output
			if old.Recipe == e.Recipe && was.Width > p.formerSizes[e.Source][0] && is.Width > 0 && !references.SameShape(was.Width, was.Height, is.Width, is.Height) {
				p.formerSizes[e.Source] = [2]int{was.Width, was.Height}
			}
		}
	}
	return nil
}

// successor is the source that has the results now which an entry of an earlier lock file had: its own, or
// where that is gone, the one with the same content. It is empty if there is none.
func (p *pages) successor(h *history.History, old lockfile.Entry, there map[string]bool) (found string) {
	if len(p.results[old.Source].Results) > 0 && len(h.BySource(old.Source)) > 0 {
		return old.Source
	}
	if there[old.Source] {
		return ""
	}
	for _, e := range h.ByBlob(old.Blob) {
		if len(p.results[e.Source].Results) > 0 {
			found = cmp.Or(min(found, e.Source), e.Source)
		}
	}
	return found
}
