package references

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// IsImage says by the name of a file that it is an image, as references name it.
func IsImage(name string) bool { return isImageAddress(name) }

// publicDirs are directories whose files generators and servers put at the root of a site.
var publicDirs = []string{"static", "public", "assets", "docs", "src"}

// findRoots finds where addresses begin: in directories that are called so, and by what
// generators are configured to do.
func (s *Site) findRoots(paths []string, read func(string) ([]byte, error)) {
	seen := map[string]bool{}
	for _, p := range paths {
		for dir := path.Dir(p); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if slices.Contains(publicDirs, path.Base(dir)) {
				scope := path.Dir(dir)
				if scope == "." {
					scope = ""
				}
				s.mount(scope, "/", dir)
			}
		}
	}
	for _, p := range paths {
		scope, base := path.Dir(p), strings.ToLower(path.Base(p))
		if scope == "." {
			scope = ""
		}
		if base == "index.html" || base == "index.htm" || base == "index.php" || base == "package.json" {
			s.scopes[scope] = true
		}
		configure := configOf(base)
		if configure == nil && strings.HasSuffix(scope, "config/_default") && strings.HasPrefix(base, "hugo.") || base == "config.toml" {
			configure = (*Site).hugo
		}
		if configure == nil {
			continue
		}
		data, err := read(p)
		if err != nil || len(data) > maxConfig {
			continue
		}
		configure(s, scope, string(data))
	}
	for dir := range seen { // aliases that are so common that they need no configuration
		if path.Base(dir) == "src" {
			scope := strings.TrimPrefix(path.Dir(dir), ".")
			for _, prefix := range []string{"@/", "~/", "~@/"} {
				s.mount(scope, prefix, dir)
			}
			s.mount(scope, "/src/", dir)
		}
	}
}

// maxConfig is the length in bytes of a configuration that is still read.
const maxConfig = 1 << 20

// configOf is what reads a file of that name, nil for most.
func configOf(base string) func(s *Site, scope, text string) {
	name, _, _ := strings.Cut(base, ".config.")
	switch {
	case base == "_config.yml" || base == "_config.yaml":
		return (*Site).jekyll
	case strings.HasPrefix(base, "hugo.") && slices.Contains([]string{".toml", ".yaml", ".yml", ".json"}, path.Ext(base)):
		return (*Site).hugo
	case base == "cname":
		return func(s *Site, _, text string) { s.addHost(strings.TrimSpace(text)) }
	case base == ".eleventy.js", name == "eleventy" && name != base:
		return (*Site).eleventy
	case name == "docusaurus" && name != base:
		return (*Site).docusaurus
	case name != base && slices.Contains([]string{"astro", "vite", "next", "nuxt", "svelte", "gatsby"}, name):
		return (*Site).bundler
	case base == "tsconfig.json", base == "jsconfig.json":
		return (*Site).typescript
	}
	return nil
}

// jekyll reads baseurl and url of _config.yml: https://jekyllrb.com/docs/configuration/options/
func (s *Site) jekyll(scope, text string) {
	var c struct{ URL, Baseurl string }
	if yaml.Unmarshal([]byte(text), &c) != nil {
		return
	}
	s.addBase(c.Baseurl)
	if c.URL != "" {
		s.addHost(strings.TrimSuffix(c.URL, "/") + c.Baseurl)
	}
	s.mount(scope, "/", scope)
}

var hugoBase = regexp.MustCompile(`(?im)^[\s{"']*baseurl["']?\s*[:=]\s*["']?([^"'\s,]+)`)

// hugo reads baseURL: https://gohugo.io/configuration/all/#baseurl
func (s *Site) hugo(scope, text string) {
	if m := hugoBase.FindStringSubmatch(text); m != nil {
		s.addHost(m[1])
	}
	scope = strings.TrimSuffix(strings.TrimSuffix(scope, "config/_default"), "/")
	s.mount(scope, "/", path.Join(scope, "static"))
	s.mount(scope, "/", path.Join(scope, "assets")) // resources.Get
}

var (
	jsURL  = regexp.MustCompile(`\b(?:url|site|siteUrl)\s*:\s*["'](https?://[^"']+)["']`)
	jsBase = regexp.MustCompile(`\b(?:baseUrl|base|basePath|pathPrefix)\s*:\s*["'](/[^"']*)["']`)
	// passthrough takes addPassthroughCopy("img") and addPassthroughCopy({ "src/img": "img" }).
	passthrough = regexp.MustCompile(`addPassthroughCopy\(\s*(?:["']([^"'*]+)["']|\{([^}]*)\})`)
	pair        = regexp.MustCompile(`["']([^"'*]+)["']\s*:\s*["']([^"'*]*)["']`)
	inputDir    = regexp.MustCompile(`\binput\s*:\s*["']([^"']+)["']`)
)

// docusaurus: https://docusaurus.io/docs/static-assets
func (s *Site) docusaurus(scope, text string) {
	s.bundler(scope, text)
	s.mount(scope, "@site/", scope)
	s.mount(scope, "/", path.Join(scope, "static"))
}

// bundler reads the address of a site in the configuration of Astro, Vite and the like.
func (s *Site) bundler(scope, text string) {
	base := ""
	if m := jsBase.FindStringSubmatch(text); m != nil {
		base = m[1]
		s.addBase(base)
	}
	if m := jsURL.FindStringSubmatch(text); m != nil {
		s.addHost(strings.TrimSuffix(m[1], "/") + base)
	}
	s.mount(scope, "/", path.Join(scope, "public"))
}

// eleventy reads what is copied: https://www.11ty.dev/docs/copy/
func (s *Site) eleventy(scope, text string) {
	input := ""
	if m := inputDir.FindStringSubmatch(text); m != nil {
		input = path.Clean(m[1])
	}
	add := func(from, to string) {
		if from = path.Clean(from); from == "." || strings.HasPrefix(from, "../") {
			return
		}
		s.mount(scope, path.Join("/", to)+"/", path.Join(scope, from))
	}
	for _, m := range passthrough.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			from := path.Clean(m[1])
			to := from
			if rest, ok := strings.CutPrefix(from, input+"/"); ok && input != "" {
				to = rest
			}
			add(from, to)
		}
		for _, p := range pair.FindAllStringSubmatch(m[2], -1) {
			if to := path.Join("/", p[2]); to == "/" {
				s.mount(scope, "/", path.Join(scope, path.Clean(p[1])))
			} else {
				add(p[1], to)
			}
		}
	}
	s.bundler(scope, text)
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
	for alias, to := range c.CompilerOptions.Paths {
		prefix, ok := strings.CutSuffix(alias, "*")
		if !ok || prefix == "" || prefix == "/" {
			continue
		}
		for _, dir := range to {
			if dir, ok := strings.CutSuffix(dir, "/*"); ok {
				s.mount(scope, prefix, path.Join(scope, c.CompilerOptions.BaseURL, dir))
			}
		}
	}
}

// withoutComments takes comments, and commas behind the last of several values, from JSON.
func withoutComments(text string) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString:
			b.WriteByte(c)
			if c == '\\' && i+1 < len(text) {
				i++
				b.WriteByte(text[i])
			} else if c == '"' {
				inString = false
			}
		case strings.HasPrefix(text[i:], "//"):
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return b.String()
			}
			i += n
		case strings.HasPrefix(text[i:], "/*"):
			n := strings.Index(text[i+2:], "*/")
			if n < 0 {
				return b.String()
			}
			i += n + 3
		case c == ',' && strings.ContainsAny(strings.TrimLeft(text[i+1:], " \t\r\n")[:min(1, len(strings.TrimLeft(text[i+1:], " \t\r\n")))], "}]"):
		default:
			inString = c == '"'
			b.WriteByte(c)
		}
	}
	return b.String()
}
