//go:build unix

package cache

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A named pipe in the place of an entry would make a plain open wait forever.
func TestNamedPipe(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20, start)
	c.Put(key(1), entry(1))
	name := filepath.Join(c.Dir, file(key(1)))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Skip(err)
	}
	if _, ok := c.Get(key(1)); ok || len(c.log) != 1 {
		t.Errorf("the pipe is an entry, logged %q", c.log)
	}
	c.Put(key(1), entry(1))
	if e, ok := c.Get(key(1)); !ok || cmp.Diff(entry(1), e) != "" {
		t.Error("an entry did not take the place of the pipe")
	}
}

// What root writes in a container belongs to the owner of the folder around it, who
// has to be able to delete it.
func TestModeAndOwner(t *testing.T) {
	around := t.TempDir()
	root := os.Geteuid() == 0
	if root {
		if err := os.Chown(around, 1234, 2345); err != nil {
			t.Skip(err)
		}
	}
	defer syscall.Umask(syscall.Umask(0o077))
	dir := filepath.Join(around, "deep", "cache")
	c := open(t, dir, 1<<20, start)
	c.Put(key(1), entry(1))
	for name, mode := range map[string]os.FileMode{
		"..": os.ModeDir | 0o755, ".": os.ModeDir | 0o755, "01": os.ModeDir | 0o755,
		file(key(1)): 0o644, tagName: 0o644, ignoreName: 0o644,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), mode)
		}
		if stat := info.Sys().(*syscall.Stat_t); root && (stat.Uid != 1234 || stat.Gid != 2345) {
			t.Errorf("%s belongs to %d:%d, want 1234:2345", name, stat.Uid, stat.Gid)
		}
	}
}
