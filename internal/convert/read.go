package convert

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"webpress/internal/asset"
	"webpress/internal/tree"
)

// open opens a file to be read, and nothing else.
func (r *run) open(path string) (*os.File, fs.FileInfo, error) { return tree.OpenIn(r.root, path) }

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
