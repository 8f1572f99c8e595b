package gallery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/testfiles"
)

// pictures are the images of the tests.
const pictures = "../../testdata/pictures/"

// copyTo copies an image of the tests into a folder.
func copyTo(t *testing.T, dir, name, from string) int64 {
	t.Helper()
	data, err := os.ReadFile(pictures + from)
	if err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, dir, name, string(data))
	return int64(len(data))
}

// options are those of the tests.
func options(dir string) Options {
	return Options{Dir: dir, Jobs: 2, Memory: 1 << 30, MaxPixels: 1 << 28}
}

// block is the data of a page, and its text.
func block(t *testing.T, page []byte) (d data, text string) {
	t.Helper()
	_, rest, ok := strings.Cut(string(page), `<script type="application/json" id="data">`)
	text, _, end := strings.Cut(rest, "</script>")
	if !ok || !end {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d, text
}

// image decodes the header of a preview.
func image(t *testing.T, d data, index int) codec.Info {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(d.Images[index-1])
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.Probe(raw)
	if err != nil || info.Format != asset.WebP {
		t.Fatalf("preview %d: %s, %v", index, info.Format, err)
	}
	return info
}

// beside returns addresses of the files that are in a folder.
func beside(dir string) func(string) string {
	return func(name string) string {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return ""
		}
		return Address(name)
	}
}

func TestPage(t *testing.T) {
	dir := t.TempDir()
	result := func(source, from, output, made string, width, height, before, beforeHeight int) asset.Result {
		return asset.Result{
			Source: asset.Source{Path: source, Format: asset.FormatByName(source)}, Status: asset.Converted, Output: output, Target: output,
			Before: copyTo(t, dir, source, from), After: copyTo(t, dir, output, made), Width: width, Height: height, SourceWidth: before, SourceHeight: beforeHeight, Frames: 1,
		}
	}
	results := []asset.Result{
		result("a.jpg", "jpeg/444.jpg", "a.webp", "webp/lossy.webp", 192, 128, 192, 128),
		result("b.heic", "heic/card.heic", "b.webp", "webp/lossy.webp", 192, 128, 192, 128),
		result("cmyk.jpg", "jpeg/cmyk.jpg", "cmyk.webp", "webp/lossy.webp", 192, 128, 192, 128),
		result("d.png", "png/rgba.png", "d.webp", "webp/lossless.webp", 64, 64, 192, 128),
		result("e.gif", "gif/animated.gif", "e.webp", "webp/animated.webp", 60, 40, 60, 40),
		{Source: asset.Source{Path: "f.png"}, Status: asset.Failed, Err: &asset.Fault{Message: `decode "f.png": it is damaged`, Hint: "replace it"}},
		{Source: asset.Source{Path: "g.png", Format: asset.PNG}, Status: asset.Skipped, Reason: asset.NotSmaller, Before: 100, After: 120},
		{Source: asset.Source{Path: "h.png", Format: asset.PNG}, Status: asset.Skipped, Reason: asset.NotWider, Target: "h-900.webp"},
		{Source: asset.Source{Path: "gone.png"}, Status: asset.Skipped, Reason: asset.UpToDate, Output: "gone.webp"},
	}
	in := Input{
		Report: report.New(report.Input{Results: results, Version: "1.2.3"}), Title: "owner/name",
		Source: beside(dir), Output: beside(dir),
		Recipe: func(one asset.Result) asset.Recipe {
			r := asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80}}
			if one.Output == "d.webp" {
				r.Width, r.Height, r.Crop = 64, 64, "center"
			}
			return r
		},
		Shown: func(one asset.Result) bool { return one.Source.Path != "gone.png" },
	}
	page := New(options(dir)).Page(t.Context(), in)
	if !Is(page) || Is([]byte("<!doctype html><title>x</title>")) {
		t.Error("a page is not known by its beginning")
	}
	d, _ := block(t, page)
	items := map[string]item{}
	for _, i := range d.Items {
		items[i.Source] = i
	}
	if len(d.Items) != 7 || d.Hidden != 1 || items["h.png"].Source != "" {
		t.Errorf("%d items, %d hidden", len(d.Items), d.Hidden)
	}
	if i := items["a.jpg"]; i.Before.Address != "./a.jpg" || i.After.Address != "./a.webp" || i.Before.Preview != 0 || i.Encoding != "lossy" || *i.Quality != 80 {
		t.Errorf("a.jpg: %+v", i)
	}
	for _, name := range []string{"b.heic", "cmyk.jpg"} {
		i := items[name]
		if i.Before.Address != "" || i.Before.Preview == 0 {
			t.Fatalf("%s has no preview of what no browser shows: %+v", name, i.Before)
		}
		if info := image(t, d, i.Before.Preview); info.Width != 192 || info.Height != 128 || i.Before.PreviewWidth != 192 {
			t.Errorf("%s: a preview of %dx%d", name, info.Width, info.Height)
		}
	}
	if i := items["d.png"]; i.Before.Address != "" || i.Before.Preview == 0 {
		t.Errorf("a result that is cropped is compared with the whole original: %+v", i.Before)
	} else if info := image(t, d, i.Before.Preview); info.Width != 64 || info.Height != 64 {
		t.Errorf("what a crop is compared with is %dx%d", info.Width, info.Height)
	}
	if info := image(t, d, items["e.gif"].Thumb); info.Frames != 1 {
		t.Errorf("the thumbnail of an animation has %d frames", info.Frames)
	}
	if i := items["f.png"]; i.State != "failed" || i.Thumb != 0 || !strings.Contains(i.Reason, "damaged") {
		t.Errorf("f.png: %+v", i)
	}
	if len(d.Failures) != 1 || d.Failures[0].Hint != "replace it" {
		t.Errorf("failures: %+v", d.Failures)
	}
	if len(d.Left) != 2 || d.Left[0].Reason != string(asset.NotSmaller) || d.Left[0].Paths[0] != "g.png" {
		t.Errorf("skipped: %+v", d.Left)
	}
}

// TestNotBeside makes a page that lies elsewhere, as in an artifact: originals are previews.
func TestNotBeside(t *testing.T) {
	dir := t.TempDir()
	size := copyTo(t, dir, "a.jpg", "jpeg/444.jpg")
	after := copyTo(t, dir, "a.webp", "webp/lossy.webp")
	m := New(options(dir))
	in := Input{
		Report: report.New(report.Input{Results: []asset.Result{{
			Source: asset.Source{Path: "a.jpg", Format: asset.JPEG}, Status: asset.Skipped, Reason: asset.UpToDate, Output: "a.webp", Before: size, After: after,
		}}}),
		Output: func(output string) string { return Address("sub/" + output) },
	}
	d, _ := block(t, m.Page(t.Context(), in))
	i := d.Items[0]
	if i.Before.Preview == 0 || i.Before.Address != "" || i.After.Address != "./sub/a.webp" {
		t.Errorf("%+v", i)
	}
	// Nothing but the files says these.
	if i.After.Width != 192 || i.Before.Width != 192 || i.Encoding != "lossy" {
		t.Errorf("%+v", i)
	}
	// An animation is compared with one.
	moving := asset.Result{Source: asset.Source{Path: "m.gif", Format: asset.GIF}, Status: asset.Converted, Output: "m.webp", Frames: 4}
	moving.Before, moving.After = copyTo(t, dir, "m.gif", "gif/animated.gif"), copyTo(t, dir, "m.webp", "webp/animated.webp")
	small, _ := block(t, New(options(dir)).Page(t.Context(), Input{Report: report.New(report.Input{Results: []asset.Result{moving}})}))
	if i := small.Items[0]; i.Before.Preview == 0 || image(t, small, i.Before.Preview).Frames < 2 || image(t, small, i.Thumb).Frames != 1 {
		t.Errorf("%+v", i)
	}
	// What was read once is not read again.
	if err := os.Remove(filepath.Join(dir, "a.jpg")); err != nil {
		t.Fatal(err)
	}
	if d, _ = block(t, m.Page(t.Context(), in)); len(d.Images) != 2 {
		t.Errorf("%d previews of 2", len(d.Images))
	}
}

// TestRating shows scores where there are any, and what was encoded how.
func TestRating(t *testing.T) {
	d, _ := block(t, New(options(t.TempDir())).Page(t.Context(), Input{
		Report: report.New(report.Input{Results: []asset.Result{
			{Source: asset.Source{Path: "a"}, Status: asset.Converted, Output: "a.webp", Rating: asset.Rating{Quality: 71, Score: -3.5, Tries: 2}},
			{Source: asset.Source{Path: "b"}, Status: asset.Converted, Output: "b.webp"},
			{Source: asset.Source{Path: "c"}, Status: asset.Converted, Output: "c.webp", Lossless: true, Rating: asset.Rating{Score: 100, Tries: 1}},
			{Source: asset.Source{Path: "auto"}, Status: asset.Skipped, Reason: asset.UpToDate, Output: "auto.webp"},
		}}),
		Recipe: func(one asset.Result) asset.Recipe {
			return asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, Auto: one.Source.Path == "auto"}}
		},
	}))
	text := func(i item) string {
		s := i.Encoding
		if i.Quality != nil {
			s += fmt.Sprint(" ", *i.Quality)
		}
		if i.Score != nil {
			s += fmt.Sprint(" score ", *i.Score, " tries ", i.Tries)
		}
		return s
	}
	for n, want := range []string{"lossy 71 score -3.5 tries 2", "lossy 80", "lossless score 100 tries 1", ""} {
		if got := text(d.Items[n]); got != want {
			t.Errorf("%s: %q, want %q", d.Items[n].Source, got, want)
		}
	}
}

// TestGone makes a page of originals that are gone, or that their results have replaced.
func TestGone(t *testing.T) {
	dir := t.TempDir()
	old, err := os.ReadFile(pictures + "jpeg/444.jpg")
	if err != nil {
		t.Fatal(err)
	}
	o := options(dir)
	var asked sync.Map
	o.Content = func(_ context.Context, blob string) ([]byte, error) {
		if asked.Store(blob, true); blob == "lost" {
			return nil, os.ErrNotExist
		}
		return old, nil
	}
	result := func(source, output, blob string) asset.Result {
		return asset.Result{
			Source: asset.Source{Path: source, Blob: blob, Format: asset.JPEG}, Status: asset.Converted, Output: output, Width: 192, Height: 128, SourceWidth: 192, SourceHeight: 128,
			Before: int64(len(old)), After: copyTo(t, dir, output, "webp/lossy.webp"),
		}
	}
	done := result("done.jpg", "done.jpg", "done")
	done.Status, done.Reason = asset.Skipped, asset.UpToDate
	d, _ := block(t, New(o).Page(t.Context(), Input{
		Report: report.New(report.Input{Results: []asset.Result{
			result("removed.jpg", "removed.webp", "removed"), result("same.jpg", "same.jpg", "same"), result("lost.jpg", "lost.webp", "lost"), done,
		}}),
		Source: beside(dir), Output: beside(dir),
	}))
	for n, want := range []bool{true, true, false, false} {
		if i := d.Items[n]; (i.Before.Preview != 0) != want || i.Before.Address != "" {
			t.Errorf("%s: %+v", i.Source, i.Before)
		}
	}
	if _, again := asked.Load("done"); again {
		t.Error("what was replaced in an earlier run is compared with itself")
	}
}

// TestInterrupted makes a page when there is no time for previews.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	copyTo(t, dir, "a.png", "png/rgba.png")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, _ := block(t, New(options(dir)).Page(ctx, Input{
		Report: report.New(report.Input{Interrupted: true, Results: []asset.Result{{Source: asset.Source{Path: "a.png"}, Status: asset.Converted, Output: "a.png"}}}),
	}))
	if len(d.Items) != 1 || len(d.Images) != 0 || !d.Interrupted {
		t.Errorf("%+v", d)
	}
}

// TestLimit makes a page of more than fits in: previews are left out, those of the best results
// first.
func TestLimit(t *testing.T) {
	dir := t.TempDir()
	var results []asset.Result
	for i := range 60 {
		name := fmt.Sprintf("%02d", i)
		results = append(results, asset.Result{
			Source: asset.Source{Path: name + ".heic", Format: asset.HEIC}, Status: asset.Converted, Output: name + ".webp",
			Before: 100_000, After: copyTo(t, dir, name+".webp", "webp/lossy.webp") + int64(1000*i), Width: 192, Height: 128, SourceWidth: 192, SourceHeight: 128,
		})
		copyTo(t, dir, name+".heic", "heic/card.heic")
	}
	m := New(options(dir))
	in := Input{Report: report.New(report.Input{Results: results}), Source: beside(dir), Output: beside(dir)}
	whole := m.Page(t.Context(), in)
	all, _ := block(t, whole)
	if len(all.Images) != 120 {
		t.Fatalf("%d previews of 120", len(all.Images))
	}
	m.limit = len(page(nil)) + (len(whole)-len(page(nil)))*9/10
	short := m.Page(t.Context(), in)
	d, _ := block(t, short)
	if len(short) > m.limit || len(d.Images) >= 120 || len(d.Images) < 60 {
		t.Errorf("%d bytes of %d, %d previews", len(short), m.limit, len(d.Images))
	}
	if first, last := d.Items[0], d.Items[59]; first.Before.Preview != 0 || last.Before.Preview == 0 {
		t.Error("what saves least is not compared first")
	}
	m.limit = 1000
	if d, _ = block(t, m.Page(t.Context(), in)); len(d.Images) != 0 || len(d.Items) != 60 {
		t.Errorf("%d previews where there is no room", len(d.Images))
	}
}

// TestHostile checks that no name can end the data, or hide in it.
func TestHostile(t *testing.T) {
	for _, name := range []string{
		"</script><script>alert(1)</script>.png", "<!--<script>.png", "<img src=x onerror=alert(1)>.png", "a\u2028b\u2029c.png", "\x1b[31mred.png",
		"\u202egnp.exe.png", "\xff\xfe.png", "@policy@ @data@ @script@.png", "javascript:alert(1).png", "a&amp;b.png", `"'\`, "{name}.png",
	} {
		page := New(options(t.TempDir())).Page(t.Context(), Input{
			Title: name,
			Report: report.New(report.Input{
				Version: "1.2.3", Notices: []string{name}, Findings: []asset.Finding{{Rule: name, Path: name, Message: name, Hint: name}},
				Results: []asset.Result{
					{Source: asset.Source{Path: name}, Status: asset.Failed, Err: &asset.Fault{Message: name, Hint: name}},
					{Source: asset.Source{Path: name}, Status: asset.Converted, Output: name, Variant: name, Notes: []string{name}},
					{Source: asset.Source{Path: name}, Status: asset.Skipped, Reason: asset.Reason(name)},
				},
			}),
			Source: Address, Output: Address,
		})
		d, text := block(t, page)
		if strings.ContainsAny(text, "<>&\u2028\u2029\x1b\u202e") {
			t.Errorf("%q: the data is %s", name, text)
		}
		if len(d.Items) != 3 || strings.Count(string(page), "<script") != 2 || strings.Count(string(page), "</script") != 2 {
			t.Errorf("%q: the page has other elements", name)
		}
		for _, i := range d.Items[1:2] {
			if !strings.HasPrefix(i.After.Address, "./") {
				t.Errorf("%q has the address %q", name, i.After.Address)
			}
		}
	}
}

// TestPolicy checks that the page allows its own script and style, and nothing else.
func TestPolicy(t *testing.T) {
	text := string(page([]byte("null")))
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
	if policy == nil {
		t.Fatal("there is no policy")
	}
	for _, element := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(text, "<"+element+">")
		inside, _, _ := strings.Cut(rest, "</"+element+">")
		if want := element + "-src '" + digest(inside) + "'"; inside == "" || !strings.Contains(policy[1], want) {
			t.Errorf("the policy %q does not have %q", policy[1], want)
		}
	}
	for _, never := range []string{"unsafe", "http:", "https:", "*", "@"} {
		if strings.Contains(policy[1], never) {
			t.Errorf("the policy %q has %q", policy[1], never)
		}
	}
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "setHTML"} {
		if strings.Contains(text, never) {
			t.Errorf("the page makes elements by %s", never)
		}
	}
	if bytes.Contains([]byte(text), []byte("http://")) || bytes.Contains([]byte(text), []byte("https://")) {
		t.Error("the page names an address elsewhere")
	}
}

func TestRelative(t *testing.T) {
	for _, tt := range []struct{ folder, file, want string }{
		{"/a", "/a/b.png", "./b.png"},
		{"/a/out", "/a/b/c d.png", "./../b/c%20d.png"},
		{"/a", "/a/javascript:alert(1).png", "./javascript:alert%281%29.png"},
		{"/a", "/a/100%?#.png", "./100%25%3F%23.png"},
		{"/a", "/a/\xff.png", "./%FF.png"},
		{"/a", "/a/..b/\\x.png", "./..b/%5Cx.png"},
	} {
		if got := Relative(tt.folder, tt.file); got != tt.want {
			t.Errorf("Relative(%q, %q) = %q, want %q", tt.folder, tt.file, got, tt.want)
		}
	}
}

func TestHasInks(t *testing.T) {
	for name, want := range map[string]bool{
		"cmyk.jpg": true, "inks.jpg": true, "444.jpg": false, "grey.jpg": false, "orientation-6.jpg": false, "gps.jpg": false,
	} {
		data, err := os.ReadFile(pictures + "jpeg/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := hasInks(bytes.NewReader(data), int64(len(data))); got != want {
			t.Errorf("%s has inks: %t", name, got)
		}
		for n := range len(data) {
			hasInks(bytes.NewReader(data[:n]), int64(n))
		}
	}
}

func FuzzHasInks(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x02\xff\xc0\x00\x11\x08\x00\x01\x00\x01\x04"))
	f.Fuzz(func(_ *testing.T, data []byte) { hasInks(bytes.NewReader(data), int64(len(data))) })
}
