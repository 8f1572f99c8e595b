package references

import (
	"strings"
	"testing"
)

// TestPlaces has style sheets that choose an image by its place, or lay it out, which would not do the same
// to it within a <picture>.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		css, html string
		stays     bool
	}{
		{"", `<p><img>`, false}, {"p img{border:0}", `<p><img>`, false}, {"img + p{border:0}", `<p><img>`, false},
		{".a > img{border:0}", `<div class=a><img>`, true}, {".a>img{border:0}", `<div class=a><img>`, true}, {".a > img{border:0}", `<div class=a><p><img>`, false},
		{".a > img{border:0}", `<div><img>`, false}, {".a > img{}", `<div class=a><img>`, false}, {".a{> img{border:0}}", `<div class=a><img>`, true},
		{".a > img, .a > picture > img{border:0}", `<div class=a><img>`, false}, {"picture > img{border:0}", `<p><img>`, false},
		{"h2 + img{border:0}", `<h2></h2><img>`, true}, {"h2 ~ .b{border:0}", `<h2></h2><img class=b>`, true}, {"h2 ~ .b{border:0}", `<h2></h2><img>`, false},
		{"h2 + img{border:0}", `<h2></h2><p></p><img>`, false}, {"h2 + img{border:0}", `<p><h2></h2><i><img></i>`, false}, {"p > .t + img{border:0}", `<p><b class=t><i></i></b><img>`, true},
		{"img:first-child{border:0}", `<p><br><img>`, false}, {"br + img{border:0}", `<p><br><img>`, true}, {"img + img{border:0}", `<p><b></b><img>`, false},
		{"img:first-child{border:0}", `<p><img>`, true}, {".a img:nth-of-type(2n){border:0}", `<p class=a><img>`, true}, {"p:first-child img{border:0}", `<p><img>`, false},
		{".a > .b{border:0}", `<div class=a><img class="c b">`, true}, {".x > .a img{border:0}", `<div class=a><img>`, false}, {"a:hover > img{border:0}", `<a><img></a>`, false},
		{".a{display:flex}", `<div class=a><img>`, false}, {".a{display:flex} .a img{flex:1}", `<div class=a><img>`, true}, {".a img{grid-area:b}", `<div class=c><img>`, false},
		{".a img, .a picture{align-self:center}", `<div class=a><img>`, false}, {"img.b{order:2}", `<p><img class=b>`, true},
	} {
		styles := JoinStyles([]*Styles{nil, {}, {}})
		styles.Add("x.css", []byte(c.css))
		page := "<html><body>" + strings.ReplaceAll(c.html, "<img", `<img src="a.jpg" width=1`)
		data, _, findings := rewrite(t, "x.html", page, Options{Mode: Picture, Styles: styles})
		switch {
		case c.stays && (data != page || len(findings) != 1 || !strings.Contains(findings[0].Detail, "of a style sheet would not do the same")):
			t.Errorf("%s with %s: %s, %v", c.html, c.css, data, findings)
		case !c.stays && !strings.Contains(data, "<picture"):
			t.Errorf("%s with %s: %s, %v", c.html, c.css, data, findings)
		}
	}
	for css, want := range map[string]bool{"p > img{border:0}": false, ".a > img{border:0}": true, ".a > p > img{border:0}": false, "li img{border:0}": true} {
		styles := &Styles{}
		styles.Add("x.css", []byte(css))
		data, _, _ := rewrite(t, "x.md", "![a](a.jpg)", Options{Mode: Picture, Styles: styles})
		if strings.Contains(data, "<picture>") != want || !strings.Contains(data, "a.webp") {
			t.Errorf("Markdown with %s: %s", css, data)
		}
	}
}

// The style sheet of a component is for its own images, unless it says that it is for all.
func TestScopedStyles(t *testing.T) {
	const rule = "p > img{border:0}"
	for _, c := range []struct {
		name, style string
		everywhere  bool
	}{
		{"a.vue", "<style>", true}, {"a.vue", `<style scoped lang="scss">`, false}, {"a.svelte", "<style>", false}, {"a.astro", "<style>", false},
		{"a.astro", "<style is:global>", true}, {"a.svelte", "<style>:global(b){margin:0}", true}, {"a.html", "<style>", true},
	} {
		own := c.style + rule + "</style>\n<p><img src=\"a.jpg\" width=1></p>"
		styles := &Styles{}
		styles.Add(c.name, []byte(own))
		styles = JoinStyles([]*Styles{styles})
		if data, _, _ := rewrite(t, c.name, own, Options{Mode: Picture, Styles: styles}); data != own {
			t.Errorf("%s: %s", c.name, data)
		}
		const other = `<p><img src="a.jpg" width=1></p>`
		if data, _, _ := rewrite(t, "b.svelte", other, Options{Mode: Picture, Styles: styles}); (data == other) != c.everywhere {
			t.Errorf("%s, another file: %s", c.name, data)
		}
	}
}
