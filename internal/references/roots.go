package references

import (
	"encoding/json"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// IsImage says by the name of a file that it is an image, as references name it.
func IsImage(name string) bool { return isImageAddress(name) }

// publicDirs are directories in which addresses often begin. Those of copiedDirs are what
// generators copy to the root of a site as it is.
var (
	publicDirs = []string{"static", "public", "assets", "docs", "src"}
	copiedDirs = publicDirs[:2]
)

// scopeOf is the directory of a path, empty for the root of the repository.
func scopeOf(p string) string {
	if dir := path.Dir(p); dir != "." && dir != "/" {
		return dir
	}
	return ""
}

// dirOf is a directory with a slash at its end, empty for the root of the repository.
func dirOf(dir string) string {
	if dir == "" || dir == "." {
		return ""
	}
	return dir + "/"
}

// prefixOf is the prefix of addresses that lead below a directory of a site.
func prefixOf(dir string) string {
	return strings.TrimSuffix(path.Clean("/"+dir), "/") + "/"
}

// mount adds a mount that is configured, guess one that is not. The directory is seen from the
// root of the repository.
func (s *Site) mount(scope, prefix, dir string) {
	s.scopes[scope] = true
	addMount(s.mounts, scope, mount{prefix: prefix, dir: dir})
}

func (s *Site) guess(scope, prefix, dir string) {
	addMount(s.mounts, scope, mount{prefix: prefix, dir: dir, guessed: true})
}

func addMount(to map[string][]mount, scope string, m mount) {
	if len(to[scope]) >= maxMounts || m.dir == ".." || strings.HasPrefix(m.dir, "../") || strings.HasPrefix(m.dir, "/") {
		return
	}
	m.dir = dirOf(m.dir)
	if !slices.ContainsFunc(to[scope], func(o mount) bool { return o.prefix == m.prefix && o.dir == m.dir }) {
		to[scope] = append(to[scope], m)
	}
}

// addHost adds a host, or the address of a site, with the path that it begins at.
func (s *Site) addHost(address string, o origin) {
	if !strings.Contains(address, "//") {
		address = "//" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(address, "{$<") {
		return
	}
	host := strings.ToLower(u.Host)
	if o.base = strings.TrimSuffix(path.Clean("/"+u.Path), "/"); !slices.Contains(s.origins[host], o) {
		s.origins[host] = append(s.origins[host], o)
	}
	s.addBase(o.scope, o.base)
}

func (s *Site) addBase(scope, base string) {
	base = strings.TrimSuffix(path.Clean("/"+base), "/")
	s.scopes[scope] = true
	if base != "" && !strings.ContainsAny(base, "{$<") && !slices.Contains(s.bases[scope], base) {
		s.bases[scope] = append(s.bases[scope], base)
	}
}

// findRoots finds where addresses begin: in directories that are called so, and by what
// generators are configured to do.
func (s *Site) findRoots(paths []string, read func(string) ([]byte, error)) {
	for _, p := range paths {
		scope, base := scopeOf(p), strings.ToLower(path.Base(p))
		switch base {
		case "index.html", "index.htm", "index.php", "package.json":
			s.scopes[scope] = true
		}
		configure := configOf(scope, base)
		if configure == nil || Skip(scope+"/x") {
			continue
		}
		if data, err := read(p); err == nil && len(data) <= maxConfig {
			configure(s, scope, string(data))
		}
	}
	seen := map[string]bool{}
	for _, p := range paths {
		for dir := path.Dir(p); dir != "." && dir != "/" && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			scope := scopeOf(dir)
			switch name := path.Base(dir); {
			case name == "src": // aliases that are so common that they need no configuration
				for _, prefix := range []string{"@/", "~/", "~@/"} {
					s.guess(scope, prefix, dir)
				}
				s.guess(scope, "/src/", dir)
			case path.Base(scope) == "themes": // Hugo's, whose files those of the site replace
				s.guess(scopeOf(scope), "/", dir+"/static")
				s.guess(scopeOf(scope), "/", dir+"/assets")
			}
			if slices.Contains(publicDirs, path.Base(dir)) {
				s.guess(scope, "/", dir)
			}
		}
	}
	for scope := range s.scopes {
		s.guess(scope, "/", scope)
	}
}

const (
	// maxConfig is the length in bytes of a configuration that is still read.
	maxConfig = 1 << 18
	// maxMounts are those of one scope. Each address is compared with all of them.
	maxMounts = 256
)

// configOf is what reads a file of that name in a directory, nil for most.
func configOf(scope, base string) func(s *Site, scope, text string) {
	name, _, isConfig := strings.Cut(base, ".config.")
	stem := strings.TrimSuffix(base, path.Ext(base))
	switch {
	case base == "_config.yml" || base == "_config.yaml":
		return (*Site).jekyll
	case stem == "hugo", stem == "config", strings.HasSuffix(scope, "config/_default"):
		switch path.Ext(base) {
		case ".toml", ".yaml", ".yml", ".json":
			return (*Site).hugo
		}
		if path.Base(scope) == ".vitepress" {
			return func(s *Site, scope, text string) { s.bundler(scopeOf(scope), text) }
		}
	case base == "cname":
		return func(s *Site, scope, text string) { s.addHost(strings.TrimSpace(text), origin{scope: scope}) }
	case base == ".eleventy.js", isConfig && name == "eleventy":
		return (*Site).eleventy
	case isConfig && name == "docusaurus":
		return (*Site).docusaurus
	case isConfig && name == "svelte":
		return (*Site).svelte
	case isConfig && name == "nuxt":
		return (*Site).nuxt
	case isConfig && slices.Contains([]string{"astro", "vite", "next", "gatsby"}, name):
		return (*Site).bundler
	case base == "tsconfig.json", base == "jsconfig.json":
		return (*Site).typescript
	}
	return nil
}

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
}

var (
	hugoBase   = regexp.MustCompile(`(?im)^[\s{"']*base_?url["']?\s*[:=]\s*["']?([^"'\s,]+)`)
	hugoStatic = regexp.MustCompile(`(?im)^[\s{"']*staticDir["']?\s*[:=]\s*\[?\s*["']?([\w./-]+)`)
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

// docusaurus: https://docusaurus.io/docs/static-assets
func (s *Site) docusaurus(scope, text string) {
	s.mount(scope, "@site/", scope)
	s.generator(scope, text, "static")
}

// svelte: https://svelte.dev/docs/kit/project-structure
func (s *Site) svelte(scope, text string) {
	s.mount(scope, "$lib/", path.Join(scope, "src/lib"))
	s.generator(scope, text, "static")
}

// nuxt: https://nuxt.com/docs/api/nuxt-config#alias. The directory is app since version 4.
func (s *Site) nuxt(scope, text string) {
	for _, prefix := range []string{"~~/", "@@/", "~/", "@/"} {
		s.mount(scope, prefix, scope)
	}
	s.guess(scope, "~/", path.Join(scope, "app"))
	s.guess(scope, "@/", path.Join(scope, "app"))
	s.generator(scope, text, "public")
}

// bundler is for Astro, Vite, Next.js and the like.
func (s *Site) bundler(scope, text string) { s.generator(scope, text, "public") }

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
