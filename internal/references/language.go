package references

import (
	"path"
	"slices"
	"strings"
)

// A Lang is a language that references are found in.
type Lang string

// The languages, each with what is close enough to it.
const (
	LangHTML     Lang = "html"     // also PHP, ERB, Liquid, Go templates, SVG
	LangEmail    Lang = "email"    // HTML that is sent
	LangXML      Lang = "xml"      // feeds
	LangVue      Lang = "vue"      // HTML with script, style and bound attributes
	LangSvelte   Lang = "svelte"   // HTML with {expressions}
	LangAstro    Lang = "astro"    // the same, with a script between --- at its top
	LangCSS      Lang = "css"      // also SCSS and Less
	LangMarkdown Lang = "markdown" // with front matter
	LangMDX      Lang = "mdx"      // Markdown with JSX and imports
	LangScript   Lang = "script"   // JavaScript and TypeScript
	LangJSX      Lang = "jsx"      // both with elements
	LangYAML     Lang = "yaml"
	LangTOML     Lang = "toml"
	LangJSON     Lang = "json"
	LangManifest Lang = "manifest" // of a web app, JSON
	LangASCIIDoc Lang = "asciidoc"
	LangRST      Lang = "rst"
	LangOrg      Lang = "org"
	LangLaTeX    Lang = "latex"
)

var languages = map[string]Lang{
	".html": LangHTML, ".htm": LangHTML, ".xhtml": LangHTML, ".shtml": LangHTML, ".php": LangHTML, ".phtml": LangHTML,
	".erb": LangHTML, ".ejs": LangHTML, ".liquid": LangHTML, ".njk": LangHTML, ".nunjucks": LangHTML, ".jinja": LangHTML,
	".jinja2": LangHTML, ".j2": LangHTML, ".twig": LangHTML, ".hbs": LangHTML, ".handlebars": LangHTML, ".mustache": LangHTML,
	".gohtml": LangHTML, ".tmpl": LangHTML, ".aspx": LangHTML, ".cshtml": LangHTML, ".jsp": LangHTML, ".webc": LangHTML, ".svg": LangHTML,
	".eml": LangEmail, ".mjml": LangEmail,
	".xml": LangXML, ".rss": LangXML, ".atom": LangXML,
	".vue": LangVue, ".svelte": LangSvelte, ".astro": LangAstro,
	".css": LangCSS, ".scss": LangCSS, ".less": LangCSS, ".pcss": LangCSS, ".postcss": LangCSS,
	".md": LangMarkdown, ".markdown": LangMarkdown, ".mdown": LangMarkdown, ".mkd": LangMarkdown, ".mdx": LangMDX,
	".js": LangJSX, ".mjs": LangJSX, ".cjs": LangJSX, ".jsx": LangJSX, ".tsx": LangJSX,
	".ts": LangScript, ".mts": LangScript, ".cts": LangScript,
	".yml": LangYAML, ".yaml": LangYAML, ".toml": LangTOML, ".json": LangJSON, ".webmanifest": LangManifest,
	".adoc": LangASCIIDoc, ".asciidoc": LangASCIIDoc, ".asc": LangASCIIDoc,
	".rst": LangRST, ".org": LangOrg, ".tex": LangLaTeX, ".ltx": LangLaTeX,
}

// contentDirs are the directories whose data files are content. Elsewhere a path in such a
// file is as likely that of an input of some tool.
var contentDirs = []string{
	"content", "contents", "_data", "data", "_posts", "posts", "_pages", "pages", "blog", "docs", "_includes", "i18n",
	"locales", "_config", "articles", "news",
}

// emailDirs are those of templates of e-mail.
var emailDirs = []string{"email", "emails", "mail", "mails", "mailer", "mailers", "newsletter", "newsletters", "notifications"}

// Language says by the path of a file which language its references are written in. It is false
// for a file that has none.
func Language(name string) (Lang, bool) {
	dir, base := path.Split(strings.ToLower(name))
	lang, ok := languages[path.Ext(base)]
	if !ok {
		return "", false
	}
	dirs := strings.Split(strings.TrimSuffix(dir, "/"), "/")
	in := func(names []string) bool {
		return slices.ContainsFunc(dirs, func(d string) bool { return slices.Contains(names, d) })
	}
	switch lang {
	case LangHTML:
		if path.Ext(base) != ".svg" && (in(emailDirs) || slices.ContainsFunc(dirs, func(d string) bool { return strings.HasSuffix(d, "_mailer") })) {
			return LangEmail, true
		}
	case LangJSON, LangYAML, LangTOML:
		if base == "manifest.json" {
			return LangManifest, true
		}
		return lang, in(contentDirs) && !strings.HasPrefix(base, ".")
	}
	return lang, true
}

var lockFiles = []string{
	"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "composer.lock", "poetry.lock", "pipfile.lock",
	"cargo.lock", "gemfile.lock", "bun.lock", "deno.lock", "go.sum", "flake.lock", "webpress.lock", "package.json",
}

var skippedDirs = []string{
	"node_modules", "bower_components", "jspm_packages", "vendor", "third_party", ".git", ".hg", ".svn",
	"dist", "_site", "build", "out", "_book", "_build", ".next", ".nuxt", ".output", ".svelte-kit", ".astro", ".docusaurus",
	".vitepress/cache", ".vitepress/dist", ".cache", ".parcel-cache", ".jekyll-cache", ".sass-cache", ".eleventy-cache",
	"coverage", "storybook-static", "resources/_gen", "__snapshots__",
}

// IsMinifiedStyle reports whether a file is a style sheet that is minified: it is not edited, but says how images
// are shown.
func IsMinifiedStyle(name string) bool {
	base, ok := strings.CutSuffix(strings.ToLower(name), ".min.css")
	return ok && !Skip(base+".css")
}

// Skip reports whether the file at a path was not written by hand, so that it is neither read nor
// edited: lock files, what is vendored, generated or minified. What git ignores is not its matter.
func Skip(name string) bool {
	name = strings.ToLower(name)
	dir, base := path.Split(name)
	if slices.Contains(lockFiles, base) || strings.Contains(base, ".min.") || strings.HasSuffix(base, ".map") || strings.HasSuffix(base, ".bundle.js") {
		return true
	}
	dir = "/" + dir
	return slices.ContainsFunc(skippedDirs, func(d string) bool { return strings.Contains(dir, "/"+d+"/") })
}
