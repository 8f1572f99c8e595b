// Package target decides where the results of a run go: to which stores, to which branch
// and with whose token. It knows the settings and what the platform says, and writes
// nothing.
package target

import (
	"cmp"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/httpclient"
)

// An Access is how a run reaches the server of its repository.
type Access struct {
	CI      ci.CI
	Facts   ci.Facts
	Secrets ci.Secrets
	// Token and GitLabToken are the settings of these names.
	Token, GitLabToken string
	HTTP               *httpclient.Client
	Log                *console.Log
}

// A Forge is an API that webpress speaks.
type Forge int

// The forges.
const (
	NoForge Forge = iota
	// GitHub is GitHub, and Gitea and Forgejo, whose API resembles it.
	GitHub
	GitLab
)

// Forge is the API that the repository is reached by.
func (a Access) Forge() Forge {
	switch a.Facts.Forge {
	case "github", "gitea", "forgejo":
		return GitHub
	case "gitlab":
		return GitLab
	}
	return NoForge
}

// token is the one that may act for the run, empty if there is none.
func (a Access) token() string { return cmp.Or(a.Token, a.Secrets.Token) }

// HasToken reports whether there is a token that may act for the run.
func (a Access) HasToken() bool { return a.token() != "" }

// GitHub is the repository of the run, or another one, at GitHub.
func (a Access) GitHub(repository string) forge.GitHub {
	return forge.GitHub{
		Client: a.HTTP, APIURL: a.Facts.APIURL, GraphQLURL: a.Facts.GraphQLURL,
		Token: a.token(), Repository: repository,
	}
}

// GitLab is the project of the run at GitLab. The job's own token may do next to
// nothing in the API: it is used where there is no other.
func (a Access) GitLab() forge.GitLab {
	own := cmp.Or(a.GitLabToken, a.Token)
	return forge.GitLab{
		Client: a.HTTP, APIURL: a.Facts.APIURL,
		Project: cmp.Or(a.Facts.RepositoryID, a.Facts.Repository),
		Token:   cmp.Or(own, a.Secrets.Token), JobToken: own == "",
	}
}

// Client is the API that the repository of the run is reached by, nil if webpress knows
// none.
func (a Access) Client() forge.Client {
	switch a.Forge() {
	case GitHub:
		if a.Facts.APIURL != "" {
			return a.GitHub(a.Facts.Repository)
		}
	case GitLab:
		return a.GitLab()
	}
	return nil
}

// CIName is the name of the CI for a sentence.
func (a Access) CIName() string { return cmp.Or(a.CI.Name(), "the environment") }

// CommitURL is the page of a commit, and FileURL that of a file in it, whose path is
// escaped. They are empty if the platform does not say enough.
func (a Access) CommitURL(id string) string { return a.pageURL("/commit/", "/-/commit/", id) }

// FileURL is the page of a file or folder in a commit: see CommitURL.
func (a Access) FileURL(commit, escaped string) string {
	if page := a.pageURL("/blob/", "/-/blob/", commit); page != "" {
		return page + "/" + escaped
	}
	return ""
}

// RawURL is the content of a file in a commit, which GitHub and GitLab give as an image if it is
// one: see CommitURL.
func (a Access) RawURL(commit, escaped string) string {
	if page := a.pageURL("/raw/", "/-/raw/", commit); page != "" {
		return page + "/" + escaped
	}
	return ""
}

// pageURL is the address of a page of the repository that the run is about, below a path
// that depends on the forge.
func (a Access) pageURL(atGitHub, atGitLab, page string) string {
	f := a.Facts
	repository := f.Repository
	if f.Fork {
		repository = f.HeadRepository
	}
	switch {
	case page == "" || f.ServerURL == "" || repository == "":
		return ""
	case a.Forge() == GitHub:
		return f.ServerURL + "/" + repository + atGitHub + page
	case a.Forge() == GitLab:
		return f.ServerURL + "/" + repository + atGitLab + page
	}
	return ""
}
