package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// wanted is what the settings say, held against the tree.
type wanted struct {
	paths, globs patterns
	// ignore has every pattern the other way around: what the setting leaves out
	// takes away here.
	ignore patterns
	// left says what is left out by default, open are patterns that open some of it for
	// all others.
	left *defaults
	open []pattern
	// recorded are files that are in by what is known of them; known are those of them
	// that would be left out by default, and the folders above, once that was asked.
	recorded iter.Seq[string]
	known    map[string]bool
}

// read reads all patterns, and reports all mistakes in them at once.
func (t workdir) read(o Options) (*wanted, error) {
	w := wanted{left: newDefaults(t.dir), recorded: o.Recorded}
	var faults []error
	read := func(setting string, raw []string, change func(string) string, invert bool) (all []pattern) {
		for _, line := range raw {
			if strings.TrimSpace(line) == "" {
				continue
			}
			p, err := parse(change(line), t.dir, t.real)
			if err == nil {
				p.raw, p.negate = line, p.negate != invert
				err = t.settle(&p)
			}
			if err != nil {
				faults = append(faults, &asset.Fault{
					Message: fmt.Sprintf("%s %q: %v", setting, line, err),
					Hint:    t.hint(line, err),
				})
				continue
			}
			all = append(all, p)
		}
		return all
	}
	same := func(line string) string { return line }
	w.paths = gatherPatterns(withDefault(read("path", o.Paths, t.there, false), false))
	w.globs = gatherPatterns(withDefault(read("glob", o.Globs, same, false), true))
	w.ignore = gatherPatterns(read("ignore", o.Ignore, t.anywhere, true))
	// A folder named on the command line means what Globs would take below it.
	w.paths.wide, w.ignore.wide = true, true
	w.open = t.openers(o.Open)
	return &w, errors.Join(faults...)
}

// withDefault puts every image in front of patterns that only take away, and,
// where empty says so, in the place of no patterns at all.
func withDefault(all []pattern, empty bool) []pattern {
	takes := slices.ContainsFunc(all, func(p pattern) bool { return !p.negate })
	if takes || len(all) == 0 && !empty {
		return all
	}
	images := pattern{path: ".", base: ".", kind: folder, narrow: true}
	return append([]pattern{images}, all...)
}

// hint says how to fix the mistake err in a pattern.
func (t workdir) hint(line string, err error) string {
	if !errors.Is(err, errOutside) {
		return ""
	}
	s := strings.TrimLeft(strings.TrimPrefix(line, "!"), "/")
	first, _, _ := strings.Cut(s, "/")
	if _, err := t.root.Lstat(first); err == nil && first != ".." {
		return fmt.Sprintf("patterns start from the working directory %q: write %s", t.dir, s)
	}
	return fmt.Sprintf("patterns start from the working directory %q and stay in it; working-directory says where that is", t.dir)
}

// anywhere gives a line of the ignore setting the meaning that it has in a
// .gitignore.
func (t workdir) anywhere(line string) string {
	s := strings.TrimPrefix(line, "!")
	bang := line[:len(line)-len(s)]
	if strings.HasPrefix(s, "/") {
		if _, inside := below(s, []string{t.dir, t.real}); inside {
			return line
		}
		return bang + strings.TrimLeft(s, "/")
	}
	if name := strings.TrimSuffix(s, "/"); strings.Contains(name, "/") || name == "." || name == ".." {
		return line
	}
	if _, err := t.root.Lstat(s); err == nil && hasMeta(s) {
		return line
	}
	return bang + "**/" + s
}

// there lets a file that begins with ! be named as it is called, as hooks do. Where
// there is none of that name, ! takes away.
func (t workdir) there(line string) string {
	if strings.HasPrefix(line, "!") {
		if _, err := t.root.Lstat(line); err == nil {
			return "./" + line
		}
	}
	return line
}

// settle finds out what p is: a file or folder that is there, or a glob.
func (t workdir) settle(p *pattern) error {
	info, err := t.root.Lstat(p.path)
	if err != nil {
		// It may be that the file is not there, or that the name of a glob is
		// too long for a file. What is wrong with a plain name is found when the
		// file is looked at.
		name, ok := NameOf(p.path)
		if !ok {
			return p.asGlob()
		}
		p.path = tidy(name)
		if info, err = t.root.Lstat(p.path); err != nil {
			p.kind = exact
			return nil
		}
	}
	if p.path != "." {
		// What is wrong with a link is found, too, when the file is looked at.
		rel, inside := t.follow(p.path)
		if !inside {
			p.kind = exact
			return nil
		}
		if rel != p.path {
			p.link, p.path = p.path, rel
			if info, err = t.root.Lstat(rel); err != nil {
				return tree.Cause(err)
			}
		}
	}
	if !info.IsDir() || p.files {
		p.kind = exact
		return nil
	}
	p.kind, p.base, p.narrow = folder, p.path, !p.negate
	return nil
}

// resolve follows all symbolic links in p, which is relative to the tree. It
// says whether the end is in the tree, and where.
func (t workdir) resolve(p string) (rel string, inside bool, err error) {
	end, err := filepath.EvalSymlinks(filepath.Join(t.dir, filepath.FromSlash(p)))
	if err != nil {
		return "", false, err
	}
	rel, inside = below(filepath.ToSlash(end), []string{t.real})
	return rel, inside, nil
}

// follow is resolve where the reason does not matter.
func (t workdir) follow(p string) (rel string, inside bool) {
	rel, inside, err := t.resolve(p)
	return rel, inside && err == nil
}

// openers are the patterns of raw that can be read, to ask them what they open.
func (t workdir) openers(raw []string) []pattern {
	var all []pattern
	for _, line := range raw {
		if p, err := parse(line, t.dir, t.real); err == nil && t.settle(&p) == nil {
			all = append(all, p)
		}
	}
	return all
}

// takes reports whether the settings want the file.
func (w *wanted) takes(file string) bool { return w.takesIn(file, w.left.folder(path.Dir(file))) }

// takesIn is takes for a file of a folder with the closed names in.
func (w *wanted) takesIn(file string, in []closedName) bool {
	return !w.ignores(file) && w.chooses(file, w.closed(file, withFavicon(file, in)))
}

// leavesOut reports whether the settings would want the file if nothing were left out by
// default. It marks patterns that match only then.
func (w *wanted) leavesOut(file string) bool {
	closed := w.closed(file, w.left.file(file))
	return len(closed) > 0 && !w.ignores(file) && w.chooses(file, nil) && !w.chooses(file, closed)
}

// outermost is that of defaults for a file that is left out, for the names that the
// patterns do not have.
func (w *wanted) outermost(file string) (name, why string) {
	closed := w.closed(file, w.left.file(file))
	if rest := unopened(closed, w.deciding().all...); len(rest) > 0 {
		closed = rest
	}
	return w.left.outermost(file, closed)
}

func (w *wanted) ignores(file string) bool {
	p := w.ignore.last(file, nil)
	return p != nil && p.negate
}

// closed are those of the names that a pattern has to name to take the file, or what is
// in the folder, at p.
func (w *wanted) closed(p string, names []closedName) []closedName {
	if names = unopened(names, w.open...); len(names) == 0 || w.recorded == nil {
		return names
	}
	if w.known == nil {
		w.known = map[string]bool{}
		for file := range w.recorded {
			if len(w.left.file(file)) == 0 {
				continue
			}
			w.known[file] = true
			for dir := range parents(file) {
				if w.known[dir] {
					break
				}
				w.known[dir] = true
			}
		}
	}
	if w.known[p] {
		return nil
	}
	return names
}

// unnamed is closed for the deciding patterns alone: what a setting names, they need not.
func (w *wanted) unnamed(p string, names []closedName) []closedName {
	closed := w.closed(p, names)
	if len(w.paths.all) > 0 {
		return unopened(closed, w.globs.all...)
	}
	return closed
}

// chooses reports whether the patterns want a file for which they have to have the closed
// names.
func (w *wanted) chooses(file string, closed []closedName) bool {
	if len(w.paths.all) == 0 {
		return w.globs.takesFile(file, closed)
	}
	// What is named here or there needs no second naming.
	if len(closed) > 0 && w.globs.takesFile(file, closed) {
		closed = nil
	}
	p := w.paths.last(file, closed)
	if p == nil || p.negate {
		return false
	}
	if p.kind == exact {
		closed = nil
	}
	g := w.globs.last(file, unopened(closed, *p))
	if p.narrow {
		return g != nil && !g.negate
	}
	return g == nil || !g.negate
}

// enters says whether something below dir may be wanted; by is a part of the
// deciding patterns. If it is not, left says that it would be if nothing were left out
// by default.
func (w *wanted) enters(dir string, by *patterns) (enters, left bool) {
	if len(w.ignore.all) > 0 && !w.ignore.takes() && w.ignore.last(dir, nil) != nil {
		return false, false
	}
	reach := func(closed []closedName) bool {
		return slices.ContainsFunc(by.all, func(p pattern) bool { return p.reaches(dir, closed) })
	}
	closed := w.unnamed(dir, w.left.folder(dir))
	if reach(closed) {
		return true, false
	}
	return false, len(closed) > 0 && reach(nil)
}

// deciding are the patterns that say what is taken.
func (w *wanted) deciding() *patterns {
	if len(w.paths.all) > 0 {
		return &w.paths
	}
	return &w.globs
}

// named are the files that are patterns themselves, also those which are not
// there, but not those that other patterns take away again.
func (w *wanted) named() map[string]bool {
	named := map[string]bool{}
	for _, p := range w.deciding().all {
		if p.kind == exact && !p.negate && w.takes(p.path) {
			named[p.path] = true
		}
	}
	return named
}

// bases are the folders to look through, one a pattern.
func (w *wanted) bases() []string {
	var bases []string
	for _, p := range w.deciding().all {
		if !p.negate && p.kind != exact {
			bases = append(bases, p.base)
		}
	}
	slices.Sort(bases)
	return slices.Compact(bases)
}

// outermost returns those of dirs that are in no other of them.
func outermost(dirs []string) []string {
	set := map[string]bool{}
	for _, d := range dirs {
		set[d] = true
	}
	return slices.DeleteFunc(slices.Clone(dirs), func(d string) bool {
		for up := range parents(d) {
			if up != d && set[up] {
				return true
			}
		}
		return false
	})
}

// isMissing reports whether err means that there is no such file.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
