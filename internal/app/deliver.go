package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"webpress/internal/asset"
	"webpress/internal/ci"
	"webpress/internal/convert"
	"webpress/internal/report"
)

// deliver tells everybody what the run has done: the log, the report's file and
// the CI. It says whether all that others may wait for has been written.
func (r *run) deliver(in report.Input) (ok bool) {
	ok = true
	fail := func(err error) {
		r.log.error("%s", err)
		ok = false
	}
	rep := report.New(in)
	name := r.settings.Report
	if name != "" {
		data, err := rep.JSON()
		if err == nil {
			err = r.writeReport(name, data)
		}
		if err != nil {
			fail(err)
			name = ""
		}
	}
	if r.settings.Summary {
		if err := r.ci.Summary(rep.Markdown); err != nil {
			// The log has it all too, and no later step waits for it.
			r.log.warn("%s", err)
		}
	}
	if err := r.ci.SetOutputs(rep.Outputs(r.inRepository(name))); err != nil {
		fail(err)
	}
	r.annotate(in.Results)
	if in.Interrupted {
		r.log.error("interrupted; what was finished stays")
	}
	if len(in.Results) > 0 {
		r.log.line("")
	}
	r.log.text(rep.Text())
	return ok
}

// writeReport puts the report at name, which is relative to the working
// directory, in one rename. Unlike an output it may lie anywhere, since the
// user names it: a runner's folder for temporary files is a good place.
func (r *run) writeReport(name string, data []byte) error {
	dir, base := r.settings.WorkingDirectory, filepath.Clean(name)
	if !filepath.IsLocal(base) {
		at := base
		if !filepath.IsAbs(at) {
			at = filepath.Join(dir, base)
		}
		dir, base = filepath.Split(at)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("write report %q: %w", name, cause(err))
		}
	}
	if err := convert.WriteFile(dir, filepath.ToSlash(base), data); err != nil {
		return fmt.Errorf("write report %q: %w", name, err)
	}
	return nil
}

// annotate marks the files that failed, and tells of the rest only in the log.
func (r *run) annotate(results []asset.Result) {
	var notes []ci.Annotation
	for _, one := range results {
		if one.Status != asset.Failed {
			continue
		}
		message := one.Err.Message
		if one.Err.Hint != "" {
			message += "\nHint: " + one.Err.Hint
		}
		notes = append(notes, ci.Annotation{
			Level: ci.Error, Path: r.inRepository(one.Source.Path), Title: "webpress", Message: message,
		})
	}
	r.ci.Annotate(notes)
}

// annotateRun tells of what is wrong with the run as a whole.
func (r *run) annotateRun(message string) {
	r.ci.Annotate([]ci.Annotation{{Level: ci.Error, Title: "webpress", Message: message}})
}

// inRepository is the path of a file in the working directory as seen from the
// root of the checkout, where the CI has told of it. Later steps start there.
func (r *run) inRepository(name string) string {
	root := r.facts.Workspace
	if root == "" || name == "" || filepath.IsAbs(name) {
		return name
	}
	below, err := filepath.Rel(root, r.settings.WorkingDirectory)
	if err != nil || !filepath.IsLocal(below) {
		return name
	}
	return path.Join(filepath.ToSlash(below), name)
}

// cause is err without the path that package os adds to it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
