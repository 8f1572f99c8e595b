package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/tree"
)

// view is the verb of that name: it makes the report to look at of what is there, and opens it.
func (r *run) view(ctx context.Context) (verdict, error) {
	s := &r.settings
	if s.Page != "" {
		data, err := tree.Read(s.At(s.Page), 1<<30)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s.Report = s.Page
			delete(s.FromFile, "report")
		case err != nil:
			return verdict{}, &asset.Fault{Message: fmt.Sprintf("open %q: %s", s.Page, tree.Cause(err))}
		case !gallery.Is(data):
			return verdict{}, &asset.Fault{
				Message: fmt.Sprintf("%q is not a report of webpress", s.Page),
				Hint:    "give the report a name of its own, such as " + bundle.PageName,
			}
		default:
			return verdict{}, r.browse(ctx, s.At(s.Page))
		}
	}
	if !config.IsPage(s.Report) {
		s.Report = bundle.PageName
		delete(s.FromFile, "report")
	}
	s.DryRun, s.ChangedOnly = false, config.Never
	r.openRepo(ctx)
	if err := errors.Join(r.readRules(), r.sinkChecker().checkFiles(ctx)); err != nil {
		return verdict{}, err
	}
	in := report.Input{Version: r.Version, Recipe: plan.Recipe(s), Rules: r.plan.Rules(), SettingsFile: s.File}
	var err error
	if in.Results, in.Notices, err = r.there(ctx); err != nil {
		return verdict{}, err
	}
	if len(in.Results) == 0 {
		return verdict{}, &asset.Fault{Message: "no images found", Hint: "name files or folders, as in `webpress view photos/`"}
	}
	made := 0
	for _, one := range in.Results {
		if one.Output != "" {
			made++
		}
	}
	rep := report.New(in)
	r.log.Line("%s of %s", english.Plural(made, "result", ""), english.Plural(len(rep.Sources()), "image", ""))
	if r.writePage(ctx, rep) == "" {
		return verdict{undelivered: true}, nil
	}
	if ctx.Err() != nil {
		return verdict{}, context.Cause(ctx)
	}
	return verdict{}, r.browse(ctx, s.At(s.Report))
}

// there are the results that are there, and the sources that have none, as files and
// webpress.lock have them.
func (r *run) there(ctx context.Context) (results []asset.Result, notices []string, err error) {
	release, err := r.lockTree(ctx, r.root(), true)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	p, err := r.loadHistory(ctx)
	if err != nil {
		return nil, nil, err
	}
	v, err := r.discover(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if err := r.sinkChecker().checkImages(p, v); err != nil {
		return nil, nil, err
	}
	results = slices.Clone(v.settled)
	for _, t := range v.todo {
		results = append(results, r.notDone(t, p == nil))
	}
	results = slices.DeleteFunc(results, func(one asset.Result) bool { return one.Reason == asset.IsResult })
	return shown(inOrder(results)), v.found.Notices, nil
}

// notDone is the result of a job that is not done. Where nothing is written down of what is,
// a file in the place of its output is taken for that.
func (r *run) notDone(t lockfile.Todo, unknown bool) asset.Result {
	one := asset.Skip(t.Job, asset.NotConverted)
	info, err := os.Stat(r.settings.At(filepath.FromSlash(t.Output)))
	if err != nil || !info.Mode().IsRegular() || !unknown && !t.OwnsOutput && !t.Edited {
		return one
	}
	one.Output, one.Format, one.After = t.Output, t.Recipe.Format, info.Size()
	if one.Reason = asset.Outdated; unknown {
		one.Reason = asset.UpToDate
	}
	return one
}
