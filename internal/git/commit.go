package git

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Change is one file of a commit to be made.
type Change struct {
	// Path is from the top of the work tree, with forward slashes. The content is
	// that of the work tree, filters such as Git LFS applied.
	Path string
	// Delete says that the file is to be gone.
	Delete bool
}

// A Commit is what Repo.Commit makes.
type Commit struct {
	// Parent is the id of the commit that it builds on.
	Parent string
	// Message is the whole text.
	Message string
	// Author is Name <email>, and the committer too. Empty is whom git is
	// configured for, or else webpress.
	Author  string
	Changes []Change
	// LFS says that Git LFS keeps some of the files; it has to be installed.
	LFS bool
}

// Commit makes a commit that no branch has yet, and returns its id. It is Parent
// where the changes make no difference. Neither the index nor any file of the work
// tree is touched. A file that is in Parent keeps its mode; a new one is 100644.
func (r *Repo) Commit(ctx context.Context, c Commit) (string, error) {
	dir, err := os.MkdirTemp("", "webpress-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	apart := r.atTop("GIT_INDEX_FILE=" + filepath.Join(dir, "index"))
	apart.env = append(apart.env, apart.identity(ctx, c.Author)...)

	if c.LFS {
		if _, err := apart.run(ctx, nil, "lfs", "version"); err != nil {
			return "", ErrNoLFS
		}
		// As `git lfs install` sets it, for this command alone.
		apart.env = environment(apart.env, []setting{
			{"filter.lfs.clean", "git-lfs clean -- %f"}, {"filter.lfs.smudge", "git-lfs smudge -- %f"},
			{"filter.lfs.process", "git-lfs filter-process"}, {"filter.lfs.required", "true"},
		})
		apart.env = append(apart.env, "GIT_INDEX_FILE="+filepath.Join(dir, "index"))
	}
	if _, err := apart.run(ctx, nil, "read-tree", c.Parent); err != nil {
		return "", err
	}
	if err := apart.stage(ctx, c.Parent, c.Changes); err != nil {
		return "", err
	}
	tree, err := apart.line(ctx, "write-tree")
	if err != nil {
		return "", err
	}
	if before, err := apart.line(ctx, "rev-parse", c.Parent+"^{tree}"); err != nil || before == tree {
		return c.Parent, err
	}
	out, err := apart.run(ctx, strings.NewReader(c.Message), "commit-tree", tree, "-p", c.Parent, "-F", "-")
	return strings.TrimSpace(string(out)), err
}

// stage puts the changes into the index that r has.
func (r *Repo) stage(ctx context.Context, parent string, changes []Change) error {
	modes, err := r.modes(ctx, parent)
	if err != nil {
		return err
	}
	var names []string
	var paths, entries bytes.Buffer
	for _, c := range changes {
		if c.Delete {
			fmt.Fprintf(&entries, "0 %040d\t%s\x00", 0, c.Path)
			continue
		}
		names = append(names, c.Path)
		paths.WriteString(quoted(c.Path) + "\n")
	}
	out, err := r.run(ctx, &paths, "hash-object", "-w", "--stdin-paths")
	if err != nil {
		return err
	}
	blobs := strings.Fields(string(out))
	if len(blobs) != len(names) {
		return fmt.Errorf("git hash-object: %d ids for %d files", len(blobs), len(names))
	}
	for i, name := range names {
		mode := modes[name]
		if mode != "100755" {
			mode = "100644"
		}
		fmt.Fprintf(&entries, "%s %s\t%s\x00", mode, blobs[i], name)
	}
	_, err = r.run(ctx, &entries, "update-index", "-z", "--index-info")
	return err
}

// modes returns the modes of all files of a commit, by path from the top.
func (r *Repo) modes(ctx context.Context, commit string) (map[string]string, error) {
	out, err := r.run(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	modes := map[string]string{}
	for record := range strings.SplitSeq(string(out), "\x00") {
		if meta, name, ok := strings.Cut(record, "\t"); ok {
			modes[name], _, _ = strings.Cut(meta, " ")
		}
	}
	return modes, nil
}

// Blobs returns the ids of the regular files of a commit, by path from the top.
func (r *Repo) Blobs(ctx context.Context, commit string) (map[string]string, error) {
	return r.atTop().tree(ctx, commit, ".")
}

// Executable returns those of the files of a commit that are programs, by path
// from the top.
func (r *Repo) Executable(ctx context.Context, commit string) (map[string]bool, error) {
	modes, err := r.atTop().modes(ctx, commit)
	programs := map[string]bool{}
	for name, mode := range modes {
		if mode == "100755" {
			programs[name] = true
		}
	}
	return programs, err
}

// Follow moves the branch that is checked out from one commit to the next, which
// was made of changes in the work tree, and says whether it did: only where from
// is still checked out on that branch.
func (r *Repo) Follow(ctx context.Context, branch, from, to string, changes []Change) (bool, error) {
	top := r.atTop()
	on, err := top.line(ctx, "symbolic-ref", "--quiet", "HEAD")
	if err != nil || on != "refs/heads/"+branch {
		return false, nil // detached, or elsewhere
	}
	if at, err := top.CheckedOut(ctx); err != nil || at != from {
		return false, err
	}
	if _, err := top.run(ctx, nil, "update-ref", "-m", "webpress", on, to, from); err != nil {
		return false, err
	}
	return true, top.stage(ctx, to, changes)
}

// Filtered returns those of paths, which are from the top, that Git LFS keeps.
func (r *Repo) Filtered(ctx context.Context, paths []string) ([]string, error) {
	var in bytes.Buffer
	for _, p := range paths {
		in.WriteString(p + "\x00")
	}
	out, err := r.atTop().run(ctx, &in, "check-attr", "-z", "--stdin", "filter")
	if err != nil {
		return nil, err
	}
	// path NUL attribute NUL value NUL
	field := strings.Split(string(out), "\x00")
	var kept []string
	for i := 0; i+2 < len(field); i += 3 {
		if field[i+2] == "lfs" {
			kept = append(kept, field[i])
		}
	}
	return kept, nil
}

// identity is the environment that says who commits.
func (r *Repo) identity(ctx context.Context, author string) []string {
	if author == "" {
		if _, err := r.run(ctx, nil, "var", "GIT_COMMITTER_IDENT"); err == nil {
			return nil
		}
		author = "webpress <webpress@users.noreply.github.com>"
	}
	name, email, _ := strings.Cut(strings.TrimSuffix(author, ">"), "<")
	name = strings.TrimSpace(name)
	return []string{
		"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + email,
		"GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + email,
	}
}

// atTop is r as seen from the top of the work tree, with more of an environment.
func (r *Repo) atTop(env ...string) *Repo {
	top := *r
	top.dir = r.top
	top.env = append(r.env[:len(r.env):len(r.env)], env...)
	return &top
}

// line runs a command that prints one line.
func (r *Repo) line(ctx context.Context, command string, args ...string) (string, error) {
	out, err := r.run(ctx, nil, command, args...)
	return strings.TrimSpace(string(out)), err
}
