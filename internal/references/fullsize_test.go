package references

import (
	"slices"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// The social card in the configuration of Docusaurus stays, but where it is asked for.
func TestSocialCard(t *testing.T) {
	const config = `export default { themeConfig: { image: "img/card.jpg" } };`
	site := siteOf(map[string]string{"docusaurus.config.js": config, "static/img/card.jpg": "", "static/img/card.webp": ""}, SiteOptions{})
	look := func(path string) (Source, bool) {
		return Source{Path: path, Results: []Result{{Path: "static/img/card.webp", Format: asset.WebP}}}, path == "static/img/card.jpg"
	}
	for social, want := range map[bool]int{false: 0, true: 1} {
		_, changes, _, err := Rewrite("docusaurus.config.js", []byte(config), site, look, Options{Mode: Update, Social: social})
		if err != nil || len(changes) != want {
			t.Errorf("social %t: %d changes, %v, want %d", social, len(changes), err, want)
		}
	}
}

// A candidate that says how wide it is does not become a narrower image, nor do the others of its
// srcset.
func TestNarrowerCandidate(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "x.html": "", "a.webp": ""}, SiteOptions{})
	const page = `<img srcset="a.jpg 1200w" sizes="50vw">`
	for width, want := range map[int]string{800: page, 1200: `<img srcset="a.webp 1200w" sizes="50vw">`, 0: `<img srcset="a.webp 1200w" sizes="50vw">`} {
		look := func(path string) (Source, bool) {
			return Source{Path: path, Results: []Result{{Path: "a.webp", Format: asset.WebP, Width: width}}}, path == "a.jpg"
		}
		got, _, _, err := Rewrite("x.html", []byte(page), site, look, Options{Mode: Update})
		if err != nil || string(got) != want {
			t.Errorf("%d wide: %s, %v, want %s", width, got, err, want)
		}
	}
}

// A link to an image leads to its full size, where no result has that.
func TestLinkToFullSize(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "b.heic": "", "x.html": "", "a.webp": "", "b.webp": ""}, SiteOptions{})
	for name, tt := range map[string]struct {
		width int // of the results; the sources have 1600
		want  string
	}{
		"smaller": {800, `<a href="a.jpg"><img src="a.webp"></a> <a href="b.webp">b</a>`},
		"as wide": {1600, `<a href="a.webp"><img src="a.webp"></a> <a href="b.webp">b</a>`},
	} {
		look := func(path string) (Source, bool) {
			results := map[string]string{"a.jpg": "a.webp", "b.heic": "b.webp"}
			return Source{Path: path, Width: 1600, Height: 1200, Results: []Result{{Path: results[path], Format: asset.WebP, Width: tt.width, Height: tt.width * 3 / 4}}}, results[path] != ""
		}
		got, _, _, err := Rewrite("x.html", []byte(`<a href="a.jpg"><img src="a.jpg"></a> <a href="b.heic">b</a>`), site, look, Options{Mode: Update})
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

// What a style sheet or a script names may be shown in part: it does not become smaller.
func TestFullSizeInCode(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "x.css": "", "x.ts": "", "x.md": "", "a.webp": ""}, SiteOptions{})
	for _, c := range []struct{ file, src, changed string }{
		{"x.css", "a{background:url(a.jpg) -1800px 0}", "a{background:url(a.webp) -1800px 0}"},
		{"x.ts", "import a from './a.jpg'", "import a from './a.webp'"},
		{"x.md", "---\nimage: a.jpg\n---\n", "---\nimage: a.webp\n---\n"},
	} {
		for _, width := range []int{800, 1600} {
			look := func(path string) (Source, bool) {
				return Source{Path: path, Width: 1600, Height: 1200, Results: []Result{{Path: "a.webp", Format: asset.WebP, Width: width, Height: width * 3 / 4}}}, path == "a.jpg"
			}
			want, notes := c.changed, 0
			if width < 1600 {
				want, notes = c.src, 1
			}
			got, _, findings, err := Rewrite(c.file, []byte(c.src), site, look, Options{Mode: Update})
			if err != nil || string(got) != want || len(findings) != notes {
				t.Errorf("%s with %d pixels: %s, %v, %v", c.file, width, got, findings, err)
			}
		}
	}
}

// Only what is known to be the root of a site counts as that.
func TestRoots(t *testing.T) {
	for src, certain := range map[string]bool{
		`<img src="{{ site.baseurl }}/a.png">`: true, `<img src="{{ site.baseurl | escape }}/a.png">`: true, `<img src="{{ .Site.BaseURL }}/a.png">`: true,
		`<img src="<?= BASE_URL ?>/a.png">`: true, `<img src="<?php echo home_url(); ?>/a.png">`: true, `<img src="{{ site.github.url }}/a.png">`: true,
		`<img src="{{ lang }}/a.png">`: false, `<img src="{{ page.dir }}/a.png">`: false, `<img src="{{ site.cdn }}/a.png">`: false, `<img src="<?= $b ?>/a.png">`: false,
		`{% assign base = "https://cdn.example/v1" %}<img src="{{ base }}/a.png">`: false, `{{ base }}<img src="{{ base }}/a.png">`: true,
		`<?php $root = "x"; ?><img src="<?= $root ?>/a.png">`: false,
		`<img src="{{ site.url }}{{ site.baseurl }}/a.png">`:  true, `<img src="{{- $.Site.BaseURL | safeURL -}}/a.png">`: true,
		`<img src="%BASE_URL%/a.png">`: true, `<img srcset="%PUBLIC_URL%/a.png 2x">`: true, `<img src="%sveltekit.assets%/a.png">`: true, `<img src="%CDN%/a.png">`: false, `<img srcset="%CDN%/a.png 2x">`: false,
		`<img src="{{ page.root }}/a.png">`: false, `<img src="{{ product.assets }}/a.png">`: false, `<img src="{{ cdn.baseUrl }}/a.png">`: false,
		`<img src="{{ lang }}{{ base }}/a.png">`: false, `<img src="{{ base }}{{ lang }}/a.png">`: false, `<img src="{{ lang + base }}/a.png">`: false, `<img src="{{ base }}/{{ lang }}/a.png">`: false,
		`<img src="{{ a ? lang : base }}/a.png">`: false, `<img src="{{ cdn | default: base }}/a.png">`: false, `<img src="{{ base | append: lang }}/a.png">`: false,
		`<img src="{% if x %}{{ lang }}{% endif %}{{ base }}/a.png">`: false, `<img src="<?= cdn() . base_url() ?>/a.png">`: false,
	} {
		refs, err := Find(LangHTML, []byte(src))
		if err != nil || len(refs) != 1 || (refs[0].Uncertain == "") != certain {
			t.Errorf("%s: %+v, %v", src, refs, err)
		}
	}
}

// The dimensions of an <img> change along with the shape of its image, where they were those of the image
// before. A page that shows all images as squares keeps that.
func TestResized(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "x.html": "", "a.webp": ""}, SiteOptions{})
	const head = `<picture><source type="image/webp" srcset="a.webp"><img src="a.jpg" `
	for _, c := range []struct {
		written, want string
		former        [2]int // of the largest result
	}{
		{`width="600" height="450"`, `width="400" height="800"`, [2]int{600, 450}},
		{`width="600" height="450"`, `width="400" height="800"`, [2]int{200, 150}}, // results were smaller
		{`width="601" height="450"`, `width="400" height="800"`, [2]int{200, 150}}, // and rounded
		{`width="600" height="450"`, `width="600" height="450"`, [2]int{}},
		{`width="100" height="100"`, `width="100" height="100"`, [2]int{600, 450}},
		{`width="100" height="100"`, `width="100" height="100"`, [2]int{600, 600}}, // smaller: as somebody has set it
		{`width="400" height="800"`, `width="400" height="800"`, [2]int{600, 450}},
		{`width="auto" height="450"`, `width="auto" height="450"`, [2]int{600, 450}},
	} {
		look := func(path string) (Source, bool) {
			return Source{
				Path: path, Width: 400, Height: 800, FormerWidth: c.former[0], FormerHeight: c.former[1],
				Results: []Result{{Path: "a.webp", Format: asset.WebP, Width: 400, Height: 800}},
			}, path == "a.jpg"
		}
		for _, mode := range []Mode{Update, Picture, Report} {
			want, notes := head+c.want+`></picture>`, 0
			if c.want != c.written {
				notes = 1
			}
			if mode == Report {
				want = head + c.written + `></picture>`
			}
			got, _, findings, err := Rewrite("x.html", []byte(head+c.written+`></picture>`), site, look, Options{Mode: mode, Dimensions: true})
			resized := slices.DeleteFunc(findings, func(f Finding) bool { return f.Problem != Resized })
			if err != nil || string(got) != want || len(resized) != notes {
				t.Errorf("%s, former %v, %s: %s, %v, %v", c.written, c.former, mode, got, resized, err)
			}
		}
	}
}

// A format that has narrow results alone is none for what needs a wide one.
func TestWideEnoughFormat(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "x.css": "", "x.html": "", "small.webp": "", "full.avif": ""}, SiteOptions{})
	look := func(path string) (Source, bool) {
		return Source{Path: path, Width: 1600, Height: 1200, Results: []Result{
			{Path: "small.webp", Format: asset.WebP, Width: 800, Height: 600}, {Path: "full.avif", Format: asset.AVIF, Width: 1600, Height: 1200},
		}}, path == "a.jpg"
	}
	for _, c := range []struct{ file, src, update, picture string }{
		{"x.css", "a{background:url(a.jpg)}", "a{background:url(full.avif)}", "a{background:url(full.avif)}"},
		{"x.html", `<a href="a.jpg">`, `<a href="full.avif">`, `<a href="full.avif">`},
		{"x.html", `<p><img srcset="a.jpg 1600w"></p>`, `<p><img srcset="full.avif 1600w"></p>`, `<p><picture><source type="image/avif" srcset="full.avif 1600w"><img srcset="a.jpg 1600w"></picture></p>`},
		{"x.html", `<p><img srcset="a.jpg 800w"></p>`, `<p><img srcset="small.webp 800w"></p>`, `<p><picture><source type="image/avif" srcset="full.avif 800w"><source type="image/webp" srcset="small.webp 800w"><img srcset="a.jpg 800w"></picture></p>`},
		{"x.html", `<p><img src="a.jpg"></p>`, `<p><img src="small.webp"></p>`, `<p><picture><source type="image/avif" srcset="full.avif"><source type="image/webp" srcset="small.webp"><img src="a.jpg" width="1600" height="1200"></picture></p>`},
	} {
		for mode, want := range map[Mode]string{Update: c.update, Picture: c.picture} {
			got, _, findings, err := Rewrite(c.file, []byte(c.src), site, look, Options{Mode: mode})
			if err != nil || string(got) != want || len(findings) > 0 {
				t.Errorf("%s: %s: %s, %v, %v, want %s", mode, c.src, got, findings, err, want)
			}
		}
	}
}

// What has results that cannot stand in for it is left alone, and a note says why.
func TestCutResults(t *testing.T) {
	site := siteOf(map[string]string{"a.jpg": "", "x.html": ""}, SiteOptions{})
	look := func(path string) (Source, bool) {
		return Source{Path: path, Width: 1600, Height: 1200, Why: "cut"}, path == "a.jpg"
	}
	const page = `<img src="a.jpg"><a href="a.jpg">x</a><meta property="og:image" content="a.jpg">`
	for mode, notes := range map[Mode]int{Update: 1, Picture: 1, Report: 0} {
		got, changes, findings, err := Rewrite("x.html", []byte(page), site, look, Options{Mode: mode})
		if err != nil || string(got) != page || len(changes) > 0 || len(findings) != notes {
			t.Errorf("%s: %s, %v, %v, %v", mode, got, changes, findings, err)
		}
	}
}

// In Svelte, one brace is enough.
func TestRootsInSvelte(t *testing.T) {
	for src, certain := range map[string]bool{`<img src="{base}/a.png">`: true, `<img src={` + "`${cdn}/a.png`" + `}>`: false, `<img src="{cdn}/a.png">`: false, `<img src="{base}{lang}/a.png">`: false} {
		refs, err := Find(LangSvelte, []byte(src))
		if err != nil || len(refs) != 1 || (refs[0].Uncertain == "") != certain {
			t.Errorf("%s: %+v, %v", src, refs, err)
		}
	}
}
