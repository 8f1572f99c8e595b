package references

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	spelling "github.com/webpress/webpress/internal/tree"
)

// A Site knows the files of a repository and where addresses begin in it. It is a Resolver.
type Site struct {
	files map[string]bool
	// folded has the images by names that macOS and Windows take for the same.
	folded map[string]string
	// mounts are by the directory in whose files they are known, its scope.
	mounts map[string][]mount
	// set are the mounts that a user has set. They come before all others.
	set map[string][]mount
	// scopes are directories that may be the root of a site.
	scopes map[string]bool
	// origins are the sites of a host, which is in lower case.
	origins map[string][]origin
	// bases are the paths, such as /project, that the sites of a scope begin at.
	bases map[string][]string
	// ownMarkdown are scopes whose generator drops HTML from Markdown, or does not look into it.
	ownMarkdown map[string]bool
	// kramdown are scopes of Jekyll.
	kramdown map[string]bool
}

// A mount says that addresses which begin with prefix lead to files below dir.
type mount struct {
	prefix string // "/", "/img/", "@/", or empty
	dir    string // with a slash at its end, empty for the root of the repository
	// guessed says that no configuration names it, only its name is like one.
	guessed bool
}

// An origin is a site at a host.
type origin struct {
	base string // "/project", or empty
	// scope is where its configuration is. Where it is everywhere, a user has set it.
	scope      string
	everywhere bool
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
		mounts: map[string][]mount{}, set: map[string][]mount{}, scopes: map[string]bool{"": true},
		origins: map[string][]origin{}, bases: map[string][]string{}, ownMarkdown: map[string]bool{}, kramdown: map[string]bool{},
	}
	for _, p := range paths {
		s.files[p] = true
		if IsImage(p) {
			if key := spelling.Fold(p); s.folded[key] == "" {
				s.folded[key] = p
			}
		}
	}
	for _, root := range o.Roots {
		dir := path.Clean(strings.Trim(root, "/"))
		// In a repository of several sites, the files beside a root are those of its site.
		for _, scope := range []string{scopeOf(dir), ""} {
			addMount(s.set, scope, mount{prefix: "/", dir: dir})
		}
	}
	for _, host := range o.Hosts {
		s.addHost(host, origin{everywhere: true})
	}
	s.findRoots(paths, read)
	return s
}

// Remember takes paths for those of files that are there, so that references to them are found: files that
// were removed or renamed.
func (s *Site) Remember(paths []string) {
	for _, p := range paths {
		s.files[p] = true
	}
}

// A way is how an address leads to a file: what is written in front of the path of the file
// below a directory.
type way struct {
	written string // "https://example.com/base/", "/", "@/", or empty
	dir     string // with a slash at its end; empty is the root of the repository
	// relative says that the path begins at the file that has the address.
	relative bool
	// beside says that it does so on the published site only.
	beside bool
	// plain says that nothing in the path is encoded.
	plain bool
}

// Resolve finds the file that a reference of the file named from means.
func (s *Site) Resolve(from string, r Reference) Resolution {
	return s.resolve(from, r, "")
}

// resolve does it as if one more file was there.
func (s *Site) resolve(from string, r Reference, more string) Resolution {
	address, _ := cutQuery(r)
	if address == "" || strings.ContainsRune(address, 0) {
		return Resolution{}
	}
	if r.Kind != Import {
		address = strings.ReplaceAll(address, `\`, "/") // as browsers do
	}
	q := search{site: s, from: from, kind: r.Kind, more: more}
	address, ok := q.base(address, r.Base)
	if !ok {
		return Resolution{Status: External}
	}
	written := ""
	if scheme := schemeOf(address); scheme != "" || strings.HasPrefix(address, "//") {
		if written, address = q.origin(address, scheme); written == "" {
			return Resolution{Status: External}
		}
	}
	forms := []string{address}
	if strings.Contains(address, "%") {
		if p, err := url.PathUnescape(address); err == nil {
			forms = []string{p, address}
		}
	}
	for _, p := range forms {
		switch hits := q.find(p); len(hits) {
		case 0:
			continue
		case 1:
			w := hits[0].way
			w.written, w.plain = written+w.written, p == address
			return Resolution{Path: hits[0].file, Status: Found, way: w}
		default:
			return Resolution{Path: hits[0].file, Status: Ambiguous, Other: hits[1].file}
		}
	}
	outside := q.outside && !q.inside
	q.folded = true
	for _, p := range forms {
		if hits := q.find(p); len(hits) > 0 {
			return Resolution{Path: hits[0].file, Status: WrongCase}
		}
	}
	switch {
	case outside:
		return Resolution{Status: Outside}
	case strings.IndexByte("@~#$", address[0]) >= 0, r.Kind == Import && isBare(address):
		return Resolution{Status: External} // a package, or an alias that is not known
	case !strings.HasPrefix(address, "/") && strings.Contains("/"+from, "/_sass/"):
		return Resolution{} // relative to a style sheet that includes this one
	}
	return Resolution{Status: Missing}
}

// base puts the address of <base> before a relative one.
func (q *search) base(address, base string) (string, bool) {
	if base == "" || strings.HasPrefix(address, "/") || schemeOf(address) != "" {
		return address, true
	}
	b, err := url.Parse(base)
	if err != nil || b.Opaque != "" {
		return "", false
	}
	prefix := b.EscapedPath()
	prefix = prefix[:strings.LastIndexByte(prefix, '/')+1]
	if b.Host != "" {
		if prefix = "//" + b.Host + cmp.Or(prefix, "/"); b.Scheme != "" {
			prefix = b.Scheme + ":" + prefix
		}
	}
	return prefix + address, true
}

// origin takes the host, and the base path of a site, from an absolute address. What it took
// is empty where that is not this site.
func (q *search) origin(address, scheme string) (written, rest string) {
	rest, ok := strings.CutPrefix(address[len(scheme):], "//")
	if !ok || scheme != "" && !strings.EqualFold(scheme, "http:") && !strings.EqualFold(scheme, "https:") {
		return "", ""
	}
	host, p, slash := strings.Cut(rest, "/")
	if !slash {
		return "", ""
	}
	// The site with the longest base is the one that is meant, as one may lie below another.
	longest := -1
	for _, o := range q.site.origins[strings.ToLower(host)] {
		if !strings.HasPrefix("/"+p, o.base+"/") || len(o.base) < longest {
			continue
		}
		if len(o.base) > longest {
			longest, q.scopes, q.everywhere = len(o.base), nil, false
		}
		q.scopes = append(q.scopes, o.scope)
		q.everywhere = q.everywhere || o.everywhere
	}
	if longest < 0 {
		return "", ""
	}
	rest = ("/" + p)[longest:]
	return address[:len(address)-len(rest)], rest
}

// A search is for the files that an address means.
type search struct {
	site *Site
	from string
	kind Kind
	more string // a file, as if it was there
	// folded takes names that differ in case.
	folded bool
	// scopes are those to search in, where the address has a host; everywhere are those of any.
	scopes     []string
	everywhere bool

	hits []hit
	// inside and outside say whether places were searched there.
	inside, outside bool
}

// A hit is a file that an address may mean, and how.
type hit struct {
	file string
	way  way
}

func (q *search) try(hits []hit, file string, w way) []hit {
	if file == ".." || strings.HasPrefix(file, "../") {
		q.outside = true
		return hits
	}
	q.inside = true
	switch {
	case q.folded:
		if file = q.site.folded[spelling.Fold(file)]; file == "" {
			return hits
		}
	case !q.site.files[file] && (file != q.more || file == ""):
		return hits
	}
	if slices.ContainsFunc(hits, func(h hit) bool { return h.file == file }) {
		return hits
	}
	return append(hits, hit{file, w})
}

// find finds the files that a path means. They are several where it is not clear.
func (q *search) find(p string) []hit {
	if p == "" || strings.HasSuffix(p, "/") {
		return nil
	}
	q.hits = q.hits[:0]
	roots := true
	if p[0] != '/' {
		q.hits = q.try(q.hits, path.Join(path.Dir(q.from), p), way{relative: true})
		// What a partial has may begin at the page that it becomes part of. If it leads to
		// another file from there, it is not clear which is meant.
		partial := q.kind != Import && isBare(p) && inPartials(q.from)
		if len(q.hits) > 0 && !partial {
			return q.hits
		}
		if len(q.hits) == 0 && q.kind != Import {
			if q.hits = q.beside(q.hits, p); len(q.hits) > 0 {
				return q.hits
			}
		}
		if !isBare(p) {
			return q.hits
		}
		roots = partial || q.kind == Data || q.kind == Shortcode || q.kind == String || q.kind == Social
	}
	if q.scopes != nil && !q.everywhere {
		for _, scope := range q.scopes {
			hits := q.in(q.hits, q.site.mounts[scope], scope, p, roots, false)
			if len(hits) == len(q.hits) {
				hits = q.in(hits, q.site.mounts[scope], scope, p, roots, true)
			}
			q.hits = hits
		}
		return q.hits
	}
	if len(q.site.set) > 0 {
		for scope := range ancestors(path.Dir(q.from)) {
			if hits := q.in(q.hits, q.site.set[scope], scope, p, roots, false); len(hits) > len(q.hits) {
				return hits
			}
		}
	}
	// The nearest root that is configured decides. One that is only guessed may, farther
	// inside, be another site or not: where both lead to a file, nobody can say.
	var guessed []hit
	for scope := range ancestors(path.Dir(q.from)) {
		mounts := q.site.mounts[scope]
		if hits := q.in(q.hits, mounts, scope, p, roots, false); len(hits) > len(q.hits) {
			q.hits = hits
			break
		}
		if len(guessed) == 0 {
			guessed = q.in(nil, mounts, scope, p, roots, true)
		}
	}
	for _, h := range guessed {
		if !slices.ContainsFunc(q.hits, func(o hit) bool { return o.file == h.file }) {
			q.hits = append(q.hits, h)
		}
	}
	return q.hits
}

// beside adds the files that a relative path means on the site that is published, where several
// directories become one.
func (q *search) beside(hits []hit, p string) []hit {
	for scope := range ancestors(path.Dir(q.from)) {
		mounts := q.site.mounts[scope]
		for _, m := range mounts {
			if m.guessed || m.prefix == "" || m.prefix[0] != '/' || m.dir == dirOf(scope) || !strings.HasPrefix(q.from, m.dir) {
				continue
			}
			rooted := path.Join(path.Dir(m.prefix+q.from[len(m.dir):]), p)
			found := q.in(nil, mounts, scope, rooted, false, false)
			if len(found) == 0 {
				found = q.in(nil, mounts, scope, rooted, false, true)
			}
			for _, h := range found {
				hits = q.try(hits, h.file, way{relative: true, beside: true})
			}
		}
	}
	return hits
}

// in adds the files that a path means by some mounts of a scope.
func (q *search) in(hits []hit, mounts []mount, scope, p string, roots, guessed bool) []hit {
	for _, m := range mounts {
		if m.guessed != guessed {
			continue
		}
		if p[0] != '/' {
			switch rest, ok := strings.CutPrefix(p, m.prefix); {
			case m.prefix == "/":
				// A string of a script such as "src/a.png" is as likely the path of a file.
				if roots && (q.kind != String || !guessed || m.dir != dirOf(scope)) {
					hits = q.try(hits, m.dir+path.Clean("/" + p)[1:], way{dir: m.dir})
				}
			case ok && m.prefix != "", ok && q.kind == Import:
				hits = q.try(hits, m.dir+path.Clean("/" + rest)[1:], way{written: m.prefix, dir: m.dir})
			}
			continue
		}
		if m.prefix == "" || m.prefix[0] != '/' {
			continue
		}
		if rest, ok := strings.CutPrefix(p, m.prefix); ok {
			hits = q.try(hits, m.dir+path.Clean("/" + rest)[1:], way{written: m.prefix, dir: m.dir})
		}
		for _, base := range q.site.bases[scope] {
			if rest, ok := strings.CutPrefix(p, base+m.prefix); ok {
				hits = q.try(hits, m.dir+path.Clean("/" + rest)[1:], way{written: base + m.prefix, dir: m.dir})
			}
		}
	}
	return hits
}

// partials are directories of templates, whose addresses begin at the page that they become
// part of.
var partials = []string{"_includes", "_layouts", "layouts", "includes", "partials", "templates", "components", "views", "shortcodes"}

func inPartials(from string) bool {
	for dir := range strings.SplitSeq(path.Dir(from), "/") {
		if slices.Contains(partials, dir) {
			return true
		}
	}
	return false
}

// isBare reports whether an address is relative and does not say so.
func isBare(address string) bool {
	return !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "./") && !strings.HasPrefix(address, "../")
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
