package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/shell"
	"github.com/webpress/webpress/internal/target"
	"github.com/webpress/webpress/internal/tree"
)

// convert is the verb of that name.
func (r *run) convert(ctx context.Context) (verdict, error) {
	began := r.Now()
	s := r.settings
	if s.Verbose {
		r.logSettings()
	}
	r.openRepo(ctx)
	if err := r.chooseShard(); err != nil {
		return verdict{}, err
	}
	to, err := r.target().Choose(ctx)
	if err := errors.Join(err, r.readRules(), r.sinkChecker().checkFiles(ctx), r.notifier().checkWebhook()); err != nil {
		return verdict{}, err
	}
	if s.Verbose {
		r.logStores(to)
	}
	p, v, release, err := r.lockAndDiscover(ctx)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	r.keepShard(v)
	r.keepBatch(v)
	if s.Verbose {
		what := "they are"
		if v.found.Opened == 1 {
			what = "it is"
		}
		r.log.Line("%s opened to see what %s", english.Plural(v.found.Opened, "file", ""), what)
	}
	notices := r.leaveUnasked(v)
	forecast, err := r.forecastOnly(ctx, v)
	if err != nil {
		return verdict{}, err
	}
	jobs := v.jobs()
	results, err := r.work(ctx, jobs, v.settled, r.journal(p))
	if err != nil {
		return verdict{}, err
	}
	o := outcome{worklist: v, past: p, results: results, left: len(jobs) - len(results), notices: notices, forecast: forecast}
	return r.finishRun(ctx, to, o, began)
}

// lockAndDiscover keeps other runs out of the tree until release is called, and finds what
// there is to do in it.
func (r *run) lockAndDiscover(ctx context.Context) (p *history.History, v *worklist, release func(), err error) {
	if release, err = r.lockTree(ctx, r.root(), r.settings.DryRun); err != nil {
		return nil, nil, nil, err
	}
	if p, err = r.loadHistory(ctx); err == nil {
		v, err = r.discover(ctx, p)
	}
	if err == nil {
		err = r.sinkChecker().checkImages(p, v)
	}
	if err != nil {
		release()
	}
	return p, v, release, err
}

// An outcome is what a run has come to, before it is delivered.
type outcome struct {
	*worklist
	past    *history.History
	results []asset.Result
	// left is the number of jobs without a result.
	left int
	// notices are remarks besides those of the view.
	notices []string
	// forecast is that of a dry run by an API, which converts nothing.
	forecast string
}

// finishRun records, delivers and reports the results of a run.
func (r *run) finishRun(ctx context.Context, to target.Stores, o outcome, began time.Time) (verdict, error) {
	s := r.settings
	if r.batches != nil {
		began = r.batches.began
	}
	in := report.Input{
		Results: shown(inOrder(slices.Concat(o.settled, o.results))),
		Notices: slices.Concat(o.found.Notices, o.notices),
		DryRun:  s.DryRun, Left: o.left, Forecast: o.forecast, Shard: r.shard.String(),
		Recipe: plan.Recipe(&s), Rules: r.plan.Rules(), Version: r.Version,
		SettingsFile: s.File, Link: r.links(o.found),
		// A CI folds what was logged on the way.
		Logged: r.ci.Name() == "" && s.Verb == config.Convert,
	}
	done, ok := r.finishTree(ctx, o, &in)
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	var stored bool
	in.Deliveries, stored = r.deliver(ctx, to, in, o.past, done)
	if r.nextBatch(ctx, &in, ok && stored) {
		return verdict{}, nil
	}
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	published := r.publishReport(ctx, in, r.prefix(r.repo))
	v := r.verdict(in, ok && stored && published && (r.batches == nil || !r.batches.failed))
	if v == (verdict{}) && s.FailOn == config.FailOnChange {
		return r.changedVerdict(ctx, o, done)
	}
	return v, nil
}

// changedVerdict is that of a hook, which fails where something is to be added to git.
func (r *run) changedVerdict(ctx context.Context, o outcome, done cleanup) (verdict, error) {
	changed, names, gone := done.wrote, []string(nil), slices.Clone(done.deleted)
	for _, one := range o.results {
		if one.Status == asset.Converted {
			changed = true
			if !tree.IsOutside(one.Output) {
				names = append(names, one.Output)
			}
		}
		if one.Replaced != "" {
			gone = append(gone, one.Replaced)
		}
	}
	for _, name := range done.pages.changed {
		names = append(names, tree.SeenFrom(r.prefix(r.repo), name))
	}
	if o.past != nil {
		list, err := r.notAdded(ctx, o.past, o.worklist, o.results)
		if err != nil {
			r.log.Fault(err)
			return verdict{undelivered: true}, nil
		}
		names = append(names, list...)
	}
	names, err := r.addable(ctx, names, gone)
	switch {
	case err != nil:
		r.log.Fault(err)
		return verdict{undelivered: true}, nil
	case !changed && len(names) == 0:
		return verdict{}, nil
	case r.repo != nil && len(names) > 0:
		r.log.Line("add what has changed, and go on: %s", gitAdd(names))
	}
	return verdict{failed: true}, nil
}

// addable are the files that `git add` takes, sorted: those of names that git does not
// ignore, and those of gone, which are deleted or will be, that git has. It fails at all
// others, and then adds nothing.
func (r *run) addable(ctx context.Context, names, gone []string) ([]string, error) {
	if r.repo == nil {
		return unique(names), nil
	}
	names = unique(names)
	// By way of a link git does not say.
	if ignored, err := r.repo.Ignored(ctx, names...); err == nil {
		names = slices.DeleteFunc(names, func(name string) bool { return ignored[name] })
	}
	tracked, err := r.repo.Tracked(ctx, gone)
	return unique(slices.AppendSeq(names, maps.Keys(tracked))), err
}

// fewPaths is up to how many files git add names.
const fewPaths = 8

// gitAdd is the command that adds files, and nothing that is not meant to be. If they
// are many, it names results by their extension.
func gitAdd(names []string) string {
	words := []string{"git add --"}
	for _, ext := range []string{".webp", ".avif"} { // others are those of sources
		if len(names) <= fewPaths {
			break
		}
		few := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return path.Ext(name) == ext })
		if len(few) < len(names) {
			words = append(words, "'*"+ext+"'")
		}
		names = few
	}
	for _, name := range names {
		words = append(words, shell.Quote(shell.Pathspec(name)))
	}
	return strings.Join(words, " ")
}

// work converts the jobs and logs every result, including those that were settled
// before.
func (r *run) work(ctx context.Context, jobs []asset.Job, settled []asset.Result,
	finished func(asset.Job, asset.Result, []byte) error) ([]asset.Result, error) {
	s := r.settings
	if len(jobs)+len(settled) == 0 {
		return nil, nil
	}
	o := convert.Options{
		Codec: r.codec,
		Dir:   s.WorkingDirectory, Jobs: s.Jobs, Memory: s.MemoryLimit, DryRun: s.DryRun, Now: r.Now,
		Finished: finished,
	}
	if r.repo != nil {
		o.Blob = r.blob
	}
	if d := r.downloads; d != nil {
		defer d.close()
		d.start(ctx, jobs)
		o.Fetch, o.Unchanged = d.fetch, d.unchanged(func(output string) bool {
			_, err := os.Lstat(s.At(filepath.FromSlash(output)))
			return err == nil || r.elsewhere[output]
		})
	}
	if s.Lock && s.Verb == config.Convert {
		f := fixes{run: r}
		o.Accept = func(output string) string { return f.webpress([]string{output}, string(config.Accept))[0] }
	}
	closeCache, err := r.useCache(&o)
	if err != nil {
		return nil, err
	}
	defer closeCache()
	if len(jobs) > 0 {
		if err := r.ready(ctx, &o, len(asset.BySource(jobs))); err != nil {
			return nil, err
		}
		convert.CapHeap(cmp.Or(o.Memory, convert.DefaultMemory()))
	}

	todo, all := map[string]bool{}, map[string]bool{}
	for _, j := range jobs {
		todo[j.Source.Path], all[j.Source.Path] = true, true
	}
	for _, one := range settled {
		all[one.Source.Path] = true
	}
	what := english.Plural(len(all), "image", "")
	if len(todo) < len(all) {
		what = fmt.Sprintf("%d of %s", len(todo), what)
	}
	if !s.Quiet {
		defer r.ci.Group("Convert " + what)()
	}
	var terminal io.Writer
	if r.ci.Name() == "" && !s.Quiet {
		terminal = r.Stderr
	}
	p := console.NewProgress(r.log, terminal, len(jobs), s.Verbose, r.Now)
	defer p.End()
	if r.downloads != nil {
		p.Note = r.downloads.String
	}
	for _, result := range settled {
		p.Show(result)
	}
	o.Progress = p.Step
	results := convert.Run(ctx, jobs, o)
	if r.downloads != nil {
		if text := r.downloads.String(); text != "" {
			r.log.Line("%s", text)
		}
	}
	return results, nil
}

// leaveUnasked takes the jobs out of a dry run whose sources it would have to download, and says so.
func (r *run) leaveUnasked(v *worklist) (notices []string) {
	if r.downloads == nil || !r.downloads.offline {
		return nil
	}
	unasked := map[string]bool{}
	v.todo = slices.DeleteFunc(v.todo, func(t lockfile.Todo) bool {
		if t.Source.URL != "" {
			unasked[t.Source.Path] = true
		}
		return t.Source.URL != ""
	})
	if len(unasked) > 0 {
		notices = append(notices, english.Plural(len(unasked), "source", "")+" would be downloaded and converted; a dry run asks no server")
	}
	return notices
}

// warm starts the processes that decode, as many as there will be work for, while it
// is still being sorted.
func (r *run) warm(ctx context.Context, sources int) {
	if r.workers == nil {
		return
	}
	n := r.settings.Jobs
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	r.workers.Jobs = n
	r.workers.Warm(ctx, min(n, sources))
	if r.settings.Verbose {
		if c, err := r.workers.Confinement(ctx); err == nil {
			r.log.Line("decoders are confined by: %s", c)
		}
	}
}

// shown are results without what may be a secret in the addresses of their sources.
func shown(results []asset.Result) []asset.Result {
	for i := range results {
		if s := &results[i].Source; s.URL != "" {
			s.URL = shownAddress(s.URL)
		}
	}
	return results
}

func inOrder(results []asset.Result) []asset.Result {
	slices.SortStableFunc(results, func(a, b asset.Result) int {
		return cmp.Compare(a.Source.Path, b.Source.Path)
	})
	return results
}

// logSettings prints what the run goes by.
func (r *run) logSettings() {
	s := r.settings
	r.log.Line("webpress %s, %s, %d processors", r.Version, runtime.Version(), runtime.GOMAXPROCS(0))
	if name := r.ci.Name(); name != "" {
		r.log.Line("running on %s", name)
	}
	r.log.Line("working directory %q", s.WorkingDirectory)
	if s.File != "" {
		r.log.Line("settings from %q", s.File)
	}
	for _, notice := range r.facts.Notices {
		r.log.Line("%s", notice)
	}
}

// logStores prints where results will go.
func (r *run) logStores(to target.Stores) {
	names := []string{"the working tree"}
	for _, one := range to.List {
		names = append(names, one.Name())
	}
	r.log.Line("results go to: %s", strings.Join(names, ", "))
}
