package references

import (
	"strings"
	"testing"
)

// TestDownload has links that save an image under a name of its own, which has its extension, and others.
func TestDownload(t *testing.T) {
	for _, c := range []struct {
		file, src string
		keep      bool
	}{
		{"x.html", `<a href="a.jpg" download>x</a>`, true}, {"x.html", `<a href="a.jpg" title="download">download</a>`, false},
		{"x.html", `<a href="a.jpg" [download]="n">x</a>`, true}, {"x.html", `<a href="a.jpg" [attr.download]="n">x</a>`, true},
		{"x.html", `<a href="a.jpg" {% if x %}download{% endif %}>x</a>`, true}, {"x.html", `<a href="a.jpg" th:download="n">x</a>`, true},
		{"x.vue", `<a :download="n" href="a.jpg">x</a>`, true}, {"x.vue", `<a v-bind:download="n" href="a.jpg">x</a>`, true},
		{"x.svelte", `<a href="a.jpg" {download}>x</a>`, true}, {"x.svelte", `<a href="a.jpg" download={n}>x</a>`, true}, {"x.svelte", `<a href="a.jpg" {title}>x</a>`, false},
		{"x.tsx", `<a href="a.jpg" download>x</a>`, true}, {"x.tsx", `<a download={n} onClick={() => f()} href={"a.jpg"}>x</a>`, true},
		{"x.tsx", `<a href="a.jpg">download</a>`, false}, {"x.tsx", `<p><b download/><a href="a.jpg">x</a></p>`, false},
		{"x.md", `[x](a.jpg){:download="y"}`, true}, {"x.md", `[x](<a.jpg> "t"){: .c download}`, true}, {"x.md", `[x](a.jpg){.c} {download}`, false},
		{"x.mdx", `<a href="a.jpg" download>x</a>`, true}, {"x.astro", `<a href="a.jpg" download={n}>x</a>`, true},
	} {
		data, _, _ := rewrite(t, c.file, c.src, Options{Mode: Update})
		if strings.Contains(data, "a.jpg") != c.keep {
			t.Errorf("%s: %s", c.file, data)
		}
	}
}

// TestLoadedAhead has links that load something ahead: an image, or part of it, or something else.
func TestLoadedAhead(t *testing.T) {
	for _, c := range []struct{ file, src, want string }{
		{"x.html", `<link rel=prefetch as=document href="a.jpg">`, ""},
		{"x.html", `<link rel=prefetch as=fetch href="a.jpg">`, ""},
		{"x.html", `<link rel=prefetch href="a.jpg">`, `<link rel=prefetch href="a.webp">`},
		{"x.html", `<link rel=preload as=image href="a.jpg" imagesrcset="{{ x }}">`, ""},
		{"x.html", `<link rel=preload as=image href="a.jpg" imagesrcset="/photo/1 2x">`, ""},
		{"x.html", `<link rel=preload as=image href="a.jpg" imagesrcset="a.jpg 1x, x.svg 2x">`, ""},
		{"x.html", `<link rel=preload as=image href="a.jpg" imagesrcset="">`, `<link rel=preload as=image href="a.webp" imagesrcset="">`},
		{"x.tsx", `<link rel="preload" as="image" href="a.jpg" />`, `<link rel="preload" as="image" href="a.webp" />`},
		{"x.tsx", `<link rel="preload" as="fetch" href="a.jpg" />`, ""},
		{"x.tsx", `<link href="a.jpg" rel="preload" as="image" imageSrcSet="a.jpg 1x, x.svg 2x" />`, ""},
		{"x.tsx", `<link href="a.jpg" rel="icon" />`, ""},
	} {
		if c.want == "" {
			c.want = c.src
		}
		if data, _, _ := rewrite(t, c.file, c.src, Options{Mode: Update}); data != c.want {
			t.Errorf("got  %s\nwant %s", data, c.want)
		}
	}
}

// TestReasons says why an element stays that names something else as well.
func TestReasons(t *testing.T) {
	for srcset, want := range map[string]string{
		"a.jpg 1x, x.svg 2x":                 notImages,
		"/photo/1 2x":                        notImages,
		"a.jpg 1x, no.png 2x":                "it also names no.png, which leads nowhere",
		"a.jpg 1x, plain.png 2x":             "it also names plain.png, which has no result",
		"a.jpg 1x, https://x.example/i.png":  "it also names https://x.example/i.png, which is on another site",
		"a.jpg 1x, {{ c }}/a.jpg 2x":         "it also names {{ c }}/a.jpg, which is not certain: it is made by an expression",
		"a.jpg 1200w, img/a.jpg 2400w":       "no result is as wide as the 2400w of img/a.jpg",
		"a.jpg 1x, {{ x }} 2x, img/a.jpg 3x": notImages,
	} {
		data, _, findings := rewrite(t, "x.html", `<p><img src="a.jpg" srcset="`+srcset+`">`, Options{Mode: Picture})
		if len(findings) == 0 || findings[0].Detail != want || strings.Contains(data, "<picture>") {
			t.Errorf("%s: %v", srcset, findings)
		}
	}
}

// Each candidate that changes is reported with its own result.
func TestChangesOfCandidates(t *testing.T) {
	_, changes, _ := rewrite(t, "x.html", `<p><img src="a.jpg" srcset="img/a.jpg 1x, img/a@2x.jpg 2x">`, Options{Mode: Picture})
	var got []string
	for _, c := range changes {
		got = append(got, c.From+" "+c.To)
	}
	if want := "a.jpg a.avif, img/a.jpg img/a.avif, img/a@2x.jpg img/a@2x.avif"; strings.Join(got, ", ") != want {
		t.Errorf("changes are %s, want %s", strings.Join(got, ", "), want)
	}
}
