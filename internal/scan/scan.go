// Package scan finds the images that a run is about: by patterns, from what git
// knows of the tree or from a walk through it, and by their content. It reads
// the first bytes of what it finds, and opens nothing outside of the working
// directory.
//
// # Which files
//
// Without patterns, every file with an image's extension (in upper or lower
// case) is taken. Patterns are those of doublestar: * and ? stay within a
// folder, ** does not, {a,b} and [abc] choose; they start from the working
// directory, and upper and lower case differ. If a pattern is the name of a
// file or folder that is there, it means just that, brackets and all; with a backslash
// before each special character it does so whether that is there or not. A folder
// means the images below it. ! in front takes files away again, and what such a
// pattern says of a folder holds for everything below it, unless it ends as the
// name of an image does (!*.png): that is about files. The last pattern that
// matches a file decides.
//
// What git ignores is left out, and so are other repositories inside of the
// tree, submodules among them, unless a pattern begins with the name of such a
// folder: dist/**/*.png finds images in dist, also where dist is ignored.
//
// Left out by default are hidden folders, folders named dist, build, _site,
// node_modules and vendor, the folder public where the settings of a generator beside
// it say that it writes there, virtual environments of Python, and favicons. A pattern
// opens those folders that it names (build/**, **/{dist,.github}/*.png), in every place,
// and those favicons whose names it begins with (**/favicon*). A file that is itself named
// by a pattern is taken in any case, and so are the files that Options.Recorded names.
// Nothing is ever taken from a folder named .git.
//
// Symbolic links are not followed, since what they point to is found where it
// is; one that leaves the tree fails. A link that is named itself stands for
// what it points to.
package scan

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/tree"
)

// Options say where to look, and for what.
type Options struct {
	// Dir is the working directory, absolute.
	Dir string
	// Paths are files, folders and patterns that the user named for this run.
	// If there are any, they are taken in place of the patterns in Globs,
	// except that a folder means the files below it that Globs would take, and
	// that what Globs takes away with ! stays away. A name that begins with ! is
	// that file where it is there.
	Paths []string
	// Outside are files, folders and patterns that the user named for this run and that
	// are not in Dir: absolute paths. Names says how sources there are called. Where
	// nothing of Dir was named besides, nothing of it is taken.
	Outside []string
	Names   tree.Names
	// Globs are patterns; with none, or only such that take files away, every
	// image is meant.
	Globs []string
	// GlobName is what people call Globs; empty is `glob`.
	GlobName string
	// Ignore are patterns of files to leave out in any case. As in a
	// .gitignore, one without a slash matches a name in every folder, one that
	// starts with a slash starts from the working directory, and ! takes a file
	// in again that an earlier one left out.
	Ignore []string
	// Open are patterns that open what is left out by default for all other patterns, and
	// do nothing else.
	Open []string
	// Recorded, where set, yields files that are not left out by default.
	Recorded iter.Seq[string]
	// MaxFileSize is the most bytes that a source may have; 0 means no limit. Where
	// MaxFileSizeOf is set, it says so for each.
	MaxFileSize   int64
	MaxFileSizeOf func(file string) int64
	// Only, where set, leaves out files that the patterns want. blob is the git blob
	// id, empty for a file that git does not have as it is now.
	Only func(file, blob string) bool
	// Known, where set, says what the content with a git blob id is. Such files are
	// not opened. It is called from several goroutines at once.
	Known func(file, blob string) (format asset.Format, size int64, ok bool)
	// Git is how git is run.
	Git git.Options

	// noGit does without git, shown is how files are called for people.
	noGit bool
	shown func(file string) string
}

// Found is what Find found.
type Found struct {
	// Sources are the images, sorted by path, each once.
	Sources []asset.Source
	// Failed are files that were meant but cannot be images to convert, sorted
	// by path.
	Failed []asset.Result
	// Notices are remarks for the user, one line each.
	Notices []string
	// Files are those that git listed in the folders that were looked through, by
	// path; nil if git was not asked. A file that is not among them may be there.
	Files map[string]git.File
	// Opened counts the files that were opened.
	Opened int
	// LeftOut is what was left out by default and would have been taken otherwise, sorted
	// by path.
	LeftOut []LeftOut
	// None reports whether the patterns want no file that is there, whatever Only says.
	None bool
}

// Find finds the images. Mistakes of the user's, such as a pattern that leaves
// the tree, are *asset.Fault values, all of them joined into the error that is
// returned; nothing has been opened then. A file that fails is not an error but
// among Found.Failed.
func Find(ctx context.Context, o Options) (found Found, err error) {
	found.None = true
	if !o.takesNothing() {
		if found, err = find(ctx, o); err != nil {
			return Found{}, err
		}
	}
	if len(o.Outside) > 0 {
		err = findOutside(ctx, o, &found)
	}
	return found, err
}

// find is Find for what is in the working directory.
func find(ctx context.Context, o Options) (Found, error) {
	root, err := os.OpenRoot(o.Dir + "/.") // the dot refuses what is not a folder
	if err != nil {
		return Found{}, &asset.Fault{
			Message: fmt.Sprintf("open working directory %q: %v", o.Dir, tree.Cause(err)),
			Hint:    "check working-directory",
		}
	}
	defer root.Close()
	t := workdir{root: root, dir: filepath.Clean(o.Dir), shown: o.shown}
	if t.real, err = filepath.EvalSymlinks(t.dir); err != nil {
		return Found{}, fmt.Errorf("open working directory %q: %w", o.Dir, tree.Cause(err))
	}

	w, err := t.read(o)
	if err != nil {
		return Found{}, err
	}
	l := lister{workdir: t, wanted: w, globName: cmp.Or(o.GlobName, "`glob`"), noGit: o.noGit}
	if err := l.list(ctx, o.Git); err != nil {
		return Found{}, err
	}
	none := len(l.entries) == 0 && len(l.failed) == 0
	if o.Only != nil {
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return !o.Only(e.path, e.blob) })
	}
	id := identifier{workdir: t, known: o.Known, maxFileSize: o.MaxFileSizeOf, opened: new(atomic.Int64)}
	if id.maxFileSize == nil {
		id.maxFileSize = func(string) int64 { return o.MaxFileSize }
	}
	verdicts, err := id.all(ctx, l.entries)
	if err != nil {
		return Found{}, err
	}
	found := gather(verdicts, &l)
	if found.LeftOut = l.leftOut(o.Only); len(found.LeftOut) > 0 {
		if notice := leftNotice(found.LeftOut); notice != "" {
			found.Notices = append(found.Notices, notice)
		}
	}
	found.Opened, found.None = int(id.opened.Load()), none
	return found, nil
}

// gather sorts what became of each entry.
func gather(verdicts []verdict, l *lister) Found {
	found := Found{Failed: l.failed, Notices: l.notices, Files: l.files}
	var links, others int
	var named []verdict
	found.Sources = make([]asset.Source, 0, len(verdicts))
	for _, v := range verdicts {
		switch v.outcome {
		case taken:
			found.Sources = append(found.Sources, v.source)
		case failed:
			found.Failed = append(found.Failed, asset.Fail(v.source, v.message, v.hint))
		case leftNamed:
			named = append(named, v)
		case leftLink:
			links++
		case leftOther:
			others++
		}
	}
	// Among what a shell makes of images/* there may be anything; it is an error only where
	// nothing is left.
	for _, v := range named {
		if len(l.wanted.paths.all) > 0 && len(found.Sources) > 0 {
			found.Notices = append(found.Notices, fmt.Sprintf("%q is left out: %s", l.show(v.source.Path), v.what))
		} else {
			found.Failed = append(found.Failed, asset.Fail(v.source, v.message, v.hint))
		}
	}
	found.Notices = append(found.Notices, l.unmatched()...)
	if links > 0 {
		found.Notices = append(found.Notices, count(links, "symbolic link")+" left out")
	}
	if others > 0 {
		found.Notices = append(found.Notices, count(others, "file")+" left out: no image by content or name")
	}
	slices.SortFunc(found.Sources, func(a, b asset.Source) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(found.Failed, func(a, b asset.Result) int { return strings.Compare(a.Source.Path, b.Source.Path) })
	return found
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// A workdir is the working directory.
type workdir struct {
	root *os.Root
	dir  string // absolute and clean, as the user named it
	real string // with symbolic links resolved
	// shown is Options.shown.
	shown func(file string) string
}
