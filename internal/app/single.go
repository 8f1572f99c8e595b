package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/shell"
	"github.com/webpress/webpress/internal/tree"
)

// The names of what is not a file, for people.
const (
	stdinName  = "standard input"
	stdoutName = "standard output"
)

// single converts one source to one file or to standard output. Nothing else is
// converted, nothing is written down for later runs, and nothing is delivered.
func (r *run) single(ctx context.Context) (verdict, error) {
	began := r.Now()
	s := &r.settings
	if s.Verbose {
		r.logSettings()
	}
	if r.workers != nil && r.remote == nil {
		r.workers.Warm(ctx, 1)
	}
	if !s.Stdin {
		r.openRepo(ctx)
	}
	err := errors.Join(r.readRules(), r.sinkChecker().checkFiles(ctx), r.notifier().checkWebhook(), r.checkTerminals())
	if err != nil {
		return verdict{}, err
	}
	in := report.Input{
		DryRun: s.DryRun, Rules: r.plan.Rules(), Version: r.Version, SettingsFile: s.File, Logged: r.ci.Name() == "",
	}
	job, content, err := r.singleJob(ctx, &in)
	if err != nil {
		return verdict{}, err
	}
	if job, err = r.forecastSingle(ctx, job, &in); err != nil {
		return verdict{}, err
	}
	in.Recipe = plan.Recipe(s)
	p := console.NewProgress(r.log, nil, 1, s.Verbose, r.Now)
	for _, one := range in.Results {
		p.Show(one)
	}
	if job != nil {
		in.Recipe = job.Recipe
		results := r.convertSingle(ctx, *job, content)
		for _, one := range results {
			p.Show(one)
		}
		in.Results = append(in.Results, results...)
		in.Left = 1 - len(results)
	}
	in.Interrupted, in.Elapsed = ctx.Err() != nil, r.Now().Sub(began)
	published := r.publishReport(ctx, in, r.prefix(r.repo))
	return r.verdict(in, published), nil
}

// checkTerminals refuses to read an image from a terminal, and to show
// one as text.
func (r *run) checkTerminals() error {
	var faults []error
	if r.settings.Stdin && isTerminal(r.Stdin) {
		faults = append(faults, &asset.Fault{
			Message: "standard input is a terminal",
			Hint:    "pipe an image into it, as in: cat photo.heic | webpress - -o photo.webp",
		})
	}
	if r.settings.Target == config.ToStdout && isTerminal(r.Stdout) {
		faults = append(faults, &asset.Fault{Message: "standard output is a terminal", Hint: "redirect it or use -o FILE"})
	}
	return errors.Join(faults...)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// singleJob finds the only source, and reads it where it is not a file. Without a job,
// the failure is among the results of in.
func (r *run) singleJob(ctx context.Context, in *report.Input) (*asset.Job, []byte, error) {
	s := &r.settings
	output := s.Output
	if s.Target == config.ToStdout {
		output = stdoutName
	} else {
		output = r.plan.Names().Of(output)
	}
	if s.Stdin {
		content, err := r.readStdin(ctx)
		fault, ok := errors.AsType[*asset.Fault](err)
		switch {
		case ctx.Err() != nil:
			in.Left = 1
			return nil, nil, nil
		case ok:
		case err != nil:
			fault = &asset.Fault{Message: fmt.Sprintf("read standard input: %s", err)}
		default:
			var source asset.Source
			if source, fault = scan.Stream(stdinName, content); fault == nil {
				recipe, err := r.plan.First(source)
				return &asset.Job{Source: source, Recipe: recipe, Output: output, Overwrite: s.Overwrite}, content, err
			}
		}
		in.Results = []asset.Result{asset.Fail(asset.Source{Path: stdinName, Size: int64(len(content))}, fault.Message, fault.Hint)}
		return nil, nil, nil
	}
	if len(s.Addresses) > 0 {
		return r.singleAddress(ctx, in, output)
	}
	o := r.scanOptions()
	found, err := scan.Find(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	r.noImages(&found)
	in.Notices = found.Notices
	if n := len(found.Sources) + len(found.Failed); n > 1 {
		return nil, nil, tooMany(r.settings, n)
	}
	if err := r.missing(found.Failed); err != nil {
		return nil, nil, err
	}
	in.Results = found.Failed
	if len(found.Sources) == 0 {
		if len(found.Failed) == 0 {
			return nil, nil, &asset.Fault{Message: fmt.Sprintf("there is no image for %q", s.Output), Hint: "name its source, as in: " + shell.Line("webpress", "photo.heic", "-o", s.Output)}
		}
		return nil, nil, nil
	}
	source := found.Sources[0]
	recipe, err := r.plan.First(source)
	if err != nil {
		return nil, nil, err
	}
	return &asset.Job{Source: source, Recipe: recipe, Output: output, Overwrite: s.Overwrite}, nil, nil
}

// singleAddress downloads the only source.
func (r *run) singleAddress(ctx context.Context, in *report.Input, output string) (*asset.Job, []byte, error) {
	listed, err := r.listSources(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	all := listed.sources
	if n := len(all) + len(r.settings.Paths); n > 1 {
		return nil, nil, tooMany(r.settings, n)
	}
	get, err := r.fetcher()
	if err != nil {
		return nil, nil, err
	}
	source, file, err := newDownloads(get, nil, r.Now).fetch(ctx, all[0])
	if ctx.Err() != nil {
		in.Left = 1
		return nil, nil, nil
	}
	if err != nil {
		in.Results = []asset.Result{asset.Fail(source, err.Error(), asset.HintOf(err))}
		return nil, nil, nil
	}
	defer file.Close()
	content, err := io.ReadAll(io.NewSectionReader(file, 0, source.Size))
	if err != nil {
		return nil, nil, fmt.Errorf("read %q: %w", source.Path, err)
	}
	recipe, err := r.plan.First(source)
	return &asset.Job{Source: source, Recipe: recipe, Output: output, Overwrite: r.settings.Overwrite}, content, err
}

// tooMany is the error if there are n sources for one output file.
func tooMany(s config.Config, n int) error {
	if s.Target == config.ToStdout {
		return &asset.Fault{
			Message: fmt.Sprintf("standard output takes one image, and there are %d", n),
			Hint:    "name one source, or let the results go to a folder, as in -o out/",
		}
	}
	folder := strings.TrimSuffix(s.Output, path.Ext(s.Output)) + "/"
	if strings.HasSuffix(folder, "//") || folder == "/" { // the name is an extension alone
		folder = "out/"
	}
	return &asset.Fault{
		Message: fmt.Sprintf("%q is one file, and there are %d sources", s.Output, n),
		Hint:    "name one source, or let the results go to a folder: -o " + shell.Quote(folder),
	}
}

// convertSingle converts the job. content is that of its source, nil for a file.
func (r *run) convertSingle(ctx context.Context, job asset.Job, content []byte) []asset.Result {
	s := r.settings
	o := convert.Options{
		Codec: r.codec,
		Dir:   s.WorkingDirectory, Jobs: 1, Memory: s.MemoryLimit, DryRun: s.DryRun, Now: r.Now,
		Input: content, KeepLarger: true, Elsewhere: r.remote != nil,
	}
	if s.Target == config.ToStdout {
		o.Take = func(data []byte) error {
			_, err := io.Copy(r.Stdout, bytes.NewReader(data))
			return tree.Cause(err)
		}
	}
	if tree.Fold(job.Output) == tree.Fold(job.Source.Path) {
		return []asset.Result{asset.Fail(job.Source, fmt.Sprintf("write %q: it is the source", job.Output), "name another file")}
	}
	convert.CapHeap(cmp.Or(o.Memory, convert.DefaultMemory()))
	results := convert.Run(ctx, []asset.Job{job}, o)
	for i, one := range results {
		if one.Status == asset.Skipped && one.Reason == asset.NotSmaller {
			saved := asset.PercentSaved(one.Before, one.After)
			failed := asset.Fail(one.Source, fmt.Sprintf("convert %q: it saves %.1f %%, and min-savings asks for %g %%; nothing is written",
				one.Source.Path, saved, job.Recipe.MinSavings), "lower `min-savings`")
			failed.Duration = one.Duration
			results[i] = failed
		}
	}
	return results
}

// readStdin reads standard input, up to what may be converted, until ctx ends.
func (r *run) readStdin(ctx context.Context) ([]byte, error) {
	limit := r.settings.MaxFileSize
	if memory := cmp.Or(r.settings.MemoryLimit, convert.MostMemory()); limit <= 0 || memory < limit {
		limit = memory
	}
	type read struct {
		data []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r.Stdin, limit+1))
		done <- read{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-done:
		if got.err == nil && int64(len(got.data)) > r.settings.MaxFileSize {
			return nil, &asset.Fault{
				Message: fmt.Sprintf("read standard input: it has more than the %s that max-file-size allows", humanize.Bytes(uint64(r.settings.MaxFileSize))),
				Hint:    "raise max-file-size if the image is right",
			}
		}
		return got.data, tree.Cause(got.err)
	}
}
