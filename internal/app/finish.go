package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/manifest"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/tree"
)

// cleanup is what a run has done besides its results.
type cleanup struct {
	// deleted are results that were removed, from the working directory.
	deleted []string
	notices []string
	// manifest is what the manifest says now, where there is one.
	manifest manifest.Manifest
	// pages are the text files that were changed.
	pages pageEdits
	// wrote reports whether the lock file was written, or anything deleted.
	wrote bool
}

// finishTree does what a run has to do in the work tree besides its results: the lock file, the pages, what
// is removed, and the manifest. It is not ok if any of it fails.
func (r *run) finishTree(ctx context.Context, o outcome, in *report.Input) (done cleanup, ok bool) {
	ok = true
	failed := func(err error) bool {
		if err != nil {
			r.log.Fault(err)
			ok = false
		}
		return err != nil
	}
	records := o.past != nil && !in.DryRun && (r.shard.total == 0 || r.elsewhere != nil)
	wrote := false
	if records {
		var err error
		wrote, err = r.record(ctx, o.past, o.worklist, o.results)
		records = !failed(err)
	}
	// Pages stop naming what is removed before that is.
	edited, err := r.editPages(ctx, o.past, in.Results)
	if ctx.Err() == nil {
		failed(err)
	}
	if records {
		done, err = r.prune(ctx, o.past, o.worklist, o.results)
		failed(err)
	}
	if o.past != nil && in.DryRun && r.settings.Prune {
		done.notices, err = r.wouldPrune(ctx, o.past, o.worklist)
		failed(err)
	}
	m, wroteManifest, notices, err := r.writeManifest(ctx, o.past, o.results)
	if ctx.Err() == nil {
		failed(err)
	}
	done.manifest, done.pages, in.Pages = m, edited, edited.report
	done.wrote = done.wrote || wrote || wroteManifest || len(edited.changed) > 0
	in.Notices = slices.Concat(in.Notices, done.notices, notices, edited.notices)
	return done, ok
}

// record writes down in the lock file what has become of the jobs.
func (r *run) record(ctx context.Context, p *history.History, v *worklist, results []asset.Result) (wrote bool, err error) {
	// What was finished is to be known also where the run was interrupted.
	ctx = context.WithoutCancel(ctx)
	var outputs []string
	for _, one := range results {
		if one.Output != "" && one.Status != asset.Failed && !one.Source.Ignored {
			outputs = append(outputs, path.Join(p.Prefix, one.Output))
		}
	}
	blobs, err := p.Hash(ctx, outputs)
	if err != nil {
		return false, err
	}
	p.Record(v.jobs(), results, p.Prefix, p.Codecs, blobs)
	if r.downloads != nil {
		r.downloads.recordFetched(p, slices.Concat(v.settled, results))
	}
	return p.Save()
}

// prune removes results that nothing needs any more where that is wanted, and saves the lock file. It comes
// behind the edits of pages: what a page names stays.
func (r *run) prune(ctx context.Context, p *history.History, v *worklist, results []asset.Result) (done cleanup, err error) {
	ctx = context.WithoutCancel(ctx)
	gone := map[string]bool{}
	for _, one := range results {
		if one.Replaced != "" {
			gone[path.Join(p.Prefix, one.Replaced)] = true
		}
	}
	orphans, err := r.orphans(ctx, p, v)
	if err != nil {
		return done, err
	}
	named, err := r.namedOrphans(ctx, p, orphans)
	if err != nil {
		return done, err
	}
	var left, used []lockfile.Orphan
	for _, o := range orphans {
		if gone[o.Path] {
			continue
		}
		name, below := p.Below(o.Path)
		switch {
		case o.Edited:
			p.Forget(o)
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: it was changed by hand, and %s", name, p.Why(o)))
		case o.IsSource:
			p.Forget(o)
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: it is a source, and webpress.lock has it for the result of %q", name, o.Source))
		case o.Unproven:
			done.notices = append(done.notices, fmt.Sprintf("%q is left alone: webpress.lock has it for the result of %q, and git's history does not bear that out; %s", name, o.Source, p.UnprovenHint()))
			if p.Whole && !o.Moved {
				p.Forget(o)
			}
		case !below, !o.Moved && !r.settings.Prune:
			left = append(left, o)
		case named[o.Path]: // also in a page that could not be edited
			used = append(used, o)
			keepOrphan(p, v, o)
		default:
			err := removeFile(r.settings.WorkingDirectory, name)
			if r.elsewhere[o.Path] && errors.Is(err, fs.ErrNotExist) {
				err = nil // it is removed from the bucket
			}
			if errors.Is(err, fs.ErrNotExist) {
				done.notices = append(done.notices, fmt.Sprintf("%q is an orphan that a sparse checkout leaves out: it is removed where it is checked out", name))
				continue
			}
			if err != nil {
				done.notices = append(done.notices, fmt.Sprintf("%q is an orphan, and could not be removed: %s", name, err))
				continue
			}
			done.deleted = append(done.deleted, name)
			r.log.Line("%q removed: %s", name, p.Why(o))
			if !o.Moved {
				p.Forget(o)
			}
		}
	}
	done.notices = append(done.notices, orphanNotices(p, left, false)...)
	done.notices = append(done.notices, orphanNotices(p, used, true)...)
	wrote, err := p.Save()
	done.wrote = wrote || len(done.deleted) > 0
	if err != nil {
		return done, err
	}
	if err := p.CloseJournal(); err != nil {
		r.log.Warn("%s", err)
	}
	return done, nil
}

// keepOrphan has the lock file know a result of a source that has another one now, so that it is an orphan
// until no page names it. One that only its content tells apart would be taken for the result.
func keepOrphan(p *history.History, v *worklist, o lockfile.Orphan) {
	if !o.Moved || slices.ContainsFunc(v.wanted[o.Source], func(output string) bool { return asset.MatchesHash(output, o.Path) }) {
		return
	}
	for _, e := range lockfile.Find(v.before, o.Path) {
		if e.Source == o.Source {
			p.Set(e)
		}
	}
}

// wouldPrune says which results a run would remove.
func (r *run) wouldPrune(ctx context.Context, p *history.History, v *worklist) (notices []string, err error) {
	orphans, err := r.orphans(ctx, p, v)
	if err != nil {
		return nil, err
	}
	named, err := r.namedOrphans(ctx, p, orphans)
	for _, o := range orphans {
		if name, below := p.Below(o.Path); below && !o.Edited && !o.IsSource && !o.Unproven && !named[o.Path] {
			notices = append(notices, fmt.Sprintf("%q would be removed: %s", name, p.Why(o)))
		}
	}
	return notices, err
}

// fewOrphans is how many orphans have a notice each.
const fewOrphans = 3

// orphanNotices are the notices about orphans that stay: named says that pages name them. Of many, the
// first is named.
func orphanNotices(p *history.History, orphans []lockfile.Orphan, named bool) (notices []string) {
	if len(orphans) > fewOrphans {
		name, _ := p.Below(orphans[0].Path)
		end := "`webpress --prune` removes them"
		if named {
			end = "they are kept, as pages name them"
		}
		return []string{fmt.Sprintf("%q and %d other results are orphans; of the first, %s; %s", name, len(orphans)-1, p.Why(orphans[0]), end)}
	}
	for _, o := range orphans {
		name, _ := p.Below(o.Path)
		end := "`webpress --prune` removes it"
		if named {
			end = "it is kept, as a page names it"
		}
		notices = append(notices, fmt.Sprintf("%q is an orphan: %s; %s", name, p.Why(o), end))
	}
	return notices
}

// namedOrphans are those of orphans that pages name: they are not removed.
func (r *run) namedOrphans(ctx context.Context, p *history.History, orphans []lockfile.Orphan) (map[string]bool, error) {
	removes := func(o lockfile.Orphan) bool { return o.Moved || r.settings.Prune }
	if !slices.ContainsFunc(orphans, removes) || r.elsewhere != nil {
		return nil, nil
	}
	pages, err := r.openPages(ctx, p, nil)
	if err != nil {
		return nil, err
	}
	uses, err := pages.uses(ctx)
	named := map[string]bool{}
	for _, one := range uses {
		if one.Image != "" {
			named[one.Image] = true
		}
	}
	return named, err
}

// orphans are results that nothing needs any more, of those that the run is about.
func (r *run) orphans(ctx context.Context, p *history.History, v *worklist) ([]lockfile.Orphan, error) {
	wants, err := r.wants()
	if err != nil {
		return nil, err
	}
	orphans, err := p.Orphans(slices.Concat(v.before, p.Replaced), func(source string) bool {
		below, ok := p.Below(source)
		if _, fetched := p.Fetched(source); fetched {
			return ok && p.ListRead // its name need not be that of an image
		}
		return ok && wants(below)
	}, v.wanted, p.Tree(ctx))
	if err != nil {
		return nil, err
	}
	return orphans, p.DoubtOrphans(ctx, orphans, r.comparedWith())
}

// removeFile deletes a file below dir. A missing file is
// fs.ErrNotExist.
func removeFile(dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return tree.Cause(err)
	}
	defer root.Close()
	return tree.Cause(root.Remove(name))
}
