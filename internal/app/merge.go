package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"webpress/internal/asset"
	"webpress/internal/report"
	"webpress/internal/store"
)

// merge is the verb of that name: it joins what the shards of a run have made into
// one tree, one lock file, one commit, one comment and one summary.
func (r *run) merge(ctx context.Context) int {
	began := r.Now()
	if r.settings.Verbose {
		r.tellSettings()
	}
	r.openRepo(ctx)
	to, err := r.chooseStores(ctx, r.repo)
	if err := errors.Join(err, r.readRules(), r.checkFiles(ctx), r.checkWebhook()); err != nil {
		return r.stop(ctx, err)
	}
	p, v, release, err := r.enter(ctx)
	if err != nil {
		return r.stop(ctx, err)
	}
	defer release()
	parts, err := r.verifyShards(ctx)
	if err != nil {
		return r.refuseUpload(err)
	}
	s := shards{run: r, prefix: r.prefix(r.repo), files: map[string]asset.Result{}, told: map[string]asset.Result{}}
	for _, part := range parts {
		if err := s.read(part); err != nil {
			r.tellFault(err)
			r.annotateRun(err.Error())
			return ImageFailed
		}
	}
	o := outcome{view: v, past: p}
	for _, t := range v.todo {
		o.results = append(o.results, s.result(t.Job))
	}
	r.log.line("%s joined: %s", count(len(parts), "shard"), count(len(o.results), "result"))
	if !r.settings.DryRun {
		for _, part := range parts {
			if err := r.unpack(r.root(), part); err != nil {
				r.tellFault(err)
				r.annotateRun(err.Error())
				return Undelivered
			}
		}
		for _, one := range o.results {
			if one.Replaced == "" {
				continue
			}
			if err := r.remove(one.Replaced); err != nil && !errors.Is(err, fs.ErrNotExist) {
				o.notices = append(o.notices, fmt.Sprintf("%q is an old result, and could not be removed: %s", one.Replaced, err))
			}
		}
	}
	progress := newProgress(r.log, r.Stderr, 0, true, r.settings.Verbose)
	for _, one := range o.results {
		progress.tell(one)
	}
	return r.conclude(ctx, to, o, began)
}

// verifyShards checks the folders that shards have left.
func (r *run) verifyShards(ctx context.Context) ([]store.Verified, error) {
	allowed, err := r.allowed()
	if err != nil {
		return nil, err
	}
	head := r.facts.HeadSHA
	if head == "" && r.repo != nil {
		if head, err = r.repo.CheckedOut(ctx); err != nil {
			return nil, err
		}
	}
	dirs := make([]string, len(r.settings.Merged))
	for i, dir := range r.settings.Merged {
		dirs[i] = r.at(dir)
	}
	return store.VerifyAll(dirs, store.VerifyOptions{
		Head: head, Allowed: allowed, Recipe: r.recipeAtTop, MaxPixels: r.settings.MaxPixels,
		Remove: r.removesAtTop,
	})
}

// shards is what the shards of a run have made.
type shards struct {
	*run
	prefix string
	// files are the verified outputs, told the results in the shards' reports, both
	// by the source's path from the working directory.
	files, told map[string]asset.Result
}

// read reads what one shard says of its results.
func (s *shards) read(part store.Verified) error {
	data, err := part.Report()
	if err != nil {
		return err
	}
	rep, err := report.Parse(data)
	if err != nil {
		return fmt.Errorf("read the report of shard %s: %w", part.Manifest.Shard, err)
	}
	for _, one := range part.Results {
		s.files[s.fromTop(one.Source.Path)] = one
	}
	for _, one := range rep.Results {
		s.told[one.Source.Path] = one
	}
	return nil
}

// result is what has become of a job. Outputs are those that were verified, and
// nothing is removed that this run would not remove itself.
func (s *shards) result(j asset.Job) asset.Result {
	one, ok := s.told[j.Source.Path]
	file, made := s.files[j.Source.Path]
	claims := one.Status == asset.Converted || one.Reason == asset.UpToDate
	switch {
	case !ok:
		return asset.Fail(j.Source, fmt.Sprintf("convert %q: no shard has done it", j.Source.Path),
			"let the jobs and the merge run on the same commit with the same settings")
	case claims && (!made || path.Join(s.prefix, one.Output) != file.Output || one.Output != j.Output):
		return asset.Fail(j.Source, fmt.Sprintf("convert %q: its result is not in what the shard has uploaded", j.Source.Path), "run that job again")
	case claims:
		one.After, one.SHA256, one.Width, one.Height = file.After, file.SHA256, file.Width, file.Height
	}
	if one.Replaced != j.Like || !j.Moved {
		one.Replaced = ""
	}
	one.Source = j.Source
	return one
}
