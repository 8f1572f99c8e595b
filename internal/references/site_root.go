package references

import (
	"regexp"
	"slices"
	"strings"
)

// siteRoots are the names by which templates put the root of a site before an address, in lower case. What
// is not here may be a language, a folder or another host.
var siteRoots = []string{
	"site.baseurl", "site.url", "site.github.url", // https://jekyllrb.com/docs/variables/, also .Site.BaseURL of https://gohugo.io/methods/site/baseurl/
	"import.meta.env.base_url", "base_url", // https://vite.dev/guide/build#public-base-path, https://docs.astro.build/en/reference/configuration-reference/#base
	"base", "assets", "sveltekit.assets", // https://svelte.dev/docs/kit/$app-paths
	"public_url", "process.env.public_url", "process.env.base_url", // https://create-react-app.dev/docs/using-the-public-folder/, https://cli.vuejs.org/guide/mode-and-env.html
	"siteconfig.baseurl",            // https://docusaurus.io/docs/api/docusaurus-config#baseUrl
	"pathprefix", "__path_prefix__", // https://www.11ty.dev/docs/config/#deploy-to-a-subdirectory-with-a-path-prefix, Gatsby
	"config.base_url", "config.site_url", // https://www.getzola.org/documentation/templates/overview/, https://www.mkdocs.org/dev-guide/themes/
	"config.root", "config.url", // https://hexo.io/docs/variables
	"siteurl",                                // https://docs.getpelican.com/en/latest/settings.html
	"siterootpath", "site.base", "@site.url", // Antora, VitePress, Ghost
	"home_url", "site_url", "get_home_url", "get_site_url", // https://developer.wordpress.org/reference/functions/home_url/
	// What people call it.
	"baseurl", "basepath", "base_path", "baseuri", "base_uri", "publicurl", "publicpath", "public_path", "path_prefix",
	"root", "root_url", "rooturl", "root_path", "rootpath", "homeurl",
}

// rootExpression has the name in an expression without its brackets: <?php echo home_url(); ?>,
// {{ $.Site.BaseURL | safeURL }}. A filter with arguments makes something else of it.
var rootExpression = regexp.MustCompile(`^-?(?:php\s+echo\b|php\s+print\b|=|-|&)?\s*(?:\$\.|\.|\$)?(@?[\w.]+)(?:\s*\(\s*\))?(?:\s*\|\s*\w+)*\s*;?\s*-?$`)

// isRoot reports whether the expressions that a value begins with make the root of the site, as
// {{ site.url }}{{ site.baseurl }} do.
func (f *finder) isRoot(text string) bool {
	text = strings.TrimSpace(text)
	for text != "" {
		i := slices.IndexFunc(bracketed, func(e bracket) bool { return strings.HasPrefix(text, e.begin) })
		if i < 0 {
			return false
		}
		inner, rest, ok := strings.Cut(text[len(bracketed[i].begin):], bracketed[i].end)
		if !ok {
			return false
		}
		if !f.isRootName(strings.Trim(inner, "{} \t\r\n")) {
			return false
		}
		text = strings.TrimLeft(rest, "}")
	}
	return true
}

// A bracket is how an expression begins and ends.
type bracket struct{ begin, end string }

// bracketed are the brackets of expressions that print a value.
var bracketed = []bracket{{"<?", "?>"}, {"<%", "%>"}, {"{!!", "!!}"}, {"{{", "}}"}, {"{", "}"}}

// isRootName reports whether an expression is the name of the root of a site. One that is given a value in
// the same file may be anything.
func (f *finder) isRootName(expression string) bool {
	m := rootExpression.FindStringSubmatch(expression)
	if m == nil || !slices.Contains(siteRoots, strings.ToLower(m[1])) {
		return false
	}
	name := m[1][strings.LastIndexByte(m[1], '.')+1:]
	set, known := f.set[name]
	if !known {
		if f.set == nil {
			f.set = map[string]bool{}
		}
		set = regexp.MustCompile(`(?i)(?:\b(?:assign|set|capture|let|const|var)\s+\$?|\$)` + regexp.QuoteMeta(name) + `\s*(?::?=[^=]|%\})`).Match(f.src)
		f.set[name] = set
	}
	return !set
}
