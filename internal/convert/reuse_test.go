package convert

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/testfiles"
)

// memory is a cache of outputs by the blobs of their sources.
type memory struct {
	mu         sync.Mutex
	outputs    map[string]Output
	asked, got []string
}

func (m *memory) options(dir string) Options {
	return Options{
		Dir: dir, Now: fixedNow,
		// The ids of these tests are no hashes.
		Blob: func(context.Context, string, []byte) (string, error) { return "", nil },
		Cached: func(j asset.Job) (Output, bool) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.asked = append(m.asked, j.Source.Path)
			out, ok := m.outputs[j.Source.Blob]
			return out, ok
		},
		Keep: func(j asset.Job, out Output) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.got = append(m.got, j.Source.Path)
			m.outputs[j.Source.Blob] = out
		},
	}
}

// blobs gives the sources of jobs their paths as ids.
func blobs(js []asset.Job) []asset.Job {
	for i := range js {
		js[i].Source.Blob = js[i].Source.Path
	}
	return js
}

// Results are the same with and without the cache.
func TestCached(t *testing.T) {
	files := map[string][]byte{"small.png": picture(t, 1, 1), "broken.png": []byte("broken")}
	const catalogue = "../../testdata/pictures"
	for _, name := range testfiles.List(t, catalogue) {
		if data := content(t, catalogue, name); len(data) < 50_000 {
			files[name] = data
		}
	}
	dir := testfiles.Dir(t, files)
	var sources []asset.Source
	for name, data := range files {
		format, ok := asset.Sniff(data)
		if name == "broken.png" { // content that is no image has no format
			format, ok = asset.PNG, true
		}
		if ok {
			sources = append(sources, asset.Source{Path: name, Format: format, Size: int64(len(data)), Blob: name, Notes: []string{"noted"}})
		}
	}
	slices.SortFunc(sources, func(a, b asset.Source) int { return strings.Compare(a.Path, b.Path) })
	r := recipe()
	r.Output = "out/{dir}/{name}.{ext}.webp"
	jobs, _ := plan.Jobs(sources, func(asset.Source) []plan.Spec { return []plan.Spec{{Recipe: r, Overwrite: true}} })

	m := &memory{outputs: map[string]Output{}}
	without := Run(t.Context(), jobs, Options{Dir: dir, Now: fixedNow, Blob: m.options(dir).Blob})
	first := Run(t.Context(), jobs, m.options(dir))
	kept := len(m.got)
	for i := range without {
		if without[i].Reason == asset.UpToDate {
			t.Fatalf("%s is up to date in the first run", without[i].Source.Path)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	second := Run(t.Context(), jobs, m.options(dir))
	if diff := cmp.Diff(without, second); diff != "" {
		t.Errorf("with a cache (-without +with):\n%s", diff)
	}
	if len(first) != len(second) {
		t.Errorf("%d results, then %d", len(first), len(second))
	}
	failed := 0
	for _, r := range without {
		if r.Status == asset.Failed {
			failed++
		}
	}
	if kept < 8 || kept+failed != len(jobs) || len(m.got) != kept || len(m.asked) != 2*len(jobs) {
		t.Errorf("%d jobs, of which %d fail: kept %d, then %d more, asked %d times",
			len(jobs), failed, kept, len(m.got)-kept, len(m.asked))
	}
	if !slices.ContainsFunc(second, func(r asset.Result) bool { return r.Reason == asset.NotSmaller }) {
		t.Error("no picture is not smaller")
	}
}

func TestCachedDoesNotOpenSource(t *testing.T) {
	good := picture(t, 64, 48)
	dir := testfiles.Dir(t, map[string][]byte{"a.png": good})
	m := &memory{outputs: map[string]Output{}}
	js := blobs(jobs(t, dir, recipe(), "a.png"))
	expect(t, Run(t.Context(), js, m.options(dir)), "a.png: converted a.webp")
	want := content(t, dir, "a.webp")

	dir = testfiles.Dir(t, map[string][]byte{"a.png": make([]byte, len(good))})
	js = blobs(jobs(t, dir, recipe(), "a.png"))
	expect(t, Run(t.Context(), js, m.options(dir)), "a.png: converted a.webp")
	if !bytes.Equal(content(t, dir, "a.webp"), want) {
		t.Error("the output is not the cached one")
	}
}

// Jobs that have no use for a cache, and what a cache must not be trusted with.
func TestCachedLeftAlone(t *testing.T) {
	old := outputOf(t, 64, 48)
	hit := Output{Data: old, Width: 64, Height: 48, Frames: 1, Lossless: true, Pixels: 64 * 48, After: int64(len(old)), Notes: []string{"cached"}}
	change := func(f func(*Output)) Output {
		out := hit
		f(&out)
		return out
	}
	limit := recipe()
	limit.MaxPixels = 64*48 - 1
	tests := []struct {
		name   string
		w      plan.Spec
		path   string
		job    func(*asset.Job)
		cached Output
		// used says that the output is that of the cache, asked and kept that it was
		// called.
		used, asked, kept bool
	}{
		{name: "taken", cached: hit, used: true, asked: true},
		{name: "no blob", job: func(j *asset.Job) { j.Source.Blob = "" }, cached: hit},
		{name: "like another", job: func(j *asset.Job) { j.ReuseFrom = "old.webp" }, cached: hit},
		{name: "like nothing", job: func(j *asset.Job) { j.ReuseFrom = "gone.webp" }, cached: hit, used: true, asked: true},
		{name: "in place", path: "old.webp", w: plan.Spec{Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80, MaxWidth: 9}, Output: "{dir}/{name}.webp"}, Overwrite: true}, cached: hit},
		{name: "more pixels than allowed", w: plan.Spec{Recipe: limit}, cached: hit, asked: true},
		{name: "nothing in it", cached: change(func(o *Output) { o.Data, o.After = nil, 0 }), asked: true, kept: true},
		{name: "no picture", cached: change(func(o *Output) { o.Data, o.After = []byte("x"), 1 }), asked: true, kept: true},
		{name: "another size", cached: change(func(o *Output) { o.Width = 63 }), asked: true, kept: true},
		{name: "another length", cached: change(func(o *Output) { o.After-- }), asked: true, kept: true},
		{name: "another format", cached: change(func(o *Output) { o.Data = picture(t, 64, 48); o.After = int64(len(o.Data)) }), asked: true, kept: true},
		{name: "not smaller, and it is", cached: Output{Reason: asset.NotSmaller, After: 10}, asked: true, kept: true},
		{name: "smaller, and it is not", cached: change(func(o *Output) { o.After = 1 << 30 }), asked: true, kept: true},
		{name: "another reason", cached: Output{Reason: asset.IsWebP}, asked: true, kept: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "old.webp": old})
			if tt.w.Recipe.Format == "" {
				tt.w.Recipe.Format, tt.w.Recipe.Lossless = asset.WebP, asset.LosslessAuto
				tt.w.Recipe.Quality, tt.w.Recipe.Metadata, tt.w.Recipe.Output = 80, asset.MetadataICC, "{dir}/{name}.webp"
			}
			if tt.path == "" {
				tt.path = "a.png"
			}
			js := blobs(wished(t, dir, tt.w, tt.path))
			if tt.job != nil {
				tt.job(&js[0])
			}
			m := &memory{outputs: map[string]Output{js[0].Source.Blob: tt.cached}}
			r := Run(t.Context(), js, m.options(dir))[0]
			if used := slices.Contains(r.Notes, "cached"); used != tt.used || len(m.asked) > 0 != tt.asked || len(m.got) > 0 != tt.kept {
				t.Errorf("used %v, asked %v, kept %v", used, len(m.asked) > 0, len(m.got) > 0)
			}
			if tt.w.Recipe.MaxPixels > 0 && r.Status != asset.Failed || tt.w.Recipe.MaxPixels == 0 && r.Status != asset.Converted {
				t.Errorf("result %v", brief([]asset.Result{r}))
			}
		})
	}
}

// Of an output that was made before only its own size is known, and it is its source's
// only where nothing could change it.
func TestSourceSizeOfReused(t *testing.T) {
	for _, tt := range []struct {
		variant asset.Variant
		known   bool
	}{
		{asset.Variant{}, true},
		{asset.Variant{MaxWidth: 20}, false},
		{asset.Variant{MaxHeight: 10}, false},
		{asset.Variant{Width: 20}, false},
		{asset.Variant{Height: 10}, false},
		{asset.Variant{Width: 20, Height: 10, Crop: "center"}, false},
	} {
		var p prepared
		p.finalize(asset.Job{Output: "a.webp", Recipe: asset.Recipe{Variant: tt.variant}}, Output{Width: 20, Height: 10})
		want := [2]int{}
		if tt.known {
			want = [2]int{20, 10}
		}
		if got := [2]int{p.result.SourceWidth, p.result.SourceHeight}; got != want {
			t.Errorf("%+v: source of %v pixels, want %v", tt.variant, got, want)
		}
	}
}
