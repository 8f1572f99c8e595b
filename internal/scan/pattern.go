package scan

import (
	"errors"
	"fmt"
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
	// files reports whether it takes away files alone, by the end of their names, such as
	// !*.png: a folder of that name is no matter of its.
	files bool
	// narrow reports whether of what is matched only the images are meant.
	narrow bool
	// link is the name under which a symbolic link was named, where path is what
	// it points to.
	link string
	// base is the folder that every match of a glob or folder is below.
	base string
	// depth is how many names a match of a glob has, at most; 0 means no limit.
	depth int
	// named is path as it was written, unescaped: its names open what is left out by
	// default.
	named string
	// hit reports whether the pattern has matched a file.
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
	if slices.Contains(strings.Split(unescape(s), "/"), "..") {
		clean := path.Clean(unescape(s))
		if clean == ".." || strings.HasPrefix(clean, "../") {
			return p, errOutside
		}
		name, ok := NameOf(s)
		if !ok {
			return p, errors.New("pattern with wildcards may not contain a .. folder")
		}
		s = Literal(path.Clean(name))
	}
	p.path = tidy(s)
	p.files = p.negate && !p.slash && endsAsImage(p.path)
	p.named = unescape(p.path)
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

// meta are the characters that make a pattern of a name.
const meta = `*?[{\`

func hasMeta(s string) bool { return strings.ContainsAny(s, meta) }

// Literal is the pattern that means a file of this name alone, also where that is gone:
// a name that is there means itself.
func Literal(name string) string {
	return literal.Replace(name)
}

var literal = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)

// unescape takes the backslashes out of a pattern, but for those that are escaped.
func unescape(pattern string) string {
	if strings.IndexByte(pattern, '\\') < 0 {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// NameOf returns the name of the one file that a pattern means whose special characters
// are all escaped, as Literal has them. ok is false for others.
func NameOf(pattern string) (name string, ok bool) {
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			if i++; i == len(pattern) {
				return "", false // nothing is behind it
			}
		case strings.IndexByte(meta, c) >= 0:
			return "", false
		}
	}
	return unescape(pattern), true
}

// split splits a glob at the last slash before its first special character: into the
// folder that all its matches are below, and what they match there.
func split(glob string) (base, rest string) {
	_, rest = doublestar.SplitPattern(glob)
	switch base = strings.TrimSuffix(glob, rest); base {
	case "":
		return ".", rest
	case "/":
		return base, rest
	}
	return unescape(strings.TrimSuffix(base, "/")), rest
}

// Split splits the absolute path of a pattern into the folder that all its matches are
// below, and what they match there. dir is the working directory: what the path has in
// common with it is no pattern, brackets and all.
func Split(dir, name string) (in, pattern string) {
	name = filepath.Clean(name)
	for in = filepath.Clean(dir); ; in = filepath.Dir(in) {
		if rel, err := filepath.Rel(in, name); err == nil && filepath.IsLocal(rel) {
			base, rest := split(filepath.ToSlash(rel))
			return filepath.Join(in, filepath.FromSlash(base)), rest
		}
		if in == filepath.Dir(in) {
			return in, filepath.ToSlash(name)
		}
	}
}

// asGlob makes p a glob, or says why it cannot be one.
func (p *pattern) asGlob() error {
	if p.slash {
		p.path += "/**/*" // ** alone would match no name at all as well
		p.narrow = !p.negate
	}
	if !doublestar.ValidatePattern(p.path) {
		return errors.New("malformed pattern")
	}
	if choices(p.path) > maxChoices {
		return fmt.Errorf("has more than %d choices in its braces: write several patterns", maxChoices)
	}
	p.kind = glob
	p.base, _ = split(p.path)
	// A slash inside of braces makes the number of names hard to find.
	if !strings.Contains(p.path, "**") && !strings.Contains(p.path, "{") {
		p.depth = strings.Count(p.path, "/") + 1
	}
	return nil
}

// hits reports whether p, a glob, matches the file. A glob that takes away also
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

// reaches reports whether p may match something below dir, for which it has to have the
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

// isBelow reports whether p is dir or in it.
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
