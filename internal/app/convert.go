package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"webpress/internal/asset"
	"webpress/internal/config"
	"webpress/internal/convert"
	"webpress/internal/git"
	"webpress/internal/report"
	"webpress/internal/scan"
)

// convert is the verb of that name.
func (r *run) convert(ctx context.Context) int {
	began := r.Now()
	s := r.settings
	if s.Verbose {
		r.tellSettings()
	}
	repo := r.openRepo(ctx)
	to, err := r.chooseStores(ctx, repo)
	if err := errors.Join(err, r.checkFiles(), r.checkWebhook()); err != nil {
		return r.stop(ctx, err)
	}
	if s.Verbose {
		r.tellStores(to)
	}
	found, err := scan.Find(ctx, scan.Options{
		Dir: s.WorkingDirectory, Paths: s.Paths, Globs: s.Glob, Ignore: s.Ignore,
		MaxFileSize: s.MaxFileSize, Git: git.Options{Env: r.Environ},
	})
	if err != nil {
		return r.stop(ctx, err)
	}
	jobs, settled := convert.Plan(found.Sources, func(asset.Source) convert.Wish { return wish(s) })
	settled = append(found.Failed, settled...)
	results := r.work(ctx, jobs, settled)
	in := report.Input{
		Results:     inOrder(append(settled, results...)),
		Notices:     found.Notices,
		DryRun:      s.DryRun,
		Interrupted: ctx.Err() != nil,
		Left:        len(jobs) - len(results),
		Recipe:      recipe(s),
		Version:     r.Version,
		Elapsed:     r.Now().Sub(began),
	}
	var stored bool
	in.Deliveries, stored = r.store(ctx, to, repo, in)
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	told := r.deliver(ctx, in, r.prefix(repo))
	return exitCode(in, stored && told, s.FailOn)
}

// work converts the jobs, and tells of every result, those that were settled
// before included.
func (r *run) work(ctx context.Context, jobs []asset.Job, settled []asset.Result) []asset.Result {
	s := r.settings
	if len(jobs)+len(settled) == 0 {
		return nil
	}
	memory := s.MemoryLimit
	if memory == 0 {
		memory = convert.DefaultMemory()
	}
	convert.CapHeap(memory)

	defer r.ci.Group(fmt.Sprintf("Convert %s", count(len(jobs)+len(settled), "picture")))()
	p := newProgress(r.log, r.Stderr, len(jobs), r.ci.Name() != "", s.Verbose)
	defer p.done()
	for _, result := range settled {
		p.tell(result)
	}
	return convert.Run(ctx, jobs, convert.Options{
		Dir: s.WorkingDirectory, Jobs: s.Jobs, Memory: memory,
		DryRun: s.DryRun, Progress: p.step, Now: r.Now,
	})
}

// wish is what the settings want of a source.
func wish(s config.Config) convert.Wish {
	return convert.Wish{Recipe: recipe(s), Overwrite: s.Overwrite, Remove: s.Originals == "remove"}
}

// recipe is how the settings want a source converted.
func recipe(s config.Config) asset.Recipe {
	return asset.Recipe{
		Format: asset.Format(s.Format), Quality: s.Quality, Lossless: s.Lossless, Effort: s.Effort,
		MaxWidth: s.MaxWidth, MaxHeight: s.MaxHeight, Metadata: s.Metadata,
		Output: s.Output, MinSavings: s.MinSavings, MaxPixels: s.MaxPixels,
	}
}

func inOrder(results []asset.Result) []asset.Result {
	slices.SortStableFunc(results, func(a, b asset.Result) int {
		return cmp.Compare(a.Source.Path, b.Source.Path)
	})
	return results
}

func exitCode(in report.Input, delivered bool, failOn string) int {
	failed := slices.ContainsFunc(in.Results, func(r asset.Result) bool { return r.Status == asset.Failed })
	switch {
	case in.Interrupted:
		return Interrupted
	case !delivered:
		return Undelivered
	case failed && failOn != "none":
		return ImageFailed
	}
	return Fine
}

// stop ends a run that could not begin.
func (r *run) stop(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		r.log.error("interrupted before the first picture")
		return Interrupted
	}
	var notes []string
	for _, one := range unjoin(err) {
		r.log.error("%s", one)
		notes = append(notes, one.Error())
		var fault *asset.Fault
		if errors.As(one, &fault) && fault.Hint != "" {
			r.log.hint("%s", fault.Hint)
			notes = append(notes, fault.Hint)
		}
	}
	r.annotateRun(strings.Join(notes, "\n"))
	return WrongSettings
}

// unjoin takes apart what errors.Join has joined, also where it was joined again.
func unjoin(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if _, whole := err.(interface{ As(any) bool }); !ok || whole {
		return []error{err} // one that has several causes is still one
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, unjoin(one)...)
	}
	return all
}

// tellSettings prints what the run goes by.
func (r *run) tellSettings() {
	s := r.settings
	r.log.line("webpress %s, %s, %d processors", r.Version, runtime.Version(), runtime.GOMAXPROCS(0))
	if name := r.ci.Name(); name != "" {
		r.log.line("running on %s", name)
	}
	r.log.line("working directory %q", s.WorkingDirectory)
	if s.File != "" {
		r.log.line("settings from %q", s.File)
	}
	for _, notice := range r.facts.Notices {
		r.log.line("%s", notice)
	}
}

// tellStores prints where results will go.
func (r *run) tellStores(to stores) {
	names := []string{"the work tree"}
	for _, one := range to.list {
		names = append(names, one.Name())
	}
	r.log.line("results go to: %s", strings.Join(names, ", "))
}

// count is a number of things in words: 1 picture, 2 pictures.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
