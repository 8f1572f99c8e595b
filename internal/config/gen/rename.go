package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/webpress/webpress/internal/project"
)

// renamed are the files of the repository that still show the name it had before
// internal/project was changed, with the new one in its place. The name before is that
// of the module in go.mod, which is among them.
func renamed(root string) ([]file, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(mod, []byte("\n"))
	old, ok := strings.CutPrefix(string(first), "module github.com/")
	if !ok {
		return nil, fmt.Errorf("the first line of go.mod is %q, want module github.com/OWNER/NAME", first)
	}
	if old == project.Repository {
		return nil, nil
	}
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the repository's files to rename %s to %s: git ls-files: %w", old, project.Repository, err)
	}
	var changed []file
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		path := filepath.Join(root, filepath.FromSlash(name))
		if info, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if text := rename(string(data), old, project.Repository); text != string(data) {
			changed = append(changed, file{name, []byte(text)})
		}
	}
	return changed, nil
}

// rename replaces the repository old by another wherever it stands for itself in text:
// not where it is only a part of longer words, such as the path old-report.json.
// Registries of images want lower case.
func rename(text, old, other string) string {
	const registry = "ghcr.io/"
	var b strings.Builder
	for {
		lower := false
		i := strings.Index(text, old)
		if at := strings.Index(text, registry+strings.ToLower(old)); at >= 0 && (i < 0 || at+len(registry) <= i) {
			i, lower = at+len(registry), true
		}
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		before, after := text[:i], text[i+len(old):]
		b.WriteString(before)
		switch {
		case before != "" && isNameByte(before[len(before)-1]) || goesOn(after):
			b.WriteString(text[i : i+len(old)])
		case lower:
			b.WriteString(strings.ToLower(other))
		default:
			b.WriteString(other)
		}
		text = after
	}
}

// goesOn reports whether a name does not end before rest. A full stop ends it, and so does .git.
func goesOn(rest string) bool {
	rest = strings.TrimPrefix(rest, ".git")
	if stop, ok := strings.CutPrefix(rest, "."); ok {
		return stop != "" && isNameByte(stop[0])
	}
	return rest != "" && isNameByte(rest[0])
}

func isNameByte(c byte) bool {
	return c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
