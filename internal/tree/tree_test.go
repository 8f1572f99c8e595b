package tree_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/webpress/webpress/internal/tree"
)

func write(t *testing.T, path string, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func openRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "hello")
	write(t, filepath.Join(dir, "empty"), "")
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(dir, "nowhere")); err != nil {
		t.Fatal(err)
	}
	// A gigabyte that takes no room.
	write(t, filepath.Join(dir, "large"), "")
	if err := os.Truncate(filepath.Join(dir, "large"), 1<<30); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, dir)
	tests := map[string]struct{ read, plain string }{
		"a":       {"hello", "hello"},
		"empty":   {"", ""},
		"link":    {"hello", "it is a symbolic link, not a file"},
		"nowhere": {"no such file or directory", "it is a symbolic link, not a file"},
		"gone":    {"no such file or directory", "no such file or directory"},
		"large":   {"it has 1073741824 bytes, more than the limit of 5", "it has 1073741824 bytes, more than the limit of 5"},
		".":       {"it is a folder, not a file", "it is a folder, not a file"},
	}
	for name, want := range tests {
		text := func(data []byte, err error) string {
			if err != nil {
				return tree.Cause(err).Error()
			}
			return string(data)
		}
		if got := text(tree.Read(filepath.Join(dir, name), 5)); got != want.read {
			t.Errorf("Read(%s) = %q, want %q", name, got, want.read)
		}
		if got := text(tree.ReadIn(root, name, 5)); got != want.read {
			t.Errorf("ReadIn(%s) = %q, want %q", name, got, want.read)
		}
		if got := text(tree.ReadPlain(root, name, 5)); got != want.plain {
			t.Errorf("ReadPlain(%s) = %q, want %q", name, got, want.plain)
		}
	}
	if _, err := tree.Read(filepath.Join(dir, "a"), 4); !errors.As(err, new(*tree.SizeError)) {
		t.Errorf("Read of five bytes with a limit of four: %v", err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old"), "old")
	write(t, filepath.Join(dir, ".git/hooks/x"), "")
	write(t, filepath.Join(dir, "folder/x"), "")
	for link, to := range map[string]string{
		"link": "old", "hooks": ".git/hooks", "around": "folder/../.git", "out": t.TempDir(), "in": "folder",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	root := openRoot(t, dir)
	tests := map[string]string{ // what it comes to, empty for written
		"new":            "",
		"a/b/c":          "",
		"old":            "",
		"in/new":         "",
		"folder":         "it is a folder, not a file",
		"old/x":          "not a directory",
		".git/x":         "it is inside git's own folder",
		".GIT/x":         "it is inside git's own folder",
		"git~1/x":        "it is inside git's own folder",
		"a/.g\u200cit/x": "it is inside git's own folder",
		"hooks/x":        "it is inside git's own folder",
		"hooks/y/z":      "it is inside git's own folder",
		"around/new/x":   "it is inside git's own folder",
		"out/x":          "path escapes from parent",
		"../x":           "path escapes from parent",
		"link":           "", // the link is replaced, not what it points to
	}
	for name, want := range tests {
		err := tree.Cause(tree.Write(root, name, tree.Options{}, tree.Bytes([]byte("ne"), []byte("w"))))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Write(%s) = %q, want %q", name, got, want)
		}
		if want != "" {
			continue
		}
		data, err := root.ReadFile(name)
		info, e := root.Lstat(name)
		if err != nil || e != nil || string(data) != "new" || info.Mode() != 0o644 {
			t.Errorf("%s has %q, %v, %v", name, data, info, err)
		}
	}
	if data, _ := root.ReadFile("old"); string(data) != "new" {
		t.Errorf("old has %q", data)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), tree.TempPrefix) || strings.Contains(path, ".git/") && d.Name() != "x" && d.Name() != "hooks" {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWriteFails leaves what was there, and nothing else.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "old")
	root := openRoot(t, dir)
	broken := errors.New("broken")
	err := tree.Write(root, "a", tree.Options{Sync: true}, func(w io.Writer) error {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		return broken
	})
	entries, _ := os.ReadDir(dir)
	if data, _ := root.ReadFile("a"); !errors.Is(err, broken) || string(data) != "old" || len(entries) != 1 {
		t.Errorf("%v, %q, %v", err, data, entries)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		".git": true, ".GIT": true, ".Git": true, "git~1": true, "GIT~1": true, ".git ": true, ".git.": true, ".git . .": true,
		".git::$INDEX_ALLOCATION": true, ".git:x": true, "\u200c.git": true, ".g\u200dit": true, ".git\ufeff": true, "\u206a.\u202egi\u200ft": true,
		"git": false, ".github": false, ".gitignore": false, "a.git": false, "git~2": false, "": false, ".": false, ".gi": false,
	} {
		if got := tree.IsGit(name); got != want {
			t.Errorf("IsGit(%q) = %v", name, got)
		}
	}
	for path, want := range map[string]bool{
		"a/.git/b": true, ".git": true, `a\.GIT\hooks`: true, "a/git~1": true, "a/b.png": false, ".github/x": false, "": false,
	} {
		if got := tree.InGit(path); got != want {
			t.Errorf("InGit(%q) = %v", path, got)
		}
	}
	for a, b := range map[string]string{
		"Photo.WebP": "photo.webp", "caf\u00e9.webp": "cafe\u0301.webp", "CAF\u00c9": "cafe\u0301",
		"stra\u00dfe": "STRASSE", "\u212b": "\u00e5", "\u1e9b\u0323": "\u1e69",
	} {
		if tree.Fold(a) != tree.Fold(b) {
			t.Errorf("%q and %q are not folded to the same: %q, %q", a, b, tree.Fold(a), tree.Fold(b))
		}
	}
	if tree.Fold("a") == tree.Fold("\u00e4") {
		t.Error("a and ä are folded to the same")
	}
	for name, want := range map[string]bool{
		".webpress-ABCDEFGHIJKLMNOPQRSTUVWX23.tmp": true, ".webpress-x.tmp": false, ".webpress-ABCDEFGHIJKLMNOPQRSTUVWX23": false,
	} {
		if tree.IsTemp(name) != want {
			t.Errorf("IsTemp(%q) = %v", name, !want)
		}
	}
}

func TestHint(t *testing.T) {
	for _, tt := range []struct {
		err           error
		setting, want string
	}{
		{syscall.ENOSPC, "report", "free some space on the disk, or let `report` be on another one"},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EDQUOT}, "", "free some space on the disk"},
		{syscall.EROFS, "sarif", "make the folder writable for the user that runs webpress, or set another `sarif`"},
		{syscall.EACCES, "", "make the folder writable for the user that runs webpress"},
		{syscall.ENAMETOOLONG, "output", "use shorter names, by another `output`"},
		{syscall.ENOTDIR, "output", "a file is where a folder is needed: move it away, or set another `output`"},
		{syscall.ENOENT, "output", "a folder was removed while webpress wrote to it: run it again"},
		{syscall.EIO, "output", ""},
	} {
		if got := tree.Hint(fmt.Errorf("write: %w", tt.err), tt.setting); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
