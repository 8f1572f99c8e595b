package tree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A Reach is a folder that files are read and written in, and what a person has named
// outside of it. A path that stays in the folder is confined to it, symbolic links
// included. One that does not, such as ../a.png or /home/u/a.png, is somebody's own
// word, and is followed: nothing but what was typed may become such a path.
type Reach struct {
	root *os.Root
	dir  string
}

// OpenReach opens the folder dir.
func OpenReach(dir string) (*Reach, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Reach{root, dir}, nil
}

// Close closes the folder.
func (r *Reach) Close() error { return r.root.Close() }

// IsOutside reports whether a path, from a folder, leads out of that.
func IsOutside(name string) bool { return !filepath.IsLocal(filepath.FromSlash(name)) }

// At returns a folder to look name up in, and its path there, until done is called. For
// a path that leads out it is the nearest folder that is there. Nothing in git's own
// folder is reached so (ErrInGit).
func (r *Reach) At(name string) (in *os.Root, rel string, done func(), err error) {
	if !IsOutside(name) {
		return r.root, name, func() {}, nil
	}
	abs, err := filepath.Abs(filepath.FromSlash(name))
	if !filepath.IsAbs(filepath.FromSlash(name)) {
		abs, err = filepath.Abs(filepath.Join(r.dir, filepath.FromSlash(name)))
	}
	if err != nil {
		return nil, "", nil, err
	}
	for dir := filepath.Dir(abs); ; dir = filepath.Dir(dir) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			rel, err := filepath.Rel(dir, abs)
			if err != nil {
				return nil, "", nil, err
			}
			if InGit(filepath.ToSlash(real)) || InGit(filepath.ToSlash(rel)) {
				return nil, "", nil, ErrInGit
			}
			in, err := os.OpenRoot(real)
			if err != nil {
				return nil, "", nil, err
			}
			return in, filepath.ToSlash(rel), func() { in.Close() }, nil
		}
		missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if !missing || dir == filepath.Dir(dir) {
			return nil, "", nil, err
		}
	}
}

// Open is Open for a path in reach.
func (r *Reach) Open(name string) (*os.File, fs.FileInfo, error) {
	in, rel, done, err := r.At(name)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	return OpenIn(in, rel)
}

// Lstat is os.Lstat for a path in reach.
func (r *Reach) Lstat(name string) (fs.FileInfo, error) {
	in, rel, done, err := r.At(name)
	if err != nil {
		return nil, err
	}
	defer done()
	return in.Lstat(rel)
}

// ReadPlain is ReadPlain for a path in reach.
func (r *Reach) ReadPlain(name string, limit int64) ([]byte, error) {
	in, rel, done, err := r.At(name)
	if err != nil {
		return nil, err
	}
	defer done()
	return ReadPlain(in, rel, limit)
}

// Remove removes a file in reach.
func (r *Reach) Remove(name string) error {
	in, rel, done, err := r.At(name)
	if err != nil {
		return err
	}
	defer done()
	return in.Remove(rel)
}

// Write is Write for a path in reach.
func (r *Reach) Write(name string, o Options, data []byte) error {
	in, rel, done, err := r.At(name)
	if err != nil {
		return err
	}
	defer done()
	return Write(in, rel, o, Bytes(data))
}

// ReadDir lists a folder in reach.
func (r *Reach) ReadDir(name string) ([]fs.DirEntry, error) {
	in, rel, done, err := r.At(name + "/x")
	if err != nil {
		return nil, err
	}
	defer done()
	return fs.ReadDir(in.FS(), filepath.ToSlash(filepath.Dir(rel)))
}

// Names are how files are called that may be outside of a folder: always alike, so that
// two names are never the same file.
type Names struct {
	// Dir is the folder, absolute.
	Dir string
	// Absolute calls files outside from the root of the file system, and not from Dir.
	Absolute bool
}

// Of returns the path of a file as seen from the folder, with forward slashes; name is
// from there, or absolute.
func (n Names) Of(name string) string {
	abs := filepath.FromSlash(name)
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(n.Dir, abs)
	}
	abs = filepath.Clean(abs)
	rel, err := filepath.Rel(n.Dir, abs)
	if err != nil || n.Absolute && IsOutside(filepath.ToSlash(rel)) {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}
