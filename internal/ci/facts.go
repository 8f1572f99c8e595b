package ci

import (
	"net/url"
	"strings"
)

// An Event says why a run was started.
type Event string

// The events. A pushed tag is a Push with Facts.Tag set; merge requests are
// pull requests.
const (
	Push        Event = "push"
	PullRequest Event = "pull-request"
	WorkflowRun Event = "workflow-run"
	Schedule    Event = "schedule"
	Manual      Event = "manual"
	Other       Event = "other"
)

// Facts is what a platform reports about a run. A fact that is not known is empty.
// Branch names, titles and the like come from the author of a pull request:
// none of them is to be trusted, or printed without Line.
type Facts struct {
	// Event is why the run was started; EventName is the platform's word for it.
	Event     Event
	EventName string

	// Repository is owner/name (GitLab: the full path of the project) of the
	// repository the run belongs to: for a pull request the one it is opened in.
	// RepositoryID is GitLab's number of it.
	Repository   string
	RepositoryID string
	// HeadRepository is the repository that holds the pull request's branch, or
	// that a workflow run was started for.
	HeadRepository string
	// Fork reports whether HeadRepository is another one than Repository, or is gone.
	// If the platform does not say (Woodpecker, Drone), HeadRepository is
	// empty and Fork false: then a branch of the name in Branch may be an
	// unrelated one, and is the right one only if HeadSHA is its commit.
	Fork bool
	// ReadOnly reports whether the token given to this run may not write: it is a
	// pull request from a fork, or was started by Dependabot.
	ReadOnly bool

	// Branch is where a commit with results belongs: the pull request's own
	// branch in HeadRepository, or the branch the run is for. It is empty for
	// tags, merge queues and detached commits.
	Branch string
	// BaseBranch is the branch a pull request is to be merged into.
	BaseBranch string
	// Public reports whether anyone may see the repository.
	Public bool
	// DefaultBranch is the repository's.
	DefaultBranch string
	// Tag is the tag the run is for.
	Tag string

	// SHA is the commit that the platform checks out. For a pull request on
	// GitHub that is a merge commit which exists on no branch.
	SHA string
	// MergeCommit reports whether SHA is the commit that the platform made by merging the
	// pull request into its base, which is its first parent.
	MergeCommit bool
	// HeadSHA is the commit to build on: the last one of Branch when the run
	// was started.
	HeadSHA string
	// BaseSHA is the commit to compare with: the base of a pull request, or what
	// the branch was before the push. It is empty for a new branch.
	BaseSHA string

	// PullRequest is the number of the pull or merge request, 0 for none.
	PullRequest int

	// Actor is the user or bot that started the run.
	Actor string

	// Forge is what holds the repository: github, gitea, forgejo, gitlab or
	// another word of the platform's; empty is not known.
	Forge string
	// ServerURL, APIURL and GraphQLURL have no slash at their end. GraphQLURL is
	// empty if there is none.
	ServerURL, APIURL, GraphQLURL string
	// CloneURLs are further addresses that the platform gives git for Repository,
	// without a password: runners may reach the server by another name than people do.
	CloneURLs []string
	// Workspace is the folder of the checkout.
	Workspace string
	// RunID and RunURL name this run; SourceRunID is the run that a WorkflowRun
	// follows.
	RunID, RunURL, SourceRunID string

	// Shard is the number of this job among several that do one work, from 1, and
	// Shards is how many there are. 0 is unknown: Kubernetes sets the number of a
	// job, but not how many there are.
	Shard, Shards int

	// RetentionDays is for how many days the repository keeps artifacts at most,
	// 0 if not known.
	RetentionDays int

	// Notices are what could not be learned, each one line for the log.
	Notices []string
}

// Secrets are what a run proves itself with. They are apart from Facts, and show
// themselves as ***, so that nothing that prints what is known about a run can
// print them.
type Secrets struct {
	// Token is the job's own for the forge, where the platform gives one, and
	// User the name that git has to send with it.
	Token, User string
	// ResultsURL is the address of GitHub's artifact service, and RuntimeToken
	// what it knows the job by. Only an action is given them.
	ResultsURL, RuntimeToken string
	// IDTokenURL is where GitHub issues OpenID Connect tokens, and IDTokenBearer what it knows
	// the job by; both are empty without the permission id-token: write. IDToken is the one
	// that GitLab has issued: it is for the audience that the job names.
	// https://docs.github.com/actions/reference/security/oidc
	// https://docs.gitlab.com/ci/secrets/id_token_authentication/
	IDTokenURL, IDTokenBearer, IDToken string
}

// String is ***.
func (Secrets) String() string { return "***" }

// GoString is ***.
func (Secrets) GoString() string { return "***" }

// All are the secrets that are not empty.
func (s Secrets) All() []string {
	var all []string
	for _, one := range []string{s.Token, s.RuntimeToken, s.IDTokenBearer, s.IDToken} {
		if one != "" {
			all = append(all, one)
		}
	}
	return all
}

// apiURL is where a forge at server has its API.
func apiURL(forge, server string) string {
	switch {
	case server == "":
		return ""
	case forge == "github" && server == "https://github.com":
		return "https://api.github.com"
	case forge == "github":
		return server + "/api/v3"
	case forge == "gitea", forge == "forgejo":
		return server + "/api/v1"
	case forge == "gitlab":
		return server + "/api/v4"
	}
	return ""
}

// commit returns sha, or nothing where it is the zeros that stand for no commit.
func commit(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}

// cloneURLs are those of addresses that git reaches by HTTP, without passwords.
func cloneURLs(addresses ...string) []string {
	var all []string
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			u.User = nil
			all = append(all, u.String())
		}
	}
	return all
}

// origin returns url without slashes at its end.
func origin(url string) string { return strings.TrimRight(url, "/") }

// first returns the first of values that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
