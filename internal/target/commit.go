package target

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
)

// chooseCommit adds the store that commits, or says why it is not tried. upload
// says that the results are to be uploaded instead, where that can be done.
func (c *Chooser) chooseCommit(ctx context.Context, to *Stores, byDefault bool) (upload bool, err error) {
	f := c.Facts
	if at, ok := c.Settings.FromFile["commit-branch"]; ok && f.Event == ci.PullRequest {
		// Whoever can push to the branch of a pull request would decide where a token
		// that may do more than they pushes to.
		c.Log.Warn("%s: on a pull request it is not used, since the pull request may have set it: its own branch is committed to", at.Where)
		c.Log.Hint("set commit-branch by a flag, an input or the variable WEBPRESS_COMMIT_BRANCH")
		c.Settings.CommitBranch, c.Settings.OpenPullRequest = "", false
	}
	apply := ""
	if c.Forge() == GitHub {
		apply = "; `webpress apply` in a workflow started by workflow_run commits what this run uploads"
	}
	switch {
	case f.Fork && f.ReadOnly:
		to.skip(config.StoreCommit, "nothing is committed: the pull request comes from a fork, and its run may only read%s", apply)
		return true, nil
	case f.Fork:
		to.skip(config.StoreCommit, "nothing is committed: the pull request comes from a fork, whose branch is not this repository's%s", apply)
		return true, nil
	case f.ReadOnly:
		to.skip(config.StoreCommit, "nothing is committed: the run was started by %s, and may only read%s", ci.Visible(f.Actor), apply)
		return true, nil
	}
	branch, why, hint := c.Branch(ctx, c.Repo)
	switch {
	case why == "":
	case byDefault, hint == "":
		to.skip(config.StoreCommit, "nothing is committed: %s", why)
		return false, nil
	default:
		return false, &asset.Fault{Message: "commit results: " + why, Hint: hint}
	}
	commit, err := c.Commit(ctx, c.Repo, branch, f.Repository)
	if err != nil {
		return false, err
	}
	switch why, err := c.notOurs(ctx, commit); {
	case err != nil:
		// Whether there is something to commit is not known yet: Deliver finds out.
		to.List = append(to.List, store.Failed{Store: commit, Err: err})
		return false, nil
	case why != "":
		to.skip(config.StoreCommit, "nothing is committed: %s", why)
		return true, nil
	}
	if c.Settings.OpenPullRequest {
		if commit.Pull, err = c.pull(); err != nil {
			return false, err
		}
	}
	to.List = append(to.List, commit)
	return false, nil
}

// notOurs says why the branch of a pull request may be that of a fork with the
// same name: some platforms do not say whose it is. A branch that could not be
// looked at is an error.
func (c *Chooser) notOurs(ctx context.Context, to store.Commit) (why string, err error) {
	f := c.Facts
	if f.Event != ci.PullRequest || f.HeadRepository != "" || c.Settings.CommitBranch != "" {
		return "", nil
	}
	head, err := to.Look(ctx)
	switch {
	case err != nil:
		return "", err
	case head == "" || head != f.HeadSHA:
		return fmt.Sprintf("the branch %q of this repository does not end with the commit of the pull request: it has moved, or the pull request comes from a fork", to.Branch), nil
	}
	return "", nil
}

// Branch is the branch of repo to commit to, or says why there is none. A hint comes with what
// the user has to fix; a run for a tag or in a merge queue is not a mistake.
func (c *Chooser) Branch(ctx context.Context, repo *git.Repo) (branch, why, hint string) {
	f := c.Facts
	switch branch = cmp.Or(c.Settings.CommitBranch, f.Branch); {
	case repo == nil:
		return "", ci.Visible(c.NoRepo.Error()), "check the repository out before, as actions/checkout does, and have git installed"
	case branch != "":
		return branch, "", ""
	case f.Tag != "":
		return "", fmt.Sprintf("the run is for the tag %q, not for a branch; `commit-branch` names one", f.Tag), ""
	case c.CI.Name() != "":
		return "", "the run is not for a branch that stays, such as that of a merge queue; `commit-branch` names one", ""
	}
	branch, err := repo.Branch(ctx)
	switch {
	case err != nil:
		return "", err.Error(), "set `commit-branch`"
	case branch == "":
		return "", "no branch is checked out", "check a branch out, or set `commit-branch`"
	}
	return branch, "", ""
}

// Commit is the store that commits to a branch of a repository on the server.
func (c *Chooser) Commit(ctx context.Context, repo *git.Repo, branch, repository string) (store.Commit, error) {
	s := c.Settings
	to := store.Commit{
		Repo: repo, Branch: branch, Method: s.CommitMethod,
		Message: s.CommitMessage, Author: cmp.Or(s.CommitAuthor, c.bot()), AuthorSet: s.CommitAuthor != "",
		Retries: s.Retries, Logf: c.Log.Line,
	}
	var err error
	if to.Remote, err = c.remote(ctx, repo, repository); err != nil {
		return to, err
	}
	// Gitea's and Forgejo's API resembles GitHub's, but not where commits are made.
	if c.Facts.Forge == "github" && c.Facts.APIURL != "" && c.token() != "" {
		g := c.GitHub(repository)
		to.GitHub = &g
	}
	if to.GitHub == nil && to.Method == store.MethodGraphQL {
		return to, &asset.Fault{
			Message: fmt.Sprintf("commit results by %s: there is no GitHub API here, or no token for it", to.Method),
			Hint:    "set `token`, or leave `commit-method` out: git pushes then",
		}
	}
	if to.Method == store.MethodGraphQL && to.AuthorSet && !c.Facts.Fork { // git pushes to a fork
		c.Log.Warn("commit-author is not used: commit-method graphql commits as whom the token is of")
		c.Log.Hint("let `commit-method` be auto or push, or leave `commit-author` out")
	}
	return to, nil
}

// bot is the author where none is set, empty for whom git is configured for.
func (c *Chooser) bot() string {
	host := "localhost"
	if u, err := url.Parse(c.Facts.ServerURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	switch c.CI.Name() {
	case "":
		return ""
	case "GitHub":
		// The account that GITHUB_TOKEN acts as; 41898282 is its number.
		return "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
	}
	return "webpress <webpress@noreply." + host + ">"
}

// pull is the pull request that is wanted for the branch.
func (c *Chooser) pull() (*store.Pull, error) {
	s := c.Settings
	p := &store.Pull{
		Base: cmp.Or(c.Facts.Branch, c.Facts.DefaultBranch), Title: s.PullRequestTitle, Labels: s.PullRequestLabels,
		Code: report.Code,
	}
	kind := c.Forge()
	switch {
	case p.Base == "":
		return nil, &asset.Fault{
			Message: "open a pull request: the branch that it is for is not known",
			Hint:    "leave `open-pull-request` out where webpress does not run in a CI",
		}
	case kind == NoForge:
		return nil, &asset.Fault{
			Message: fmt.Sprintf("open a pull request: %s does not say which forge it is for, or webpress does not know that one", c.CIName()),
			Hint:    "leave `open-pull-request` out, and open it once by hand: later runs push to its branch",
		}
	case kind == GitLab && c.GitLab().JobToken:
		return nil, &asset.Fault{
			Message: "open a merge request: GitLab's job token may not",
			Hint:    "set `gitlab-token` to a token with the scope api",
		}
	case c.token() == "":
		return nil, &asset.Fault{Message: "open a pull request: there is no token", Hint: "set `token`"}
	case kind == GitLab:
		p.Forge = c.GitLab()
	default:
		p.Forge = c.GitHub(c.Facts.Repository)
	}
	return p, nil
}
