//go:build unix

package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSpecialFile would hang where a named pipe is waited for.
func TestSpecialFile(t *testing.T) {
	tests := map[string]struct {
		make func(path string) error
		want string
	}{
		"pipe":   {func(path string) error { return syscall.Mkfifo(path, 0o644) }, "it is a named pipe, not a file"},
		"folder": {func(path string) error { return os.Mkdir(path, 0o755) }, "it is a folder, not a file"},
		"device": {func(path string) error { return os.Symlink("/dev/zero", path) }, "it is a device, not a file"},
		"socket": {func(path string) error {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			defer syscall.Close(fd)
			return syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
		}, "it is a socket, not a file"},
		"large": {func(path string) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(1 << 30)
		}, "larger than 256 KiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "config") // the path of a socket has to be short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			if err := tt.make(filepath.Join(dir, "webpress.yml")); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{nil, {"--config=webpress.yml"}} {
				_, err := Load(args, Env{Dir: dir})
				if err == nil || !strings.Contains(err.Error(), "webpress.yml") || !strings.Contains(err.Error(), "cannot be read: "+tt.want) {
					t.Errorf("Load(%q) = %v, want %s", args, err, tt.want)
				}
			}
		})
	}
}
