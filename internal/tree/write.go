package tree

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/owner"
)

// Options say how Write puts a file in its place.
type Options struct {
	// Like has the owner that the file and new folders get.
	Like fs.FileInfo
	// Sync flushes the file to the disk before it is renamed, which it must where
	// something else is removed for it: a rename keeps the file whole for other
	// processes and over a crash of this one, but not over a power cut.
	Sync bool
	// Time is the file's time of change; zero is now.
	Time time.Time
}

// ErrInGit is why nothing is written into git's own folder.
var ErrInGit = errors.New("it is inside git's own folder")

// Write puts what fill writes at name below root in one rename, so that no reader ever
// sees a part of it, with mode 0644. It makes the folders in between. What is there
// is replaced, also a symbolic link, but nothing else that is not a regular file
// (*KindError); and nothing is written to git's own folder, also by way of a link
// (ErrInGit).
func Write(root *os.Root, name string, o Options, fill func(io.Writer) error) (err error) {
	if InGit(name) {
		return ErrInGit
	}
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
		return &KindError{info.Mode()}
	}
	dir := path.Dir(name)
	if err := MakeDirs(root, dir, o.Like); err != nil {
		return err
	}
	if leadsIntoGit(root, dir) {
		return ErrInGit
	}
	temp := path.Join(dir, TempPrefix+rand.Text()+TempSuffix)
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
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if o.Like != nil {
		if err := owner.Give(o.Like, f.Chown); err != nil {
			return err
		}
	}
	if o.Sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if !o.Time.IsZero() {
		if err := root.Chtimes(temp, o.Time, o.Time); err != nil {
			return err
		}
	}
	return root.Rename(temp, name)
}

// WriteFile is Write of data below the folder dir, whose owner the file gets. Errors
// do not name the path.
func WriteFile(dir, name string, data []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Cause(err)
	}
	defer root.Close()
	like, err := root.Stat(".")
	if err != nil {
		return Cause(err)
	}
	return Cause(Write(root, name, Options{Like: like}, Bytes(data)))
}

// Bytes is what Write is to fill a file with.
func Bytes(parts ...[]byte) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, part := range parts {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}
}

// MakeDirs makes dir below root and the folders above it that are not there yet, with
// mode 0755 and the owner of like, which may be nil. It makes none in git's own
// folder.
func MakeDirs(root *os.Root, dir string, like fs.FileInfo) error {
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if InGit(dir) {
		return ErrInGit
	}
	for i := range len(dir) + 1 {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		if leadsIntoGit(root, path.Dir(dir[:i])) {
			return ErrInGit
		}
		err := root.Mkdir(dir[:i], 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		own := func(uid, gid int) error { return root.Lchown(dir[:i], uid, gid) }
		if err := root.Chmod(dir[:i], 0o755); err != nil {
			return err
		}
		if like != nil {
			if err := owner.Give(like, own); err != nil {
				return err
			}
		}
	}
	return nil
}

// leadsIntoGit reports whether dir is in git's own folder by way of symbolic links. Out of
// root they lead nowhere: it refuses those.
func leadsIntoGit(root *os.Root, dir string) bool {
	if dir == "." {
		return false
	}
	top, err := filepath.EvalSymlinks(root.Name())
	if err != nil {
		return false
	}
	end, err := filepath.EvalSymlinks(filepath.Join(top, filepath.FromSlash(dir)))
	if err != nil {
		return false // there is nothing to write to
	}
	below, err := filepath.Rel(top, end)
	return err == nil && InGit(filepath.ToSlash(below))
}

// Append opens the file at name below root for writing at its end, and makes it where
// it is not there, with mode 0644 and the owner of root. A symbolic link and what else
// is not a regular file is a *KindError.
func Append(root *os.Root, name string) (*os.File, error) {
	flags := os.O_WRONLY | os.O_APPEND | syscall.O_NONBLOCK
	before, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		flags |= os.O_CREATE | os.O_EXCL
	case err != nil:
		return nil, err
	case !before.Mode().IsRegular():
		return nil, &KindError{before.Mode()}
	}
	f, err := root.OpenFile(name, flags, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case before != nil && !os.SameFile(before, info):
		err = errors.New("it was replaced while it was opened")
	case before == nil:
		var like fs.FileInfo
		if like, err = root.Stat("."); err == nil {
			err = owner.Give(like, f.Chown)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
