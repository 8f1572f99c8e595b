package app

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize/english"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/tree"
)

// references is the verb of that name: it lists where pages name images, and changes nothing.
func (r *run) references(ctx context.Context) (verdict, error) {
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
	wanted := r.namesPages()
	switch s := r.settings; {
	case s.DryRun:
		return verdict{}, r.diffPages(ctx, p, wanted)
	case s.Unused:
		names, err := p.unused(ctx)
		if err != nil {
			return verdict{}, err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !wanted(name) })
		if s.JSON {
			return verdict{}, r.printJSON(append([]string{}, names...))
		}
		for _, name := range names {
			fmt.Fprintln(r.Stdout, ci.Visible(name))
		}
		r.log.Line("no page names %d of %s", len(names), english.Plural(len(p.images), "image", ""))
		return verdict{}, nil
	}
	all, err := p.uses(ctx)
	if err != nil {
		return verdict{}, err
	}
	all = slices.DeleteFunc(all, func(one use) bool {
		if r.settings.Missing && one.Status != "missing" && one.Status != "wrong-case" && one.Status != "outside" {
			return true
		}
		return !wanted(one.Page) && (one.Image == "" || !wanted(one.Image))
	})
	if r.settings.JSON {
		return verdict{}, r.printJSON(append([]use{}, all...))
	}
	return verdict{}, r.printUses(all)
}

// namesPages says which files the arguments name: all without any. A folder means everything
// below it.
func (r *run) namesPages() func(name string) bool {
	if len(r.settings.Paths) == 0 {
		return func(string) bool { return true }
	}
	prefix := r.prefix(r.repo)
	var under []string
	for _, p := range r.settings.Paths {
		under = append(under, path.Join(prefix, filepath.ToSlash(p)))
	}
	return func(name string) bool {
		return slices.ContainsFunc(under, func(dir string) bool {
			return dir == "." || dir == "" || name == dir || strings.HasPrefix(name, dir+"/")
		})
	}
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
	r.log.Line("%s to %s, %d of originals that have results", english.Plural(len(all), "reference", ""), english.Plural(len(images), "image", ""), stale)
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
		if _, err := r.Stdout.Write(diff.Diff("a/"+one.name, src, "b/"+one.name, one.data)); err != nil {
			return err
		}
	}
	r.log.Line("%s in %s would change", english.Plural(changes, "reference", ""), english.Plural(files, "file", ""))
	return nil
}
