package references

import (
	"strings"
	"testing"
	"time"
)

// TestStretches has style sheets that set one side of an image, which would be stretched with width and height,
// and those that set none or both.
func TestStretches(t *testing.T) {
	const responsive = "img{max-width:100%;height:auto}"
	for _, c := range []struct {
		css, html string
		want      bool
	}{
		{"", `<img>`, false}, {"body{width:3px}", `<img>`, false}, {"*{box-sizing:border-box}", `<img>`, false},
		{responsive, `<img>`, false}, {"img{max-width:100%}", `<img>`, true}, {"img{width:100%}", `<img>`, true},
		{"img{width:100%;height:100%;object-fit:cover}", `<img>`, false}, {"img{width:auto;max-height:60px}", `<img>`, false},
		{"img{height:40px !important}", `<img>`, true}, {"img{aspect-ratio:1}", `<img>`, true}, {"img{max-width:none;min-height:0}", `<img>`, false},
		{responsive + ".logo{height:40px}", `<img class="a logo">`, true}, {responsive + ".logo{height:40px}", `<img class="logos">`, false},
		{responsive + ".logo{width:40px}", `<img class=logo>`, false}, {".logo{width:40px}", `<img class=logo>`, true},
		{responsive + ".logo{height:40px;width:auto}", `<img class=logo>`, false}, {"#x{height:1em}", `<img id=x>`, true}, {"#x{height:1em}", `<img id=y>`, false},
		{".a.b{height:1em}", `<img class="a">`, false}, {".a.b{height:1em}", `<img class="b a">`, true}, {"a.b{height:1em}", `<img class="b">`, false},
		{responsive + "nav img{height:1em}", `<img>`, true}, {responsive + "nav img{height:1em}", `<html><p><img>`, false},
		{responsive + "nav img{height:1em}", `<html><nav><a><b></b><img></a></nav>`, true}, {responsive + "nav img{height:1em}", `<html><nav></nav><img>`, false},
		{responsive + ".n > .m img{height:1em}", `<html><p class="x n"><i class=m><img>`, true}, {responsive + ".n .m img{height:1em}", `<html><p class="x n"><img>`, false},
		{responsive + ".n img{height:1em}", `<html><p class="{{ c }}"><img>`, true}, {responsive + "h2 + img{height:1em}", `<html><p><img>`, false}, {responsive + "h2 + img{height:1em}", `<p><h2></h2><img>`, true},
		{responsive + "img::before{height:1em} img:hover{height:1em} a:hover img{height:2px}", `<img>`, false}, {responsive + "img:first-child{height:1em}", `<img>`, true},
		{"@media (min-width:1px){img{height:1em}}", `<img>`, true}, {"@media print{img{width:1em;height:auto}}img{max-width:100%}", `<img>`, true},
		{"@layer base{img{max-width:100%;height:auto}}", `<img>`, false}, {"@keyframes x{img{height:3px}}", `<img>`, false}, {"@font-face{src:url(a);width:3px}", `<img>`, false},
		{".a{img{height:1em}}", `<img>`, true}, {".a{&-b{height:1em}}", `<img class=a-b>`, true}, {".a{.c &{height:1em}}", `<img class=a>`, true},
		{".a{color:red;@media print{height:1em}}", `<img class=a>`, true}, {".a{.b{height:1em}}", `<img class=a>`, false}, {".a{@apply h-8 rounded;}", `<img class=a>`, true},
		{`/* img{height:1px} */ // img{height:1px}
p::after{content:"} img{height:1px}"} p{background:url(data:;img{height:1px})}`, `<img>`, false},
		{`.md\:h{height:1em}`, `<img class="md:h">`, true}, {"picture, video, img{height:1em}", `<img>`, true}, {"img.x,.y{height:1em}", `<img class=y>`, true},
	} {
		for _, in := range []bool{false, true} {
			styles, page := &Styles{}, strings.Replace(c.html, "<img", `<img src="plain.png"`, 1)
			if in {
				page = strings.Replace("<style>"+c.css+"</style>"+page, "<style>", "<style>", 1)
				if strings.HasPrefix(c.html, "<html>") {
					page = "<html>" + page
				}
				styles.Add("x.html", []byte(page))
			} else {
				styles.Add("x.css", []byte(c.css))
			}
			data, _, _ := rewrite(t, "x.html", page, Options{Mode: Update, Dimensions: true, Styles: styles})
			if strings.Contains(data, `height="800"`) == c.want {
				t.Errorf("%s with %s: %s", c.html, c.css, data)
			}
		}
	}
}

// An image of Markdown has no class.
func TestStretchesMarkdown(t *testing.T) {
	for css, want := range map[string]bool{"": true, ".logo{height:1em}": true, "img{width:50%}": false, "p img{width:50%}": false} {
		styles := &Styles{}
		styles.Add("x.css", []byte(css))
		data, _, _ := rewrite(t, "x.md", "![a](a.jpg)", Options{Mode: Picture, Styles: styles})
		if strings.Contains(data, `height="800"`) != want {
			t.Errorf("%s: %s", css, data)
		}
	}
}

// TestHostileStyles has what takes long if it is not read carefully.
func TestHostileStyles(t *testing.T) {
	const n = 1 << 18
	start := time.Now()
	for _, css := range []string{
		strings.Repeat("a{", n), strings.Repeat("a,b{height:1px;", 40) + strings.Repeat("}", n), strings.Repeat(".a,", n) + "img{height:1px}",
		strings.Repeat("/*", n), strings.Repeat(`"`, n), strings.Repeat("{{", n), strings.Repeat("url(", n), strings.Repeat("img{height:1px}", n/8),
		"img" + strings.Repeat(" .a", n) + "{height:1px}", strings.Repeat("<style>", n),
	} {
		styles := &Styles{}
		styles.Add("x.css", []byte(css))
		styles.Add("x.html", []byte("<style>"+css))
		src := "<html>" + strings.Repeat("<p>", 1000) + strings.Repeat("<img src=plain.png>", 10) + strings.Repeat("</b>", 1000)
		rewrite(t, "x.html", src, Options{Mode: Update, Dimensions: true, Styles: styles})
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}
