//go:build unix

package convert

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

func TestWriteModeAndOwner(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 64, 48)})
	root := os.Geteuid() == 0
	if root {
		if err := os.Chown(filepath.Join(dir, "a.png"), 1234, 2345); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "a.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0o077))
	r := recipe()
	r.Output = "out/deep/{name}.webp"
	expect(t, Run(t.Context(), jobs(t, dir, r, "a.png"), Options{Dir: dir}), "a.png: converted out/deep/a.webp")
	for name, mode := range map[string]os.FileMode{
		"out": os.ModeDir | 0o755, "out/deep": os.ModeDir | 0o755, "out/deep/a.webp": 0o644,
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
