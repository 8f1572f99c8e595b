package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/testfiles"
)

// tree returns all files below dir with their content, but for the manifest,
// and the folders that are empty.
func plant(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if inside, _ := os.ReadDir(filepath.Join(dir, name)); len(inside) == 0 {
				got[name+"/"] = ""
			}
			return nil
		}
		if e.Type() == fs.ModeSymlink {
			got[name], err = os.Readlink(filepath.Join(dir, name))
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if name != bundle.ManifestName {
			got[name] = string(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{"a.webp": "A", "b/c.webp": "C"})
	f := Folder{Dir: filepath.Join(dir, "out")}
	d := Delivery{
		Dir: dir, Prefix: "site", Remove: always, Report: []byte("{}"),
		Results: []asset.Result{made("b/c.png", "b/c.webp", "C"), made("a.png", "a.webp", "A")},
	}
	want := asset.Receipt{
		Store: "folder", Ref: f.Dir,
		Paths: []string{"a.webp", "b/c.webp"}, Removed: []string{"a.png", "b/c.png"},
	}
	for range 2 {
		got, err := f.Deliver(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"site/a.webp": "A", "site/b/c.webp": "C", bundle.ReportName: "{}"}, plant(t, f.Dir)); diff != "" {
			t.Error(diff)
		}
	}

	// A stranger's files are left alone, and so is one that was changed since.
	testfiles.Write(t, f.Dir, "site/b/theirs.webp", "theirs")
	testfiles.Write(t, f.Dir, "site/a.webp", "changed")
	testfiles.Write(t, dir, "d.webp", "D")
	d.Results = []asset.Result{made("d.png", "d.webp", "D")}
	got, err := f.Deliver(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], `"site/a.webp" of an earlier run`) {
		t.Errorf("notes are %q", got.Notes)
	}
	wantTree := map[string]string{"site/d.webp": "D", "site/a.webp": "changed", "site/b/theirs.webp": "theirs", bundle.ReportName: "{}"}
	if diff := cmp.Diff(wantTree, plant(t, f.Dir)); diff != "" {
		t.Error(diff)
	}

	// They are in the way of nothing but their own place.
	testfiles.Write(t, dir, "b/theirs.webp", "ours")
	d.Results = []asset.Result{made("b/theirs.png", "b/theirs.webp", "ours"), made("a.png", "a.webp", "A")}
	got, err = f.Deliver(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	wantLeft := []asset.Undelivered{
		{Path: "a.webp", Reason: `"site/a.webp" is there, and webpress did not put it there`},
		{Path: "b/theirs.webp", Reason: `"site/b/theirs.webp" is there, and webpress did not put it there`},
	}
	if diff := cmp.Diff(wantLeft, got.Left); diff != "" || got.Paths != nil {
		t.Errorf("paths %q, %s", got.Paths, diff)
	}
	delete(wantTree, "site/d.webp")
	if diff := cmp.Diff(wantTree, plant(t, f.Dir)); diff != "" {
		t.Error(diff)
	}
}

func TestFolderEmpties(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{"x/y/a.webp": "A"})
	f := Folder{Dir: filepath.Join(t.TempDir(), "new", "out")}
	d := Delivery{Dir: dir, Results: []asset.Result{made("x/y/a.png", "x/y/a.webp", "A")}}
	if got, err := f.Deliver(t.Context(), Delivery{Dir: dir}); err != nil || got.Ref != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := os.Stat(f.Dir); err == nil {
		t.Error("the folder was made for nothing")
	}
	if _, err := f.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Deliver(t.Context(), Delivery{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{}, plant(t, f.Dir)); diff != "" {
		t.Error(diff)
	}
}

// TestFolderAfterKill starts from what a killed run may leave behind.
func TestFolderAfterKill(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{"a.webp": "A", "b.webp": "B"})
	f := Folder{Dir: filepath.Join(dir, "out")}
	d := Delivery{Dir: dir, Results: []asset.Result{made("a.png", "a.webp", "A"), made("b.png", "b.webp", "B")}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b, _, err := pack(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer b.root.Close()
	if err := os.Mkdir(f.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	to, err := os.OpenRoot(f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if err := (&placing{packed: b, to: to}).place(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v", err)
	}
	// Half of it was written, with other settings than those of the next run.
	testfiles.Write(t, f.Dir, "a.webp", "old A")
	got, err := f.Deliver(t.Context(), d)
	if err != nil || got.Left != nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]string{"a.webp": "A", "b.webp": "B"}, plant(t, f.Dir)); diff != "" {
		t.Error(diff)
	}
}

func TestFolderRefused(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{
		"work/a.webp": "A", "file": "", "work/.git/x": "", "manifest/" + bundle.ManifestName: `{"mine": true}`, "report/" + bundle.ReportName: "{}",
	})
	if err := os.Symlink("work", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	d := Delivery{Dir: filepath.Join(dir, "work"), Results: []asset.Result{made("a.png", "a.webp", "A")}}
	tests := []struct{ at, why string }{
		{"work", "it is the working directory itself"},
		{"link", "it is the working directory itself"},
		{".", "the working directory is inside of it"},
		{"work/.git/webpress", "inside git's own folder"},
		{"file", "it is not a folder"},
		{"manifest", "is not a webpress manifest"},
		{"report", "exists without a manifest"},
	}
	for _, tt := range tests {
		t.Run(tt.at, func(t *testing.T) {
			before := plant(t, dir)
			_, err := Folder{Dir: filepath.Join(dir, tt.at)}.Deliver(t.Context(), d)
			var fault *asset.HintError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.why) || !strings.Contains(fault.Hint, "artifact-dir") {
				t.Errorf("error is %v", err)
			}
			if diff := cmp.Diff(before, plant(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFolderWithLinks has links in the folder lead out of it.
func TestFolderWithLinks(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{"sub/a.webp": "A", "b.webp": "B"})
	out, outside := t.TempDir(), t.TempDir()
	testfiles.Write(t, outside, "b.webp", "theirs")
	if err := errors.Join(os.Symlink(outside, filepath.Join(out, "sub")), os.Symlink(filepath.Join(outside, "b.webp"), filepath.Join(out, "b.webp"))); err != nil {
		t.Fatal(err)
	}
	got, err := Folder{Dir: out}.Deliver(t.Context(), Delivery{Dir: dir, Results: []asset.Result{
		made("sub/a.png", "sub/a.webp", "A"), made("b.png", "b.webp", "B"),
	}})
	if err != nil || len(got.Left) != 2 || got.Paths != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]string{"b.webp": "theirs"}, plant(t, outside)); diff != "" {
		t.Error(diff)
	}
}

// TestFolderPage has the report to look at of the run, and of no other.
func TestFolderPage(t *testing.T) {
	t.Parallel()
	dir := testfiles.Dir(t, map[string]string{"a.webp": "A", "b.webp": "B"})
	f := Folder{Dir: filepath.Join(dir, "out")}
	d := Delivery{Dir: dir, Results: []asset.Result{made("a.png", "a.webp", "A")}, Page: func(_ context.Context, files []File) []byte {
		return []byte("page of " + files[0].Output)
	}}
	got, err := f.Deliver(t.Context(), d)
	if err != nil || got.Page != bundle.PageName {
		t.Fatalf("%+v, %v", got, err)
	}
	if page := plant(t, f.Dir)[bundle.PageName]; page != "page of a.webp" {
		t.Errorf("the page is %q", page)
	}
	d.Results, d.Page = []asset.Result{made("b.png", "b.webp", "B")}, nil
	if got, err = f.Deliver(t.Context(), d); err != nil || got.Page != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, there := plant(t, f.Dir)[bundle.PageName]; there {
		t.Error("the page of the run before is left")
	}
	// One that somebody else has put there is not replaced.
	other := Folder{Dir: testfiles.Dir(t, map[string]string{bundle.PageName: "theirs"})}
	if _, err := other.Deliver(t.Context(), d); err == nil || plant(t, other.Dir)[bundle.PageName] != "theirs" {
		t.Errorf("it was replaced: %v", err)
	}
}
