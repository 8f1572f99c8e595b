package references

import (
	"bytes"
	"regexp"
)

// codeTags are blocks of Liquid, Jinja, Django, Twig and Nunjucks that are dropped, or shown as they are, here
// or on another side: https://jekyllrb.com/docs/liquid/tags/, https://hexo.io/docs/tag-plugins,
// https://docs.djangoproject.com/en/stable/ref/templates/builtins/. Hugo has shortcodes of some of these
// names: https://gohugo.io/shortcodes/highlight/.
var codeTags = []string{
	"comment", "raw", "verbatim", "highlight", "code", "codeblock", "code_block", "prism", "prismjs", "sourcecode", "syntax", "gist",
	"filter", "apply",
}

// escapes is what follows filter and apply where they show HTML as text.
var escapes = regexp.MustCompile(`^\s*(?:force_?escape|escape|e)\b`)

// The beginnings of blocks, with their name in group 2. Group 3 is what stands behind it.
var codeBegins = []*regexp.Regexp{
	regexp.MustCompile(`(\{%)[-~]?\s*(comment|raw|verbatim|highlight|code|codeblock|code_block|prism|prismjs|sourcecode|syntax|gist|filter|apply)\b([^%]*)%\}`),
	regexp.MustCompile(`(\{\{)[<%]\s*(highlight|code|codeblock|code_block|prism|sourcecode|syntax)\b([^{}]*?)[>%]\}\}`),
	regexp.MustCompile(`(\{\{\{\{)\s*([\w-]+)([^}]*)\}\}\}\}`), // https://handlebarsjs.com/guide/expressions.html#raw-blocks
	regexp.MustCompile(`(@)(verbatim)\b()`), // https://laravel.com/docs/blade#the-at-verbatim-directive
}

// codeEnd is what ends a block that begins with mark.
func codeEnd(mark, name, rest string) *regexp.Regexp {
	name = regexp.QuoteMeta(name)
	switch mark {
	case "{%":
		if rest != "" {
			name += `\s+` + regexp.QuoteMeta(rest)
		}
		return regexp.MustCompile(`\{%[-~]?\s*end` + name + `\s*[^%]*%\}`)
	case "{{":
		return regexp.MustCompile(`\{\{[<%]\s*/\s*` + name + `\s*[>%]\}\}`)
	case "{{{{":
		return regexp.MustCompile(`\{\{\{\{\s*/\s*` + name + `\s*\}\}\}\}`)
	}
	return regexp.MustCompile(`@end` + name + `\b`)
}

// maskCodeBlocks overwrites the blocks of templates that are dropped, or shown as they are, and says where they
// were.
func maskCodeBlocks(buf []byte) (found []span) {
	ends := map[string]*regexp.Regexp{}
	for _, begin := range codeBegins {
		for at := 0; ; {
			m := begin.FindSubmatchIndex(buf[at:])
			if m == nil {
				break
			}
			mark, name, rest := string(buf[at+m[2]:at+m[3]]), string(buf[at+m[4]:at+m[5]]), bytes.Trim(buf[at+m[6]:at+m[7]], " \t\r\n-~")
			off, inner := at+m[0], at+m[1]
			at = inner
			switch {
			case mark == "{{" && bytes.HasSuffix(rest, []byte("/")), (name == "filter" || name == "apply") && !escapes.Match(rest):
				continue
			case name != "verbatim":
				rest = nil // that of Django has a name, to be closed by
			}
			key := mark + name + " " + string(rest)
			end, known := ends[key]
			if !known {
				end = codeEnd(mark, name, string(rest))
			}
			if end == nil {
				continue
			}
			n := end.FindIndex(buf[inner:])
			if n == nil {
				// Nor has any block behind it an end.
				ends[key] = nil
				continue
			}
			ends[key] = end
			at = inner + n[1]
			mask(buf[off:at])
			found = append(found, span{off, at})
		}
	}
	return found
}
