package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdAgain runs webpress with the arguments once more: there must be nothing left
// to do, no file opened, and not a byte or a time of the tree changed.
func cmdAgain(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: again [ARGUMENT ...]")
	}
	// git reads files again that are as young as its index: not so here.
	_ = ts.Exec("git", "update-index", "--refresh")
	dir := ts.MkAbs(".")
	before, err := state(dir)
	ts.Check(err)
	if err := ts.Exec("webpress", append([]string{"--verbose"}, args...)...); err != nil {
		ts.Fatalf("a second run fails: %v", err)
	}
	out := ts.ReadFile("stdout")
	if !strings.Contains(out, "\n0 files opened to see what they are\n") || !strings.Contains(out, "\nNo images converted") && !strings.Contains(out, "No images found") {
		ts.Fatalf("a second run is not done at once")
	}
	after, err := state(dir)
	ts.Check(err)
	for name, was := range before {
		if after[name] != was {
			ts.Fatalf("a second run changes %q: %s, then %s", name, was, after[name])
		}
		delete(after, name)
	}
	for name := range after {
		ts.Fatalf("a second run makes %q", name)
	}
}

// state is what is in a folder, without git's own.
func state(dir string) (map[string]string, error) {
	all := map[string]string{}
	return all, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == ".tmp" {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data := []byte("-> ")
		if info.Mode().IsRegular() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		all[path] = fmt.Sprintf("%s %s %x", info.Mode(), info.ModTime(), data)
		return nil
	})
}
