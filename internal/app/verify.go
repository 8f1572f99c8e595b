package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
)

// tryAgain makes the results of jobs again, and writes nothing. By the path of the output:
// Converted is a result that differs from the file in its place, Skipped one that is that
// file, as UpToDate, or that is none, and Failed one that cannot be made.
func (r *run) tryAgain(ctx context.Context, jobs []asset.Job) (map[string]asset.Result, error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	jobs = slices.Clone(jobs)
	for i := range jobs {
		j := &jobs[i]
		j.Overwrite, j.Remove, j.ReuseFrom, j.RemoveReused = true, false, "", false
	}
	o := convert.Options{
		Codec: r.codec,
		Dir:   r.settings.WorkingDirectory, Jobs: r.settings.Jobs, Memory: r.settings.MemoryLimit, DryRun: true, Now: r.Now,
	}
	if o.Memory == 0 {
		o.Memory = convert.DefaultMemory()
	}
	convert.CapHeap(o.Memory)
	by := make(map[string]asset.Result, len(jobs))
	for _, one := range convert.Run(ctx, jobs, o) {
		by[one.Target] = one
	}
	return by, ctx.Err()
}

// verify makes results again that the lock file calls up to date, and compares: a line of
// it may have been written by hand.
func (c *outputCheck) verify(ctx context.Context) error {
	jobs, decided, notice, err := c.toVerify(ctx)
	if notice != "" {
		c.in.Notices = append(c.in.Notices, notice)
	}
	if err != nil || len(jobs) == 0 {
		return err
	}
	c.log.Line("%s made again to verify webpress.lock", english.Plural(len(jobs), "result", ""))
	again, err := c.tryAgain(ctx, jobs)
	if err != nil {
		return err
	}
	var uncapped []asset.Job
	for _, j := range jobs {
		if one, now := again[j.Output], decided[j.Output]; (one.Reason != now.Reason || one.Output != now.Output) && convert.Capped(j) {
			j.Recipe.NoQualityCap = true
			uncapped = append(uncapped, j)
		}
	}
	older, err := c.tryAgain(ctx, uncapped)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		made := again[j.Output]
		now := decided[j.Output]
		if one, ok := older[j.Output]; ok && one.Reason == now.Reason && one.Output == now.Output {
			continue // made before qualities were capped
		}
		name := cmp.Or(now.Output, j.Output)
		f := asset.Finding{Rule: asset.RuleUnverified, Severity: asset.Error, Path: name,
			Hint: "make it again, or accept it as it is with `webpress accept`"}
		of := fixes{again: []string{j.Source.Path}, add: []string{cmp.Or(made.Output, name), c.past.LockPath()}}
		if name != made.Output && made.Output != "" {
			of.gone = []string{name}
		}
		switch {
		case made.Status == asset.Failed:
			f, of = unreadable(made)
		case made.Reason == now.Reason && made.Output == now.Output:
			continue
		case now.Reason == asset.NotSmaller || now.Reason == asset.IsWebP || now.Reason == asset.NotWider:
			f.Path, f.Hint = j.Source.Path, "make it"
			f.Message = fmt.Sprintf("webpress.lock says that %q is %s, and it is not so", j.Source.Path, now.Reason)
		case makesNone(made):
			f.Message = fmt.Sprintf("%q is not what webpress makes of %q: there is no result, for it is %s", name, j.Source.Path, made.Reason)
			of.add, of.gone = []string{c.past.LockPath()}, []string{name}
		default:
			f.Message = fmt.Sprintf("%q is not what webpress makes of %q", name, j.Source.Path)
		}
		c.add(j.Source.Path, f, of)
	}
	return nil
}

// toVerify are the jobs that are done and are to be done again. In a CI they are those
// of lines that the change adds; notice says where these are not known.
func (c *outputCheck) toVerify(ctx context.Context) (jobs []asset.Job, results map[string]asset.Result, notice string, err error) {
	added := func(lockfile.Entry) bool { return true }
	switch c.settings.Verify {
	case config.Never:
		return nil, nil, "", nil
	case config.Auto:
		if c.ci.Name() == "" || !c.past.HasFile() {
			return nil, nil, "", nil
		}
		if c.remote != nil {
			return nil, nil, "results were not verified: an API converts them, and `verify: true` would have it convert them again", nil
		}
		base, why, err := c.baseLedger(ctx)
		if err != nil {
			return nil, nil, "", err
		}
		if base == nil {
			return nil, nil, "results were not verified: " + why, nil
		}
		added = func(e lockfile.Entry) bool { return !base.Has(e) }
	}
	done, results := c.done()
	for _, j := range done {
		entries := c.past.OfJob(j)
		if !slices.ContainsFunc(entries, added) {
			continue
		}
		if o, ok := acceptedOutput(entries); ok {
			name, _ := c.past.Below(o.Path)
			c.add(j.Source.Path, asset.Finding{
				Rule: asset.RuleAccepted, Severity: asset.Warning, Path: name,
				Message: fmt.Sprintf("%q was accepted as it is, and is not what webpress makes of %q", name, j.Source.Path),
				Hint:    "look at it before it is merged",
			}, fixes{})
			continue
		}
		jobs = append(jobs, j)
	}
	return jobs, results, "", nil
}

// acceptedOutput is the output that was accepted, if there is one.
func acceptedOutput(entries []lockfile.Entry) (lockfile.Output, bool) {
	for _, e := range entries {
		if e.Output.Accepted {
			return e.Output, true
		}
	}
	return lockfile.Output{}, false
}

// baseLedger is the lock file of what the change is compared with. It is nil if that is
// not known, and why says so.
func (r *run) baseLedger(ctx context.Context) (l *lockfile.File, why string, err error) {
	c, why, err := r.compare(ctx)
	switch {
	case err != nil:
		return nil, "", err
	case c == nil:
		return nil, why, nil
	case c.Base == "":
		return nil, "the platform lists the files alone; fetch the history, by `fetch-depth: 0`", nil
	}
	data, err := r.repo.FileAt(ctx, c.Base, lockfile.Name)
	if err != nil {
		return nil, "", err
	}
	if l, err = lockfile.Parse(data); err != nil {
		return lockfile.New(), "", nil //nolint:nilerr // all lines count as added then
	}
	return l, "", nil
}

// again turns what is done into jobs, where a conversion is to verify results: those
// that are what webpress makes stay, and others are replaced.
func (r *run) again(p *history.History, v *worklist) {
	if r.settings.Verb != config.Convert || r.settings.Verify != config.Always || p == nil {
		return
	}
	jobs, _ := v.done()
	done := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		done[j.Output] = true
		entries := p.OfJob(j)
		_, accepted := acceptedOutput(entries)
		j.OwnsOutput = !accepted && j.Output != j.Source.Path
		v.todo = append(v.todo, lockfile.Todo{Job: j, Why: lockfile.WhyVerify, Grounds: entries})
		v.before = append(v.before, entries...)
	}
	v.settled = slices.DeleteFunc(v.settled, func(one asset.Result) bool { return done[one.Target] })
}
