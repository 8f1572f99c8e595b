package app

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// maker makes reports to look at.
func (r *run) maker() *gallery.Maker {
	if r.gallery == nil {
		s := r.settings
		r.gallery = gallery.New(gallery.Options{
			Codec: r.codec, Dir: s.WorkingDirectory, Jobs: cmp.Or(s.Jobs, runtime.GOMAXPROCS(0)),
			Memory: cmp.Or(s.MemoryLimit, convert.DefaultMemory()), MaxPixels: s.MaxPixels, Content: r.blobContent,
		})
	}
	return r.gallery
}

// blobContent is the content of a git blob. The error is fs.ErrNotExist where there is none.
func (r *run) blobContent(ctx context.Context, blob string) ([]byte, error) {
	if r.repo == nil {
		return nil, fs.ErrNotExist
	}
	found, err := r.repo.Contents(ctx, []string{blob})
	if err == nil && found[blob] == nil {
		err = fs.ErrNotExist
	}
	return found[blob], err
}

// pageInput is what a report to look at shows of a run.
func (r *run) pageInput(rep report.Report) gallery.Input {
	title := filepath.Base(r.settings.WorkingDirectory)
	if r.elsewhere != nil {
		title = "" // it is a temporary folder
	}
	return gallery.Input{
		Report: rep, Title: cmp.Or(r.facts.Repository, title),
		Recipe: func(one asset.Result) asset.Recipe { return r.plan.Recipe(one.Source, cmp.Or(one.Target, one.Output)) },
	}
}

// writePage writes the report to look at to the file that is set, and returns its path,
// empty if it was not written.
func (r *run) writePage(ctx context.Context, rep report.Report) string {
	name := r.settings.Report
	if r.settings.DryRun {
		return ""
	}
	end, _, err := tree.Resolve(r.settings.At(name))
	if err != nil {
		end = r.settings.At(name)
	}
	folder, dir := resolved(filepath.Dir(end)), resolved(r.settings.WorkingDirectory)
	there := func(file string) string {
		abs := filepath.FromSlash(file)
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(dir, abs)
		}
		if info, err := os.Stat(abs); err != nil || !info.Mode().IsRegular() {
			return ""
		}
		return gallery.Relative(folder, abs)
	}
	in := r.pageInput(rep)
	if r.elsewhere == nil {
		in.Source, in.Output = there, there
	}
	if err := r.writeFile("report", name, r.maker().Page(ctx, in)); err != nil {
		r.log.Fault(err)
		return ""
	}
	return name
}

// bundlePage is the report to look at for an artifact or a folder that holds these files of a
// delivery, and no sources. What was done before, and is not among them, is left out.
func (r *run) bundlePage(ctx context.Context, rep report.Report, d store.Delivery, files []store.File) []byte {
	held := make(map[string]bool, len(files))
	for _, f := range files {
		held[f.Output] = true
	}
	in := r.pageInput(rep)
	in.Output = func(output string) string {
		if !held[output] {
			return ""
		}
		return gallery.Address(d.InRepository(output))
	}
	in.Shown = func(one asset.Result) bool {
		return one.Reason != asset.UpToDate || held[one.Output]
	}
	return r.maker().Page(ctx, in)
}

// isGallery reports whether a file of a tree is a report to look at, by its beginning.
func isGallery(root *os.Root, name string) bool {
	if !config.IsPage(name) {
		return false
	}
	f, _, err := tree.OpenPlain(root, name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, gallery.MarkWithin)
	n, _ := io.ReadFull(f, head)
	return gallery.Is(head[:n])
}
