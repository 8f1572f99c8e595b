package references

import (
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
