package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/target"
	"github.com/webpress/webpress/internal/tree"
)

// deliver hands the results to each deliver in turn. p may be nil. ok says that all was
// delivered.
func (r *run) deliver(ctx context.Context, to target.Stores, in report.Input, p *history.History, done cleanup) (_ []report.Delivery, ok bool) {
	if r.elsewhere != nil {
		// Results are nowhere else: what is finished is delivered also where the run was interrupted.
		ctx = context.WithoutCancel(ctx)
	}
	if len(to.List) == 0 || ctx.Err() != nil {
		return r.deliverAll(ctx, to, store.Delivery{})
	}
	d, err := r.delivery(ctx, in, p, done)
	if err != nil {
		r.log.Fault(err)
		return skipped(to), false
	}
	d.Deleted = done.deleted
	if d.Empty() && len(in.Results) > 0 && !r.settings.DryRun && r.repo != nil {
		r.log.Line("nothing to deliver: the commit that the run is for has every result already")
	}
	return r.deliverAll(ctx, to, d)
}

// deliverAll hands d to each store in turn. What one cannot deliver does not keep the
// others from it.
func (r *run) deliverAll(ctx context.Context, to target.Stores, d store.Delivery) (done []report.Delivery, ok bool) {
	done, ok = skipped(to), true
	for _, one := range to.Skipped {
		for _, note := range one.Notes {
			r.log.Line("%s: %s", one.Store, note)
		}
	}
	if len(to.List) == 0 {
		return done, ok
	}
	defer r.ci.Group("Deliver")()
	empty := d.Empty()
	for _, s := range to.List {
		if ctx.Err() != nil {
			break
		}
		one := report.Delivery{Receipt: asset.Receipt{Store: s.Name()}}
		// A folder may hold what is no longer a result, and a bucket may not have what a commit has.
		if !empty || s.Name() == "folder" || config.IsBucket(s.Name()) {
			one = r.deliverTo(ctx, s, d)
		}
		if one.Err != nil || len(one.Left) > 0 {
			ok = false
		}
		r.lost = r.lost || one.Err != nil
		for _, left := range one.Left {
			r.left = append(r.left, left.Path)
		}
		done = append(done, one)
	}
	return done, ok
}

// skipped are the stores that are not tried.
func skipped(to target.Stores) (all []report.Delivery) {
	for _, one := range to.Skipped {
		all = append(all, report.Delivery{Receipt: one})
	}
	return all
}

// deliverTo delivers to one store and logs it.
func (r *run) deliverTo(ctx context.Context, s store.Store, d store.Delivery) report.Delivery {
	stored, err := s.Deliver(ctx, d)
	stored.Store = s.Name()
	if stored.Store == config.StoreCommit && stored.URL == "" {
		stored.URL = r.access().CommitURL(stored.Ref)
	}
	one := report.Delivery{Receipt: stored}
	for _, note := range stored.Notes {
		r.log.Line("%s: %s", stored.Store, note)
	}
	for _, left := range stored.Left {
		r.log.Error("%s: %q is left out: %s", stored.Store, left.Path, left.Reason)
	}
	if err == nil {
		if line := changed(stored); line != "" {
			r.log.Line("%s", strings.TrimRight(fmt.Sprintf("%s: %s %s", stored.Store, line, stored.URL), " "))
		}
		return one
	}
	fault := &asset.Fault{Message: err.Error()}
	_ = errors.As(err, &fault)
	one.Err = fault
	if ctx.Err() == nil {
		r.log.Fault(err)
		r.annotateRun(strings.TrimSuffix(fault.Error()+"\n"+fault.Hint, "\n"))
	}
	return one
}

// changed is what a delivery has changed, empty if that is nothing.
func changed(stored asset.Receipt) string {
	var parts []string
	if n := len(stored.Paths); n > 0 {
		parts = append(parts, english.Plural(n, "file", "")+" delivered")
	}
	if n := len(stored.Removed); n > 0 {
		parts = append(parts, english.Plural(n, "file", "")+" removed")
	}
	return strings.Join(parts, ", ")
}

// delivery is what there is to deliver; m is the manifest.
func (r *run) delivery(ctx context.Context, in report.Input, p *history.History, done cleanup) (store.Delivery, error) {
	s := r.settings
	d := store.Delivery{
		Dir: s.WorkingDirectory, Prefix: r.prefix(r.repo), Results: r.here(r.inTree(in.Results)),
		Remove: r.removed, Recipe: r.plan.Recipe, Head: r.facts.HeadSHA, Shard: r.shard.String(),
	}
	var err error
	if d.Report, err = report.New(in).JSON(); err != nil {
		return d, err
	}
	d.Page = func(ctx context.Context, files []store.File) []byte {
		return r.bundlePage(ctx, report.New(in), d, files)
	}
	if r.repo == nil || s.DryRun {
		return d, nil
	}
	if d.Head == "" {
		if d.Head, err = r.repo.CheckedOut(ctx); err != nil {
			return d, err
		}
	}
	var outputs []string
	known := map[string]string{}
	for _, f := range d.Files() {
		outputs = append(outputs, f.Output)
		if p != nil && f.Status == asset.Skipped {
			known[f.Output] = p.Files[f.Output].Blob
		}
	}
	have, err := r.repo.InCommit(ctx, d.Head, outputs, known)
	if err != nil {
		return d, err
	}
	d.Committed = func(output string) bool { return have[output] }
	if p != nil && r.shard.total == 0 {
		d.Edits, err = r.edits(ctx, p, d.Head, done.manifest)
	}
	d.Edits = append(d.Edits, done.pages.edits...)
	return d, err
}

// here are the results that are files, and not in a bucket already.
func (r *run) here(all []asset.Result) []asset.Result {
	if r.elsewhere == nil {
		return all
	}
	return slices.DeleteFunc(all, func(one asset.Result) bool { return one.Status != asset.Converted && r.elsewhere[one.Output] })
}

// inTree are the results that stay in the working directory, and so can be delivered.
func (r *run) inTree(all []asset.Result) []asset.Result {
	left := slices.DeleteFunc(slices.Clone(all), func(one asset.Result) bool {
		return tree.IsOutside(one.Source.Path) || one.Output != "" && tree.IsOutside(one.Output)
	})
	if n := len(all) - len(left); n > 0 {
		r.log.Line("%s outside of the working directory: not delivered", english.Plural(n, "result", ""))
	}
	return left
}

// prefix is the path of the working directory below the root of the repository,
// empty if it is the root.
func (r *run) prefix(repo *git.Repo) string {
	if repo == nil {
		return below(r.facts.Workspace, r.settings.WorkingDirectory)
	}
	return below(repo.Top(), repo.Dir())
}

// below is the path of dir from root, empty if it is root itself or not below
// it.
func below(root, dir string) string {
	if root == "" {
		return ""
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// openRepo opens the git repository that the run is in, if there is one that can be
// read. What git says otherwise is kept for those who need one.
func (r *run) openRepo(ctx context.Context) {
	r.repo, r.noRepo = git.Open(ctx, r.settings.WorkingDirectory, r.git())
}

// git is how git is run.
func (r *run) git() git.Options { return git.Options{Env: r.Environ, Workspace: r.facts.Workspace} }
