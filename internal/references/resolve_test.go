package references

import (
	"errors"
	"slices"
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
				{"app/src/x.vue", Import, "#img/a.png", None, "", "", ""}, // only a fragment
				{"app/src/x.vue", Import, "@/assets/b.png", Found, "app/src/assets/b.png", "app/src/assets/b.webp", "@/assets/b.webp"},
				{"app/src/x.vue", Import, "@/assets/none.png", External, "", "", ""},
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
		files := map[string]string{"src/x.html": "", "img/a.png": "", "x y/b.png": "", "static/img/a.png": "", "src/a.png": "", from: "", to: ""}
		s := siteOf(files, SiteOptions{Hosts: []string{"e.example"}})
		r := Reference{Kind: Image, Address: address}
		res := s.Resolve(from, r)
		if res.Status != Found {
			return
		}
		if files[res.Path] != "" {
			t.Fatalf("%q is found as %q, which is no file", address, res.Path)
		}
		for _, file := range []string{res.Path, "img/a.png", "x y/b.png"} {
			made := s.Address(from, r, res, file)
			if made == "" {
				continue
			}
			again := s.Resolve(from, Reference{Kind: Image, Address: made})
			if again.Status == Found && again.Path != file {
				t.Errorf("from %q, in place of %q, %q is called %q, which is %q", from, address, file, made, again.Path)
			}
		}
	})
}
