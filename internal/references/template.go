package references

import (
	"bytes"
	"regexp"
	"strings"
)

// masked stands in a copy of the text for each byte of an expression, so that the parsers see
// neither its quotes nor its angle brackets. It is DEL, which means nothing to any of them; a file
// that has it is one with more that is not certain.
const masked = 0x7F

// byExpression is why a reference is not certain that an expression is a part of.
const byExpression = "it is made by an expression"

// expressions are how templates begin and end one. What encloses the others comes first.
var expressions = [...]struct{ begin, end string }{
	{"<%--", "--%>"},  // comments of JSP and ASP
	{"<?", "?>"},      // PHP, and the declaration of XML
	{"<%", "%>"},      // ERB, EJS, ASP
	{"{#", "#}"},      // comments of Jinja and Twig
	{"{{!--", "--}}"}, // of Handlebars
	{"{{--", "--}}"},  // of Blade
	{"{{/*", "*/}}"},  // of Go
	{"{{- /*", "*/ -}}"},
	{"{%", "%}"},   // Liquid, Jinja, Twig
	{"{!!", "!!}"}, // Blade
	{"{{", "}}"},   // Go, Liquid, Vue, Handlebars
}

// maskTemplates overwrites the expressions of templates in buf, all but line ends, and says
// where they were.
func maskTemplates(buf []byte, lang Lang) (found []span) {
	found = maskCodeBlocks(buf)
	for _, e := range expressions {
		if e.begin == "{#" && lang == LangSvelte || e.begin[0] == '<' && lang == LangMarkdown {
			continue
		}
		for at := 0; ; {
			i := bytes.Index(buf[at:], []byte(e.begin))
			if i < 0 {
				break
			}
			off := at + i
			body := buf[off+len(e.begin):]
			if lang == LangMarkdown || lang == LangMDX {
				// An expression ends within its paragraph, so that a brace in prose masks no page.
				if blank := bytes.Index(body, []byte("\n\n")); blank >= 0 {
					body = body[:blank]
				}
			}
			length := bytes.Index(body, []byte(e.end))
			end := off + len(e.begin) + length + len(e.end)
			if length < 0 {
				if !bytes.HasPrefix(buf[off:], []byte("<?php")) {
					if off+len(e.begin)+len(body) == len(buf) {
						break
					}
					at = off + len(e.begin)
					continue
				}
				end = len(buf)
			} else if e.begin == "{{" && end < len(buf) && buf[end] == '}' {
				end++
			}
			mask(buf[off:end])
			found = append(found, span{off, end})
			at = end
		}
	}
	return found
}

func mask(b []byte) {
	for i := range b {
		if b[i] != '\n' && b[i] != '\r' {
			b[i] = masked
		}
	}
}

// maskBraces does the same to the {expressions} of Svelte, Astro and MDX outside scripts and
// style sheets.
func maskBraces(buf []byte) (found []span) {
	for at := 0; at < len(buf); {
		i := bytes.IndexByte(buf[at:], '{')
		if i < 0 {
			break
		}
		off := at + i
		if skip := rawElement(buf[at:off]); skip >= 0 {
			end := bytes.Index(buf[at+skip:], []byte("</s"))
			if end < 0 {
				break
			}
			if at+skip+end > off {
				at += skip + end + 3
				continue
			}
		}
		end := closingBrace(buf, off)
		if end < 0 {
			break
		}
		mask(buf[off:end])
		found = append(found, span{off, end})
		at = end
	}
	return found
}

// rawElement gives the offset behind the last <script or <style of b, or -1.
func rawElement(b []byte) int {
	return max(bytes.LastIndex(b, []byte("<script")), bytes.LastIndex(b, []byte("<style")))
}

// quoted records the strings of an expression or of code in a language that is not parsed. They
// are never edited.
func (f *finder) quoted(s span, why string) {
	if !mentionsImage(f.src[s.off:s.end]) {
		return
	}
	for i := s.off; i < s.end; i++ {
		q := f.src[i]
		if q != '"' && q != '\'' && q != '`' {
			continue
		}
		rest := f.src[i+1 : min(s.end, i+1+1024)]
		n := bytes.IndexByte(rest, q)
		if n < 0 || bytes.IndexByte(rest[:n], '\n') >= 0 {
			continue
		}
		f.add(span{i + 1, i + 1 + n}, String, place{form: plain, quote: q}, why)
		i += n + 1
	}
}

// placeholder gives the length of what a build tool replaces before an address that follows it, such
// as %PUBLIC_URL% and %sveltekit.assets%, or 0.
func placeholder(b []byte) int {
	if len(b) == 0 || b[0] != '%' {
		return 0
	}
	n := 1
	for n < len(b) && (isWord(b[n]) || b[n] == '.') {
		n++
	}
	if n < 4 || n+1 >= len(b) || b[n] != '%' || b[n+1] != '/' {
		return 0
	}
	return n + 1
}

// expression handles a value that expressions are a part of. An address that begins behind
// them and runs to the end of the value is one if it resolves; one whose query alone is made
// by an expression is certain.
func (f *finder) expression(s span, buf []byte, kind Kind, p place) {
	v := buf[:s.end-s.off]
	if at, ok := f.filtered(s); ok {
		p.form, p.quote, p.tail, p.whole, p.rooted = plain, f.src[at.off-1], true, s, true
		f.add(at, kind, p, "")
		return
	}
	if !mentionsImage(v) {
		return
	}
	last := bytes.LastIndexByte(v, masked)
	first := bytes.IndexByte(v, masked)
	query := bytes.IndexAny(v[:first], "?#")
	lead := bytes.IndexFunc(v[:first], func(r rune) bool { return r != ' ' && r != '\n' })
	p.whole = s
	switch {
	case query >= 0:
		f.add(span{s.off, s.off + query}, kind, p, "")
	case lead < 0 && last+1 < len(v) && v[last+1] == '/' && f.isRoot(string(f.src[s.off:s.off+last+1])):
		p.tail = true
		f.add(span{s.off + last + 1, s.end}, kind, p, "")
	default:
		f.add(s, kind, p, byExpression)
	}
}

// filtered finds the string of a value that is one expression which makes an address of this site of
// it: {{ "/a.png" | relative_url }}. The filters are those of Jekyll
// (https://jekyllrb.com/docs/liquid/filters/), Hugo (https://gohugo.io/functions/urls/) and Eleventy
// (https://www.11ty.dev/docs/filters/url/). Each begins at the root of the site.
func (f *finder) filtered(s span) (span, bool) {
	m := urlFilter.FindSubmatchIndex(f.src[s.off:s.end])
	if m == nil {
		return span{}, false
	}
	for i := 2; i < len(m); i += 2 {
		if m[i] >= 0 {
			return span{s.off + m[i], s.off + m[i+1]}, true
		}
	}
	return span{}, false
}

// urlFilter has a group for the string in each way of writing it.
var urlFilter = func() *regexp.Regexp {
	const filter = `\|\s*(?:relative_url|absolute_url|relURL|absURL|url|prepend:\s*site\.(?:baseurl|url))\b`
	const function = `(?:relURL|absURL)\s+`
	words := []string{}
	for _, text := range []string{`"([^"\\{}\n]*)"`, `'([^'\\{}\n]*)'`, "`([^`{}\\n]*)`"} {
		words = append(words, text+`\s*`+filter+`(?:\s*\|\s*(?:relative_url|absolute_url|safeURL|prepend:\s*site\.(?:baseurl|url)))*`, function+text)
	}
	return regexp.MustCompile(`^\s*\{\{-?\s*(?:` + strings.Join(words, "|") + `)\s*-?\}\}\s*$`)
}()
