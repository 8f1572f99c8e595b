// Package git runs git, and knows how to ask it: nothing prompts, names are
// separated by NUL, no program that a repository names is run, no secret of the
// environment is handed on, and what git said is part of the error.
package git

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
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
	// Env is the environment, as os.Environ returns it; nil means that of this
	// process. git and its children are given the part of it that they need: see
	// inherit. What names another repository is not: the folder alone decides.
	Env []string
	// Workspace is the folder that the CI has checked out to, empty if there is
	// none: what is in it may be read whoever it belongs to.
	Workspace string
	// Timeout is how long one command may take; 0 is DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is how long one command of git's may take, to a server and back.
const DefaultTimeout = 15 * time.Minute

// A Repo is a work tree as seen from one folder in it. It holds no open files,
// and may be used from several goroutines.
type Repo struct {
	dir     string // absolute, symbolic links resolved
	top     string
	gitDir  string
	program string
	env     []string
	timeout time.Duration
	// patience is after how long a command is looked after; see specialInTree.
	patience time.Duration
	// values are what git is configured for, and skipped the filters that are not run.
	values  []value
	skipped map[string]bool
	// lfs reports whether Git LFS's filter is set up.
	lfs bool
	// out takes what commands write, nil for what run returns.
	out io.Writer
}

// Open finds the work tree that dir is in. It returns ErrNoWorkTree where there
// is none (dir may also be inside of a .git folder), ErrNotInstalled where
// there is one but no git to ask, and an *Error where git refuses to read it, as
// it does with one that belongs to another user.
func Open(ctx context.Context, dir string, o Options) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	base := o.Env
	if base == nil {
		base = os.Environ()
	}
	p, ok := locate(dir, ceilings(base))
	if !ok {
		return nil, ErrNoWorkTree // without the cost of a process
	}
	r := &Repo{
		dir: dir, top: p.top, gitDir: p.dir, program: cmp.Or(o.Program, "git"), timeout: cmp.Or(o.Timeout, DefaultTimeout),
		env: append(configured(inherit(base), fixed), "GIT_DIR="+p.dir, "GIT_WORK_TREE="+p.top),
	}
	if r.patience = patience; o.Timeout > 0 {
		r.patience = min(patience, o.Timeout/2)
	}
	err = p.special()
	if err == nil {
		err = r.trust(ctx, p, o.Workspace)
	}
	if err == nil {
		err = r.arm(ctx)
	}
	if err == nil {
		err = r.specialValues(p)
	}
	if err == nil && !slices.ContainsFunc(r.values, func(v value) bool { return v.own }) {
		// No configuration of its own: git's message says what is wrong with it.
		_, err = r.run(ctx, nil, "rev-parse", "--git-dir")
	}
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotInstalled
	case err != nil:
		return nil, err
	}
	r.useIndex(base, p)
	return r, nil
}

// useIndex lets git look at the index that a hook is run for. `git commit -a` and
// `git commit FILE` make one of their own, and hand it over by GIT_INDEX_FILE; the
// path is relative to the top, where hooks are run. One of another repository does
// not count.
func (r *Repo) useIndex(env []string, p place) {
	index := lookup(env, "GIT_INDEX_FILE")
	if index == "" {
		return
	}
	index = from(r.top, index)
	if dir, err := filepath.EvalSymlinks(filepath.Dir(index)); err != nil || dir != p.dir {
		return
	}
	if _, err := os.Stat(index); err == nil {
		r.env = append(r.env, "GIT_INDEX_FILE="+index)
	}
}

// Dir is the folder given to Open, absolute and with symbolic links resolved.
// All paths that a Repo takes and returns are relative to it.
func (r *Repo) Dir() string { return r.dir }

// Top is the top folder of the work tree, absolute.
func (r *Repo) Top() string { return r.top }

// GitDir is git's own folder of this work tree, absolute. No clone brings what is in
// it along.
func (r *Repo) GitDir() string { return r.gitDir }
