package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// A worklist is what a run finds: what there is to do, and what is settled before it
// does anything.
type worklist struct {
	found scan.Found
	// todo are the jobs that are left, each with why.
	todo []lockfile.Todo
	// settled are the results of all other sources: failed, done or passed by.
	settled []asset.Result
	// all are the jobs of all sources, done or not, where results are to be verified.
	all []asset.Job
	// wanted are the outputs of all jobs.
	wanted lockfile.Wanted
	// before are the entries of the lock file, as they were, of sources whose outputs may be
	// needed no more.
	before []lockfile.Entry
	// failedRows are the results of rows of a list that are wrong.
	failedRows []asset.Result
}

// discover finds the images and holds them against what earlier runs have done.
// p is nil if nothing is known of those.
func (r *run) discover(ctx context.Context, p *history.History) (*worklist, error) {
	v := &worklist{}
	confined, err := r.changed(ctx)
	if err != nil {
		return nil, err
	}
	o := r.scanOptions()
	if confined != nil {
		o.Only = only(confined, p, r.prefix(r.repo))
	}
	if p != nil {
		o.Known = p.KnownHere
	}
	if len(r.settings.Addresses) == 0 || len(r.settings.Paths) > 0 {
		if v.found, err = scan.Find(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := r.addSources(ctx, p, v, confined); err != nil {
		return nil, err
	}
	if r.settings.Verbose {
		for _, one := range v.found.LeftOut {
			r.log.Line("%s", one)
		}
	}
	r.noImages(&v.found)
	v.settled = slices.Concat(v.found.Failed, v.failedRows)
	if p != nil && (r.settings.Prune || r.settings.Verb == config.Check) {
		v.settled = slices.DeleteFunc(v.settled, func(one asset.Result) bool { return r.isGone(p, one) })
	}
	if err := r.missing(v.settled); err != nil {
		return nil, err
	}
	if notice := ignoredSources(v.found.Sources); notice != "" && p != nil && p.Repo != nil && r.settings.Verb == config.Convert {
		v.found.Notices = append(v.found.Notices, notice)
	}
	caches := r.settings.CacheDir != ""
	if p == nil {
		if caches {
			if err := r.newHistory().Identify(ctx, v.found.Sources, true); err != nil {
				return nil, err
			}
		}
		jobs, settled := r.plan.Jobs(v.found.Sources)
		v.settled = append(v.settled, settled...)
		kept, err := r.keepOriginals(ctx, jobs)
		if err != nil {
			return nil, err
		}
		v.found.Notices = append(v.found.Notices, kept...)
		for _, j := range jobs {
			v.todo = append(v.todo, lockfile.Todo{Job: j, Why: lockfile.WhyNew})
		}
		return v, nil
	}
	p.Files = v.found.Files
	sources, made := p.WithoutOutputs(v.found.Sources, len(r.settings.Paths) > 0)
	v.settled = append(v.settled, made...)
	if err := p.Identify(ctx, sources, caches); err != nil {
		return nil, err
	}
	jobs, settled := r.plan.Jobs(sources)
	v.settled = append(v.settled, settled...)
	kept, err := r.keepOriginals(ctx, jobs)
	if err != nil {
		return nil, err
	}
	v.found.Notices = append(v.found.Notices, kept...)
	// Of what is outside nothing is written down.
	var outside []lockfile.Todo
	jobs = slices.DeleteFunc(jobs, func(j asset.Job) bool {
		out := tree.IsOutside(j.Source.Path) || tree.IsOutside(j.Output)
		if out {
			outside = append(outside, lockfile.Todo{Job: j, Why: lockfile.WhyNew})
		}
		return out
	})
	split, err := p.Split(jobs, p.Prefix, p.Codecs, p.Tree(ctx))
	if err != nil {
		return nil, err
	}
	if len(v.settled) == 0 {
		v.settled = split.Done // no copy of many
	} else {
		v.settled = append(v.settled, split.Done...)
	}
	v.todo, v.before, v.wanted = split.Todo, split.Before, split.Wanted
	if r.settings.Verify != config.Never {
		v.all = slices.DeleteFunc(slices.Clone(jobs), func(j asset.Job) bool { return j.Source.URL != "" })
	}
	r.again(p, v)
	v.todo = append(v.todo, outside...)
	return v, r.doubt(ctx, p, v)
}

// done are the jobs that there is nothing to do for, and their results, by the path of
// the output.
func (v *worklist) done() (jobs []asset.Job, results map[string]asset.Result) {
	todo := make(map[string]bool, len(v.todo))
	for _, t := range v.todo {
		todo[t.Output] = true
	}
	results = make(map[string]asset.Result, len(v.settled))
	for _, one := range v.settled {
		results[one.Target] = one
	}
	for _, j := range v.all {
		if !todo[j.Output] {
			jobs = append(jobs, j)
		}
	}
	return jobs, results
}

// noImages says so where patterns are set and want no file that is there: a run that is
// about nothing would be green forever.
func (r *run) noImages(found *scan.Found) {
	s := r.settings
	patterns := s.Paths
	if len(patterns) == 0 {
		patterns = s.Glob
	}
	if !found.None || len(found.Sources) > 0 || len(patterns) == 0 || s.IfNoImages == config.Ignore || s.Verb != config.Convert && s.Verb != config.Check {
		return
	}
	if s.Prune && r.recorded != nil {
		if wants, err := r.wants(); err == nil {
			for source := range r.recorded {
				if wants(source) { // it is about results whose sources are gone
					return
				}
			}
		}
	}
	var unmatched []string
	found.Notices = slices.DeleteFunc(found.Notices, func(notice string) bool {
		if scan.IsUnmatched(notice) {
			unmatched = append(unmatched, notice)
			return true
		}
		return false
	})
	message := cmp.Or(strings.Join(unmatched, "; "), fmt.Sprintf("no image matches %q", strings.Join(patterns, ", ")))
	if s.IfNoImages == config.Fail {
		r.nothing = true
		r.log.Error("%s", message)
		r.annotateRun(message)
		return
	}
	r.log.Warn("%s", message)
	r.ci.Annotate([]ci.Annotation{{Level: ci.Warning, Title: "webpress", Message: message}})
}

// missing are the faults of files that were named for this run and are not there, or are pages: a
// name that is misspelled stops the run, as other wrong arguments do.
func (r *run) missing(failed []asset.Result) error {
	named := make(map[string]bool, len(r.settings.Paths))
	for _, name := range slices.Concat(r.settings.Paths, r.settings.Outside) {
		named[r.plan.Names().Of(name)] = true
		if plain, ok := scan.NameOf(name); ok {
			named[r.plan.Names().Of(plain)] = true
		}
	}
	var faults []error
	for _, one := range failed {
		if !named[one.Source.Path] {
			continue
		}
		switch _, err := os.Lstat(r.settings.At(filepath.FromSlash(one.Source.Path))); {
		case errors.Is(err, fs.ErrNotExist):
			faults = append(faults, one.Err)
		case isPage(one.Source.Path) && r.editsPages():
			faults = append(faults, &asset.Fault{
				Message: fmt.Sprintf("%q is a page, not an image", one.Source.Path),
				Hint:    "leave it out: a run edits all pages; `webpress references --dry-run` shows how",
			})
		}
	}
	return errors.Join(faults...)
}

// ignoredSources says of sources that git ignores what follows from that, empty where
// there are none.
func ignoredSources(sources []asset.Source) string {
	var names []string
	for _, s := range sources {
		if s.Ignored && filepath.IsLocal(filepath.FromSlash(s.Path)) {
			names = append(names, strconv.Quote(s.Path))
		}
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0] + " is ignored by git: " + ignoredSource
	default:
		return fmt.Sprintf("%s and %s are ignored by git: %s", names[0], english.Plural(n-1, "other image", ""), ignoredSource)
	}
}

// ignoredSource is what follows for a source from that git ignores it, and what to do.
const ignoredSource = "every run converts it again, and webpress.lock has no line for it; add it with `git add --force` if it belongs to the repository"

// isGone reports whether a file that was named is not there, and that webpress.lock has results
// of it: to prune is about those.
func (r *run) isGone(p *history.History, one asset.Result) bool {
	_, err := os.Lstat(r.settings.At(filepath.FromSlash(one.Source.Path)))
	return one.Source.URL == "" && errors.Is(err, fs.ErrNotExist) && len(p.BySource(path.Join(p.Prefix, one.Source.Path))) > 0
}

// jobs are what is left to do.
func (v *worklist) jobs() []asset.Job {
	jobs := make([]asset.Job, len(v.todo))
	for i, t := range v.todo {
		jobs[i] = t.Job
		jobs[i].Edited = t.Why == lockfile.WhyEdited
	}
	return jobs
}

// scanOptions are which files the run is about.
func (r *run) scanOptions() scan.Options {
	s := r.settings
	return scan.Options{
		Dir: s.WorkingDirectory, Paths: s.Paths, Outside: s.Outside, Names: r.plan.Names(),
		Globs: s.Glob, GlobName: r.globName(), Ignore: slices.Concat(s.Ignore, r.ownFolders()),
		Recorded:      r.recorded,
		MaxFileSizeOf: func(file string) int64 { return r.plan.SettingsOf(file).MaxFileSize },
		Git:           r.git(),
	}
}

// globName is what the setting glob is called: with its file, where that has it.
func (r *run) globName() string {
	if _, ok := r.settings.FromFile["glob"]; ok {
		return "`glob` of " + r.fromStart(r.settings.File)
	}
	return "`glob`"
}

// ownFolders are patterns of the folders that webpress itself fills: what lies there
// is no source.
func (r *run) ownFolders() []string {
	s := r.settings
	var patterns []string
	for _, dir := range append(slices.Clone(s.Merged), s.ArtifactDir, s.CacheDir) {
		if dir == "" {
			continue
		}
		if rel := below(s.WorkingDirectory, r.settings.At(dir)); rel != "" {
			patterns = append(patterns, "/"+scan.Literal(rel)+"/")
		}
	}
	return patterns
}
