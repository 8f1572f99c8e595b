package app

import (
	"context"
	"errors"
	"fmt"

	"webpress/internal/asset"
	"webpress/internal/git"
	"webpress/internal/store"
)

// applyTo is where an upload goes once it is verified: to the branch that it was
// made for, be it a fork's.
func (r *run) applyTo(ctx context.Context, repo *git.Repo) (to stores, err error) {
	// Paths in an upload begin at the root of the repository.
	top, err := git.Open(ctx, repo.Top(), git.Options{Env: r.Environ})
	if err != nil {
		return to, err
	}
	branch, why, hint := r.branch(ctx, top)
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
	c, err := r.commit(ctx, top, branch, repository)
	if err != nil {
		return to, err
	}
	var s store.Store = unmoved{c}
	if f.Fork {
		c.GitHub, c.Method = nil, store.MethodPush
		s = toFork{unmoved{c}, repository}
	}
	if r.settings.DryRun {
		s = dry{s}
	}
	to.list = []store.Store{s}
	return to, nil
}

// An unmoved commit is made only while the branch ends with the commit that the
// upload is for: what has changed since, nobody has looked at.
type unmoved struct{ store.Commit }

// Put delivers to the branch, or refuses.
func (s unmoved) Put(ctx context.Context, d store.Delivery) (asset.Stored, error) {
	head, err := s.Repo.RemoteHead(ctx, s.Remote, s.Branch)
	if err == nil && head != "" && head != d.Head {
		if s.done(ctx, head, d) {
			return asset.Stored{Notes: []string{fmt.Sprintf("%q has it all already", s.Branch)}}, nil
		}
		return asset.Stored{}, &store.Error{
			What: fmt.Sprintf("commit to %q", s.Branch),
			Why:  fmt.Errorf("the branch has moved to %s, and the upload is for %s", head, d.Head),
			Hint: "nothing to do: the run for its last commit brings an upload of its own",
		}
	}
	if err == nil && head == "" {
		return asset.Stored{}, &store.Error{
			What: fmt.Sprintf("commit to %q", s.Branch), Why: errors.New("there is no such branch any more"),
			Hint: "nothing to do: the pull request is closed",
		}
	}
	return s.Commit.Put(ctx, d)
}

// done says that a commit has all of d: an earlier run of the same job made it.
func (s unmoved) done(ctx context.Context, head string, d store.Delivery) bool {
	if s.Repo.Fetch(ctx, s.Remote, s.Branch, head) != nil {
		return false
	}
	var outputs []string
	for _, f := range d.Files() {
		outputs = append(outputs, f.Output)
	}
	have, err := s.Repo.Committed(ctx, head, outputs, nil)
	return err == nil && len(have) == len(outputs)
}

// toFork says what it takes to commit to somebody else's branch.
type toFork struct {
	store.Store
	repository string
}

// Put delivers, or says why a fork is different.
func (s toFork) Put(ctx context.Context, d store.Delivery) (asset.Stored, error) {
	stored, err := s.Store.Put(ctx, d)
	fault, ok := errors.AsType[*store.Error](err)
	if ok && (fault.Hint == "" || errors.Is(err, git.ErrNotFound) || errors.Is(err, git.ErrForbidden) || errors.Is(err, git.ErrUnauthorized)) {
		fault.Hint = fmt.Sprintf("the branch belongs to the fork %s, and the job's own token cannot write there: "+
			"set `token` to that of a maintainer, for a pull request that allows edits by maintainers, or take the pictures from the artifact", s.repository)
	}
	return stored, err
}
