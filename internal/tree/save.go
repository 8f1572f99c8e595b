package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// maxLinks is how many symbolic links Resolve follows, as Linux does.
const maxLinks = 40

// saveTime is how long Save waits for the reader of a named pipe.
const saveTime = time.Minute

// Resolve follows the symbolic links that path ends with, and returns where it ends:
// a path in a folder that is there, whose last name need not be, or path itself where
// its folder is not there. direct says that what is there, or stands for an open file
// as /dev/fd/3 does, is to be opened and written to, and never replaced.
func Resolve(path string) (end string, direct bool, err error) {
	end = filepath.Clean(path)
	for range maxLinks {
		if inProc(end) {
			return end, true, nil
		}
		if dir, err := filepath.EvalSymlinks(filepath.Dir(end)); err == nil {
			end = filepath.Join(dir, filepath.Base(end))
		}
		if inProc(end) {
			return end, true, nil
		}
		info, err := os.Lstat(end)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return end, false, nil
		case err != nil:
			return end, false, err
		case info.IsDir():
			return end, false, &KindError{info.Mode()}
		case info.Mode()&fs.ModeSymlink == 0:
			return end, !info.Mode().IsRegular(), nil
		}
		to, err := os.Readlink(end)
		if err != nil {
			return end, false, err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(end), to)
		}
		end = to
	}
	return end, false, syscall.ELOOP
}

// inProc knows the paths that stand for open files.
func inProc(path string) bool {
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/")
}

// Save writes data to the file at path, following symbolic links: in one rename where
// a regular file or nothing is, making folders, and with the owner of the folder; else
// by writing to what is there. Errors do not name the path.
func Save(path string, data []byte) error {
	end, direct, err := Resolve(path)
	if err != nil {
		return Cause(err)
	}
	if direct {
		return Cause(writeInto(end, data))
	}
	dir := filepath.Dir(end)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Cause(err)
	}
	return WriteFile(dir, filepath.Base(end), data)
}

// writeInto writes to what is at path and is not a regular file of the tree.
func writeInto(path string, data []byte) error {
	// Opened without waiting for a reader: without one, it is an error.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		return errors.New("no process reads from it")
	}
	if err != nil {
		return err
	}
	// Files without deadlines do not block.
	_ = f.SetWriteDeadline(time.Now().Add(saveTime))
	_, err = io.Copy(f, strings.NewReader(string(data)))
	return errors.Join(err, f.Close())
}
