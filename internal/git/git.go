// Package git runs git, and knows how to ask it: nothing prompts, names are
// separated by NUL, a tree that belongs to somebody else is read all the same,
// and what git said is part of the error.
package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What Open returns where git cannot help. Both are ordinary: callers then do
// without git.
var (
	// ErrNoWorkTree says that the folder is in no git work tree.
	ErrNoWorkTree = errors.New("not in a git work tree")
	// ErrNotInstalled says that there is no git program.
	ErrNotInstalled = errors.New("git is not installed")
)

// Options are how git is run. The zero value is right for everything but tests.
type Options struct {
	// Program is the name or path of git; empty means "git" in the PATH.
	Program string
	// Env is what git inherits, as os.Environ returns it; nil means the
	// environment of this process. What names another repository is taken out
	// of it: the folder alone decides.
	Env []string
}

// A Repo is a work tree as seen from one folder in it. It holds no open files,
// and may be used from several goroutines.
type Repo struct {
	dir     string // absolute, symbolic links resolved
	top     string
	program string
	env     []string
}

// Open finds the work tree that dir is in. It returns ErrNoWorkTree where there
// is none (dir may also be inside of a .git folder), ErrNotInstalled where
// there is one but no git to ask, and an *Error where git refuses to read it.
func Open(ctx context.Context, dir string, o Options) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	// git compares safe.directory with the resolved path.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	tops := candidates(dir)
	if len(tops) == 0 {
		return nil, ErrNoWorkTree // without the cost of a process
	}
	r := &Repo{dir: dir, program: o.Program}
	if r.program == "" {
		r.program = "git"
	}
	base := o.Env
	if base == nil {
		base = os.Environ()
	}
	r.env = environment(base, settings(tops))

	out, err := r.run(ctx, nil, "rev-parse", "--show-toplevel")
	var failed *Error
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotInstalled
	case errors.As(err, &failed) && strings.Contains(failed.Stderr, "must be run in a work tree"):
		return nil, ErrNoWorkTree
	case err != nil:
		return nil, err
	}
	// A folder's name may end in a newline, so only git's own is cut off.
	r.top = strings.TrimSuffix(string(out), "\n")
	return r, r.useIndex(ctx, base)
}

// useIndex lets git look at the index that a hook is run for. `git commit -a` and
// `git commit FILE` make one of their own, and hand it over by GIT_INDEX_FILE; the
// path is relative to the top, where hooks are run. One of another repository does
// not count.
func (r *Repo) useIndex(ctx context.Context, env []string) error {
	index := ""
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "GIT_INDEX_FILE="); ok {
			index = value
		}
	}
	if index == "" {
		return nil
	}
	out, err := r.run(ctx, nil, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(index) {
		index = filepath.Join(r.top, index)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(index))
	if err != nil || dir != strings.TrimSuffix(string(out), "\n") {
		return nil //nolint:nilerr // it is no index of this repository
	}
	if _, err := os.Stat(index); err == nil {
		r.env = append(r.env, "GIT_INDEX_FILE="+index)
	}
	return nil
}

// Dir is the folder given to Open, absolute and with symbolic links resolved.
// All paths that a Repo takes and returns are relative to it.
func (r *Repo) Dir() string { return r.dir }

// Top is the top folder of the work tree, absolute.
func (r *Repo) Top() string { return r.top }

// candidates returns dir and the folders above it that hold a .git entry,
// nearest first.
func candidates(dir string) []string {
	var tops []string
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			tops = append(tops, dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return tops
		}
		dir = up
	}
}
