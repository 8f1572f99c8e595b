package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/aymanbagabas/go-udiff"
	"github.com/bmatcuk/doublestar/v4"
	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/tree"
)

// references is the verb of that name: it lists where pages name images, and changes nothing.
func (r *run) references(ctx context.Context) (verdict, error) {
	v, err := r.listReferences(ctx)
	if errors.Is(err, syscall.EPIPE) {
		return v, nil // whoever reads it has seen enough
	}
	return v, err
}

func (r *run) listReferences(ctx context.Context) (verdict, error) {
	r.openRepo(ctx)
	if err := r.readRules(); err != nil {
		return verdict{}, err
	}
	h, err := r.loadOrNewHistory(ctx)
	if err != nil {
		return verdict{}, err
	}
	p, err := r.openPages(ctx, h, nil)
	if err != nil {
		return verdict{}, err
	}
	wanted, err := r.namedPages(p)
	if err != nil {
		return verdict{}, err
	}
	switch s := r.settings; {
	case s.DryRun:
		return verdict{}, r.diffPages(ctx, p, wanted)
	case s.Unused:
		return verdict{}, r.printUnused(ctx, p, wanted)
	}
	all, err := p.uses(ctx)
	if err != nil {
		return verdict{}, err
	}
	all = slices.DeleteFunc(all, func(one use) bool {
		if r.settings.Missing && one.Status != references.Absent && one.Status != references.BadCase && one.Status != "outside" {
			return true
		}
		return !wanted(one.Page) && (one.Image == "" || !wanted(one.Image))
	})
	if r.settings.JSON {
		return verdict{}, r.printJSON(append([]use{}, all...))
	}
	return verdict{}, r.printUses(all)
}

func (r *run) printUnused(ctx context.Context, p *pages, wanted func(string) bool) error {
	names, err := p.unused(ctx)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !wanted(name) })
	if r.settings.JSON {
		return r.printJSON(append([]string{}, names...))
	}
	for _, name := range names {
		fmt.Fprintln(r.Stdout, ci.Visible(name))
	}
	if len(names) == 0 {
		r.log.Line("every image is named by a page")
		return nil
	}
	r.log.Line("no page names %s", english.Plural(len(names), "of these images", "of these images"))
	return nil
}

// namedPages says which pages and images the arguments name: all without any. A folder means everything
// below it.
func (r *run) namedPages(p *pages) (func(name string) bool, error) {
	if len(r.settings.Paths) == 0 {
		return func(string) bool { return true }, nil
	}
	prefix := r.prefix(r.repo)
	all := slices.Concat(p.names, p.images)
	var under []string
	for _, arg := range r.settings.Paths {
		pattern := path.Join(prefix, filepath.ToSlash(arg))
		if filepath.IsAbs(arg) {
			if rel, err := filepath.Rel(resolved(p.top), resolved(arg)); err == nil {
				pattern = filepath.ToSlash(rel)
			}
		}
		if !slices.ContainsFunc(all, func(name string) bool { return isUnder(name, pattern) }) {
			return nil, &asset.Fault{
				Message: fmt.Sprintf("%q: no page and no image is there", arg),
				Hint:    "arguments are images, pages, folders and quoted patterns; pages are text files such as HTML, CSS and Markdown that git does not ignore",
			}
		}
		under = append(under, pattern)
	}
	return func(name string) bool {
		return slices.ContainsFunc(under, func(pattern string) bool { return isUnder(name, pattern) })
	}, nil
}

// isUnder reports whether an argument means a file: by its path, as a folder or as a pattern.
func isUnder(name, arg string) bool {
	matched, err := doublestar.Match(arg, name)
	return arg == "." || name == arg || strings.HasPrefix(name, arg+"/") || matched && err == nil
}

func (r *run) printJSON(v any) error {
	e := json.NewEncoder(r.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printUses prints a table, and what it comes to.
func (r *run) printUses(all []use) error {
	w := tabwriter.NewWriter(r.Stdout, 0, 0, 2, ' ', 0)
	if len(all) > 0 {
		fmt.Fprintln(w, "page\tkind\taddress\tstatus\timage\tresults")
	}
	images, stale := map[string]bool{}, 0
	for _, one := range all {
		if one.Image != "" {
			images[one.Image] = true
		}
		if len(one.Results) > 0 && one.Status == "found" {
			stale++
		}
		fmt.Fprintf(w, "%s:%d:%d\t%s\t%s\t%s\t%s\t%s\n", ci.Visible(one.Page), one.Line, one.Column, one.Kind,
			ci.Visible(one.Address), one.Status, ci.Visible(one.Image), ci.Visible(strings.Join(one.Results, ", ")))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	line := fmt.Sprintf("%s to %s", english.Plural(len(all), "reference", ""), english.Plural(len(images), "image", ""))
	switch {
	case r.settings.Missing && len(all) == 0:
		line = "every reference leads to a file"
	case r.settings.Missing:
		line = english.Plural(len(all), "reference leads", "references lead") + " to no file, or to one whose name differs in case"
	case stale > 0:
		line += fmt.Sprintf("; %d of them %s an original that has a result", stale, english.PluralWord(stale, "names", "name"))
	}
	r.log.Line("%s", line)
	return nil
}

// diffPages prints, as a unified diff, what references would change.
func (r *run) diffPages(ctx context.Context, p *pages, wanted func(string) bool) error {
	if mode := p.editMode(); mode != p.options.Mode {
		p.options.Mode = mode
		r.log.Line("showing what `--references=%s` would change", mode)
	}
	p.names = slices.DeleteFunc(p.names, func(name string) bool { return !wanted(name) })
	all, notes, err := p.rewrite(ctx)
	if err != nil {
		return err
	}
	for _, note := range notes {
		r.log.Line("%s", note)
	}
	root, err := openTop(p.top)
	if err != nil {
		return err
	}
	defer root.Close()
	files, changes := 0, 0
	for _, one := range all {
		for _, f := range one.findings {
			if f.Problem == references.NotEdited {
				r.log.Line("%s:%d:%d: %q is left as it is: %s", one.name, f.Line, f.Column, f.Address, f.Detail)
			}
		}
		if one.data == nil {
			continue
		}
		src, err := p.read(root, one.name)
		if err != nil {
			return fmt.Errorf("read %q: %w", one.name, tree.Cause(err))
		}
		files, changes = files+1, changes+len(one.changes)
		if _, err := io.WriteString(r.Stdout, udiff.Unified("a/"+one.name, "b/"+one.name, string(src), string(one.data))); err != nil {
			return err
		}
	}
	if len(p.results) == 0 {
		r.log.Line("no image has a result yet: convert first, by `webpress`")
		return nil
	}
	r.log.Line("%s in %s would change", english.Plural(changes, "reference", ""), english.Plural(files, "file", ""))
	if files > 0 {
		f := fixes{run: r}
		r.log.Line("to change them: %s", command(append(f.start(), "--references="+string(p.options.Mode)), nil))
	}
	return nil
}
