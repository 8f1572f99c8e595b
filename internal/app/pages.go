package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// pages are the text files of a repository, and what is known of the images that they name.
// All paths are from the root of the repository, or from the working directory where there is
// none.
type pages struct {
	// top is the folder that has the images.
	top string
	// names are those of the text files, sorted.
	names []string
	// styles are the style sheets that are not among them, as they are minified.
	styles []string
	// images are all images of the tree, sorted.
	images []string
	site   *references.Site
	// read returns the content of a text file; root is that of top.
	read func(root *os.Root, name string) ([]byte, error)
	// blobs are the ids that git's index has for files that have not changed.
	blobs map[string]string
	// results are by the path of the source.
	results map[string]references.Source
	// settingsOf are the settings for a source.
	settingsOf func(source string) *config.Config
	// former are results that no setting asks for any more, with their sources: pages should name
	// the results that there are now.
	former map[string]string
	// gone are those of them that are no files any more.
	gone map[string]bool
	// formerSizes are the width and the height of the largest result that the commit that is checked out
	// has of a source, where they have another shape than that of the image that is there.
	formerSizes map[string][2]int
	sizes       map[string]int64
	headers     sync.Map // of images: [2]int, width and height
	options     references.Options
}

// openPages lists the text files of the work tree, and takes the results from webpress.lock and
// from this run; where there are neither, from the files that are where results would be.
func (r *run) openPages(ctx context.Context, h *history.History, results []asset.Result) (*pages, error) {
	root, err := openTop(r.root())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files, blobs, err := r.listTree(ctx, root)
	if err != nil {
		return nil, err
	}
	p := r.newPages(files, root, func(root *os.Root, name string) ([]byte, error) {
		data, err := tree.ReadPlain(root, name, references.MaxText)
		if config.IsPage(name) && gallery.Is(data) || err != nil && isGallery(root, name) { // which may be longer
			return nil, fs.ErrNotExist // it names images, and is no page of theirs
		}
		return data, err
	})
	p.blobs = blobs
	if h != nil && !h.HasFile() && r.repo == nil && results == nil {
		if results, err = r.present(ctx, root); err != nil {
			return nil, err
		}
		h = nil
	}
	p.know(r, h, results)
	if h != nil && r.repo != nil {
		return p, p.knowFormer(ctx, h, "HEAD")
	}
	return p, nil
}

// present are the outputs of all images that are there as files. Without a repository, nothing else
// says what was converted.
func (r *run) present(ctx context.Context, root *os.Root) (results []asset.Result, err error) {
	o := r.scanOptions()
	o.Paths, o.Outside = nil, nil
	found, err := scan.Find(ctx, o)
	if err != nil {
		return nil, err
	}
	jobs, _ := r.plan.Jobs(found.Sources)
	for _, j := range jobs {
		info, err := root.Lstat(filepath.FromSlash(j.Output))
		if err != nil || !info.Mode().IsRegular() || tree.IsOutside(j.Source.Path) {
			continue
		}
		one := asset.Result{
			Source: j.Source, Status: asset.Skipped, Reason: asset.UpToDate, Target: j.Output, Output: j.Output,
			Variant: j.Recipe.Name, Format: j.Recipe.Format, Before: j.Source.Size, After: info.Size(),
		}
		if header, err := readHeader(root, j.Output); err == nil {
			one.Width, one.Height = header.Width, header.Height
		}
		results = append(results, one)
	}
	return results, nil
}

func openTop(top string) (*os.Root, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", top, tree.Cause(err))
	}
	return root, nil
}

// optionsOf are the options for a page, which may be part of a site that needs its own.
func (p *pages) optionsOf(name string) references.Options {
	o := p.options
	o.KeepMarkdown, o.Kramdown = p.site.KeepsMarkdown(name), p.site.IsKramdown(name)
	return o
}

// newPages sorts the files of a tree, and finds out how they name each other.
func (r *run) newPages(files []string, root *os.Root, read func(*os.Root, string) ([]byte, error)) *pages {
	s := r.settings
	p := &pages{
		top: r.root(), read: read, settingsOf: func(source string) *config.Config { return r.plan.SettingsOf(r.fromTop(source)) },
		results: map[string]references.Source{}, former: map[string]string{}, sizes: map[string]int64{},
		options: references.Options{
			Mode: references.Mode(s.References), Social: s.ReferencesSocial, Dimensions: s.Dimensions, BaseURL: s.BaseURL,
		},
	}
	slices.Sort(files)
	for _, name := range files {
		switch {
		case references.IsImage(name):
			p.images = append(p.images, name)
		case isPage(name):
			p.names = append(p.names, name)
		case references.IsMinifiedStyle(name):
			p.styles = append(p.styles, name)
		}
	}
	o := references.SiteOptions{Hosts: s.ReferenceHosts}
	for _, dir := range s.ReferenceRoots {
		o.Roots = append(o.Roots, path.Join(r.prefix(r.repo), filepath.ToSlash(dir)))
	}
	p.site = references.NewSite(files, func(name string) ([]byte, error) { return read(root, name) }, o)
	return p
}

// isPage says by the path of a file that it is searched for references.
func isPage(name string) bool {
	_, ok := references.Language(name)
	return ok && !references.Skip(name)
}

// editMode is how the references are edited, or would be where they are only reported: one name cannot
// stand for several formats or widths.
func (p *pages) editMode() references.Mode {
	if p.options.Mode == references.Update || p.options.Mode == references.Picture {
		return p.options.Mode
	}
	for source := range p.results {
		if s := p.settingsOf(source); len(s.Format) > 1 || len(s.Widths) > 1 && len(s.Variants) == 0 {
			return references.Picture
		}
	}
	return references.Update
}

// listTree are the files that may be pages or images: those that git does not ignore, or all of
// a folder without hidden ones.
func (r *run) listTree(ctx context.Context, root *os.Root) (names []string, blobs map[string]string, err error) {
	if r.repo != nil {
		files, err := r.repo.AtTop().Files(ctx)
		blobs = make(map[string]string, len(files))
		for _, f := range files {
			if !f.Link {
				names = append(names, f.Path)
				blobs[f.Path] = f.Blob
			}
		}
		return names, blobs, err
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil, name == ".":
			return nil // what cannot be read names nothing
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") || references.Skip(name+"/x")):
			return fs.SkipDir
		case d.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	return names, nil, err
}

// know fills in the results of all sources: those of h, and where that is nil, or for a dry run, those
// of this run.
func (p *pages) know(r *run, h *history.History, results []asset.Result) {
	add := func(source string, size int64, one references.Result, after int64) {
		s := p.results[source]
		s.Path, p.sizes[source], p.sizes[one.Path] = source, size, after
		s.Results = append(s.Results, one)
		p.results[source] = s
	}
	there := make(map[string]bool, len(p.images))
	for _, name := range p.images {
		there[name] = true
	}
	if h != nil {
		asked := map[string]func(string) (string, bool){}
		for _, e := range h.Entries() {
			if !e.HasFile() || e.Output.Path == e.Source || !there[e.Output.Path] {
				continue
			}
			if asked[e.Source] == nil {
				source, ok := h.Below(e.Source)
				if !ok {
					source = h.FromHere(e.Source)
				}
				asked[e.Source] = r.askedFor(source)
			}
			output, below := h.Below(e.Output.Path)
			variant, ok := asked[e.Source](output)
			if below && !ok {
				p.former[e.Output.Path] = e.Source
				continue
			}
			add(e.Source, e.Size, references.Result{
				Path: e.Output.Path, Format: asset.FormatByName(e.Output.Path), Width: e.Output.Width, Height: e.Output.Height,
				Variant: variant,
			}, e.Output.Size)
		}
	}
	if h == nil || r.settings.DryRun {
		prefix := r.prefix(r.repo)
		for _, one := range results {
			if one.Output == "" || one.Status == asset.Failed || one.Output == one.Source.Path || tree.IsOutside(one.Source.Path) || tree.IsOutside(one.Output) {
				continue
			}
			if h != nil && (one.Status != asset.Converted || there[path.Join(prefix, one.Output)]) {
				continue
			}
			add(path.Join(prefix, one.Source.Path), one.Before, references.Result{
				Path: path.Join(prefix, one.Output), Format: one.Format, Width: one.Width, Height: one.Height, Variant: one.Variant,
			}, one.After)
		}
	}
	// Widths are variants too; those that only their width tells apart are one default variant.
	widths := len(r.settings.Variants) == 0
	for source, s := range p.results {
		for i := range s.Results {
			if widths {
				s.Results[i].Variant = ""
			}
		}
		slices.SortStableFunc(s.Results, func(a, b references.Result) int {
			return cmp.Or(cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Path, b.Path))
		})
		p.results[source] = s
	}
}

// each calls do with the number and the content of each page, several at once. A page that is
// gone is passed over, and one that cannot be read, or that do fails at, has a problem by its
// number.
func (p *pages) each(ctx context.Context, do func(i int, root *os.Root, name string, src []byte) error) (problems []string, err error) {
	return p.eachOf(ctx, p.names, do)
}

// eachOf does it for files of these names.
func (p *pages) eachOf(ctx context.Context, names []string, do func(i int, root *os.Root, name string, src []byte) error) (problems []string, err error) {
	root, err := openTop(p.top)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	problems = make([]string, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			src, err := p.read(root, name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				err = do(i, root, name, src)
			}
			if err != nil {
				problems[i] = tree.Cause(err).Error()
			}
			return nil
		})
	}
	return problems, g.Wait()
}

// knowStyles reads the style sheets, where width and height are added to images: one side of them may be set
// there.
func (p *pages) knowStyles(ctx context.Context) error {
	if p.options.Mode != references.Picture && (p.options.Mode != references.Update || !p.options.Dimensions) {
		return nil
	}
	names := slices.Concat(p.names, p.styles)
	styles := make([]*references.Styles, len(names))
	_, err := p.eachOf(ctx, names, func(i int, _ *os.Root, name string, src []byte) error {
		one := &references.Styles{}
		if one.Add(name, src); !one.IsEmpty() {
			styles[i] = one
		}
		return nil
	})
	p.options.Styles = references.JoinStyles(styles)
	return err
}

// A rewritten page is what Rewrite has made of one.
type rewritten struct {
	name     string
	data     []byte // nil where nothing changes
	changes  []references.Change
	findings []references.Finding
}

// rewrite rewrites all pages, in their order. Those that cannot be read have a note.
func (p *pages) rewrite(ctx context.Context) (all []rewritten, notes []string, err error) {
	if err := p.knowStyles(ctx); err != nil {
		return nil, nil, err
	}
	out := make([]rewritten, len(p.names))
	problems, err := p.each(ctx, func(i int, root *os.Root, name string, src []byte) error {
		data, changes, findings, err := references.Rewrite(name, src, p.site, p.look(root, nil), p.optionsOf(name))
		out[i] = rewritten{name: name, changes: changes, findings: findings}
		if !bytes.Equal(data, src) {
			out[i].data = data // dimensions may be all that changes
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	out = slices.DeleteFunc(out, func(one rewritten) bool { return one.data == nil && len(one.changes)+len(one.findings) == 0 })
	return out, p.unread(problems), nil
}

// unread are notes about the pages that could not be read, one for each reason.
func (p *pages) unread(problems []string) (notes []string) {
	names := map[string][]string{}
	for i, why := range problems {
		if why != "" {
			names[why] = append(names[why], p.names[i])
		}
	}
	for _, why := range slices.Sorted(maps.Keys(names)) {
		files, verb := fmt.Sprintf("%q", names[why][0]), "is"
		if n := len(names[why]) - 1; n > 0 {
			files, verb = files+" and "+english.Plural(n, "other page", ""), "are"
		}
		notes = append(notes, fmt.Sprintf("%s %s not searched for references: %s", files, verb, why))
	}
	return notes
}
