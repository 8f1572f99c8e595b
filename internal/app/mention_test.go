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

// Names that code puts together are those of all images of the folder with that extension.
func TestNamesMade(t *testing.T) {
	sources := map[string][]named{
		"a.jpg": {{"img/a.jpg", "img/a.jpg"}, {"src/img/a.jpg", "src/img/a.jpg"}}, "b.png": {{"img/b.png", "img/b.png"}}, "c.jpg": {{"other/c.jpg", "other/c.jpg"}},
	}
	for line, want := range map[string]string{
		"x = `img/${n}.jpg`":                       "img/a.jpg src/img/a.jpg",
		`x = "img/" + "conc" + ".jpg"`:             "img/a.jpg src/img/a.jpg",
		`<img src="/img/{{ page.name }}.png">`:     "img/b.png",
		`$x = 'src/img/' . $n . '.jpg';`:           "src/img/a.jpg",
		`fmt.Sprintf("/other/%s.jpg", name)`:       "other/c.jpg",
		`x = "img/" + n`:                           "",
		`import a from "./img/a"; // jpg`:          "",
		`const dir = "img/"; load("x.jpg")`:        "",
		"a = `${base}/img/fixed.jpg`; b = 'x.jpg'": "",
	} {
		got := strings.Join(slices.Sorted(maps.Keys(namesMade(line, sources))), " ")
		if got != want {
			t.Errorf("%s makes %q, want %q", line, got, want)
		}
	}
}
