package app

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/tree"
)

func TestNamesIn(t *testing.T) {
	sources := map[string][]named{}
	for _, p := range []string{"a/x.jpg", "b/x.jpg", "b/c/x.jpg", "img/one.png", "with space.png", "odd (1).png"} {
		base := tree.Fold(path.Base(p))
		sources[base] = append(sources[base], named{p, tree.Fold(p)})
	}
	tests := []struct{ line, dir, want string }{
		{`<img src="a/x.jpg">`, ".", "a/x.jpg"},
		{`<img src="/a/x.jpg?v=1">`, "pages", "a/x.jpg"},
		{`url(../a/x.jpg)`, "css", "a/x.jpg"},
		{`![](x.jpg)`, "b", "b/x.jpg"},
		{`![](./X.JPG)`, "b", "b/x.jpg"},
		{`![](c/x.jpg)`, "b", "b/c/x.jpg"},
		{`https://example.com/site/a/x.jpg`, ".", "a/x.jpg"},
		{`a\x.jpg`, ".", "a/x.jpg"},
		{`x.jpg`, "pages", "a/x.jpg b/c/x.jpg b/x.jpg"},      // any of them
		{`$dir/x.jpg`, "pages", "a/x.jpg b/c/x.jpg b/x.jpg"}, // as well
		{`other/x.jpg`, "pages", ""},                         // another one
		{`xa/x.jpg`, ".", ""},
		{`other/one.png`, ".", "img/one.png"}, // the only one of its name
		{`someone.png`, ".", ""},
		{`[](with%20space.png)`, ".", "with space.png"},
		{`see odd (1).png`, ".", "odd (1).png"},
		{`a/x.jpg and b/x.jpg`, ".", "a/x.jpg b/x.jpg"},
	}
	for _, tc := range tests {
		got := strings.Join(slices.Sorted(maps.Keys(namesIn(tc.line, tc.dir, sources))), " ")
		if got != tc.want {
			t.Errorf("in %s, %q names %q, want %q", tc.dir, tc.line, got, tc.want)
		}
	}
}

func TestMentions(t *testing.T) {
	var m mentions
	for i := range 7 {
		m.add(fmt.Sprintf("p%d", i))
	}
	if got := m.String(); got != "p0; p1; p2; p3; p4; and 2 more" {
		t.Error(got)
	}
}

// Names that code puts together are those of all images of the folder with that extension, and with what
// the name begins with.
func TestNamesMade(t *testing.T) {
	sources := map[string][]named{}
	for _, p := range []string{"img/a.jpg", "src/img/a.jpg", "img/b.png", "other/c.jpg", "my photos/d.jpg", "xother/e.jpg", "img/big-f.jpg", "root.jpg"} {
		base := tree.Fold(path.Base(p))
		sources[base] = append(sources[base], named{p, tree.Fold(p)})
	}
	const jpg = "img/a.jpg img/big-f.jpg src/img/a.jpg"
	for line, want := range map[string]string{
		"x = `img/${n}.jpg`":                               jpg,
		"x = `./img/big-${n}.jpg`":                         "img/big-f.jpg",
		"x = `${base}/img/${n}-large.jpg`":                 jpg,
		`x = "img/" + "conc" + ".jpg"`:                     jpg,
		`x = "img/big-" + n + ".JPG"`:                      "img/big-f.jpg",
		"x = `img/${n}` +\n\t'.jpg'":                       jpg,
		"x = \"img/\"\n  + n\n  + \".jpg\"":                jpg,
		"x = \"img/\"\n\n\n  + n + \".jpg\"":               "",
		`x = path.join("img/", n + ".jpg")`:                jpg,
		`import.meta.glob("./img/*.jpg")`:                  jpg,
		`x = f"img/{n}.jpg"`:                               jpg,
		`x = "img/{}.jpg".format(n)`:                       jpg,
		`x = "img/%s.jpg" % n`:                             jpg,
		`fmt.Sprintf("/other/%03d.jpg", i)`:                "other/c.jpg",
		`"my photos/#{n}.jpg"`:                             "my photos/d.jpg",
		`echo "img/$n.jpg"`:                                jpg,
		`echo "img/{$n}.jpg"`:                              jpg,
		`$x = 'src/img/' . $n . '.jpg';`:                   "src/img/a.jpg",
		`<img src="/img/{{ page.name }}.png">`:             "img/b.png",
		`<img src="/img/<%= n %>.jpg">`:                    jpg,
		`<img src="/img/<?= $n ?>.jpg">`:                   jpg,
		`<img src="/img/{% if x %}a{% endif %}.jpg">`:      jpg,
		`<img src="/img/{n}.jpg">`:                         jpg,
		`a{background:url("img/@{n}.jpg")}`:                jpg,
		`a{background:url("img/#{$n}.jpg")}`:               jpg,
		`x = "img/" + n`:                                   "",
		`x = "img/" + n + ".jpgx"`:                         "",
		`import a from "./img/a"; // jpg`:                  "",
		`const dir = "img/"; load("x.jpg")`:                "",
		`<a href="/img/{{ x }}"><img src="other/b.jpg">`:   "",
		"a = `${base}/img/fixed.jpg`; b = 'x.jpg'":         "",
		"a = `${base}/${n}.jpg`":                           "",
		"`img/${n}`" + strings.Repeat(" ", 400) + `".jpg"`: "",
	} {
		got := strings.Join(slices.Sorted(maps.Keys(namesMade(line, indexFolders(sources)))), " ")
		if got != want {
			t.Errorf("%s makes %q, want %q", line, got, want)
		}
	}
}
