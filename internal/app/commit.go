package app

import (
	"cmp"
	"context"
	"errors"

	"webpress/internal/asset"
	"webpress/internal/ci"
	"webpress/internal/config"
	"webpress/internal/git"
	"webpress/internal/store"
)

// chooseCommit adds the store that commits, or says why it is not tried. upload
// says that the results are to be uploaded instead, where that can be done.
func (r *run) chooseCommit(to *stores, repo *git.Repo, byDefault bool) (upload bool, err error) {
	f := r.facts
	fork := f.Fork && f.Event == ci.PullRequest
	switch {
	case f.ReadOnly && fork:
		to.keep(config.StoreCommit, "nothing is committed: the pull request comes from a fork, and its run may only read; "+
			"`webpress apply` in a workflow started by workflow_run commits what this run uploads")
		return true, nil
	case f.ReadOnly:
		to.keep(config.StoreCommit, "nothing is committed: the run was started by %s, and may only read; "+
			"`webpress apply` in a workflow started by workflow_run commits what this run uploads", ci.Visible(f.Actor))
		return true, nil
	case fork:
		to.keep(config.StoreCommit, "nothing is committed: the pull request comes from a fork, whose branch is not this repository's")
		return true, nil
	}
	why, hint := r.noBranch(repo)
	switch {
	case why == "":
		to.list = append(to.list, r.commitStore(repo))
		return false, nil
	case byDefault:
		to.keep(config.StoreCommit, "nothing is committed: %s", why)
		return false, nil
	}
	return false, &asset.Fault{Message: "commit results: " + why, Hint: hint}
}

// noBranch says why there is no branch to commit to.
func (r *run) noBranch(repo *git.Repo) (why, hint string) {
	f := r.facts
	const named = "set `commit-branch` to the name of a branch, or leave `commit` out of `store` for such runs"
	switch {
	case repo == nil:
		return ci.Visible(r.noRepo.Error()), "check the repository out before, as actions/checkout does, and have git installed"
	case r.settings.CommitBranch != "" || r.ci.Name() == "":
		return "", ""
	case f.Tag != "":
		return "the run is for a tag, which is on no branch of its own", named
	case f.Branch == "":
		return "the run is for no branch", named
	}
	return "", ""
}

// tellNothingLeft says that the commit of the run has everything already.
func (r *run) tellNothingLeft(ctx context.Context, repo *git.Repo) {
	r.log.line("nothing to deliver: the commit has every result already")
}

// branch is the branch that is committed to.
func (r *run) branch() string { return cmp.Or(r.settings.CommitBranch, r.facts.Branch) }

// commitStore commits to the branch of the run.
func (r *run) commitStore(repo *git.Repo) store.Store { return notYet{} }

// applyTo is where an upload that was verified goes.
func (r *run) applyTo(repo *git.Repo) (to stores) {
	to.list = []store.Store{r.commitStore(repo)}
	if r.settings.DryRun {
		to.list[0] = dry{to.list[0]}
	}
	return to
}

type notYet struct{}

func (notYet) Name() string { return config.StoreCommit }
func (notYet) Put(context.Context, store.Delivery) (asset.Stored, error) {
	return asset.Stored{}, &store.Error{What: "commit results", Why: errors.New("not built yet")}
}
