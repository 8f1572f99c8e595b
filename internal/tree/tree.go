// Package tree opens, reads and writes files where a stranger may have had a hand
// in what lies there. A named pipe does not block it, a device is not touched, and
// nothing half-written is ever seen.
package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// A KindError is why something that has a path is not read or written: it is not a
// regular file.
type KindError struct{ Mode fs.FileMode }

// Error says what it is, such as "it is a named pipe, not a file".
func (e *KindError) Error() string { return "it is " + Kind(e.Mode) + ", not a file" }

// Kind is what a file of a mode is, in words with an article.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// A SizeError is why a file is not read: it is longer than what may be read of it.
type SizeError struct{ Size, Limit int64 }

// Error returns both lengths in bytes.
func (e *SizeError) Error() string {
	return fmt.Sprintf("it has %d bytes, more than the limit of %d", e.Size, e.Limit)
}

// Open opens the regular file at path for reading, and returns what the file system
// says of it. Symbolic links are followed. It never waits, not even for somebody to
// write into a named pipe, and what is not a regular file is a *KindError.
func Open(path string) (*os.File, fs.FileInfo, error) {
	return open(path, os.Stat, os.OpenFile)
}

// OpenIn is Open for a path below root, which no link leads out of.
func OpenIn(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	return open(name, root.Stat, root.OpenFile)
}

// OpenPlain is OpenIn that does not follow name where it is a symbolic link.
func OpenPlain(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	return open(name, root.Lstat, root.OpenFile)
}

func open(name string, stat func(string) (fs.FileInfo, error),
	openFile func(string, int, fs.FileMode) (*os.File, error)) (*os.File, fs.FileInfo, error) {
	// Looked at before it is opened, since to open some devices is to use them, and
	// after, since it may have been replaced in between.
	before, err := stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, &KindError{before.Mode()}
	}
	f, err := openFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &KindError{info.Mode()}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// Read returns the content of the regular file at path, of limit bytes at most: more
// is a *SizeError. It opens as Open does.
func Read(path string, limit int64) ([]byte, error) {
	f, info, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, info, limit)
}

// ReadIn is Read for a path below root.
func ReadIn(root *os.Root, name string, limit int64) ([]byte, error) {
	f, info, err := OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, info, limit)
}

// ReadPlain is ReadIn that does not follow name where it is a symbolic link.
func ReadPlain(root *os.Root, name string, limit int64) ([]byte, error) {
	f, info, err := OpenPlain(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, info, limit)
}

// readAll also bounds files that grow, and those of /proc, whose length is said to
// be 0.
func readAll(f *os.File, info fs.FileInfo, limit int64) ([]byte, error) {
	if info.Size() > limit {
		return nil, &SizeError{info.Size(), limit}
	}
	data := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, &SizeError{int64(len(data)), limit}
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// Cause takes err out of what package os wraps it in: the caller names the
// path once, and the name of a system call says nothing to a user.
func Cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// IsFull reports whether an error is that of a full disk, or of a quota that is used up.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Hint says what to do about a file or folder that could not be written, whose path the
// named setting says; an empty one is a path that nothing says. It is empty if the error
// is about something else.
func Hint(err error, setting string) string {
	or := func(hint, another string) string {
		if setting == "" {
			return hint
		}
		return hint + fmt.Sprintf(another, setting)
	}
	switch {
	case IsFull(err):
		return or("free some space on the disk", ", or let `%s` be on another one")
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return or("make the folder writable for the user that runs webpress", ", or set another `%s`")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return or("use shorter names", ", by another `%s`")
	case errors.Is(err, syscall.ENOTDIR):
		return or("a file is where a folder is needed: move it away", ", or set another `%s`")
	case errors.Is(err, fs.ErrNotExist):
		return "a folder was removed while webpress wrote to it: run it again"
	}
	return ""
}
