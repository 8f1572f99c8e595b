package scan

import (
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// A kind says what a pattern turned out to be when it was held against the tree.
type kind int

const (
	glob   kind = iota // matches names
	exact              // is one file, whether it is there or not
	folder             // is everything below one folder
)

// A pattern is one line of a setting.
type pattern struct {
	raw    string // as it was written
	path   string // relative, clean and without a trailing slash; "." is the tree
	negate bool
	slash  bool // ended in a slash, and so is about folders
	kind   kind
	// files says that it takes away files alone, by the end of their names, such as
	// !*.png: a folder of that name is no matter of its.
	files bool
	// narrow says that of what is matched only the images are meant.
	narrow bool
	// link is the name under which a symbolic link was named, where path is what
	// it points to.
	link string
	// base is the folder that every match of a glob or folder is below.
	base string
	// depth is how many names a match of a glob has, at most; 0 is no limit.
	depth int
	// named is path as it was written, without backslashes: its names open what is left
	// out by default.
	named string
	// hit says that the pattern has matched a file.
	hit bool
}

// parse reads a pattern. tops are the absolute names of the working directory.
// Nothing is asked of the file system.
func parse(raw string, tops ...string) (pattern, error) {
	p := pattern{raw: raw}
	s, negated := strings.CutPrefix(raw, "!")
	p.negate = negated
	s = filepath.ToSlash(s)
	if s == "" {
		return p, errors.New("pattern is empty")
	}
	if strings.ContainsRune(s, 0) {
		return p, errors.New("pattern contains a NUL byte")
	}
	p.slash = strings.HasSuffix(s, "/")
	if path.IsAbs(s) {
		var inside bool
		if s, inside = below(path.Clean(s), tops); !inside {
			return p, errOutside
		}
	}
	if slices.Contains(strings.Split(s, "/"), "..") {
		clean := path.Clean(s)
		if clean == ".." || strings.HasPrefix(clean, "../") {
			return p, errOutside
		}
		if hasMeta(s) {
			return p, errors.New("pattern with wildcards may not contain a .. folder")
		}
		s = clean
	}
	p.path = tidy(s)
	p.files = p.negate && !p.slash && endsAsImage(p.path)
	p.named = strings.ReplaceAll(p.path, `\`, "")
	return p, nil
}

var errOutside = errors.New("leaves the working directory")

// below makes the absolute s relative to the first of tops that it is in.
func below(s string, tops []string) (string, bool) {
	for _, top := range tops {
		top = filepath.ToSlash(top)
		if s == top {
			return ".", true
		}
		if rest, ok := strings.CutPrefix(s, strings.TrimSuffix(top, "/")+"/"); ok {
			return rest, true
		}
	}
	return "", false
}

// tidy takes out of s what says nothing: empty names, dots, and ** after **.
func tidy(s string) string {
	var names []string
	for name := range strings.SplitSeq(s, "/") {
		if name == "" || name == "." || name == "**" && len(names) > 0 && names[len(names)-1] == "**" {
			continue
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "."
	}
	return strings.Join(names, "/")
}

func hasMeta(s string) bool { return strings.ContainsAny(s, `*?[{\`) }

// Literal is the pattern that means a file of this name alone, also where that is gone:
// a name that is there means itself.
func Literal(name string) string {
	return literal.Replace(name)
}

var literal = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)

// asGlob makes p a glob, or says why it cannot be one.
func (p *pattern) asGlob() error {
	if p.slash {
		p.path += "/**/*" // ** alone would match no name at all as well
		p.narrow = !p.negate
	}
	if !doublestar.ValidatePattern(p.path) {
		return errors.New("malformed pattern")
	}
	p.kind = glob
	// SplitPattern leaves the escape of what needs none: \.github is .github.
	if p.base, _ = doublestar.SplitPattern(p.path); strings.Contains(p.base, `\`) {
		p.base = "."
	}
	// A slash inside of braces makes the number of names hard to tell.
	if !strings.Contains(p.path, "**") && !strings.Contains(p.path, "{") {
		p.depth = strings.Count(p.path, "/") + 1
	}
	return nil
}

// hits says whether p, a glob, matches the file. A glob that takes away also
// takes away what is below a folder that it matches.
func (p *pattern) hits(file string) bool {
	if doublestar.MatchUnvalidated(p.path, file) {
		return true
	}
	if p.negate && !p.files {
		for dir := range parents(file) {
			if dir != "." && doublestar.MatchUnvalidated(p.path, dir) {
				return true
			}
		}
	}
	return false
}

// reaches says whether p may match something below dir, for which it has to have the
// closed names.
func (p *pattern) reaches(dir string, closed []closedName) bool {
	if p.negate || p.kind == exact || !p.opensAll(closed) {
		return false
	}
	if !isBelow(dir, p.base) {
		return isBelow(p.base, dir)
	}
	return p.depth == 0 || dir == "." || strings.Count(dir, "/")+1 < p.depth
}

// isBelow says whether p is dir or in it.
func isBelow(p, dir string) bool {
	return dir == "." || p == dir || len(p) > len(dir) && p[:len(dir)] == dir && p[len(dir)] == '/'
}

// parents yields the folders that p is in, the nearest first and "." last.
func parents(p string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := len(p) - 1; i > 0; i-- {
			if p[i] == '/' && !yield(p[:i]) {
				return
			}
		}
		yield(".")
	}
}
