package cache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/tree"
)

func TestOpenMakesFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "cache")
	for range 2 {
		c := open(t, dir, 1<<20, start)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{".gitignore", "CACHEDIR.TAG"}, testfiles.List(t, dir)); diff != "" {
			t.Error(diff)
		}
	}
	for name, want := range map[string]string{
		"CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n", ".gitignore": "# Created by webpress: its cache is not for committing.\n*\n",
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(data), want) {
			t.Errorf("%s is %q, %v", name, data, err)
		}
	}
}

// A folder that looks like a cache is one, and one with other files is none: the
// .gitignore would hide all of them.
func TestOpenLooksAtFolder(t *testing.T) {
	const foreign = "let `cache-dir` be a folder of its own, such as .webpress-cache"
	tests := []struct {
		name  string
		files map[string]string
		// fault follows the path, empty if the folder is taken.
		fault string
	}{
		{name: "an empty file that git keeps", files: map[string]string{".gitkeep": ""}},
		{name: "its own, interrupted", files: map[string]string{"ab/x": "", ".webpress-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp": ""}},
		{name: "its own, with something added", files: map[string]string{"CACHEDIR.TAG": tag, "README": ""}},
		{name: "somebody's .gitignore", files: map[string]string{".gitignore": "*.txt\n"}},
		{name: "a work tree", files: map[string]string{"README": ""}, fault: `there is something else in the folder, such as "README"`},
		{name: "a repository", files: map[string]string{".git/config": ""}, fault: `there is something else in the folder, such as ".git"`},
		{name: "a tag that is none", files: map[string]string{"CACHEDIR.TAG": "hello"}, fault: `there is something else in the folder, such as "CACHEDIR.TAG"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				testfiles.Write(t, dir, name, text)
			}
			before := testfiles.List(t, dir)
			c, err := Open(Options{Dir: dir, MaxBytes: 1 << 20})
			if tt.fault != "" {
				expectFault(t, err, dir, tt.fault, foreign)
				if diff := cmp.Diff(before, testfiles.List(t, dir)); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.Put(key(1), entry(1))
			if _, ok := c.Get(key(1)); !ok {
				t.Error("an entry is not kept")
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			for name, text := range tt.files {
				data, err := os.ReadFile(filepath.Join(dir, name))
				if gone := tree.IsTemp(name); !gone && (err != nil || string(data) != text) {
					t.Errorf("%s has become %q, %v", name, data, err)
				}
			}
		})
	}
}

func expectFault(t *testing.T, err error, dir, cause, hint string) {
	t.Helper()
	var fault *asset.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("error %v", err)
	}
	message, ok := strings.CutPrefix(fault.Message, `open cache "`+dir+`": `)
	if !ok || message != cause || fault.Hint != hint {
		t.Errorf("fault %q (%q), want %q (%q)", fault.Message, fault.Hint, cause, hint)
	}
}

func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const own = "let `cache-dir` be a folder of its own, such as .webpress-cache"
	for _, tt := range []struct{ dir, cause, hint string }{
		{plain, "not a folder", own},
		{filepath.Join(plain, "x"), "not a directory", own},
		{filepath.Join(plain, "x", "y"), "not a directory", own},
	} {
		_, err := Open(Options{Dir: tt.dir, MaxBytes: 1})
		expectFault(t, err, tt.dir, tt.cause, tt.hint)
	}
	if _, err := Open(Options{MaxBytes: 1}); err == nil {
		t.Error("no folder is a cache")
	}
}

func TestOpenNotWritable(t *testing.T) {
	const writable = "make the folder writable for the user that runs webpress, or set another `cache-dir`"
	dir := t.TempDir()
	if os.Geteuid() == 0 {
		// Root may write everywhere but where the kernel has the word.
		dir = "/proc/self/cache"
		if _, err := os.Stat("/proc/self"); err != nil {
			t.Skip(err)
		}
		_, err := Open(Options{Dir: dir, MaxBytes: 1})
		expectFault(t, err, dir, "no such file or directory", writable)
		return
	}
	open(t, dir, 1<<20, start).Close()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	_, err := Open(Options{Dir: dir, MaxBytes: 1})
	expectFault(t, err, dir, "permission denied", writable)
}
