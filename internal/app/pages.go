package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/tree"
)

// maxPage is the length in bytes of the largest text file that is searched for references.
const maxPage = 16 << 20

// pages are the text files of a repository, and what is known of the images that they name.
// All paths are from the root of the repository, or from the working directory where there is
// none.
type pages struct {
	// root is the folder that has the images.
	root string
	// names are those of the text files, sorted.
	names []string
	// images are all images of the tree, sorted.
	images []string
	site   *references.Site
	// read returns the content of a text file.
	read func(name string) ([]byte, error)
	// blobs are the ids that git's index has for files that have not changed.
	blobs map[string]string
	// results are by the path of the source.
	results map[string]references.Source
	sizes   map[string]int64
	headers sync.Map // of images: [2]int, width and height
	options references.Options
}

// openPages lists the text files of the work tree, and takes the results from webpress.lock,
// or where there is none from this run.
func (r *run) openPages(ctx context.Context, h *history.History, results []asset.Result) (*pages, error) {
	root := r.settings.WorkingDirectory
	if r.repo != nil {
		root = r.repo.Top()
	}
	files, blobs, err := r.listTree(ctx, root)
	if err != nil {
		return nil, err
	}
	p := r.newPages(files, func(name string) ([]byte, error) {
		dir, err := os.OpenRoot(root)
		if err != nil {
			return nil, err
		}
		defer dir.Close()
		return tree.ReadPlain(dir, name, maxPage)
	})
	p.root, p.blobs = root, blobs
	p.know(r, h, results)
	return p, nil
}

// optionsOf are the options for a page, which may be part of a site that needs its own.
func (p *pages) optionsOf(name string) references.Options {
	o := p.options
	o.KeepMarkdown = p.site.KeepsMarkdown(name)
	return o
}

// newPages sorts the files of a tree, and finds out how they name each other.
func (r *run) newPages(files []string, read func(name string) ([]byte, error)) *pages {
	s := r.settings
	p := &pages{root: s.WorkingDirectory, read: read, results: map[string]references.Source{}, sizes: map[string]int64{}}
	if r.repo != nil {
		p.root = r.repo.Top()
	}
	p.options = references.Options{
		Mode: references.Mode(s.References), Social: s.ReferencesSocial, Dimensions: s.Dimensions, BaseURL: s.BaseURL,
	}
	slices.Sort(files)
	for _, name := range files {
		switch {
		case references.IsImage(name):
			p.images = append(p.images, name)
		case references.Skip(name):
		default:
			if _, ok := references.Language(name); ok {
				p.names = append(p.names, name)
			}
		}
	}
	o := references.SiteOptions{Hosts: s.ReferenceHosts}
	for _, dir := range s.ReferenceRoots {
		o.Roots = append(o.Roots, path.Join(r.prefix(r.repo), filepath.ToSlash(dir)))
	}
	p.site = references.NewSite(files, read, o)
	return p
}

// listTree are the files that may be pages or images: those that git does not ignore, or all of
// a folder without hidden ones.
func (r *run) listTree(ctx context.Context, top string) (names []string, blobs map[string]string, err error) {
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
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, nil, fmt.Errorf("open %q: %w", top, tree.Cause(err))
	}
	defer root.Close()
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

// know fills in the results of all sources.
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
		variants := map[string]func(string) string{}
		for _, e := range h.Entries() {
			if !e.HasFile() || e.Output.Path == e.Source || !there[e.Output.Path] {
				continue
			}
			if variants[e.Source] == nil {
				source, ok := h.Below(e.Source)
				if !ok {
					source = h.FromHere(e.Source)
				}
				variants[e.Source] = r.variantsOf(source)
			}
			output, _ := h.Below(e.Output.Path)
			add(e.Source, e.Size, references.Result{
				Path: e.Output.Path, Format: asset.FormatByName(e.Output.Path), Width: e.Output.Width, Height: e.Output.Height,
				Variant: variants[e.Source](output),
			}, e.Output.Size)
		}
	} else {
		prefix := r.prefix(r.repo)
		for _, one := range results {
			if one.Output == "" || one.Status == asset.Failed || one.Output == one.Source.Path || tree.IsOutside(one.Source.Path) || tree.IsOutside(one.Output) {
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

// look is the Lookup of a page, with the dimensions of sources where they are needed. Those in
// leftOut are not known.
func (p *pages) look(root *os.Root, leftOut map[string]bool) references.Lookup {
	return func(name string) (references.Source, bool) {
		s, ok := p.results[name]
		if leftOut[name] || !ok && !p.options.Dimensions {
			return references.Source{}, false
		}
		s.Path = name
		if slices.ContainsFunc(s.Results, isStill) && mayMove(root, name) {
			// A page would lose the animation.
			s.Results = slices.DeleteFunc(slices.Clone(s.Results), isStill)
		}
		s.Width, s.Height = p.dimensions(root, name)
		return s, true
	}
}

// isStill says that a result is in a format that webpress writes no animations in.
func isStill(r references.Result) bool { return r.Format != asset.WebP }

// mayMove says that an image may be an animation: a GIF, or a PNG with an acTL chunk, which
// is in front of its pixels (https://www.w3.org/TR/png-3/#acTL-chunk).
func mayMove(root *os.Root, name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gif":
		return true
	case ".png", ".apng":
		f, _, err := tree.OpenPlain(root, name)
		if err != nil {
			return false
		}
		defer f.Close()
		head := make([]byte, 4<<10)
		n, _ := io.ReadFull(f, head)
		return bytes.Contains(head[:n], []byte("acTL"))
	}
	return false
}

// dimensions reads those of an image as it is shown, 0 where they are not known, and remembers
// them.
func (p *pages) dimensions(root *os.Root, name string) (width, height int) {
	if known, ok := p.headers.Load(name); ok {
		size := known.([2]int)
		return size[0], size[1]
	}
	if header, err := readHeader(root, name); err == nil {
		width, height = header.Width, header.Height
	}
	p.headers.Store(name, [2]int{width, height})
	return width, height
}

// readHeader reads what a few bytes of an image say.
func readHeader(root *os.Root, name string) (codec.Header, error) {
	f, info, err := tree.OpenPlain(root, name)
	if err != nil {
		return codec.Header{}, err
	}
	defer f.Close()
	return codec.ReadHeader(f, info.Size(), false)
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
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, nil, fmt.Errorf("open %q: %w", p.root, tree.Cause(err))
	}
	defer root.Close()
	out, problems := make([]rewritten, len(p.names)), make([]string, len(p.names))
	look := p.look(root, nil)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range p.names {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			src, err := p.read(name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				one := rewritten{name: name}
				var data []byte
				data, one.changes, one.findings, err = references.Rewrite(name, src, p.site, look, p.optionsOf(name))
				if !bytes.Equal(data, src) {
					one.data = data // dimensions may be all that changes
				}
				out[i] = one
			}
			if err != nil {
				problems[i] = tree.Cause(err).Error()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
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
