package forge

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/webpress/webpress/internal/httpclient"
)

// gitlabRules match GitLab's messages where the status is ambiguous.
var gitlabRules = []rule{
	{[]string{"insufficient_scope", "higher privileges", "insufficient scope"}, ErrForbidden, ""},
	{[]string{"protected branch"}, ErrProtected, "rules of the branch forbid it: set commit-branch to another branch, " +
		"or allow the token's role to push in Settings, Repository, Protected branches"},
	{[]string{"already exists"}, ErrConflict, "it is there already"},
	{[]string{"too long", "too large", "too big"}, ErrTooLarge, "less has to be sent at once"},
}

// failure explains err, which the client returned for t.
func (g GitLab) failure(t task, err error) error {
	e, ok := errors.AsType[*httpclient.Error](err)
	if !ok || stopped(err) || ownContent(err) {
		return &Error{Op: t.op, Err: err}
	}
	kind, hint := g.explain(t, e)
	return &Error{Op: t.op, Kind: kind, Hint: hint, Err: err}
}

func (g GitLab) explain(t task, e *httpclient.Error) (kind error, hint string) {
	if kind, hint, ok := general(e); ok {
		return kind, hint
	}
	switch e.Status {
	case http.StatusUnauthorized:
		switch {
		case g.Token == "":
			return ErrForbidden, "no token was given: set gitlab-token to " + wanted(t)
		case g.JobToken:
			return ErrForbidden, "the job's own token may not do this: set gitlab-token to " + wanted(t)
		}
		return ErrForbidden, "gitlab-token is not valid here: it may have expired, been revoked, or belong to another server; it has to be " + wanted(t)
	case http.StatusForbidden, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
		// The words of an insufficient scope are not in its message.
		if r, ok := find(gitlabRules, e.Message()+" "+string(e.Body)); ok {
			return r.kind, cmp.Or(r.hint, "gitlab-token may not do this: it has to be "+wanted(t))
		}
	}
	switch e.Status {
	case http.StatusForbidden:
		return ErrForbidden, "gitlab-token may not do this: it has to be " + wanted(t) + "; members only may be allowed to, or the conversation be locked"
	case http.StatusNotFound:
		if g.JobToken || g.Token == "" {
			return ErrNotFound, "it is not there, or hidden from the job's own token: set gitlab-token to " + wanted(t)
		}
		return ErrNotFound, "it is not there, or the token may not see it: GitLab says 404 to a token without access to the project; it has to be " + wanted(t)
	case http.StatusConflict:
		return ErrConflict, ""
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return nil, "GitLab does not take what it was sent: change what its words name; where they name nothing, " +
			"look in the server's log for the request id of this message, or ask its support with it"
	}
	return nil, ""
}

// wanted describes the token that t needs.
func wanted(t task) string {
	role := "Reporter"
	if t.scope == "api" {
		role = "Developer"
	}
	return "an access token with the scope " + t.scope + " and at least the role " + role + " in the project " +
		"(a protected variable reaches the jobs of protected branches only)"
}
