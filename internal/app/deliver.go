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
			err = r.writeReport(data)
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

// reportAt is where the report goes: a folder, and a path below it that it must
// not leave. The setting is relative to the working directory. Unlike an output
// it may lie anywhere, since the user names it: a runner's folder for temporary
// files is a good place.
func (r *run) reportAt() (dir, name string) {
	dir, name = r.settings.WorkingDirectory, filepath.Clean(r.settings.Report)
	if filepath.IsLocal(name) {
		return dir, filepath.ToSlash(name)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	return filepath.Dir(name), filepath.Base(name)
}

// checkReport finds out before the work, not after it, that a report cannot be
// written.
func (r *run) checkReport() error {
	if r.settings.Report == "" {
		return nil
	}
	dir, name := r.reportAt()
	if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
		return &asset.Fault{
			Message: fmt.Sprintf("write report %q: it is a folder", r.settings.Report),
			Hint:    "let `report` be the path of a file, such as " + path.Join(filepath.ToSlash(r.settings.Report), "webpress.json"),
		}
	}
	return nil
}

// writeReport puts the report in its place, in one rename.
func (r *run) writeReport(data []byte) error {
	dir, name := r.reportAt()
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = convert.WriteFile(dir, name, data)
	}
	if err != nil {
		return fmt.Errorf("write report %q: %w", r.settings.Report, cause(err))
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
