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
	// Path is from the top of the work tree, with forward slashes. Filters such as
	// Git LFS are applied to the content.
	Path string
	// Data is the content; nil is that of the work tree.
	Data []byte
	// Delete reports whether the file is to be gone.
	Delete bool
}

// A Commit is what Repo.Commit makes.
type Commit struct {
	// Parent is the id of the commit that it builds on.
	Parent string
	// Replaced is the id of a commit that Parent takes the place of: it becomes the
	// first parent, and nothing of its content is kept. Empty is none.
	Replaced string
	// Message is the whole text.
	Message string
	// Author is Name <email>, and the committer too. Empty is whom git is
	// configured for, or else webpress.
	Author  string
	Changes []Change
}

// Commit makes a commit that no branch has yet, and returns its id. It is Parent
// where the changes make no difference and nothing is replaced. Neither the index
// nor any file of the work tree is touched. A file that is in Parent keeps its
// mode; a new one is 100644.
func (r *Repo) Commit(ctx context.Context, c Commit) (string, error) {
	dir, err := os.MkdirTemp("", "webpress-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	apart := r.atTop("GIT_INDEX_FILE=" + filepath.Join(dir, "index"))
	apart.env = append(apart.env, apart.identity(ctx, c.Author)...)

	if _, err := apart.run(ctx, nil, "read-tree", c.Parent); err != nil {
		return "", err
	}
	if err := apart.stage(ctx, c.Parent, c.Changes); err != nil {
		return "", err
	}
	// A partial clone does not have the blobs of other files, and needs none.
	tree, err := apart.line(ctx, "write-tree", "--missing-ok")
	if err != nil {
		return "", err
	}
	parents := []string{"-p", c.Parent}
	if c.Replaced != "" {
		parents = []string{"-p", c.Replaced, "-p", c.Parent}
	} else if before, err := apart.line(ctx, "rev-parse", c.Parent+"^{tree}"); err != nil || before == tree {
		return c.Parent, err
	}
	args := append([]string{tree}, parents...)
	out, err := apart.run(ctx, strings.NewReader(c.Message), "commit-tree", append(args, "-F", "-")...)
	return strings.TrimSpace(string(out)), err
}

// stage puts the changes into the index that r has. parent says which modes the
// files had.
func (r *Repo) stage(ctx context.Context, parent string, changes []Change) error {
	tree, err := r.Tree(ctx, parent)
	if err != nil {
		return err
	}
	var names []string
	var paths, entries bytes.Buffer
	enter := func(name, blob string) {
		mode := ModeFile
		if tree.Executable(name) {
			mode = ModeExecutable
		}
		fmt.Fprintf(&entries, "%s %s\t%s\x00", mode, blob, name)
	}
	for _, c := range changes {
		if c.Delete {
			fmt.Fprintf(&entries, "0 %s\t%s\x00", strings.Repeat("0", len(parent)), c.Path)
			continue
		}
		// Staging would take whatever stands in the way out of the tree.
		if what := tree.Obstacle(c.Path); what != "" {
			return fmt.Errorf("stage %q: %s", c.Path, what)
		}
		if c.Data != nil {
			blob, err := r.hashData(ctx, c.Data, "-w", "--path="+c.Path)
			if err != nil {
				return err
			}
			enter(c.Path, blob)
			continue
		}
		names = append(names, c.Path)
		paths.WriteString(quoted(c.Path) + "\n")
	}
	if len(names) > 0 {
		out, err := r.run(ctx, &paths, "hash-object", "-w", "--stdin-paths")
		if err != nil {
			return err
		}
		blobs := strings.Fields(string(out))
		if len(blobs) != len(names) {
			return fmt.Errorf("git hash-object: %d ids for %d files", len(blobs), len(names))
		}
		for i, name := range names {
			enter(name, blobs[i])
		}
	}
	_, err = r.run(ctx, &entries, "update-index", "-z", "--index-info")
	return err
}

// FastForward moves the branch that is checked out from one commit to the next, which
// was made of changes in the work tree, and says whether it did: only where from
// is still checked out on that branch. What else is staged stays so.
func (r *Repo) FastForward(ctx context.Context, branch, from, to string, changes []Change) (bool, error) {
	top := r.atTop()
	on, err := top.line(ctx, "symbolic-ref", "--quiet", "HEAD")
	if err != nil || on != "refs/heads/"+branch {
		return false, nil // detached, or elsewhere
	}
	if at, err := top.CheckedOut(ctx); err != nil || at != from {
		return false, err
	}
	tree, err := top.Tree(ctx, to)
	if err != nil {
		return false, err
	}
	var entries, there bytes.Buffer
	for _, c := range changes {
		e, ok := tree.At(c.Path)
		if ok {
			there.WriteString(c.Path + "\x00")
		} else {
			e = Entry{Mode: "0", ID: strings.Repeat("0", len(to))}
		}
		fmt.Fprintf(&entries, "%s %s\t%s\x00", e.Mode, e.ID, c.Path)
	}
	// The index first: another git may hold its lock.
	if _, err := top.run(ctx, &entries, "update-index", "-z", "--index-info"); err != nil {
		return false, err
	}
	if _, err = top.run(ctx, nil, "update-ref", "-m", "webpress: follow the server", on, to, from); err != nil {
		return false, err
	}
	if there.Len() > 0 {
		// Git believes a file's times and size: those of the commit that was. Commands
		// that do not look again would take all of them for modified. It is no matter
		// where this fails.
		_, _ = top.with("GIT_LITERAL_PATHSPECS=1").run(ctx, &there, "add", "--refresh", "--pathspec-from-file=-", "--pathspec-file-nul")
	}
	return true, nil
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
	top := r.with(env...)
	top.dir = r.top
	return top
}

// with is r with more of an environment.
func (r *Repo) with(env ...string) *Repo {
	other := *r
	other.env = append(r.env[:len(r.env):len(r.env)], env...)
	return &other
}

// prefix is the path of r's folder from the top, "." where it is the top.
func (r *Repo) prefix() (string, error) {
	rel, err := filepath.Rel(r.top, r.dir)
	return filepath.ToSlash(rel), err
}

// line runs a command that prints one line.
func (r *Repo) line(ctx context.Context, command string, args ...string) (string, error) {
	out, err := r.run(ctx, nil, command, args...)
	return strings.TrimSpace(string(out)), err
}
