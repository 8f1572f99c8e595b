package references

import (
	"bytes"
	"regexp"
	"strings"
)

// directives are where the languages that have no parser here name an image: a line that begins with
// it, or for some a macro within a line. Group 1 is the address.
var directives = map[Lang][]*regexp.Regexp{
	LangASCIIDoc: {
		regexp.MustCompile(`\bimage::?([^\s\[:][^\[\n]*)\[`),
		regexp.MustCompile(`\blink:([^\s\[]+)\[`),
		regexp.MustCompile(`(?m)^:[a-z-]*image[a-z-]*:[ \t]+(?:image:)?([^\s\[]+)`),
	},
	LangRST: {
		regexp.MustCompile(`(?m)^[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?(?:image|figure|thumbnail)::[ \t]*(\S[^\n]*?)[ \t\r]*$`),
		regexp.MustCompile(`(?m)^[ \t]+:target:[ \t]+(\S+)[ \t\r]*$`),
		regexp.MustCompile("`[^`\n<]*<([^`\n>]+)>`_"),
	},
	LangOrg: {
		regexp.MustCompile(`\[\[(?:file:|\./|)?([^\]\n]+)\]`),
	},
	LangLaTeX: {
		regexp.MustCompile(`\\(?:includegraphics|includesvg|adjustimage|figimg)\*?(?:\[[^\]]*\])?\{([^}\n]+)\}`),
	},
}

// imagesDir is the attribute of AsciiDoc that says where its images are.
var imagesDir = regexp.MustCompile(`(?m)^:imagesdir:[ \t]+(\S+)`)

// markup finds images in AsciiDoc, reStructuredText, Org and LaTeX.
func (f *finder) markup(s span) {
	b := bytes.Clone(f.src[s.off:s.end])
	maskCode(b, f.lang)
	dir := ""
	if m := imagesDir.FindSubmatch(b); m != nil && f.lang == LangASCIIDoc {
		dir = strings.TrimSuffix(string(m[1]), "/") + "/"
	}
	for _, r := range directives[f.lang] {
		for _, m := range r.FindAllSubmatchIndex(b, -1) {
			raw := b[m[2]:m[3]]
			if bytes.IndexByte(raw, masked) >= 0 {
				continue
			}
			why := ""
			if bytes.ContainsAny(raw, "{}") || f.lang == LangLaTeX && bytes.IndexByte(raw, '\\') >= 0 {
				why = byExpression
			}
			if f.lang == LangLaTeX {
				why = "LaTeX reads neither WebP nor AVIF"
			}
			if f.lang == LangASCIIDoc && m[0] > 0 && b[m[0]-1] == '\\' {
				continue // it is escaped
			}
			// Where AsciiDoc has its images may be set elsewhere, by imagesdir.
			kind := Image
			if bytes.HasPrefix(b[m[0]:m[1]], []byte("link:")) || b[m[0]] == '`' {
				kind = Link
			}
			macro := bytes.HasPrefix(b[m[0]:m[1]], []byte("image:"))
			if macro && why == "" && strings.ContainsAny(dir, "{}") {
				why = "it is not clear what imagesdir is"
			}
			if f.add(span{s.off + m[2], s.off + m[3]}, kind, place{form: plain, tail: f.lang == LangASCIIDoc}, why) && macro {
				f.refs[len(f.refs)-1].Base = dir
			}
		}
	}
}
