package git

import (
	"bytes"
	"context"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// The modes of a tree's entries. Regular files have one of the first two.
const (
	ModeFile       = "100644"
	ModeExecutable = "100755"
	ModeLink       = "120000"
	ModeSubmodule  = "160000"
)

// An Entry is what a commit has at a path.
type Entry struct {
	// Mode is one of those above.
	Mode string
	// ID is that of the blob, and for a submodule that of its commit.
	ID string
}

// A Tree is everything that a commit has.
type Tree struct {
	entries map[string]Entry
	folders map[string]bool
}

// At returns the entry at a path from the top. It has no folders.
func (t Tree) At(path string) (Entry, bool) {
	e, ok := t.entries[path]
	return e, ok
}

// Files are the paths of all regular files, in no order.
func (t Tree) Files() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range t.entries {
			if t.Blob(name) != "" && !yield(name) {
				return
			}
		}
	}
}

// Blob is the id of the regular file at a path, empty if there is none.
func (t Tree) Blob(path string) string {
	if e := t.entries[path]; e.Mode == ModeFile || e.Mode == ModeExecutable {
		return e.ID
	}
	return ""
}

// Executable reports whether there is a program at a path.
func (t Tree) Executable(path string) bool { return t.entries[path].Mode == ModeExecutable }

// Obstacle says what keeps a regular file from being at a path: something else is
// there, or in the place of one of its folders. It is empty if nothing is.
func (t Tree) Obstacle(path string) string {
	for i, c := range path {
		if c == '/' {
			if e, ok := t.entries[path[:i]]; ok {
				return e.what(path[:i])
			}
		}
	}
	if e, ok := t.entries[path]; ok && t.Blob(path) == "" {
		return e.what(path)
	}
	if t.folders[path] {
		return strconv.Quote(path) + " is a folder"
	}
	return ""
}

func (e Entry) what(path string) string {
	kind := "a file"
	switch e.Mode {
	case ModeLink:
		kind = "a symbolic link"
	case ModeSubmodule:
		kind = "a submodule"
	}
	return strconv.Quote(path) + " is " + kind
}

// Tree reads what a commit has.
func (r *Repo) Tree(ctx context.Context, commit string) (Tree, error) {
	out, err := r.atTop().run(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return Tree{}, err
	}
	tree := Tree{make(map[string]Entry, bytes.Count(out, []byte{0})), map[string]bool{}}
	for record := range strings.SplitSeq(string(out), "\x00") {
		// mode type id TAB path
		meta, name, ok := strings.Cut(record, "\t")
		field := strings.Fields(meta)
		if !ok || len(field) != 3 {
			continue
		}
		tree.entries[name] = Entry{Mode: field[0], ID: field[2]}
		for dir := path.Dir(name); dir != "." && !tree.folders[dir]; dir = path.Dir(dir) {
			tree.folders[dir] = true
		}
	}
	return tree, nil
}

// Filtered returns the filters that .gitattributes names for those of paths, which
// are from the top, that have one: lfs for Git LFS.
func (r *Repo) Filtered(ctx context.Context, paths []string) (map[string]string, error) {
	var in bytes.Buffer
	for _, p := range paths {
		in.WriteString(p + "\x00")
	}
	out, err := r.atTop().run(ctx, &in, "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return nil, err
	}
	// path NUL attribute NUL value NUL
	field := strings.Split(string(out), "\x00")
	filters := map[string]string{}
	for i := 0; i+2 < len(field); i += 3 {
		if v := field[i+2]; v != "unspecified" && v != "unset" && v != "set" {
			filters[field[i]] = v
		}
	}
	return filters, nil
}

// WithLFS is r with Git LFS's filter set up as `git lfs install` does it, but for
// the commands of this Repo alone. It returns ErrNoLFS where git-lfs is missing.
func (r *Repo) WithLFS(ctx context.Context) (*Repo, error) {
	// Looked up first: git would take an alias called lfs for it.
	if !r.finds("git-lfs") {
		return nil, ErrNoLFS
	}
	if _, err := r.run(ctx, nil, "lfs", "version"); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, ErrNoLFS
	}
	with := *r
	with.env, with.lfs = configured(r.env, lfsFilter), true
	return &with, nil
}

// AtTop is r as seen from the top of its work tree: what Git LFS and other filters
// make of a file does not depend on it, but what a path is relative to does.
func (r *Repo) AtTop() *Repo { return r.atTop() }

// finds reports whether a program is in the PATH that git is given.
func (r *Repo) finds(program string) bool {
	for _, dir := range filepath.SplitList(lookup(r.env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, program)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return true
		}
	}
	return false
}
