package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"webpress/internal/asset"
	"webpress/internal/ci"
	"webpress/internal/report"
	"webpress/internal/tree"
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
	var data []byte
	name := r.settings.Report
	if name != "" || r.settings.WebhookURL != "" {
		var err error
		if data, err = rep.JSON(); err != nil {
			fail(err)
		}
	}
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
	if file := r.settings.Sarif; file != "" {
		sarif, err := rep.SARIF(r.inRepository)
		if err == nil {
			err = r.writeFile("sarif", file, sarif)
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
	r.annotate(in)
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
		{"sarif", r.settings.Sarif, "webpress.sarif"},
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
		err = tree.WriteFile(dir, below, data)
	}
	if err != nil {
		return fmt.Errorf("write %s %q: %w", setting, name, cause(err))
	}
	return nil
}

// annotate marks the files that failed, and those that a check has something
// against. The rest is told in the log alone.
func (r *run) annotate(in report.Input) {
	var notes []ci.Annotation
	add := func(level ci.Level, path, message, hint string) {
		if hint != "" {
			message += "\nHint: " + hint
		}
		notes = append(notes, ci.Annotation{Level: level, Path: r.inRepository(path), Title: "webpress", Message: message})
	}
	for _, one := range in.Results {
		if one.Status == asset.Failed {
			add(ci.Error, one.Source.Path, one.Err.Message, one.Err.Hint)
		}
	}
	for _, f := range in.Findings {
		level := ci.Error
		if f.Severity == asset.Warning {
			level = ci.Warning
		}
		add(level, f.Path, f.Message, f.Hint)
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
func cause(err error) error { return tree.Cause(err) }
