package app

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/report"
)

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
	h, err := r.loadOrNewHistory(ctx)
	if err != nil {
		return err
	}
	p, err := r.openPages(ctx, h, nil)
	if err != nil {
		return err
	}
	mode := p.editMode()
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
				finding.Hint = fmt.Sprintf("`webpress --references=%s` names the result, where that is safe", mode)
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
	out := make([][]use, len(p.names))
	_, err := p.each(ctx, func(i int, _ *os.Root, name string, src []byte) error {
		lang, _ := references.Language(name)
		refs, err := references.Find(lang, src)
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
