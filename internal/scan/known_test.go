package scan_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testgit"
)

// What the content of a file is need not be found out twice.
func TestKnown(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, files{
		"a.png": png, "sub/b.png": jpeg, "changed.png": png, "large.png": png,
		"new.png": png, ".gitignore": "dist\n",
	})
	testgit.Run(t, dir, "init", "--quiet")
	testgit.Run(t, dir, "add", "--all")
	try(t, os.Remove(filepath.Join(dir, "new.png")))
	testgit.Run(t, dir, "rm", "--quiet", "--cached", "new.png")
	plant(t, dir, files{"new.png": png + "new", "changed.png": png + "more", "dist/c.png": png})
	// A file that cannot be read is a source all the same, if it is known.
	try(t, os.Chmod(filepath.Join(dir, "sub/b.png"), 0))

	var mu sync.Mutex
	asked := map[string]bool{}
	o := scan.Options{
		Dir: dir, MaxFileSizeOf: func(file string) int64 {
			if file == "large.png" {
				return int64(len(png)) - 1
			}
			return 0
		},
		Known: func(file, blob string) (asset.Format, int64, bool) {
			mu.Lock()
			asked[file] = blob != ""
			mu.Unlock()
			switch file {
			case "sub/b.png":
				return asset.JPEG, int64(len(jpeg)), true
			case "large.png":
				return asset.PNG, int64(len(png)), true
			}
			return "", 0, false
		},
	}
	found := find(t, o)
	diff(t, "Sources", []string{"a.png", "changed.png", "new.png", "sub/b.png"}, paths(found.Sources))
	b := found.Sources[3]
	if b.Format != asset.JPEG || b.Size != int64(len(jpeg)) || len(b.Notes) != 1 {
		t.Errorf("sub/b.png: %+v", b)
	}
	diff(t, "Failed", []string{`open "large.png": file has 16 B, more than the 15 B that max-file-size allows => raise max-file-size if the file is right`}, faults(found.Failed))
	if found.Opened != 3 {
		t.Errorf("%d files opened, of which only 3 are not known", found.Opened)
	}
	if asked["changed.png"] || asked["new.png"] || !asked["a.png"] {
		t.Errorf("asked about %v", asked)
	}
	if f := found.Files["changed.png"]; f.Blob != "" || found.Files["a.png"].Blob == "" {
		t.Errorf("Files: %+v", found.Files)
	}
	for _, s := range found.Sources {
		if s.Ignored {
			t.Errorf("%q is not ignored", s.Path)
		}
	}

	o.Globs = []string{"dist/*.png", "a.png"}
	found = find(t, o)
	if len(found.Sources) != 2 || found.Sources[0].Ignored || !found.Sources[1].Ignored {
		t.Errorf("Sources: %+v", found.Sources)
	}
	o.Globs = []string{"dist"}
	if found = find(t, o); len(found.Sources) != 1 || !found.Sources[0].Ignored {
		t.Errorf("Sources: %+v", found.Sources)
	}
}

// Patterns say what is wanted, Only what of it this time.
func TestOnly(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("a.png", "b.png", "sub/c.png"))
	only := func(file, _ string) bool { return file != "b.png" }
	found := find(t, scan.Options{Dir: dir, Only: only})
	diff(t, "Sources", []string{"a.png", "sub/c.png"}, paths(found.Sources))
	found = find(t, scan.Options{Dir: dir, Only: only, Paths: []string{"b.png"}})
	diff(t, "Sources", nil, paths(found.Sources))
	diff(t, "Notices", nil, found.Notices)
	if found.Files != nil {
		t.Errorf("git was not asked, and listed %v", found.Files)
	}
}
