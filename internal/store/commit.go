package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
)

// The ways to commit.
const (
	MethodAuto    = "auto"
	MethodGraphQL = "graphql"
	MethodPush    = "push"
)

// A Commit puts results, and the removal of their sources, into a commit on a
// branch of the repository's server. By GraphQL it is GitHub that commits, and signs; by
// push it is git.
type Commit struct {
	// Repo is the work tree, which Delivery.Dir is in.
	Repo *git.Repo
	// Branch is the branch to commit to. It is made, from Delivery.Head, where it
	// does not exist.
	Branch string
	// Own reports whether Branch is prepared by webpress alone, to be merged into the one
	// that Delivery.Head is of: if it lags behind that, it is reset to it,
	// and what it had stays in its history. It is implied where Pull is set, and its
	// Base is another branch.
	Own bool
	// ExpectedHead, if not empty, is the commit that Branch has to end with: on top of
	// another one, which nothing has verified, nothing is committed, and the error
	// wraps an *Elsewhere. What this delivery itself has put there is no other one.
	// The blobs of sources have to be known then.
	ExpectedHead string
	// Method is one of those above; empty is auto: GraphQL where it is there and can
	// do it, or else push.
	Method string
	// GitHub is the API, nil if there is none.
	GitHub *forge.GitHub
	// Remote is the repository as git reaches it.
	Remote git.Remote
	// Message is the whole text of the commit's message; empty is one in the form of
	// Conventional Commits.
	Message string
	// Author is Name <email>; empty is whom git is configured for. GraphQL ignores it.
	Author string
	// AuthorSet reports whether Author was set by a setting: auto then takes a method that
	// keeps it. A bot of GitHub's is left to GitHub all the same, which signs for the
	// token's.
	AuthorSet bool
	// Pull is the pull request that is wanted for Branch, nil for none.
	Pull *Pull
	// Logf logs what is done; nil logs nothing.
	Logf func(format string, args ...any)
	// Retries is how often at most git asks a server again that does not answer: 0 is
	// never.
	Retries int
	// Wait is the shortest pause before another attempt; 0 is half a second.
	Wait time.Duration
}

// attempts is how often a commit is made because the branch has moved.
const attempts = 6

// longest is the pause that others are not much longer than.
const longest = 16 * time.Second

var _ Store = Commit{}

// Name returns commit.
func (Commit) Name() string { return "commit" }

// Deliver commits the files of d that the branch does not have, with what d says of
// outputs that are outdated, and its edits. If the branch has moved since
// Delivery.Head, it commits on top of that; a file whose source was changed there
// is left out. If git pushes, and the branch is checked out at the commit that
// was built on, the checkout follows; else it stays as it is.
func (c Commit) Deliver(ctx context.Context, d Delivery) (asset.Receipt, error) {
	stored := asset.Receipt{Store: c.Name()}
	switch {
	case c.Repo == nil:
		return stored, c.error(errors.New("the working directory is not in a git repository"), "check the repository out first, or set `store` to none")
	case c.Branch == "":
		return stored, c.error(errors.New("no branch is checked out"), "set `commit-branch`")
	case !c.Repo.ValidBranch(ctx, c.Branch):
		return stored, c.error(errors.New("git does not allow this branch name"), "set `commit-branch` to another name")
	}
	if len(d.Files()) == 0 && len(d.Outdated()) == 0 && len(d.Edits) == 0 {
		return stored, nil
	}
	p, err := c.plan(ctx, d)
	stored.Left, stored.Notes = p.left, p.notes
	if err != nil {
		return stored, c.explain(ctx, err)
	}
	if len(p.files) == 0 && len(p.outdated) == 0 && len(p.edits) == 0 {
		return stored, nil // all of it is left out
	}
	done := false
	err = c.withRetries(ctx, func() (err error) {
		done, err = p.try(ctx, &stored)
		return err
	})
	if err != nil || !done {
		return stored, err
	}
	return c.pull(ctx, p.all(), stored)
}

// A place is where a commit goes.
type place struct {
	// head is what the branch ends with, empty if it is to be made.
	head string
	// base is the commit whose files are built on, and tree what it has. It is
	// another one than head if the branch is new or is reset.
	base string
	tree git.Tree
}

// resets reports whether base takes the place of what the branch has.
func (p place) resets() bool { return p.head != "" && p.head != p.base }

// try makes one commit on top of what the branch is now. done says that the
// branch has everything, by this commit or by an earlier one.
func (p *plan) try(ctx context.Context, stored *asset.Receipt) (done bool, err error) {
	to, err := p.find(ctx)
	if err != nil {
		return false, err
	}
	p.confirmLostCommit(ctx, to, stored) // what an attempt before has done
	if err := p.mayBuildOn(to.head); err != nil {
		return false, err
	}
	files, left := p.rebaseOn(to)
	if len(left) > 0 && p.own() && to.head != "" && to.base != p.d.Head {
		p.logf("%s is behind: resetting it to %s", quote(p.Branch), short(p.d.Head))
		if to.base, to.tree, err = p.read(ctx, "", p.d.Head); err != nil {
			return false, err
		}
		files, left = p.rebaseOn(to)
	}
	if files, left, err = p.complete(ctx, files, left, to); err != nil {
		return false, err
	}
	stored.Left = sorted(append(slices.Clip(p.left), left...))
	if len(files) == 0 {
		if len(left) > 0 {
			return false, nil
		}
		if stored.Ref == "" {
			stored.Notes = append(stored.Notes, fmt.Sprintf("%s has it all already", quote(p.Branch)))
		}
		return to.head != "", nil
	}
	if way := p.method(files, to); way != MethodPush {
		err = p.byAPI(ctx, files, to, stored)
		if !p.auto() || !errors.Is(err, forge.ErrUnsupported) && !errors.Is(err, forge.ErrTooLarge) {
			return true, err
		}
		p.logf("the API cannot do it (%s): pushing by git", err)
		if to, err = p.find(ctx); err != nil { // what the API has done stays done
			return false, err
		}
		if err := p.mayBuildOn(to.head); err != nil {
			return false, err
		}
		files, left = p.rebaseOn(to)
		if files, left, err = p.complete(ctx, files, left, to); err != nil {
			return false, err
		}
		stored.Left = sorted(append(slices.Clip(p.left), left...))
		if len(files) == 0 {
			return true, nil
		}
	}
	return true, p.push(ctx, files, to, stored)
}

// find looks where the branch is now.
func (p *plan) find(ctx context.Context) (to place, err error) {
	if to.head, err = p.head(ctx); err != nil {
		return to, err
	}
	if to.head == "" {
		to.base, to.tree, err = p.read(ctx, "", p.d.Head)
	} else {
		to.base, to.tree, err = p.read(ctx, p.Branch, to.head)
	}
	return to, err
}

// read fetches a commit, if it is not there, and returns it with what it has.
func (p *plan) read(ctx context.Context, branch, commit string) (string, git.Tree, error) {
	if commit == "" {
		return "", git.Tree{}, errors.New("there is no commit yet in this repository")
	}
	if err := p.Repo.Fetch(ctx, p.Remote, branch, commit); err != nil {
		return "", git.Tree{}, err
	}
	tree, err := p.Repo.Tree(ctx, commit)
	return commit, tree, err
}

// head is the last commit of the branch on the server, empty if there is none.
func (c Commit) head(ctx context.Context) (string, error) {
	if c.GitHub == nil || c.Method == MethodPush {
		return c.Repo.RemoteHead(ctx, c.Remote, c.Branch)
	}
	head, err := c.GitHub.BranchHead(ctx, c.Branch)
	if errors.Is(err, forge.ErrNotFound) {
		// A repository that the token may not see is not found either.
		if _, other := c.GitHub.Info(ctx); other != nil {
			return "", other
		}
		return "", nil
	}
	return head, err
}

// Look returns what the branch ends with on the server, as git sees it: empty where
// there is no such branch.
func (c Commit) Look(ctx context.Context) (head string, err error) {
	err = c.withRetries(ctx, func() (err error) {
		head, err = c.Repo.RemoteHead(ctx, c.Remote, c.Branch)
		return err
	})
	return head, err
}

// withRetries makes attempts as long as another one makes sense. The error is an
// *asset.HintError, or the context's.
func (c Commit) withRetries(ctx context.Context, attempt func() error) error {
	var t failures
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		if !c.retry(ctx, err, &t) {
			return c.explain(ctx, err)
		}
		if err := c.backoff(ctx, t.moved+t.away-1); err != nil {
			return err
		}
	}
}

// failures counts the attempts that have failed: because the branch has moved, and
// because the server is away.
type failures struct{ moved, away int }

// retryable reports whether another attempt makes sense. What an API does not answer has
// been tried often enough.
func retryable(err error) bool {
	return errors.Is(err, git.ErrMoved) || errors.Is(err, git.ErrUnreachable) || errors.Is(err, forge.ErrStale) || errors.Is(err, forge.ErrConflict)
}

// retry reports whether there is to be another attempt after err, and tells so.
func (c Commit) retry(ctx context.Context, err error, t *failures) bool {
	if ctx.Err() != nil || !retryable(err) {
		return false
	}
	if errors.Is(err, git.ErrUnreachable) {
		if t.away++; t.away > c.Retries {
			return false
		}
		c.logf("%s; trying again", err)
		return true
	}
	if t.moved++; t.moved == attempts {
		return false
	}
	c.logf("%s has moved; trying again on top of it", quote(c.Branch))
	return true
}

func (c Commit) auto() bool { return c.Method == "" || c.Method == MethodAuto }

func (c Commit) own() bool { return c.Own || c.Pull != nil && c.Pull.Base != c.Branch }

func (c Commit) logf(format string, args ...any) {
	if c.Logf != nil {
		c.Logf("commit: "+format, args...)
	}
}

// backoff waits before another attempt, twice as long each time up to
// longest, and not in step with others that do the same.
func (c Commit) backoff(ctx context.Context, attempt int) error {
	wait := c.Wait
	if wait == 0 {
		wait = 500 * time.Millisecond
	}
	wait = min(wait<<min(attempt, 10), max(longest, c.Wait))
	timer := time.NewTimer(wait/2 + rand.N(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
