package app

import (
	"cmp"
	"context"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/remote"
	"github.com/webpress/webpress/internal/report"
)

// useEngine lets the images of the run be converted by the API that the setting engine names. It
// fails where this webpress cannot convert, and there is none.
func (r *run) useEngine() error {
	s := r.settings
	switch s.Verb {
	case config.Convert, config.Check:
	case config.Apply, config.Merge: // what they are given is opened on this machine, if that is possible
		if hasCodecs {
			return nil
		}
	default:
		if s.Verb != config.Serve || hasCodecs {
			return nil
		}
		s.Engine = ""
	}
	if s.Engine == "" {
		if hasCodecs || s.Verb != config.Convert && s.Verb != config.Serve {
			return nil
		}
		hint := "set `engine` to the address of a conversion API, or install a webpress with codecs"
		if s.Verb == config.Serve {
			hint = "install a webpress with codecs; this one converts by the API that `engine` names"
		}
		return &asset.Fault{Message: "this webpress is built without codecs, and cannot convert images by itself", Hint: hint}
	}
	_, fromFile := s.FromFile["engine"]
	c, err := remote.New(remote.Options{
		Address: s.Engine, Key: s.EngineKey, Untrusted: fromFile, Insecure: s.EngineInsecure, Retries: s.Retries, MaxSize: s.MaxFileSize,
		Timeout: time.Duration(s.Timeout) * time.Second, Local: r.codec, Placeholders: s.Manifest != "",
		UserAgent: "webpress/" + r.Version, Logf: r.log.Line, Getenv: r.Getenv,
	})
	if err != nil {
		return err
	}
	r.remote, r.codec = c, c
	return nil
}

// ready prepares what converts the images of so many sources. Its error says why that API cannot
// be used: one error, and not one for each image.
func (r *run) ready(ctx context.Context, o *convert.Options, sources int) error {
	if r.remote != nil {
		o.Elsewhere, o.Jobs = true, cmp.Or(o.Jobs, remote.DefaultJobs)
		_, err := r.remote.Limits(ctx)
		return err
	}
	r.warm(ctx, sources)
	if r.workers != nil {
		queueSmall(o)
	}
	return nil
}

// forecast says what the conversion of jobs takes of the API, where a dry run has it convert
// nothing. It is empty if there is nothing to do.
func (r *run) forecast(ctx context.Context, jobs []asset.Job) (string, error) {
	if len(jobs) == 0 {
		return "", nil
	}
	limits, err := r.remote.Limits(ctx)
	if err != nil {
		return "", err
	}
	var f remote.Forecast
	for _, group := range asset.BySource(jobs) {
		f.Add(jobs[group[0]].Source.Size, len(group), limits)
	}
	return f.Describe(limits) + ", to be converted at " + r.remote.Host(), nil
}

// forecastOnly takes the jobs out of a dry run that an API would convert, and says what that takes.
func (r *run) forecastOnly(ctx context.Context, v *worklist) (string, error) {
	if r.remote == nil || !r.settings.DryRun {
		return "", nil
	}
	text, err := r.forecast(ctx, v.jobs())
	v.todo = nil
	return text, err
}

// forecastSingle is forecastOnly for the only job, which may be nil. It returns the job, unless
// nothing is to be converted.
func (r *run) forecastSingle(ctx context.Context, job *asset.Job, in *report.Input) (*asset.Job, error) {
	switch {
	case r.remote == nil || job == nil:
		return job, nil
	case !r.settings.DryRun:
		_, err := r.remote.Limits(ctx)
		return job, err
	}
	var err error
	in.Forecast, err = r.forecast(ctx, []asset.Job{*job})
	return nil, err
}
