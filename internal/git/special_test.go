//go:build unix

package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// TestNamedPipes would hang if git opened the pipe and waited for a writer.
func TestNamedPipes(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"core.excludesFile": "", "core.attributesFile": "", "include.path": "../"}
	for _, at := range []string{
		".git/config", ".git/HEAD", ".git/index", ".git/commondir", ".git/info/exclude", ".git/info/attributes", ".git/packed-refs",
		".git/refs/heads/main", ".git/shallow", "core.excludesFile", "core.attributesFile", "include.path", ".gitignore", "a/.gitattributes",
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			dir := testgit.Init(t)
			testgit.Run(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
			testfiles.Write(t, dir, "a/b.png", "b")
			pipe := filepath.Join(dir, filepath.FromSlash(at))
			if up, ok := settings[at]; ok {
				pipe = filepath.Join(dir, "pipe")
				testgit.Run(t, dir, "config", at, up+"pipe")
			}
			if err := os.Remove(pipe); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(pipe), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Skip(err)
			}
			r, err := git.Open(t.Context(), dir, git.Options{Timeout: 4 * time.Second})
			if err == nil {
				_, err = r.Files(t.Context())
				if err == nil {
					_, err = r.Filtered(t.Context(), []string{"a/b.png"})
				}
			}
			if err == nil || !strings.Contains(err.Error(), "is a named pipe") && at != "include.path" {
				t.Errorf("%v", err)
			}
		})
	}
}
