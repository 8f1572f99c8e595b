package config

import (
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// toRoot are dir, and the folders above it up to the root of the repository that it is
// in: the nearest with a .git. Outside of a repository it is dir alone.
func toRoot(dir string) []string {
	var all []string
	for folder := dir; ; folder = filepath.Dir(folder) {
		all = append(all, folder)
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return all
		}
		if filepath.Dir(folder) == folder {
			return all[:1]
		}
	}
}

// moveToFile lets the run work in the folder of webpress.yml, where that is above the
// working directory and in its repository: all paths in the file begin there. What was
// named elsewhere begins at the working directory, and is rewritten; where no files are
// named, the run is about those in the working directory. stronger says that a setting
// is not from the file.
func (c *Config) moveToFile(stronger func(name string) bool) {
	folder := filepath.Dir(filepath.Join(c.WorkingDirectory, c.File))
	if c.File == "" {
		// Without a file, a path that was typed may lead to another part of the repository.
		folders := toRoot(c.WorkingDirectory)
		if folder = folders[len(folders)-1]; !c.namesIn(folder) {
			return
		}
	}
	if filepath.IsAbs(c.File) || folder == c.WorkingDirectory || !slices.Contains(toRoot(c.WorkingDirectory), folder) {
		return
	}
	rel, err := filepath.Rel(folder, c.WorkingDirectory)
	if err != nil {
		return // both are absolute
	}
	m := mover{c.WorkingDirectory, filepath.ToSlash(rel)}
	v := reflect.ValueOf(c).Elem()
	for i := range table {
		s, field := &table[i], v.Field(table[i].field)
		switch {
		case !stronger(s.Name), s.Name == "config", s.Name == "working-directory":
		case s.Name == "ignore":
			field.Set(reflect.ValueOf(m.ignored(field.Interface().([]string))))
		case s.check == "pattern":
			field.Set(reflect.ValueOf(m.patterns(field.Interface().([]string))))
		case s.check == "file", s.check == "folder":
			field.SetString(m.path(field.String()))
		case s.check == "template" && !strings.HasPrefix(field.String(), "{dir}"):
			field.SetString(m.path(field.String()))
		}
	}
	if c.Paths = m.patterns(c.Paths); len(c.Paths) == 0 && !c.Stdin {
		c.Paths = []string{m.under + "/"}
	}
	c.Upload, c.Page = m.path(c.Upload), m.path(c.Page)
	c.Merged = slices.Clone(c.Merged)
	for i, dir := range c.Merged {
		c.Merged[i] = m.path(dir)
	}
	if c.WorkingDirectory = folder; c.File != "" {
		c.File = filepath.Base(c.File)
	}
}

// namesIn reports whether a typed path leads out of the working directory and into a folder
// above it.
func (c *Config) namesIn(folder string) bool {
	names := slices.Clone(c.Paths)
	if c.Target == ToFolder || c.Target == ToTyped && !strings.HasPrefix(c.Output, "{dir}") {
		names = append(names, c.Output)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		abs := within(c.WorkingDirectory, name)
		return !strings.HasPrefix(name, "!") && outOf([]string{c.WorkingDirectory}, abs) && !outOf([]string{folder}, abs)
	})
}

// A mover rewrites what begins at dir, so that it begins at a folder above that; under is
// the way from there to dir.
type mover struct{ dir, under string }

// path rewrites the path of a file or a folder. - is none.
func (m mover) path(name string) string {
	if name == "" || name == "-" || filepath.IsAbs(name) {
		return name
	}
	return path.Join(m.under, filepath.ToSlash(name))
}

// patterns rewrites patterns.
func (m mover) patterns(all []string) []string {
	var moved []string
	for _, pattern := range all {
		bang, name := "", pattern
		if _, err := os.Lstat(filepath.Join(m.dir, pattern)); err != nil { // or it is the name of a file
			if rest, ok := strings.CutPrefix(pattern, "!"); ok {
				bang, name = "!", rest
			}
		}
		if filepath.IsAbs(name) {
			moved = append(moved, pattern)
			continue
		}
		under := m.under
		if strings.ContainsAny(name, `*?[{\`) {
			under = literally(under)
		}
		end := ""
		if strings.HasSuffix(name, "/") {
			end = "/"
		}
		moved = append(moved, bang+path.Join(under, name)+end)
	}
	return moved
}

// ignored rewrites patterns of the setting ignore. One without a slash is for every
// folder, and stays as it is.
func (m mover) ignored(all []string) []string {
	var moved []string
	for _, pattern := range all {
		name := strings.TrimPrefix(pattern, "!")
		if !strings.Contains(strings.TrimSuffix(name, "/"), "/") {
			moved = append(moved, pattern)
			continue
		}
		bang := strings.TrimSuffix(pattern, name)
		moved = append(moved, m.patterns([]string{bang + strings.TrimLeft(name, "/")})...)
	}
	return moved
}

// literally is a path as a pattern that means just that.
func literally(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`).Replace(name)
}
