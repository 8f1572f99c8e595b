//go:build unix

package tree_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/webpress/webpress/internal/tree"
)

// TestSpecial would hang if a named pipe were waited for: it has no writer.
func TestSpecial(t *testing.T) {
	dir, err := os.MkdirTemp("", "tree") // short, since the path of a socket must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.Symlink("pipe", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, dir)
	for name, want := range map[string]string{
		"pipe":   "it is a named pipe, not a file",
		"link":   "it is a named pipe, not a file",
		"socket": "it is a socket, not a file",
	} {
		_, _, err := tree.Open(filepath.Join(dir, name))
		_, _, in := tree.OpenIn(root, name)
		for _, err := range []error{err, in} {
			if !errors.As(err, new(*tree.KindError)) || err.Error() != want {
				t.Errorf("open %s: %v, want %s", name, err, want)
			}
		}
		if name == "link" {
			continue // which is replaced
		}
		if err := tree.Write(root, name, tree.Options{}, tree.Bytes(nil)); err == nil || err.Error() != want {
			t.Errorf("write %s: %v, want %s", name, err, want)
		}
	}
	if _, err := tree.Read("/dev/zero", 10); err == nil || err.Error() != "it is a device, not a file" {
		t.Errorf("read a device: %v", err)
	}
}
