package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/project"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/setup"
	"github.com/webpress/webpress/internal/tree"
)

// setUp is the verb init: it writes what the repository needs to use webpress, at
// its root, and nothing in the place of a file.
func (r *run) setUp(ctx context.Context) (verdict, error) {
	r.openRepo(ctx)
	origin := ""
	if r.repo != nil {
		r.settings.WorkingDirectory = r.repo.Top()
		if remote, err := r.repo.Origin(ctx); err == nil {
			origin = remote.URL
		}
	}
	if err := r.readRules(); err != nil {
		return verdict{}, err
	}
	root, err := os.OpenRoot(r.settings.WorkingDirectory)
	if err != nil {
		return verdict{}, fmt.Errorf("open working directory: %w", tree.Cause(err))
	}
	defer root.Close()
	site := setup.Look(root.FS(), origin)
	o := r.scanOptions()
	if site.Built != "" {
		o.Ignore = append(o.Ignore, "/"+site.Built+"/")
	}
	found, err := scan.Find(ctx, o)
	if err != nil {
		return verdict{}, err
	}
	var images []string
	for _, s := range found.Sources {
		images = append(images, s.Path)
	}
	describeProject(r.log, site, found.Sources)
	for _, f := range site.Files(root.FS(), images, r.repo != nil) {
		if err := r.writeSetup(root, f); err != nil {
			r.log.Fault(fmt.Errorf("write %q: %w", f.Path, tree.Cause(err)))
			return verdict{undelivered: true}, nil
		}
	}
	switch {
	case r.settings.DryRun:
		r.log.Line("\ndry run: nothing was written")
	case len(site.CI) == 0:
		r.log.Line("\nno CI found: %s shows how to run webpress in one", project.URL+"#readme")
		r.log.Line("next: webpress")
	default:
		r.log.Line("\nnext: webpress, then commit these files with the results")
	}
	return verdict{}, nil
}

// describeProject prints what init has found.
func describeProject(log *console.Log, p setup.Project, sources []asset.Source) {
	var size int64
	formats := map[asset.Format]int{}
	folders := map[string]bool{}
	for _, s := range sources {
		size += s.Size
		formats[s.Format]++
		folders[path.Dir(s.Path)] = true
	}
	line := "no images yet"
	if len(sources) > 0 {
		line = fmt.Sprintf("%s, %s, in %s", english.Plural(len(sources), "image", ""), report.Size(size), english.Plural(len(folders), "folder", ""))
		var by []string
		for format, n := range formats {
			by = append(by, fmt.Sprintf("%s %d", strings.ToUpper(string(format)), n))
		}
		slices.Sort(by)
		line += ": " + strings.Join(by, ", ")
	}
	log.Line("%s", line)
	if p.Generator != "" {
		log.Line("%s site (%s)", p.Generator, p.Config)
	}
	if len(p.CI) > 0 {
		log.Line("%s", strings.Join(p.CI, ", "))
	}
}

// writeSetup writes a file, unless it is there, and shows it.
func (r *run) writeSetup(root *os.Root, f setup.File) error {
	show := func(format string) {
		r.log.Line("\n"+format, ci.Visible(f.Path))
		for line := range strings.Lines(strings.TrimPrefix(f.Text, "\n")) {
			r.log.Line("%s", strings.TrimRight("  "+line, " \n"))
		}
	}
	switch {
	case f.Same:
		r.log.Line("\n%s is there already", ci.Visible(f.Path))
		return nil
	case f.Present:
		what := f.Instead
		if what == "" {
			what = "it would have been"
		}
		show("%s exists and is left alone; " + what + ":")
		return nil
	case r.settings.DryRun && f.Append:
		show("would add to %s:")
		return nil
	case r.settings.DryRun:
		show("would write %s:")
		return nil
	case f.Append:
		if err := appendTo(root, f); err != nil {
			return err
		}
		show("added to %s:")
		return nil
	}
	if err := create(root, f); err != nil {
		return err
	}
	show("wrote %s:")
	return nil
}

// create writes a file that is not there.
func create(root *os.Root, f setup.File) error {
	if _, err := root.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist // a link that leads nowhere, too
	}
	return tree.WriteFile(root.Name(), f.Path, []byte(f.Text))
}

// appendTo adds to a file, which may not be there yet.
func appendTo(root *os.Root, f setup.File) error {
	file, err := tree.Append(root, f.Path)
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.Text)
	return errors.Join(err, file.Close())
}
