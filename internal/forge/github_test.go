package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	repo       = "/repos/octo/pics"
	commitJS   = `{"sha":"c1","html_url":"https://github.com/octo/pics/commit/c1","message":"m","tree":{"sha":"t1"},"parents":[{"sha":"p1"}]}`
	pullJS     = `{"number":7,"html_url":"https://github.com/octo/pics/pull/7","state":"open","title":"T","body":"B","head":{"ref":"webp","sha":"h1","repo":{"full_name":"octo/pics"}},"base":{"ref":"main","sha":"b1","repo":{"full_name":"octo/pics"}}}`
	mark       = `\n\n<!-- webpress:pull e632b7095b0bf32c: every run rewrites what is above and keeps what is below -->` // of the title T, as JSON
	validation = `{"message":"Validation Failed","errors":[{"resource":"X","code":"custom","message":"%s"}],"documentation_url":"https://docs.github.com/rest","status":"422"}`
)

func refJS(sha string) string {
	return `{"ref":"refs/heads/x","object":{"type":"commit","sha":"` + sha + `"}}`
}

func commentJS(id int, body string) string {
	return fmt.Sprintf(`{"id":%d,"html_url":"https://github.com/octo/pics/pull/7#issuecomment-%d","body":%q,"user":{"login":"github-actions[bot]","type":"Bot"}}`, id, id, body)
}

func comment(id int64, body string) Comment {
	return Comment{ID: id, Body: body, URL: fmt.Sprintf("https://github.com/octo/pics/pull/7#issuecomment-%d", id), Author: "github-actions[bot]", Bot: true}
}

var pull = PullRequest{Number: 7, URL: "https://github.com/octo/pics/pull/7", Title: "T", Head: "webp", Base: "main", HeadSHA: "h1"}

const findPull = "GET " + repo + "/pulls?base=main&head=octo%3Awebp&per_page=100&state=open"

// Each operation: what is asked, and what its answer becomes.
func TestGitHub(t *testing.T) {
	t.Parallel()
	type ctx = context.Context
	tests := map[string]struct {
		steps []exchange
		do    func(ctx, GitHub) (any, error)
		want  any
	}{
		"info": {
			[]exchange{{ask: "GET " + repo, answer: `{"full_name":"octo/pictures","default_branch":"trunk","archived":false,"fork":true}`}},
			func(c ctx, g GitHub) (any, error) { return g.Info(c) },
			Info{FullName: "octo/pictures", DefaultBranch: "trunk", Fork: true},
		},
		"branch head": {
			[]exchange{{ask: "GET " + repo + "/git/ref/heads/feature/a%23%3F%20b", answer: refJS(newHead)}},
			func(c ctx, g GitHub) (any, error) { return g.BranchHead(c, "feature/a#? b") },
			newHead,
		},
		"commit": {
			[]exchange{{ask: "GET " + repo + "/git/commits/c1", answer: commitJS}},
			func(c ctx, g GitHub) (any, error) { return g.Commit(c, "c1") },
			CommitInfo{OID: "c1", URL: "https://github.com/octo/pics/commit/c1", Message: "m", Tree: "t1", Parents: []string{"p1"}},
		},
		"create commit": {
			[]exchange{{ask: "POST " + repo + "/git/commits", sent: `{"message":"m","tree":"t1","parents":["p1"]}`, status: 201, answer: commitJS}},
			func(c ctx, g GitHub) (any, error) {
				return g.CreateCommit(c, NewCommit{Message: "m", Tree: "t1", Parents: []string{"p1"}})
			},
			Commit{"c1", "https://github.com/octo/pics/commit/c1"},
		},
		"update ref": {
			[]exchange{{ask: "PATCH " + repo + "/git/refs/heads/feature/x", sent: `{"sha":"c1","force":false}`, answer: refJS(newHead)}},
			func(c ctx, g GitHub) (any, error) { return nil, g.UpdateRef(c, "feature/x", "c1") },
			nil,
		},
		"create ref": {
			[]exchange{{ask: "POST " + repo + "/git/refs", sent: `{"ref":"refs/heads/webp/x","sha":"c1"}`, status: 201, answer: refJS(newHead)}},
			func(c ctx, g GitHub) (any, error) { return nil, g.CreateRef(c, "webp/x", "c1") },
			nil,
		},
		"create ref, again": {
			[]exchange{
				{ask: "POST " + repo + "/git/refs", status: 500, answer: "{}"},
				{ask: "POST " + repo + "/git/refs", status: 422, answer: `{"message":"Reference already exists","documentation_url":"https://docs.github.com"}`},
				{ask: "GET " + repo + "/git/ref/heads/webp", answer: refJS(newHead)},
			},
			func(c ctx, g GitHub) (any, error) { return nil, g.CreateRef(c, "webp", newHead) },
			nil,
		},
		"find pull": {
			[]exchange{{ask: findPull, answer: "[" + pullJS + "]"}},
			func(c ctx, g GitHub) (any, error) {
				p, found, err := g.FindPullRequest(c, "webp", "main")
				return []any{p, found}, err
			},
			[]any{pull, true},
		},
		"find no pull": {
			// What a server brings that heeds neither head nor base, and a fork's.
			[]exchange{{ask: findPull, answer: "[" + strings.Replace(pullJS, `"webp"`, `"other"`, 1) + "," + strings.Replace(pullJS, `"octo/pics"`, `"octo/fork"`, 1) + "]"}},
			func(c ctx, g GitHub) (any, error) {
				p, found, err := g.FindPullRequest(c, "webp", "main")
				return []any{p, found}, err
			},
			[]any{PullRequest{}, false},
		},
		"create pull": {
			[]exchange{{ask: "POST " + repo + "/pulls", sent: `{"title":"T","head":"webp","base":"main","body":"B` + mark + `"}`, status: 201, answer: pullJS}},
			func(c ctx, g GitHub) (any, error) {
				return g.CreatePullRequest(c, NewPullRequest{Head: "webp", Base: "main", Title: "T", Body: "B"})
			},
			pull,
		},
		"create pull, again": {
			[]exchange{
				{ask: "POST " + repo + "/pulls", status: 422, answer: fmt.Sprintf(validation, "A pull request already exists for octo:webp.")},
				{ask: findPull, answer: "[" + pullJS + "]"},
			},
			func(c ctx, g GitHub) (any, error) {
				return g.CreatePullRequest(c, NewPullRequest{Head: "webp", Base: "main", Title: "T"})
			},
			pull,
		},
		"labels": {
			[]exchange{{ask: "POST " + repo + "/issues/7/labels", sent: `{"labels":["images","bot"]}`, answer: `[{"name":"images"}]`}},
			func(c ctx, g GitHub) (any, error) { return nil, g.AddLabels(c, 7, []string{"images", "bot"}) },
			nil,
		},
		"no labels": {nil, func(c ctx, g GitHub) (any, error) { return nil, g.AddLabels(c, 7, nil) }, nil},
		"comments": {
			[]exchange{
				{ask: "GET " + repo + "/issues/7/comments?per_page=100", header: []string{"Link", `<SERVER/repos/octo/pics/issues/7/comments?per_page=100&page=2>; rel="next"`}, answer: "[" + commentJS(1, "one") + "]"},
				{ask: "GET " + repo + "/issues/7/comments?per_page=100&page=2", answer: "[" + commentJS(2, "two") + `,{"id":3,"html_url":"https://x","user":null}]`},
			},
			func(c ctx, g GitHub) (any, error) { return g.Comments(c, 7) },
			[]Comment{comment(1, "one"), comment(2, "two"), {ID: 3, URL: "https://x"}},
		},
		"create comment": {
			[]exchange{{ask: "POST " + repo + "/issues/7/comments", sent: `{"body":"one"}`, status: 201, answer: commentJS(1, "one")}},
			func(c ctx, g GitHub) (any, error) { return g.CreateComment(c, 7, "one") },
			comment(1, "one"),
		},
		"update comment": {
			[]exchange{{ask: "PATCH " + repo + "/issues/comments/1", status: 502, answer: "{}"}, {ask: "PATCH " + repo + "/issues/comments/1", sent: `{"body":"new"}`, answer: commentJS(1, "new")}},
			func(c ctx, g GitHub) (any, error) { return g.UpdateComment(c, 7, 1, "new") },
			comment(1, "new"),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.steps...)
			got, err := test.do(t.Context(), s.github())
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The shapes of GitHub's refusals.
func TestGitHubErrors(t *testing.T) {
	t.Parallel()
	message := func(status int, text string) exchange {
		return exchange{status: status, answer: fmt.Sprintf(`{"message":%q,"documentation_url":"https://docs.github.com/rest","status":"%d"}`, text, status)}
	}
	limit := message(403, "API rate limit exceeded for installation ID 1.")
	limit.header = []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix())}
	secondary := message(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	secondary.header = []string{"Retry-After", "600", "X-RateLimit-Remaining", "4000"}

	move := func(g GitHub) error { return g.UpdateRef(context.Background(), "main", newHead) }
	commit := func(g GitHub) error {
		_, err := g.CreateCommit(context.Background(), NewCommit{Message: "m", Tree: "t0"})
		return err
	}
	open := func(g GitHub) error {
		_, err := g.CreatePullRequest(context.Background(), NewPullRequest{Head: "webp", Base: "main"})
		return err
	}
	write := func(g GitHub) error {
		_, err := g.CreateComment(context.Background(), 7, "x")
		return err
	}
	head := func(g GitHub) error {
		_, err := g.BranchHead(context.Background(), "main")
		return err
	}
	asks := map[string]string{
		"move": "PATCH " + repo + "/git/refs/heads/main", "commit": "POST " + repo + "/git/commits",
		"open": "POST " + repo + "/pulls", "write": "POST " + repo + "/issues/7/comments", "head": "GET " + repo + "/git/ref/heads/main",
	}
	dos := map[string]func(GitHub) error{"move": move, "commit": commit, "open": open, "write": write, "head": head}

	tests := map[string]struct {
		do     string
		answer exchange
		kind   error
		hint   string
	}{
		"401":                     {"head", message(401, "Bad credentials"), ErrForbidden, "not valid here"},
		"403 of the job's token":  {"commit", message(403, "Resource not accessible by integration"), ErrForbidden, "add `contents: write` to the job's `permissions:`"},
		"403 of a comment":        {"write", message(403, "Resource not accessible by integration"), ErrForbidden, "`pull-requests: write`"},
		"403 of a user's token":   {"write", message(403, "Resource not accessible by personal access token"), ErrForbidden, "Pull requests: read and write"},
		"403 of both":             {"commit", message(403, "Must have push access"), ErrForbidden, "or, where it is not the job's own"},
		"403 of Actions":          {"open", message(403, "GitHub Actions is not permitted to create or approve pull requests."), ErrForbidden, "Allow GitHub Actions to create"},
		"403 of an archive":       {"commit", message(403, "Repository was archived so is read-only."), ErrForbidden, "unarchived"},
		"403 of SAML":             {"head", message(403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization."), ErrForbidden, "single sign-on"},
		"403 of a locked one":     {"write", message(403, "Unable to create comment because issue is locked."), ErrForbidden, "unlock"},
		"403 by the rate limit":   {"commit", limit, ErrRateLimited, "run the job again in "},
		"403 by the second limit": {"write", secondary, ErrRateLimited, "in 10m0s"},
		"404":                     {"head", message(404, "Not Found"), ErrNotFound, "GitHub says 404 to a token without access to octo/pics"},
		"409 of nothing":          {"head", message(409, "Git Repository is empty."), ErrConflict, "first one"},
		"409":                     {"move", message(409, "Conflict"), ErrConflict, "run the job again"},
		"422 moved":               {"move", message(422, "Update is not a fast forward"), ErrStale, "run the job again"},
		"422 no such branch":      {"move", message(422, "Reference does not exist"), ErrNotFound, "`contents: write`"},
		"422 protected":           {"move", message(422, "Protected branch update failed for refs/heads/main."), ErrProtected, "commit-branch"},
		"422 rules":               {"move", message(422, "Repository rule violations found\n\nChanges must be made through a pull request."), ErrProtected, "open-pull-request"},
		"422 for no reason":       {"move", message(422, "Reference update failed"), ErrProtected, "does not say why"},
		"422 tree":                {"commit", message(422, "GitRPC::BadObjectState"), ErrConflict, "not in the branch"},
		"422 no commits":          {"open", exchange{status: 422, answer: fmt.Sprintf(validation, "No commits between main and webp")}, ErrConflict, "nothing to merge"},
		"422 too long":            {"write", exchange{status: 422, answer: fmt.Sprintf(validation, "body is too long (maximum is 65536 characters)")}, ErrTooLarge, "less"},
		"422":                     {"commit", exchange{status: 422, answer: fmt.Sprintf(validation, "something")}, nil, "`commit-method: push`"},
		"422 of a pull":           {"open", exchange{status: 422, answer: fmt.Sprintf(validation, "something")}, nil, "githubstatus"},
		"422 of a field":          {"open", exchange{status: 422, answer: `{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"base","code":"invalid"}],"documentation_url":"https://docs.github.com/rest"}`}, nil, `"base" ("invalid")`},
		"405 of Gitea":            {"commit", exchange{status: 405, answer: ""}, ErrUnsupported, "cannot do it"},
		"410":                     {"write", message(410, "Issues are disabled for this repo"), ErrNotFound, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.answer.ask = asks[test.do]
			steps := []exchange{test.answer}
			if errors.Is(test.kind, ErrConflict) && test.do == "open" {
				steps = append(steps, exchange{ask: findPull, answer: "[]"})
			}
			s := serve(t, steps...)
			err := dos[test.do](s.github())
			expect(t, err, test.kind, test.hint)
			if e, ok := errors.AsType[*httpclient.Error](err); !ok || e.Status != test.answer.status {
				t.Errorf("no answer in %#v", err)
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
		})
	}
}

// A secondary rate limit that asks for less than is granted is waited for, also
// with what must not be done twice.
func TestSecondaryRateLimit(t *testing.T) {
	t.Parallel()
	ask := "POST " + repo + "/issues/7/comments"
	s := serve(t,
		exchange{ask: ask, status: 403, header: []string{"Retry-After", "60"}, answer: `{"message":"You have exceeded a secondary rate limit."}`},
		exchange{ask: ask, status: 201, answer: commentJS(1, "x")})
	_, err := s.github().CreateComment(t.Context(), 7, "x")
	if diff := cmp.Diff([]time.Duration{time.Minute}, s.waits); err != nil || diff != "" {
		t.Errorf("error %v, waits %s", err, diff)
	}
	if !strings.Contains(s.log.String(), "rate limit reached") || strings.Contains(s.log.String(), token) {
		t.Errorf("log: %s", s.log.String())
	}
}

func TestRefusedUnsent(t *testing.T) {
	t.Parallel()
	g := serve(t).github()
	_, err := g.CreateCommitOnBranch(t.Context(), CommitRequest{Branch: "main", Additions: []Addition{{Path: "\xe4.webp", Content: Bytes([]byte("x"))}}})
	expect(t, err, ErrUnsupported, "git push")
}

// A comment is not made twice.
func TestCommentIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := serve(t, exchange{ask: "POST " + repo + "/issues/7/comments", status: 502, answer: "{}"})
	_, err := s.github().CreateComment(t.Context(), 7, "x")
	expect(t, err, nil, "fault of its own")
}

func TestNoToken(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{401: "set `token`", 404: "no token was given"} {
		s := serve(t)
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Error("authorized")
			}
			w.WriteHeader(status)
		})
		g := s.github()
		g.Token = ""
		_, err := g.Info(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, want) {
			t.Errorf("%d: %#v", status, err)
		}
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := serve(t)
	_, err := s.github().Info(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	expect(t, err, nil, "")
}
