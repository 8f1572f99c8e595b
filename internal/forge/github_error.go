package forge

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/webpress/webpress/internal/httpclient"
)

// githubRules match GitHub's messages where the status is ambiguous, from the
// specific to the vague.
var githubRules = []rule{
	{[]string{"expected branch to point to", "not a fast forward", "not a fast-forward"}, ErrStale,
		"the branch was pushed to meanwhile: run the job again"},
	{[]string{"not permitted to create or approve pull requests"}, ErrForbidden,
		`allow it in the repository's Settings, Actions, General: "Allow GitHub Actions to create and approve pull requests"; or use a token of an app or a user`},
	{[]string{"archived"}, ErrForbidden, "the repository is archived: nothing can be written until it is unarchived in its Settings"},
	{[]string{"saml", "single sign-on"}, ErrForbidden, "the organization wants the token to be authorized for single sign-on: see the token's page in the settings of its owner"},
	{[]string{"locked"}, ErrForbidden, "the conversation is locked: unlock it, or let the token's owner be a collaborator"},
	{[]string{"without `workflow", "without \"workflow"}, ErrForbidden, "files below .github/workflows need a token with the permission to write workflows; leave them out"},
	{[]string{"protected branch", "protected ref", "branch is protected", "rule violation", "through a pull request", "required status check",
		"approving review", "verified signatures"}, ErrProtected, protectedHint},
	{[]string{"reference update failed"}, ErrProtected, "GitHub does not say why: rules of the repository may forbid a branch of this name " +
		"(Settings, Rules or Branches), or a branch of a name that begins like it is in the way; set commit-branch to another one"},
	{[]string{"no commits between"}, ErrConflict, "both branches hold the same: there is nothing to merge"},
	{[]string{"already exists"}, ErrConflict, "it is there already"},
	{[]string{"requested for deletion"}, ErrConflict, "a file to be deleted is not in the branch"},
	{[]string{"badobjectstate"}, ErrConflict, "a file to be deleted is not in the branch, or a name is both a file and a folder"},
	{[]string{"repository is empty"}, ErrConflict, "the repository has no commit yet: push a first one"},
	{[]string{"does not exist", "could not resolve to", "no commit found", "not all of the requested"}, ErrNotFound, ""},
	{[]string{"too large", "too big", "too long", "exceeds"}, ErrTooLarge, "less has to be sent at once"},
}

const protectedHint = "rules of the branch forbid it: set commit-branch to another branch, with open-pull-request to have it merged, " +
	"or use a token whose owner may bypass the rules (Settings, Rules or Branches)"

// failure explains err, which the client returned for t.
func (g GitHub) failure(t task, err error) error {
	e, ok := errors.AsType[*httpclient.Error](err)
	if !ok || stopped(err) || ownContent(err) {
		return &Error{Op: t.op, Err: err}
	}
	kind, hint := g.explain(t, e)
	return &Error{Op: t.op, Kind: kind, Hint: hint, Err: err}
}

func (g GitHub) explain(t task, e *httpclient.Error) (kind error, hint string) {
	if kind, hint, ok := general(e); ok {
		return kind, hint
	}
	message := e.Message()
	switch e.Status {
	case http.StatusUnauthorized:
		if g.Token == "" {
			return ErrForbidden, "no token was given: set `token`"
		}
		return ErrForbidden, "the token is not valid here: it may have expired, been revoked, or belong to another server; " +
			"a job's own token ends with the job"
	case http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity:
		if r, ok := find(githubRules, message); ok {
			return r.kind, cmp.Or(r.hint, g.hidden(t))
		}
	}
	switch e.Status {
	case http.StatusForbidden:
		return ErrForbidden, permission(t, message)
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound, g.hidden(t)
	case http.StatusConflict:
		return ErrConflict, "something else changes the repository at the same time: run the job again"
	case http.StatusUnprocessableEntity:
		return nil, cmp.Or(remoteMessage(e.Body), unexplained(t))
	}
	return nil, ""
}

// remoteMessage names what GitHub does not take, where it says so in codes alone.
func remoteMessage(body []byte) string {
	var answer struct {
		Errors []struct{ Field, Code, Message string }
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	var fields []string
	for _, e := range answer.Errors {
		if e.Message == "" && e.Field != "" {
			fields = append(fields, fmt.Sprintf("%q (%q)", e.Field, e.Code))
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "GitHub does not take what it was sent as " + strings.Join(fields, ", ")
}

// graphFailure explains the errors of an answer with status 200.
func (g GitHub) graphFailure(t task, r httpclient.Request, resp *httpclient.Response, list []graphError) error {
	var messages []string
	for _, e := range list {
		messages = append(messages, e.Message)
	}
	message := strings.Join(messages, "; ")
	err := &Error{Op: t.op, Err: &httpclient.Error{
		Method: r.Method, URL: httpclient.Redact(r.URL), Status: resp.Status, Header: resp.Header, Body: resp.Body,
		RequestID: resp.Header.Get("X-Github-Request-Id"), Attempts: resp.Attempts,
	}}
	known, ok := find(githubRules, message)
	err.Kind, err.Hint = known.kind, known.hint
	first := list[0]
	switch {
	case first.Type == "STALE_DATA":
		err.Kind, err.Hint = ErrStale, githubRules[0].hint
	case first.Type == "BRANCH_PROTECTION_RULE_VIOLATION":
		err.Kind, err.Hint = ErrProtected, protectedHint
	case first.Extensions.Code == "undefinedField", first.Extensions.Code == "undefinedType", first.Extensions.Code == "argumentNotAccepted":
		err.Kind, err.Hint = ErrUnsupported, "this server's GraphQL API is too old for it: set commit-method to another way"
	case ok && known.kind != ErrNotFound:
	case first.Type == "FORBIDDEN", first.Type == "INSUFFICIENT_SCOPES", strings.Contains(strings.ToLower(message), "not accessible by"):
		err.Kind, err.Hint = ErrForbidden, permission(t, message)
	case ok, first.Type == "NOT_FOUND":
		err.Kind, err.Hint = ErrNotFound, g.hidden(t)
	case !ok:
		err.Hint = unexplained(t)
	}
	return err
}

// unexplained is the hint where the server's words are of no known kind.
func unexplained(t task) string {
	other := ""
	if t.scope == "contents: write" {
		other = "set `commit-method: push`, so that git makes the commit, "
	}
	return "run the job again; where that fails, too, " + other + "see https://www.githubstatus.com, or ask the server's support with the request id of this message"
}

// permission says which permission is missing.
func permission(t task, message string) string {
	area, level, _ := strings.Cut(t.scope, ": ")
	name := strings.ToUpper(area[:1]) + strings.ReplaceAll(area[1:], "-", " ")
	access := "read"
	if level == "write" {
		access = "read and write"
	}
	token := "a personal access token needs " + name + ": " + access + " (a classic one: the scope repo)"
	block := "add `" + t.scope + "` to the job's `permissions:` block"
	fork := "; in a pull request from a fork or by Dependabot the job's token can only read, whatever the block says"
	switch {
	case strings.Contains(message, "personal access token"):
		return "the token may not do this: " + token
	case strings.Contains(message, "integration"):
		return "the token may not do this: " + block + fork
	}
	return "the token may not do this: " + block + ", or, where it is not the job's own, " + token + fork
}

// hidden explains a 404.
func (g GitHub) hidden(t task) string {
	if g.Token == "" {
		return "it is not there, or it is private and no token was given: without one GitHub says 404 to what it hides; set `token`"
	}
	return "it is not there, or the token may not see it: GitHub says 404 to a token without access to " + g.Repository +
		"; check the name, and that the token has `" + t.scope + "` for it"
}
