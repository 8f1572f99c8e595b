package scan

import (
	"errors"
	"fmt"
	"io/fs"
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
}

// read reads all patterns, and reports all mistakes in them at once.
func (t workdir) read(o Options) (*wanted, error) {
	var w wanted
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

// hint says how to mend the mistake err in a pattern.
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
		if hasMeta(p.path) {
			return p.asGlob()
		}
		p.kind = exact
		return nil
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

// takes says whether the settings want the file.
func (w *wanted) takes(file string) bool {
	if p := w.ignore.last(file, 0); p != nil && p.negate {
		return false
	}
	if len(w.paths.all) == 0 {
		p := w.globs.last(file, 0)
		return p != nil && !p.negate
	}
	p := w.paths.last(file, 0)
	if p == nil || p.negate {
		return false
	}
	// What was left out by default and is named here needs no second naming.
	g := w.globs.last(file, p.names)
	if p.narrow {
		return g != nil && !g.negate
	}
	return g == nil || !g.negate
}

// enters says whether something below dir may be wanted; by is a part of the
// deciding patterns.
func (w *wanted) enters(dir string, by *patterns) bool {
	if len(w.ignore.all) > 0 && !w.ignore.takes() && w.ignore.last(dir, 0) != nil {
		return false
	}
	return slices.ContainsFunc(by.all, func(p pattern) bool { return p.reaches(dir) })
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

// isMissing says whether err means that there is no such file.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
