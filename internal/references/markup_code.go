package references

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maskCode overwrites what a file of AsciiDoc, reStructuredText, Org or LaTeX shows as it is, or not at all.
func maskCode(b []byte, lang Lang) {
	switch lang {
	case LangASCIIDoc:
		s := asciidocCode{}
		maskLines(b, s.line)
	case LangOrg:
		s := orgCode{}
		maskLines(b, s.line)
	case LangRST:
		s := rstCode{indent: -1}
		maskLines(b, s.line)
	case LangLaTeX:
		for _, r := range latexCode {
			for _, m := range r.FindAllIndex(b, -1) {
				mask(b[m[0]:m[1]])
			}
		}
	default:
	}
}

var latexCode = []*regexp.Regexp{
	regexp.MustCompile(`(?s)\\begin\{(?:verbatim|lstlisting|minted|comment)\}.*?\\end\{`),
	regexp.MustCompile(`(?m)(?:^|[^\\])%[^\n]*$`),
}

// maskLines overwrites the lines that are code. It hands them over one after another, without white space
// at their end, and each with the rest of the file.
func maskLines(b []byte, isCode func(line, rest []byte) bool) {
	for at := 0; at < len(b); {
		end := len(b)
		if n := bytes.IndexByte(b[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if isCode(bytes.TrimRight(b[at:end], " \t\r\n"), b[end:]) {
			mask(b[at:end])
		}
		at = end
	}
}

// A passage is what encloses a part of a line that is shown as it is: the same on both sides. before and
// after say which bytes may be around it, and that no white space is within; nil is any.
type passage struct {
	mark          string
	before, after func(c byte) bool
}

// mask overwrites the passages of a line. Its time is linear: if a passage does not end, then none behind
// it does.
func (p passage) mask(line []byte) {
	for at := 0; ; {
		n := bytes.Index(line[at:], []byte(p.mark))
		if n < 0 {
			return
		}
		off := at + n
		in := off + len(p.mark)
		if in >= len(line) {
			return
		}
		if p.before != nil && (isSpace(line[in]) || off > 0 && !p.before(line[off-1])) {
			at = off + 1
			continue
		}
		end := in + 1
		for {
			n := bytes.Index(line[end:], []byte(p.mark))
			if n < 0 {
				return
			}
			end += n
			if behind := end + len(p.mark); p.after == nil || !isSpace(line[end-1]) && (behind == len(line) || p.after(line[behind])) {
				break
			}
			end++
		}
		at = end + len(p.mark)
		mask(line[off:at])
	}
}

// asciidocCode knows the blocks of AsciiDoc that are verbatim, and paragraphs by their style or because
// they are indented: https://docs.asciidoctor.org/asciidoc/latest/verbatim/
type asciidocCode struct {
	// fence is what ends the block, and table what ends the table. They are empty outside.
	fence, table string
	// styled says that the style of the next block makes it verbatim.
	styled bool
	// lines is how many lines the paragraph has so far, code that it is verbatim, and title how many
	// characters its only line has.
	lines, title int
	code         bool
}

// asciidocPassages are in the order in which they count: https://docs.asciidoctor.org/asciidoc/latest/pass/
var asciidocPassages = []passage{
	{mark: "+++"},
	{mark: "++"},
	{mark: "$$"},
	{mark: "+", before: func(c byte) bool { return !isWord(c) && c != ';' && c != ':' && c != '}' }, after: func(c byte) bool { return !isWord(c) }},
}

// orgPassages are verbatim text and code: https://orgmode.org/manual/Emphasis-and-Monospace.html
var orgPassages = []passage{
	{mark: "=", before: isBeforeOrg, after: isAfterOrg},
	{mark: "~", before: isBeforeOrg, after: isAfterOrg},
}

func isBeforeOrg(c byte) bool { return isSpace(c) || strings.IndexByte(`({'"-`, c) >= 0 }
func isAfterOrg(c byte) bool  { return isSpace(c) || strings.IndexByte(`)}'".,;:!?[\-`, c) >= 0 }

var rstPassages = []passage{{mark: "``"}}

func maskPassages(line []byte, pairs []passage) {
	for _, p := range pairs {
		p.mask(line)
	}
}

var asciidocPass = regexp.MustCompile(`\bpass:[a-z,]*\[[^\]\n]*\]`)

var (
	asciidocFence     = regexp.MustCompile("^(?:-{4,}|\\.{4,}|\\+{4,}|/{4,}|```[\\w+#-]*)$")
	asciidocTable     = regexp.MustCompile(`^[|,:!]={3,}$`)
	asciidocAttribute = regexp.MustCompile(`^\[(?:[\w.#%{,"'].*|\[.*\])?\]$`)
	asciidocVerbatim  = regexp.MustCompile(`^\[\s*(?:(?:source|listing|literal|pass|comment|stem|latexmath|asciimath)\b|,)`)
	asciidocItem      = regexp.MustCompile(`^[ \t]+(?:(?:-|\*+|\.+|\d+\.|[A-Za-z]\.|[A-Za-z]+\)|<[\d.]+>)[ \t]|.*(?:::+|;;)(?:[ \t]|$))`)
)

func (s *asciidocCode) line(line, _ []byte) bool {
	switch {
	case s.fence != "":
		if string(line) == s.fence {
			s.fence = ""
		}
		return true
	case len(line) == 0:
		s.lines, s.code = 0, false
		return false
	case asciidocFence.Match(line) && !s.isUnderline(line), string(line) == "--" && s.styled:
		s.fence = string(line)
		if line[0] == '`' {
			s.fence = "```"
		}
		s.lines, s.code, s.styled = 0, false, false
		return true
	case asciidocTable.Match(line):
		switch s.table {
		case "":
			s.table = string(line)
		case string(line):
			s.table = ""
		}
		s.lines, s.code, s.styled = 0, false, false
		return false
	case bytes.HasPrefix(line, []byte("//")):
		return true
	case asciidocAttribute.Match(line):
		s.lines, s.code = 0, false
		s.styled = s.styled || asciidocVerbatim.Match(line)
		return false
	case string(line) == "+":
		s.lines, s.code = 0, false
		return false
	case s.lines == 0 && len(line) > 1 && line[0] == '.' && line[1] != '.' && !isSpace(line[1]):
		return false // the title of a block
	}
	if s.lines++; s.lines == 1 {
		s.title = utf8.RuneCount(line)
		s.code = s.styled || s.table == "" && isSpace(line[0]) && !asciidocItem.Match(line)
		s.styled = false
	}
	if !s.code {
		for _, m := range asciidocPass.FindAllIndex(line, -1) {
			mask(line[m[0]:m[1]])
		}
		maskPassages(line, asciidocPassages)
	}
	return s.code
}

// isUnderline reports whether a line makes the one before the title of a section.
func (s *asciidocCode) isUnderline(line []byte) bool {
	off := s.title - len(line)
	return s.lines == 1 && !s.code && (line[0] == '-' || line[0] == '+') && -2 < off && off < 2
}

// orgCode knows the blocks of Org that are verbatim, comments, and lines of fixed width.
type orgCode struct {
	// end is what ends the block, empty outside.
	end string
}

var orgBlock = regexp.MustCompile(`(?i)^[ \t]*#\+begin_(src|example|comment|export|html|latex)\b`)

func (s *orgCode) line(line, _ []byte) bool {
	word := bytes.TrimLeft(line, " \t")
	if s.end != "" {
		if bytes.EqualFold(word, []byte(s.end)) {
			s.end = ""
		}
		return true
	}
	if m := orgBlock.FindSubmatch(line); m != nil {
		s.end = "#+end_" + string(m[1])
		return true
	}
	if len(word) > 0 && (word[0] == ':' || word[0] == '#') && (len(word) == 1 || isSpace(word[1])) {
		return true
	}
	maskPassages(line, orgPassages)
	return false
}

// rstCode knows the literal blocks and the comments of reStructuredText.
type rstCode struct {
	// indent is that of what the block belongs to, whose own lines are further to the right; -1 is outside.
	indent int
}

var (
	rstDirective = regexp.MustCompile(`^\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([A-Za-z][\w:+.-]*?)[ \t]?::(?:[ \t]|$)`)
	rstTarget    = regexp.MustCompile(`^\.\.[ \t]+[_\[|]`)
)

func (s *rstCode) line(line, rest []byte) bool {
	word := bytes.TrimLeft(line, " \t")
	indent := len(line) - len(word)
	switch {
	case len(word) == 0:
		return false
	case s.indent >= 0 && indent > s.indent:
		return true
	}
	s.indent = -1
	if string(word) != ".." && !bytes.HasPrefix(word, []byte(".. ")) {
		if bytes.HasSuffix(word, []byte("::")) {
			s.indent = indent
		}
		maskPassages(line, rstPassages)
		return false
	}
	switch m := rstDirective.FindSubmatch(word); {
	case m != nil:
		switch string(m[1]) {
		case "code", "code-block", "sourcecode", "parsed-literal", "highlight", "raw", "math", "prompt", "doctest", "testcode":
			s.indent = indent
		}
		return false
	case rstTarget.Match(word):
		return false
	case string(word) == "..":
		// A comment that is empty has no block.
		next, _, _ := bytes.Cut(rest, []byte{'\n'})
		if len(bytes.TrimSpace(next)) == 0 {
			return false
		}
	}
	s.indent = indent
	return true
}
