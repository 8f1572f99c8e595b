package references

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A build tool replaces its placeholders in style sheets as well.
func TestPlaceholderInStyle(t *testing.T) {
	for src, want := range map[string]string{
		`<style>a{background:url(%PUBLIC_URL%/a.jpg)}</style>`:             `<style>a{background:url(%PUBLIC_URL%/a.webp)}</style>`,
		`<p style="background:url('%BASE_URL%/a.jpg')">`:                   `<p style="background:url('%BASE_URL%/a.webp')">`,
		`<p style="background:url(&quot;%BASE_URL%/img/a.jpg&quot;)">`:     `<p style="background:url(&quot;%BASE_URL%/img/a.webp&quot;)">`,
		`<style>a{background:url("%CDN%/a.jpg")}</style>`:                  `<style>a{background:url("%CDN%/a.jpg")}</style>`,
		`<style>a{background:image-set("%BASE_URL%/a.jpg" 1x)}</style>`:    `<style>a{background:image-set("%BASE_URL%/a.webp" 1x)}</style>`,
		`<style>a{background:url(%20a.jpg) url(100%/a.jpg)}</style><img >`: `<style>a{background:url(%20a.jpg) url(100%/a.jpg)}</style><img >`,
	} {
		if data, _, _ := rewrite(t, "x.html", src, Options{Mode: Update}); data != want {
			t.Errorf("got  %s\nwant %s", data, want)
		}
	}
}

// Candidates that are one image have a result each that is as wide as they say, or one at the largest width.
func TestCandidatesOfOneImage(t *testing.T) {
	for srcset, want := range map[string]string{
		"wide.jpg 600w, wide.jpg 1200w":           "wide-600.webp 600w, wide.webp 1200w",
		"wide.jpg 1200w, wide.jpg 600w":           "wide.webp 1200w, wide-600.webp 600w",
		"wide.jpg 700w, wide.jpg 1200w":           "wide.webp 1200w",
		"a.jpg 600w, img/a.jpg 900w, a.jpg 1200w": "a.webp 1200w, img/a.webp 900w",
		"a.jpg 1200w, img/a.jpg 900w, a.jpg 600w": "a.webp 1200w, img/a.webp 900w",
	} {
		data, _, _ := rewrite(t, "x.html", `<p><img srcset="`+srcset+`" sizes="5vw">`, Options{Mode: Picture})
		refs, err := Find(LangHTML, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range refs {
			if strings.HasSuffix(r.Address, ".webp") {
				got = append(got, r.Address+" "+r.at.descriptor)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %s", srcset, got, want)
		}
	}
}

// Footnotes are text as any other.
func TestFootnotes(t *testing.T) {
	const page = "a[^1] ![a](a.jpg)\n\n[^1]: b ![b](b.png)\n\n    c ![c](img/a.jpg)\n"
	for mode, want := range map[Mode][]string{
		Update:  {"image a.webp", "image b.webp", "image img/a.webp"},
		Picture: {"srcset a.avif", "srcset a.webp", "image a.jpg", "srcset b.avif", "srcset b.webp", "image b.png", "srcset img/a.avif", "srcset img/a.webp", "image img/a.jpg"},
	} {
		data, _, _ := rewrite(t, "x.md", page, Options{Mode: mode})
		if diff := cmp.Diff(want, found(t, LangMarkdown, data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
	}
}

// A template literal that is an address is listed, and not changed.
func TestPatterns(t *testing.T) {
	for src, want := range map[string][]string{
		"x = `img/${n}.jpg`":                        {"string img/${n}.jpg ?"},
		"x = `/img/${a ? f(`y`) : \"b\"}-${n}.jpg`": {"string /img/${a ? f(`y`) : \"b\"}-${n}.jpg ?"},
		"x = `img/ ${n}.jpg`; y = `${n}`; z = `${`": nil,
		"x = `see ${n} in a.jpg`":                   {"string in a.jpg ?"},
	} {
		got := found(t, LangJSX, src)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}
