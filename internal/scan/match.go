package scan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// Matcher returns what says whether the last of the patterns that matches a file
// takes it. Files are paths from dir with forward slashes. Patterns mean what those
// of Options.Globs do, with one difference: a folder means every file below it,
// whatever its name, and so do patterns that only take away mean all other files.
// Empty ones mean nothing. What is left out by default is like any other file.
//
// Neither the file nor the folder need be there: what is not may be either.
//
// Mistakes are *asset.Fault values, joined.
func Matcher(dir string, raw []string) (func(file string) bool, error) {
	ps, _, err := matcher(dir, raw, nil)
	if err != nil {
		return nil, err
	}
	return func(file string) bool { return ps.takesFile(file, nil) }, nil
}

// DefaultMatcher is Matcher, but for what is left out by default: that has to be named by
// a pattern that takes it, or by one of those in named, which are for that alone. Empty
// patterns mean every other file.
func DefaultMatcher(dir string, raw, named []string) (func(file string) bool, error) {
	if len(raw) == 0 {
		raw = []string{"**"}
	}
	ps, open, err := matcher(dir, raw, named)
	if err != nil {
		return nil, err
	}
	left := newDefaults(filepath.Clean(dir))
	return func(file string) bool { return ps.takesFile(file, unopened(left.file(file), open...)) }, nil
}

// matcher reads patterns, and those that open what is left out by default.
func matcher(dir string, raw, named []string) (ps patterns, open []pattern, err error) {
	root, err := os.OpenRoot(dir + "/.")
	if err != nil {
		return ps, nil, fmt.Errorf("open working directory %q: %w", dir, tree.Cause(err))
	}
	defer root.Close()
	t := workdir{root: root, dir: filepath.Clean(dir)}
	if t.real, err = filepath.EvalSymlinks(t.dir); err != nil {
		return ps, nil, fmt.Errorf("open working directory %q: %w", dir, tree.Cause(err))
	}
	var all []pattern
	var faults []error
	for _, line := range raw {
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, err := parse(line, t.dir, t.real)
		if err == nil {
			err = t.settle(&p)
		}
		if err != nil {
			faults = append(faults, &asset.Fault{
				Message: fmt.Sprintf("glob %q: %v", line, err), Hint: t.hint(line, err),
			})
			continue
		}
		all = append(all, p)
		if _, err := root.Lstat(p.path); err != nil && p.kind == exact {
			p.kind, p.base = folder, p.path
			all = append(all, p)
		}
	}
	ps = gatherPatterns(withDefault(all, false))
	ps.wide = true
	return ps, t.openers(named), errors.Join(faults...)
}
