package app

import (
	"context"
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

// deliver tells everybody what the run has done: the files that the settings ask
// for, the CI, the pull request, the webhook and the log. It says whether all
// that others may wait for has been written.
func (r *run) deliver(ctx context.Context, in report.Input, prefix string) (ok bool) {
	ok = true
	fail := func(err error) {
		r.log.error("%s", err)
		ok = false
	}
	rep := report.New(in)
	data, err := rep.JSON()
	if err != nil {
		fail(err)
	}
	name := r.settings.Report
	if name != "" && data != nil {
		if err := r.writeFile("report", name, data); err != nil {
			fail(err)
			name = ""
		}
	}
	if file := r.settings.CodeQuality; file != "" {
		quality, err := rep.CodeQuality(r.inRepository)
		if err == nil {
			err = r.writeFile("code-quality", file, quality)
		}
		if err != nil {
			fail(err)
		}
	}
	if r.settings.Summary {
		if err := r.ci.Summary(rep.Markdown); err != nil {
			// The log has it all too, and no later step waits for it.
			r.log.warn("%s", err)
		}
	}
	if file := r.settings.Dotenv; file != "" {
		// Where this fails, the writing below does, and says so.
		_ = os.MkdirAll(filepath.Dir(r.at(file)), 0o755)
	}
	if err := r.ci.SetOutputs(rep.Outputs(r.inRepository(name))); err != nil {
		fail(err)
	}
	r.annotate(in.Results)
	if in.Interrupted {
		r.log.error("interrupted; what was finished stays")
	} else {
		r.comment(ctx, rep, prefix)
		r.post(ctx, data)
	}
	if len(in.Results) > 0 {
		r.log.line("")
	}
	r.log.text(rep.Text())
	return ok
}

// fileAt is where a file that a setting names goes: a folder, and a path below it
// that it must not leave. The setting is relative to the working directory.
// Unlike an output it may lie anywhere, since the user names it: a runner's
// folder for temporary files is a good place.
func (r *run) fileAt(name string) (dir, below string) {
	dir, below = r.settings.WorkingDirectory, filepath.Clean(name)
	if filepath.IsLocal(below) {
		return dir, filepath.ToSlash(below)
	}
	if !filepath.IsAbs(below) {
		below = filepath.Join(dir, below)
	}
	return filepath.Dir(below), filepath.Base(below)
}

// checkFiles finds out before the work, not after it, that a file that the
// settings ask for cannot be written.
func (r *run) checkFiles() error {
	var faults []error
	for _, f := range []struct{ setting, name, such string }{
		{"report", r.settings.Report, "webpress.json"},
		{"dotenv", r.settings.Dotenv, "webpress.env"},
		{"code-quality", r.settings.CodeQuality, "webpress-quality.json"},
	} {
		if f.name == "" {
			continue
		}
		dir, name := r.fileAt(f.name)
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			faults = append(faults, &asset.Fault{
				Message: fmt.Sprintf("write %s %q: it is a folder", f.setting, f.name),
				Hint:    fmt.Sprintf("let `%s` be the path of a file, such as %s", f.setting, path.Join(filepath.ToSlash(f.name), f.such)),
			})
		}
	}
	return errors.Join(faults...)
}

// writeFile puts a file that a setting names in its place, in one rename.
func (r *run) writeFile(setting, name string, data []byte) error {
	dir, below := r.fileAt(name)
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = convert.WriteFile(dir, below, data)
	}
	if err != nil {
		return fmt.Errorf("write %s %q: %w", setting, name, cause(err))
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
