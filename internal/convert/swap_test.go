//go:build unix

package convert

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

// TestSwappedFolder swaps a folder for a link to one outside of the tree, once the
// output is written and before its source is removed: nothing outside is touched. The
// next output has no way out either.
func TestSwappedFolder(t *testing.T) {
	data := picture(t, 64, 48)
	outside := testfiles.Dir(t, map[string][]byte{"a.png": data, "b.png": data})
	dir := testfiles.Dir(t, map[string][]byte{"in/a.png": data, "in/b.png": data})
	var jobs []asset.Job
	for _, name := range []string{"a", "b"} {
		jobs = append(jobs, asset.Job{
			Source: asset.Source{Path: "in/" + name + ".png", Format: asset.PNG, Size: int64(len(data))},
			Output: "in/" + name + ".webp", Remove: true, Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80}},
		})
	}
	swapped := false
	results := Run(t.Context(), jobs, Options{Dir: dir, Jobs: 1, Finished: func(asset.Job, asset.Result, []byte) error {
		if swapped {
			t.Error("an output is written through a link")
			return nil
		}
		swapped = true
		if err := os.Rename(filepath.Join(dir, "in"), filepath.Join(dir, "was")); err != nil {
			return err
		}
		return os.Symlink(outside, filepath.Join(dir, "in"))
	}})
	if !swapped || len(results) != 2 {
		t.Fatalf("%v, %d results", swapped, len(results))
	}
	for _, r := range results {
		if r.Status != asset.Failed {
			t.Errorf("%s is %s", r.Source.Path, r.Status)
		}
	}
	names, err := os.ReadDir(outside)
	if err != nil || len(names) != 2 {
		t.Errorf("outside there are %v, %v", names, err)
	}
	for _, name := range []string{"was/a.png", "was/b.png"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestFinishedFails keeps the source of which no line was written, and fails nothing
// else.
func TestFinishedFails(t *testing.T) {
	data := picture(t, 64, 48)
	for _, remove := range []bool{false, true} {
		dir := testfiles.Dir(t, map[string][]byte{"a.png": data})
		job := asset.Job{
			Source: asset.Source{Path: "a.png", Format: asset.PNG, Size: int64(len(data))},
			Output: "a.webp", Remove: remove, Recipe: asset.Recipe{Variant: asset.Variant{Format: asset.WebP, Quality: 80}},
		}
		calls := 0
		results := Run(t.Context(), []asset.Job{job}, Options{Dir: dir, Finished: func(_ asset.Job, r asset.Result, out []byte) error {
			calls++
			written, err := os.ReadFile(filepath.Join(dir, r.Output))
			if err != nil || string(written) != string(out) {
				t.Errorf("the output is not in its place: %v", err)
			}
			return os.ErrPermission
		}})
		if failed := results[0].Status == asset.Failed; failed != remove || calls != 1 {
			t.Errorf("remove %v: %s, %d calls", remove, results[0].Status, calls)
		}
		if _, err := os.Stat(filepath.Join(dir, "a.png")); err != nil {
			t.Error(err)
		}
	}
}
