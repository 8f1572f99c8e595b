package scan

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// maxPassed bounds lister.passed.
const maxPassed = 10_000

// walk looks through the folder base for what is wanted, as far as by reaches.
// With sift, what git does not list is left out. Symbolic links are entries, not
// ways.
func (l *lister) walk(ctx context.Context, base string, by *patterns, sift bool) error {
	if tree.InGit(base) || !l.isFolder(base) {
		return nil
	}
	all := by == l.wanted.deciding()
	for stack := []string{base}; len(stack) > 0; {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		enters, left := l.wanted.enters(dir, by)
		if left {
			l.shut.folder(dir, sift)
		}
		if !enters {
			continue
		}
		stack = l.folder(dir, by, all, sift, stack)
	}
	return nil
}

// folder looks through one folder, and adds the folders in it to stack.
func (l *lister) folder(dir string, by *patterns, all, sift bool, stack []string) []string {
	closed := l.wanted.left.folder(dir)
	in, names, err := l.namesIn(dir)
	if err != nil && !isMissing(err) {
		l.fail(dir, fmt.Sprintf("read folder %q: %v", dir, tree.Cause(err)))
	}
	if in != nil {
		defer in.Close()
	}
	for _, name := range names {
		if tree.IsGit(name) {
			continue
		}
		p := name
		if dir != "." {
			p = dir + "/" + name
		}
		f, listed := l.files[p]
		e := entry{path: p, ignored: !sift && l.asked}
		switch {
		case sift && !listed && !l.dirs[p] && !isImageName(p):
			continue
		case sift && !listed && l.dirs[p]:
			e.kind = fs.ModeDir
		case sift && f.Blob != "" && !f.Link:
			// As git has it: an ordinary file.
		default:
			info, err := in.Lstat(name)
			if err != nil {
				continue // gone since it was listed
			}
			e.kind = info.Mode().Type()
		}
		isFile := e.kind.IsRegular() || e.kind&fs.ModeSymlink != 0
		if e.kind.IsDir() {
			if !sift || l.dirs[p] {
				stack = append(stack, p)
			}
			continue // whatever its name
		}
		if isFile && sift {
			if !listed {
				continue
			}
			e.blob = f.Blob
		}
		// A pipe or a device may match a wide pattern; to be missed as an image it has
		// to be named as one.
		if l.isNamed[p] || !isFile && !isImageName(p) {
			continue
		}
		switch {
		case !l.wanted.takesIn(p, closed) || !all && !by.takesFile(p, l.wanted.unnamed(p, withFavicon(p, closed))):
			if isImageName(p) {
				closed := withFavicon(p, closed)
				l.pass(p, closed, all || by.takesFile(p, nil))
			}
		case !isFile && sift:
			l.doubtful = append(l.doubtful, e)
		default:
			l.entries = append(l.entries, e)
		}
	}
	return stack
}

// pass notes an image that is not taken. meant says that those patterns may take it that
// the walk is about.
func (l *lister) pass(file string, closed []closedName, meant bool) {
	if meant && len(l.wanted.closed(file, closed)) > 0 {
		l.shut.file(file)
	}
	closed = unopened(l.wanted.unnamed(file, closed), l.wanted.deciding().all...)
	if len(closed) == 0 && len(l.passed) < maxPassed {
		l.passed = append(l.passed, file)
	}
}

// takesFile reports whether the last of the patterns that match the file takes it.
func (ps *patterns) takesFile(file string, closed []closedName) bool {
	p := ps.last(file, closed)
	return p != nil && !p.negate
}

// readDir returns what is in dir, as far as it could be read.
func (t workdir) readDir(dir string) ([]fs.DirEntry, error) {
	f, err := openNow(t.root, dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// namesIn returns the names in dir, as far as they could be read, and dir to look
// them up in. What they are is not asked: os.Root asks for every one of them.
func (t workdir) namesIn(dir string) (in *os.Root, names []string, err error) {
	f, err := openNow(t.root, dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if names, err = f.Readdirnames(-1); len(names) == 0 {
		return nil, nil, err
	}
	in, e := t.root.OpenRoot(dir + "/.")
	if e != nil {
		return nil, nil, e
	}
	return in, names, err
}

// openNow opens a folder to be read. Should a named pipe have taken its place since
// it was looked at, this does not wait for somebody to write into it.
func openNow(in *os.Root, p string) (*os.File, error) {
	return in.OpenFile(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

func (l *lister) fail(path, message string) {
	l.failed = append(l.failed, asset.Fail(asset.Source{Path: path}, message, ""))
}
