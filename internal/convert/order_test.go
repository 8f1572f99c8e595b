package convert

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/testfiles"
)

// A PNG with few bytes and many pixels comes before a larger file.
func TestOrder(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{
		"small.png": picture(t, 50, 40), "large.png": picture(t, 300, 300), "middle.png": picture(t, 100, 100),
		"broken.png": make([]byte, 10),
	})
	js := jobs(t, dir, recipe(), "broken.png", "small.png", "large.png", "middle.png")
	r := newRun(t, dir)
	r.groups = asset.BySource(js)
	if diff := cmp.Diff([]int{2, 3, 1, 0}, r.order(js, 2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3}, r.order(js, 4)); diff != "" {
		t.Errorf("with a processor for each: %s", diff)
	}
}

func TestCost(t *testing.T) {
	job := func(f asset.Format, size int64) []asset.Job {
		return []asset.Job{{Source: asset.Source{Format: f, Size: size}, Recipe: asset.Recipe{Variant: asset.Variant{Lossless: asset.LosslessAuto}}}}
	}
	photo := codec.Info{Width: 4000, Height: 3000, Frames: 1, Lossy: true}
	small := job(asset.JPEG, 4e6)
	small[0].Recipe.MaxWidth = 1200
	tests := []struct {
		name         string
		longer, less float64
	}{
		{"HEIC than JPEG", Cost(job(asset.HEIC, 2e6), photo), Cost(job(asset.JPEG, 4e6), photo)},
		{"full size than small", Cost(job(asset.JPEG, 4e6), photo), Cost(small, photo)},
		{"many pixels than many bytes", Cost(job(asset.JPEG, 1e6), photo), Cost(job(asset.JPEG, 9e6), codec.Info{Width: 1000, Height: 1000, Frames: 1, Lossy: true})},
		{"maybe lossless than lossy", Cost(job(asset.PNG, 1e6), codec.Info{Width: 1000, Height: 1000, Frames: 1}), Cost(job(asset.JPEG, 1e6), codec.Info{Width: 1000, Height: 1000, Frames: 1, Lossy: true})},
		{"unknown HEIC than unknown JPEG", Cost(job(asset.HEIC, 2e6), codec.Info{}), Cost(job(asset.JPEG, 2e6), codec.Info{})},
		{"frames", Cost(job(asset.GIF, 1e6), codec.Info{Width: 100, Height: 100, Frames: 30}), Cost(job(asset.GIF, 1e6), codec.Info{Width: 100, Height: 100, Frames: 1})},
	}
	for _, tt := range tests {
		if tt.longer <= tt.less {
			t.Errorf("%s: %v, not more than %v", tt.name, tt.longer, tt.less)
		}
	}
}

func TestCosts(t *testing.T) {
	files := map[string][]byte{"broken.png": make([]byte, 10), "empty.png": {}}
	var paths []string
	for i := range 40 {
		name := fmt.Sprintf("%02d.png", i)
		files[name], paths = picture(t, 10+10*i, 20), append(paths, name)
	}
	paths = append(paths, "broken.png", "empty.png", "gone.png")
	files["gone.png"] = make([]byte, 7)
	dir := testfiles.Dir(t, files)
	js := jobs(t, dir, recipe(), paths...)
	if err := os.Remove(filepath.Join(dir, "gone.png")); err != nil {
		t.Fatal(err)
	}
	want := make([]float64, len(js))
	for i := range 40 {
		want[i] = Cost(js[i:i+1], codec.Info{Width: 10 + 10*i, Height: 20, Frames: 1})
	}
	for i := 40; i < len(js); i++ {
		want[i] = Cost(js[i:i+1], codec.Info{})
	}
	if diff := cmp.Diff(want, Costs(dir, js)); diff != "" {
		t.Error(diff)
	}
	elsewhere := Costs(filepath.Join(dir, "gone"), js)
	if diff := cmp.Diff(want[40:], elsewhere[40:]); diff != "" || len(elsewhere) != len(js) || elsewhere[0] <= 0 {
		t.Errorf("without a folder %v: %s", elsewhere, diff)
	}
	if got := Costs(dir, nil); len(got) != 0 {
		t.Errorf("of nothing %v", got)
	}
}
