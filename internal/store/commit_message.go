package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"webpress/internal/asset"
	"webpress/internal/forge"
	"webpress/internal/git"
)

// mostNames is how many files a message names.
const mostNames = 50

// message is the message for a commit of files.
func (c Commit) message(files []file) string {
	if c.Message != "" {
		return c.Message
	}
	return DefaultMessage(files)
}

// DefaultMessage is a message in the form of Conventional Commits 1.0.0, with what
// is saved and the files in its body.
func DefaultMessage(files []file) string {
	var b strings.Builder
	things := "images"
	if len(files) == 1 {
		things = "image"
	}
	fmt.Fprintf(&b, "perf(images): convert %d %s to WebP\n\n", len(files), things)
	var before, after int64
	for _, f := range files {
		before, after = before+f.before, after+f.after
	}
	if before > after && after > 0 {
		fmt.Fprintf(&b, "%s -> %s, %.0f %% saved\n\n", humanize.Bytes(uint64(before)), humanize.Bytes(uint64(after)),
			float64(before-after)*100/float64(before))
	}
	for i, f := range files {
		if i == mostNames {
			fmt.Fprintf(&b, "and %d more\n", len(files)-i)
			break
		}
		line := f.output
		if f.remove {
			line += " instead of " + f.origin
		}
		// A name cannot end the line or pass for a trailer.
		fmt.Fprintf(&b, "* %s\n", strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return '?'
			}
			return r
		}, line))
	}
	return b.String()
}

// A Pull is a pull request, or a merge request of GitLab's.
type Pull struct {
	// Base is the branch it is to be merged into.
	Base string
	// Title is its title; empty is the first line of the commit's message.
	Title  string
	Labels []string
	// Forge opens it.
	Forge interface {
		CreatePullRequest(context.Context, forge.NewPullRequest) (forge.PullRequest, error)
		AddLabels(ctx context.Context, number int, labels []string) error
	}
}

// pull opens the pull request that is wanted, where there is something to merge.
func (c Commit) pull(ctx context.Context, d Delivery, all []file, stored asset.Stored) (asset.Stored, error) {
	p := c.Pull
	if p == nil || p.Base == c.Branch {
		return stored, nil
	}
	title, body, _ := strings.Cut(c.message(all), "\n")
	if p.Title != "" {
		title = p.Title
	}
	pull, err := p.Forge.CreatePullRequest(ctx, forge.NewPullRequest{Head: c.Branch, Base: p.Base, Title: title, Body: strings.TrimSpace(body)})
	if err == nil && len(p.Labels) > 0 {
		err = p.Forge.AddLabels(ctx, pull.Number, p.Labels)
	}
	if err != nil {
		return stored, &Error{What: fmt.Sprintf("open a pull request for %s", quote(c.Branch)), Why: err, Hint: hint(err)}
	}
	stored.PullRequest = pull.URL
	return stored, nil
}

// error is an *Error of this store.
func (c Commit) error(why error, hint string) *Error {
	what := "commit the results"
	if c.Branch != "" {
		what = "commit to " + quote(c.Branch)
	}
	return &Error{What: what, Why: why, Hint: hint}
}

// explain says what an error comes to and how to mend it.
func (c Commit) explain(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return c.error(err, hint(err))
}

// hint says what to change.
func hint(err error) string {
	if fault := (*asset.Fault)(nil); errors.As(err, &fault) && fault.Hint != "" {
		return fault.Hint
	}
	switch {
	case errors.Is(err, git.ErrProtected):
		return "let `commit-branch` be another branch with `open-pull-request: true`, or let the token's owner pass the rule"
	case errors.Is(err, git.ErrForbidden):
		return "in GitHub, add `permissions: contents: write` to the job; in GitLab, allow the job token to push, or set `token` to one that has write_repository"
	case errors.Is(err, git.ErrUnauthorized):
		return "set `token` to one that may push to this repository"
	case errors.Is(err, git.ErrNoLFS):
		return "install git-lfs before webpress runs, or take the outputs out of Git LFS in .gitattributes"
	case errors.Is(err, git.ErrMoved):
		return "others push to this branch all the time; run it again, or let `commit-branch` be a branch of its own"
	}
	return ""
}
