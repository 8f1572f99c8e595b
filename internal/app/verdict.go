package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/report"
)

// The exit codes.
const (
	// ExitOK says that everything was done, or that there was nothing to do.
	ExitOK = 0
	// ExitFailed says that at least one image failed; all others were done. With
	// fail-on: change it also says that something was written, and of a check that it has
	// found an error.
	ExitFailed = 1
	// ExitUsage says that nothing was touched.
	ExitUsage = 2
	// ExitDelivery says that the images were done, but that a store could not
	// deliver all results, or that the report, the outputs for later steps or the
	// like could not be written.
	ExitDelivery = 3
	// ExitInterrupted says that SIGINT or SIGTERM ended the run early. What was
	// finished by then stays.
	ExitInterrupted = 130
)

// A verdict is what a verb came to. The zero value is that all went well.
type verdict struct {
	// interrupted reports whether the run ended early, undelivered whether something could not be
	// written or delivered, failed that an image failed, that a check found an error, or
	// that there is something else that the settings call a failure.
	interrupted, undelivered, failed bool
}

// exit is the exit code of a verb. An err says that it could not begin, which is reported
// here.
func (r *run) exit(ctx context.Context, v verdict, err error) int {
	switch {
	case err != nil && ctx.Err() != nil:
		r.log.Error("interrupted before the first image")
		return ExitInterrupted
	case err != nil:
		r.logStop(err)
		return ExitUsage
	case v.interrupted:
		return ExitInterrupted
	case v.undelivered:
		return ExitDelivery
	case v.failed:
		return ExitFailed
	}
	return ExitOK
}

// verdict is that of a run with a report; delivered says that all was written and
// delivered that should be.
func (r *run) verdict(in report.Input, delivered bool) verdict {
	failed := slices.ContainsFunc(in.Results, func(r asset.Result) bool { return r.Status == asset.Failed }) ||
		slices.ContainsFunc(in.Findings, func(f asset.Finding) bool { return f.Severity == asset.Error })
	return verdict{
		interrupted: in.Interrupted, undelivered: !delivered,
		failed: r.nothing || failed && r.settings.FailOn != "none",
	}
}

// logStop reports why a run could not begin.
func (r *run) logStop(err error) {
	var notes []string
	var problems []report.Problem
	for _, one := range unjoin(err) {
		r.log.Error("%s", one)
		notes = append(notes, one.Error())
		p := report.Problem{Message: one.Error()}
		var fault *asset.Fault
		if errors.As(one, &fault) && fault.Hint != "" {
			r.log.Hint("%s", fault.Hint)
			notes = append(notes, fault.Hint)
			p.Hint = fault.Hint
		}
		problems = append(problems, p)
	}
	r.annotateRun(strings.Join(notes, "\n"))
	if r.settings.Summary {
		summarizeStop(r.log, r.ci, problems)
	}
}

// summarizeStop writes the summary of a run that ended before it touched anything.
func summarizeStop(log *console.Log, platform ci.CI, problems []report.Problem) {
	if err := platform.Summary(report.Stopped(problems)); err != nil {
		log.Warn("%s", err)
	}
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
