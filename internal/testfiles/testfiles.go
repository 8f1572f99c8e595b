// Package testfiles has the files that tests work with.
package testfiles

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir makes a folder with files, by their paths with forward slashes.
func Dir[Data string | []byte](t testing.TB, files map[string]Data) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		Write(t, dir, name, data)
	}
	return dir
}

// Write writes a file below dir, and makes the folders that it is in.
func Write[Data string | []byte](t testing.TB, dir, name string, data Data) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// List returns the paths of all files below dir, sorted, with forward slashes.
func List(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Image returns one of the images that the project has generated, such as jpeg/420.jpg.
func Image(t testing.TB, name string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	data, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "..", "testdata", "pictures", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
