package tree_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/tree"
)

// TestReach reads and writes what is named outside of a folder, and nothing there that
// a link in the folder leads to.
func TestReach(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "tree")
	write(t, filepath.Join(dir, "in"), "in")
	write(t, filepath.Join(top, "out"), "out")
	write(t, filepath.Join(top, "repo/.git/config"), "git")
	for link, to := range map[string]string{"leak": "../out", "away": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("repo/.git", filepath.Join(top, "door")); err != nil {
		t.Fatal(err)
	}
	files, err := tree.OpenReach(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	abs := filepath.ToSlash(top)
	for name, want := range map[string]string{
		"in": "in", "../out": "out", abs + "/out": "out", "../tree/in": "in", "leak": "", "away/out": "", "../none": "", "../repo/.git/config": "", "../door/config": "",
	} {
		f, _, err := files.Open(name)
		got := ""
		if err == nil {
			data := make([]byte, 9)
			n, _ := f.Read(data)
			got = string(data[:n])
			f.Close()
		}
		if got != want {
			t.Errorf("Open(%s) has %q, %v; want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"new/a": "tree/new/a", "../b": "b", "../new/deep/c": "new/deep/c", abs + "/d": "d", "away/e": "", "../repo/.git/f": "", "../door/g": "", "../repo/.git/hooks/h": "",
	} {
		err := files.Write(name, tree.Options{}, []byte("x"))
		switch {
		case want == "" && err == nil:
			t.Errorf("Write(%s) has written it", name)
		case want == "" && name[:2] == ".." && !errors.Is(err, tree.ErrInGit):
			t.Errorf("Write(%s): %v", name, err)
		case want != "":
			if _, e := os.Stat(filepath.Join(top, want)); err != nil || e != nil {
				t.Errorf("Write(%s): %v, %v", name, err, e)
			}
		}
	}
}

func TestNamesOf(t *testing.T) {
	for name, want := range map[string][2]string{
		"a": {"a", "a"}, "./a/../b": {"b", "b"}, "/x/y/a": {"a", "a"}, "../a": {"../a", "/x/a"}, "/z/a": {"../../z/a", "/z/a"}, "../y/a": {"a", "a"},
	} {
		for i, absolute := range []bool{false, true} {
			if got := (tree.Names{Dir: "/x/y", Absolute: absolute}).Of(name); got != want[i] {
				t.Errorf("Of(%s) = %q, want %q", name, got, want[i])
			}
		}
	}
}
