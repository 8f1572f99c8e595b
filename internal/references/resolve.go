package references

import (
	"net/url"
	"path"
	"slices"
	"strings"

	spelling "github.com/webpress/webpress/internal/tree"
)

// A Site knows the files of a repository and where addresses begin in it. It is a Resolver.
type Site struct {
	files map[string]bool
	// folded has the files by names that macOS and Windows take for the same.
	folded map[string]string
	mounts map[string][]mount // by scope, the most certain first
	// scopes are directories that may be the root of a site.
	scopes map[string]bool
	// hosts are those of this site, in lower case, each with the path that it begins at.
	hosts map[string]string
	// bases are the paths that the sites begin at, such as /project.
	bases []string
}

// A mount says that addresses which begin with prefix lead to files below dir, in the files
// below a scope.
type mount struct {
	prefix string // "/", "/img/", "@/"
	dir    string // with a slash at its end, empty for the root of the repository
}

// SiteOptions are what a user sets about a site.
type SiteOptions struct {
	// Roots are directories in which addresses begin with /, Hosts those of absolute
	// addresses that are this site.
	Roots, Hosts []string
}

// NewSite makes a Site of the paths of all files of a repository. read reads those few that
// configure a generator; what it cannot read, or what is not understood, says nothing.
func NewSite(paths []string, read func(name string) ([]byte, error), o SiteOptions) *Site {
	s := &Site{
		files: make(map[string]bool, len(paths)), folded: make(map[string]string, len(paths)),
		mounts: map[string][]mount{}, scopes: map[string]bool{"": true}, hosts: map[string]string{},
	}
	for _, p := range paths {
		s.files[p] = true
		if isImageAddress(p) {
			s.folded[spelling.Fold(p)] = p
		}
	}
	for _, root := range o.Roots {
		s.mount("", "/", path.Clean(strings.Trim(root, "/")))
	}
	for _, host := range o.Hosts {
		s.addHost(host)
	}
	s.findRoots(paths, read)
	return s
}

// mount adds a mount whose directory is seen from the root of the repository.
func (s *Site) mount(scope, prefix, dir string) {
	if dir == "." {
		dir = ""
	}
	if dir != "" {
		dir += "/"
	}
	s.scopes[scope] = true
	if m := (mount{prefix, dir}); !slices.Contains(s.mounts[scope], m) {
		s.mounts[scope] = append(s.mounts[scope], m)
	}
}

// addHost adds a host, or the address of a site, with the path that it begins at.
func (s *Site) addHost(address string) {
	if !strings.Contains(address, "//") {
		address = "//" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return
	}
	s.hosts[strings.ToLower(u.Host)] = strings.TrimSuffix(u.Path, "/")
	s.addBase(u.Path)
}

func (s *Site) addBase(base string) {
	base = "/" + strings.Trim(base, "/")
	if base != "/" && !strings.ContainsAny(base, "{$<") && !slices.Contains(s.bases, base) {
		s.bases = append(s.bases, base)
	}
}

// A way is how an address leads to a file: what is written in front of the path of the file
// below a directory.
type way struct {
	written string // "https://example.com/base/", "/", "@/", or empty
	dir     string // with a slash at its end; empty is the root of the repository
	// relative says that the path begins at the file that has the address.
	relative bool
	// plain says that nothing in the path is encoded.
	plain bool
}

// Resolve finds the file that a reference of the file named from means.
func (s *Site) Resolve(from string, r Reference) Resolution {
	address, _ := cutQuery(r.Address)
	if address == "" || strings.ContainsRune(address, 0) {
		return Resolution{}
	}
	written := ""
	if scheme := schemeOf(address); scheme != "" || strings.HasPrefix(address, "//") {
		rest, ok := strings.CutPrefix(address[len(scheme):], "//")
		host, p, slash := strings.Cut(rest, "/")
		base, ours := s.hosts[strings.ToLower(host)]
		if !ok || !slash || !ours || scheme != "" && scheme != "http:" && scheme != "https:" {
			return Resolution{Status: External}
		}
		written, address = address[:len(address)-len(p)-1], "/"+p
		if rest, under := strings.CutPrefix(address, base+"/"); under && base != "" {
			written, address = written+base, "/"+rest
		}
	}
	var tried []string
	for _, plain := range []bool{false, true} {
		p := address
		if !plain {
			var err error
			if p, err = url.PathUnescape(address); err != nil {
				continue
			}
		} else if !strings.Contains(address, "%") {
			break // as before
		}
		found, all := s.lookUp(from, p, r.Kind)
		switch len(found) {
		case 0:
			tried = append(tried, all...)
			continue
		case 1:
			w := found[0].way
			w.written, w.plain = written+w.written, plain
			return Resolution{Path: found[0].file, Status: Found, way: w}
		}
		return Resolution{Path: found[0].file, Status: Ambiguous}
	}
	outside := len(tried) > 0
	for _, p := range tried {
		if file, ok := s.folded[spelling.Fold(p)]; ok {
			return Resolution{Path: file, Status: WrongCase}
		}
		outside = outside && strings.HasPrefix(p, "../")
	}
	switch {
	case outside:
		return Resolution{Status: Outside}
	case strings.ContainsAny(address[:1], "@~#"):
		return Resolution{Status: External} // a package, or an alias that is not known
	}
	return Resolution{Status: Missing}
}

// A hit is a file that an address may mean, and how.
type hit struct {
	file string
	way  way
}

// lookUp finds the files that a path means in a file, which are several where it is not
// clear. tried are the places where it was searched.
func (s *Site) lookUp(from, p string, kind Kind) (found []hit, tried []string) {
	try := func(file string, w way) {
		if tried = append(tried, file); s.files[file] && !slices.ContainsFunc(found, func(h hit) bool { return h.file == file }) {
			found = append(found, hit{file, w})
		}
	}
	p = strings.ReplaceAll(p, "\\", "/")
	rooted := strings.HasPrefix(p, "/")
	if !rooted && !strings.HasPrefix(p, "@") && !strings.HasPrefix(p, "~") {
		try(path.Join(path.Dir(from), p), way{relative: true})
		if len(found) > 0 || !fromRoots(from, p, kind) {
			return found, tried
		}
	}
	for scope := range ancestors(path.Dir(from)) {
		for _, m := range s.mounts[scope] {
			if rooted || !strings.HasPrefix(m.prefix, "/") {
				if rest, ok := strings.CutPrefix(p, m.prefix); ok {
					try(m.dir+path.Clean("/" + rest)[1:], way{written: m.prefix, dir: m.dir})
				}
				continue
			}
			if m.prefix == "/" { // a path from the root that is written without its slash
				try(m.dir+path.Clean("/" + p)[1:], way{dir: m.dir})
			}
		}
		if rooted {
			for _, base := range s.bases {
				if rest, ok := strings.CutPrefix(p, base+"/"); ok {
					for _, m := range s.mounts[scope] {
						if m.prefix == "/" {
							try(m.dir+path.Clean("/" + rest)[1:], way{written: base + "/", dir: m.dir})
						}
					}
				}
			}
			dir := ""
			if scope != "" {
				dir = scope + "/"
			}
			if s.scopes[scope] {
				try(dir+path.Clean(p)[1:], way{written: "/", dir: dir})
			}
		}
		if len(found) > 0 {
			return found, tried
		}
	}
	return found, tried
}

// partials are directories of templates, whose addresses begin at the page that they become
// part of.
var partials = []string{"_includes", "_layouts", "layouts", "includes", "partials", "templates", "components", "views", "shortcodes"}

// fromRoots says that a path without a slash at its start may begin at the root of the site.
func fromRoots(from, p string, kind Kind) bool {
	if strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		return false
	}
	switch kind {
	case Data, Shortcode, String:
		return true
	}
	return slices.ContainsFunc(strings.Split(path.Dir(from), "/"), func(dir string) bool { return slices.Contains(partials, dir) })
}

// ancestors are a directory and those above it, the last of which is empty.
func ancestors(dir string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for dir != "." && dir != "/" && dir != "" {
			if !yield(dir) {
				return
			}
			dir = path.Dir(dir)
		}
		yield("")
	}
}

// Address is the address by which the file named from names another one in the same style.
// It is empty where that leads nowhere.
func (s *Site) Address(from string, r Reference, res Resolution, to string) string {
	address, query := cutQuery(r.Address)
	w := res.way
	var p string
	if w.relative {
		p = relative(path.Dir(from), to)
		if strings.HasPrefix(address, "./") && !strings.HasPrefix(p, "../") {
			p = "./" + p
		}
	} else {
		rest, ok := strings.CutPrefix(to, w.dir)
		if !ok {
			return ""
		}
		p = rest
	}
	if !w.plain {
		p = encodeLike(address, p)
	}
	return w.written + p + query
}

// relative is the way from a directory to a file.
func relative(dir, to string) string {
	var a []string
	if dir != "." {
		a = strings.Split(dir, "/")
	}
	b := strings.Split(to, "/")
	for len(a) > 0 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return strings.Repeat("../", len(a)) + strings.Join(b, "/")
}

// encodeLike encodes a path with percent signs as an address does that was written by hand: all
// of it where that has any, else what would have another meaning, and is not in it as it is.
func encodeLike(address, p string) string {
	if strings.Contains(address, "%") {
		parts := strings.Split(p, "/")
		for i, part := range parts {
			parts[i] = url.PathEscape(part)
		}
		return strings.Join(parts, "/")
	}
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		if c == '%' || c == '?' || c == '#' || (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>') && strings.IndexByte(address, c) < 0 {
			b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// cutQuery cuts an address in front of its query or fragment.
func cutQuery(address string) (p, query string) {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		return address[:i], address[i:]
	}
	return address, ""
}

// schemeOf is the scheme of an address with its colon, empty where it has none (RFC 3986, 3.1).
func schemeOf(address string) string {
	for i := range len(address) {
		c := address[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z', i > 0 && (address[i] >= '0' && address[i] <= '9' || strings.IndexByte("+-.", address[i]) >= 0):
		case address[i] == ':' && i > 0:
			return address[:i+1]
		default:
			return ""
		}
	}
	return ""
}
