package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// servicePath is where the artifact service has its methods, by the rules of
// Twirp: one POST with JSON each.
const servicePath = "/twirp/github.actions.results.api.v1.ArtifactService/"

// A service is the artifact service as one job may use it.
type service struct {
	client *httpclient.Client
	base   string // with servicePath
	token  string
	// run and job are the service's own ids of the two.
	run, job string
}

// noService is the hint where the platform does not have the service.
const noService = "GitHub Enterprise Server has no artifacts of version 4: leave `artifact` out of `store`, " +
	"set `artifact-dir`, and upload that folder by actions/upload-artifact@v3 in the next step"

func (a Artifact) service() (*service, error) {
	fail := func(why, hint string) error {
		return &asset.HintError{What: fmt.Sprintf("upload artifact %q", a.name()), Why: errors.New(why), Hint: hint}
	}
	if a.ResultsURL == "" && a.Token == "" {
		return nil, fail("no artifact service here (ACTIONS_RESULTS_URL is not set)",
			"`store: artifact` works in actions of GitHub, Gitea and Forgejo; elsewhere set `artifact-dir`. "+noService)
	}
	u, err := url.Parse(a.ResultsURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fail("the platform does not give the address of its artifact service", noService)
	}
	run, job, err := backendIDs(a.Token)
	if err != nil {
		return nil, fail(err.Error(), noService)
	}
	return &service{client: a.Client, base: u.Scheme + "://" + u.Host + servicePath, token: a.Token, run: run, job: job}, nil
}

// backendIDs reads the ids of run and job from the token: a JWT with the claim
// scp, a list of scopes parted by spaces, of which Actions.Results:<run>:<job>
// is one. The signature is the service's concern.
func backendIDs(token string) (run, job string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", errors.New("the job's token is not a JWT")
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", "", errors.New("the job's token is not a JWT")
	}
	var claims struct {
		Scopes string `json:"scp"`
	}
	if err := json.Unmarshal(data, &claims); err != nil {
		return "", "", errors.New("the job's token has no readable claims")
	}
	for _, scope := range strings.Fields(claims.Scopes) {
		ids := strings.Split(scope, ":")
		if len(ids) == 3 && ids[0] == "Actions.Results" && ids[1] != "" && ids[2] != "" {
			return ids[1], ids[2], nil
		}
	}
	return "", "", errors.New("the job's token cannot be used for artifacts: it lacks the scope Actions.Results")
}

// What the methods take. Some servers refuse members that they do not know, and
// so there are no more than needed.
type (
	named struct {
		Run  string `json:"workflow_run_backend_id"`
		Job  string `json:"workflow_job_run_backend_id"`
		Name string `json:"name"`
	}
	createRequest struct {
		named
		Expires *time.Time `json:"expires_at,omitempty"`
		Version int        `json:"version"`
	}
	finalizeRequest struct {
		named
		Size string `json:"size"`
		Hash string `json:"hash"`
	}
	listRequest struct {
		Run  string `json:"workflow_run_backend_id"`
		Job  string `json:"workflow_job_run_backend_id"`
		Name string `json:"name_filter"`
	}
)

// What they answer: with names of two kinds, depending on the server, and
// numbers with quotes or without.
type (
	createAnswer struct {
		OK       bool   `json:"ok"`
		URL      string `json:"signed_upload_url"`
		URLCamel string `json:"signedUploadUrl"`
	}
	finalizeAnswer struct {
		OK      bool        `json:"ok"`
		ID      json.Number `json:"artifact_id"`
		IDCamel json.Number `json:"artifactId"`
	}
	listed struct {
		Job      string      `json:"workflow_job_run_backend_id"`
		JobCamel string      `json:"workflowJobRunBackendId"`
		ID       json.Number `json:"database_id"`
		IDCamel  json.Number `json:"databaseId"`
		Name     string      `json:"name"`
		Size     json.Number `json:"size"`
	}
)

func (l listed) job() string { return cmp.Or(l.Job, l.JobCamel) }
func (l listed) id() string  { return cmp.Or(l.ID, l.IDCamel).String() }

func (s *service) named(name string) named { return named{s.run, s.job, name} }

// create starts an artifact, and returns where its content goes.
func (s *service) create(ctx context.Context, name string, expires *time.Time) (string, error) {
	var out createAnswer
	if err := s.call(ctx, "CreateArtifact", createRequest{s.named(name), expires, 4}, &out); err != nil {
		return "", err
	}
	signed := cmp.Or(out.URL, out.URLCamel)
	if !out.OK || signed == "" {
		return "", errors.New("the service did not return an upload URL")
	}
	return signed, nil
}

// finalize completes an artifact of size bytes, and returns its id.
func (s *service) finalize(ctx context.Context, name string, size int64, digest string) (string, error) {
	var out finalizeAnswer
	in := finalizeRequest{s.named(name), strconv.FormatInt(size, 10), digest}
	if err := s.call(ctx, "FinalizeArtifact", in, &out); err != nil {
		return "", err
	}
	id := cmp.Or(out.ID, out.IDCamel).String()
	if !out.OK || id == "" {
		return "", errors.New("the service has not completed the artifact")
	}
	return id, nil
}

// list returns the complete artifacts of the run that have this name.
func (s *service) list(ctx context.Context, name string) ([]listed, error) {
	var out struct {
		Artifacts []listed `json:"artifacts"`
	}
	if err := s.call(ctx, "ListArtifacts", listRequest{s.run, s.job, name}, &out); err != nil {
		return nil, err
	}
	return out.Artifacts, nil
}

func (s *service) delete(ctx context.Context, name string) error {
	return s.call(ctx, "DeleteArtifact", s.named(name), nil)
}

// call calls a method. All of them may be repeated: what a second time makes
// different is handled where it matters.
func (s *service) call(ctx context.Context, method string, in, out any) error {
	_, err := s.client.JSON(ctx, httpclient.Request{
		Method: http.MethodPost, URL: s.base + method, Idempotent: true,
		Header: http.Header{"Authorization": {"Bearer " + s.token}},
	}, in, out)
	return err
}

// isStatus says that err is an answer with this status.
func isStatus(err error, status int) (*httpclient.Error, bool) {
	e, ok := errors.AsType[*httpclient.Error](err)
	return e, ok && e.Status == status
}

func isGone(err error) bool {
	_, gone := isStatus(err, http.StatusNotFound)
	return gone
}

// explain makes err an *asset.HintError with a hint.
func (u *upload) explain(err error) error {
	out := &asset.HintError{What: fmt.Sprintf("upload artifact %q", u.name), Why: err}
	e, ok := errors.AsType[*httpclient.Error](err)
	if !ok {
		return out
	}
	words := strings.ToLower(e.Message())
	method := strings.HasPrefix(e.URL, u.service.base)
	switch {
	case method && (e.Status == http.StatusNotFound || e.Status == http.StatusNotImplemented || e.Status == http.StatusMethodNotAllowed):
		out.Hint = noService
	case strings.Contains(words, "storage quota") || strings.Contains(words, "insufficient usage") || strings.Contains(words, "artifact storage"):
		out.Hint = "the account's storage for artifacts is full: delete old ones, or set a shorter `artifact-retention-days`"
	case e.Limited:
		out.Hint = "the service takes no more requests for now: run the job again later"
	case method && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		out.Hint = "the job's token does not allow artifacts, or has expired, as it does when the job ends"
	case e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized:
		out.Hint = "the address for the upload has expired, or something on the way refuses it: allow the runner to reach the host, and run the job again"
	case e.Status == http.StatusConflict:
		out.Hint = "an artifact of this name exists already: set another `artifact-name`"
	case e.Status == 0:
		out.Hint = "allow the runner to reach the host; on a slow line a higher `retries` may help"
	case e.Status >= 500:
		out.Hint = "the service has a fault of its own: run the job again later"
	}
	return out
}
