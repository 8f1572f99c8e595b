package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// A group is the findings of one rule and severity, in their order.
type group struct {
	rule     string
	severity asset.Severity
	findings []asset.Finding
}

// groups are the findings of the check: errors first, then the rules that are
// broken most often.
func (r Report) groups() []group {
	type key struct {
		rule  string
		error bool
	}
	at := make(map[key]int)
	var all []group
	for _, f := range r.Findings {
		k := key{f.Rule, f.Severity == asset.Error}
		i, ok := at[k]
		if !ok {
			i = len(all)
			at[k] = i
			all = append(all, group{rule: f.Rule, severity: severity(f)})
		}
		all[i].findings = append(all[i].findings, f)
	}
	slices.SortStableFunc(all, func(a, b group) int {
		return cmp.Or(
			rank(a.severity)-rank(b.severity),
			cmp.Compare(len(b.findings), len(a.findings)),
			cmp.Compare(a.rule, b.rule))
	})
	return all
}

// severity is that of a finding. As in Totals, what is not an error is a warning.
func severity(f asset.Finding) asset.Severity {
	if f.Severity == asset.Error {
		return asset.Error
	}
	return asset.Warning
}

func rank(s asset.Severity) int {
	if s == asset.Error {
		return 0
	}
	return 1
}

// hint is the one that all findings of the group have, empty if they differ.
func (g group) hint() string {
	hint := g.findings[0].Hint
	for _, f := range g.findings {
		if f.Hint != hint {
			return ""
		}
	}
	return hint
}

// passed reports whether a check has found no error.
func (r Report) passed() bool { return r.Totals.Errors == 0 && r.Totals.Failed == 0 }

// verdict is a check in one sentence without an end: checked 120 images: 3 errors,
// 1 warning.
func (r Report) verdict() string {
	if r.Checked+r.CheckedPages == 0 && len(r.Findings) == 0 && r.Totals.Failed == 0 {
		return "no images to check"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{
		{r.Totals.Errors, "error"}, {r.Totals.Warnings, "warning"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.noun))
		}
	}
	if r.Totals.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", r.Totals.Failed))
	}
	switch {
	case len(parts) > 0:
	case r.Interrupted:
		parts = []string{"nothing found so far"}
	default:
		parts = []string{"no problems found"}
	}
	checked := images(r.Checked)
	switch {
	case r.CheckedPages > 0 && r.Checked == 0:
		checked = count(r.CheckedPages, "page")
	case r.CheckedPages > 0:
		checked += " and " + count(r.CheckedPages, "page")
	}
	return "checked " + checked + ": " + strings.Join(parts, ", ")
}

// fixes returns the commands that fix what was found, as they can be shown.
func (r Report) fixes() []string {
	var lines []string
	for line := range strings.Lines(r.Mend) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, ci.Visible(line))
		}
	}
	return lines
}

// findingsText is the findings as text. A hint that a whole group has is said
// once.
func (r Report) findingsText(b *strings.Builder) {
	for _, g := range r.groups() {
		fmt.Fprintf(b, "\n%s: %s\n", ci.Visible(g.rule), count(len(g.findings), string(g.severity)))
		shared := g.hint()
		for _, f := range g.findings[:min(len(g.findings), openRows)] {
			wrap(b, "  ", ci.Visible(message(f)))
			if f.Hint != "" && shared == "" {
				wrap(b, "    ", ci.Visible(f.Hint))
			}
		}
		more(b, len(g.findings)-openRows)
		if shared != "" {
			wrap(b, "    ", ci.Visible(shared))
		}
	}
}

// message is what was found, with the name of the file.
func message(f asset.Finding) string {
	switch {
	case f.Message == "":
		return cmp.Or(f.Path, "all images") + ": " + f.Rule
	case f.Path == "" || named(f.Message, f.Path):
		return f.Message
	}
	return fmt.Sprintf("%q: %s", f.Path, f.Message)
}

// named reports whether a message names the file. One with quotes or the like is there
// in Go's spelling.
func named(message, path string) bool {
	return strings.Contains(message, path) || strings.Contains(message, fmt.Sprintf("%q", path))
}

// checkHeadline is the end of the heading, and what the check has come to.
func (r Report) checkHeadline() string {
	state := "passed"
	switch {
	case !r.passed():
		state = "failed"
	case r.Interrupted:
		state = "interrupted"
	}
	s := " check " + state + "\n\n**" + capital(r.verdict()) + "**\n"
	if r.Interrupted {
		s += "\nThe check was interrupted: not everything was looked at.\n"
	}
	return s
}

// found is the section on the findings of a severity.
func (r Report) found(s asset.Severity) section {
	var of []asset.Finding
	hints := false
	for _, g := range r.groups() {
		if g.severity != s {
			continue
		}
		of = append(of, g.findings...)
		hints = hints || slices.ContainsFunc(g.findings, func(f asset.Finding) bool { return f.Hint != "" })
	}
	if len(of) == 0 {
		return section{}
	}
	head := "| Where | What | Fix |\n|:--|:--|:--|\n"
	if !hints {
		head = "| Where | What |\n|:--|:--|\n"
	}
	return section{
		title: count(len(of), string(s)), head: head, count: len(of), open: openRows,
		row: func(i int) string {
			f := of[i]
			row := "| " + where(f) + " | " + proseCell(short(what(f), 4*nameWidth)) + " |"
			if hints {
				row += " " + proseCell(short(f.Hint, 4*nameWidth)) + " |"
			}
			return row + "\n"
		},
	}
}

func where(f asset.Finding) string {
	if f.Path == "" {
		return "all images"
	}
	return codeCell(short(f.Path, nameWidth))
}

// what is the message without the name at its start, where the name stands beside
// it.
func what(f asset.Finding) string {
	if f.Path == "" {
		return message(f)
	}
	for _, name := range []string{fmt.Sprintf("%q", f.Path), `"` + f.Path + `"`, f.Path} {
		if rest, ok := strings.CutPrefix(f.Message, name); ok {
			return cmp.Or(strings.TrimLeft(rest, ": "), f.Rule)
		}
	}
	return cmp.Or(f.Message, f.Rule)
}

// fixSection is the section with the commands that fix what was found.
func (r Report) fixSection() string {
	lines := r.fixes()
	if len(lines) == 0 {
		return ""
	}
	body := strings.Join(lines, "\n")
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	return "\n### To fix\n\n" + fence + "sh\n" + body + "\n" + fence + "\n"
}
