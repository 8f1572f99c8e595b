//go:build unix

package budget_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/budget"
	"github.com/webpress/webpress/internal/testfiles"
)

// What has taken the place of an image since it was found is neither waited for nor
// followed out of the folder.
func TestMeasureReadsOnlyFilesOfTheFolder(t *testing.T) {
	dir, sources := tree(t, map[string][]byte{"dir/a.jpg": []byte(testfiles.Image(t, "jpeg/gps.jpg"))})
	outside, _ := tree(t, map[string][]byte{"a.jpg": []byte(testfiles.Image(t, "jpeg/gps.jpg"))})
	for name, put := range map[string]func(string) error{
		"pipe.jpg":    func(name string) error { return syscall.Mkfifo(name, 0o644) },
		"link.jpg":    func(name string) error { return os.Symlink("dir/a.jpg", name) },
		"outside.jpg": func(name string) error { return os.Symlink(filepath.Join(outside, "a.jpg"), name) },
	} {
		if err := put(filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
		sources = append(sources, asset.Source{Path: name, Format: asset.JPEG})
	}
	sources = append(sources, asset.Source{Path: "../" + filepath.Base(outside) + "/a.jpg", Format: asset.JPEG})

	done := make(chan []budget.File, 1)
	go func() {
		files, err := budget.Measure(t.Context(), dir, sources, func(string) budget.Want { return budget.Want{Size: true, GPS: true} })
		if err != nil {
			t.Error(err)
		}
		done <- files
	}()
	var files []budget.File
	select {
	case files = <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for a writer of the pipe")
	}
	readable := map[string]bool{"dir/a.jpg": true, "link.jpg": true}
	for _, f := range files {
		switch _, isFault := errors.AsType[*asset.Fault](f.Err); {
		case readable[f.Path] && (f.Err != nil || f.Width != 192 || !f.GPS):
			t.Errorf("%+v", f)
		case !readable[f.Path] && (!isFault || f.Width != 0 || f.GPS):
			t.Errorf("%s was read: %+v", f.Path, f)
		}
	}
}
