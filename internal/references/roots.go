package references

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// IsImage says by the path of a file that it is an image, as references name it.
func IsImage(name string) bool {
	return slices.Contains(extensions, strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")))
}

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
	case base == "mkdocs.yml", base == "mkdocs.yaml", base == "_quarto.yml", base == "conf.py": // the last is Sphinx's
		return func(s *Site, scope, _ string) { s.ownMarkdown[scope] = true }
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
