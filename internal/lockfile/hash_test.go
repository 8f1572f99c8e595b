package lockfile_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/testfiles"
)

func plant(t *testing.T, dir string, contents map[string]string) {
	t.Helper()
	for name, content := range contents {
		testfiles.Write(t, dir, name, content)
	}
	if err := os.Symlink("hello.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
}

func TestHashFiles(t *testing.T) {
	dir := t.TempDir()
	contents := map[string]string{"empty": "", "hello.txt": "hello\n", "sub/ünï.txt": "what is up, doc?"}
	plant(t, dir, contents)
	got, err := lockfile.HashFiles(t.Context(), dir, []string{"empty", "hello.txt", "sub/ünï.txt", "sub", "none", "link", "../" + "x"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // of git hash-object
		"empty":       "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
		"hello.txt":   "ce013625030ba8dba906f756967f9e9ca394464a",
		"sub/ünï.txt": "bd9dbf5aae1a3862dd1526723246b20206e5fc37",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
