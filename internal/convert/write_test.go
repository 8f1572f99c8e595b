package convert

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/plan"
)

func fixedNow() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestWriteFails(t *testing.T) {
	dir := plant(t, map[string][]byte{"a.png": picture(t, 64, 48), "file": nil, "full/b.png": picture(t, 64, 48)})
	if err := os.Mkdir(filepath.Join(dir, "full/b.webp"), 0o755); err != nil {
		t.Fatal(err)
	}
	js := wished(t, dir, plan.Spec{Recipe: recipe(), Overwrite: true}, "a.png", "full/b.png")
	js[0].Output = "file/a.webp"
	expect(t, Run(t.Context(), js, Options{Dir: dir}),
		`a.png: failed: write "file/a.webp": not a directory (a file is where a folder is needed: set another `+"`output`)",
		`full/b.png: failed: write "full/b.webp": it is a folder (set another `+"`output`, such as {dir}/{name}.{ext}.webp)")
	if diff := cmp.Diff([]string{"a.png", "file", "full/b.png"}, listing(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestOverwriteReplacesLinkNotTarget(t *testing.T) {
	dir := plant(t, map[string][]byte{"a.png": picture(t, 64, 48), "precious": []byte("x")})
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
	dir := plant(t, map[string][]byte{
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
	if diff := cmp.Diff(want, listing(t, dir)); diff != "" {
		t.Error(diff)
	}
}
