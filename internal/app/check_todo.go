package app

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
)

// maxTried is how many results that are missing a check makes, to say what comes of it. Of
// those behind that is not known.
const maxTried = 64

// todo is about sources that are not done.
func (c *outputCheck) todo(ctx context.Context) error {
	// If nothing is written down, only the conversion says whether a result is up to date.
	unrecorded := c.run.repo == nil && !c.past.HasFile()
	outputs := make([]string, len(c.worklist.todo))
	jobs := make([]asset.Job, 0, maxTried)
	var last string
	for i, t := range c.worklist.todo {
		outputs[i] = t.Output
		// The outputs of a source belong together: one may make another needless.
		if t.Source.URL != "" {
			continue // a check asks no server
		}
		if unrecorded || t.Occupied || t.Accepted || len(jobs) < maxTried || t.Source.Path == last {
			jobs, last = append(jobs, t.Job), t.Source.Path
		}
	}
	ignored, err := c.gitIgnores(ctx, outputs)
	if err != nil {
		return err
	}
	tried, err := c.tryAgain(ctx, jobs)
	if err != nil {
		return err
	}
	replaced, err := c.replaced(ctx, tried)
	if err != nil {
		return err
	}
	for _, t := range c.worklist.todo {
		if t.Source.Ignored && c.run.repo != nil {
			c.add(t.Source.Path, asset.Finding{
				Rule: asset.RuleIgnored, Severity: asset.Warning, Path: t.Source.Path,
				Message: fmt.Sprintf("%q is ignored by git, and webpress.lock has no line for it: whether its result is up to date is not known", t.Source.Path),
				Hint:    "add it with `git add --force` if it belongs to the repository",
			}, fixes{})
			continue
		}
		one, known := tried[t.Output]
		if unrecorded && one.Reason == asset.UpToDate {
			continue
		}
		f, of := c.ofTodo(t, one)
		if t.Remove && known {
			of.gone = append(of.gone, t.Source.Path)
		}
		if ignored[t.Output] && len(of.convert)+len(of.again) > 0 {
			f.Rule, f.Hint = asset.RuleIgnored, ignoredHint
			f.Message = fmt.Sprintf("%q, the result of %q, is ignored by git, and no commit will have it", t.Output, t.Source.Path)
		}
		switch {
		case len(of.convert)+len(of.again) == 0:
		case !known:
			of.untried = true
		default:
			of.add, of.gone = append(of.add, c.past.LockPath()), append(of.gone, replaced[t.Output]...)
			// A commit of the result alone would leave it without its source elsewhere.
			if c.past.Files[t.Source.Path].Untracked && !t.Remove {
				of.add = append(of.add, t.Source.Path)
			}
			if ignored[t.Output] {
				of.force = append(of.force, t.Output)
			} else if !makesNone(one) {
				of.add = append(of.add, cmp.Or(one.Output, t.Output))
			}
		}
		c.add(t.Source.Path, f, of)
	}
	return nil
}

// makesNone reports whether a job that was tried comes to no file.
func makesNone(tried asset.Result) bool {
	return tried.Reason == asset.NotSmaller || tried.Reason == asset.NotWider
}

// replaced are the outputs that the conversion of what is left to do takes away, by its
// output: of renamed sources, and of those whose result goes to another place or is none
// any more.
func (c *outputCheck) replaced(ctx context.Context, tried map[string]asset.Result) (map[string][]string, error) {
	var outputs []string
	for _, e := range c.before {
		if e.HasFile() {
			outputs = append(outputs, e.Output.Path)
		}
	}
	blobs, err := c.past.Tree(ctx).Blobs(unique(outputs))
	if err != nil {
		return nil, err
	}
	by := map[string][]string{}
	for _, t := range c.worklist.todo {
		if t.RemoveReused {
			by[t.Output] = append(by[t.Output], t.ReuseFrom)
			c.moving[path.Join(c.past.Prefix, t.ReuseFrom)] = true
		}
		takes := []string{path.Join(c.past.Prefix, t.Output)}
		if !makesNone(tried[t.Output]) {
			takes = nil
		}
		if t.Hashed() && tried[t.Output].Status != asset.Failed { // those of older contents
			for _, e := range c.past.OfJob(t.Job) {
				if e.Output.Path != path.Join(c.past.Prefix, tried[t.Output].Output) {
					takes = append(takes, e.Output.Path)
				}
			}
		}
		if old, ok := c.past.Supersedes(path.Join(c.past.Prefix, t.Source.Path), path.Join(c.past.Prefix, t.Output)); ok {
			takes = append(takes, old)
		}
		for _, e := range c.past.BySource(path.Join(c.past.Prefix, t.Source.Path)) {
			o := e.Output
			name, below := c.past.Below(o.Path)
			if below && slices.Contains(takes, o.Path) && !o.Accepted && o.Blob != "" && blobs[o.Path] == o.Blob {
				by[t.Output] = append(by[t.Output], name)
				c.moving[o.Path] = true
			}
		}
	}
	return by, nil
}

// ignoredHint is for results that git ignores.
const ignoredHint = "take it out of .gitignore or add it by force; where results are not to be committed, set `checks: budgets`"

// gitIgnores are those of names, which are from the working directory, that git ignores.
func (c *outputCheck) gitIgnores(ctx context.Context, names []string) (map[string]bool, error) {
	if c.run.repo == nil || len(names) == 0 {
		return nil, nil
	}
	ignored, err := c.run.repo.Ignored(ctx, names...)
	if err != nil && ctx.Err() == nil {
		return nil, nil //nolint:nilerr // a path by way of a link: the conversion says so
	}
	return ignored, err
}

// ofTodo is the finding for a source that is not done. tried is what its conversion
// comes to, which replaces whatever is in the place of its output; it has no Status where
// that was not tried.
func (c *outputCheck) ofTodo(t lockfile.Todo, tried asset.Result) (f asset.Finding, of fixes) {
	source, output := t.Source.Path, t.Output
	keep, hint := []string{output}, "keep it with `webpress accept`, "
	if t.Hashed() { // what was changed is not what its name says
		output, keep, hint = cmp.Or(tried.Output, output), nil, ""
	}
	lost := fixes{run: c.run, lock: c.past.LockPath(), convert: []string{source}}
	lose := func() []string { return lost.webpress(lost.convert, "--overwrite") }
	switch {
	case tried.Status == asset.Failed:
		return unreadable(tried)
	case t.Why == lockfile.WhyEdited && !t.Overwrite:
		return asset.Finding{
			Rule: asset.RuleEdited, Severity: asset.Error, Path: output,
			Message: fmt.Sprintf("%q was changed by hand since it was made of %q", output, source),
			Hint:    hint + "bring it back with git, or make it again with `--overwrite`",
		}, fixes{accept: keep, lost: lose(), add: []string{output, c.past.LockPath()}}
	case t.Accepted && !t.Overwrite && tried.Status == asset.Converted:
		return asset.Finding{
			Rule: asset.RuleEdited, Severity: asset.Error, Path: output,
			Message: fmt.Sprintf("%q was accepted as the result of %q, and %s since then", output, source, changedSince(t.Why)),
			Hint:    "look at it, and keep it with `webpress accept`, or make it again with `--overwrite`",
		}, fixes{accept: []string{output}, lost: lose(), add: []string{output, c.past.LockPath()}}
	case t.Occupied && tried.Status == asset.Converted:
		return asset.Finding{
			Rule: asset.RuleOccupied, Severity: asset.Error, Path: output,
			Message: fmt.Sprintf("%q is not made by webpress, and is where the result of %q goes", output, source),
			Hint:    "accept it as the result with `webpress accept`, move it away, or replace it with `--overwrite`",
		}, fixes{accept: []string{output}, lost: lose(), add: []string{output, c.past.LockPath()}}
	}
	message := fmt.Sprintf("%q is not up to date: %s", source, t.Why)
	if t.Why == lockfile.WhyNew {
		message = fmt.Sprintf("%q has not been converted yet", source)
	}
	f = asset.Finding{Rule: asset.RuleOutdated, Severity: asset.Error, Path: source, Message: message}
	if t.Source.URL != "" { // no argument names it
		return f, fixes{rerun: true}
	}
	return f, fixes{convert: []string{source}}
}

// changedSince says what has changed since a result was accepted.
func changedSince(why lockfile.Why) string {
	if why == lockfile.WhyRecipe {
		return "the settings have changed"
	}
	return "its source has changed"
}
