package convert

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
)

// outputOf is the output for a picture of w x h pixels.
func outputOf(t *testing.T, w, h int) []byte {
	t.Helper()
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, w, h)})
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "a.png"), Options{Dir: dir}), "a.png: converted a.webp")
	return content(t, dir, "a.webp")
}

func content(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// like makes a job for a.png that is like the file at path.
func like(t *testing.T, dir, path string, moved bool) []asset.Job {
	t.Helper()
	js := jobs(t, dir, recipe(), "a.png")
	js[0].ReuseFrom, js[0].RemoveReused = path, moved
	return js
}

func TestOwnIsReplaced(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "a.webp": []byte("of yesterday")})
	js := jobs(t, dir, recipe(), "a.png")
	js[0].OwnsOutput = true
	expect(t, Run(t.Context(), js, Options{Dir: dir}), "a.png: converted a.webp")
	expect(t, Run(t.Context(), js, Options{Dir: dir}), "a.png: skipped: already up to date")

	// A link in its place is nothing that webpress has made.
	refused := `a.png: failed: write "a.webp": a different file is there already` +
		" (set `overwrite: true` to replace it, or another `output`)"
	if err := os.Remove(filepath.Join(dir, "a.webp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.png", filepath.Join(dir, "a.webp")); err != nil {
		t.Skip(err)
	}
	expect(t, Run(t.Context(), js, Options{Dir: dir}), refused)
}

func TestOwnSourceIsKept(t *testing.T) {
	data := outputOf(t, 64, 48)
	dir := testfiles.Dir(t, map[string][]byte{"a.webp": data})
	r := recipe()
	r.MaxWidth = 10
	js := jobs(t, dir, r, "a.webp")
	js[0].OwnsOutput = true
	expect(t, Run(t.Context(), js, Options{Dir: dir}),
		"a.webp: failed: write \"a.webp\": it is the source (set `overwrite: true` to replace it, or another `output`)")
	if !bytes.Equal(content(t, dir, "a.webp"), data) {
		t.Error("the source was changed")
	}
}

func TestLike(t *testing.T) {
	fresh := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 60, 50)})
	converted := Run(t.Context(), jobs(t, fresh, recipe(), "a.png"), Options{Dir: fresh, Now: fixedNow})[0]
	old := content(t, fresh, "a.webp")
	for _, tt := range []struct {
		name         string
		moved, dry   bool
		like, output string
		replaced     string
		files        []string
	}{
		{name: "copied", like: "old/a.webp", files: []string{"a.png", "a.webp", "old/a.webp"}},
		{name: "moved", like: "old/a.webp", moved: true, replaced: "old/a.webp", files: []string{"a.png", "a.webp"}},
		{name: "dry run", like: "old/a.webp", moved: true, dry: true, files: []string{"a.png", "old/a.webp"}},
		{name: "in its place", like: "a.webp", moved: true, files: []string{"a.png", "a.webp"}},
		{name: "only the case", like: "A.webp", moved: true, replaced: "A.webp", files: []string{"a.png", "a.webp"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The source is as long as the picture that it should be, and is none: it
			// is not looked at.
			dir := testfiles.Dir(t, map[string][]byte{"a.png": make([]byte, 5000), tt.like: old})
			if _, err := os.Stat(filepath.Join(dir, "a.webp")); err == nil && tt.like == "A.webp" {
				t.Skip("the file system does not tell them apart")
			}
			js := like(t, dir, tt.like, tt.moved)
			js[0].Source.Notes = []string{"found"}
			got := Run(t.Context(), js, Options{Dir: dir, DryRun: tt.dry, Now: fixedNow})
			want := converted
			want.Source, want.Before, want.Replaced = js[0].Source, 5000, tt.replaced
			want.Notes = []string{"found", fmt.Sprintf("taken from %q: same image, same settings", tt.like)}
			if tt.like == "a.webp" {
				want.Status, want.Reason = asset.Skipped, asset.UpToDate
			}
			if diff := cmp.Diff([]asset.Result{want}, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.files, testfiles.List(t, dir)); diff != "" {
				t.Error(diff)
			}
			if !tt.dry && !bytes.Equal(content(t, dir, "a.webp"), old) {
				t.Error("the output is not what it should be like")
			}
		})
	}
}

// Whatever is wrong with the older output, the picture is converted, and a file that
// was not used is not removed.
func TestLikeFallsBack(t *testing.T) {
	good := outputOf(t, 64, 48)
	for _, tt := range []struct {
		name   string
		like   string
		data   []byte
		tamper func(t *testing.T, dir string, j *asset.Job)
	}{
		{name: "gone", like: "gone.webp"},
		{name: "no picture", like: "old.webp", data: []byte("notes")},
		{name: "half", like: "old.webp", data: good[:len(good)/2]},
		{name: "damaged", like: "old.webp", data: append(slices.Clone(good[:20]), make([]byte, len(good)-20)...)},
		{name: "another format", like: "old.webp", data: picture(t, 64, 48)},
		{name: "outside", like: "../old.webp"},
		{name: "a folder", like: "sub"},
		{name: "wider than the recipe", like: "old.webp", data: good, tamper: func(t *testing.T, dir string, j *asset.Job) {
			j.Recipe.MaxWidth = 63
		}},
		{name: "a link", like: "link.webp", data: good, tamper: func(t *testing.T, dir string, j *asset.Job) {
			err := os.Rename(filepath.Join(dir, "link.webp"), filepath.Join(dir, "target.webp"))
			if err == nil {
				err = os.Symlink("target.webp", filepath.Join(dir, "link.webp"))
			}
			if err != nil {
				t.Skip(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string][]byte{"a.png": picture(t, 64, 48), "sub/x": nil}
			if tt.data != nil {
				files[tt.like] = tt.data
			}
			dir := testfiles.Dir(t, files)
			js := like(t, dir, tt.like, true)
			if tt.tamper != nil {
				tt.tamper(t, dir, &js[0])
			}
			before := testfiles.List(t, dir)
			results := Run(t.Context(), js, Options{Dir: dir})
			expect(t, results, "a.png: converted a.webp")
			if r := results[0]; len(r.Notes) > 0 || r.Replaced != "" {
				t.Errorf("notes %q, replaced %q", r.Notes, r.Replaced)
			}
			if diff := cmp.Diff(append([]string{"a.png", "a.webp"}, before[1:]...), testfiles.List(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLikeIsNotSmaller(t *testing.T) {
	old := outputOf(t, 64, 48)
	dir := testfiles.Dir(t, map[string][]byte{"a.png": make([]byte, len(old)), "old.webp": old})
	results := Run(t.Context(), like(t, dir, "old.webp", true), Options{Dir: dir})
	expect(t, results, "a.png: skipped: not smaller")
	if r := results[0]; r.After != int64(len(old)) || r.Notes != nil {
		t.Errorf("result %+v", r)
	}
	if diff := cmp.Diff([]string{"a.png", "old.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// A source that is not what was found is told of as without an older output.
func TestLikeOfChangedSource(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "old.webp": outputOf(t, 64, 48)})
	js := like(t, dir, "old.webp", false)
	if err := os.Remove(filepath.Join(dir, "a.png")); err != nil {
		t.Fatal(err)
	}
	expect(t, Run(t.Context(), js, Options{Dir: dir}), `a.png: failed: read "a.png": no such file or directory`)
}

func TestLikeRemovesSource(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "old.webp": outputOf(t, 64, 48)})
	js := like(t, dir, "old.webp", true)
	js[0].Remove = true
	expect(t, Run(t.Context(), js, Options{Dir: dir}), "a.png: converted a.webp")
	if diff := cmp.Diff([]string{"a.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// Two pictures have swapped their names: each older output is in the other's place.
func TestLikeSwapped(t *testing.T) {
	a, b := picture(t, 64, 48), picture(t, 48, 64)
	for range 10 {
		dir := testfiles.Dir(t, map[string][]byte{"a.png": b, "a.webp": outputOf(t, 64, 48), "b.png": a, "b.webp": outputOf(t, 48, 64)})
		js := jobs(t, dir, recipe(), "a.png", "b.png")
		for i, like := range []string{"b.webp", "a.webp"} {
			js[i].OwnsOutput, js[i].ReuseFrom = true, like
		}
		expect(t, Run(t.Context(), js, Options{Dir: dir, Jobs: 2}), "a.png: converted a.webp", "b.png: converted b.webp")
		if !bytes.Equal(content(t, dir, "a.webp"), outputOf(t, 48, 64)) || !bytes.Equal(content(t, dir, "b.webp"), outputOf(t, 64, 48)) {
			t.Fatal("the outputs are not those of their sources")
		}
	}
}

// An older output that several sources are like goes when the last has read it.
func TestLikeShared(t *testing.T) {
	png := picture(t, 64, 48)
	files := map[string][]byte{"old.webp": outputOf(t, 64, 48)}
	var paths []string
	for i := range 8 {
		paths = append(paths, fmt.Sprintf("%d.png", i))
		files[paths[i]] = png
	}
	dir := testfiles.Dir(t, files)
	js := jobs(t, dir, recipe(), paths...)
	for i := range js {
		js[i].ReuseFrom, js[i].RemoveReused = "old.webp", true
	}
	replaced := 0
	for _, r := range Run(t.Context(), js, Options{Dir: dir, Jobs: 4}) {
		if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], `taken from "old.webp"`) {
			t.Errorf("%s: notes %q", r.Source.Path, r.Notes)
		}
		if r.Replaced != "" {
			replaced++
		}
	}
	if files := testfiles.List(t, dir); replaced != 1 || slices.Contains(files, "old.webp") || len(files) != 16 {
		t.Errorf("replaced %d times, files %q", replaced, files)
	}
}

// An older output that is a source of this run is a picture in its own right.
func TestLikeIsSource(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48), "old.webp": outputOf(t, 64, 48)})
	js := append(like(t, dir, "old.webp", true), jobs(t, dir, recipe(), "old.webp")...)
	expect(t, Run(t.Context(), js, Options{Dir: dir}), "a.png: converted a.webp", "old.webp: skipped: already in this format")
	if diff := cmp.Diff([]string{"a.png", "a.webp", "old.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRemoveReused(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.webp": []byte("new"), "old.webp": []byte("old"), "other.webp": []byte("old")})
	r := newRun(t, dir)
	other, err := r.files.Lstat("other.webp")
	if err != nil {
		t.Fatal(err)
	}
	p := prepared{like: other}
	r.removeReused(&p, asset.Job{Output: "a.webp", ReuseFrom: "old.webp"})
	if p.result.Replaced != "" || !slices.Equal(p.result.Notes, []string{`"old.webp" is still there: it changed during the run`}) {
		t.Errorf("result %+v", p.result)
	}
	p = prepared{like: other}
	r.removeReused(&p, asset.Job{Output: "a.webp", ReuseFrom: "gone.webp"})
	if p.result.Replaced != "" || p.result.Notes != nil {
		t.Errorf("result %+v", p.result)
	}
	r.files.Close()
	p = prepared{like: other}
	r.removeReused(&p, asset.Job{Output: "a.webp", ReuseFrom: "other.webp"})
	if p.result.Replaced != "" || len(p.result.Notes) != 1 {
		t.Errorf("result %+v", p.result)
	}
	if diff := cmp.Diff([]string{"a.webp", "old.webp", "other.webp"}, testfiles.List(t, dir)); diff != "" {
		t.Error(diff)
	}
}
