package app

import (
	"context"
	"path"
	"path/filepath"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// publishReport publishes what the run has done: in the files that the settings ask
// for, the CI, the pull request, the webhook and the log. It says whether all
// that others may wait for has been written.
func (r *run) publishReport(ctx context.Context, in report.Input, prefix string) (ok bool) {
	ok = true
	fail := func(err error) {
		r.log.Fault(err)
		ok = false
	}
	rep := report.New(in)
	var data []byte
	name := r.settings.Report
	if name != "" || r.settings.JSON || r.settings.WebhookURL != "" {
		var err error
		if data, err = rep.JSON(); err != nil {
			fail(err)
		}
	}
	switch {
	case config.IsPage(name):
		if rep.Page = r.writePage(ctx, rep); rep.Page == "" && !r.settings.DryRun {
			name, ok = "", false
		}
	case name != "" && data != nil:
		if err := r.writeFile("report", name, data); err != nil {
			fail(err)
			name = ""
		}
	}
	if r.settings.JSON && !isStdout(r.settings.Report) && data != nil {
		if err := r.writeFile("report", toStdout, data); err != nil {
			fail(err)
		}
	}
	if isStdout(name) || r.settings.DryRun {
		name = "" // there is no file for later steps
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
			r.log.Warn("%s", err)
		}
	}
	if err := r.ci.SetOutputs(rep.Outputs(r.inRepository(name))); err != nil {
		fail(&asset.Fault{Message: err.Error(), Hint: tree.Hint(err, "dotenv")})
	}
	r.annotate(in)
	if in.Interrupted {
		r.log.Error("interrupted; finished results are kept")
	} else {
		n := r.notifier()
		n.comment(ctx, rep, prefix)
		n.post(ctx, data)
	}
	if len(in.Results) > 0 {
		r.log.Line("")
	}
	if r.settings.Quiet && rep.Totals.Errors > 0 {
		r.log.Result(rep.Text()) // the findings of a check are its errors
	} else {
		r.log.Text(rep.Text())
	}
	return ok
}

// annotate marks the files that failed, and those that a check has something
// against. The rest is in the log alone.
func (r *run) annotate(in report.Input) {
	var notes []ci.Annotation
	add := func(level ci.Level, path, message, hint, fix string, line, column int) {
		if hint != "" {
			message += "\nHint: " + hint
		}
		if fix != "" {
			message += "\nFix: " + fix
		}
		notes = append(notes, ci.Annotation{Level: level, Path: r.inRepository(path), Line: line, Column: column, Title: "webpress", Message: message})
	}
	for _, one := range report.Failures(in.Results) {
		add(ci.Error, one.Source.Path, one.Err.Message, one.Err.Hint, "", 0, 0)
	}
	for _, f := range in.Findings {
		level := ci.Error
		if f.Severity == asset.Warning {
			level = ci.Warning
		}
		add(level, f.Path, f.Message, f.Hint, f.Fix, f.Line, f.Column)
	}
	r.ci.Annotate(notes)
}

// annotateRun makes an annotation for an error of the run as a whole.
func (r *run) annotateRun(message string) {
	r.ci.Annotate([]ci.Annotation{{Level: ci.Error, Title: "webpress", Message: message}})
}

// inRepository is the path of a file in the working directory as seen from the
// root of the checkout, if the CI names it. Later steps start there.
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

// links returns the page of each source that the commit of the run has.
func (r *run) links(found scan.Found) func(path string) string {
	access, commit := r.access(), r.facts.HeadSHA
	if access.FileURL(commit, "") == "" || found.Files == nil {
		return nil
	}
	prefix := r.prefix(r.repo)
	return func(name string) string {
		if f, ok := found.Files[name]; !ok || f.Untracked {
			return ""
		}
		return access.FileURL(commit, report.EscapePath(path.Join(prefix, name)))
	}
}
