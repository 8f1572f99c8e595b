package convert

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"webpress/internal/asset"
)

// errNoFile is for what has a path, but is a folder, a pipe or a device.
var errNoFile = errors.New("not a file")

// open opens a file to be read, and nothing else. Should a named pipe have taken
// its place since it was found, this does not wait for somebody to write into it.
func (r *run) open(path string) (*os.File, fs.FileInfo, error) {
	f, err := r.root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// read returns the content of s and what the file system says of it.
func (r *run) read(s asset.Source) ([]byte, fs.FileInfo, error) {
	f, info, err := r.open(s.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("read %q: %w", s.Path, cause(err))
	}
	defer f.Close()
	if info.Size() != s.Size {
		return nil, nil, &mistake{
			fmt.Errorf("read %q: file changed during the run, from %d to %d bytes", s.Path, s.Size, info.Size()),
			"run webpress again when nothing else writes to it",
		}
	}
	data := make([]byte, s.Size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, fmt.Errorf("read %q: %w", s.Path, cause(err))
	}
	return data, info, nil
}
