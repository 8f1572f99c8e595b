package report

import "strings"

// A Problem is one reason why a run ended before it touched anything, and how to fix
// it, if that is known.
type Problem struct{ Message, Hint string }

// Stopped renders the summary of such a run, in GitHub's Markdown: at most limit bytes,
// or MarkdownLimit where limit is 0.
func Stopped(problems []Problem) func(limit int) string {
	return func(limit int) string {
		if limit <= 0 || limit > MarkdownLimit {
			limit = MarkdownLimit
		}
		var b strings.Builder
		b.WriteString("## webpress\n\n**Stopped before anything was changed**\n")
		for _, p := range problems {
			for i, line := range strings.Split(p.Message, "\n") {
				indent := "\n- "
				if i > 0 {
					indent = "\n  - "
				}
				b.WriteString(indent + prose(line))
			}
			if p.Hint != "" {
				b.WriteString("<br>Fix: " + prose(p.Hint))
			}
		}
		b.WriteString("\n")
		return cut(b.String(), limit)
	}
}
