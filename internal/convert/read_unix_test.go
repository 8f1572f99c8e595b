//go:build unix

package convert

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

// A named pipe in the place of a picture would make a plain open wait for ever.
func TestNamedPipe(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"b.png": picture(t, 64, 48), "c.png": picture(t, 64, 48)})
	if err := syscall.Mkfifo(filepath.Join(dir, "a.png"), 0o644); err != nil {
		t.Skip(err)
	}
	// One worker, so that the headers are read for their order as well.
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "a.png", "b.png", "c.png"), Options{Dir: dir, Jobs: 1}),
		`a.png: failed: read "a.png": it is a named pipe, not a file`, "b.png: converted b.webp", "c.png: converted c.webp")

	r := newRun(t, dir)
	if info := r.header(source("a.png")); info.Format != "" {
		t.Errorf("the pipe was probed: %+v", info)
	}
	if info := r.header(source("b.png")); info.Width != 64 {
		t.Errorf("the file was not probed: %+v", info)
	}
}
