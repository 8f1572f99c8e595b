package convert

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/testfiles"
)

func fixedNow() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestWriteFails(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "file": nil, "full/b.png": picture(t, 64, 48)})
	if err := os.Mkdir(filepath.Join(dir, "full/b.webp"), 0o755); err != nil {
		t.Fatal(err)
	}
	js := wished(t, dir, plan.Spec{Recipe: recipe(), Overwrite: true}, "a.png", "full/b.png")
	js[0].Output = "file/a.webp"
	expect(t, Run(t.Context(), js, Options{Dir: dir}),
		`a.png: failed: write "file/a.webp": not a directory (a file is where a folder is needed: move it away, or set another `+"`output`)",
		`full/b.png: failed: write "full/b.webp": it is a folder (set another `+"`output`, such as {dir}/{name}.{ext}.webp)")
	if diff := cmp.Diff([]string{"a.png", "file", "full/b.png"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestOverwriteReplacesLinkNotTarget(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "precious": []byte("x")})
	if err := os.Symlink("precious", filepath.Join(dir, "a.webp")); err != nil {
		t.Skip(err)
	}
	expect(t, Run(t.Context(), wished(t, dir, plan.Spec{Recipe: recipe(), Overwrite: true}, "a.png"), Options{Dir: dir}), "a.png: converted a.webp")
	if data, _ := os.ReadFile(filepath.Join(dir, "precious")); string(data) != "x" {
		t.Errorf("the target of the link holds %q", data)
	}
	if info, err := os.Lstat(filepath.Join(dir, "a.webp")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the output is %v, %v", info, err)
	}
}

func TestSweep(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{
		"a.png": picture(t, 64, 48), ".webpress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp": nil, ".webpress-BBCDEFGHIJKLMNOPQRSTUVWXYZ.tmp": nil, ".webpress-notes": nil,
	})
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{".webpress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp", ".webpress-notes"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	Run(t.Context(), jobs(t, dir, recipe(), "a.png"), Options{Dir: dir})
	want := []string{".webpress-BBCDEFGHIJKLMNOPQRSTUVWXYZ.tmp", ".webpress-notes", "a.png", "a.webp"}
	if diff := cmp.Diff(want, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// The folder of a result, and then all of the tree, is removed while the run is at work.
func TestFolderRemovedMeanwhile(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "b.png": picture(t, 64, 48)})
	js := wished(t, dir, plan.Spec{Recipe: recipe()}, "a.png", "b.png")
	js[0].Output = "out/a.webp"
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	removed := map[string]string{"a.png": filepath.Join(dir, "out"), "b.png": dir}
	o := Options{Dir: dir, Jobs: 1, Made: func(j asset.Job) (Output, error) {
		return Output{Data: []byte("made"), Width: 1, Height: 1, Frames: 1}, os.RemoveAll(removed[j.Source.Path])
	}}
	expect(t, Run(t.Context(), js[:1], o), "a.png: converted out/a.webp")
	expect(t, Run(t.Context(), js[1:], o),
		`b.png: failed: write "b.webp": no such file or directory (a folder was removed while webpress wrote to it: run it again)`)
}
