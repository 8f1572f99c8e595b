package report

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
)

// Pages are the references of a repository's text files to images that have results.
type Pages struct {
	// Mode is the setting references.
	Mode string `json:"mode"`
	// References is how many name an original, or were changed to name its results.
	References int `json:"references"`
	// Files are those that have such references: paths from the root of the repository.
	Files []string `json:"files"`
	// Before and After are the bytes of the originals, each counted once, and of the smallest
	// results that a browser takes instead.
	Before int64 `json:"bytes-before"`
	After  int64 `json:"bytes-after"`
	// Uncertain is how many others seem to name an original, and are not certain enough to edit.
	Uncertain int `json:"uncertain,omitempty"`
	// Kept are references that were not changed, since that was not safe.
	Kept []PageNote `json:"kept,omitempty"`
}

// A PageNote is about one reference.
type PageNote struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Address string `json:"address"`
	Why     string `json:"why"`
}

// pagesLine is one sentence about pages, empty if there is nothing to say.
func (r Report) pagesLine(arrow string) string {
	p := r.Pages
	if p == nil || p.References+p.Uncertain == 0 {
		return ""
	}
	unsure := ""
	if p.Uncertain > 0 {
		unsure = english.Plural(p.Uncertain, "reference is", "references are") + " not certain: see `webpress references`"
	}
	if p.References == 0 {
		return unsure
	}
	if unsure != "" {
		unsure = "; " + unsure
	}
	files := english.Plural(len(p.Files), "file", "")
	sizes := fmt.Sprintf("%s %s %s", Size(p.Before), arrow, Size(p.After))
	if p.Mode == "report" {
		verb := "name"
		if p.References == 1 {
			verb = "names"
		}
		return fmt.Sprintf("%s in %s still %s originals, %s would become %s: set references to update or picture%s",
			english.Plural(p.References, "reference", ""), files, verb, Size(p.Before), Size(p.After), unsure)
	}
	verb := "now use"
	switch {
	case r.DryRun:
		verb = "would use"
	case p.References == 1:
		verb = "now uses"
	}
	return fmt.Sprintf("%s in %s %s results: %s%s", english.Plural(p.References, "reference", ""), files, verb, sizes, unsure)
}

// maxKept is how many references that were not changed are listed.
const maxKept = 10

// keptNotes are remarks on references that were not changed.
func (r Report) keptNotes() []remark {
	if r.Pages == nil {
		return nil
	}
	var all []remark
	for i, k := range r.Pages.Kept {
		if i == maxKept {
			all = append(all, remark{text: fmt.Sprintf("%d more references were not changed; the JSON report has them", len(r.Pages.Kept)-i)})
			break
		}
		all = append(all, remark{path: fmt.Sprintf("%s:%d:%d", k.Path, k.Line, k.Column), text: fmt.Sprintf("%q was not changed: %s", k.Address, k.Why)})
	}
	return all
}
