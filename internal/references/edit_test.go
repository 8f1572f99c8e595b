package references

import (
	"bytes"
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

var update = flag.Bool("update", false, "write the golden pages")

// tree resolves addresses of a list of files: / is its root, https:// is external.
type tree map[string]bool

func (t tree) Resolve(from string, r Reference) Resolution {
	a := r.Address
	if !strings.HasPrefix(a, "/") {
		a = r.Base + a
	}
	if strings.Contains(a, "://") || strings.HasPrefix(a, "//") {
		return Resolution{Status: External}
	}
	if end := strings.IndexAny(a, "?#"); end >= 0 {
		a = a[:end]
	}
	a = strings.ReplaceAll(a, "%20", " ")
	if strings.HasPrefix(a, "/") {
		a = path.Clean(a)[1:]
	} else {
		a = path.Join(path.Dir(from), a)
	}
	switch {
	case strings.HasPrefix(a, "../"):
		return Resolution{Status: Outside}
	case t[a]:
		return Resolution{Path: a, Status: Found}
	}
	for p := range t {
		if strings.EqualFold(p, a) {
			return Resolution{Path: p, Status: WrongCase}
		}
	}
	return Resolution{Status: Missing}
}

func (t tree) Address(_ string, r Reference, res Resolution, to string) string {
	head, tail := r.Address, ""
	if end := strings.IndexAny(head, "?#"); end >= 0 {
		head, tail = head[:end], head[end:]
	}
	name := path.Base(to)
	if strings.Contains(head, "%20") {
		name = strings.ReplaceAll(name, " ", "%20")
	}
	return head[:strings.LastIndexByte(head, '/')+1] + name + tail
}

// site has images with results: every .jpg, .png and .heic that is not plain. A name that begins with
// wide has results of three widths.
var site = tree{
	"a.jpg": true, "b.png": true, "c d.jpg": true, "img/a.jpg": true, "img/b.jpg": true, "img/a@2x.jpg": true, "p(1).png": true,
	"wide.jpg": true, "phone.heic": true, "plain.png": true, "og.jpg": true, "icon.png": true,
}

func lookup(p string) (Source, bool) {
	stem := strings.TrimSuffix(p, path.Ext(p))
	if !site[p] {
		return Source{}, false
	}
	s := Source{Path: p, Width: 1200, Height: 800}
	switch {
	case stem == "plain":
	case stem == "wide":
		for _, f := range []asset.Format{asset.WebP, asset.AVIF} {
			s.Results = append(s.Results,
				Result{Path: stem + "." + string(f), Format: f, Width: 1200, Height: 800},
				Result{Path: stem + "-600." + string(f), Format: f, Width: 600, Height: 400})
		}
	default:
		s.Results = []Result{
			{Path: stem + ".webp", Format: asset.WebP, Width: 1200, Height: 800},
			{Path: stem + ".avif", Format: asset.AVIF, Width: 1200, Height: 800},
			{Path: stem + "-small.jpg", Format: asset.JPEG, Width: 600, Height: 400, Variant: "small"},
		}
	}
	return s, true
}

func rewrite(t *testing.T, name, src string, o Options) (string, []Change, []Finding) {
	t.Helper()
	before := bytes.Clone([]byte(src))
	data, changes, findings, err := Rewrite(name, []byte(src), site, lookup, o)
	if err != nil {
		t.Fatalf("Rewrite: %v", err)
	}
	if len(changes) == 0 && !o.Dimensions && o.Mode != Picture && string(data) != string(before) {
		t.Error("it changed without a change")
	}
	again, more, _, err := Rewrite(name, data, site, lookup, o)
	if err != nil || len(more) > 0 || string(again) != string(data) {
		t.Errorf("a second time changes it: %v %v\n%s", more, err, cmp.Diff(string(data), string(again)))
	}
	return string(data), changes, findings
}

// TestGolden rewrites the pages of testdata in both modes. Run it with -update to write what it makes.
func TestGolden(t *testing.T) {
	pages, err := filepath.Glob("testdata/pages/*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		src, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Mode{Update, Picture} {
			t.Run(string(mode)+"/"+filepath.Base(page), func(t *testing.T) {
				data, _, _ := rewrite(t, filepath.Base(page), string(src), Options{Mode: mode})
				golden := filepath.Join("testdata", string(mode), filepath.Base(page))
				if *update {
					if err := os.WriteFile(golden, []byte(data), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), data); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestUpdate(t *testing.T) {
	for _, c := range []struct{ name, file, src, want string }{
		{"query and fragment", "x.html", `<img src="a.jpg?v=1&x=2#top">`, `<img src="a.webp?v=1&x=2#top">`},
		{"entities", "x.html", `<a href='c&#32;d.jpg?a&amp;b'>`, `<a href='c&#32;d.webp?a&amp;b'>`},
		{"unquoted", "x.html", `<IMG SRC=a.jpg>`, `<IMG SRC=a.webp>`},
		{"crlf and bom", "x.html", "\uFEFF<p>\r\n<img src='img/a.jpg'>\r\n", "\uFEFF<p>\r\n<img src='img/a.webp'>\r\n"},
		{"srcset", "x.html", `<img src="img/a.jpg" srcset="img/a.jpg 1x,  img/a@2x.jpg 2x">`, `<img src="img/a.webp" srcset="img/a.webp 1x,  img/a@2x.webp 2x">`},
		{"srcset half", "x.html", `<img src="img/a.jpg" srcset="img/a.jpg 1x, plain.png 2x">`, `<img src="img/a.webp" srcset="img/a.jpg 1x, plain.png 2x">`},
		{"srcset with what is not an image", "x.html", `<img srcset="img/a.jpg 1x, x.svg 2x">`, `<img srcset="img/a.jpg 1x, x.svg 2x">`},
		{"type", "x.html", `<link rel=preload as=image type="image/jpeg" href="a.jpg">`, `<link rel=preload as=image type="image/webp" href="a.webp">`},
		{"social", "x.html", `<meta property="og:image" content="/og.jpg"><link rel=icon href=icon.png type="image/png">`, `<meta property="og:image" content="/og.jpg"><link rel=icon href=icon.png type="image/png">`},
		{"fallback", "x.html", `<picture><source type="image/webp" srcset="a.webp"><source type="image/jpeg" srcset="a.jpg"><img src="a.jpg"></picture>`, `<picture><source type="image/webp" srcset="a.webp"><source type="image/jpeg" srcset="a.jpg"><img src="a.jpg"></picture>`},
		{"source", "x.html", `<picture><source media="(min-width: 1px)" type="image/jpeg" srcset="img/b.jpg"><img src="a.jpg"></picture>`, `<picture><source media="(min-width: 1px)" type="image/webp" srcset="img/b.webp"><img src="a.webp"></picture>`},
		{"tail", "x.html", `<img src="{{ site.baseurl }}/img/a.jpg"><img src="{{ u }}/no.jpg">`, `<img src="{{ site.baseurl }}/img/a.webp"><img src="{{ u }}/no.jpg">`},
		{"filter of an address", "img/x.html", `<img src="{{ 'img/a.jpg' | relURL }}">`, `<img src="{{ 'img/a.webp' | relURL }}">`},
		{"filter of an address in Markdown", "img/x.md", "![a]({{ '/img/a.jpg' | relative_url }})\n", "![a]({{ '/img/a.webp' | relative_url }})\n"},
		{"widths", "x.html", `<img src=wide.jpg>`, `<img src=wide.jpg>`},
		{"external", "x.html", `<img src="https://x.org/a.jpg">`, `<img src="https://x.org/a.jpg">`},
		{"heic", "x.html", `<img src="phone.heic">`, `<img src="phone.webp">`},
		{"css", "x.css", `a{background:image-set(url('a.jpg') type("image/jpeg") 1x, "img/a@2x.jpg" type('image/jpeg') 2x)}`, `a{background:image-set(url('a.webp') type("image/webp") 1x, "img/a@2x.webp" type('image/webp') 2x)}`},
		{"css half", "x.css", `a{background:image-set(url(a.jpg) 1x, "no.jpg" 2x)}`, `a{background:image-set(url(a.jpg) 1x, "no.jpg" 2x)}`},
		{"css escapes", "x.scss", `a{background:url(c\ d.jpg)} // url(a.jpg)`, `a{background:url(c\ d.webp)} // url(a.jpg)`},
		{"markdown", "x.md", "[![a](a.jpg 'x')](<c d.jpg>) ![p](p\\(1\\).png) `![a](a.jpg)`\n\n[r]: c%20d.jpg", "[![a](a.webp 'x')](<c d.webp>) ![p](p\\(1\\).webp) `![a](a.jpg)`\n\n[r]: c%20d.webp"},
		{"script", "x.ts", "import a from './a.jpg'\nf('a.jpg')", "import a from './a.webp'\nf('a.jpg')"},
		{"json", "_data/x.json", `{"a": "..\/a.jpg"}`, `{"a": "..\/a.webp"}`},
		{"yaml", "_data/x.yml", "a: ../a.jpg\nb: \"../b.png\" # a.jpg\n", "a: ../a.webp\nb: \"../b.webp\" # a.jpg\n"},
		{"style with an expression", "x.html", `<p style="background:url('{{ base }}/a.jpg')"><style>a{ {{ x }} } b{background:url(a.jpg)}</style>`, `<p style="background:url('{{ base }}/a.webp')"><style>a{ {{ x }} } b{background:url(a.webp)}</style>`},
		{"style of JSX", "x.tsx", `<p style={{ backgroundImage: "url('a.jpg')", color: "red" }}/>`, `<p style={{ backgroundImage: "url('a.webp')", color: "red" }}/>`},
		{"component", "x.svelte", `<Img src="/a.jpg" />`, `<Img src="/a.webp" />`},
		{"base", "x.html", `<base href="img/"><img src="b.jpg"><img src="b.png"><img src="/b.png">`, `<base href="img/"><img src="b.webp"><img src="b.png"><img src="/b.webp">`},
		{"base behind an expression", "x.html", `<base href="{{ site.baseurl }}/img/"><img src="b.jpg">`, `<base href="{{ site.baseurl }}/img/"><img src="b.webp">`},
		{"base that is not known", "x.html", `<base href="{{ base }}"><img src="a.jpg"><img src="/a.jpg">`, `<base href="{{ base }}"><img src="a.jpg"><img src="/a.webp">`},
		{"bases to choose from", "x.php", `<?php if ($a): ?><base href="/"><?php else: ?><base href="img/"><?php endif ?><img src="a.jpg">`, `<?php if ($a): ?><base href="/"><?php else: ?><base href="img/"><?php endif ?><img src="a.jpg">`},
		{"template in a comment", "x.html", `<!-- {% picture a.jpg %} {{< figure src="a.jpg" >}} -->{% picture a.jpg %}`, `<!-- {% picture a.jpg %} {{< figure src="a.jpg" >}} -->{% picture a.webp %}`},
		{"comments of templates", "x.html", `{%- comment -%}<img src="a.jpg">{%- endcomment -%}{{!-- {{x}}<img src="a.jpg"> --}}{{-- {{x}}<img src="a.jpg"> --}}{{/* }}<img src="a.jpg"> */}}<%-- %><img src="a.jpg"> --%><img src="a.jpg">`, `{%- comment -%}<img src="a.jpg">{%- endcomment -%}{{!-- {{x}}<img src="a.jpg"> --}}{{-- {{x}}<img src="a.jpg"> --}}{{/* }}<img src="a.jpg"> */}}<%-- %><img src="a.jpg"> --%><img src="a.webp">`},
		{"comment with an apostrophe", "x.scss", "a{} // don't /* no\nb{background:url(a.jpg)} // it's\r\nc{background:url(b.png)}", "a{} // don't /* no\nb{background:url(a.webp)} // it's\r\nc{background:url(b.webp)}"},
		{"tail in braces", "x.svelte", `<img src="{base}/img/a.jpg"><img src={base + '/img/a.jpg'}>`, `<img src="{base}/img/a.webp"><img src={base + '/img/a.jpg'}>`},
		{"imagesdir", "x.adoc", ":imagesdir: img\n\nimage::b.jpg[] image:b.png[] link:b.png[x]\n", ":imagesdir: img\n\nimage::b.webp[] image:b.png[] link:b.webp[x]\n"},
		{"verbatim", "x.org", "=[[file:a.jpg]]= [[file:a.jpg]]\n", "=[[file:a.jpg]]= [[file:a.webp]]\n"},
		{"asciidoc", "x.adoc", "image::c d.jpg[x]\n", "image::c d.webp[x]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _, _ := rewrite(t, c.file, c.src, Options{Mode: Update})
			if data != c.want {
				t.Errorf("got  %s\nwant %s", data, c.want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name, src, want string
		o               Options
	}{
		{"social", `<meta property="og:image" content="/og.jpg">`, `<meta property="og:image" content="/og.webp">`, Options{Mode: Update, Social: true}},
		{"base URL", `<img src="/c%20d.jpg?x#y">`, `<img src="https://cdn.example/p/c%20d.webp?x#y">`, Options{Mode: Update, BaseURL: "https://cdn.example/p/"}},
		{"dimensions", `<img src=plain.png><img src="a.jpg" alt=x><img src="a.jpg" width=1>`, `<img src=plain.png width="1200" height="800"><img src="a.webp" width="1200" height="800" alt=x><img src="a.webp" width=1>`, Options{Mode: Update, Dimensions: true}},
		{"off", `<img src=a.jpg>`, `<img src=a.jpg>`, Options{Mode: Off}},
		{"base URL and picture", `<p><img src="a.jpg" width=1>`, `<p><picture><source type="image/avif" srcset="https://cdn.example/a.avif"><source type="image/webp" srcset="https://cdn.example/a.webp"><img src="a.jpg" width=1></picture>`, Options{Mode: Picture, BaseURL: "https://cdn.example"}},
		{"preload and picture", `<link rel=preload as=image href="a.jpg"><p><img src="a.jpg" width=1>`, `<link rel=preload as=image href="a.avif" type="image/avif"><p><picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`, Options{Mode: Picture}},
		{"preload for a style sheet and picture", `<link rel=preload as=image href="a.jpg">`, `<link rel=preload as=image href="a.webp" type="image/webp">`, Options{Mode: Picture}},
		{"filter of an address and picture", `<p><img src="{{ 'a.jpg' | relURL }}" width=1>`, `<p><picture><source type="image/avif" srcset="{{ 'a.avif' | relURL }}"><source type="image/webp" srcset="{{ 'a.webp' | relURL }}"><img src="{{ 'a.jpg' | relURL }}" width=1></picture>`, Options{Mode: Picture}},
		{"widths", `<p><img src="wide.jpg">`, `<p><picture><source type="image/avif" srcset="wide-600.avif 600w, wide.avif 1200w" sizes="(max-width: 1200px) 100vw, 1200px"><source type="image/webp" srcset="wide-600.webp 600w, wide.webp 1200w" sizes="(max-width: 1200px) 100vw, 1200px"><img src="wide.jpg" width="1200" height="800"></picture>`, Options{Mode: Picture}},
		{"widths, lazy, as wide as it says", `<p><img src='wide.jpg' width=300 loading=lazy>`, `<p><picture><source type='image/avif' srcset='wide-600.avif 600w, wide.avif 1200w' sizes='auto, (max-width: 300px) 100vw, 300px'><source type='image/webp' srcset='wide-600.webp 600w, wide.webp 1200w' sizes='auto, (max-width: 300px) 100vw, 300px'><img src='wide.jpg' width=300 loading=lazy></picture>`, Options{Mode: Picture}},
		{"widths and sizes", `<p><img src="wide.jpg" width=1 sizes="50vw">`, `<p><picture><source type="image/avif" srcset="wide-600.avif 600w, wide.avif 1200w" sizes="50vw"><source type="image/webp" srcset="wide-600.webp 600w, wide.webp 1200w" sizes="50vw"><img src="wide.jpg" width=1 sizes="50vw"></picture>`, Options{Mode: Picture}},
		{"widths of a candidate", `<p><picture><source media=print srcset="wide.jpg"><img src="b.png" width=1></picture>`, `<p><picture><source type="image/avif" media=print srcset="wide-600.avif 600w, wide.avif 1200w" sizes="(max-width: 1200px) 100vw, 1200px"><source type="image/webp" media=print srcset="wide-600.webp 600w, wide.webp 1200w" sizes="(max-width: 1200px) 100vw, 1200px"><source media=print srcset="wide.jpg"><source type="image/avif" srcset="b.avif"><source type="image/webp" srcset="b.webp"><img src="b.png" width=1></picture>`, Options{Mode: Picture}},
		{"src apart from srcset", `<p><img src="a.jpg" width=1 srcset="img/a.jpg 1x, img/a@2x.jpg 2x">`, `<p><picture><source type="image/avif" srcset="img/a.avif 1x, img/a@2x.avif 2x"><source type="image/webp" srcset="img/a.webp 1x, img/a@2x.webp 2x"><img src="a.jpg" width=1 srcset="img/a.jpg 1x, img/a@2x.jpg 2x"></picture>`, Options{Mode: Picture}},
		{"src twice", `<p><img src="a.jpg" src="b.png">`, `<p><img src="a.jpg" src="b.png">`, Options{Mode: Picture}},
		{"address that a template sets", `<p><img th:src="${user.photo}" src="a.jpg"><img ng-src="{{x}}" src="a.jpg"><img data-bind="attr: {src: p}" src="a.jpg"><img [attr.src]="p" src="a.jpg"><img x-bind="props" src="a.jpg"><img tal:attributes="src x" src="a.jpg"><img onmouseover="this.src='x'" src="a.jpg">`, `<p><img th:src="${user.photo}" src="a.jpg"><img ng-src="{{x}}" src="a.jpg"><img data-bind="attr: {src: p}" src="a.jpg"><img [attr.src]="p" src="a.jpg"><img x-bind="props" src="a.jpg"><img tal:attributes="src x" src="a.jpg"><img onmouseover="this.src='x'" src="a.jpg">`, Options{Mode: Picture}},
		{"place of its own", `<x-card><img slot=media src=a.jpg></x-card><svg><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="a.jpg"/></foreignObject></svg>`, `<x-card><img slot=media src=a.jpg></x-card><svg><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="a.jpg"/></foreignObject></svg>`, Options{Mode: Picture}},
		{"behind an SVG", `<p><svg><g/></svg><img src="a.jpg" width=1>`, `<p><svg><g/></svg><picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`, Options{Mode: Picture}},
		{"size of its own", `<p><img src=plain.png style="max-width:100%"><img src=plain.png srcset="plain.png 600w" sizes="40px"><img src=plain.png style="color:red">`, `<p><img src=plain.png style="max-width:100%"><img src=plain.png srcset="plain.png 600w" sizes="40px"><img src=plain.png width="1200" height="800" style="color:red">`, Options{Mode: Picture}},
		{"size of a source", `<p><picture><source media=print srcset="b.png" width=3 height=4><img src="a.jpg"></picture>`, `<p><picture><source type="image/avif" media=print width=3 height=4 srcset="b.avif"><source type="image/webp" media=print width=3 height=4 srcset="b.webp"><source media=print srcset="b.png" width=3 height=4><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg"></picture>`, Options{Mode: Picture}},
		{"half a preload", `<link rel=preload as=image href="a.jpg" imagesrcset="a.jpg 2725w" imagesizes="50vw" type="image/jpeg">`, `<link rel=preload as=image href="a.jpg" imagesrcset="a.jpg 2725w" imagesizes="50vw" type="image/jpeg">`, Options{Mode: Picture}},
		{"preload of no image", `<link rel=preload as=fetch href="a.jpg">`, `<link rel=preload as=fetch href="a.jpg">`, Options{Mode: Picture}},
		{"whole preload", `<link rel=preload as=image href="a.jpg" imagesrcset="a.jpg 1x, b.png 2x">`, `<link rel=preload as=image href="a.webp" type="image/webp" imagesrcset="a.webp 1x, b.webp 2x">`, Options{Mode: Picture}},
		{"download", `<a href="a.jpg" download="photo.jpg" type="image/jpeg">x</a><a download href=a.jpg>y</a>`, `<a href="a.jpg" download="photo.jpg" type="image/jpeg">x</a><a download href=a.jpg>y</a>`, Options{Mode: Picture}},
		{"placeholder and others", `<p><img src="%PUBLIC_URL%/img/a.jpg" width=1><img src="a.jpg" width=1>`, `<p><picture><source type="image/avif" srcset="%PUBLIC_URL%/img/a.avif"><source type="image/webp" srcset="%PUBLIC_URL%/img/a.webp"><img src="%PUBLIC_URL%/img/a.jpg" width=1></picture><picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`, Options{Mode: Picture}},
		{"code that is shown", `{% highlight html %}<img src="a.jpg">{% endhighlight %}{% raw %}<img src="{{ '/a.jpg' | relative_url }}">{% endraw %}{%- verbatim -%}<img src="a.jpg">{%- endverbatim -%}`, `{% highlight html %}<img src="a.jpg">{% endhighlight %}{% raw %}<img src="{{ '/a.jpg' | relative_url }}">{% endraw %}{%- verbatim -%}<img src="a.jpg">{%- endverbatim -%}`, Options{Mode: Picture}},
		{"dynamic and picture", `<img src="a.jpg" {{ attrs }}>`, `<img src="a.jpg" {{ attrs }}>`, Options{Mode: Picture}},
		{"lazy and picture", `<img data-src="a.jpg">`, `<img data-src="a.webp">`, Options{Mode: Picture}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _, _ := rewrite(t, "x.html", c.src, c.o)
			if data != c.want {
				t.Errorf("got  %s\nwant %s", data, c.want)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	src := `<img src="a.jpg"><img src="A.jpg"><img src="no.jpg"><img src="../../x.jpg"><img src="{{ x }}.jpg">
<meta content="og.jpg"><img src="{{ 'b.png' }}"><a href="plain.png"></a>`
	data, changes, findings := rewrite(t, "x.html", src, Options{Mode: Report})
	if data != src || len(changes) > 0 {
		t.Error("a report changed something")
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Problem+" "+f.Address+" "+f.Path)
	}
	want := []string{"stale a.jpg a.jpg", "wrong-case A.jpg a.jpg", "missing no.jpg ", "missing ../../x.jpg ", "uncertain {{ x }}.jpg ", "uncertain b.png b.png"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSite rewrites pages of a site whose addresses are resolved as they are in use.
func TestSite(t *testing.T) {
	images := []string{"static/img/a.jpg", "static/img/c d.jpg", "content/post/b.jpg", "static/phone.heic"}
	real := NewSite(append([]string{"config.toml", "content/post/index.md", "layouts/index.html"}, images...), func(string) ([]byte, error) {
		return []byte("baseURL = 'https://site.example/'"), nil
	}, SiteOptions{Hosts: []string{"site.example"}})
	look := func(p string) (Source, bool) {
		stem := strings.TrimSuffix(p, path.Ext(p))
		return Source{Path: p, Width: 4, Height: 3, Results: []Result{{Path: stem + ".webp", Format: asset.WebP}}}, true
	}
	for _, c := range []struct{ file, src, want string }{
		{"layouts/index.html", `<img src="/img/a.jpg"><img src="/img/c%20d.jpg?x#y"><a href="https://site.example/img/a.jpg">`,
			`<img src="/img/a.webp"><img src="/img/c%20d.webp?x#y"><a href="https://site.example/img/a.webp">`},
		{"content/post/index.md", "![b](./b.jpg) ![b](b.jpg) ![c](</img/c d.jpg>)", "![b](./b.webp) ![b](b.webp) ![c](</img/c d.webp>)"},
		{"layouts/index.html", `<img src="{{ .Site.BaseURL }}/phone.heic">`, `<img src="{{ .Site.BaseURL }}/phone.webp">`},
	} {
		data, _, findings, err := Rewrite(c.file, []byte(c.src), real, look, Options{Mode: Update})
		if err != nil || string(data) != c.want {
			t.Errorf("%s: %v %v\ngot  %s\nwant %s", c.file, err, findings, data, c.want)
		}
	}
}

func TestPicture(t *testing.T) {
	for _, c := range []struct{ name, file, src, want string }{
		{"crlf and tabs", "x.html", "<p>\r\n\t<img src=a.jpg width=1>\r\n", "<p>\r\n\t<picture>\r\n\t\t<source type=\"image/avif\" srcset=\"a.avif\">\r\n\t\t<source type=\"image/webp\" srcset=\"a.webp\">\r\n\t\t<img src=a.jpg width=1>\r\n\t</picture>\r\n"},
		{"at the end", "x.html", "<img src=a.jpg width=1>", "<picture>\n  <source type=\"image/avif\" srcset=\"a.avif\">\n  <source type=\"image/webp\" srcset=\"a.webp\">\n  <img src=a.jpg width=1>\n</picture>"},
		{"dark mode", "x.md", "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"b.png\">\n  <img src=\"a.jpg\" width=1>\n</picture>\n",
			"<picture>\n  <source type=\"image/avif\" media=\"(prefers-color-scheme: dark)\" srcset=\"b.avif\">\n  <source type=\"image/webp\" media=\"(prefers-color-scheme: dark)\" srcset=\"b.webp\">\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"b.png\">\n  <source type=\"image/avif\" srcset=\"a.avif\">\n  <source type=\"image/webp\" srcset=\"a.webp\">\n  <img src=\"a.jpg\" width=1>\n</picture>\n"},
		{"highlighted", "x.md", "{{< highlight html >}}\n<img src=\"a.jpg\">\n{{< /highlight >}}\n\n{% highlight html %}\n\n<img src=\"a.jpg\">\n\n{% endhighlight %}\n", "{{< highlight html >}}\n<img src=\"a.jpg\">\n{{< /highlight >}}\n\n{% highlight html %}\n\n<img src=\"a.jpg\">\n\n{% endhighlight %}\n"},
		{"hugo", "x.md", "{{< x >}}\n\n![a](a.jpg)", "{{< x >}}\n\n![a](a.webp)"},
		{"mdx", "x.mdx", "![a](a.jpg) <img src=\"a.jpg\" />", "![a](a.webp) <img src=\"a.webp\" />"},
		{"e-mail", "emails/x.html", "<img src=/a.jpg>", "<img src=/a.jpg>"},
		{"svelte", "x.svelte", `<p><img src="a.jpg" width=1 alt={x}><img src="a.jpg" {...props}></p>`, `<p><picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1 alt={x}></picture><img src="a.jpg" {...props}></p>`},
		{"vue", "x.vue", `<template><img v-if="x" src="a.jpg"><img :srcset="y" src="a.jpg"></template>`, `<template><img v-if="x" src="a.jpg"><img :srcset="y" src="a.jpg"></template>`},
		{"jsx", "x.tsx", `<img src="/a.jpg" />`, `<img src="/a.webp" />`},
		{"quotes", "x.html", `<p><img src='c d.jpg' alt="x" width=1>`, `<p><picture><source type='image/avif' srcset='c%20d.avif'><source type='image/webp' srcset='c%20d.webp'><img src='c d.jpg' alt="x" width=1></picture>`},
		{"entities", "x.html", `<p><img src="a.jpg?a&amp;b" width=1>`, `<p><picture><source type="image/avif" srcset="a.avif?a&amp;b"><source type="image/webp" srcset="a.webp?a&amp;b"><img src="a.jpg?a&amp;b" width=1></picture>`},
		{"markdown in a link and its text", "x.md", "[![a *b*](a.jpg)](a.jpg) ![a<b](a.jpg \"it's\")", "[![a *b*](a.webp)](a.webp) <picture><source type=\"image/avif\" srcset=\"a.avif\"><source type=\"image/webp\" srcset=\"a.webp\"><img src=\"a.jpg\" alt=\"a&lt;b\" title=\"it&#39;s\" width=\"1200\" height=\"800\"></picture>"},
		{"pre", "x.html", "<pre>\n<img src=a.jpg width=1>\n</pre>", "<pre>\n<picture><source type=\"image/avif\" srcset=\"a.avif\"><source type=\"image/webp\" srcset=\"a.webp\"><img src=a.jpg width=1></picture>\n</pre>"},
		{"picture in a picture", "x.html", `<p><picture><picture><img src="a.jpg"></picture><img src="b.png" width=1></picture>`, `<p><picture><picture><img src="a.jpg"></picture><source type="image/avif" srcset="b.avif"><source type="image/webp" srcset="b.webp"><img src="b.png" width=1></picture>`},
		{"picture that does not end", "x.html", `<p><picture><img src="a.jpg" width=1><p><img src="b.png">`, `<p><picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1><p><img src="b.png">`},
		{"source of another image", "x.html", `<picture><source type="image/webp" media=print srcset="plain.webp"><img src="a.jpg" width=1></picture>`, `<picture><source type="image/webp" media=print srcset="plain.webp"><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`},
		{"done by hand", "x.html", `<picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`, `<picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="a.webp"><img src="a.jpg" width=1></picture>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _, _ := rewrite(t, c.file, c.src, Options{Mode: Picture})
			if data != c.want {
				t.Errorf("got  %s\nwant %s", data, c.want)
			}
		})
	}
}

// TestFormer has pages that name results which no setting asks for any more.
func TestFormer(t *testing.T) {
	look := func(p string) (Source, bool) {
		switch p {
		case "a.jpg", "a-480.webp", "a-960.webp":
			return Source{Path: "a.jpg", Width: 1200, Height: 800, Results: []Result{
				{Path: "a-320.webp", Format: asset.WebP, Width: 320, Height: 213}, {Path: "a-1200.webp", Format: asset.WebP, Width: 1200, Height: 800},
			}}, true
		case "b.jpg", "b.avif":
			return Source{Path: "b.jpg", Width: 1200, Height: 800, Results: []Result{{Path: "b.webp", Format: asset.WebP, Width: 1200, Height: 800}}}, true
		}
		return Source{}, false
	}
	files := tree{"a.jpg": true, "a-480.webp": true, "a-960.webp": true, "b.jpg": true, "b.avif": true, "a-320.webp": true, "a-1200.webp": true, "b.webp": true}
	for _, c := range []struct {
		name, src, want string
		mode            Mode
	}{
		{"update", `<img src="b.avif">`, `<img src="b.webp">`, Update},
		{"widths", "<picture>\n  <source type=\"image/webp\" srcset=\"a-480.webp 480w, a-960.webp 960w\">\n  <img src=\"a.jpg\" width=1>\n</picture>",
			"<picture>\n  <source type=\"image/webp\" srcset=\"a-320.webp 320w, a-1200.webp 1200w\" sizes=\"(max-width: 1px) 100vw, 1px\">\n  <img src=\"a.jpg\" width=1>\n</picture>", Picture},
		{"on one line", `<p><picture><source type="image/avif" srcset="b.avif"><img src="b.jpg" width=1></picture>`, `<p><picture><source type="image/webp" srcset="b.webp"><img src="b.jpg" width=1></picture>`, Picture},
		{"fallback", `<p><img src="b.avif" width=1>`, `<p><img src="b.webp" width=1>`, Picture},
		{"of another image", `<p><picture><source media=print srcset="b.avif"><img src="a.jpg" width=1></picture>`, `<p><picture><source media=print srcset="b.webp"><source type="image/webp" srcset="a-320.webp 320w, a-1200.webp 1200w" sizes="(max-width: 1px) 100vw, 1px"><img src="a.jpg" width=1></picture>`, Picture},
	} {
		data, changes, _, err := Rewrite("x.html", []byte(c.src), files, look, Options{Mode: c.mode})
		if err != nil || string(data) != c.want || len(changes) == 0 {
			t.Errorf("%s: %v\ngot  %s\nwant %s", c.name, err, data, c.want)
		}
		again, _, _, err := Rewrite("x.html", data, files, look, Options{Mode: c.mode})
		if err != nil || string(again) != string(data) {
			t.Errorf("%s a second time: %v\n%s", c.name, err, again)
		}
	}
	_, _, findings, err := Rewrite("x.html", []byte(`<img src="b.avif">`), files, look, Options{Mode: Report})
	if err != nil || len(findings) != 1 || findings[0].Problem != Stale {
		t.Errorf("a report finds %+v, %v", findings, err)
	}
}

// TestLongLine rewrites a page that is a single line. If the time was that of its length squared, it
// would take minutes.
func TestLongLine(t *testing.T) {
	src := strings.Repeat("x", 4<<20) + strings.Repeat("<img src=a.jpg width=1>", 20000)
	_, changes, _, err := Rewrite("x.html", []byte(src), site, lookup, Options{Mode: Picture})
	if err != nil || len(changes) != 20000 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
}

// In kramdown, a line that begins with <picture> is no paragraph. What was one stays one.
func TestPictureInKramdown(t *testing.T) {
	for src, want := range map[string]string{
		"![x](a.jpg)\n\ny":              "<p><picture>",
		"y\n\n  ![x](a.jpg)\n":          "  <p><picture>",
		"y ![x](a.jpg)":                 "y <picture>",
		"[![x](a.jpg)](/)":              "[<picture>",
		"![x](a.jpg)\n![y](/z)":         "![x](a.webp)",
		"y\n![x](a.jpg)":                "![x](a.webp)",
		"- ![x](a.jpg)":                 "- ![x](a.webp)",
		"1. ![x](a.jpg)\n\n   y":        "1. ![x](a.webp)",
		"> ![x](a.jpg)":                 "> ![x](a.webp)",
		"|a|b|\n|-|-|\n|![x](a.jpg)|c|": "|<picture>",
	} {
		got, changes, _ := rewrite(t, "x.md", src, Options{Mode: Picture, Kramdown: true})
		if len(changes) != 1 || !strings.Contains(got, want) || strings.Contains(got, "<p>") != strings.Contains(got, "</picture></p>") {
			t.Errorf("%q: %q, %v, want %q", src, got, changes, want)
		}
		if again, changes, _ := rewrite(t, "x.md", got, Options{Mode: Picture, Kramdown: true}); again != got {
			t.Errorf("%q: again %q, %v", src, again, changes)
		}
	}
}

// What docs/pages.md says of images in Markdown.
func TestPictureInMarkdown(t *testing.T) {
	for src, becomes := range map[string]bool{
		"a ![x](a.jpg) b": true, "- ![x](a.jpg)": true, "> ![x](a.jpg)": true, "|a|b|\n|-|-|\n|![x](a.jpg)|c|": true, "[![x](a.jpg)](/)": true, "**![x](a.jpg)**": true,
		"# ![x](a.jpg)": false, "![x](a.jpg)\n===": false, "![**x**](a.jpg)": false, "![x\ny](a.jpg)": false, "![x](a.jpg){: .c}": false, "![x](a.jpg){.c}": false,
		"![x][1]\n\n[1]: a.jpg": false, "![x](a.jpg)\n\n{{< y >}}": false, "|a|b|\n|-|-|\n|![x\\|y](a.jpg)|c|": false,
	} {
		got, changes, _ := rewrite(t, "x.md", src, Options{Mode: Picture})
		if len(changes) != 1 || strings.Contains(got, "<picture>") != becomes || !strings.Contains(got, "a.webp") {
			t.Errorf("%q: %q, %v", src, got, changes)
		}
	}
}
