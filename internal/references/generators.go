package references

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// jekyllKey takes a key of the top level and its text. The YAML library takes minutes for 64 kB of
// brackets, and anyone may put such a file into a pull request.
var jekyllKey = regexp.MustCompile(`(?m)^(url|baseurl|source)[ \t]*:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'][^\s#]*))`)

// jekyll reads baseurl and url of _config.yml: https://jekyllrb.com/docs/configuration/options/
func (s *Site) jekyll(scope, text string) {
	c := map[string]string{}
	for _, m := range jekyllKey.FindAllStringSubmatch(text, -1) {
		c[m[1]] = m[2] + m[3] + m[4]
	}
	s.addBase(scope, c["baseurl"])
	if c["url"] != "" {
		s.addHost(strings.TrimSuffix(c["url"], "/")+path.Clean("/"+c["baseurl"]), origin{scope: scope})
	}
	s.mount(scope, "/", path.Join(scope, c["source"]))
	s.kramdown[scope] = true
}

var (
	hugoBase   = regexp.MustCompile(`(?im)^[\s{"']*base_?url["']?\s*[:=]\s*["']?([^"'\s,]+)`)
	hugoStatic = regexp.MustCompile(`(?im)^[\s{"']*staticDir["']?\s*[:=]\s*\[?\s*["']?([\w./-]+)`)
	// hugoUnsafe keeps HTML in Markdown: https://gohugo.io/configuration/markup/#rendererunsafe
	hugoUnsafe = regexp.MustCompile(`(?im)\bunsafe["']?\s*[:=]\s*true\b`)
	// hugoMount takes source and target of a mount in TOML, YAML and JSON.
	hugoMount = regexp.MustCompile(`\bsource["']?\s*[:=]\s*["']?([\w./-]+)["']?[\s,]+["']?target["']?\s*[:=]\s*["']?(static|assets)((?:/[\w./-]*)?)`)
)

// hugo reads baseURL: https://gohugo.io/configuration/all/#baseurl. A file that is called as
// generally as config.yaml is Hugo's, or Zola's, only if it has one.
func (s *Site) hugo(scope, text string) {
	m := hugoBase.FindStringSubmatch(text)
	if m == nil {
		return
	}
	scope = strings.TrimSuffix(strings.TrimSuffix(scope, "config/_default"), "/")
	s.addHost(m[1], origin{scope: scope})
	s.ownMarkdown[scope] = !hugoUnsafe.MatchString(text)
	s.mount(scope, "/", path.Join(scope, "static"))
	s.mount(scope, "/", path.Join(scope, "assets")) // resources.Get
	for _, m := range hugoStatic.FindAllStringSubmatch(text, -1) {
		s.mount(scope, "/", path.Join(scope, m[1]))
	}
	for _, m := range hugoMount.FindAllStringSubmatch(text, -1) {
		s.mount(scope, prefixOf(m[3]), path.Join(scope, m[1]))
	}
}

var (
	jsURL    = regexp.MustCompile(`\b(?:url|site|siteUrl)\s*:\s*["'](https?://[^"']+)["']`)
	jsBase   = regexp.MustCompile(`\b(?:baseUrl|base|basePath|pathPrefix|baseURL)\s*:\s*["'](/[^"']*)["']`)
	jsPublic = regexp.MustCompile(`\b(?:publicDir|staticDirectories|assets)\s*:\s*\[?\s*["']([\w./-]+)["']`)
	// jsAlias takes '@': path.resolve(__dirname, './src'), and the same with new URL().
	jsAlias = regexp.MustCompile(`["']?([@~$#][\w@~$#/-]*|\$[\w/-]+)["']?\s*:\s*[^\n,{}"']*(?:__dirname,\s*)?["'](\.{0,2}/?[\w./-]+)["']`)
	// passthrough takes addPassthroughCopy("img") and addPassthroughCopy({ "src/img": "img" }).
	passthrough = regexp.MustCompile(`addPassthroughCopy\(\s*(?:["']([^"']+)["']|\{([^}]*)\})`)
	pair        = regexp.MustCompile(`["']([^"']+)["']\s*:\s*["']([^"'*]*)["']`)
	inputDir    = regexp.MustCompile(`\binput\s*:\s*["']([^"']+)["']`)
)

// KeepsMarkdown reports whether an image of this Markdown must stay Markdown. Hugo drops HTML from
// it by default, Docusaurus takes it for JSX, and bundlers find and rename the images of Markdown
// and not those of HTML in it.
func (s *Site) KeepsMarkdown(name string) bool {
	for scope := range ancestors(path.Dir(name)) {
		if s.ownMarkdown[scope] {
			return true
		}
	}
	return false
}

// IsKramdown reports whether this Markdown is rendered as Jekyll does it, by kramdown.
func (s *Site) IsKramdown(name string) bool {
	for scope := range ancestors(path.Dir(name)) {
		if s.kramdown[scope] {
			return true
		}
	}
	return false
}

// docusaurus: https://docusaurus.io/docs/static-assets
func (s *Site) docusaurus(scope, text string) {
	s.mount(scope, "@site/", scope)
	s.bundle(scope, text, "static")
}

// svelte: https://svelte.dev/docs/kit/project-structure
func (s *Site) svelte(scope, text string) {
	s.mount(scope, "$lib/", path.Join(scope, "src/lib"))
	s.bundle(scope, text, "static")
}

// nuxt: https://nuxt.com/docs/api/nuxt-config#alias. The directory is app since version 4.
func (s *Site) nuxt(scope, text string) {
	for _, prefix := range []string{"~~/", "@@/", "~/", "@/"} {
		s.mount(scope, prefix, scope)
	}
	s.guess(scope, "~/", path.Join(scope, "app"))
	s.guess(scope, "@/", path.Join(scope, "app"))
	s.bundle(scope, text, "public")
}

// bundler is for Astro, Vite, Next.js and the like.
func (s *Site) bundler(scope, text string) { s.bundle(scope, text, "public") }

func (s *Site) bundle(scope, text, public string) {
	s.ownMarkdown[scope] = true
	s.generator(scope, text, public)
}

// generator reads where a site is, and the directory that is copied to its root.
func (s *Site) generator(scope, text, public string) {
	base := ""
	if m := jsBase.FindStringSubmatch(text); m != nil {
		base = m[1]
		s.addBase(scope, base)
	}
	if m := jsURL.FindStringSubmatch(text); m != nil {
		s.addHost(strings.TrimSuffix(m[1], "/")+base, origin{scope: scope})
	}
	for _, m := range jsAlias.FindAllStringSubmatch(text, -1) {
		s.mount(scope, strings.TrimSuffix(m[1], "/")+"/", path.Join(scope, m[2]))
	}
	if m := jsPublic.FindStringSubmatch(text); m != nil {
		s.mount(scope, "/", path.Join(scope, m[1]))
		return
	}
	if public != "" {
		s.mount(scope, "/", path.Join(scope, public))
	}
}

// eleventy reads what is copied: https://www.11ty.dev/docs/plugins/passthrough-copy/
func (s *Site) eleventy(scope, text string) {
	input := ""
	if m := inputDir.FindStringSubmatch(text); m != nil {
		input = path.Clean(m[1])
	}
	add := func(from, to string) {
		if from != "." { // a pattern for all directories: each file stays in its own
			s.mount(scope, prefixOf(to), path.Join(scope, from))
		}
	}
	for _, m := range passthrough.FindAllStringSubmatch(text, -1) {
		from := beforeGlob(m[1])
		add(from, strings.TrimPrefix(from+"/", input+"/"))
		for _, p := range pair.FindAllStringSubmatch(m[2], -1) {
			add(beforeGlob(p[1]), p[2])
		}
	}
	s.generator(scope, text, "")
}

// beforeGlob is the directory of a pattern that has no signs of a pattern yet.
func beforeGlob(pattern string) string {
	if i := strings.IndexAny(pattern, "*?[{"); i >= 0 {
		pattern = pattern[:strings.LastIndexByte(pattern[:i], '/')+1]
	}
	return path.Clean(pattern)
}

// typescript reads paths: https://www.typescriptlang.org/tsconfig/#paths
func (s *Site) typescript(scope, text string) {
	var c struct {
		CompilerOptions struct {
			BaseURL string              `json:"baseUrl"`
			Paths   map[string][]string `json:"paths"`
		} `json:"compilerOptions"`
	}
	if json.Unmarshal([]byte(withoutComments(text)), &c) != nil {
		return
	}
	if base := c.CompilerOptions.BaseURL; base != "" {
		s.mount(scope, "", path.Join(scope, base))
	}
	for _, alias := range slices.Sorted(maps.Keys(c.CompilerOptions.Paths)) {
		prefix, ok := strings.CutSuffix(alias, "*")
		if !ok || prefix == "" || prefix[0] == '/' {
			continue
		}
		for _, dir := range c.CompilerOptions.Paths[alias] {
			if dir, ok := strings.CutSuffix(dir, "*"); ok && (dir == "" || strings.HasSuffix(dir, "/")) {
				s.mount(scope, prefix, path.Join(scope, c.CompilerOptions.BaseURL, dir))
			}
		}
	}
}

// withoutComments makes JSON of what TypeScript takes for it: without comments, and without commas
// behind the last of several values.
func withoutComments(text string) string {
	return dropFromJSON(dropFromJSON(text, func(rest string) int {
		switch {
		case strings.HasPrefix(rest, "//"):
			return lengthUntil(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			return lengthUntil(rest[2:], "*/") + len("/*") + len("*/")
		}
		return 0
	}), func(rest string) int {
		if rest[0] != ',' {
			return 0
		}
		if next := strings.TrimLeft(rest[1:], " \t\r\n"); next != "" && (next[0] == '}' || next[0] == ']') {
			return 1
		}
		return 0
	})
}

// lengthUntil is the length of a text in front of an end, all of it where there is none.
func lengthUntil(text, end string) int {
	if i := strings.Index(text, end); i >= 0 {
		return i
	}
	return len(text)
}

// dropFromJSON drops what is not in strings, as many bytes at each place as drop says.
func dropFromJSON(text string, drop func(rest string) int) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(text); i++ {
		if !inString {
			if n := drop(text[i:]); n > 0 {
				i += n - 1
				continue
			}
		}
		b.WriteByte(text[i])
		switch {
		case text[i] == '"':
			inString = !inString
		case inString && text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
