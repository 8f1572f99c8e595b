package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
)

// An entry is something in the tree that is wanted.
type entry struct {
	path string
	kind fs.FileMode // the type bits; unknown yet where named is set
	blob string
	// named reports whether the file itself is a pattern.
	named bool
	// ignored reports whether git ignores it, or another repository has it.
	ignored bool
}

// A lister finds the entries.
type lister struct {
	workdir
	wanted *wanted
	// globName is Options.GlobName.
	globName string

	entries []entry
	failed  []asset.Result
	notices []string

	// isNamed are the files that are patterns themselves.
	isNamed map[string]bool
	// files has every file that git lists, and dirs the folders they are in; nil
	// where git is not asked.
	files map[string]git.File
	dirs  map[string]bool
	// asked reports whether git was asked what it ignores.
	asked bool
	// doubtful are entries that git lists in no case, such as named pipes.
	doubtful []entry
	// noGit does without git.
	noGit bool
	// passed are images that were seen and not taken: some of them, enough to
	// see why a pattern matches nothing.
	passed []string
	// shut is what was left out by default.
	shut leftOut
}

// maxUnder is how many paths git is asked about by name.
const maxUnder = 64

// list fills l.entries, each file once and in no order.
func (l *lister) list(ctx context.Context, o git.Options) error {
	l.isNamed = l.wanted.named()
	bases := l.wanted.bases()

	var repo *git.Repo
	if !l.noGit {
		var err error
		if repo, err = l.open(ctx, o, len(bases) > 0); err != nil {
			return err
		}
	}
	known, loose := []string(nil), bases
	if repo != nil {
		var err error
		if known, loose, err = l.ask(ctx, repo, bases); err != nil {
			return err
		}
	}
	for name := range l.isNamed {
		f, listed := l.files[name]
		l.entries = append(l.entries, entry{path: name, blob: f.Blob, named: true, ignored: l.asked && !listed})
	}
	for _, base := range known {
		if err := l.walk(ctx, base, l.wanted.deciding(), true); err != nil {
			return err
		}
	}
	if len(loose) > 0 {
		by := l.wanted.deciding()
		if repo != nil {
			by = within(by, loose)
		}
		for _, base := range outermost(loose) {
			if err := l.walk(ctx, base, by, false); err != nil {
				return err
			}
		}
	}
	if len(l.doubtful) > 0 {
		if err := l.settleDoubts(ctx, repo); err != nil {
			return err
		}
	}
	// A folder may have been looked through twice: as git knows it, and all of it.
	slices.SortFunc(l.entries, func(a, b entry) int {
		if c := strings.Compare(a.path, b.path); c != 0 || a.ignored == b.ignored {
			return c
		} else if a.ignored {
			return 1
		}
		return -1
	})
	l.entries = slices.CompactFunc(l.entries, func(a, b entry) bool { return a.path == b.path })
	return nil
}

// open opens the work tree, if there is one. matters says that what git ignores
// would be left out.
func (l *lister) open(ctx context.Context, o git.Options, matters bool) (*git.Repo, error) {
	repo, err := git.Open(ctx, l.dir, o)
	if err == nil || errors.Is(err, git.ErrNoWorkTree) {
		return repo, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if matters {
		l.withoutGit(err)
	}
	return nil, nil
}

func (l *lister) withoutGit(err error) {
	l.notices = append(l.notices, fmt.Sprintf("files that git ignores are not left out: %v", err))
}

// ask asks git for its files, and splits bases into the folders to look through
// by git's list (known, none of them in another) and those that it ignores or
// that are in other repositories (loose).
func (l *lister) ask(ctx context.Context, repo *git.Repo, bases []string) (known, loose []string, err error) {
	inRepo := func(base string) bool { return !l.inOther(base) }
	for _, base := range bases {
		if inRepo(base) && l.isFolder(base) {
			known = append(known, base)
		} else {
			loose = append(loose, base)
		}
	}
	files := []git.File(nil)
	ignored, err := repo.Ignored(ctx, known...)
	if err == nil {
		known = slices.DeleteFunc(known, func(base string) bool {
			if ignored[base] {
				loose = append(loose, base)
			}
			return ignored[base]
		})
		known = outermost(known)
		under := slices.Clone(known)
		for name := range l.isNamed {
			under = append(under, name)
		}
		if len(under) == 0 {
			l.asked = true
			return known, loose, nil
		}
		if len(under) > maxUnder || slices.Contains(under, ".") {
			under = nil
		}
		files, err = repo.Files(ctx, under...)
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		l.withoutGit(err)
		return nil, bases, nil
	}
	l.asked = true
	l.files, l.dirs = make(map[string]git.File, len(files)), map[string]bool{}
	for _, f := range files {
		l.files[f.Path] = f
		for dir := range parents(f.Path) {
			if l.dirs[dir] {
				break
			}
			l.dirs[dir] = true
		}
	}
	return known, loose, nil
}

// inOther reports whether dir is in another repository below the working directory.
func (l *lister) inOther(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, err := l.root.Lstat(dir + "/.git"); err == nil {
			return true
		}
	}
	return false
}

// isFolder reports whether dir is a folder, and not by way of a symbolic link.
func (l *lister) isFolder(dir string) bool {
	if dir == "." {
		return true
	}
	info, err := l.root.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	rel, inside := l.follow(dir)
	return inside && rel == dir
}

// within returns those of the patterns that take from one of the folders, and
// those that take away.
func within(ps *patterns, dirs []string) *patterns {
	var kept []pattern
	for _, p := range ps.all {
		if p.negate || slices.Contains(dirs, p.base) {
			kept = append(kept, p)
		}
	}
	part := gatherPatterns(kept)
	part.wide = ps.wide
	return &part
}

// settleDoubts takes those doubtful entries that git does not ignore.
func (l *lister) settleDoubts(ctx context.Context, repo *git.Repo) error {
	paths := make([]string, len(l.doubtful))
	for i, e := range l.doubtful {
		paths[i] = e.path
	}
	ignored, err := repo.Ignored(ctx, paths...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, e := range l.doubtful {
		if err != nil || !ignored[e.path] {
			l.entries = append(l.entries, e)
		}
	}
	return nil
}
