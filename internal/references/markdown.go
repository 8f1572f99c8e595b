package references

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// commonMark parses what most sites write: CommonMark with tables and footnotes.
var commonMark = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Footnote),
	goldmark.WithParserOptions(parser.WithParagraphTransformers(util.Prioritized(dropProse{}, 1000))),
).Parser()

// dropProse empties paragraphs that name no image before what is in them is parsed, which is most of
// the work. It is the last of its kind, behind definitions and tables.
type dropProse struct{}

func (dropProse) Transform(n *ast.Paragraph, reader text.Reader, _ parser.Context) {
	lines := n.Lines()
	for i := range lines.Len() {
		l := lines.At(i)
		if b := reader.Source()[l.Start:l.Stop]; mentionsImage(b) || bytes.Contains(b, []byte("picture")) {
			return
		}
	}
	n.SetLines(text.NewSegments())
}

// An mdImage is an image of Markdown, as Rewrite needs it to write HTML instead.
type mdImage struct {
	off, end   int
	alt, title string
	// safe says that HTML may stand in its place.
	safe bool
	// first says that its line has no text before it, and alone that it is a paragraph of its
	// own outside of lists and quotes.
	first, alone bool
}

type markdownWalk struct {
	*finder
	// text is the copy that was parsed. Its offsets are those of the file.
	text []byte
	base int
	// html is as long, with spaces for all that is not HTML; nil as long as there is none.
	html []byte
	code []span
	hugo bool
}

func (f *finder) markdown(s span) {
	b := f.src[s.off:s.end]
	if !mentionsImage(b) {
		return
	}
	w := &markdownWalk{finder: f, base: s.off}
	w.text = bytes.Clone(b)
	templates := maskTemplates(w.text, f.lang)
	var braces []span
	if f.lang == LangMDX {
		braces = maskBraces(w.text)
	}
	// Hugo drops HTML from Markdown, if it is not set otherwise.
	w.hugo = bytes.Contains(b, []byte("{{<")) || bytes.Contains(b, []byte("{{%")) || bytes.HasPrefix(f.src, []byte("+++"))
	doc := commonMark.Parse(text.NewReader(w.text), parser.WithContext(parser.NewContext()))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			w.node(n)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range templates {
		if !w.inCode(t) && !w.templateDestination(t) {
			f.template(span{s.off + t.off, s.off + t.end})
		}
	}
	for _, t := range braces {
		if !w.inCode(t) {
			f.scriptIn(span{s.off + t.off + 1, s.off + t.end - 1}, true)
		}
	}
	if w.html != nil {
		f.lexHTML(w.html, s.off, false)
	}
}

func (w *markdownWalk) inCode(t span) bool { return overlaps(w.code, t) }

func (w *markdownWalk) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Image:
		if n.Reference == nil {
			w.destination(n.Destination, Image, w.image(n))
		}
	case *ast.Link:
		if n.Reference == nil {
			w.destination(n.Destination, Link, nil)
		}
	case *ast.LinkReferenceDefinition:
		w.destination(n.Destination, Link, nil)
	case *ast.HTMLBlock:
		for i := range n.Lines().Len() {
			w.keep(n.Lines().At(i))
		}
		if n.HasClosure() {
			w.keep(n.ClosureLine)
		}
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			w.keep(n.Segments.At(i))
		}
	case *ast.CodeSpan:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				w.code = append(w.code, span{t.Segment.Start, t.Segment.Stop})
			}
		}
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		if lines := n.Lines(); lines.Len() > 0 {
			w.code = append(w.code, span{lines.At(0).Start, lines.At(lines.Len() - 1).Stop})
		}
	case *ast.Paragraph:
		if w.lang == LangMDX && n.Lines().Len() > 0 {
			from, to := n.Lines().At(0).Start, n.Lines().At(n.Lines().Len()-1).Stop
			if p := w.text[from:to]; bytes.HasPrefix(p, []byte("import ")) || bytes.HasPrefix(p, []byte("export ")) {
				w.scriptIn(span{w.base + from, w.base + to}, true)
			}
		}
	}
}

// keep copies HTML to where it is parsed.
func (w *markdownWalk) keep(s text.Segment) {
	if w.html == nil {
		w.html = make([]byte, len(w.text), len(w.text)+1)
		for i, c := range w.text {
			if c != '\n' {
				c = ' '
			}
			w.html[i] = c
		}
	}
	if s.Start >= 0 && s.Stop <= len(w.text) && s.Start < s.Stop {
		copy(w.html[s.Start:s.Stop], w.text[s.Start:s.Stop])
	}
}

// offsetIn gives the offset in b of part, which is a slice of it. That goldmark gives slices of its
// input is what makes a destination's place exact; where it has made a copy there is none.
func offsetIn(b, part []byte) (int, bool) {
	off := cap(b) - cap(part)
	return off, len(part) > 0 && off >= 0 && off+len(part) <= len(b) && &b[off] == &part[0]
}

func (w *markdownWalk) destination(d []byte, kind Kind, md *mdImage) {
	if !mentionsImage(d) {
		return
	}
	off, ok := offsetIn(w.text, d)
	if !ok {
		return
	}
	p := place{form: bareDest, md: md, download: kind == Link && downloadList.Match(w.text[off+len(d):])}
	if off > 0 && w.text[off-1] == '<' {
		p.form = angleDest
	}
	s := span{w.base + off, w.base + off + len(d)}
	if bytes.IndexByte(d, masked) >= 0 {
		w.expression(s, d, kind, p)
		return
	}
	w.add(s, kind, p, "")
}

// downloadList is an attribute list behind a link that says to save the file: [a](b){:download="c"}.
var downloadList = regexp.MustCompile(`^[^()\n]*\)\{[^}\n]*\bdownload\b`)

// templateDestination records an expression that is the destination of an image or a link, which is
// none to a parser of Markdown: the generator replaces it first.
func (w *markdownWalk) templateDestination(t span) bool {
	if t.off < 2 || w.text[t.off-1] != '(' || w.text[t.off-2] != ']' || t.end == len(w.text) || w.text[t.end] != ')' && !isSpace(w.text[t.end]) {
		return false
	}
	s := span{w.base + t.off, w.base + t.end}
	if _, ok := w.filtered(s); !ok {
		return false
	}
	kind, depth := Link, 0
	for i := t.off - 2; i >= 0 && w.text[i] != '\n'; i-- {
		switch w.text[i] {
		case ']':
			depth++
		case '[':
			depth--
		}
		if depth == 0 {
			if i > 0 && w.text[i-1] == '!' {
				kind = Image
			}
			break
		}
	}
	w.expression(s, w.text[t.off:t.end], kind, place{})
	return true
}

// image finds out where all of an image is, and whether HTML may stand there.
func (w *markdownWalk) image(n *ast.Image) *mdImage {
	off, ok := offsetIn(w.text, n.Destination)
	if !ok || n.Pos() < 0 || n.Pos() >= off {
		return nil
	}
	end := off + len(n.Destination)
	if off > 0 && w.text[off-1] == '<' {
		end++
	}
	blanks := func() {
		for end < len(w.text) && isSpace(w.text[end]) {
			end++
		}
	}
	blanks()
	if n.Title != nil {
		// The title may be a copy, but is as it is written.
		if from := end + 1; from+len(n.Title) >= len(w.text) || !bytes.Equal(w.text[from:from+len(n.Title)], n.Title) {
			return nil
		}
		end += len(n.Title) + 2
		blanks()
	}
	if end >= len(w.text) || w.text[end] != ')' {
		return nil
	}
	end++
	md := &mdImage{off: w.base + n.Pos(), end: w.base + end, title: bareDest.decode(n.Title)}
	md.safe = w.lang == LangMarkdown && !w.hugo && bytes.IndexByte(w.text[n.Pos():end], '\n') < 0 && bytes.IndexByte(w.text[n.Pos():end], masked) < 0
	var alt strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		t, ok := c.(*ast.Text)
		if !ok {
			md.safe = false
			continue
		}
		alt.WriteString(bareDest.decode(t.Segment.Value(w.text)))
	}
	md.alt = alt.String()
	for p := n.Parent(); p != nil; p = p.Parent() {
		switch p.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.ListItem, *ast.List, *ast.Blockquote, *ast.Link, *ast.Emphasis,
			*extast.Footnote, *extast.FootnoteList:
		case *extast.Table, *extast.TableRow, *extast.TableCell, *extast.TableHeader:
			md.safe = md.safe && !strings.Contains(md.alt+md.title, "|")
		default:
			md.safe = false
		}
	}
	before := w.text[bytes.LastIndexByte(w.text[:n.Pos()], '\n')+1 : n.Pos()]
	md.first = len(bytes.Trim(before, " \t>*+-.)0123456789")) == 0
	if p, ok := n.Parent().(*ast.Paragraph); ok && p.ChildCount() == 1 && p.Parent().Kind() == ast.KindDocument {
		md.alone = true
	}
	// An attribute list of kramdown or of goldmark belongs to the image, and would be left behind.
	if rest := w.text[end:]; len(rest) > 0 && rest[0] == '{' {
		md.safe = false
	}
	return md
}
