package convert

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/tree"
)

// picture is a PNG of w x h pixels, not compressed, so that it is smaller as WebP.
func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 5), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func recipe() asset.Recipe {
	return asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, Lossless: asset.LosslessAuto, Effort: 0, Metadata: asset.MetadataICC}, Output: "{dir}/{name}.webp", MaxPixels: 1 << 24}
}

// jobs makes a job of each of the paths, PNGs beside which the output goes.
func jobs(t *testing.T, dir string, r asset.Recipe, paths ...string) []asset.Job {
	t.Helper()
	return wished(t, dir, plan.Spec{Recipe: r}, paths...)
}

// wished is jobs with more wishes than a recipe.
func wished(t *testing.T, dir string, w plan.Spec, paths ...string) []asset.Job {
	t.Helper()
	var sources []asset.Source
	for _, p := range paths {
		s := source(p)
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			t.Fatal(err)
		}
		s.Size = info.Size()
		sources = append(sources, s)
	}
	jobs, settled := plan.Jobs(sources, func(asset.Source) []plan.Spec { return []plan.Spec{w} })
	if len(settled) > 0 {
		t.Fatalf("settled by the plan: %v", settled)
	}
	return jobs
}

// newRun is the state that Run would make.
func newRun(t *testing.T, dir string) *run {
	t.Helper()
	files, err := tree.OpenReach(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	return &run{Options: Options{Now: fixedNow}, files: files, budget: newBudget(1 << 30), most: 1 << 30}
}

// brief is what of a result can be foretold.
func brief(results []asset.Result) []string {
	var lines []string
	for _, r := range results {
		line := r.Source.Path + ": " + string(r.Status)
		switch {
		case r.Err != nil:
			line += ": " + r.Err.Message
			if r.Err.Hint != "" {
				line += " (" + r.Err.Hint + ")"
			}
		case r.Reason != "":
			line += ": " + string(r.Reason)
		default:
			line += " " + r.Output
		}
		lines = append(lines, line)
	}
	return lines
}

func expect(t *testing.T, results []asset.Result, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, brief(results)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestRunKeepsOrderAndGoesOn(t *testing.T) {
	good := picture(t, 64, 48)
	dir := testfiles.Dir(t, map[string][]byte{
		"a.png": good, "b.png": good[:len(good)/2], "c.png": picture(t, 200, 200), "d/e.png": good,
	})
	var seen []string
	results := Run(t.Context(), jobs(t, dir, recipe(), "d/e.png", "b.png", "c.png", "a.png"), Options{
		Dir: dir, Jobs: 2,
		Progress: func(r asset.Result) { seen = append(seen, r.Source.Path) },
	})
	var got []string
	for _, r := range results {
		got = append(got, r.Source.Path+" "+string(r.Status))
	}
	want := []string{"d/e.png converted", "b.png failed", "c.png converted", "a.png converted"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if slices.Sort(seen); len(seen) != 4 {
		t.Errorf("progress told of %q", seen)
	}
	if msg := results[1].Err.Message; !strings.Contains(msg, `"b.png"`) || strings.Count(msg, "b.png") != 1 {
		t.Errorf("message %q does not name the file once", msg)
	}
	c := results[2]
	if c.Width != 200 || c.Height != 200 || c.Frames != 1 || c.Before <= c.After || len(c.SHA256) != 64 || c.Duration <= 0 {
		t.Errorf("result %+v", c)
	}
	files := []string{"a.png", "a.webp", "b.png", "c.png", "c.webp", "d/e.png", "d/e.webp"}
	if diff := cmp.Diff(files, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRunUnderTightMemory(t *testing.T) {
	files := map[string][]byte{}
	var paths []string
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		files[name+".png"] = picture(t, 100, 100)
		paths = append(paths, name+".png")
	}
	dir := testfiles.Dir(t, files)
	for _, memory := range []int64{1_000_000, 3_000_000, 1 << 30} {
		results := Run(t.Context(), jobs(t, dir, recipe(), paths...), Options{Dir: dir, Jobs: 4, Memory: memory})
		if len(results) != len(paths) {
			t.Errorf("%d results with %d bytes", len(results), memory)
		}
		for _, r := range results {
			if r.Status == asset.Failed {
				t.Error(r.Err)
			}
		}
	}
}

func TestRunExisting(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48)})
	o := Options{Dir: dir}
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "a.png"), o), "a.png: converted a.webp")
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "a.png"), o), "a.png: skipped: already up to date")

	theirs := []byte("by hand")
	testfiles.Write(t, dir, "a.webp", theirs)
	refused := `a.png: failed: write "a.webp": a different file is there already` +
		" (set `overwrite: true` to replace it, or another `output`)"
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "a.png"), o), refused)
	if data, _ := os.ReadFile(filepath.Join(dir, "a.webp")); !bytes.Equal(data, theirs) {
		t.Error("the file was overwritten")
	}

	over := plan.Spec{Recipe: recipe(), Overwrite: true}
	expect(t, Run(t.Context(), wished(t, dir, over, "a.png"), o), "a.png: converted a.webp")
	if diff := cmp.Diff([]string{"a.png", "a.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRunDryRun(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "b.png": picture(t, 64, 48), "b.webp": []byte("x")})
	w := plan.Spec{Recipe: recipe(), Remove: true}
	results := Run(t.Context(), wished(t, dir, w, "a.png", "b.png"), Options{Dir: dir, DryRun: true})
	if results[0].Status != asset.Converted || results[0].After == 0 || results[1].Status != asset.Failed {
		t.Errorf("results %+v", results)
	}
	if diff := cmp.Diff([]string{"a.png", "b.png", "b.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRunRemoves(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "b.png": picture(t, 32, 32), "c.png": []byte("broken")})
	o := Options{Dir: dir}
	// The output of b is there already, as after a run that was interrupted.
	Run(t.Context(), jobs(t, dir, recipe(), "b.png"), o)
	w := plan.Spec{Recipe: recipe(), Remove: true}
	results := Run(t.Context(), wished(t, dir, w, "a.png", "b.png", "c.png"), o)
	if results[0].Status != asset.Converted || results[1].Reason != asset.UpToDate || results[2].Status != asset.Failed {
		t.Errorf("results %v", brief(results))
	}
	if !slices.Contains(results[0].Notes, "original removed") {
		t.Errorf("notes %q", results[0].Notes)
	}
	if diff := cmp.Diff([]string{"a.webp", "b.webp", "c.png"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRunWebPInPlace(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"p.png": picture(t, 64, 48)})
	o := Options{Dir: dir}
	Run(t.Context(), jobs(t, dir, recipe(), "p.png"), o)
	if err := os.Remove(filepath.Join(dir, "p.png")); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(filepath.Join(dir, "p.webp"))

	r := recipe()
	expect(t, Run(t.Context(), jobs(t, dir, r, "p.webp"), o), "p.webp: skipped: already in this format")
	r.MaxWidth = 64
	expect(t, Run(t.Context(), jobs(t, dir, r, "p.webp"), o), "p.webp: skipped: already in this format")
	r.MaxWidth = 32
	expect(t, Run(t.Context(), jobs(t, dir, r, "p.webp"), o),
		"p.webp: failed: write \"p.webp\": it is the source (set `overwrite: true` to replace it, or another `output`)")
	if after, _ := os.ReadFile(filepath.Join(dir, "p.webp")); !bytes.Equal(before, after) {
		t.Error("the source was changed")
	}
	w := plan.Spec{Recipe: r, Overwrite: true, Remove: true}
	expect(t, Run(t.Context(), wished(t, dir, w, "p.webp"), o), "p.webp: converted p.webp")
	expect(t, Run(t.Context(), wished(t, dir, w, "p.webp"), o), "p.webp: skipped: already in this format")
}

func TestRunRefusesClaims(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 100, 50)})
	r := recipe()
	r.MaxPixels = 4999
	expect(t, Run(t.Context(), jobs(t, dir, r, "a.png"), Options{Dir: dir}),
		`a.png: failed: decode "a.png": claims 100x50 (5000 pixels), more than the limit of 4999`+
			" (if the file can be trusted, set `max-pixels` to 5000 or more)")
	r.MaxPixels = 5000
	expect(t, Run(t.Context(), jobs(t, dir, r, "a.png"), Options{Dir: dir}), "a.png: converted a.webp")
}

func TestRunRefusesSides(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 16384, 2)})
	r := recipe()
	expect(t, Run(t.Context(), jobs(t, dir, r, "a.png"), Options{Dir: dir}),
		`a.png: failed: encode "a.png": 16384x2 is more than WebP holds, 16383 pixels a side`+
			" (shrink it with `max-width` or `max-height`, at most 16383)")
	r.MaxWidth = 1000
	expect(t, Run(t.Context(), jobs(t, dir, r, "a.png"), Options{Dir: dir}), "a.png: converted a.webp")
}

func TestRunStaysInTheTree(t *testing.T) {
	outside := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48)})
	dir := testfiles.Dir(t, map[string][]byte{"b.png": picture(t, 64, 48), "b/c.png": picture(t, 64, 48)})
	in, out := jobs(t, dir, recipe(), "b/c.png"), jobs(t, dir, recipe(), "b.png")
	for link, target := range map[string]string{"away": outside, "b/d.png": filepath.Join(outside, "a.png")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	in[0].Source.Path = "b/d.png"
	out[0].Output = "away/b.webp"
	expect(t, Run(t.Context(), append(in, out...), Options{Dir: dir}),
		`b/d.png: failed: read "b/d.png": path escapes from parent`,
		`b.png: failed: write "away/b.webp": path escapes from parent`)
	if diff := cmp.Diff([]string{"a.png"}, testfiles.List(t, outside)); diff != "" {
		t.Error(diff)
	}
}

func TestRunNoticesChanges(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48)})
	js := jobs(t, dir, recipe(), "a.png")
	js[0].Source.Size--
	results := Run(t.Context(), js, Options{Dir: dir})
	if err := results[0].Err; err == nil || !strings.Contains(err.Message, "the file changed during the run") {
		t.Errorf("results %v", brief(results))
	}
	if err := os.Remove(filepath.Join(dir, "a.png")); err != nil {
		t.Fatal(err)
	}
	expect(t, Run(t.Context(), js, Options{Dir: dir}), `a.png: failed: read "a.png": no such file or directory`)
}

func TestRunInterrupted(t *testing.T) {
	files := map[string][]byte{}
	var paths []string
	for i := range 40 {
		name := fmt.Sprintf("p%02d.png", i)
		files[name], paths = picture(t, 100, 100), append(paths, name)
	}
	dir := testfiles.Dir(t, files)
	ctx, cancel := context.WithCancel(t.Context())
	results := Run(ctx, jobs(t, dir, recipe(), paths...), Options{
		Dir: dir, Jobs: 2, Progress: func(asset.Result) { cancel() },
	})
	if len(results) == 0 || len(results) > 3 {
		t.Errorf("%d results after an interruption at the first", len(results))
	}
	// What has a result is there, what is there has a result, and nothing else.
	want := slices.Clone(paths)
	for _, r := range results {
		want = append(want, r.Output)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}

	if results := Run(ctx, jobs(t, dir, recipe(), paths...), Options{Dir: dir}); len(results) != 0 {
		t.Errorf("%d results when interrupted from the start", len(results))
	}
}

func TestPanicIsAResult(t *testing.T) {
	// A run without a budget panics on the way to its first picture.
	r := &run{Options: Options{Now: fixedNow}, most: 1 << 30}
	p := r.prepare(t.Context(), []asset.Job{{Source: source("a.png"), Output: "a.webp"}})[0]
	err := p.result.Err
	if err == nil || !strings.HasPrefix(err.Message, `convert "a.png": internal error: `) {
		t.Fatalf("result %+v", p.result)
	}
	if !strings.Contains(err.Hint, "please report it") || !strings.Contains(err.Hint, "memory.go") {
		t.Errorf("hint %q", err.Hint)
	}
}

func TestWorthwhile(t *testing.T) {
	tests := []struct {
		format        asset.Format
		before, after int64
		percent       float64
		want          bool
	}{
		{asset.PNG, 100, 99, 0, true},
		{asset.PNG, 100, 100, 0, false},
		{asset.PNG, 100, 101, 0, false},
		{asset.JPEG, 100, 90, 10, true},
		{asset.JPEG, 100, 91, 10, false},
		{asset.JPEG, 1000, 875, 12.5, true},
		{asset.JPEG, 1000, 876, 12.5, false},
		{asset.HEIC, 100, 300, 50, true},
		{asset.AVIF, 100, 300, 0, false},
		{asset.AVIF, 100, 51, 50, false},
		{asset.AVIF, 100, 50, 50, true},
		{asset.WebP, 100, 100, 0, false},
		{asset.GIF, 100, 0, 100, true},
	}
	for _, tt := range tests {
		if got := Worthwhile(tt.format, tt.before, tt.after, tt.percent); got != tt.want {
			t.Errorf("%s from %d to %d with %v %%: %v", tt.format, tt.before, tt.after, tt.percent, got)
		}
	}
}

// Processors that no other picture needs help with the last ones.
func TestThreads(t *testing.T) {
	n := runtime.GOMAXPROCS(0)
	for _, tc := range []struct{ workers, unfinished, want int }{
		{n, 100, 1}, {n, n, 1}, {n, 1, n}, {1, 100, n}, {2 * n, 2 * n, 1}, {n, 0, n}, {0, 0, n},
	} {
		r := &run{workers: tc.workers}
		r.unfinished.Store(int64(tc.unfinished))
		if got := r.threads(); got != tc.want {
			t.Errorf("%d workers, %d unfinished: %d threads, want %d", tc.workers, tc.unfinished, got, tc.want)
		}
	}
}

func source(path string) asset.Source {
	s := asset.Source{Path: path, Format: asset.PNG, Size: 100}
	switch {
	case strings.HasSuffix(strings.ToLower(path), ".webp"):
		s.Format = asset.WebP
	case strings.HasSuffix(path, ".jpg"):
		s.Format = asset.JPEG
	}
	return s
}
