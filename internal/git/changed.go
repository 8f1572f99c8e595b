package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A Kind says what became of a file.
type Kind string

// The kinds. A renamed file is one that was deleted and one that was added; a file
// of which the mode changed, or that a symbolic link took the place of, is modified.
const (
	Added    Kind = "added"
	Modified Kind = "modified"
	Deleted  Kind = "deleted"
)

// A Difference is a file that two states of the tree do not have alike.
type Difference struct {
	// Path is relative to Repo.Dir and has forward slashes.
	Path string
	Kind Kind
}

// Changed returns the files below Dir that differ between a commit and the work
// tree, staged or not, in the order of their paths. Untracked files are not among
// them: Files lists those. A file that was taken out of the index alone is deleted
// here, and untracked there. Submodules are never among them. Nothing is fetched: in
// a clone without the trees of the commit that is an error.
func (r *Repo) Changed(ctx context.Context, base string) ([]Difference, error) {
	if strings.HasPrefix(base, "-") {
		return nil, fmt.Errorf("compare with %q: not a commit", base)
	}
	quiet := r.with("GIT_NO_LAZY_FETCH=1")
	quiet.env = configured(quiet.env, []setting{
		// Or else a file that only has another time is among them.
		{"diff.autoRefreshIndex", "true"},
	})
	// What is said here outweighs the user's own settings. /dev/null is no order.
	out, err := quiet.run(ctx, nil, "diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff",
		"--no-textconv", "--no-color", "--ignore-submodules=all", "--relative", "-O/dev/null", base, "--")
	if err != nil {
		return nil, err
	}
	return parseChanged(string(out)), nil
}

// parseChanged reads the raw output of diff.
func parseChanged(out string) []Difference {
	var all []Difference
	for out != "" {
		var meta, name string
		// :mode mode id id status NUL path NUL
		meta, out, _ = strings.Cut(out, "\x00")
		name, out, _ = strings.Cut(out, "\x00")
		field := strings.Fields(meta)
		if len(field) != 5 || name == "" {
			continue
		}
		d := Difference{Path: name, Kind: Modified}
		before, after := isFile(strings.TrimPrefix(field[0], ":")), isFile(field[1])
		switch {
		case before && !after:
			d.Kind = Deleted
		case !before && after:
			d.Kind = Added
		case !before:
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].Path == name {
			// Not merged yet: the line with U says nothing of the work tree.
			if field[4] != "U" {
				all[last] = d
			}
			continue
		}
		all = append(all, d)
	}
	return all
}

// isFile reports whether a mode is that of a file or of a symbolic link: not of a
// submodule, and not that of nothing.
func isFile(mode string) bool {
	return mode != "" && mode != ModeSubmodule && strings.Trim(mode, "0") != ""
}

// Sizes returns the sizes in bytes of all regular files that a commit has below
// Dir, as git keeps them: what Git LFS tracks has the size of its pointer. A partial
// clone does not know them all: that is an error, and nothing is fetched.
func (r *Repo) Sizes(ctx context.Context, commit string) (map[string]int64, error) {
	if strings.HasPrefix(commit, "-") {
		return nil, fmt.Errorf("list the files of %q: not a commit", commit)
	}
	out, err := r.with("GIT_NO_LAZY_FETCH=1").run(ctx, nil, "ls-tree", "-r", "-l", "-z", commit)
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]int64, strings.Count(string(out), "\x00"))
	for record := range strings.SplitSeq(string(out), "\x00") {
		// mode type id size TAB path
		meta, name, ok := strings.Cut(record, "\t")
		field := strings.Fields(meta)
		if !ok || len(field) != 4 || !strings.HasPrefix(field[0], "100") {
			continue
		}
		size, err := strconv.ParseInt(field[3], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git ls-tree: the size of %q in %s is not known here", name, commit)
		}
		sizes[name] = size
	}
	return sizes, nil
}
