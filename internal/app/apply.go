package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/target"
	"github.com/webpress/webpress/internal/tree"
)

// apply is the verb of that name. It runs with more rights than the run that made
// the upload, in a checkout of the base branch, and believes nothing but the
// platform and the settings of that checkout.
func (r *run) apply(ctx context.Context) (verdict, error) {
	began := r.Now()
	if r.settings.Verbose {
		r.logSettings()
	}
	r.openRepo(ctx)
	repo := r.repo
	if err := errors.Join(r.checkApply(repo), r.readRules(), r.sinkChecker().checkFiles(ctx), r.notifier().checkWebhook()); err != nil {
		return verdict{}, err
	}
	release, err := r.lockTree(ctx, r.root(), false)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	head, err := r.uploadHead(ctx, repo)
	if err != nil {
		return verdict{}, err
	}
	s := r.settings
	to, err := r.applyTo(ctx, repo, head)
	if err != nil {
		return verdict{}, err
	}
	at, err := r.readHead(ctx, to)
	if err != nil {
		r.log.Fault(err)
		r.annotateRun(err.Error())
		return verdict{undelivered: true}, nil
	}
	verified, err := r.verifyUploads(ctx, []string{s.Upload}, head, at.fits(ctx), at.content)
	if err != nil {
		return r.refuseUpload(err)
	}
	var results []asset.Result
	for _, part := range verified {
		results = append(results, part.Results...)
	}
	if err := r.sinkChecker().checkPlaces(at.locks, repo.Top(), results); err != nil {
		return verdict{}, err
	}
	at.describe(results)
	in := report.Input{
		Results: inOrder(results), DryRun: s.DryRun, Recipe: plan.Recipe(&s), Rules: r.plan.Rules(), Version: r.Version,
		Notices: []string{fmt.Sprintf("these are the results of another run, for commit %s", head)},
	}
	r.log.Line("%s verified, for commit %s", english.Plural(len(in.Results), "result", ""), head)
	if !s.DryRun {
		for _, part := range verified {
			if err := unpack(repo.Top(), part); err != nil {
				r.log.Fault(err)
				r.annotateRun(err.Error())
				return verdict{undelivered: true}, nil
			}
		}
	}
	d := store.Delivery{
		Dir: repo.Top(), Results: in.Results, Head: head,
		Remove: func(from asset.Source) bool {
			return slices.ContainsFunc(verified, func(part bundle.Verified) bool { return part.Removes(from.Path) })
		},
		Recipe: r.recipeAtTop,
	}
	if d.Edits, err = r.editsOf(ctx, d, at); err != nil {
		r.log.Fault(err)
		return verdict{undelivered: true}, nil
	}
	var stored bool
	in.Deliveries, stored = r.deliverAll(ctx, r.inOne(to), d)
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	r.findPullRequest(ctx, head)
	published := r.publishReport(ctx, in, r.prefix(repo))
	return r.verdict(in, stored && published), nil
}

// verifyUploads checks the folders that other jobs have left, for the commit head: for
// apply and for merge alike. Content is that of a source, by its path from the root of
// the repository.
func (r *run) verifyUploads(ctx context.Context, dirs []string, head string,
	fits func(bundle.Entry, []byte, asset.Result) error, content func(context.Context, string) ([]byte, error)) ([]bundle.Verified, error) {
	allowed, err := r.allowed()
	if err != nil {
		return nil, err
	}
	o := bundle.VerifyOptions{
		Codec: r.codec,
		Head:  head, Allowed: allowed, Recipe: r.recipeAtTop, Remove: r.removesAtTop, Outputs: r.outputsAtTop, Fits: fits,
		MaxPixels: r.settings.MaxPixels, MaxMemory: r.settings.MemoryLimit,
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = convert.DefaultMemory()
	}
	if r.settings.Verify == config.Always {
		o.Remake = func(e bundle.Entry, result []byte) error {
			data, err := content(ctx, e.Source)
			if err != nil {
				return err
			}
			return r.remake(ctx, e, data, result)
		}
	}
	at := make([]string, len(dirs))
	for i, dir := range dirs {
		at[i] = r.settings.At(dir)
	}
	// A verification that is given up would read like a refusal.
	return bundle.VerifyAll(context.WithoutCancel(ctx), at, o)
}

// editsOf are the lock file with the results of another run, whose paths begin at
// the root of the repository. There are none where none is wanted.
func (r *run) editsOf(ctx context.Context, d store.Delivery, at *headTree) ([]store.Edit, error) {
	if r.settings.DryRun {
		return nil, nil
	}
	p, err := r.loadHistory(ctx)
	if p == nil || err != nil {
		return nil, err
	}
	base, err := p.Repo.FileAt(ctx, "HEAD", lockfile.Name)
	if err != nil {
		return nil, err
	}
	var jobs []asset.Job
	var outputs []string
	for _, one := range d.Results {
		jobs = append(jobs, asset.Job{Source: one.Source, Recipe: d.Recipe(one.Source, one.Output), Output: one.Output, Remove: d.Remove(one.Source)})
		outputs = append(outputs, one.Output)
	}
	blobs, err := p.Hash(ctx, outputs)
	if err != nil {
		return nil, err
	}
	p.Record(jobs, d.Results, "", p.Codecs, blobs)
	edits := []store.Edit{p.ForCommit(base)}
	if name, ok := r.manifestPath(p); ok {
		ignored, err := p.Repo.Ignored(ctx, name)
		if err != nil {
			return nil, err
		}
		if !ignored[name] {
			_, old := r.readManifest()
			m, _, err := r.completeManifest(ctx, p, old, d.Results)
			if err != nil {
				return nil, err
			}
			edits = r.withManifest(name, p, edits[0], m)
		}
	}
	pages, err := at.pages(ctx, p)
	return append(edits, pages...), err
}

// fromTop is a path from the root of the repository as seen from the working
// directory.
func (r *run) fromTop(name string) string {
	if prefix := r.prefix(r.repo); prefix != "" {
		return strings.TrimPrefix(name, prefix+"/")
	}
	return name
}

// recipeAtTop is recipeFor with paths that begin at the root of the repository.
func (r *run) recipeAtTop(s asset.Source, output string) asset.Recipe {
	s.Path = r.fromTop(s.Path)
	return r.plan.Recipe(s, r.fromTop(output))
}

// removesAtTop is removes for the path of a source from the root of the repository.
func (r *run) removesAtTop(source string) bool {
	return r.removes(asset.Source{Path: r.fromTop(source)})
}

// outputsAtTop are the outputs that the settings want of a source. Paths begin at the root
// of the repository.
func (r *run) outputsAtTop(source string) (outputs []string) {
	jobs, _ := r.plan.Jobs([]asset.Source{{Path: r.fromTop(source)}})
	for _, j := range jobs {
		outputs = append(outputs, path.Join(r.prefix(r.repo), j.Output))
	}
	return outputs
}

// findPullRequest asks for the pull request that the upload is for, where a
// comment is wanted: the platform does not name it if it comes from a fork.
func (r *run) findPullRequest(ctx context.Context, head string) {
	f := r.facts
	if !r.settings.Comment || r.settings.DryRun || f.PullRequest != 0 || f.HeadRepository == "" || r.access().Forge() != target.GitHub || !r.access().HasToken() {
		return
	}
	pull, found, err := r.access().GitHub(f.Repository).FindPullRequestOf(ctx, f.HeadRepository, f.Branch, head)
	switch {
	case err != nil:
		r.log.Soft(err)
	case found:
		r.facts.PullRequest = pull.Number
	}
}

// checkApply finds what is wrong with the way in which the verb is used.
func (r *run) checkApply(repo *git.Repo) error {
	var faults []error
	if repo == nil {
		faults = append(faults, &asset.Fault{
			Message: fmt.Sprintf("apply %q: %s", r.settings.Upload, r.noRepo),
			Hint:    "check the base branch out before, as actions/checkout does, and have git installed",
		})
	}
	if info, err := os.Stat(r.settings.At(r.settings.Upload)); err != nil || !info.IsDir() {
		why := "not a directory"
		if err != nil {
			why = tree.Cause(err).Error()
		}
		faults = append(faults, &asset.Fault{
			Message: fmt.Sprintf("apply %q: %s", r.settings.Upload, why),
			Hint:    "download the artifact into this folder before, as actions/download-artifact does",
		})
	}
	return errors.Join(faults...)
}

// uploadHead is the commit that an upload has to be for: the platform's word in
// a CI, the one that is checked out elsewhere.
func (r *run) uploadHead(ctx context.Context, repo *git.Repo) (string, error) {
	if r.facts.HeadSHA != "" {
		return r.facts.HeadSHA, nil
	}
	fault := &asset.Fault{
		Message: fmt.Sprintf("apply %q: the commit that it should be for is not known", r.settings.Upload),
		Hint:    "run `webpress apply` in a workflow that is started by workflow_run",
	}
	if r.ci.Name() != "" {
		return "", fault
	}
	head, err := repo.CheckedOut(ctx)
	if err == nil && head == "" {
		err = fault
	}
	return head, err
}

// allowed returns what says whether the settings would make an output of a
// source. Both begin at the root of the repository.
func (r *run) allowed() (func(source, output string) error, error) {
	wants, err := r.wants()
	if err != nil {
		return nil, err
	}
	prefix, under := r.prefix(r.repo), ""
	if prefix != "" {
		under = prefix + "/"
	}
	return func(source, output string) error {
		from, ok := strings.CutPrefix(source, under)
		if !ok {
			return fmt.Errorf("its source %q is outside of the working directory", source)
		}
		if !wants(from) {
			return fmt.Errorf("the settings do not take its source %q", source)
		}
		jobs, _ := r.plan.Jobs([]asset.Source{{Path: from}})
		if !slices.ContainsFunc(jobs, func(j asset.Job) bool {
			name, ok := lockfile.Below(prefix, output)
			return ok && j.Makes(name)
		}) {
			return fmt.Errorf("the settings do not make it of its source %q", source)
		}
		return nil
	}, nil
}

// wants says whether the settings take a file, whether it is there or not.
func (r *run) wants() (func(file string) bool, error) {
	s := r.settings
	return scan.Wants(scan.Options{Dir: s.WorkingDirectory, Paths: s.Paths, Outside: s.Outside, Globs: s.Glob, Ignore: s.Ignore, Recorded: r.recorded})
}

// refuseUpload reports all faults of an upload, and that nothing of it is used.
func (r *run) refuseUpload(err error) (verdict, error) {
	var refusal *bundle.Refusal
	if !errors.As(err, &refusal) {
		r.log.Fault(err)
		r.annotateRun(err.Error())
		return verdict{failed: true}, nil
	}
	what := fmt.Sprintf("apply %q", r.settings.Upload)
	if r.settings.Verb == config.Merge {
		what = "merge" // each line names its folder
	}
	r.log.Error("%s: refused", what)
	lines := strings.Split(refusal.Error(), "\n")
	for _, line := range lines {
		r.log.Error("  %s", line)
	}
	if hint := asset.HintOf(err); hint != "" {
		r.log.Hint("%s", hint)
	}
	r.annotateRun(fmt.Sprintf("the upload was refused: %s", strings.Join(lines, "\n")))
	return verdict{failed: true}, nil
}

// unpack puts the verified files into the tree, each read and checked once more,
// and takes away the sources that are to be removed.
func unpack(dir string, v bundle.Verified) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open %q: %w", dir, tree.Cause(err))
	}
	defer root.Close()
	for _, one := range v.Results {
		data, err := v.Read(one.Output)
		if err != nil {
			return err
		}
		if err := tree.WriteFile(dir, one.Output, data); err != nil {
			return fmt.Errorf("write %q: %w", one.Output, err)
		}
		if one.Source.Path != one.Output && v.Removes(one.Source.Path) {
			if err := root.Remove(one.Source.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove %q: %w", one.Source.Path, tree.Cause(err))
			}
		}
	}
	return nil
}
