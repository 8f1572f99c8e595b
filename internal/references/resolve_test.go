package references

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// siteOf is a Site of files, of which those with a content can be read.
func siteOf(files map[string]string, o SiteOptions) *Site {
	var paths []string
	for p := range files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return NewSite(paths, func(name string) ([]byte, error) {
		if files[name] == "" {
			return nil, errors.New("empty")
		}
		return []byte(files[name]), nil
	}, o)
}

func TestResolve(t *testing.T) {
	type want struct {
		from    string
		kind    Kind
		address string
		status  Status
		path    string
		to      string // another file, and
		becomes string // its address
	}
	for name, site := range map[string]struct {
		files map[string]string
		o     SiteOptions
		want  []want
	}{
		"plain": {
			files: map[string]string{
				"index.html": "", "img/a.png": "", "img/b c.jpg": "", "img/100%.png": "", "blog/x.html": "", "blog/a.png": "", "img/Ü.jpg": "", "img/Case.PNG": "",
				"data.json": "", "img/a#1.png": "",
			},
			o: SiteOptions{Hosts: []string{"www.example.com"}},
			want: []want{
				{"index.html", Image, "img/a.png", Found, "img/a.png", "img/a.webp", "img/a.webp"},
				{"index.html", Image, "./img/a.png?v=2#x", Found, "img/a.png", "img/a.webp", "./img/a.webp?v=2#x"},
				{"blog/x.html", Image, "../img/a.png", Found, "img/a.png", "img/a.webp", "../img/a.webp"},
				{"blog/x.html", Image, "a.png", Found, "blog/a.png", "web/a.webp", "../web/a.webp"},
				{"blog/x.html", Image, "/img/a.png", Found, "img/a.png", "web/a.webp", "/web/a.webp"},
				{"index.html", Image, "img/b%20c.jpg", Found, "img/b c.jpg", "img/b c.webp", "img/b%20c.webp"},
				{"index.html", Image, "img/b c.jpg", Found, "img/b c.jpg", "img/b c.webp", "img/b c.webp"},
				{"index.html", Image, "img/a.png", Found, "img/a.png", "img/b c.webp", "img/b%20c.webp"},
				{"index.html", Image, "img/100%25.png", Found, "img/100%.png", "img/100%.webp", "img/100%25.webp"},
				{"index.html", Image, "img/100%.png", Found, "img/100%.png", "img/100%.webp", "img/100%.webp"},
				{"index.html", Image, "img/%C3%9C.jpg", Found, "img/Ü.jpg", "img/Ü.webp", "img/%C3%9C.webp"},
				{"index.html", Image, "img/a%231.png", Found, "img/a#1.png", "img/a#1.webp", "img/a%231.webp"},
				{"index.html", Image, "https://www.example.com/img/a.png", Found, "img/a.png", "img/a.webp", "https://www.example.com/img/a.webp"},
				{"index.html", Image, "//WWW.example.com/img/a.png", Found, "img/a.png", "img/a.webp", "//WWW.example.com/img/a.webp"},
				{"index.html", Image, "https://elsewhere.example/img/a.png", External, "", "", ""},
				{"index.html", Image, "data:image/png;base64,AAA.png", External, "", "", ""},
				{"index.html", Image, "img/case.png", WrongCase, "img/Case.PNG", "", ""},
				{"index.html", Image, "img/none.png", Missing, "", "", ""},
				{"index.html", Image, "../a.png", Outside, "", "", ""},
				{"index.html", Import, "@scope/package/a.png", External, "", "", ""},
			},
		},
		"hugo": {
			files: map[string]string{
				"hugo.toml": "title = 'x'\nbaseURL = 'https://example.org/shop/'\n", "static/img/a.png": "", "assets/b.png": "",
				"content/post/x/index.md": "", "content/post/x/c.jpg": "", "layouts/index.html": "",
			},
			want: []want{
				{"content/post/x/index.md", Image, "c.jpg", Found, "content/post/x/c.jpg", "content/post/x/c.webp", "c.webp"},
				{"content/post/x/index.md", Image, "/img/a.png", Found, "static/img/a.png", "static/img/a.webp", "/img/a.webp"},
				{"content/post/x/index.md", Image, "/shop/img/a.png", Found, "static/img/a.png", "static/img/a.webp", "/shop/img/a.webp"},
				{"content/post/x/index.md", Data, "img/a.png", Found, "static/img/a.png", "static/img/a.webp", "img/a.webp"},
				{"layouts/index.html", Image, "img/a.png", Found, "static/img/a.png", "static/img/a.webp", "img/a.webp"},
				{"layouts/index.html", Image, "/b.png", Found, "assets/b.png", "elsewhere/b.webp", ""},
				{"layouts/index.html", Social, "https://example.org/shop/img/a.png", Found, "static/img/a.png", "static/img/a.webp", "https://example.org/shop/img/a.webp"},
			},
		},
		"jekyll": {
			files: map[string]string{"_config.yml": "url: https://me.github.io\nbaseurl: /blog\n", "assets/a.png": "", "_posts/2026-01-01-x.md": ""},
			want: []want{
				{"_posts/2026-01-01-x.md", Image, "/assets/a.png", Found, "assets/a.png", "assets/a.webp", "/assets/a.webp"},
				{"_posts/2026-01-01-x.md", Image, "/blog/assets/a.png", Found, "assets/a.png", "assets/a.webp", "/blog/assets/a.webp"},
				{"_posts/2026-01-01-x.md", Image, "https://me.github.io/blog/assets/a.png", Found, "assets/a.png", "assets/a.webp", "https://me.github.io/blog/assets/a.webp"},
			},
		},
		"docusaurus in a monorepo": {
			files: map[string]string{
				"web/docusaurus.config.ts": "export default { url: 'https://d.example', baseUrl: '/docs/' }", "web/static/img/a.png": "",
				"web/docs/x.mdx": "", "static/img/a.png": "", "img/a.png": "",
			},
			want: []want{
				{"web/docs/x.mdx", Image, "/img/a.png", Found, "web/static/img/a.png", "web/static/img/a.webp", "/img/a.webp"},
				{"web/docs/x.mdx", Import, "@site/static/img/a.png", Found, "web/static/img/a.png", "web/static/img/a.webp", "@site/static/img/a.webp"},
				{"README.md", Image, "/img/a.png", Ambiguous, "static/img/a.png", "", ""},
			},
		},
		"eleventy": {
			files: map[string]string{
				"eleventy.config.js": "c.addPassthroughCopy(\"src/img\"); c.addPassthroughCopy({ 'media/big': 'pics' }); return { dir: { input: 'src' } }",
				"src/img/a.png":      "", "media/big/b.png": "", "src/index.njk": "",
			},
			want: []want{
				{"src/index.njk", Image, "/img/a.png", Found, "src/img/a.png", "src/img/a.webp", "/img/a.webp"},
				{"src/index.njk", Image, "/pics/b.png", Found, "media/big/b.png", "media/big/b.webp", "/pics/b.webp"},
			},
		},
		"aliases": {
			files: map[string]string{
				"app/tsconfig.json": "{ // comment\n \"compilerOptions\": { \"baseUrl\": \".\", \"paths\": { \"#img/*\": [\"./art/*\"], }, }, }", "app/art/a.png": "",
				"app/src/x.vue": "", "app/src/assets/b.png": "",
			},
			want: []want{
				{"app/src/x.vue", Import, "#img/a.png", Found, "app/art/a.png", "app/art/a.webp", "#img/a.webp"},
				{"app/src/x.vue", Image, "#img/a.png", None, "", "", ""}, // only a fragment
				{"app/src/x.vue", Import, "@/assets/b.png", Found, "app/src/assets/b.png", "app/src/assets/b.webp", "@/assets/b.webp"},
				{"app/src/x.vue", Import, "@/assets/none.png", External, "", "", ""},
			},
		},
		"aliases of Vite": {
			files: map[string]string{
				"vite.config.ts": "resolve: { alias: { '@art': fileURLToPath(new URL('./art', import.meta.url)), \"~\": path.resolve(__dirname, 'lib') } }, publicDir: 'open'",
				"art/a.png":      "", "lib/b.png": "", "open/c.png": "", "src/x.ts": "", "assets/c.png": "",
			},
			want: []want{
				{"src/x.ts", Import, "@art/a.png", Found, "art/a.png", "art/a.webp", "@art/a.webp"},
				{"src/x.ts", Import, "~/b.png", Found, "lib/b.png", "lib/b.webp", "~/b.webp"},
				{"src/x.ts", String, "/c.png", Found, "open/c.png", "open/c.webp", "/c.webp"}, // configured, not guessed
				{"src/x.ts", Import, "package/c.png", External, "", "", ""},
				{"src/x.ts", String, "art/a.png", Missing, "", "", ""},
			},
		},
		"several sites": {
			files: map[string]string{
				"a/hugo.yaml": "baseURL: https://e.example/a/", "a/static/x.png": "", "a/content/p.md": "", "a/content/assets/x.png": "",
				"b/_config.yml": "url: https://e.example\nbaseurl: /b", "b/x.png": "", "b/p.md": "", "static/x.png": "", "c/CNAME": "c.example\n", "c/x.png": "",
			},
			o: SiteOptions{Roots: []string{"static"}},
			want: []want{
				{"b/p.md", Image, "https://e.example/a/x.png", Found, "a/static/x.png", "a/static/x.webp", "https://e.example/a/x.webp"},
				{"a/content/p.md", Image, "https://e.example/b/x.png", Found, "b/x.png", "b/y/z.webp", "https://e.example/b/y/z.webp"},
				{"a/content/p.md", Image, "https://e.example/x.png", External, "", "", ""}, // below no base
				{"p.md", Image, "http://C.example/x.png", Found, "c/x.png", "c/x.webp", "http://C.example/x.webp"},
				{"b/p.md", Image, "/x.png", Found, "static/x.png", "static/x.webp", "/x.webp"}, // as it is set
			},
		},
		"a directory that may be a site in a site": {
			files: map[string]string{"hugo.toml": "baseURL = 'https://e.example'", "static/x.png": "", "content/p.md": "", "content/assets/x.png": "", "static/y.png": ""},
			want: []want{
				{"content/p.md", Image, "/x.png", Ambiguous, "static/x.png", "", ""},
				{"content/p.md", Image, "/y.png", Found, "static/y.png", "static/sub/y.webp", "/sub/y.webp"},
			},
		},
		"spelling": {
			files: map[string]string{
				"x.html": "", "img/photo (1).jpg": "", "img/gr\u00fcn.jpg": "", "img/u\u0308ber.jpg": "", "a:b.png": "", `back\slash.png`: "", "public/i.html": "", "public/a.png": "",
				"_sass/a.scss": "", "img/dir.png/x.png": "",
			},
			want: []want{
				{"x.html", Image, "img/photo%20(1).jpg", Found, "img/photo (1).jpg", "img/photo (1)-640 w.webp", "img/photo%20(1)-640%20w.webp"},
				{"x.html", Image, "img/photo%20%281%29.jpg", Found, "img/photo (1).jpg", "web/photo (1).webp", "web/photo%20%281%29.webp"},
				{"x.html", Image, "img/gr%c3%bcn.jpg", Found, "img/gr\u00fcn.jpg", "web/gr\u00fcn.webp", "web/gr%c3%bcn.webp"},
				{"x.html", Image, "img/\u00fcber.jpg", WrongCase, "img/u\u0308ber.jpg", "", ""},
				{"x.html", Image, "img/gru\u0308n.jpg", WrongCase, "img/gr\u00fcn.jpg", "", ""},
				{"x.html", Image, `img\photo (1).jpg`, Found, "img/photo (1).jpg", "img/photo (1).webp", `img\photo (1).webp`},
				{"x.html", Image, "./a:b.png", Found, "a:b.png", "a:b.webp", "./a:b.webp"},
				{"x.html", Image, "back%5Cslash.png", Found, `back\slash.png`, `back\slash.webp`, "back%5Cslash.webp"},
				{"x.html", Image, "img/../img//photo (1).jpg", Found, "img/photo (1).jpg", "img/photo (1).webp", "img/../img//photo (1).webp"},
				{"x.html", Image, "img/photo (1).jpg/", Missing, "", "", ""},
				{"x.html", Image, "img/dir.png", Missing, "", "", ""},
				{"public/i.html", Image, "a.png", Found, "public/a.png", "webp/a.webp", ""}, // which is not published
				{"_sass/a.scss", CSS, "../images/a.png", None, "", "", ""},
			},
		},
		"roots that are set": {
			files: map[string]string{"pages/x.html": "", "media/files/a.png": ""},
			o:     SiteOptions{Roots: []string{"media/files/"}},
			want:  []want{{"pages/x.html", Image, "/a.png", Found, "media/files/a.png", "media/files/a.webp", "/a.webp"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := siteOf(site.files, site.o)
			for _, w := range site.want {
				r := Reference{Kind: w.kind, Address: w.address}
				res := s.Resolve(w.from, r)
				if res.Status != w.status || res.Path != w.path {
					t.Errorf("%s: %q is %q with status %d, want %q with %d", w.from, w.address, res.Path, res.Status, w.path, w.status)
					continue
				}
				if w.to == "" {
					continue
				}
				if got := s.Address(w.from, r, res, w.to); got != w.becomes {
					t.Errorf("%s: %q becomes %q, want %q", w.from, w.address, got, w.becomes)
				}
			}
		})
	}
}

// FuzzResolve lets any address be resolved: there is no panic, and the address of a file that
// is made leads to that file.
func FuzzResolve(f *testing.F) {
	for _, a := range []string{"a.png", "/img/a.png", "../x y/b.png", "%2e%2e/a.png", "//h/a.png", "@/a.png", "a%zz.png", "https://e.example/a.png?x#y", "C:\\a.png"} {
		f.Add("src/x.html", a, "img/ü 1.webp")
	}
	f.Fuzz(func(t *testing.T, from, address, to string) {
		if to != path.Clean(to) || strings.HasPrefix(to, "/") || strings.HasPrefix(to, "../") || to == ".." || to == "." {
			to = "img/ü 1.webp"
		}
		files := []string{"hugo.toml", "src/x.html", "img/a.png", "x y/b.png", "static/img/a.png", "src/a.png", "img/100%.png", `img/a\b.png`, "img/c:d.png"}
		for _, o := range []SiteOptions{{Hosts: []string{"e.example"}}, {Roots: []string{"static"}}} {
			s := NewSite(append(files, to), func(string) ([]byte, error) { return []byte("baseURL = 'https://e.example/b'"), nil }, o)
			for _, kind := range []Kind{Image, Import, Data} {
				for _, base := range []string{"", "/img/", "http://e.example/img/"} {
					r := Reference{Kind: kind, Address: address, Base: base}
					res := s.Resolve(from, r)
					if res.Status != Found {
						continue
					}
					if !slices.Contains(files, res.Path) && res.Path != to {
						t.Fatalf("%q is found as %q, which is not a file", address, res.Path)
					}
					if s.Address(from, r, res, res.Path) == "" {
						t.Errorf("from %q, %q is %q, which has no address", from, address, res.Path)
					}
					for _, file := range append(files, to) {
						made := s.Address(from, r, res, file)
						if made == "" {
							continue
						}
						if again := s.Resolve(from, Reference{Kind: kind, Address: made, Base: base}); again.Status != Found || again.Path != file {
							t.Errorf("from %q, in place of %q, %q is called %q, which is %q", from, address, file, made, again.Path)
						}
					}
				}
			}
		}
	})
}

func TestResolveBase(t *testing.T) {
	s := siteOf(map[string]string{"docs/guide/x.html": "", "docs/img/a.png": "", "guide/img/a.png": "", "docs/guide/img/a.png": ""}, SiteOptions{Hosts: []string{"e.example"}, Roots: []string{"docs"}})
	for base, want := range map[string]string{
		"": "docs/guide/img/a.png", "/": "docs/img/a.png", "../": "docs/img/a.png", "https://e.example/": "docs/img/a.png",
		"//e.example": "docs/img/a.png", "https://other.example/": "", "index.html": "docs/guide/img/a.png", "mailto:x": "", ":": "",
	} {
		r := Reference{Kind: Image, Address: "img/a.png", Base: base}
		res := s.Resolve("docs/guide/x.html", r)
		if res.Path != want {
			t.Errorf("base %q: %q, want %q", base, res.Path, want)
		}
		if want != "" {
			if got := s.Address("docs/guide/x.html", r, res, strings.TrimSuffix(want, "png")+"webp"); got != "img/a.webp" {
				t.Errorf("base %q: becomes %q", base, got)
			}
		}
	}
}

// configurations are files that NewSite reads.
var configurations = []string{"_config.yml", "hugo.toml", "config.yaml", "eleventy.config.js", "vite.config.ts", "docusaurus.config.js", "nuxt.config.ts", "tsconfig.json", "CNAME"}

// TestHostileConfiguration has configurations that take a long time where that is not linear.
func TestHostileConfiguration(t *testing.T) {
	for _, unit := range []string{
		"[", "{a: ", "- ", "? ", "\"", ",\n", "/*", "url: a\n", "source = 'a'\ntarget='static/x'\n", "addPassthroughCopy({", "'a':'b',", "@a: '", "baseURL: ",
	} {
		NewSite(configurations, func(string) ([]byte, error) { return []byte(strings.Repeat(unit, hostileConfig/len(unit))), nil }, SiteOptions{})
	}
	var many strings.Builder
	for i := 0; many.Len() < hostileConfig-100; i++ {
		fmt.Fprintf(&many, "addPassthroughCopy('%d')\n", i)
	}
	s := NewSite(append(configurations, "999/a.png", "9/a.png"), func(string) ([]byte, error) { return []byte(many.String()), nil }, SiteOptions{})
	for i := range 10_000 {
		s.Resolve("x.html", Reference{Kind: Image, Address: fmt.Sprintf("/%d/a.png", i)})
	}
}

// FuzzNewSite lets any configuration be read, and resolves an address by it.
func FuzzNewSite(f *testing.F) {
	for _, text := range []string{
		"url: https://a.example\nbaseurl: /b\nsource: ..", "baseURL = 'https://a.example/x/../..'\n[[module.mounts]]\nsource='../x'\ntarget='static/y'",
		"addPassthroughCopy({ '../../x': '/', 'img': '../..' })", "{\"compilerOptions\":{\"baseUrl\":\"../..\",\"paths\":{\"@/*\":[\"../*\"],},}}", "'@': '../../..', publicDir: '/'", "a.example", "//",
	} {
		f.Add(text, "/b/img/a.png")
		f.Add(text, "@/img/a.png")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		files := []string{"img/a.png", "a.png", "web/img/a.png", "web/static/b.png"}
		for _, c := range configurations {
			files = append(files, "web/"+c)
		}
		s := NewSite(files, func(string) ([]byte, error) { return []byte(text), nil }, SiteOptions{Hosts: []string{text}, Roots: []string{text}})
		for _, kind := range []Kind{Image, Import} {
			r := Reference{Kind: kind, Address: address, Base: text}
			if res := s.Resolve("web/x.html", r); res.Status == Found && !slices.Contains(files, res.Path) {
				t.Errorf("%q is found as %q", address, res.Path)
			}
		}
	})
}

// BenchmarkResolve is of 10,000 files and 100,000 references.
func BenchmarkResolve(b *testing.B) {
	var paths []string
	for i := range 8000 {
		paths = append(paths, fmt.Sprintf("content/posts/%d/%d/index.md", i%40, i))
	}
	for i := range 2000 {
		paths = append(paths, fmt.Sprintf("static/img/%d/photo %d.jpg", i%10, i))
	}
	paths = append(paths, "hugo.toml")
	read := func(string) ([]byte, error) { return []byte("baseURL = 'https://e.example/b/'"), nil }
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			NewSite(paths, read, SiteOptions{})
		}
	})
	s := NewSite(paths, read, SiteOptions{})
	for name, address := range map[string]string{
		"rooted": "/img/%d/photo%%20%d.jpg", "relative": "../../../../static/img/%d/photo %d.jpg", "host": "https://e.example/b/img/%d/photo%%20%d.jpg",
		"missing": "/img/%d/none-%d.jpg", "external": "https://o.example/%d/%d.jpg",
	} {
		refs := make([]Reference, 100_000)
		for i := range refs {
			refs[i] = Reference{Kind: Image, Address: fmt.Sprintf(address, i%10, i%2000)}
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i, r := range refs {
					s.Resolve(paths[i%8000], r)
				}
			}
		})
	}
}
