package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/target"
)

// applyTo is where an upload goes once it is verified: to the branch that it was
// made for, be it a fork's, as long as that ends with head.
func (r *run) applyTo(ctx context.Context, repo *git.Repo, head string) (to headGuard, err error) {
	// Paths in an upload begin at the root of the repository.
	top, err := git.Open(ctx, repo.Top(), r.git())
	if err != nil {
		return to, err
	}
	branch, why, hint := r.target().Branch(ctx, top)
	if why != "" {
		return to, &asset.Fault{Message: fmt.Sprintf("apply %q: %s", r.settings.Upload, why), Hint: hint}
	}
	f := r.facts
	repository := f.Repository
	if f.Fork {
		if repository = f.HeadRepository; repository == "" {
			return to, &asset.Fault{
				Message: fmt.Sprintf("apply %q: the fork that it was made for is not known, or is gone", r.settings.Upload),
				Hint:    "there is no branch left to commit to",
			}
		}
	}
	if to.Commit, err = r.target().Commit(ctx, top, branch, repository); err != nil {
		return to, err
	}
	to.ExpectedHead = head
	if f.Fork {
		to.GitHub, to.Method, to.fork = nil, store.MethodPush, repository
	}
	return to, nil
}

// inOne is where results go that have one place to go to.
func (r *run) inOne(s store.Store) target.Stores {
	if r.settings.DryRun {
		s = store.Dry{Store: s}
	}
	return target.Stores{List: []store.Store{s}}
}

// A headGuard commits only while the branch ends with the commit that the upload is for,
// its ExpectedHead: what has changed since was not verified.
type headGuard struct {
	store.Commit
	// fork is whose the branch is, empty if it is this repository's.
	fork string
}

// Deliver delivers to the branch, or refuses.
func (s headGuard) Deliver(ctx context.Context, d store.Delivery) (asset.Receipt, error) {
	stored, err := s.Commit.Deliver(ctx, d)
	if moved, ok := errors.AsType[*store.HeadMovedError](err); ok && moved.Head != "" && s.done(ctx, moved.Head, d) {
		stored.Notes = append(stored.Notes, fmt.Sprintf("%q has it all already", s.Branch))
		return stored, nil
	}
	return stored, s.explain(err)
}

// explain says what to change, and what it takes to reach somebody else's branch.
func (s headGuard) explain(err error) error {
	fault, ok := errors.AsType[*asset.HintError](err)
	switch {
	case !ok:
	case s.fork != "" && (fault.Hint == "" || errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrForbidden) || errors.Is(err, git.ErrUnauthorized)):
		fault.Hint = fmt.Sprintf("the branch belongs to the fork %s, and the job's own token cannot write there: "+
			"set `token` to that of a maintainer, for a pull request that allows edits by maintainers, or take the images from the artifact", s.fork)
	case fault.Hint == "":
		fault.Hint = "nothing of the upload is committed: run the job again"
	}
	return err
}

// done reports whether a commit has all of d: an earlier run of the same job made it.
func (s headGuard) done(ctx context.Context, head string, d store.Delivery) bool {
	if s.Repo.Fetch(ctx, s.Remote, s.Branch, head) != nil {
		return false
	}
	var outputs []string
	for _, f := range d.Files() {
		outputs = append(outputs, f.Output)
	}
	have, err := s.Repo.InCommit(ctx, head, outputs, nil)
	return err == nil && len(have) == len(outputs)
}
