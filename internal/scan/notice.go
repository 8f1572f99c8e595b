package scan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// noImage begins the notice about a pattern that matches nothing.
const noImage = "no image matches"

// NoImages is the notice about a working directory without any.
const NoImages = "no images in the working directory"

// IsUnmatched reports whether a notice is about a pattern that matches nothing.
func IsUnmatched(notice string) bool {
	return strings.HasPrefix(notice, noImage) || strings.HasPrefix(notice, "no images in ")
}

// unmatched returns a notice for each pattern that matched nothing, and for
// each link that stands for another file.
func (l *lister) unmatched() []string {
	var notices []string
	for _, p := range l.wanted.deciding().all {
		switch {
		case p.negate:
		case p.link != "" && p.kind == exact:
			notices = append(notices, fmt.Sprintf("%q is a symbolic link to %q, which is taken in its place", l.show(p.link), l.show(p.path)))
		case p.kind != exact && l.unglobbed(p) != "" && !slices.ContainsFunc(l.entries, func(e entry) bool { return p.means(e.path) }):
			notices = append(notices, fmt.Sprintf("%s %q: %s leaves out %q", noImage, l.show(p.raw), l.globName, l.show(l.unglobbed(p))))
		case p.hit:
		case l.ignored(p) != "":
			notices = append(notices, fmt.Sprintf("%q is left out: %s", p.raw, l.ignored(p)))
		case p.kind == exact:
		case p.kind == folder && p.path == "." && l.shown == nil:
			notices = append(notices, NoImages)
		case p.kind == folder:
			notices = append(notices, fmt.Sprintf("no images in %q", l.show(p.path)))
		default:
			notices = append(notices, fmt.Sprintf("%s %q%s", noImage, l.show(p.raw), l.why(p)))
		}
	}
	return notices
}

// ignored says how the setting ignore leaves out what a pattern would take, empty where
// that is not so, as far as can be seen.
func (l *lister) ignored(p pattern) string {
	by := func(file string) *pattern {
		if i := l.wanted.ignore.last(file, nil); i != nil && i.negate {
			return i
		}
		return nil
	}
	if p.kind != glob || p.base != "." {
		if i := by(p.base); p.kind != exact && i != nil {
			return fmt.Sprintf("`ignore` has %q", i.raw)
		}
		if i := by(p.path); p.kind == exact && i != nil {
			return fmt.Sprintf("`ignore` has %q", i.raw)
		}
	}
	for _, file := range l.passed {
		if i := by(file); i != nil && p.means(file) {
			return fmt.Sprintf("`ignore` has %q, which takes %q", i.raw, file)
		}
	}
	return ""
}

// means reports whether a file is one of those that a folder or a glob stands for.
func (p *pattern) means(file string) bool {
	within := p.kind == folder && (p.path == "." || strings.HasPrefix(file, p.path+"/"))
	return within || p.kind == glob && p.hits(file)
}

// unglobbed is a file that a path of the user's means and that the setting glob leaves
// out, empty if there is none, as far as can be seen.
func (l *lister) unglobbed(p pattern) string {
	for _, file := range l.passed {
		if len(l.wanted.paths.all) > 0 && p.means(file) {
			if g := l.wanted.globs.last(file, nil); g == nil || g.negate {
				return file
			}
		}
	}
	return ""
}

// why says what may be the matter with a glob that matches nothing, as far as
// can be seen.
func (l *lister) why(p pattern) string {
	if rel, inside, err := l.resolve(p.base); err == nil && (!inside || rel != p.base) {
		if !inside {
			return fmt.Sprintf(": %q is a symbolic link that leaves the working directory", p.base)
		}
		return fmt.Sprintf(": %q is a symbolic link to %q", p.base, rel)
	}
	lower := strings.ToLower(p.path)
	for _, file := range l.passed {
		if doublestar.MatchUnvalidated(lower, strings.ToLower(file)) {
			return fmt.Sprintf(": upper and lower case differ, and there is %q", file)
		}
	}
	if !strings.Contains(p.path, "/") && p.path != "**" {
		return fmt.Sprintf("; %q would look into folders as well", "**/"+p.path)
	}
	if l.files != nil && p.base != "." {
		return "; files that git ignores do not count"
	}
	return ""
}

// otherCase returns the name of a file that differs from p in upper and lower
// case only, empty if there is none.
func (t workdir) otherCase(p string) string {
	dir := path.Dir(p)
	in, _ := t.readDir(dir)
	for _, d := range in {
		if other := path.Join(dir, d.Name()); other != p && strings.EqualFold(other, p) {
			return other
		}
	}
	return ""
}
