package app

import (
	"cmp"

	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/wire"
)

// client is the HTTP client of the run.
func (r *run) client() *wire.Client {
	if r.http == nil {
		r.http = wire.New(wire.Options{
			Retries: r.settings.Retries, UserAgent: "webpress/" + r.Version,
			Logf: r.log.Line,
		})
	}
	return r.http
}

// A forgeKind is an API that webpress speaks.
type forgeKind int

const (
	noForge forgeKind = iota
	// gitHub is GitHub, and Gitea and Forgejo, whose API resembles it.
	gitHub
	gitLab
)

// forge is the API that the repository is reached by.
func (r *run) forge() forgeKind {
	switch r.facts.Forge {
	case "github", "gitea", "forgejo":
		return gitHub
	case "gitlab":
		return gitLab
	}
	return noForge
}

// token is the one that may act for the run, empty where there is none.
func (r *run) token() string { return cmp.Or(r.settings.Token, r.secrets.Token) }

// gitHub is the repository of the run, or another one, at GitHub.
func (r *run) gitHub(repository string) forge.GitHub {
	return forge.GitHub{
		Client: r.client(), APIURL: r.facts.APIURL, GraphQLURL: r.facts.GraphQLURL,
		Token: r.token(), Repository: repository,
	}
}

// gitLab is the project of the run at GitLab. The job's own token may do next to
// nothing in the API: it is used where there is no other.
func (r *run) gitLab() forge.GitLab {
	own := cmp.Or(r.settings.GitlabToken, r.settings.Token)
	return forge.GitLab{
		Client: r.client(), APIURL: r.facts.APIURL,
		Project: cmp.Or(r.facts.RepositoryID, r.facts.Repository),
		Token:   cmp.Or(own, r.secrets.Token), JobToken: own == "",
	}
}
