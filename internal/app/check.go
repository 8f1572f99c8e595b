package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/tree"
)

// check is the verb of that name: it says what is not as it should be, and writes
// nothing but what it has to say.
func (r *run) check(ctx context.Context) (verdict, error) {
	began := r.Now()
	if r.settings.Verbose {
		r.logSettings()
	}
	r.openRepo(ctx)
	if err := errors.Join(r.readRules(), r.sinkChecker().checkFiles(ctx), r.notifier().checkWebhook()); err != nil {
		return verdict{}, err
	}
	in := report.Input{Check: true, Version: r.Version, Recipe: plan.Recipe(&r.settings), Rules: r.plan.Rules(), SettingsFile: r.settings.File}
	err := r.findings(ctx, &in)
	if err != nil {
		return verdict{}, err
	}
	slices.SortStableFunc(in.Findings, func(a, b asset.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule))
	})
	// Outputs and budgets may both have failed at a file.
	in.Findings = slices.CompactFunc(in.Findings, func(a, b asset.Finding) bool {
		return a.Path != "" && a.Path == b.Path && a.Rule == asset.RuleFailed && b.Rule == a.Rule
	})
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	published := r.publishReport(ctx, in, r.prefix(r.repo))
	return r.verdict(in, published), nil
}

// findings fills in what a check finds.
func (r *run) findings(ctx context.Context, in *report.Input) error {
	outputs, budgets, pages := r.checks()
	if outputs && len(r.settings.Checks) == 0 && onlyInBuckets(r.settings.Store) {
		outputs = false
		in.Notices = append(in.Notices, "results go to a bucket, and no commit has to have them: they are not checked; `checks: outputs` checks those in the working tree")
	}
	checked := map[string]bool{}
	if outputs {
		if err := r.checkOutputs(ctx, in, checked); err != nil {
			return err
		}
	}
	if budgets {
		if err := r.checkBudgets(ctx, in, checked); err != nil {
			return err
		}
	}
	if pages {
		if err := r.checkReferences(ctx, in); err != nil {
			return err
		}
	}
	in.Checked = len(checked)
	return nil
}

// checks says what the settings want to be looked at.
func (r *run) checks() (outputs, budgets, pages bool) {
	wanted := r.settings.Checks
	all := len(wanted) == 0
	return all || slices.Contains(wanted, config.CheckOutputs), all || slices.Contains(wanted, config.CheckBudgets),
		slices.Contains(wanted, config.CheckReferences)
}

// onlyInBuckets reports whether results go to buckets, and not into commits.
func onlyInBuckets(stores []string) bool {
	return slices.ContainsFunc(stores, config.IsBucket) && !slices.Contains(stores, config.StoreCommit)
}

// checkOutputs holds sources and outputs against webpress.lock.
func (r *run) checkOutputs(ctx context.Context, in *report.Input, checked map[string]bool) error {
	release, err := r.lockTree(ctx, r.root(), true)
	if err != nil {
		return err
	}
	defer release()
	p, err := r.loadOrNewHistory(ctx)
	if err != nil {
		return err
	}
	v, err := r.discover(ctx, p)
	if err != nil {
		return err
	}
	if err := r.sinkChecker().checkImages(p, v); err != nil {
		return err
	}
	orphans, err := r.orphans(ctx, p, v)
	if err != nil {
		return err
	}
	for _, one := range v.settled {
		checked[one.Source.Path] = true
	}
	for _, t := range v.todo {
		checked[t.Source.Path] = true
	}
	in.Notices = append(in.Notices, v.found.Notices...)
	c := outputCheck{run: r, past: p, worklist: v, in: in, fixes: fixes{run: r, lock: p.LockPath()}, moving: map[string]bool{}}
	for _, one := range v.settled {
		if one.Status == asset.Failed {
			f, of := unreadable(one)
			c.add(one.Source.Path, f, of)
		}
	}
	if err := c.todo(ctx); err != nil {
		return err
	}
	if err := c.verify(ctx); err != nil {
		return err
	}
	if err := c.notAdded(ctx); err != nil {
		return err
	}
	c.orphans(orphans)
	if err := c.manifest(ctx); err != nil {
		return err
	}
	return c.gather(ctx)
}

// unreadable is the finding for a source that cannot be converted, and its fix.
func unreadable(one asset.Result) (f asset.Finding, of fixes) {
	f = asset.Finding{
		Rule: asset.RuleFailed, Severity: asset.Error, Path: one.Source.Path,
		Message: one.Err.Message, Hint: cmp.Or(one.Err.Hint, "replace the file, or name it under `ignore`"),
	}
	if one.Err.Output != "" {
		f.Rule, of.outputs = asset.RuleOutput, []string{one.Err.Output}
	}
	return f, of
}

// An outputCheck is the part of a check that is about outputs.
type outputCheck struct {
	*run
	past *history.History
	*worklist
	in    *report.Input
	fixes fixes
	found []fixable
	// moving are outputs that a conversion takes away: they are not orphans besides.
	moving map[string]bool
}

// A fixable is a finding and its fix.
type fixable struct {
	asset.Finding
	of fixes
}

// add adds a finding, and its fix.
func (c *outputCheck) add(source string, f asset.Finding, of fixes) {
	if c.past.Files[source].Untracked {
		f.Severity = asset.Warning // no commit has it, and so none waits for it
	}
	// Of the outputs of a source one after the other, what is to say is said once.
	if n := len(c.found); n > 0 && c.found[n-1].Finding == f {
		last := &c.found[n-1].of
		last.convert, last.again = unique(append(last.convert, of.convert...)), unique(append(last.again, of.again...))
		last.add, last.gone = append(last.add, of.add...), append(last.gone, of.gone...)
		last.untried = last.untried || of.untried
		last.force, last.outputs = append(last.force, of.force...), unique(append(last.outputs, of.outputs...))
		return
	}
	c.found = append(c.found, fixable{f, of})
}

// gather reports what was added, with fixes that add to git no more than that takes.
func (c *outputCheck) gather(ctx context.Context) error {
	var names, gone []string
	records := c.records(c.past) // which change together
	for i := range c.found {
		if of := &c.found[i].of; slices.Contains(of.add, c.past.LockPath()) {
			of.add = append(of.add, records...)
		}
	}
	for _, one := range c.found {
		names, gone = append(names, one.of.add...), append(gone, one.of.gone...)
	}
	list, err := c.addable(ctx, names, gone)
	if err != nil {
		return err
	}
	takes := make(map[string]bool, len(list))
	for _, name := range list {
		takes[name] = true
	}
	for _, one := range c.found {
		one.of.add = slices.DeleteFunc(slices.Concat(one.of.add, one.of.gone), func(name string) bool { return !takes[name] })
		c.fixes.needs(&one.Finding, one.of)
		c.in.Findings = append(c.in.Findings, one.Finding)
	}
	c.in.Mend = c.fixes.commands()
	return nil
}

// notAdded is about results that git does not have as they are.
func (c *outputCheck) notAdded(ctx context.Context) error {
	names, err := c.run.notAdded(ctx, c.past, c.worklist, nil)
	if err != nil {
		return err
	}
	sourceOf := map[string]string{}
	var unlisted []string
	for _, one := range c.settled {
		if one.Output == "" || one.Status == asset.Failed {
			continue
		}
		sourceOf[one.Output] = one.Source.Path
		if _, listed := c.past.Files[one.Output]; !listed && !one.Source.Ignored {
			unlisted = append(unlisted, one.Output)
		}
	}
	for _, name := range names {
		c.add(sourceOf[name], asset.Finding{
			Rule: asset.RuleNotAdded, Severity: asset.Error, Path: name,
			Message: fmt.Sprintf("%q has changes that are not staged", name),
			Hint:    "add it to the commit",
		}, fixes{add: []string{name}})
	}
	ignored, err := c.gitIgnores(ctx, unlisted)
	if err != nil {
		return err
	}
	for _, name := range unlisted {
		if ignored[name] {
			c.add(sourceOf[name], asset.Finding{
				Rule: asset.RuleIgnored, Severity: asset.Error, Path: name,
				Message: fmt.Sprintf("%q, the result of %q, is ignored by git, and no commit will have it", name, sourceOf[name]),
				Hint:    ignoredHint,
			}, fixes{force: []string{name}, add: []string{c.past.LockPath()}})
		}
	}
	return nil
}

// orphans is about results whose source is gone. One that the change has taken the source
// of is an error that its author should see.
func (c *outputCheck) orphans(all []lockfile.Orphan) {
	prefix := c.run.prefix(c.run.repo)
	for _, o := range all {
		name, below := c.past.Below(o.Path)
		source, _ := c.past.Below(o.Source)
		if !below || o.Edited || o.IsSource || c.moving[o.Path] {
			continue
		}
		f := asset.Finding{
			Rule: asset.RuleOrphan, Severity: asset.Warning, Path: name,
			Message: fmt.Sprintf("%q is an orphan: %s", name, c.past.Why(o)),
			Hint:    "remove it with `webpress --prune`",
		}
		of := fixes{prune: []string{source}, gone: []string{name}, add: []string{c.past.LockPath()}}
		if o.Moved {
			of.prune, of.convert = nil, of.prune
		}
		if only := c.confined; only != nil {
			at := path.Join(prefix, source)
			if !only.Has(at) && !only.Has(o.Path) {
				continue
			}
			if only.Is(at, git.Deleted) {
				f.Severity = asset.Error
			}
		}
		if o.Unproven {
			f.Message = fmt.Sprintf("%q may be an orphan: webpress.lock has it for the result of %q, which git's history does not bear out", name, o.Source)
			f.Hint, of = c.past.UnprovenHint()+"; if it is a result, remove it with git", fixes{}
			f.Severity = asset.Warning
		}
		c.add("", f, of)
	}
}

// notAdded are those outputs of done sources, and of results, that git does not
// have as they are, the sources where they were edited since they were added, and
// the lock file, and the manifest; sorted. What git ignores does not count.
func (r *run) notAdded(ctx context.Context, p *history.History, v *worklist, results []asset.Result) ([]string, error) {
	if p.Repo == nil {
		return nil, nil
	}
	var names, ask []string
	for _, one := range slices.Concat(v.settled, results) {
		if one.Output == "" || one.Status == asset.Failed || tree.IsOutside(one.Output) {
			continue
		}
		if f := p.Files[one.Source.Path]; f.Index != "" && f.Blob == "" {
			names = append(names, one.Source.Path) // the commit would have the result of another image
		}
		switch f, listed := p.Files[one.Output]; {
		case !listed: // git was asked about some of the files alone, or ignores it
			ask = append(ask, path.Join(p.Prefix, one.Output))
		case f.Blob == "":
			names = append(names, one.Output)
		}
	}
	if p.HasFile() {
		ask = append(ask, lockfile.Name)
	}
	if name, ok := r.manifestPath(p); ok {
		ask = append(ask, name)
	}
	if len(ask) == 0 {
		return nil, nil
	}
	under := ask
	if len(ask) > manyPaths {
		under = nil
	}
	files, err := p.Repo.Files(ctx, under...)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(ask))
	for _, name := range ask {
		asked[name] = true
	}
	for _, f := range files {
		if asked[f.Path] && f.Blob == "" {
			names = append(names, p.FromHere(f.Path))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// manyPaths is more paths than git is asked about by name.
const manyPaths = 64
