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
	"webpress/internal/owner"
)

// Temporary files have names that no pattern for pictures matches.
const (
	tempPrefix = ".webpress-"
	tempSuffix = ".tmp"
	// tempAge is how old a temporary file must be to have lost its process:
	// they live for as long as it takes to write one picture.
	tempAge = 10 * time.Minute
)

// WriteFile puts data at name below dir in one rename, so that nobody ever sees
// a part of it, with mode 0644 and the owner of dir. It makes the folders in
// between. A name that leaves dir, also by a symbolic link, is refused. Errors
// do not tell the name.
func WriteFile(dir, name string, data []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return cause(err)
	}
	defer root.Close()
	like, err := root.Stat(".")
	if err != nil {
		return cause(err)
	}
	if info, err := root.Lstat(name); err == nil && info.IsDir() {
		return errors.New("it is a folder")
	}
	return cause(place(root, name, data, like, false))
}

// write puts the output of a job in its place, with the owner of its source.
func (r *run) write(name string, data []byte, source fs.FileInfo, durable bool) error {
	if err := place(r.root, name, data, source, durable); err != nil {
		return writeFault(name, err)
	}
	return nil
}

// place writes data to a temporary file in the folder of name and renames it,
// with mode 0644 and the owner of like.
//
// It is flushed to the disk only if durable, which it must be where the source
// will be gone: a rename keeps the file whole for other processes and over a
// crash of this one, and what a power cut takes can be made again.
func place(root *os.Root, name string, data []byte, like fs.FileInfo, durable bool) (err error) {
	dir := path.Dir(name)
	if err := makeDirs(root, dir, like); err != nil {
		return err
	}
	temp := path.Join(dir, tempPrefix+rand.Text()+tempSuffix)
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = root.Remove(temp)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := owner.Give(like, f.Chown); err != nil {
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
	return root.Rename(temp, name)
}

// makeDirs makes dir and the folders above it that are not there yet, with mode
// 0755 and the owner of like.
func makeDirs(root *os.Root, dir string, like fs.FileInfo) error {
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	for i := range len(dir) + 1 {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		err := root.Mkdir(dir[:i], 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		own := func(uid, gid int) error { return root.Lchown(dir[:i], uid, gid) }
		if err := errors.Join(root.Chmod(dir[:i], 0o755), owner.Give(like, own)); err != nil {
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
				_ = r.root.Remove(path.Join(dir, e.Name()))
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
