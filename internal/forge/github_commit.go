package forge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/httpclient"
)

// DefaultMaxCommit is the most that GitHub takes, with room to spare: the length in bytes
// of a commit by GraphQL as JSON, base64 included. Calls fail from about 40 MB.
const DefaultMaxCommit = 36 << 20

// createCommit is the GraphQL of CreateCommitOnBranch.
const createCommit = `mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }`

// A Commit is one that was made.
type Commit struct {
	// OID is its id, in hex.
	OID string
	// URL is where a person can look at it.
	URL string
}

// A CommitRequest is a commit to be made on top of a branch.
type CommitRequest struct {
	// Branch is a branch's name without refs/heads/. It has to exist.
	Branch string
	// ExpectedHead is the id of the branch's last commit, in full.
	ExpectedHead string
	// Headline and Body are the message. Body may be empty.
	Headline, Body string
	// Additions are files to be written, Deletions the paths of files to be
	// deleted, which have to exist. Paths are from the root of the repository.
	Additions []Addition
	Deletions []string
}

// An Addition is a file with its new content. Its mode becomes 100644.
type Addition struct {
	Path    string
	Content Content
}

// Length is how long the request is in bytes as it is sent, but for the name of
// the repository: to be compared with GitHub.CommitLimit.
func (r CommitRequest) Length() int64 {
	t, err := r.text("")
	if err != nil {
		return 0
	}
	return t.length
}

// CreateCommitOnBranch makes a commit by GraphQL, which GitHub signs. Its author
// is who the token belongs to.
//
// ErrStale is returned where the last commit of the branch is not ExpectedHead.
// If a connection broke after the commit was made, the next attempt ends so,
// too: whoever looks at the branch then finds the files there.
// ErrTooLarge calls for several commits, ErrUnsupported for another way.
func (g GitHub) CreateCommitOnBranch(ctx context.Context, r CommitRequest) (Commit, error) {
	t := task{fmt.Sprintf("commit to branch %q", r.Branch), "contents: write"}
	if g.GraphQLURL == "" {
		return Commit{}, &Error{Op: t.op, Kind: ErrUnsupported, Hint: "this server has no GraphQL API: set commit-method to another way"}
	}
	for _, path := range slices.Concat(paths(r.Additions), r.Deletions) {
		if err := utf8Only(t, path); err != nil {
			return Commit{}, err
		}
	}
	body, err := r.text(g.Repository)
	if err != nil {
		return Commit{}, &Error{Op: t.op, Err: err}
	}
	if n := r.Length(); n > g.CommitLimit() {
		return Commit{}, &Error{
			Op: t.op, Kind: ErrTooLarge, Hint: "the files have to go in several commits, or by git push",
			Err: fmt.Errorf("%w: %d bytes, the limit for one commit is %d", ErrTooLarge, n, g.CommitLimit()),
		}
	}
	var data struct {
		CreateCommitOnBranch *struct{ Commit *Commit }
	}
	if err := g.graphQL(ctx, t, body, &data); err != nil {
		return Commit{}, err
	}
	if data.CreateCommitOnBranch == nil || data.CreateCommitOnBranch.Commit == nil {
		return Commit{}, &Error{Op: t.op, Err: errors.New("the answer names no commit")}
	}
	return *data.CreateCommitOnBranch.Commit, nil
}

// CommitLimit is the most bytes that a CommitRequest may be long.
func (g GitHub) CommitLimit() int64 { return cmp.Or(g.MaxCommit, DefaultMaxCommit) }

// text is the request as JSON.
func (r CommitRequest) text(repository string) (*text, error) {
	type object map[string]any
	message := object{"headline": r.Headline}
	if r.Body != "" {
		message["body"] = r.Body
	}
	t := &text{}
	t.raw(`{"query":`)
	err := t.value(createCommit)
	t.raw(`,"variables":{"input":{"branch":`)
	err = errors.Join(err, t.value(object{"repositoryNameWithOwner": repository, "branchName": r.Branch}))
	t.raw(`,"expectedHeadOid":`)
	err = errors.Join(err, t.value(r.ExpectedHead))
	t.raw(`,"message":`)
	err = errors.Join(err, t.value(message))
	t.raw(`,"fileChanges":{"deletions":[`)
	for i, path := range r.Deletions {
		t.comma(i)
		err = errors.Join(err, t.value(object{"path": path}))
	}
	t.raw(`],"additions":[`)
	for i, a := range r.Additions {
		t.comma(i)
		t.raw(`{"path":`)
		err = errors.Join(err, t.value(a.Path))
		t.raw(`,"contents":`)
		t.base64(a.Path, a.Content)
		t.raw(`}`)
	}
	t.raw(`]}}}}`)
	return t, err
}

func (t *text) comma(i int) {
	if i > 0 {
		t.raw(",")
	}
}

func paths(additions []Addition) []string {
	var list []string
	for _, a := range additions {
		list = append(list, a.Path)
	}
	return list
}

// utf8Only refuses what JSON would silently change.
func utf8Only(t task, path string) error {
	if utf8.ValidString(path) {
		return nil
	}
	return &Error{
		Op: t.op, Kind: ErrUnsupported, Hint: "rename the file, or let it go by git push",
		Err: fmt.Errorf("%q: the name is not UTF-8, and the API takes no other", path),
	}
}

// A graphError is an error in a GraphQL answer, which has the status 200.
type graphError struct {
	Type       string
	Message    string
	Extensions struct{ Code string }
}

// graphQL sends body and decodes the data of the answer into data.
func (g GitHub) graphQL(ctx context.Context, t task, body *text, data any) error {
	r := httpclient.Request{Method: http.MethodPost, URL: g.GraphQLURL, Header: g.header(), Idempotent: true, Limited: limited, Failed: failed}
	body.into(&r)
	var answer struct {
		Data   json.RawMessage
		Errors []graphError
	}
	resp, err := do(ctx, g, t, r, nil, &answer)
	var known *Error
	switch {
	case errors.As(err, &known):
		// A hidden repository is an error in an answer with status 200: a plain 404
		// is that of a server which has no such address.
		if e, ok := errors.AsType[*httpclient.Error](err); ok && (e.Status == http.StatusNotFound || known.Kind == ErrUnsupported) {
			known.Kind, known.Hint = ErrUnsupported, "this server has no GraphQL API: set commit-method to another way"
		} else if ok && e.Status == http.StatusOK && known.Hint == "" {
			known.Hint = unexplained(t)
		}
		return err
	case err != nil:
		return err
	case len(answer.Errors) > 0 && !whole(answer.Data):
		return g.graphFailure(t, r, resp, answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return &Error{Op: t.op, Err: fmt.Errorf("read answer: %w", err)}
	}
	return nil
}

// whole reports whether nothing of the data is missing at its first level, whatever
// errors came with it.
func whole(data json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || len(fields) == 0 {
		return false
	}
	for _, value := range fields {
		if string(value) == "null" {
			return false
		}
	}
	return true
}

// limited recognizes a refusal by the rate limit.
func limited(r *httpclient.Response) bool {
	var answer struct{ Errors []graphError }
	if json.Unmarshal(r.Body, &answer) != nil {
		return false
	}
	return slices.ContainsFunc(answer.Errors, func(e graphError) bool {
		return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || e.Extensions.Code == "rateLimited"
	})
}

// failed recognizes a fault of GitHub's own that may pass. What was asked for may
// have been done all the same: expectedHeadOid keeps it from being done twice.
func failed(r *httpclient.Response) bool {
	var answer struct {
		Data   json.RawMessage
		Errors []graphError
	}
	if json.Unmarshal(r.Body, &answer) != nil || whole(answer.Data) {
		return false
	}
	return slices.ContainsFunc(answer.Errors, func(e graphError) bool {
		// Errors of the server often have no type, but the same message.
		return slices.Contains(faultTypes, e.Type) || strings.Contains(strings.ToLower(e.Message), "something went wrong while executing")
	})
}

// faultTypes are the types of the server's own errors.
var faultTypes = []string{"INTERNAL", "INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "SERVICE", "SERVICE_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}
