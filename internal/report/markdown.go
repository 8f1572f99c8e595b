package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// MarkdownLimit is the length in bytes above which GitHub drops a job's summary
// whole. CommentLimit is that of a comment, in characters; bytes are never less.
const (
	MarkdownLimit = 1 << 20
	CommentLimit  = 65536
)

// openRows is how many rows of a section are seen before the rest is folded.
const openRows = 20

// Markdown is the report for a job's summary or a comment, in GitHub's Markdown.
// It is never longer than limit bytes; 0, or more than MarkdownLimit, stands for
// MarkdownLimit. If it would be longer, rows are dropped, and a line says how
// many: of the notes first, then of what was skipped, of what was converted (the
// smallest savings or the best scores first), of what was delivered, of warnings, of errors, of what
// failed.
func (r Report) Markdown(limit int) string {
	if limit <= 0 || limit > MarkdownLimit {
		limit = MarkdownLimit
	}
	sections := []section{r.failures(), r.found(asset.Error), r.found(asset.Warning)}
	if !r.Check {
		sections = append(sections, r.delivered(), r.table(), r.pictures(), r.skipped())
	}
	sections = append(sections, r.notes())
	head, foot := r.headline(), r.footer()
	if fix := r.fixSection(); len(fix) <= limit/4 {
		foot = fix + foot
	}
	keep := make([]int, len(sections))
	length := len(head) + len(foot)
	for i := range sections {
		keep[i] = sections[i].fill(limit)
		length += len(sections[i].render(keep[i]))
	}
	for i := len(sections) - 1; i >= 0 && length > limit; i-- {
		s := sections[i]
		over := length - limit
		length -= len(s.render(keep[i]))
		// The line about rows left out takes room itself.
		for over += leftRoom; keep[i] > 0 && over > 0; keep[i]-- {
			over -= len(s.rows[keep[i]-1])
		}
		length += len(s.render(keep[i]))
	}
	if length > limit {
		return cut(head, limit)
	}
	var b strings.Builder
	b.WriteString(head)
	for i, s := range sections {
		b.WriteString(s.render(keep[i]))
	}
	b.WriteString(foot)
	return b.String()
}

// leftRoom is more bytes than a section grows by when it has to say that rows are
// left out.
const leftRoom = 200

// cut takes from the end of s what is over limit bytes, but no part of a
// character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// A section is a part of the report under a heading of its own.
type section struct {
	// title is the heading's text. A section without one is not shown.
	title string
	// intro stands before the rows.
	intro string
	// head is the head of a table, empty for a list.
	head string
	// count is the number of rows, row makes one, and rows are those made.
	count int
	row   func(i int) string
	rows  []string
	// open is how many rows are seen before the rest is folded, and folded is what
	// the fold is called where none are.
	open   int
	folded string
}

// fill makes the rows that by themselves are no more than limit bytes, and
// returns how many they are. A run may have a hundred times as many.
func (s *section) fill(limit int) int {
	for i := range s.count {
		row := s.row(i)
		if limit -= len(row); limit < 0 {
			break
		}
		s.rows = append(s.rows, row)
	}
	return len(s.rows)
}

// render returns the section with its first n rows.
func (s section) render(n int) string {
	if s.title == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n### " + s.title + "\n\n" + s.intro)
	open := min(n, s.open)
	if open > 0 {
		b.WriteString(s.head + strings.Join(s.rows[:open], ""))
	}
	if n > open {
		summary := fmt.Sprintf("%d more", n-open)
		if open == 0 {
			summary = s.folded
			if n < s.count {
				summary = fmt.Sprintf("The first %d", n)
			}
		}
		// Markdown counts inside of HTML only after an empty line.
		fmt.Fprintf(&b, "\n<details><summary>%s</summary>\n\n%s%s\n</details>\n",
			summary, s.head, strings.Join(s.rows[open:n], ""))
	}
	if left := s.count - n; left > 0 {
		fmt.Fprintf(&b, "\n%d left out here, for lack of room; the JSON report has them.\n", left)
	}
	return b.String()
}

func (r Report) headline() string {
	s := "## webpress"
	if r.Shard != "" {
		s += ", shard " + prose(r.Shard)
	}
	if r.DryRun {
		s += " (dry run)"
	}
	if r.Check {
		return s + r.checkHeadline()
	}
	s += "\n\n**" + figure.ReplaceAllString(capital(r.outcome("→")), "$1\u00a0$2") + "**"
	for _, o := range r.others() {
		s += " · " + o
	}
	s += "\n"
	if line := r.pagesLine("→"); line != "" {
		s += "\n" + figure.ReplaceAllString(line, "$1\u00a0$2") + "\n"
	}
	if line := r.pageLine(); line != "" {
		s += "\n" + line + "\n"
	}
	if r.DryRun {
		s += "\nThis was a dry run: nothing was written.\n"
	}
	if r.Interrupted {
		s += "\nThe run was interrupted. What is listed here is finished; nothing is half-written.\n"
	}
	return s
}

func (r Report) footer() string {
	var parts []string
	made := r.Made()
	if r.Check {
		made = ""
	}
	for _, part := range []string{"webpress " + ci.Visible(r.Version), made} {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, prose(part))
		}
	}
	if r.Elapsed > 0 {
		parts = append(parts, Duration(r.Elapsed))
	}
	return "\n<sub>" + strings.Join(parts, " · ") + "</sub>\n"
}

func (r Report) failures() section {
	of := Failures(r.Results)
	if len(of) == 0 {
		return section{}
	}
	row := func(i int) string {
		message, hint := fault(of[i])
		row := "- " + code(short(message, 4*nameWidth))
		if hint != "" {
			row += "<br>" + prose(short(hint, 4*nameWidth))
		}
		return row + "\n"
	}
	return section{title: fmt.Sprintf("%d failed", r.Totals.Failed), count: len(of), row: row, open: openRows}
}

// fault is what went wrong with a source, with its name.
func fault(one asset.Result) (message, hint string) {
	if one.Err == nil {
		return fmt.Sprintf("%q: no reason given", one.Source.Path), ""
	}
	message = one.Err.Message
	if !named(message, one.Source.Path) {
		message = fmt.Sprintf("%q: %s", one.Source.Path, message)
	}
	return message, one.Err.Hint
}

// ordered is what was converted: with the largest savings first, or where scores are known, with
// the worst ones first.
func (r Report) ordered() []row {
	of := r.bySavings()
	if slices.ContainsFunc(of, row.rated) {
		slices.SortStableFunc(of, func(a, b row) int { return cmp.Compare(a.worst(), b.worst()) })
	}
	return of
}

func (r Report) table() section {
	of := r.ordered()
	if len(of) == 0 {
		return section{}
	}
	s := section{
		title: fmt.Sprintf("%d converted", len(of)),
		head: "| Image | Dimensions | Before → After | Saved |\n" +
			"|:--|:--|:--|--:|\n",
		open: openRows, count: len(of),
	}
	score := func(asset.Result) string { return "" }
	if slices.ContainsFunc(of, row.rated) {
		s.head = "| Image | Dimensions | Before → After | Saved | [Score](https://github.com/cloudinary/ssimulacra2) |\n" +
			"|:--|:--|:--|--:|--:|\n"
		score = scoreCell
	}
	if r.DryRun {
		s.title = fmt.Sprintf("%d would be converted", len(of))
	}
	s.row = func(i int) string {
		one := of[i]
		outputs := one.converted()
		own := score(one.Result)
		if own != "" && len(outputs) > 0 {
			own = " |" // each output has its own
		}
		cells := fmt.Sprintf("| %s | %s | %s | %s |%s\n", r.linked(one.Source.Path)+one.removal(),
			whole(dimensions(one.Result, "×", "→")), whole(before(one.Result)+" → "+Size(one.After)), whole(savings(one)), own)
		for _, made := range outputs {
			cells += fmt.Sprintf("| ↳ %s | %s | %s | |%s\n", codeCell(short(made.Output, linkWidth)), whole(pixels(made, "×")), whole(Size(made.After)), score(made))
		}
		return cells
	}
	return s
}

// scoreCell is the last cell of a row where scores are shown, empty for a result without one.
func scoreCell(one asset.Result) string {
	switch {
	case !one.Rated():
		return " |"
	case one.Lossless:
		return fmt.Sprintf(" %.1f, lossless |", one.Score)
	}
	return fmt.Sprintf(" %.1f, quality %d |", one.Score, one.Quality)
}

// before is the size of a source, and savings the share that was saved. Of another run's
// results neither is known.
func before(one asset.Result) string {
	if one.Before == 0 {
		return "?"
	}
	return Size(one.Before)
}

func savings(one row) string {
	switch _, _, ok := one.Saving(); {
	case one.Replaced != "":
		return "moved"
	case !ok && one.Before > 0:
		return "" // it is one size more
	case !ok:
		return "?"
	}
	return Percent(one.Before, one.After)
}

// linkWidth is the columns that a name may take where it leads to the whole of it: more
// leaves a phone no room for what was saved.
const linkWidth = 40

// linked is the name of a source in the cell of a table, which leads to its page.
func (r Report) linked(name string) string {
	if r.Link != nil {
		if address := r.Link(name); address != "" {
			return "[" + codeCell(short(name, linkWidth)) + "](" + address + ")"
		}
	}
	return codeCell(short(name, nameWidth))
}

// dimensions are those of a source and its output, or one where they are the same or
// the source's are not known: 4032×3024 → 1200×900, 64×64, 24 frames.
func dimensions(one asset.Result, by, arrow string) string {
	s := pixels(one, by)
	if one.SourceWidth > 0 && (one.SourceWidth != one.Width || one.SourceHeight != one.Height) {
		s = fmt.Sprintf("%d%s%d %s %s", one.SourceWidth, by, one.SourceHeight, arrow, s)
	}
	if one.Frames > 1 {
		s += fmt.Sprintf(", %d frames", one.Frames)
	}
	return s
}

// pixels is the dimensions of an output.
func pixels(one asset.Result, by string) string {
	if one.Width == 0 {
		return "?"
	}
	return fmt.Sprintf("%d%s%d", one.Width, by, one.Height)
}

// whole keeps a cell of a narrow table from being broken between a number and
// its unit.
func whole(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

func (r Report) skipped() section {
	of := r.of(asset.Skipped)
	if len(of) == 0 {
		return section{}
	}
	s := section{title: fmt.Sprintf("%d skipped", len(of))}
	for _, skip := range r.Skips {
		s.intro += fmt.Sprintf("- %d %s\n", skip.Count, prose(reason(skip.Reason)))
	}
	// What was done before the run is counted, and not named again.
	of = slices.DeleteFunc(of, func(one row) bool { return one.Reason == asset.UpToDate })
	s.count, s.folded = len(of), "Which ones"
	if r.upToDate() > 0 {
		s.folded = "The others"
	}
	s.row = func(i int) string {
		one := of[i]
		row := "- " + code(short(one.Source.Path, nameWidth)) + " " + prose(reason(one.Reason))
		if one.After > 0 {
			row += fmt.Sprintf(" (%s, result %s)", Size(one.Before), Size(one.After))
		}
		return row + "\n"
	}
	return s
}

func (r Report) notes() section {
	notes := r.remarks()
	if len(notes) == 0 {
		return section{}
	}
	row := func(i int) string {
		text := prose(short(notes[i].text, 4*nameWidth))
		if notes[i].path != "" {
			text = code(short(notes[i].path, nameWidth)) + notes[i].more() + " " + text
		}
		return "- " + text + "\n"
	}
	return section{title: "Notes", count: len(notes), row: row, open: openRows / 2}
}
