package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/webpress/webpress/internal/ci"
)

// Names come from strangers' pull requests, and messages hold names. GitHub
// renders Markdown with cmark-gfm, and then looks for @mentions, #123 and commit
// ids in the text of the HTML, where escapes are gone already; it leaves <code>
// alone. So names and messages are set as code, which also switches off every
// other meaning; prose is escaped where words are ours for the most part.

// nameWidth is the columns that a name may take in Markdown.
const nameWidth = 160

// codeCell sets s as code in the cell of a table. A cell ends at a bar, code or
// not. A backslash before the bar is taken away again, but which one, after
// another backslash, depends on the renderer.
func codeCell(s string) string {
	if strings.Contains(s, "|") {
		return htmlCode(ci.Visible(s))
	}
	return code(s)
}

// Code sets a name as code, in one line of Markdown, anywhere but in a table: whatever
// it holds, it is no HTML, no link and no mention there.
func Code(name string) string { return code(name) }

// code sets s as code, in one line, anywhere but in a table.
func code(s string) string {
	s = ci.Visible(s)
	if strings.Trim(s, " ") == "" {
		s += " "
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	padded := s[0] == '`' || s[len(s)-1] == '`' ||
		s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != ""
	if padded {
		s = " " + s + " "
	}
	return fence + s + fence
}

// EscapePath is a path for an address that can stand in Markdown: all of it is letters,
// digits, slashes and three marks that mean nothing there.
func EscapePath(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// htmlCode is code as HTML. Inside it Markdown still counts, so that whatever
// is not a letter, a digit or a space is written as a number.
func htmlCode(s string) string {
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range s {
		switch {
		case r == '@':
			// cmark-gfm links a@b.example although the sign is a number, but
			// does not look across the tags.
			b.WriteString("</code><code>&#64;")
		case r < unicode.MaxASCII && r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteString(entity(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}

func entity(r rune) string {
	const digits = "0123456789"
	if r >= 100 {
		return "&#1" + string(digits[r/10%10]) + string(digits[r%10]) + ";"
	}
	return "&#" + string(digits[r/10]) + string(digits[r%10]) + ";"
}

// prose escapes s as running text in one line. It may stand at the start of a
// list's item, but not in a table. What is between a pair of backticks is set as
// code.
func prose(s string) string { return setProse(s, plain, code) }

// proseCell is prose for the cell of a table.
func proseCell(s string) string { return setProse(s, plainCell, codeCell) }

// figure is a size with its unit.
var figure = regexp.MustCompile(`(\d) ([kMGT]?B\b|%)`)

// plainCell is plain for the cell of a table: as a number, a bar does not end it,
// and sizes are not broken.
func plainCell(s string) string {
	s = strings.ReplaceAll(plain(s), `\|`, entity('|'))
	return figure.ReplaceAllString(s, "$1\u00a0$2")
}

func setProse(s string, plain, code func(string) string) string {
	parts := strings.Split(strings.Trim(ci.Visible(s), " "), "`")
	if len(parts)%2 == 0 {
		// An odd number of backticks means no pairs.
		return plain(strings.Join(parts, "`"))
	}
	var b strings.Builder
	for i, part := range parts {
		switch {
		case i%2 == 0:
			b.WriteString(plain(part))
		case strings.Trim(part, " ") == "":
			b.WriteString(plain("`" + part + "`"))
		default:
			b.WriteString(code(part))
		}
	}
	return b.String()
}

// issues finds GitHub's other way to refer to them.
var issues = regexp.MustCompile(`(?i)\bGH-[0-9]`)

// plain escapes all that has a meaning in Markdown, in HTML or to GitHub.
func plain(s string) string {
	var b strings.Builder
	refers := map[int]bool{}
	for _, at := range issues.FindAllStringIndex(s, -1) {
		refers[at[0]+2] = true
	}
	for i, r := range s {
		before, after := s[:i], s[i+utf8.RuneLen(r):]
		next, _ := utf8.DecodeRuneInString(after)
		switch {
		case refers[i]:
			b.WriteString("-&#8203;")
			continue
		case strings.ContainsRune("!%~$&^", r) && (unicode.IsLetter(next) || unicode.IsDigit(next)):
			// GitLab's references: merge requests, milestones, labels, snippets, epics.
			b.WriteByte('\\')
			b.WriteRune(r)
			b.WriteString("&#8203;")
			continue
		case r == '@' || r == '#', r == ':' && strings.HasPrefix(after, "//"):
			// No backslash stops a mention, nor GitLab from making a link of an address
			// that it finds in the HTML; a space without width does.
			b.WriteByte('\\')
			b.WriteRune(r)
			b.WriteString("&#8203;")
			continue
		case strings.ContainsRune("\\`*_[]<>|~&$", r),
			r == '!' && strings.HasPrefix(after, "["),
			// Addresses become links.
			r == '.' && hasSuffixFold(before, "www"),
			// Lists, rules and headings.
			(r == '-' || r == '+' || r == '=') && i == 0,
			(r == '.' || r == ')') && i > 0 && strings.Trim(before, "0123456789") == "":
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// short is shorten for text that may have anything in it.
func short(s string, width int) string { return shorten(ci.Visible(s), width) }

// shorten cuts the middle out of s where it takes more than width columns, and
// leaves more of its end, where the name of a file is.
func shorten(s string, width int) string {
	// No character takes more columns than bytes.
	if len(s) <= width || uniseg.StringWidth(s) <= width {
		return s
	}
	var clusters []string
	var widths []int
	total := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		clusters = append(clusters, g.Str())
		widths = append(widths, g.Width())
		total += g.Width()
	}
	from, to := 0, 0
	for kept := 0; from < len(clusters) && kept+widths[from] <= (width-1)/3; from++ {
		kept += widths[from]
		total -= widths[from]
	}
	used := uniseg.StringWidth(strings.Join(clusters[:from], ""))
	for to = from; to < len(clusters) && used+1+total > width; to++ {
		total -= widths[to]
	}
	return strings.Join(clusters[:from], "") + "…" + strings.Join(clusters[to:], "")
}
