package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/report"
)

// checkReferences reports references that are stale or lead nowhere, and images that nothing
// names.
func (r *run) checkReferences(ctx context.Context, in *report.Input) error {
	h, err := r.loadOrNewHistory(ctx)
	if err != nil {
		return err
	}
	p, err := r.openPages(ctx, h, nil)
	if err != nil {
		return err
	}
	p.options.Mode, p.options.Dimensions = p.editMode(), false
	all, notes, err := p.rewrite(ctx)
	if err != nil {
		return err
	}
	in.Notices, in.CheckedPages = append(in.Notices, notes...), len(p.names)
	fix := fixes{run: r}
	edit := func(mode references.Mode) string {
		return command(append(fix.start(), "--references="+string(mode)), nil)
	}
	update, picture := edit(p.options.Mode), edit(references.Picture)
	var edited []string
	var commands []string
	for _, one := range all {
		page := h.FromHere(one.name)
		add := func(ref references.Reference, f asset.Finding, what string) {
			f.Path, f.Line, f.Column = page, ref.Line, ref.Column
			f.Message = fmt.Sprintf("%s:%d:%d: %q: %s", page, f.Line, f.Column, ref.Address, what)
			in.Findings = append(in.Findings, f)
		}
		for _, c := range one.changes {
			add(c.Reference, asset.Finding{Rule: asset.RuleStale, Severity: asset.Error, Hint: "`" + update + "` names the results", Fix: update},
				fmt.Sprintf("its result %q is not used", c.To))
		}
		if len(one.changes) > 0 {
			edited, commands = append(edited, page), append(commands, update)
		}
		for _, f := range one.findings {
			switch f.Problem {
			case references.NotEdited:
				if f.Detail == references.NeedsPicture {
					add(f.Reference, asset.Finding{Rule: asset.RuleStale, Severity: asset.Warning, Hint: "`" + picture + "` names them", Fix: picture},
						"it has several results, and one name cannot stand for them")
					edited, commands = append(edited, page), append(commands, picture)
					continue
				}
				add(f.Reference, asset.Finding{Rule: asset.RuleStale, Severity: asset.Warning, Hint: "leave it, or change it by hand"},
					"it has a result, which webpress does not name here: "+f.Detail)
			case references.Resized:
				add(f.Reference, asset.Finding{Rule: asset.RuleStale, Severity: asset.Error, Hint: "`" + update + "` corrects them", Fix: update}, f.Detail)
				edited, commands = append(edited, page), append(commands, update)
			case references.Absent:
				add(f.Reference, asset.Finding{Rule: asset.RuleMissing, Severity: asset.Error, Hint: "correct the address, or add the file"}, f.Detail)
			case references.BadCase:
				add(f.Reference, asset.Finding{Rule: asset.RuleWrongCase, Severity: asset.Error, Hint: "spell it like the file: Linux distinguishes upper and lower case"}, f.Detail)
			}
		}
	}
	if edited = unique(edited); len(edited) > 0 {
		// The first leaves alone what needs the second.
		lines := slices.DeleteFunc(slices.Compact([]string{update, picture}), func(line string) bool { return !slices.Contains(commands, line) })
		if r.repo != nil {
			lines = append(lines, fix.git(edited, "add")...)
		}
		if in.Mend != "" {
			lines = append([]string{in.Mend}, lines...)
		}
		in.Mend = strings.Join(lines, "\n")
	}
	unused, err := p.unused(ctx)
	if err != nil {
		return err
	}
	for _, name := range unused {
		in.Findings = append(in.Findings, asset.Finding{
			Rule: asset.RuleUnused, Severity: asset.Warning, Path: h.FromHere(name),
			Message: fmt.Sprintf("%q: no page names it", h.FromHere(name)),
			Hint:    "delete it, unless something outside of this repository uses it",
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
	// Status is that of references.Describe, and Why its reason.
	Status string `json:"status"`
	Why    string `json:"why,omitempty"`
	// Results are what was made of the image.
	Results []string `json:"results,omitempty"`
}

// uses are all references to images of the repository, by page.
func (p *pages) uses(ctx context.Context) ([]use, error) {
	out := make([][]use, len(p.names))
	_, err := p.each(ctx, func(i int, _ *os.Root, name string, src []byte) error {
		lang, _ := references.Language(name)
		refs, err := references.Find(lang, src)
		for _, ref := range refs {
			res := p.site.Resolve(name, ref)
			status, why := references.Describe(ref, res)
			if p.gone[res.Path] && status == "found" {
				res.Path, status = "", references.Absent
			}
			if status == "" {
				continue
			}
			one := use{Page: name, Line: ref.Line, Column: ref.Column, Kind: string(ref.Kind), Address: ref.Address, Image: res.Path, Status: status, Why: why}
			for _, result := range p.results[res.Path].Results {
				one.Results = append(one.Results, result.Path)
			}
			out[i] = append(out[i], one)
		}
		return err
	})
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
