package references

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxText is the length in bytes of the longest text file that is read.
const MaxText = 16 << 20

// The reasons why a file is not read.
var (
	ErrTooLarge = errors.New("the text file is larger than 16 MiB")
	ErrEncoding = errors.New("the text is not UTF-8")
)

// A span is a range of bytes of a file.
type span struct{ off, end int }

// A place is what Rewrite knows of a reference beside its address.
type place struct {
	form  form
	quote byte
	// tail says that an expression is before the address: it is one only if it resolves.
	tail bool
	// rooted says that it begins at the root of the site, with a slash or without.
	rooted bool
	// whole is the value that it is a part of, where an expression is the rest.
	whole span
	// download says that it is a link to save the file under a name of its own.
	download bool
	// group is the same for all candidates of one srcset, 0 elsewhere.
	group      int
	descriptor string
	// mime is where a type that must agree with the image is.
	mime span
	// el is the element of HTML that has it, and attr the attribute. md is the image of Markdown.
	el   *element
	attr string
	md   *mdImage
}

// A finder collects the references of one file.
type finder struct {
	src    []byte
	lang   Lang
	refs   []Reference
	groups int
	// social makes every reference one of that kind.
	social bool
	// kept are the groups that have a candidate which cannot be edited.
	kept map[int]bool
	// set says which names the file gives a value to, of those that were asked for: see isRoot.
	set map[string]bool
	// baseAt is the <base> of the page.
	baseAt *baseElement
	// nested says that the file is within another one already.
	nested bool
}

func (f *finder) keepGroup(group int) {
	if f.kept == nil {
		f.kept = map[int]bool{}
	}
	f.kept[group] = true
}

// besideOthers is why a candidate of a srcset is not certain that has others beside it which are none.
const besideOthers = "another candidate of its srcset is not an image file"

// Find lists the references of a text file, sorted by where they are and not overlapping.
func Find(lang Lang, src []byte) (refs []Reference, err error) {
	if len(src) > MaxText {
		return nil, ErrTooLarge
	}
	if bytes.HasPrefix(src, []byte("\xFF\xFE")) || bytes.HasPrefix(src, []byte("\xFE\xFF")) {
		return nil, ErrEncoding
	}
	if !mentionsImage(src) {
		return nil, nil
	}
	if !utf8.Valid(src) || bytes.IndexByte(src, 0) >= 0 {
		return nil, ErrEncoding
	}
	// The parsers are not ours, and one file must not end the run.
	defer func() {
		if r := recover(); r != nil {
			refs, err = nil, fmt.Errorf("cannot parse the file as %s: %v", lang, r)
		}
	}()
	f := &finder{src: src, lang: lang}
	f.find()
	f.rebase()
	for i := range f.refs {
		if r := &f.refs[i]; f.kept[r.at.group] && r.at.group > 0 && r.Uncertain == "" {
			r.Uncertain = besideOthers
		}
	}
	return f.sorted(), nil
}

func (f *finder) find() {
	start := 0
	if bytes.HasPrefix(f.src, []byte("\xEF\xBB\xBF")) {
		start = 3
	}
	all := span{start, len(f.src)}
	switch f.lang {
	case LangEmail, LangXML:
		f.social = true
		f.html(all)
	case LangManifest:
		f.social = true
		f.json(all)
	case LangHTML, LangVue, LangSvelte:
		f.html(f.frontMatter(all))
	case LangAstro:
		f.astro(all)
	case LangCSS:
		f.css(f.frontMatter(all))
	case LangMarkdown, LangMDX:
		f.markdown(f.frontMatter(all))
	case LangScript, LangJSX:
		f.script(all)
	case LangYAML:
		f.yaml(all)
	case LangTOML:
		f.toml(all)
	case LangJSON:
		f.json(all)
	case LangASCIIDoc, LangRST, LangOrg, LangLaTeX:
		f.markup(all)
	}
}

// trim takes white space from both ends of a span.
func (f *finder) trim(s span) span {
	for s.off < s.end && isSpace(f.src[s.off]) {
		s.off++
	}
	for s.end > s.off && isSpace(f.src[s.end-1]) {
		s.end--
	}
	return s
}

// add records the reference whose address is at s, if it looks like that of an image.
func (f *finder) add(s span, kind Kind, p place, uncertain string) bool {
	s = f.trim(s)
	raw := f.src[s.off:s.end]
	if len(raw) < 5 || len(raw) > 4096 || !mentionsImage(raw) {
		return false
	}
	address := p.form.decode(raw)
	if uncertain == byExpression {
		// What the expression holds is no part of the name.
		address = strings.TrimRight(address[strings.LastIndexAny(address, "/}>")+1:], " ")
		address = "x" + address
	}
	if !isImageAddress(address) {
		return false
	}
	address = p.form.decode(raw)
	if f.social {
		kind = Social
	}
	r := Reference{Off: s.off, End: s.end, Kind: kind, Address: address, Uncertain: uncertain, at: &p}
	if p.rooted {
		r.Base = "/"
	}
	f.refs = append(f.refs, r)
	return true
}

// sorted puts the references in order, drops those that overlap, the certain one staying, and
// counts lines and columns.
func (f *finder) sorted() []Reference {
	slices.SortStableFunc(f.refs, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Off, b.Off), cmp.Compare(len(a.Uncertain), len(b.Uncertain)))
	})
	out := f.refs[:0]
	for _, r := range f.refs {
		if n := len(out); n > 0 && r.Off < out[n-1].End {
			if out[n-1].Uncertain != "" && r.Uncertain == "" {
				out[n-1] = r
			}
			continue
		}
		out = append(out, r)
	}
	line, lineOff, at := 1, 0, 0
	columnOff, column := 0, 1
	for i := range out {
		off := out[i].Off
		line += bytes.Count(f.src[at:off], []byte{'\n'})
		if nl := bytes.LastIndexByte(f.src[at:off], '\n'); nl >= 0 {
			lineOff = at + nl + 1
			columnOff, column = lineOff, 1
		}
		if line == 1 && columnOff == 0 && bytes.HasPrefix(f.src, []byte("\xEF\xBB\xBF")) {
			columnOff = 3
		}
		column += utf8.RuneCount(f.src[columnOff:off])
		columnOff, at = off, off
		out[i].Line, out[i].Column = line, column
	}
	return out
}

// extensions are those of files that are an image, and end in a byte that no longer name has.
var extensions = []string{
	"jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "bmp", "tif", "tiff", "heic", "heif", "hif", "avif", "webp", "jxl",
}

// mentionsImage reports quickly whether an extension of an image may be in b: most text files
// have none, and are not parsed.
func mentionsImage(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '.')
		if i < 0 || i+4 > len(b) {
			return false
		}
		b = b[i+1:]
		switch b[0] | 0x20 {
		case 'j', 'p', 'a', 'g', 'b', 't', 'h', 'w':
		default:
			continue
		}
		// The longest extension has four letters.
		word := b[:min(len(b), 4)]
		for _, e := range extensions {
			if len(word) >= len(e) && equalFold(word[:len(e)], e) {
				return true
			}
		}
	}
}

func equalFold(b []byte, lower string) bool {
	for i := range lower {
		if b[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// isImageAddress reports whether the path of an address, without query and fragment, ends with
// an extension of an image and has a name before it.
func isImageAddress(address string) bool {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	dot := strings.LastIndexByte(address, '.')
	if dot < 1 || address[dot-1] == '/' || address[dot-1] == '*' || strings.ContainsAny(address, "\n\r\t<>|*\x00") {
		return false
	}
	if len(address) > 5 && strings.EqualFold(address[:5], "data:") {
		return false
	}
	return slices.Contains(extensions, strings.ToLower(address[dot+1:]))
}
