package store

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"webpress/internal/forge"
	"webpress/internal/git"
)

// way chooses how to commit, and says why where it is not the usual way.
func (c Commit) way(ctx context.Context, files []file, head string) (string, error) {
	if !c.auto() {
		if c.Method != MethodPush && c.GitHub == nil {
			return "", fmt.Errorf("there is no GitHub API here to commit by %s", c.Method)
		}
		return c.Method, nil
	}
	if c.GitHub == nil {
		return MethodPush, nil
	}
	// The API passes Git LFS by, and knows one mode.
	lfs, err := c.lfs(ctx, files)
	if err != nil {
		return "", err
	}
	programs, err := c.Repo.Executable(ctx, head)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		switch {
		case lfs[f.output]:
			c.logf("Git LFS keeps %q: pushing by git, which the API cannot do", f.name)
			return MethodPush, nil
		case f.add && programs[f.output]:
			c.logf("%q is executable, which the API would change: pushing by git", f.name)
			return MethodPush, nil
		}
	}
	if c.GitHub.GraphQLURL == "" {
		c.logf("there is no GraphQL API here: pushing by git")
		return MethodPush, nil
	}
	return MethodGraphQL, nil
}

// lfs are the outputs that Git LFS keeps.
func (c Commit) lfs(ctx context.Context, files []file) (map[string]bool, error) {
	var added []string
	for _, f := range files {
		if f.add {
			added = append(added, f.output)
		}
	}
	kept, err := c.Repo.Filtered(ctx, added)
	all := map[string]bool{}
	for _, name := range kept {
		all[name] = true
	}
	return all, err
}

// push commits and pushes by git. The branch that is checked out follows.
func (c Commit) push(ctx context.Context, files []file, head string, fresh bool) (forge.Commit, error) {
	lfs, err := c.lfs(ctx, files)
	if err != nil {
		return forge.Commit{}, err
	}
	commit, err := c.Repo.Commit(ctx, git.Commit{
		Parent: head, Message: c.message(files), Author: c.Author, Changes: changes(files), LFS: len(lfs) > 0,
	})
	if err != nil {
		return forge.Commit{}, err
	}
	if commit == head && !fresh { // such as a file of Git LFS that is the same
		return forge.Commit{}, nil
	}
	expected := head
	if fresh {
		expected = ""
	}
	if err := c.Repo.Push(ctx, c.Remote, commit, c.Branch, expected, len(lfs) > 0); err != nil {
		return forge.Commit{}, err
	}
	c.logf("pushed %s to %s", commit[:min(len(commit), 10)], quote(c.Branch))
	if _, err := c.Repo.Follow(ctx, c.Branch, head, commit, changes(files)); err != nil {
		c.logf("the local branch stays behind: %s", err)
	}
	return forge.Commit{OID: commit}, nil
}

// byAPI lets GitHub commit, in several commits where one would be too large.
func (c Commit) byAPI(ctx context.Context, way string, files []file, head string, fresh bool) (forge.Commit, error) {
	if fresh {
		if err := c.GitHub.CreateRef(ctx, c.Branch, head); err != nil {
			return forge.Commit{}, err
		}
	}
	made := forge.Commit{OID: head}
	for len(files) > 0 {
		part, err := c.part(files, made.OID)
		if err != nil {
			return made, err
		}
		n := len(part)
		if way == MethodREST {
			made, err = c.rest(ctx, part, made.OID)
		} else {
			made, err = c.GitHub.CreateCommitOnBranch(ctx, c.request(part, made.OID))
		}
		if err != nil {
			return made, err
		}
		files = files[n:]
		c.logf("GitHub has made %s on %s", made.OID[:min(len(made.OID), 10)], quote(c.Branch))
	}
	return made, nil
}

// part is as many of the first files as one commit takes.
func (c Commit) part(files []file, head string) ([]file, error) {
	fits := func(n int) bool { return c.request(files[:n], head).Length() <= forge.MaxCommit }
	if fits(len(files)) {
		return files, nil
	}
	low, high := 1, len(files) // low is taken whatever it is: the API says what is wrong
	for low+1 < high {
		if middle := (low + high) / 2; fits(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return files[:low], nil
}

// request is the commit of files for GraphQL.
func (c Commit) request(files []file, head string) forge.CommitRequest {
	headline, body, _ := strings.Cut(c.message(files), "\n")
	r := forge.CommitRequest{
		Branch: c.Branch, ExpectedHead: head, Headline: headline, Body: strings.TrimLeft(body, "\n"),
	}
	for _, f := range files {
		if f.add {
			r.Additions = append(r.Additions, forge.Addition{Path: f.output, Content: c.content(f)})
		}
		if f.remove {
			r.Deletions = append(r.Deletions, f.origin)
		}
	}
	return r
}

// rest commits by the parts of git that GitHub's REST API has.
func (c Commit) rest(ctx context.Context, files []file, head string) (forge.Commit, error) {
	parent, err := c.GitHub.Commit(ctx, head)
	if err != nil {
		return forge.Commit{}, err
	}
	programs, err := c.Repo.Executable(ctx, head)
	if err != nil {
		return forge.Commit{}, err
	}
	var entries []forge.TreeEntry
	for _, f := range files {
		if f.add {
			blob, err := c.GitHub.CreateBlob(ctx, c.content(f))
			if err != nil {
				return forge.Commit{}, err
			}
			e := forge.TreeEntry{Path: f.output, SHA: blob}
			if programs[f.output] {
				e.Mode = "100755"
			}
			entries = append(entries, e)
		}
		if f.remove {
			entries = append(entries, forge.TreeEntry{Path: f.origin})
		}
	}
	tree, err := c.GitHub.CreateTree(ctx, parent.Tree, entries)
	if err != nil {
		return forge.Commit{}, err
	}
	made, err := c.GitHub.CreateCommit(ctx, forge.NewCommit{Message: c.message(files), Tree: tree, Parents: []string{head}, Author: c.person()})
	if err != nil {
		return forge.Commit{}, err
	}
	return made, c.GitHub.UpdateRef(ctx, c.Branch, made.OID)
}

// person is the author for REST, nil where none is set: then GitHub signs.
func (c Commit) person() *forge.Person {
	name, email, ok := strings.Cut(strings.TrimSuffix(c.Author, ">"), "<")
	if !ok || strings.HasSuffix(email, "[bot]@users.noreply.github.com") {
		return nil
	}
	return &forge.Person{Name: strings.TrimSpace(name), Email: email}
}

// content is an output as it is in the work tree when it is sent.
func (c Commit) content(f file) forge.Content {
	path := filepath.Join(c.Repo.Top(), filepath.FromSlash(f.output))
	var size int64
	if info, err := os.Lstat(path); err == nil {
		size = info.Size()
	}
	return forge.Content{Size: size, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}
