package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
)

// HeadMovedError is why nothing is committed where a branch does not end with
// Commit.Only. Head is what it ends with, empty if it is gone.
type HeadMovedError struct {
	Head string
	*asset.Fault
}

// Unwrap returns the fault, which has the hint.
func (e *HeadMovedError) Unwrap() error { return e.Fault }

func (c Commit) elsewhere(head string) error {
	if head == "" {
		return &HeadMovedError{Fault: &asset.Fault{
			Message: "the branch no longer exists", Hint: "nothing to do: the pull request is closed",
		}}
	}
	return &HeadMovedError{head, &asset.Fault{
		Message: fmt.Sprintf("the branch has moved to %s, and the upload is for %s", head, c.ExpectedHead),
		Hint:    "nothing to do: the run for its last commit brings an upload of its own",
	}}
}

// Read returns what the commit Only has, and gets it from the server where it is
// not there. The error is an *asset.HintError, or the context's.
func (c Commit) Read(ctx context.Context) (git.Tree, error) {
	if !c.Repo.ValidBranch(ctx, c.Branch) {
		return git.Tree{}, c.error(errors.New("git does not allow this branch name"), "set `commit-branch` to another name")
	}
	if err := c.Repo.Fetch(ctx, c.Remote, c.Branch, c.ExpectedHead); err != nil {
		// Not every server gives a commit that no branch ends with.
		if head, e := c.Repo.RemoteHead(ctx, c.Remote, c.Branch); e == nil && head != c.ExpectedHead {
			err = c.elsewhere(head)
		}
		return git.Tree{}, c.explain(ctx, err)
	}
	tree, err := c.Repo.Tree(ctx, c.ExpectedHead)
	if err != nil {
		return tree, c.explain(ctx, err)
	}
	return tree, nil
}

// mayBuildOn says why no commit is made on top of head: it is neither Only nor a
// part of this very delivery.
func (p *plan) mayBuildOn(head string) error {
	if p.ExpectedHead == "" || head == p.ExpectedHead || slices.Contains(p.ours, head) {
		return nil
	}
	return p.elsewhere(head)
}

// holds reports whether a tree has what files are to become.
func holds(tree git.Tree, files []file) bool {
	return !slices.ContainsFunc(files, func(f file) bool {
		return f.add && tree.Blob(f.output) != f.blob || f.remove && tree.Blob(f.origin) != ""
	})
}
