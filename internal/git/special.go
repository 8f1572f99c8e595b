package git

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// git opens what it reads without a look at what that is: at a named pipe it waits for
// somebody to write. A clone has none, but an archive of one may, and an earlier step
// can leave one.

// ownFiles are the files of a repository that git opens unasked, below GIT_DIR and below
// the folder with the configuration.
var ownFiles = []string{
	"HEAD", "FETCH_HEAD", "MERGE_HEAD", "ORIG_HEAD", "config", "config.worktree", "index", "packed-refs", "shallow", "commondir", "gitdir",
	"info/exclude", "info/attributes", "info/grafts", "info/sparse-checkout", "info/refs", "objects/info/alternates", "objects/info/packs",
	"objects/info/commit-graph", "objects/pack/multi-pack-index", "logs/HEAD", "refs/heads", "refs/remotes", "refs/replace",
}

// special is an error where one of the repository's own files is none.
func (p place) special() error {
	for _, dir := range []string{p.dir, p.common} {
		for _, name := range append(ownFiles, headRef(dir)) {
			if err := notSpecial(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// headRef is where the branch is kept that is checked out.
func headRef(dir string) string {
	head := filepath.Join(dir, "HEAD")
	if isSpecial(head) {
		return "HEAD"
	}
	ref, ok := strings.CutPrefix(firstLine(head), "ref: ")
	if !ok || !filepath.IsLocal(ref) {
		return "HEAD"
	}
	return ref
}

// isSpecial reports whether a path, links followed, leads to something that is neither a file
// nor a folder. /dev/null is what people set for nothing.
func isSpecial(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir() && path != os.DevNull
}

// notSpecial is an error where isSpecial.
func notSpecial(path string) error {
	if !isSpecial(path) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil // it is gone
	}
	return &asset.Fault{
		Message: fmt.Sprintf("git would read %q, and that is %s", path, tree.Kind(info.Mode())),
		Hint:    "remove it, or clone the repository again",
	}
}

// specialValues is an error where a setting of the repository's own names something
// that is not a file: git may open it, such as what core.excludesFile names.
func (r *Repo) specialValues(p place) error {
	for _, v := range r.values {
		path, ok := strings.CutPrefix(v.value, "~/")
		bases := []string{r.dir, p.top, p.dir, p.common}
		if ok {
			bases = []string{lookup(r.env, "HOME")}
		}
		if !v.own || path == "" || len(path) > maxPointer || strings.ContainsRune(path, 0) {
			continue
		}
		for _, base := range bases {
			if err := notSpecial(from(base, path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// patience is after how long it is asked what git may be waiting for, where no server is
// asked for anything.
const patience = 10 * time.Second

// specialInTree is an error where there is a .gitignore or .gitattributes in the tree
// that is not a file. It goes through all of the tree.
func (r *Repo) specialInTree(ctx context.Context) error {
	return filepath.WalkDir(r.top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			return nil
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.Name() == ".gitignore" || d.Name() == ".gitattributes" || d.Name() == ".gitmodules":
			return notSpecial(path)
		}
		return nil
	})
}
