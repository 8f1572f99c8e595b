package report

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// A comment shows the images first that a look is worth, and none that it cannot show.
func TestWithPictures(t *testing.T) {
	one := func(path string, format asset.Format, before, after int64, score float64) asset.Result {
		return asset.Result{
			Source: asset.Source{Path: path, Format: format, Size: before}, Status: asset.Converted, Format: asset.WebP,
			Output: path + ".webp", Before: before, After: after, Width: 40, Height: 30, SourceWidth: 80, SourceHeight: 60,
			Rating: asset.Rating{Quality: 80, Score: score, Tries: 1},
		}
	}
	cut, far, gone := one("cut.png", asset.PNG, 900, 100, 1), one("far.png", asset.PNG, 900, 100, 2), one("gone.png", asset.PNG, 900, 100, 3)
	cut.Width = 30
	far.Source.URL = "https://example.com/far.png"
	gone.Notes = []string{asset.OriginalRemoved}
	in := Input{Version: "1.0.0", Results: []asset.Result{
		cut, far, gone,
		one("phone.heic", asset.HEIC, 900, 100, 4), one("huge.png", asset.PNG, 9<<20, 100, 5), one("elsewhere.png", asset.PNG, 900, 100, 6),
		one("d.png", asset.PNG, 900, 100, 90), one("a|<b>.jpg", asset.JPEG, 2000, 500, 70), one("b.jpg", asset.JPEG, 3000, 500, 75), one("c.jpg", asset.JPEG, 4000, 500, 80),
	}}
	var paths []string
	for _, r := range in.Results {
		if r.Output != "elsewhere.png.webp" {
			paths = append(paths, r.Output)
		}
	}
	in.Deliveries = []Delivery{
		{Receipt: asset.Receipt{Store: "artifact", Ref: "7", Paths: []string{"elsewhere.png.webp"}}},
		{Receipt: asset.Receipt{Store: "commit", Ref: "abc", Paths: paths}},
	}
	plain := New(in)
	if strings.Contains(plain.Markdown(0), "<img") {
		t.Error("a report without addresses shows images")
	}
	got := plain.WithPictures(func(commit, path string) string { return "https://example.com/raw/" + commit + "/" + EscapePath(path) }).Markdown(CommentLimit)
	_, shown, _ := strings.Cut(got, "### Before and after")
	shown, _, _ = strings.Cut(shown, "\n\n<sub>")
	want := []string{"raw/abc/a%7C%3Cb%3E.jpg\"", "raw/abc/a%7C%3Cb%3E.jpg.webp\"", "raw/abc/b.jpg\"", "raw/abc/c.jpg.webp\""}
	for _, w := range want {
		if !strings.Contains(shown, w) {
			t.Errorf("no %s in\n%s", w, shown)
		}
	}
	if n := strings.Count(shown, "<img "); n != 2*mostPictures || strings.Contains(shown, "<b>") {
		t.Errorf("%d images in\n%s", n, shown)
	}
	in.DryRun = true
	if strings.Contains(New(in).WithPictures(func(string, string) string { return "https://example.com/x" }).Markdown(0), "<img") {
		t.Error("a dry run shows images")
	}
}
