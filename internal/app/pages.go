package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// maxPage is the length in bytes of the largest text file that is searched for references.
const maxPage = 16 << 20

// pages are the text files of a repository, and what is known of the images that they name.
// All paths are from the root of the repository, or from the working directory where there is
// none.
type pages struct {
	root string
	// names are those of the text files, sorted.
	names []string
	// images are all images of the tree, sorted.
	images []string
	site   *references.Site
	// blobs are the ids that git's index has for files that have not changed.
	blobs map[string]string
	// results are by the path of the source.
	results map[string]references.Source
	sizes   map[string]int64
	options references.Options
}

// openPages lists the text files, and takes the results from webpress.lock, or where there is
// none from this run.
func (r *run) openPages(ctx context.Context, h *history.History, results []asset.Result) (*pages, error) {
	s := r.settings
	p := &pages{root: s.WorkingDirectory, results: map[string]references.Source{}, sizes: map[string]int64{}}
	p.options = references.Options{
		Mode: references.Mode(s.References), Social: s.ReferencesSocial, Dimensions: s.Dimensions, BaseURL: s.BaseURL,
	}
	if r.repo != nil {
		p.root = r.repo.Top()
	}
	files, blobs, err := r.listTree(ctx, p.root)
	if err != nil {
		return nil, err
	}
	p.blobs = blobs
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
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", p.root, tree.Cause(err))
	}
	defer root.Close()
	prefix := r.prefix(r.repo)
	o := references.SiteOptions{Hosts: s.ReferenceHosts}
	for _, dir := range s.ReferenceRoots {
		o.Roots = append(o.Roots, path.Join(prefix, filepath.ToSlash(dir)))
	}
	p.site = references.NewSite(files, func(name string) ([]byte, error) { return tree.ReadPlain(root, name, maxPage) }, o)
	p.know(r, h, results)
	return p, nil
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
		if p.options.Dimensions || p.options.Mode == references.Picture {
			if header, err := readHeader(root, name); err == nil {
				s.Width, s.Height = header.Width, header.Height
			}
		}
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

// readHeader reads the dimensions of an image as it is shown.
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
			src, err := tree.ReadPlain(root, name, maxPage)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				one := rewritten{name: name}
				var data []byte
				data, one.changes, one.findings, err = references.Rewrite(name, src, p.site, look, p.options)
				if len(one.changes) > 0 {
					one.data = data
				}
				out[i] = one
			}
			if err != nil && !errors.Is(err, references.ErrEncoding) {
				problems[i] = fmt.Sprintf("%q is not searched for references: %s", name, tree.Cause(err))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	out = slices.DeleteFunc(out, func(one rewritten) bool { return len(one.changes)+len(one.findings) == 0 })
	return out, slices.DeleteFunc(problems, func(text string) bool { return text == "" }), nil
}

// pageEdits are what a run makes of pages.
type pageEdits struct {
	report *report.Pages
	// changed are the pages that were written, from the root of the repository.
	changed []string
	edits   []store.Edit
	notices []string
}

// editPages reports or changes the references of all pages, as is set.
func (r *run) editPages(ctx context.Context, h *history.History, results []asset.Result) (done pageEdits, err error) {
	s := r.settings
	if s.References == config.ReferencesOff || r.shard.total > 0 || s.Verb != config.Convert && s.Verb != config.Merge {
		return done, nil
	}
	p, err := r.openPages(ctx, h, results)
	if err != nil || len(p.results) == 0 && !s.Dimensions || len(p.names) == 0 {
		return done, err
	}
	all, notes, err := p.rewrite(ctx)
	if err != nil {
		return done, err
	}
	done.notices = notes
	done.report = p.summarize(all)
	if s.DryRun {
		return done, nil
	}
	for _, one := range all {
		if one.data == nil {
			continue
		}
		if err := p.write(one); err != nil {
			return done, &asset.HintError{What: fmt.Sprintf("write %q", one.name), Why: err, Hint: tree.Hint(err, "")}
		}
		done.changed = append(done.changed, one.name)
	}
	return done, r.commitPages(ctx, p, &done)
}

// write puts a page in its place, with the permissions that it has.
func (p *pages) write(one rewritten) error {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return tree.Cause(err)
	}
	defer root.Close()
	info, err := root.Lstat(one.name)
	if err != nil {
		return tree.Cause(err)
	}
	if err := tree.Write(root, one.name, tree.Options{Like: info}, tree.Bytes(one.data)); err != nil {
		return tree.Cause(err)
	}
	return tree.Cause(root.Chmod(one.name, info.Mode().Perm()))
}

// commitPages adds the edits for a commit: of the pages that were changed here, and of those
// that an interrupted run has changed.
func (r *run) commitPages(ctx context.Context, p *pages, done *pageEdits) error {
	if r.repo == nil || p.options.Mode == references.Report {
		return nil
	}
	for _, name := range done.changed {
		delete(p.blobs, name)
	}
	have, err := r.repo.AtTop().InCommit(ctx, r.facts.HeadSHA, p.names, p.blobs)
	if err != nil {
		return err
	}
	for _, name := range p.names {
		if !have[name] {
			done.edits = append(done.edits, p.edit(name))
		}
	}
	return nil
}

// edit makes a page anew on what a branch has.
func (p *pages) edit(name string) store.Edit {
	return store.Edit{
		Path: name, Off: "references: report",
		Headline: func(name string, _, _ int) string { return "chore(images): use the results in " + name },
		Update: func(theirs []byte, leftOut map[string]bool) ([]byte, error) {
			if theirs == nil {
				return nil, nil
			}
			root, err := os.OpenRoot(p.root)
			if err != nil {
				return nil, tree.Cause(err)
			}
			defer root.Close()
			data, _, _, err := references.Rewrite(name, theirs, p.site, p.look(root, leftOut), p.options)
			if err != nil {
				return theirs, nil // it is left as it is
			}
			return data, nil
		},
	}
}

// summarize counts what there is and what was changed.
func (p *pages) summarize(all []rewritten) *report.Pages {
	out := &report.Pages{Mode: string(p.options.Mode), Files: []string{}}
	seen := map[string]bool{}
	for _, one := range all {
		stale := 0
		count := func(source string) {
			if seen[source] {
				return
			}
			seen[source] = true
			out.Before += p.sizes[source]
			out.After += p.smallest(source)
		}
		for _, c := range one.changes {
			count(c.Source)
		}
		for _, f := range one.findings {
			if f.Problem == references.Stale {
				stale++
				count(f.Path)
			}
			if f.Problem == references.NotEdited {
				out.Kept = append(out.Kept, report.PageNote{Path: one.name, Line: f.Line, Column: f.Column, Address: f.Address, Why: f.Detail})
			}
		}
		if n := stale + len(one.changes); n > 0 {
			out.References += n
			out.Files = append(out.Files, one.name)
		}
	}
	return out
}

// smallest is the size of the smallest result of the default variant: that which a browser
// takes.
func (p *pages) smallest(source string) int64 {
	size := p.sizes[source]
	for _, r := range p.results[source].Results {
		if r.Variant == "" {
			size = min(size, p.sizes[r.Path])
		}
	}
	return size
}

// problemsOf are the findings of a page that a check reports, by their severity.
func problemsOf(f references.Finding) (rule string, severity asset.Severity, ok bool) {
	switch f.Problem {
	case references.Stale:
		return asset.RuleStale, asset.Error, true
	case references.Absent:
		return asset.RuleMissing, asset.Error, true
	case references.BadCase:
		return asset.RuleWrongCase, asset.Error, true
	}
	return "", "", false
}

// checkReferences reports references that are stale or lead nowhere, and images that nothing
// names.
func (r *run) checkReferences(ctx context.Context, in *report.Input) error {
	h, err := r.loadHistory(ctx)
	if err != nil {
		return err
	}
	if h == nil {
		h = r.newHistory()
	}
	p, err := r.openPages(ctx, h, nil)
	if err != nil {
		return err
	}
	p.options.Mode = references.Report
	all, notes, err := p.rewrite(ctx)
	if err != nil {
		return err
	}
	in.Notices = append(in.Notices, notes...)
	for _, one := range all {
		for _, f := range one.findings {
			rule, severity, ok := problemsOf(f)
			if !ok {
				continue
			}
			finding := asset.Finding{
				Rule: rule, Severity: severity, Path: h.FromHere(one.name), Line: f.Line, Column: f.Column,
				Message: fmt.Sprintf("%s:%d:%d: %q: %s", h.FromHere(one.name), f.Line, f.Column, f.Address, f.Detail),
			}
			if rule == asset.RuleStale {
				finding.Hint = "`webpress --references=update` names the result"
			}
			in.Findings = append(in.Findings, finding)
		}
	}
	unused, err := p.unused(ctx)
	if err != nil {
		return err
	}
	for _, name := range unused {
		in.Findings = append(in.Findings, asset.Finding{
			Rule: asset.RuleUnused, Severity: asset.Warning, Path: h.FromHere(name),
			Message: fmt.Sprintf("%q: no page names it", h.FromHere(name)),
		})
	}
	return nil
}

// A use is a reference that leads to an image.
type use struct {
	Page    string `json:"page"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Kind    string `json:"kind"`
	Address string `json:"address"`
	// Image is the path of the file, empty where there is none.
	Image string `json:"image,omitempty"`
	// Status is found, missing, wrong-case, outside, ambiguous or uncertain.
	Status string `json:"status"`
	// Results are what was made of the image.
	Results []string `json:"results,omitempty"`
}

var statusNames = map[references.Status]string{
	references.Found: "found", references.Missing: "missing", references.WrongCase: "wrong-case", references.Outside: "outside",
	references.Ambiguous: "ambiguous",
}

// uses are all references to images of the repository, by page.
func (p *pages) uses(ctx context.Context) ([]use, error) {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", p.root, tree.Cause(err))
	}
	defer root.Close()
	out := make([][]use, len(p.names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range p.names {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			src, err := tree.ReadPlain(root, name, maxPage)
			if err != nil {
				return nil
			}
			lang, _ := references.Language(name)
			refs, err := references.Find(lang, src)
			if err != nil {
				return nil
			}
			for _, ref := range refs {
				res := p.site.Resolve(name, ref)
				status, ok := statusNames[res.Status]
				if !ok {
					continue
				}
				if ref.Uncertain != "" {
					status = "uncertain"
				}
				one := use{Page: name, Line: ref.Line, Column: ref.Column, Kind: string(ref.Kind), Address: ref.Address, Image: res.Path, Status: status}
				for _, result := range p.results[res.Path].Results {
					one.Results = append(one.Results, result.Path)
				}
				out[i] = append(out[i], one)
			}
			return nil
		})
	}
	err = g.Wait()
	return slices.Concat(out...), err
}

// unused are the images that no page names, nor a result or a source of which it names.
func (p *pages) unused(ctx context.Context) ([]string, error) {
	all, err := p.uses(ctx)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, one := range all {
		named[one.Image] = true
	}
	for source, s := range p.results {
		any := named[source] || slices.ContainsFunc(s.Results, func(r references.Result) bool { return named[r.Path] })
		if !any {
			continue
		}
		named[source] = true
		for _, r := range s.Results {
			named[r.Path] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(p.images), func(name string) bool { return named[name] }), nil
}
