package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// textWidth is the columns that no line of Text goes beyond.
const textWidth = 100

// Text is the report for the end of a log or for a terminal: plain, aligned, at
// most 100 columns, no colour. Long lists are cut short, since the log has named
// every file already. The last lines say what the run came to, and those before
// them, in a check, how to fix what it has found.
func (r Report) Text() string {
	var b strings.Builder
	r.failedText(&b)
	r.findingsText(&b)
	if !r.Check {
		r.convertedText(&b)
		r.skippedText(&b)
	}
	r.notesText(&b)
	r.deliveredText(&b)
	if r.Check {
		r.fixText(&b)
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if r.Check {
		r.verdictText(&b)
	} else {
		r.outcomeText(&b)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// outcomeText is what a run has come to.
func (r Report) outcomeText(b *strings.Builder) {
	end := r.outcome("->")
	if r.Shard != "" {
		end = "shard " + ci.Visible(r.Shard) + ": " + end
	}
	if r.DryRun {
		b.WriteString("Dry run: nothing was written.\n")
	}
	if len(r.Results) > 0 && r.Elapsed > 0 {
		end += ", in " + Duration(r.Elapsed)
	}
	if r.Interrupted {
		end = "interrupted: " + end
	}
	wrap(b, "", capital(end))
	if others := r.others(); len(others) > 0 {
		if r.Totals.Failed > 0 {
			others[0] += " (reasons above)"
		}
		wrap(b, "", strings.Join(others, ", "))
	}
	if line := r.pagesLine("->"); line != "" {
		wrap(b, "", line)
	}
}

// verdictText is what a check has come to.
func (r Report) verdictText(b *strings.Builder) {
	end := r.verdict()
	if r.Checked+r.CheckedPages > 0 && r.Elapsed > 0 {
		end += ", in " + Duration(r.Elapsed)
	}
	if r.Interrupted {
		end = "interrupted: " + end
	}
	wrap(b, "", capital(end))
}

// fixText writes the commands that fix what was found. They are not wrapped: they
// are to be copied.
func (r Report) fixText(b *strings.Builder) {
	if lines := r.fixes(); len(lines) > 0 {
		b.WriteString("\nTo fix:\n  " + strings.Join(lines, "\n  ") + "\n")
	}
}

func (r Report) failedText(b *strings.Builder) {
	of := Failures(r.Results)
	if len(of) == 0 || r.Logged {
		return
	}
	b.WriteString("\nfailed\n")
	for _, one := range of[:min(len(of), openRows)] {
		message, hint := fault(one)
		wrap(b, "  ", ci.Visible(message))
		if hint != "" {
			wrap(b, "    ", ci.Visible(hint))
		}
	}
	more(b, len(of)-openRows)
}

func (r Report) convertedText(b *strings.Builder) {
	of := r.bySavings()
	if len(of) == 0 {
		return
	}
	title := "converted"
	if r.DryRun {
		title = "would be converted"
	}
	of, left := of[:min(len(of), openRows)], len(of)-openRows
	rates := func(asset.Result) []string { return nil }
	if slices.ContainsFunc(of, row.rated) {
		rates = rating
	}
	rows := [][]string{append([]string{title, "dimensions", "before", "after", "saved"}, ratingTitles[:len(rates(asset.Result{}))]...)}
	for _, one := range of {
		cells := []string{
			"  " + ci.Visible(one.Source.Path) + one.removal(), dimensions(one.Result, "x", "->"), before(one.Result), Size(one.After), savings(one),
		}
		made := one.converted()
		if len(made) == 0 {
			cells = append(cells, rates(one.Result)...)
		} else {
			cells = append(cells, rates(asset.Result{})...)
		}
		rows = append(rows, cells)
		for _, made := range made {
			rows = append(rows, append([]string{"    " + ci.Visible(made.Output), pixels(made, "x"), "", Size(made.After), ""}, rates(made)...))
		}
	}
	b.WriteByte('\n')
	columns(b, rows)
	more(b, left)
}

// ratingTitles stand above what rating returns.
var ratingTitles = []string{"score", "quality", "tries"}

// rating is what is known of how good a result looks, empty cells where nothing is.
func rating(r asset.Result) []string {
	switch {
	case !r.Rated():
		return []string{"", "", ""}
	case r.Lossless:
		return []string{fmt.Sprintf("%.1f", r.Score), "lossless", strconv.Itoa(r.Tries)}
	}
	return []string{fmt.Sprintf("%.1f", r.Score), strconv.Itoa(r.Quality), strconv.Itoa(r.Tries)}
}

// rated reports whether there is a score of any output of a row.
func (r row) rated() bool {
	return slices.ContainsFunc(r.all, func(one asset.Result) bool { return one.Rated() })
}

// columns prints rows below each other: the first two columns to the left, the
// others to the right. The first is as wide as the others leave room for.
func columns(b *strings.Builder, rows [][]string) {
	const gap = "  "
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	room := textWidth
	for _, w := range widths[1:] {
		room -= w + len(gap)
	}
	widths[0] = min(widths[0], max(room, len(gap)+8))
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			} else {
				cell = shorten(cell, widths[0])
			}
			pad := strings.Repeat(" ", max(0, widths[i]-uniseg.StringWidth(cell)))
			if i < 2 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString(pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

func (r Report) skippedText(b *strings.Builder) {
	if len(r.Skips) == 0 || r.allUpToDate() { // which the outcome says
		return
	}
	b.WriteString("\nskipped\n")
	for _, skip := range r.Skips {
		wrap(b, "  ", fmt.Sprintf("%d %s", skip.Count, ci.Visible(reason(skip.Reason))))
	}
}

func (r Report) notesText(b *strings.Builder) {
	notes := r.remarks()
	if len(notes) == 0 {
		return
	}
	b.WriteString("\nnotes\n")
	for _, note := range notes[:min(len(notes), openRows/2)] {
		if note.path != "" {
			note.text = note.path + note.more() + ": " + note.text
		}
		wrap(b, "  ", ci.Visible(note.text))
	}
	more(b, len(notes)-openRows/2)
}

// more says that n lines are left out.
func more(b *strings.Builder, n int) {
	if n > 0 {
		fmt.Fprintf(b, "  and %d more\n", n)
	}
}

// wrap prints s after indent, on as many lines as it needs; those after the
// first are indented further. It breaks at spaces, and inside of words that are
// longer than a line.
func wrap(b *strings.Builder, indent, s string) {
	line, width := indent, len(indent)
	empty := true
	brk := func() {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		line, width, empty = indent+"  ", len(indent)+2, true
	}
	for word := range strings.SplitSeq(s, " ") {
		w := uniseg.StringWidth(word)
		if !empty {
			if width+1+w > textWidth {
				brk()
			} else {
				line += " "
				width++
			}
		}
		empty = false
		if width+w <= textWidth {
			line += word
			width += w
			continue
		}
		for g := uniseg.NewGraphemes(word); g.Next(); {
			if width+g.Width() > textWidth {
				brk()
				empty = false
			}
			line += g.Str()
			width += g.Width()
		}
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
