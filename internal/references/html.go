package references

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/html"
)

// An element is a start tag of HTML that Rewrite may need as a whole.
type element struct {
	name     string
	off, end int
	attrs    []attribute
	// picture is the <picture> around it.
	picture *pictureElement
	// media is the media query of a <source>: see mediaOf.
	media string
	// extra says that it is not the image of the <picture>, which has one before it.
	extra bool
	// dynamic says why it must stay one element: an expression may add attributes that are not seen
	// here, a script sets its address, or its place depends on it. It is empty for all others.
	dynamic string
	// derived says that a script makes another address of the one that it has.
	derived bool
	// download says that it is a link to save the file under a name of its own.
	download bool
	// around are the elements that are open around an <img>; whole says that there are no others.
	around []openTag
	whole  bool
	// before is the element right before it: see openTag.
	before *openTag
	// void says that the tag ends with />.
	void bool
	// lines says that it may be broken into lines, which those of Markdown may not. pre says that
	// white space around it is shown.
	lines, pre bool
}

type pictureElement struct {
	sources []*element
	// outer is the one around it, which is not valid.
	outer *pictureElement
	// closed says that there was an image: no other one has these sources.
	closed bool
	// last is where its last tag so far ends. conditional says that an expression in or between its tags,
	// or an element around them, may leave some of its sources out.
	last        int
	conditional bool
}

// Values of element.dynamic.
const (
	addsAttributes = "an expression may add attributes to the element"
	setAtRunTime   = "its address is set at run time"
	needsImg       = "its place depends on that it is an <img>"
)

// maxAttributes is how many an element may have to become another one.
const maxAttributes = 200

// An attribute has a name in lower case. off and end are around all of it; val is within the quotes.
type attribute struct {
	name     string
	off, end int
	val      span
	quote    byte
}

func (e *element) get(name string) (attribute, bool) {
	i := slices.IndexFunc(e.attrs, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return attribute{}, false
	}
	return e.attrs[i], true
}

// html finds the references of a part of the file that is HTML or a template that makes HTML.
func (f *finder) html(s span) {
	// The lexer changes letters in its input, and wants one more byte.
	buf := make([]byte, s.end-s.off, s.end-s.off+1)
	copy(buf, f.src[s.off:s.end])
	f.lexHTML(buf, s.off, true)
}

// lexHTML does it with a copy of the file from base on, which it changes. The copy of a page in
// Markdown has spaces for all that is not HTML.
func (f *finder) lexHTML(buf []byte, base int, lines bool) {
	comments := commentsIn(buf)
	for _, t := range maskTemplates(buf, f.lang) {
		if at := (span{base + t.off, base + t.end}); overlaps(comments, t) {
			f.quoted(at, "it is in a comment")
		} else {
			f.template(at)
		}
	}
	if f.hasBraces() {
		for _, b := range maskBraces(buf) {
			f.scriptIn(span{base + b.off + 1, base + b.end - 1}, true)
		}
	}
	unhideXML(buf)
	w := &htmlWalk{finder: f, buf: buf, base: base, lines: lines, whole: f.lang == LangHTML && isWholePage(buf)}
	in := parse.NewInputBytes(buf)
	lexer := html.NewLexer(in)
	for {
		kind, data := lexer.Next()
		end := in.Offset()
		switch kind {
		case html.ErrorToken:
			return
		case html.StartTagToken:
			w.start(lexer.Text(), end-len(data))
		case html.AttributeToken:
			w.attribute(data, lexer.AttrKey(), lexer.AttrVal(), end)
		case html.StartTagCloseToken, html.StartTagVoidToken:
			w.el.end, w.el.void = base+end, kind == html.StartTagVoidToken
			w.tag()
		case html.EndTagToken:
			w.endTag(string(lexer.Text()))
		case html.TextToken:
			if at := (span{base + end - len(data), base + end}); w.raw != "" {
				w.content(at)
			} else if f.lang == LangXML && mentionsImage(data) && bytes.IndexByte(bytes.TrimSpace(data), ' ') < 0 {
				w.add(at, Social, place{form: entity}, "")
			}
		}
		if kind != html.StartTagCloseToken {
			w.raw = ""
		}
	}
}

func (w *htmlWalk) endTag(name string) {
	w.closeTag(name)
	switch name {
	case "picture":
		if w.picture != nil {
			w.picture = w.picture.outer
		}
	case "pre":
		w.pre = max(0, w.pre-1)
	case "option", "select":
		w.option = false
	case "svg", "math", "zvg", "zath":
		w.xml = max(0, w.xml-1)
	}
}

// commentsIn lists where the comments of HTML are.
func commentsIn(buf []byte) (found []span) {
	for at := 0; ; {
		i := bytes.Index(buf[at:], []byte("<!--"))
		if i < 0 {
			return found
		}
		n := bytes.Index(buf[at+i+4:], []byte("-->"))
		if n < 0 {
			return append(found, span{at + i, len(buf)})
		}
		found = append(found, span{at + i, at + i + 4 + n + 3})
		at += i + 4 + n + 3
	}
}

// overlaps reports whether one of the ranges, which are in order, has a part of s.
func overlaps(ranges []span, s span) bool {
	i, _ := slices.BinarySearchFunc(ranges, s.off, func(r span, off int) int { return cmp.Compare(r.end, off+1) })
	return i < len(ranges) && ranges[i].off < s.end
}

// hasBraces reports whether the language has {expressions} of JavaScript.
func (f *finder) hasBraces() bool {
	return f.lang == LangSvelte || f.lang == LangAstro || f.lang == LangMDX
}

// unhideXML renames <svg>, <math> and <xml> in the copy: the lexer gives each as one token, and
// there are images and links in them.
func unhideXML(buf []byte) {
	for at := 0; at+4 < len(buf); {
		i := bytes.IndexByte(buf[at:len(buf)-4], '<')
		if i < 0 {
			return
		}
		at += i + 1
		if c := buf[at] | 0x20; (c == 's' || c == 'm' || c == 'x') && (equalFold(buf[at:at+3], "svg") || equalFold(buf[at:at+4], "math") || equalFold(buf[at:at+3], "xml")) {
			buf[at] = 'z'
		}
	}
}

type htmlWalk struct {
	*finder
	buf     []byte
	base    int
	lines   bool
	el      element
	picture *pictureElement
	pre     int
	// option says that an <option> is open, which has few elements in it.
	option bool
	// open are the elements that are. deep says that they were too many. whole says that there are no others,
	// in another file.
	open []openTag
	// closed are the elements that were closed last at each depth.
	closed      []openTag
	whole, deep bool
	// xml is how many <svg> and <math> are open.
	xml int
	// raw is the name of the element whose text comes next, and rawType its type attribute.
	raw, rawType string
}

func (w *htmlWalk) start(name []byte, off int) {
	tag := tagName(name)
	if c := w.src[w.base+off+1]; w.lang != LangHTML && 'A' <= c && c <= 'Z' {
		// A component of a framework, which may be called Img.
		tag = "x-" + tag
	}
	w.el = element{name: tag, off: w.base + off, attrs: w.el.attrs[:0], lines: w.lines, pre: w.pre > 0}
	switch {
	case w.xml > 0:
		w.el.dynamic = "it is in an SVG"
	case w.option:
		w.el.dynamic = needsImg
	}
}

func (w *htmlWalk) attribute(data, key, val []byte, end int) {
	w.el.download = w.el.download || bytes.Contains(w.src[w.base+end-len(data):w.base+end-len(val)], []byte("download"))
	for len(key) > 0 && key[0] == masked {
		key = key[1:]
		w.el.dynamic = addsAttributes
	}
	if n := bytes.IndexByte(key, masked); n >= 0 {
		key = key[:n]
		w.el.dynamic = addsAttributes
	}
	if len(key) == 0 {
		return
	}
	if key[0] == '{' || len(key) > 2 && isDynamic(string(key)) {
		w.el.dynamic = addsAttributes
	} else if w.el.name == "img" || w.el.name == "source" {
		w.atRunTime(string(key), w.src[w.base+end-len(val):w.base+end])
	}
	off := end - len(data)
	for off < end && (isSpace(w.buf[off]) || w.buf[off] == masked) {
		off++
	}
	a := attribute{name: attrName(key), off: w.base + off, end: w.base + end, val: span{w.base + end - len(val), w.base + end}}
	if n := len(val); n > 0 && (val[0] == '"' || val[0] == '\'') {
		a.quote = val[0]
		a.val.off++
		if n > 1 && val[n-1] == val[0] {
			a.val.end--
		}
	}
	if len(w.el.attrs) >= maxAttributes {
		w.el.dynamic = "it has very many attributes" // to look for the same among all of them would take too long
	} else if slices.ContainsFunc(w.el.attrs, func(b attribute) bool { return b.name == a.name }) {
		// The first counts, unless an expression chooses.
		w.el.dynamic = "it has an attribute twice"
	}
	w.el.attrs = append(w.el.attrs, a)
}

// The names that are met often are not allocated.
func tagName(b []byte) string {
	switch string(b) {
	case "div":
		return "div"
	case "a":
		return "a"
	case "p":
		return "p"
	case "span":
		return "span"
	case "li":
		return "li"
	case "td":
		return "td"
	case "img":
		return "img"
	}
	return string(b)
}

func attrName(b []byte) string {
	switch string(b) {
	case "class":
		return "class"
	case "href":
		return "href"
	case "id":
		return "id"
	case "src":
		return "src"
	case "alt":
		return "alt"
	case "style":
		return "style"
	}
	return string(b)
}

// value is what an attribute says, for those that are words and not addresses.
func (w *htmlWalk) value(name string) string {
	a, ok := w.el.get(name)
	if !ok {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(string(w.src[a.val.off:a.val.end])))
}

// tag records the references of a start tag that is complete.
func (w *htmlWalk) tag() {
	el := &w.el
	switch el.name {
	case "script", "style":
		w.raw, w.rawType = el.name, w.value("type")
		if el.name == "script" && w.value("lang") == "tsx" {
			w.rawType = "text/jsx"
		}
	case "picture":
		w.picture = &pictureElement{outer: w.picture, last: el.end}
		return
	case "pre":
		w.pre++
	case "option":
		w.option = true
	case "zvg", "zath":
		if !el.void {
			w.xml++
		}
	case "base":
		w.baseHref()
	}
	if p := w.picture; p != nil {
		to := el.off
		if el.name == "source" {
			to = el.end
		}
		p.conditional = p.conditional || el.name != "img" && el.name != "source" || bytes.IndexByte(w.buf[p.last-w.base:to-w.base], masked) >= 0
		p.last = el.end
	}
	w.openTag()
	keep := el.name == "img" || el.name == "source" || el.name == "link"
	if keep {
		c := *el
		c.attrs = slices.Clone(el.attrs)
		c.picture, c.whole = w.picture, w.whole
		if c.name == "img" {
			c.around = slices.Clone(w.open)
		}
		el = &c
		if el.name == "source" && w.picture != nil {
			el.media = mediaOf(w.value("media"))
			w.picture.sources = append(w.picture.sources, el)
		}
	}
	if el.name == "img" && w.picture != nil {
		el.extra = w.picture.closed || w.picture.outer != nil
		w.picture.closed = true
	}
	mime, typed := el.get("type")
	first := len(w.refs)
	typed = typed && bytes.HasPrefix(w.src[mime.val.off:mime.val.end], []byte("image/"))
	for i := range w.el.attrs {
		a := &w.el.attrs[i]
		raw := w.src[a.val.off:a.val.end]
		if !mentionsImage(raw) {
			continue
		}
		p := place{form: entity, quote: a.quote, attr: a.name}
		if keep {
			p.el = el
		}
		if typed {
			p.mime = mime.val
		}
		p.download = w.el.download
		w.attr(a, p)
	}
	for i := first; i < len(w.refs) && el.derived; i++ {
		w.refs[i].Uncertain = cmp.Or(w.refs[i].Uncertain, "a script makes another address of it")
	}
}
