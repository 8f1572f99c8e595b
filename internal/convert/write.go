package convert

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"webpress/internal/asset"
)

// Temporary files have names that no pattern for pictures matches.
const (
	tempPrefix = ".webpress-"
	tempSuffix = ".tmp"
	// tempAge is how old a temporary file must be to have lost its process:
	// they live for as long as it takes to write one picture.
	tempAge = 10 * time.Minute
)

// write puts data at name in one rename, so that nobody ever sees a part of it,
// with mode 0644 and the owner of the source that it was made from.
//
// It is flushed to the disk only if durable, which it must be where the source
// will be gone: a rename keeps the file whole for other processes and over a
// crash of this one, and what a power cut takes can be made again.
func (r *run) write(name string, data []byte, source fs.FileInfo, durable bool) (err error) {
	dir := path.Dir(name)
	if err := r.makeDirs(dir, source); err != nil {
		return writeFault(name, err)
	}
	temp := path.Join(dir, tempPrefix+rand.Text()+tempSuffix)
	f, err := r.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return writeFault(name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			r.root.Remove(temp)
			err = writeFault(name, err)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := giveTo(source, f.Chown); err != nil {
		return err
	}
	if durable {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return r.root.Rename(temp, name)
}

// makeDirs makes dir and the folders above it that are not there yet, with mode
// 0755 and the owner of the source.
func (r *run) makeDirs(dir string, source fs.FileInfo) error {
	if info, err := r.root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	for i := range len(dir) + 1 {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		err := r.root.Mkdir(dir[:i], 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		own := func(uid, gid int) error { return r.root.Lchown(dir[:i], uid, gid) }
		if err := errors.Join(r.root.Chmod(dir[:i], 0o755), giveTo(source, own)); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes temporary files that a killed run has left in the folders that
// the jobs write to.
func (r *run) sweep(jobs []asset.Job) {
	seen := map[string]bool{}
	for _, j := range jobs {
		dir := path.Dir(j.Output)
		if seen[dir] {
			continue
		}
		seen[dir] = true
		entries, err := fs.ReadDir(r.root.FS(), dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), tempPrefix) || !strings.HasSuffix(e.Name(), tempSuffix) {
				continue
			}
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && r.Now().Sub(info.ModTime()) > tempAge {
				r.root.Remove(path.Join(dir, e.Name()))
			}
		}
	}
}

// writeFault adds the hint that the cause calls for.
func writeFault(name string, err error) error {
	out := fmt.Errorf("write %q: %w", name, cause(err))
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &mistake{out, "free some space on the disk, or let `output` be on another one"}
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return &mistake{out, "make the folder writable for the user that runs webpress, or set another `output`"}
	case errors.Is(err, syscall.ENAMETOOLONG):
		return &mistake{out, "set an `output` with shorter names"}
	case errors.Is(err, syscall.ENOTDIR):
		return &mistake{out, "a file is where a folder is needed: set another `output`"}
	}
	return out
}

// verify says whether written is want, and a picture that can be decoded.
func verify(written, want []byte) error {
	if !bytes.Equal(written, want) {
		return errors.New("what is on the disk is not what was written")
	}
	return decodable(written)
}
