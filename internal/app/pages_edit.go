package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// pageEdits are what a run makes of pages.
type pageEdits struct {
	report *report.Pages
	// changed are the pages that were written, from the root of the repository.
	changed []string
	edits   []store.Edit
	notices []string
}

// editsPages says that the settings want references to be edited.
func (r *run) editsPages() bool {
	return r.settings.References == config.ReferencesUpdate || r.settings.References == config.ReferencesPicture
}

// editPages reports or changes the references of all pages, as is set.
func (r *run) editPages(ctx context.Context, h *history.History, results []asset.Result) (done pageEdits, err error) {
	s := r.settings
	if s.References == config.ReferencesOff || r.shard.total > 0 || s.Verb != config.Convert && s.Verb != config.Merge {
		return done, nil
	}
	p, err := r.openPages(ctx, h, results)
	if err != nil || len(p.results) == 0 && !s.Dimensions || len(p.names) == 0 {
		return done, err
	}
	all, notes, err := p.rewrite(ctx)
	if err != nil {
		return done, err
	}
	if p.options.Mode != references.Report { // nobody has asked
		done.notices = notes
	}
	if done.report, err = p.summarize(all); err != nil {
		return done, err
	}
	if s.DryRun {
		return done, nil
	}
	for _, one := range all {
		if one.data == nil {
			continue
		}
		if err := p.write(one); err != nil {
			return done, &asset.HintError{What: fmt.Sprintf("write %q", one.name), Why: err, Hint: tree.Hint(err, "")}
		}
		done.changed = append(done.changed, one.name)
	}
	return done, r.commitPages(ctx, p, &done)
}

// write puts a page in its place, with the permissions that it has.
func (p *pages) write(one rewritten) error {
	root, err := os.OpenRoot(p.top)
	if err != nil {
		return tree.Cause(err)
	}
	defer root.Close()
	info, err := root.Lstat(one.name)
	if err != nil {
		return tree.Cause(err)
	}
	if err := tree.Write(root, one.name, tree.Options{Like: info}, tree.Bytes(one.data)); err != nil {
		return tree.Cause(err)
	}
	return tree.Cause(root.Chmod(one.name, info.Mode().Perm()))
}

// commitPages adds the edits for a commit: of the pages that were changed here, and of those
// that an interrupted run has changed.
func (r *run) commitPages(ctx context.Context, p *pages, done *pageEdits) error {
	if r.repo == nil || p.options.Mode == references.Report {
		return nil
	}
	for _, name := range done.changed {
		delete(p.blobs, name)
	}
	have, err := r.repo.AtTop().InCommit(ctx, r.facts.HeadSHA, p.names, p.blobs)
	if err != nil {
		return err
	}
	for _, name := range p.names {
		if !have[name] {
			done.edits = append(done.edits, p.edit(name))
		}
	}
	return nil
}

// edit makes a page anew on what a branch has.
func (p *pages) edit(name string) store.Edit {
	return store.Edit{
		Path: name, Off: "references: report",
		Headline: func(name string, _, _ int) string { return "chore(images): use the results in " + name },
		Update: func(theirs []byte, leftOut map[string]bool) ([]byte, error) {
			if theirs == nil {
				return nil, nil
			}
			root, err := os.OpenRoot(p.top)
			if err != nil {
				return nil, tree.Cause(err)
			}
			defer root.Close()
			data, _, _, err := references.Rewrite(name, theirs, p.site, p.look(root, leftOut), p.optionsOf(name))
			if err != nil {
				return theirs, nil // it is left as it is
			}
			return data, nil
		},
	}
}

// pages are the edits of the pages of the commit, which name the results that p knows.
func (h *headTree) pages(ctx context.Context, p *history.History) ([]store.Edit, error) {
	if !h.editsPages() {
		return nil, nil
	}
	files := slices.Collect(h.Files())
	var ids []string
	for _, name := range files {
		if (isPage(name) || references.IsMinifiedStyle(name)) && h.sizes[name] <= references.MaxText {
			ids = append(ids, h.Blob(name))
		}
	}
	contents, err := h.repo.Contents(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, e := range p.Entries() { // which come with this commit
		if e.HasFile() && h.Blob(e.Output.Path) == "" {
			files = append(files, e.Output.Path)
		}
	}
	all := h.newPages(files, nil, func(_ *os.Root, name string) ([]byte, error) {
		data, ok := contents[h.Blob(name)]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return data, nil
	})
	all.know(h.run, p, nil)
	if err := all.knowFormer(ctx, p, h.commit); err != nil {
		return nil, err
	}
	changed, _, err := all.rewrite(ctx)
	var edits []store.Edit
	for _, one := range changed {
		if one.data != nil {
			edits = append(edits, all.edit(one.name))
		}
	}
	return edits, err
}

// summarize counts what there is and what was changed.
func (p *pages) summarize(all []rewritten) (*report.Pages, error) {
	root, err := openTop(p.top)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	out := &report.Pages{Mode: string(p.options.Mode), Files: []string{}}
	seen, look := map[string]bool{}, p.look(root, nil)
	for _, one := range all {
		stale := 0
		count := func(source string) {
			if seen[source] {
				return
			}
			seen[source] = true
			s, _ := look(source)
			out.Before += p.sizes[source]
			out.After += p.smallest(s)
		}
		for _, c := range one.changes {
			count(c.Source)
		}
		for _, f := range one.findings {
			if f.Problem == references.Stale {
				stale++
				count(f.Path)
			}
			if f.Problem == references.Unsure && len(p.results[f.Path].Results) > 0 {
				out.Uncertain++
			}
			if f.Problem == references.NotEdited {
				out.Kept = append(out.Kept, report.PageNote{Path: one.name, Line: f.Line, Column: f.Column, Address: f.Address, Why: f.Detail})
			}
		}
		if n := stale + len(one.changes); n > 0 {
			out.References += n
			out.Files = append(out.Files, one.name)
		}
	}
	return out, nil
}

// smallest is the size of the smallest result of the default variant: that which a browser
// takes.
func (p *pages) smallest(source references.Source) int64 {
	size := p.sizes[source.Path]
	for _, r := range source.Results {
		if r.Variant == "" {
			size = min(size, p.sizes[r.Path])
		}
	}
	return size
}
