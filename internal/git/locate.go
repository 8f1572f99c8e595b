package git

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/webpress/webpress/internal/owner"
)

// A place is where a repository is.
type place struct {
	// top is the top folder of the work tree, and entry what is called .git in it.
	top, entry string
	// dir is the folder that git calls GIT_DIR: entry itself, or what it points to in
	// a linked work tree or a submodule. common is the one with the configuration.
	dir, common string
}

// locate finds the repository of a folder: the nearest .git above it. git itself
// would also take a folder for a repository that only looks like one from inside
// (HEAD, objects, refs), which a clone may hold among its files, with a configuration
// that names programs.
func locate(dir string, ceilings []string) (place, bool) {
	for at := dir; ; {
		if p, ok := placeAt(at); ok {
			// The repository's own folder is not in the work tree.
			return p, !within(p.dir, dir) && !within(p.common, dir)
		}
		up := filepath.Dir(at)
		if up == at || slices.Contains(ceilings, up) {
			return place{}, false
		}
		at = up
	}
}

func placeAt(top string) (place, bool) {
	p := place{top: top, entry: filepath.Join(top, ".git")}
	info, err := os.Stat(p.entry)
	switch {
	case err != nil:
		return p, false
	case info.IsDir():
		p.dir = resolve(p.entry)
	case info.Mode().IsRegular():
		// "gitdir: PATH", by git worktree and in submodules.
		path, ok := strings.CutPrefix(firstLine(p.entry), "gitdir: ")
		if !ok {
			return p, false
		}
		p.dir = resolve(from(top, path))
	default:
		return p, false
	}
	p.common = p.dir
	if common := firstLine(filepath.Join(p.dir, "commondir")); common != "" {
		p.common = resolve(from(p.dir, common))
	}
	// git passes by an empty folder called .git, too. What a file points to is git's
	// to complain about.
	return p, !info.IsDir() || exists(p.dir, "HEAD") && exists(p.common, "objects") && exists(p.common, "refs")
}

// from is path as seen from a folder.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// resolve is path without symbolic links, or path itself if it is not there.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// maxPointer is the length in bytes of a .git file that is still read.
const maxPointer = 64 << 10

// firstLine is the content of a small regular file without its line end, empty for
// anything else.
func firstLine(path string) string {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPointer))
	if err != nil {
		return ""
	}
	return string(bytes.TrimRight(data, "\r\n"))
}

// within reports whether path is dir, or below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// ceilings are the folders that the search upward does not enter.
func ceilings(env []string) []string {
	var all []string
	for _, dir := range filepath.SplitList(lookup(env, "GIT_CEILING_DIRECTORIES")) {
		if filepath.IsAbs(dir) {
			all = append(all, resolve(dir))
		}
	}
	return all
}

// trust finds out whether the repository may be read at all. It may in the CI's own
// workspace, and where the owner of the work tree, the repository and the working
// directory is one: a container runs as root on the runner's files, and git would
// refuse. Else git decides, by the user and by safe.directory in the user's own
// settings: a repository above that is somebody else's is not for us to be read.
func (r *Repo) trust(ctx context.Context, p place, workspace string) error {
	if workspace != "" && within(resolve(workspace), p.top) || owner.Same(p.top, p.entry, p.dir, p.common, r.dir) {
		return nil
	}
	asks := *r
	asks.dir = p.top
	asks.env = without(r.env, "GIT_DIR", "GIT_WORK_TREE") // git trusts what is named
	_, err := asks.run(ctx, nil, "rev-parse", "--git-dir")
	return err
}
