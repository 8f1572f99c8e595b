package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/tree"
)

// fit leaves out what cannot go the way that is set: a file of Git LFS would get
// into the repository itself, and one of git-crypt for all to read. It leaves out,
// too, what is outdated by a result that is left out.
func (p *plan) fit(files []file, left []asset.Undelivered) ([]file, []asset.Undelivered) {
	out := map[string]bool{}
	for _, l := range slices.Concat(p.left, left) {
		out[l.Path] = true
	}
	var todo []file
	for _, f := range files { // results are in front of what they have outdated
		reason := ""
		switch {
		case f.add && f.filter != "" && !p.auto() && p.Method != MethodPush:
			reason = fmt.Sprintf("it has the filter %s, which commit-method %s passes by; set that to push or auto", f.filter, p.Method)
		case f.outdated && out[f.by]:
			reason = fmt.Sprintf("it is outdated, but %q, which takes its place, is left out", f.by)
		default:
			todo = append(todo, f)
			continue
		}
		left, out[f.name] = append(left, asset.Undelivered{Path: f.name, Reason: reason}), true
	}
	return todo, left
}

// method chooses how to commit files, and says why where it is not the usual method.
func (p *plan) method(files []file, to place) (way string) {
	why := ""
	for _, f := range files {
		switch {
		case !f.add || why != "":
		case f.filter == lfs:
			why = fmt.Sprintf("Git LFS keeps %q, which the API passes by", f.name)
		case f.filter != "":
			why = fmt.Sprintf("the filter %s changes %q, which the API passes by", f.filter, f.name)
		case to.tree.Executable(f.output):
			why = fmt.Sprintf("%q is executable, which the API would change", f.name)
		}
	}
	switch {
	case !p.auto():
		return p.Method
	case p.GitHub == nil:
		p.logf("pushing by git, which is the one way here")
		return MethodPush
	case why != "":
	case p.AuthorSet && !isBot(p.Author):
		why = "GraphQL cannot set the author"
	case p.GitHub.GraphQLURL == "":
		why = "there is no GraphQL API here"
	default:
		return MethodGraphQL
	}
	p.logf("%s: pushing by git", why)
	return MethodPush
}

// push commits and pushes by git. The branch that is checked out follows.
func (p *plan) push(ctx context.Context, files []file, to place, stored *asset.Receipt) error {
	wanted := git.Commit{Parent: to.base, Message: p.message(files), Author: p.Author, Changes: changes(files)}
	if to.resets() {
		wanted.Replaced = to.head
	}
	commit, err := p.Repo.Commit(ctx, wanted)
	if err != nil {
		return err
	}
	p.ours = append(p.ours, commit)
	if err := p.pushLFS(ctx, files); err != nil {
		return err
	}
	if err := p.Repo.Push(ctx, p.Remote, commit, p.Branch, to.head); err != nil {
		// It may have come through, and only the answer not: then git says that the
		// server broke off or, having tried again, that the branch has moved.
		if head, e := p.Repo.RemoteHead(ctx, p.Remote, p.Branch); e != nil || head != commit {
			return err
		}
	}
	record(stored, files, commit, "")
	p.logf("pushed %s to %s", short(commit), quote(p.Branch))
	switch moved, err := p.Repo.FastForward(ctx, p.Branch, to.base, commit, changes(files)); {
	case err != nil:
		p.logf("the local branch %s stays behind: %s", quote(p.Branch), err)
	case moved:
		p.logf("the local branch %s has followed", quote(p.Branch))
	}
	return nil
}

// pushLFS uploads the content of those of files that Git LFS keeps.
func (p *plan) pushLFS(ctx context.Context, files []file) error {
	var objects []string
	for _, f := range files {
		if !f.add || f.filter != lfs {
			continue
		}
		if f.edited != nil {
			sum := sha256.Sum256(f.edited.data)
			objects = append(objects, hex.EncodeToString(sum[:]))
			continue
		}
		in, _, err := tree.Open(p.path(f))
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, in)
		in.Close()
		if err != nil {
			return fmt.Errorf("read %q: %w", f.name, err)
		}
		objects = append(objects, hex.EncodeToString(sum.Sum(nil)))
	}
	return p.Repo.PushLFS(ctx, p.Remote, objects)
}

// byAPI lets GitHub commit, in several commits where one would be too large.
func (p *plan) byAPI(ctx context.Context, files []file, to place, stored *asset.Receipt) error {
	if p.GitHub == nil {
		return errors.New("there is no GitHub API here to commit by")
	}
	head, err := p.prepare(ctx, to)
	if err != nil {
		return err
	}
	for len(files) > 0 {
		part := p.part(files, head)
		p.sent, p.on = part, head
		made, err := p.GitHub.CreateCommitOnBranch(ctx, p.request(part, head))
		if err != nil {
			return err
		}
		p.sent, p.ours = nil, append(p.ours, made.OID)
		record(stored, part, made.OID, made.URL)
		p.logf("GitHub has made %s on %s", short(made.OID), quote(p.Branch))
		head, files = made.OID, files[len(part):]
	}
	return nil
}

// confirmLostCommit records what was sent where the branch ends with it by now: the API has
// made the commit, and its answer was lost.
func (p *plan) confirmLostCommit(ctx context.Context, to place, stored *asset.Receipt) {
	head := to.head
	if p.sent == nil || head == "" || p.ExpectedHead != "" && !holds(to.tree, p.sent) {
		return
	}
	made, err := p.GitHub.Commit(ctx, head)
	headline, _, _ := strings.Cut(p.message(p.sent), "\n")
	if err != nil || len(made.Parents) != 1 || made.Parents[0] != p.on || !strings.HasPrefix(made.Message, headline) {
		return
	}
	record(stored, p.sent, head, made.URL)
	p.sent, p.ours = nil, append(p.ours, head)
}

// prepare makes the branch end with the files of to.base, and returns its last
// commit.
func (p *plan) prepare(ctx context.Context, to place) (head string, err error) {
	switch {
	case to.head == "":
		return to.base, p.GitHub.CreateRef(ctx, p.Branch, to.base)
	case !to.resets():
		return to.head, nil
	}
	base, err := p.GitHub.Commit(ctx, to.base)
	if err != nil {
		return "", err
	}
	made, err := p.GitHub.CreateCommit(ctx, forge.NewCommit{
		Message: "chore: reset to " + short(to.base), Tree: base.Tree, Parents: []string{to.head, to.base},
	})
	if err != nil {
		return "", err
	}
	return made.OID, p.GitHub.UpdateRef(ctx, p.Branch, made.OID)
}

// part is as many of the first files as one commit takes.
func (p *plan) part(files []file, head string) []file {
	fits := func(n int) bool { return p.request(files[:n], head).Length() <= p.GitHub.CommitLimit() }
	if fits(len(files)) {
		return files
	}
	low, high := 1, len(files) // low is taken whatever it is: the API says what is wrong
	for low+1 < high {
		if middle := (low + high) / 2; fits(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return files[:low]
}

// request is the commit of files for GraphQL.
func (p *plan) request(files []file, head string) forge.CommitRequest {
	headline, body, _ := strings.Cut(p.message(files), "\n")
	r := forge.CommitRequest{
		Branch: p.Branch, ExpectedHead: head, Headline: headline, Body: strings.TrimLeft(body, "\n"),
	}
	for _, f := range files {
		if f.add {
			r.Additions = append(r.Additions, forge.Addition{Path: f.output, Content: p.content(f)})
		}
		if f.remove {
			r.Deletions = append(r.Deletions, f.origin)
		}
	}
	return r
}

// isBot reports whether an author is one of GitHub's own bots, as whom GitHub signs.
func isBot(author string) bool {
	return strings.HasSuffix(author, "[bot]@users.noreply.github.com>")
}

// path is where an output is on disk.
func (p *plan) path(f file) string { return filepath.Join(p.Repo.Top(), filepath.FromSlash(f.output)) }

// content is an output as it is in the work tree when it is sent, or an edit.
func (p *plan) content(f file) forge.Content {
	if f.edited != nil {
		data := f.edited.clean
		return forge.Content{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
	}
	path := p.path(f)
	var size int64
	if info, err := os.Lstat(path); err == nil {
		size = info.Size()
	}
	return forge.Content{Size: size, Open: func() (io.ReadCloser, error) {
		f, _, err := tree.Open(path)
		return f, err
	}}
}
