package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/testgit"
)

func TestGitDecides(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs(
		"tracked.png", "sub/changed.png", "gone.png", "new.png", "ignored.png",
		"dist/x.png", "dist/sub/y.png", "dist/z.jpg", "cache/c.png", "src/a.png", "src/build/b.png",
		"node_modules/m/n.png",
	))
	plant(t, dir, files{".gitignore": "/dist/\n/cache/*\nbuild\nignored.png\nnode_modules\n"})
	testgit.Run(t, dir, "init", "--quiet")
	testgit.Run(t, dir, "add", "tracked.png", "sub", "gone.png", ".gitignore")
	testgit.Run(t, dir, "commit", "--quiet", "--message=one")
	try(t, os.Remove(filepath.Join(dir, "gone.png")))
	plant(t, dir, files{"sub/changed.png": png + "more"})

	tests := map[string]struct {
		dir                  string
		globs                []string
		want, failed, notice []string
	}{
		"by default":                 {want: []string{"new.png", "src/a.png", "sub/changed.png", "tracked.png"}},
		"an ignored folder":          {globs: []string{"dist"}, want: []string{"dist/sub/y.png", "dist/x.png", "dist/z.jpg"}},
		"a glob in it":               {globs: []string{"dist/*.png"}, want: []string{"dist/x.png"}},
		"a glob below it":            {globs: []string{"dist/sub/*.png"}, want: []string{"dist/sub/y.png"}},
		"all, and a glob in it":      {globs: []string{"**/*.png", "dist/*.jpg"}, want: []string{"dist/z.jpg", "new.png", "src/a.png", "sub/changed.png", "tracked.png"}},
		"an ignored file":            {globs: []string{"ignored.png"}, want: []string{"ignored.png"}},
		"a file in an ignored one":   {globs: []string{"dist/x.png"}, want: []string{"dist/x.png"}},
		"ignored further down":       {globs: []string{"src/**/*.png"}, want: []string{"src/a.png"}},
		"ignored, and begun with":    {globs: []string{"src/build/*.png"}, want: []string{"src/build/b.png"}},
		"ignored file by file":       {globs: []string{"cache/*.png"}, notice: []string{`no image matches "cache/*.png"; files that git ignores do not count`}},
		"node_modules":               {globs: []string{"node_modules/**/*.png"}, want: []string{"node_modules/m/n.png"}},
		"a deleted file":             {globs: []string{"gone.png"}, failed: []string{`find "gone.png": no such file`}},
		"a deleted file, by a glob":  {globs: []string{"g*.png", "new.png"}, want: []string{"new.png"}, notice: []string{`no image matches "g*.png"; "**/g*.png" would look into folders as well`}},
		"from a subfolder":           {dir: "sub", want: []string{"changed.png"}},
		"from an ignored folder":     {dir: "dist", want: []string{"sub/y.png", "x.png", "z.jpg"}},
		"from below one":             {dir: "dist/sub", want: []string{"y.png"}},
		"a folder from an ignored":   {dir: "dist", globs: []string{"sub"}, want: []string{"sub/y.png"}},
		"a folder that is not there": {globs: []string{"nowhere/**"}, notice: []string{`no image matches "nowhere/**"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found := find(t, scan.Options{Dir: filepath.Join(dir, tt.dir), Globs: tt.globs})
			diff(t, "Sources", tt.want, paths(found.Sources))
			diff(t, "Failed", tt.failed, faults(found.Failed))
			diff(t, "Notices", tt.notice, found.Notices)
		})
	}
	t.Run("blobs", func(t *testing.T) {
		want := map[string]bool{"tracked.png": true, "sub/changed.png": false, "new.png": false}
		for _, globs := range [][]string{nil, {"tracked.png", "sub/changed.png", "new.png"}} {
			for _, s := range find(t, scan.Options{Dir: dir, Globs: globs}).Sources {
				if known, asked := want[s.Path]; asked && known != (s.Blob != "") {
					t.Errorf("%q: blob = %q", s.Path, s.Blob)
				}
			}
		}
	})
}

// Another repository in the tree is looked into only if a pattern says so.
func TestOtherRepositories(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("a.png", "part/b.png", "part/sub/c.png", "loose/d.png"))
	for _, sub := range []string{"part", "loose"} {
		testgit.Run(t, filepath.Join(dir, sub), "init", "--quiet")
	}
	testgit.Run(t, filepath.Join(dir, "part"), "add", "--all")
	testgit.Run(t, filepath.Join(dir, "part"), "commit", "--quiet", "--message=part")
	tests := map[string]struct{ globs, want []string }{
		"by default":        {nil, []string{"a.png"}},
		"named":             {[]string{"part"}, []string{"part/b.png", "part/sub/c.png"}},
		"a folder in it":    {[]string{"part/sub/*.png"}, []string{"part/sub/c.png"}},
		"a file in it":      {[]string{"part/b.png"}, []string{"part/b.png"}},
		"all, and one more": {[]string{".", "loose"}, []string{"a.png", "loose/d.png"}},
	}
	check := func(t *testing.T) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				found := find(t, scan.Options{Dir: dir, Globs: tt.globs})
				diff(t, "Sources", tt.want, paths(found.Sources))
				diff(t, "Notices", nil, found.Notices)
			})
		}
	}
	// If the tree is no repository itself, nothing says whose a file is.
	t.Run("in no repository", func(t *testing.T) {
		diff(t, "Sources", []string{"a.png", "loose/d.png", "part/b.png", "part/sub/c.png"}, paths(find(t, scan.Options{Dir: dir}).Sources))
	})
	testgit.Run(t, dir, "init", "--quiet")
	t.Run("untracked", check)
	testgit.Run(t, dir, "-c", "advice.addEmbeddedRepo=false", "add", "part")
	t.Run("submodule", check)
}

func TestWithoutGit(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, pngs("a.png", "out/b.png"))
	plant(t, dir, files{".gitignore": "out"})
	want := []string{"a.png", "out/b.png"}

	missing := git.Options{Program: "no-such-git"}
	found := find(t, scan.Options{Dir: dir, Git: missing})
	diff(t, "Sources", want, paths(found.Sources))
	diff(t, "Notices", nil, found.Notices) // no repository: nothing is missed

	testgit.Run(t, dir, "init", "--quiet")
	found = find(t, scan.Options{Dir: dir, Git: missing})
	diff(t, "Sources", want, paths(found.Sources))
	diff(t, "Notices", []string{"files that git ignores are not left out: git is not installed"}, found.Notices)

	found = find(t, scan.Options{Dir: dir, Git: missing, Globs: []string{"a.png"}})
	diff(t, "Sources", []string{"a.png"}, paths(found.Sources))
	diff(t, "Notices", nil, found.Notices)

	// A work tree that came without its repository.
	try(t, os.RemoveAll(filepath.Join(dir, ".git")))
	plant(t, dir, files{".git": "gitdir: /no/such/place\n"})
	found = find(t, scan.Options{Dir: dir})
	diff(t, "Sources", want, paths(found.Sources))
	diff(t, "Notices", []string{"files that git ignores are not left out: git rev-parse: not a git repository: /no/such/place"}, found.Notices)

	try(t, os.Remove(filepath.Join(dir, ".git")))
	testgit.Run(t, dir, "init", "--quiet")
	plant(t, dir, files{".git/index": "damaged"})
	found = find(t, scan.Options{Dir: dir})
	diff(t, "Sources", want, paths(found.Sources))
	if len(found.Notices) != 1 || !strings.Contains(found.Notices[0], "index file smaller than expected") {
		t.Errorf("Notices = %q", found.Notices)
	}
}

func TestNoImages(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, files{"a.txt": "hello", "sub/": ""})
	found := find(t, scan.Options{Dir: dir})
	diff(t, "Notices", []string{"no images in the working directory"}, found.Notices)
	found = find(t, scan.Options{Dir: dir, Paths: []string{"sub"}})
	diff(t, "Notices", []string{`no images in "sub"`}, found.Notices)
}

// Names that were handed over one by one, as pre-commit does, cost no more than
// a look at each.
func TestManyNames(t *testing.T) {
	dir := t.TempDir()
	all := files{}
	var names []string
	for i := range 3000 {
		name := fmt.Sprintf("d%d/f [%d].png", i%10, i)
		all[name] = png
		names = append(names, name)
	}
	plant(t, dir, all)
	testgit.Run(t, dir, "init", "--quiet")
	found := find(t, scan.Options{Dir: dir, Paths: names})
	if len(found.Sources) != len(names) || len(found.Failed) > 0 || len(found.Notices) > 0 {
		t.Errorf("%d sources, %d failed, notices %q", len(found.Sources), len(found.Failed), found.Notices)
	}
}
