package app

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/store"
)

// chooseCommit adds the store that commits, or says why it is not tried. upload
// says that the results are to be uploaded instead, where that can be done.
func (r *run) chooseCommit(ctx context.Context, to *stores, repo *git.Repo, byDefault bool) (upload bool, err error) {
	f := r.facts
	if at, ok := r.settings.FromFile["commit-branch"]; ok && f.Event == ci.PullRequest {
		// Whoever can push to the branch of a pull request would decide where a token
		// that may do more than they pushes to.
		r.log.Warn("%s: on a pull request it is not used, since the pull request may have set it: its own branch is committed to", at.Where)
		r.log.Hint("set commit-branch by a flag, an input or the variable WEBPRESS_COMMIT_BRANCH")
		r.settings.CommitBranch, r.settings.OpenPullRequest = "", false
	}
	apply := ""
	if r.forge() == gitHub {
		apply = "; `webpress apply` in a workflow started by workflow_run commits what this run uploads"
	}
	switch {
	case f.Fork && f.ReadOnly:
		to.keep(config.StoreCommit, "nothing is committed: the pull request comes from a fork, and its run may only read%s", apply)
		return true, nil
	case f.Fork:
		to.keep(config.StoreCommit, "nothing is committed: the pull request comes from a fork, whose branch is not this repository's%s", apply)
		return true, nil
	case f.ReadOnly:
		to.keep(config.StoreCommit, "nothing is committed: the run was started by %s, and may only read%s", ci.Visible(f.Actor), apply)
		return true, nil
	}
	branch, why, hint := r.branch(ctx, repo)
	switch {
	case why == "":
	case byDefault, hint == "":
		to.keep(config.StoreCommit, "nothing is committed: %s", why)
		return false, nil
	default:
		return false, &asset.Fault{Message: "commit results: " + why, Hint: hint}
	}
	c, err := r.commit(ctx, repo, branch, f.Repository)
	if err != nil {
		return false, err
	}
	switch why, err := r.notOurs(ctx, c); {
	case err != nil:
		// Whether there is something to commit is not known yet: Put tells.
		to.list = append(to.list, failed{c, err})
		return false, nil
	case why != "":
		to.keep(config.StoreCommit, "nothing is committed: %s", why)
		return true, nil
	}
	if r.settings.OpenPullRequest {
		if c.Pull, err = r.pull(); err != nil {
			return false, err
		}
	}
	to.list = append(to.list, c)
	return false, nil
}

// notOurs says why the branch of a pull request may be that of a fork with the
// same name: some platforms do not tell whose it is. A branch that could not be
// looked at is an error.
func (r *run) notOurs(ctx context.Context, c store.Commit) (why string, err error) {
	f := r.facts
	if f.Event != ci.PullRequest || f.HeadRepository != "" || r.settings.CommitBranch != "" {
		return "", nil
	}
	head, err := c.Look(ctx)
	switch {
	case err != nil:
		return "", err
	case head == "" || head != f.HeadSHA:
		return fmt.Sprintf("the branch %q of this repository does not end with the commit of the pull request: it has moved, or the pull request comes from a fork", c.Branch), nil
	}
	return "", nil
}

// branch is the branch to commit to, or says why there is none. A hint comes with what
// the user has to fix; a run for a tag or in a merge queue is not a mistake.
func (r *run) branch(ctx context.Context, repo *git.Repo) (branch, why, hint string) {
	f := r.facts
	switch branch = cmp.Or(r.settings.CommitBranch, f.Branch); {
	case repo == nil:
		return "", ci.Visible(r.noRepo.Error()), "check the repository out before, as actions/checkout does, and have git installed"
	case branch != "":
		return branch, "", ""
	case f.Tag != "":
		return "", fmt.Sprintf("the run is for the tag %q, not for a branch; `commit-branch` names one", f.Tag), ""
	case r.ci.Name() != "":
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

// commit is the store that commits to a branch of a repository on the server.
func (r *run) commit(ctx context.Context, repo *git.Repo, branch, repository string) (store.Commit, error) {
	s := r.settings
	c := store.Commit{
		Repo: repo, Branch: branch, Method: s.CommitMethod,
		Message: s.CommitMessage, Author: cmp.Or(s.CommitAuthor, r.bot()), Chosen: s.CommitAuthor != "",
		Retries: s.Retries, Logf: r.log.Line,
	}
	var err error
	if c.Remote, err = r.remote(ctx, repo, repository); err != nil {
		return c, err
	}
	// Gitea's and Forgejo's API resembles GitHub's, but not where commits are made.
	if r.facts.Forge == "github" && r.facts.APIURL != "" && r.token() != "" {
		g := r.gitHub(repository)
		c.GitHub = &g
	}
	if c.GitHub == nil && (c.Method == store.MethodGraphQL || c.Method == store.MethodREST) {
		return c, &asset.Fault{
			Message: fmt.Sprintf("commit results by %s: there is no API of GitHub's, or no token for it", c.Method),
			Hint:    "set `token`, or leave `commit-method` out: git pushes then",
		}
	}
	if c.Method == store.MethodGraphQL && c.Chosen && !r.facts.Fork { // git pushes to a fork
		r.log.Warn("commit-author is not used: commit-method graphql commits as whom the token is of")
		r.log.Hint("let `commit-method` be auto or rest, or leave `commit-author` out")
	}
	return c, nil
}

// bot is the author where none is set, empty for whom git is configured for.
func (r *run) bot() string {
	host := "localhost"
	if u, err := url.Parse(r.facts.ServerURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	switch r.ci.Name() {
	case "":
		return ""
	case "GitHub":
		// The account that GITHUB_TOKEN acts as; 41898282 is its number.
		return "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
	}
	return "webpress <webpress@noreply." + host + ">"
}

// pull is the pull request that is wanted for the branch.
func (r *run) pull() (*store.Pull, error) {
	s := r.settings
	p := &store.Pull{
		Base: cmp.Or(r.facts.Branch, r.facts.DefaultBranch), Title: s.PullRequestTitle, Labels: s.PullRequestLabels,
		Code: report.Code,
	}
	kind := r.forge()
	switch {
	case p.Base == "":
		return nil, &asset.Fault{
			Message: "open a pull request: the branch that it is for is not known",
			Hint:    "leave `open-pull-request` out where webpress does not run in a CI",
		}
	case kind == noForge:
		return nil, &asset.Fault{
			Message: fmt.Sprintf("open a pull request: %s has not told which forge it is for, or webpress does not know that one", r.ciName()),
			Hint:    "leave `open-pull-request` out, and open it once by hand: later runs push to its branch",
		}
	case kind == gitLab && r.gitLab().JobToken:
		return nil, &asset.Fault{
			Message: "open a merge request: the token of a job of GitLab's cannot",
			Hint:    "set `gitlab-token` to a token with the scope api",
		}
	case r.token() == "":
		return nil, &asset.Fault{Message: "open a pull request: there is no token", Hint: "set `token`"}
	case kind == gitLab:
		p.Forge = r.gitLab()
	default:
		p.Forge = r.gitHub(r.facts.Repository)
	}
	return p, nil
}

// commitURL is the page of a commit, where the platform has told enough.
func (r *run) commitURL(id string) string { return r.pageURL("/commit/", "/-/commit/", id) }

// pageURL is the address of a page of the repository that the run is about, below a path
// that depends on the forge. It is empty where the platform has not told enough.
func (r *run) pageURL(atGitHub, atGitLab, page string) string {
	f := r.facts
	repository := f.Repository
	if f.Fork {
		repository = f.HeadRepository
	}
	switch {
	case page == "" || f.ServerURL == "" || repository == "":
		return ""
	case r.forge() == gitHub:
		return f.ServerURL + "/" + repository + atGitHub + page
	case r.forge() == gitLab:
		return f.ServerURL + "/" + repository + atGitLab + page
	}
	return ""
}

// links returns the page of each source that the commit of the run has.
func (r *run) links(found scan.Found) func(path string) string {
	commit := r.pageURL("/blob/", "/-/blob/", r.facts.HeadSHA)
	if commit == "" || found.Files == nil {
		return nil
	}
	prefix := r.prefix(r.repo)
	return func(name string) string {
		if f, ok := found.Files[name]; !ok || f.Untracked {
			return ""
		}
		return commit + "/" + report.EscapePath(path.Join(prefix, name))
	}
}

// tellNothingLeft says that the commit of the run has everything already.
func (r *run) tellNothingLeft() {
	r.log.Line("nothing to deliver: the commit that the run is for has every result already")
}
