package config

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/shell"
	"github.com/webpress/webpress/internal/tree"
)

// A Target is what Config.Output means.
type Target int

// The targets. Only the first can be set elsewhere than on the command line.
const (
	// ToTemplate makes the path of each result from a template.
	ToTemplate Target = iota
	// ToTyped is a template that was typed: its results may lie anywhere.
	ToTyped
	// ToFolder puts results into the folder Output.
	ToFolder
	// ToFile writes the result of one source to the file Output.
	ToFile
	// ToStdout writes the result of one source to standard output.
	ToStdout
)

// Stdio is the name of standard input among paths, and of standard output.
const Stdio = "-"

// standardOutput are other names of standard output. What they stand for may be a
// regular file, which must not be replaced.
var standardOutput = []string{Stdio, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}

// IsStdout reports whether a path is a name of standard output.
func IsStdout(name string) bool { return slices.Contains(standardOutput, name) }

// typedOnly reads what only the command line may say: - for standard input and output, a
// file or a folder as output, and names outside of the working directory.
func (l *loader) typedOnly(c *Config) Mistakes {
	var all Mistakes
	add := func(where, format string, args ...any) {
		all = append(all, Mistake{Where: where, Message: fmt.Sprintf(format, args...)})
	}
	if f, ok := l.typed.settings["output"]; ok {
		var err error
		c.Target, err = targetOf(l.dir, f.text)
		if err == nil && c.Verb != Convert && c.Target != ToFolder {
			err = checkTemplate(f.text)
		}
		if err != nil {
			add(f.where.Where, "%s: %s", quote(f.text), err)
		}
	}
	if c.Verb != Convert {
		return all
	}
	if _, set := l.typed.settings["format"]; c.Target == ToFile && !set {
		if format := asset.FormatByName(c.Output); format != "" {
			c.Format = []string{string(format)}
		}
	}
	if slices.Contains(c.Paths, Stdio) {
		c.Stdin = true
		if len(c.Paths) > 1 {
			add("path", "%s is standard input, and cannot be combined with other paths; a file of that name is ./-", quote(Stdio))
		}
		c.Paths = nil
		switch f, ok := l.typed.settings["output"]; {
		case !ok:
			c.Output, c.Target = Stdio, ToStdout
		case c.Target != ToFile && c.Target != ToStdout && f.text != "":
			add("--output", "%s: standard input has no name; name the file, as in -o %s", quote(f.text), path.Join(strings.TrimSuffix(f.text, "/"), "image.webp"))
		}
	}
	if c.oneFile() {
		if f, ok := l.typed.settings["originals"]; ok && c.Originals != OriginalsKeep {
			add(f.where.Where, "it is not for one file: the source stays; remove it yourself, or let -o be a folder")
		}
	}
	if c.Target == ToStdout {
		for _, f := range c.Files() {
			switch {
			case f.Setting == "json":
				add("json", "standard output takes the image; --report writes the report to a file")
			case IsStdout(f.Path):
				add(f.Setting, "standard output takes the image")
			}
		}
	}
	return all
}

// oneFile reports whether there is one output, of one source.
func (c *Config) oneFile() bool { return c.Target == ToFile || c.Target == ToStdout }

// targetOf says what a typed output means: dir is where it is from.
func targetOf(dir, text string) (Target, error) {
	if IsStdout(text) {
		return ToStdout, nil
	}
	filled, err := fillTemplate(text)
	if err != nil {
		return ToTyped, err
	}
	info, err := os.Stat(within(dir, text))
	isFolder := err == nil && info.IsDir()
	literal := filled == text
	switch {
	case literal && (isFolder || strings.HasSuffix(text, "/")):
		return ToFolder, nil
	case literal && !strings.Contains(path.Base(text), "."):
		return ToFile, fmt.Errorf("a folder ends in a slash, and a file in .webp or another extension; did you mean %q?", text+"/")
	case strings.HasSuffix(text, "/"), !strings.Contains(path.Base(filled), "."):
		return ToTyped, asFolder(text)
	case !strings.HasSuffix(text, ".{format}") && asset.FormatByName(filled) == "":
		return ToFile, errNoFormat
	case literal:
		return ToFile, nil
	}
	return ToTyped, nil
}

// notThere is what is wrong with typed paths that no file has, and that say what was
// meant: a command with a slip in it, or a result behind its source.
func (l *loader) notThere(c Config, typed Verb, commands []string) error {
	missing := func(name string) bool {
		_, err := os.Lstat(within(l.dir, name))
		return err != nil && !strings.ContainsAny(name, `*?[{\!`)
	}
	switch paths := c.Paths; {
	case typed == "" && c.Verb == Convert && len(paths) > 0 && !c.Prune && missing(paths[0]) && !strings.ContainsAny(paths[0], "./") && !strings.HasPrefix(paths[0], "-"):
		f := &asset.Fault{Message: fmt.Sprintf("no such file or command: %q", paths[0])}
		near := nearest(paths[0], commands)
		switch {
		case near != "" && near != paths[0]: // behind -- it is a file
			f.Message += fmt.Sprintf("; did you mean `%s`?", near)
		case len(paths) > 1: // files, some of which may be there
			return nil
		}
		return f
	case c.Verb == Convert && len(paths) == 2 && !missing(paths[0]) && missing(paths[1]) && asset.FormatByName(paths[1]) != "":
		return &asset.Fault{
			Message: fmt.Sprintf("find %q: no such file", paths[1]),
			Hint:    "to write the result to it: " + shell.Line("webpress", paths[0], "-o", paths[1]),
		}
	}
	return nil
}

// leadsOut takes the typed paths that lead out of the working directory from Paths to
// Outside.
func (c *Config) leadsOut() {
	tops := []string{c.WorkingDirectory}
	if real, err := filepath.EvalSymlinks(c.WorkingDirectory); err == nil {
		tops = append(tops, real)
	}
	c.followOutput(tops)
	if filepath.IsAbs(c.Output) && c.Target != ToTemplate {
		c.Absolute = true
	}
	var inside []string
	for _, name := range c.Paths {
		if c.Verb != Convert || strings.HasPrefix(name, "!") || name == "" || !outOf(tops, within(c.WorkingDirectory, name)) {
			inside = append(inside, name)
			continue
		}
		c.Outside = append(c.Outside, within(c.WorkingDirectory, name))
		c.Absolute = c.Absolute || filepath.IsAbs(name)
	}
	c.Paths = inside
	if c.Target == ToFolder {
		c.Output = strings.TrimSuffix(c.Output, "/") + "/"
	}
}

// followOutput takes a typed folder that is a symbolic link out of the working directory
// for what it points to: writing stays in the tree otherwise.
func (c *Config) followOutput(tops []string) {
	folder, file := c.Output, ""
	switch c.Target {
	case ToFile:
		folder, file = path.Split(filepath.ToSlash(c.Output))
	case ToFolder:
	default:
		return
	}
	named := within(c.WorkingDirectory, filepath.FromSlash(folder))
	if real, err := filepath.EvalSymlinks(named); err == nil && !outOf(tops, named) && outOf(tops, real) {
		c.Output = filepath.Join(real, file)
	}
}

// outOf reports whether an absolute path is in none of the folders, by its name nor by what
// it is in truth.
func outOf(folders []string, name string) bool {
	in := func(name string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool {
			rel, err := filepath.Rel(folder, name)
			return err == nil && !tree.IsOutside(filepath.ToSlash(rel))
		})
	}
	if in(filepath.Clean(name)) {
		return false
	}
	real, err := filepath.EvalSymlinks(name)
	return err != nil || !in(real)
}
