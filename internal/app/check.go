package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"webpress/internal/asset"
	"webpress/internal/config"
	"webpress/internal/ledger"
	"webpress/internal/report"
	"webpress/internal/shell"
)

// check is the verb of that name: it says what is not as it should be, and writes
// nothing but what it has to say.
func (r *run) check(ctx context.Context) int {
	began := r.Now()
	if r.settings.Verbose {
		r.tellSettings()
	}
	r.openRepo(ctx)
	if err := errors.Join(r.readRules(), r.checkFiles(ctx), r.checkWebhook()); err != nil {
		return r.stop(ctx, err)
	}
	in := report.Input{Check: true, Version: r.Version, Recipe: recipe(&r.settings), Rules: len(r.rules)}
	err := r.findings(ctx, &in)
	if err != nil {
		return r.stop(ctx, err)
	}
	slices.SortStableFunc(in.Findings, func(a, b asset.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule))
	})
	// Outputs and budgets may both have failed at a file.
	in.Findings = slices.CompactFunc(in.Findings, func(a, b asset.Finding) bool {
		return a.Path != "" && a.Path == b.Path && a.Rule == asset.RuleFailed && b.Rule == a.Rule
	})
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	told := r.deliver(ctx, in, r.prefix(r.repo))
	broken := slices.ContainsFunc(in.Findings, func(f asset.Finding) bool { return f.Severity == asset.Error })
	switch {
	case in.Interrupted:
		return Interrupted
	case !told:
		return Undelivered
	case broken && r.settings.FailOn != "none":
		return CheckFailed
	}
	return Fine
}

// findings fills in what a check finds.
func (r *run) findings(ctx context.Context, in *report.Input) error {
	outputs, budgets := r.checks()
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
	in.Checked = len(checked)
	return nil
}

// checks says what the settings want to be looked at.
func (r *run) checks() (outputs, budgets bool) {
	wanted := r.settings.Checks
	all := len(wanted) == 0
	return all || slices.Contains(wanted, config.CheckOutputs), all || slices.Contains(wanted, config.CheckBudgets)
}

// checkOutputs holds sources and outputs against webpress.lock.
func (r *run) checkOutputs(ctx context.Context, in *report.Input, checked map[string]bool) error {
	release, err := r.exclude(ctx, r.root(), true)
	if err != nil {
		return err
	}
	defer release()
	p, err := r.remember()
	if err != nil {
		return err
	}
	if p == nil {
		p = r.noPast()
	}
	v, err := r.look(ctx, p)
	if err != nil {
		return err
	}
	if err := r.checkImages(p, v); err != nil {
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
	add := func(source string, f asset.Finding) {
		if p.files[source].Untracked {
			f.Severity = asset.Warning // no commit has it, and so none waits for it
		}
		in.Findings = append(in.Findings, f)
	}
	m := mend{run: r, lock: p.lock()}
	for _, one := range v.settled {
		if one.Status == asset.Failed {
			add(one.Source.Path, asset.Finding{
				Rule: asset.RuleFailed, Severity: asset.Error, Path: one.Source.Path,
				Message: one.Err.Message, Hint: one.Err.Hint,
			})
		}
	}
	for _, t := range v.todo {
		add(t.Source.Path, m.todo(t))
	}
	notAdded, err := r.notAdded(ctx, p, v, nil)
	if err != nil {
		return err
	}
	sourceOf := map[string]string{}
	for _, one := range v.settled {
		sourceOf[one.Output] = one.Source.Path
	}
	for _, name := range notAdded {
		m.add = append(m.add, name)
		add(sourceOf[name], asset.Finding{
			Rule: asset.RuleNotAdded, Severity: asset.Error, Path: name,
			Message: fmt.Sprintf("%q is not added to git as it is", name),
			Hint:    "add it to the commit",
		})
	}
	for _, o := range orphans {
		name, below := p.below(o.Path)
		if !below || o.Edited {
			continue
		}
		m.prune, m.add = true, append(m.add, name, m.lock)
		add("", asset.Finding{
			Rule: asset.RuleOrphan, Severity: asset.Warning, Path: name,
			Message: fmt.Sprintf("%q is an orphan: its source %q is gone", name, o.Source),
			Hint:    "remove it with `webpress --prune`",
		})
	}
	in.Mend = m.commands()
	return nil
}

// notAdded are those outputs of done sources, and of results, that git does not
// have as they are, the sources where they were edited since they were added, and
// the lock file; sorted. What git ignores
// does not count.
func (r *run) notAdded(ctx context.Context, p *past, v *view, results []asset.Result) ([]string, error) {
	if p.repo == nil {
		return nil, nil
	}
	var names, ask []string
	for _, one := range slices.Concat(v.settled, results) {
		if one.Output == "" || one.Status == asset.Failed {
			continue
		}
		if f := p.files[one.Source.Path]; f.Index != "" && f.Blob == "" {
			names = append(names, one.Source.Path) // the commit would have the result of another picture
		}
		switch f, listed := p.files[one.Output]; {
		case !listed: // git was asked about some of the files alone, or ignores it
			ask = append(ask, path.Join(p.prefix, one.Output))
		case f.Blob == "":
			names = append(names, one.Output)
		}
	}
	if p.data != nil {
		ask = append(ask, ledger.Name)
	}
	if len(ask) == 0 {
		return nil, nil
	}
	under := ask
	if len(ask) > manyPaths {
		under = nil
	}
	files, err := p.repo.Files(ctx, under...)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(ask))
	for _, name := range ask {
		asked[name] = true
	}
	for _, f := range files {
		if asked[f.Path] && f.Blob == "" {
			names = append(names, p.fromHere(f.Path))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// manyPaths is more paths than git is asked about by name.
const manyPaths = 64

// mend gathers the commands that mend what a check has found.
type mend struct {
	*run
	paths, add       []string
	overwrite, prune bool
	// lock is the path of the lock file.
	lock string
}

// todo is the finding for a source that is not done.
func (m *mend) todo(t ledger.Todo) asset.Finding {
	m.paths = append(m.paths, t.Source.Path)
	m.add = append(m.add, t.Output, m.lock)
	if t.Why == ledger.WhyEdited {
		m.overwrite = true
		return asset.Finding{
			Rule: asset.RuleEdited, Severity: asset.Error, Path: t.Output,
			Message: fmt.Sprintf("%q was changed by hand since it was made of %q", t.Output, t.Source.Path),
			Hint:    "bring it back with git, or make it again with `webpress --overwrite " + shell.Quote(t.Source.Path) + "`",
		}
	}
	return asset.Finding{
		Rule: asset.RuleOutdated, Severity: asset.Error, Path: t.Source.Path,
		Message: fmt.Sprintf("%q is not up to date: %s", t.Source.Path, t.Why),
	}
}

// fewPaths is up to how many files a command names.
const fewPaths = 8

// commands are what to type, one a line, empty where nothing is to be mended.
func (m *mend) commands() string {
	var lines []string
	if len(m.paths) > 0 || m.prune {
		words := []string{"webpress"}
		for _, flag := range m.settings.Given {
			words = append(words, shell.Quote(flag))
		}
		if m.overwrite {
			words = append(words, "--overwrite")
		}
		if m.prune {
			words = append(words, "--prune")
		}
		if len(m.paths) > 0 && len(m.paths) <= fewPaths && !m.prune {
			for _, p := range m.paths {
				if strings.HasPrefix(p, "-") {
					p = "./" + p
				}
				words = append(words, shell.Quote(p))
			}
		} else {
			for _, p := range m.settings.Paths {
				words = append(words, shell.Quote(p))
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	if m.repo != nil && len(m.add) > 0 {
		slices.Sort(m.add)
		lines = append(lines, gitAdd(slices.Compact(m.add)))
	}
	return strings.Join(lines, "\n")
}
