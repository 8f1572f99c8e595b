package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/tree"
)

// merge is the verb of that name: it joins what the shards of a run have made into
// one tree, one lock file, one commit, one comment and one summary.
func (r *run) merge(ctx context.Context) (verdict, error) {
	began := r.Now()
	if r.settings.Verbose {
		r.logSettings()
	}
	r.openRepo(ctx)
	to, err := r.target().Choose(ctx)
	if err := errors.Join(err, r.readRules(), r.sinkChecker().checkFiles(ctx), r.notifier().checkWebhook()); err != nil {
		return verdict{}, err
	}
	p, v, release, err := r.lockAndDiscover(ctx)
	if err != nil {
		return verdict{}, err
	}
	defer release()
	parts, err := r.verifyShards(ctx, v)
	if err != nil {
		return r.refuseUpload(err)
	}
	s := shards{run: r, prefix: r.prefix(r.repo), files: map[string]made{}, reported: map[string]asset.Result{}}
	for _, part := range parts {
		if err := s.read(part); err != nil {
			r.log.Fault(err)
			r.annotateRun(err.Error())
			return verdict{failed: true}, nil
		}
	}
	o := outcome{worklist: v, past: p, results: s.take(ctx, v.jobs(), r.journal(p))}
	o.left = len(v.todo) - len(o.results)
	r.log.Line("%s joined: %s", english.Plural(len(parts), "shard", ""), english.Plural(len(o.results), "result", ""))
	progress := console.NewProgress(r.log, nil, 0, r.settings.Verbose, r.Now)
	for _, one := range o.results {
		progress.Show(one)
	}
	return r.finishRun(ctx, to, o, began)
}

// verifyShards checks the folders that shards have left: by the settings here, and by
// what the sources are that this run has found.
func (r *run) verifyShards(ctx context.Context, v *worklist) ([]bundle.Verified, error) {
	head := r.facts.HeadSHA
	if head == "" && r.repo != nil {
		var err error
		if head, err = r.repo.CheckedOut(ctx); err != nil {
			return nil, err
		}
	}
	jobs := map[string]asset.Job{}
	for _, j := range v.jobs() {
		jobs[j.Output] = j
	}
	fits := func(e bundle.Entry, _ []byte, made asset.Result) error {
		wanted, _ := r.plan.Job(asset.Source{Path: r.fromTop(e.Source)}, r.fromTop(e.Output))
		j, ok := jobs[cmp.Or(wanted.Output, r.fromTop(e.Output))]
		if !ok {
			return nil // it is done already, and not taken
		}
		if r.fromTop(e.Source) != j.Source.Path {
			return fmt.Errorf("it was made of %q, and here it is the result of %q", e.Source, j.Source.Path)
		}
		if e.Blob != "" && j.Source.Blob != "" && e.Blob != j.Source.Blob {
			return fmt.Errorf("its source %q is another one here", e.Source)
		}
		f, err := openSource(r.settings.WorkingDirectory, j.Source.Path)
		if err != nil {
			return err
		}
		defer f.Close()
		o, err := readOrigin(f, j.Source.Size)
		if err != nil {
			return err
		}
		return r.makes(e, made, o)
	}
	content := func(_ context.Context, source string) ([]byte, error) {
		f, err := openSource(r.settings.WorkingDirectory, r.fromTop(source))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}
	return r.verifyUploads(ctx, r.settings.Merged, head, fits, content)
}

// openSource opens a regular file below dir.
func openSource(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, tree.Cause(err)
	}
	defer root.Close()
	f, _, err := tree.OpenIn(root, name)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", name, tree.Cause(err))
	}
	return f, nil
}

// shards is what the shards of a run have made.
type shards struct {
	*run
	prefix string
	// files are the verified outputs, reported the results in the shards' reports, both
	// by the output's path from the working directory.
	files    map[string]made
	reported map[string]asset.Result
}

// A made output is one that was verified, and the upload that it lies in.
type made struct {
	asset.Result
	in bundle.Verified
}

// read reads what one shard says of its results.
func (s *shards) read(part bundle.Verified) error {
	data, err := part.Report()
	if err != nil {
		return err
	}
	rep, err := report.Parse(data)
	if err != nil {
		return fmt.Errorf("read the report of shard %s: %w", part.Manifest.Shard, err)
	}
	for _, one := range part.Results {
		s.files[s.fromTop(one.Output)] = made{one, part}
	}
	for _, one := range rep.Results {
		s.reported[one.Target] = one
	}
	return nil
}

// take writes what the shards have made where the jobs want it, by the same rules as
// a run that makes it itself: what the settings do not allow is not overwritten, and no source is
// removed whose output is not there. What is of no job is not taken.
func (s *shards) take(ctx context.Context, jobs []asset.Job, finished func(asset.Job, asset.Result, []byte) error) []asset.Result {
	var todo []asset.Job
	var results []asset.Result
	for _, j := range jobs {
		if one, ok := s.decided(j); ok {
			results = append(results, one)
		} else {
			todo = append(todo, j)
		}
	}
	plan.KeepSources(todo, results)
	taken := convert.Run(ctx, todo, convert.Options{
		Codec: s.codec,
		Dir:   s.settings.WorkingDirectory, DryRun: s.settings.DryRun, Made: s.output, Now: s.Now,
		Finished: finished,
	})
	for _, one := range taken {
		one.Duration = s.reported[one.Target].Duration
		results = append(results, one)
	}
	return results
}

// decided is the result of a job of which there is nothing to take: its shard says that
// it failed, or that nothing is kept of it, or no shard has done it.
func (s *shards) decided(j asset.Job) (asset.Result, bool) {
	one, ok := s.reported[j.Output]
	switch {
	case !ok:
		one = asset.Fail(j.Source, fmt.Sprintf("convert %q: no shard has done it", j.Source.Path),
			"let the jobs and the merge run on the same commit with the same settings")
		one.Target, one.Variant = j.Output, j.Recipe.Name
		return one, true
	case one.Status == asset.Converted || one.Reason == asset.UpToDate:
		return asset.Result{}, false
	}
	one.Source, one.Output, one.Variant, one.Replaced, one.SHA256 = j.Source, "", j.Recipe.Name, "", ""
	return one, true
}

// output is the output of a job, as it was verified.
func (s *shards) output(j asset.Job) (convert.Output, error) {
	file, ok := s.files[cmp.Or(s.reported[j.Output].Output, j.Output)]
	if !ok || !j.Makes(s.fromTop(file.Output)) {
		return convert.Output{}, &asset.Fault{
			Message: fmt.Sprintf("convert %q: its result is missing from the upload of the shard", j.Source.Path), Hint: "run that job again",
		}
	}
	data, err := file.in.Read(file.Output)
	if err != nil {
		return convert.Output{}, err
	}
	notes := slices.DeleteFunc(slices.Clone(s.reported[j.Output].Notes), func(note string) bool {
		return note == asset.OriginalRemoved || slices.Contains(j.Source.Notes, note)
	})
	reported := s.reported[j.Output]
	return convert.Output{
		SourceWidth: reported.SourceWidth, SourceHeight: reported.SourceHeight,
		Data: data, Width: file.Width, Height: file.Height, Frames: file.Frames, Lossless: file.Lossless, Rating: reported.Rating,
		After: file.After, Notes: notes,
	}, nil
}
