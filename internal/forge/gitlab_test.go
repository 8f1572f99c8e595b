package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const pat = "glpat-xxxxxxxxxxxxxxxxxxxx"

// serveGitLab goes through exchanges in their order. Their shapes are those of
// the examples in GitLab's documentation, as there is no schema of them.
func serveGitLab(t *testing.T, steps ...exchange) (*server, GitLab) {
	t.Helper()
	s := &server{steps: steps}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		ask, sent := r.Method+" "+r.URL.RequestURI(), body(r)
		if len(s.steps) == 0 {
			t.Errorf("unexpected: %s", ask)
			return
		}
		step := s.steps[0]
		s.steps = s.steps[1:]
		if step.ask != ask {
			t.Errorf("asked %s, want %s", ask, step.ask)
		}
		if step.sent != "" {
			if diff := cmp.Diff(decoded(t, []byte(step.sent)), decoded(t, sent)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", ask, diff)
			}
		}
		if got := r.Header.Get("Private-Token") + r.Header.Get("Job-Token"); got != pat {
			t.Errorf("%s: token %q", ask, got)
		}
		for i := 0; i < len(step.header); i += 2 {
			w.Header().Set(step.header[i], step.header[i+1])
		}
		w.WriteHeader(max(step.status, http.StatusOK))
		fmt.Fprint(w, step.answer)
	}))
	t.Cleanup(func() {
		s.Close()
		if len(s.steps) > 0 {
			t.Errorf("not asked: %s", s.steps[0].ask)
		}
	})
	return s, GitLab{Client: s.client(), APIURL: s.URL + "/api/v4", Project: "group/sub/pics", Token: pat}
}

func TestGitLab(t *testing.T) {
	t.Parallel()
	type ctx = context.Context
	const (
		project = "/api/v4/projects/group%2Fsub%2Fpics"
		notes   = project + "/merge_requests/7/notes"
		note    = `{"id":1,"type":null,"body":"one","author":{"id":1,"username":"bot"},"system":false,"noteable_iid":7}`
		merge   = `{"id":1,"iid":7,"web_url":"https://gitlab.com/x/-/merge_requests/7","title":"T","sha":"h1","source_branch":"webp","target_branch":"main","source_project_id":3,"target_project_id":3}`
		find    = "GET " + project + "/merge_requests?per_page=100&source_branch=webp&state=opened&target_branch=main"
	)
	one := Comment{ID: 1, Body: "one", Author: "bot"}
	mr := PullRequest{Number: 7, URL: "https://gitlab.com/x/-/merge_requests/7", Title: "T", Head: "webp", Base: "main", HeadSHA: "h1"}
	tests := map[string]struct {
		steps []exchange
		do    func(ctx, GitLab) (any, error)
		want  any
	}{
		"branch head": {
			[]exchange{{ask: "GET " + project + "/repository/branches/feature%2Fx", answer: `{"name":"feature/x","commit":{"id":"c1"}}`}},
			func(c ctx, g GitLab) (any, error) { return g.BranchHead(c, "feature/x") },
			"c1",
		},
		"user": {
			[]exchange{{ask: "GET /api/v4/user", answer: `{"id":1,"username":"project_3_bot","name":"webpress"}`}},
			func(c ctx, g GitLab) (any, error) { return g.User(c) },
			"project_3_bot",
		},
		"notes": {
			[]exchange{
				{ask: "GET " + notes + "?order_by=created_at&per_page=100&sort=asc", header: []string{"Link", `<https://gitlab.com/api/v4/projects/3/merge_requests/7/notes?page=2&per_page=100>; rel="next"`}, answer: "[" + note + "]"},
				{ask: "GET " + notes + "?page=2&per_page=100", answer: `[{"id":2,"body":"added 1 commit","system":true},{"id":3,"body":"x","author":null}]`},
			},
			func(c ctx, g GitLab) (any, error) { return g.Comments(c, 7) },
			[]Comment{one, {ID: 3, Body: "x"}},
		},
		"create note": {
			[]exchange{{ask: "POST " + notes, sent: `{"body":"one"}`, status: 201, answer: note}},
			func(c ctx, g GitLab) (any, error) { return g.CreateComment(c, 7, "one") },
			one,
		},
		"update note": {
			[]exchange{{ask: "PUT " + notes + "/1", sent: `{"body":"one"}`, answer: note}},
			func(c ctx, g GitLab) (any, error) { return g.UpdateComment(c, 7, 1, "one") },
			one,
		},
		"find": {
			[]exchange{{ask: find, answer: "[" + strings.Replace(merge, `"source_project_id":3`, `"source_project_id":4`, 1) + "," + merge + "]"}},
			func(c ctx, g GitLab) (any, error) {
				p, found, err := g.FindPullRequest(c, "webp", "main")
				return []any{p, found}, err
			},
			[]any{mr, true},
		},
		"create": {
			[]exchange{{ask: "POST " + project + "/merge_requests", sent: `{"source_branch":"webp","target_branch":"main","title":"T","description":"B` + mark + `"}`, status: 201, answer: merge}},
			func(c ctx, g GitLab) (any, error) {
				return g.CreatePullRequest(c, NewPullRequest{Head: "webp", Base: "main", Title: "T", Body: "B"})
			},
			mr,
		},
		"create, again": {
			[]exchange{
				{ask: "POST " + project + "/merge_requests", status: 409, answer: `{"message":["Another open merge request already exists for this source branch: !7"]}`},
				{ask: find, answer: "[" + merge + "]"},
			},
			func(c ctx, g GitLab) (any, error) {
				return g.CreatePullRequest(c, NewPullRequest{Head: "webp", Base: "main"})
			},
			mr,
		},
		"labels": {
			[]exchange{{ask: "PUT " + project + "/merge_requests/7", sent: `{"add_labels":"images,bot"}`, answer: merge}},
			func(c ctx, g GitLab) (any, error) { return nil, g.AddLabels(c, 7, []string{"images", "bot"}) },
			nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, g := serveGitLab(t, test.steps...)
			got, err := test.do(t.Context(), g)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestGitLabErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		answer string
		job    bool
		kind   error
		hint   string
	}{
		"401":                {401, `{"message":"401 Unauthorized"}`, false, ErrForbidden, "expired"},
		"401 of a job":       {401, `{"message":"401 Unauthorized"}`, true, ErrForbidden, "the job's own token may not"},
		"403 of the scope":   {403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`, false, ErrForbidden, "the scope api"},
		"403":                {403, `{"message":"403 Forbidden"}`, false, ErrForbidden, "role Developer"},
		"404":                {404, `{"message":"404 Project Not Found"}`, false, ErrNotFound, "GitLab says 404 to a token without access"},
		"404 of a job":       {404, `{"message":"404 Not Found"}`, true, ErrNotFound, "hidden from the job's own token"},
		"400 of the length":  {400, `{"message":"400 Bad request - Note {:note=>[\"is too long (maximum is 1000000 characters)\"]}"}`, false, ErrTooLarge, "less"},
		"409":                {409, `{"message":"409 Conflict"}`, false, ErrConflict, ""},
		"429":                {429, "Retry later\n", false, ErrRateLimited, "in 10m0s"},
		"400 of a branch":    {400, `{"message":"You are not allowed to push into this protected branch"}`, false, ErrProtected, "Protected branches"},
		"400":                {400, `{"message":"400 Bad request"}`, false, nil, "request id"},
		"422":                {422, `{"message":"something"}`, false, nil, "request id"},
		"500":                {500, `{"message":"500 Internal Server Error"}`, false, nil, "fault of its own"},
		"redirected to sign": {302, ``, false, nil, "moved"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			step := exchange{ask: "POST /api/v4/projects/group%2Fsub%2Fpics/merge_requests/7/notes", status: test.status, answer: test.answer}
			if test.status == 429 {
				step.header = []string{"Retry-After", "600"}
			}
			_, g := serveGitLab(t, step)
			g.JobToken = test.job
			_, err := g.CreateComment(t.Context(), 7, "x")
			expect(t, err, test.kind, test.hint)
			if strings.Contains(err.Error(), pat) {
				t.Errorf("error %q", err)
			}
		})
	}
}
