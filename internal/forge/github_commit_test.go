package forge

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

const landed = `{"data":{"createCommitOnBranch":{"commit":{"oid":"0123456789012345678901234567890123456789","url":"https://github.com/octo/pics/commit/0123"}}}}`

func TestCreateCommitOnBranch(t *testing.T) {
	t.Parallel()
	s := serve(t, exchange{ask: "POST /graphql", sent: `{
		"query": "` + createCommit + `",
		"variables": {"input": {
			"branch": {"repositoryNameWithOwner": "octo/pics", "branchName": "feature/<ä> \"x\""},
			"expectedHeadOid": "` + oldHead + `",
			"message": {"headline": "perf: convert", "body": "saves\n2 MB"},
			"fileChanges": {
				"deletions": [{"path": "a b.png"}, {"path": "ü.jpg"}],
				"additions": [{"path": "a b.webp", "contents": "UklGRg=="}, {"path": "empty", "contents": ""}]
			}
		}}}`, answer: landed})
	got, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{
		Branch: `feature/<ä> "x"`, ExpectedHead: oldHead, Headline: "perf: convert", Body: "saves\n2 MB",
		Additions: []Addition{{"a b.webp", Bytes([]byte("RIFF"))}, {"empty", Bytes(nil)}},
		Deletions: []string{"a b.png", "ü.jpg"},
	})
	want := Commit{OID: "0123456789012345678901234567890123456789", URL: "https://github.com/octo/pics/commit/0123"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, commit (-want +got):\n%s", err, diff)
	}
}

// Contents are read as they are sent, and again with every attempt.
func TestCommitStreams(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8([32]byte{1})
	var additions []Addition
	var contents [][]byte
	for _, size := range []int{0, 1, 2, 3, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 2} {
		data := make([]byte, size)
		_, _ = random.Read(data)
		contents = append(contents, data)
		additions = append(additions, Addition{"a.webp", Content{Size: int64(size), Open: func() (io.ReadCloser, error) {
			return io.NopCloser(iotest.HalfReader(bytes.NewReader(data))), nil
		}}})
	}
	s := serve(t,
		exchange{ask: "POST /graphql", status: 502, answer: "<html>"},
		exchange{ask: "POST /graphql", answer: landed})
	r := CommitRequest{Branch: "main", ExpectedHead: oldHead, Headline: "h", Additions: additions}
	if _, err := s.github().CreateCommitOnBranch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(s.got) != 2 || !bytes.Equal(s.got[0], s.got[1]) {
		t.Fatalf("%d requests, not the same", len(s.got))
	}
	var sent graphRequest
	if err := json.Unmarshal(s.got[1], &sent); err != nil {
		t.Fatal(err)
	}
	list := sent.Variables["input"].(map[string]any)["fileChanges"].(map[string]any)["additions"].([]any)
	for i, one := range list {
		data, err := base64.StdEncoding.DecodeString(one.(map[string]any)["contents"].(string))
		if err != nil || !bytes.Equal(data, contents[i]) {
			t.Errorf("content %d of %d bytes came as %d, %v", i, len(contents[i]), len(data), err)
		}
	}
	// The repository is not in it.
	if n := int64(len(s.got[1])) - r.Length(); n != int64(len("octo/pics")) {
		t.Errorf("length is %d off", n)
	}
}

func TestCommitContentFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for name, c := range map[string]Content{
		"gone":    {Size: 4, Open: func() (io.ReadCloser, error) { return nil, broken }},
		"broken":  {Size: 4, Open: func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }},
		"shorter": {Size: 5, Open: Bytes([]byte("RIFF")).Open},
		"longer":  {Size: 3, Open: Bytes([]byte("RIFF")).Open},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			g := s.github()
			// What arrives is half a request: no server answers that.
			g.GraphQLURL = s.URL + "/nowhere"
			s.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body(r) })
			_, err := g.CreateCommitOnBranch(t.Context(), CommitRequest{Branch: "main", ExpectedHead: oldHead, Additions: []Addition{{"a", c}}})
			if err == nil || len(s.waits) > 0 {
				t.Fatalf("waits %v, error %v", s.waits, err)
			}
			if e, ok := errors.AsType[*Error](err); !ok || e.Hint != "" || !strings.Contains(err.Error(), `read "a": `) {
				t.Errorf("error %#v", err)
			}
			if strings.HasSuffix(name, "er") != strings.Contains(err.Error(), "size has changed") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestCommitRefusedUnsent(t *testing.T) {
	t.Parallel()
	huge := Content{Size: DefaultMaxCommit, Open: func() (io.ReadCloser, error) { return nil, errors.New("opened") }}
	tests := map[string]struct {
		change func(*GitHub, *CommitRequest)
		kind   error
	}{
		"no GraphQL":    {func(g *GitHub, _ *CommitRequest) { g.GraphQLURL = "" }, ErrUnsupported},
		"name":          {func(_ *GitHub, r *CommitRequest) { r.Additions = []Addition{{"\xe4.webp", Bytes(nil)}} }, ErrUnsupported},
		"name, deleted": {func(_ *GitHub, r *CommitRequest) { r.Deletions = []string{"\xe4.jpg"} }, ErrUnsupported},
		"too large":     {func(_ *GitHub, r *CommitRequest) { r.Additions = []Addition{{"a.webp", huge}} }, ErrTooLarge},
		"its own limit": {func(g *GitHub, r *CommitRequest) {
			g.MaxCommit = 1000
			r.Additions = []Addition{{"a.webp", Content{Size: 1000, Open: huge.Open}}}
		}, ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := serve(t).github()
			r := CommitRequest{Branch: "main", ExpectedHead: oldHead}
			test.change(&g, &r)
			_, err := g.CreateCommitOnBranch(t.Context(), r)
			expect(t, err, test.kind, "")
		})
	}
}

// What was done counts, whatever errors came with it.
func TestGraphQLErrorBesideData(t *testing.T) {
	t.Parallel()
	s := serve(t, exchange{ask: "POST /graphql", answer: strings.TrimSuffix(landed, "}") + `,"errors":[{"type":"SERVICE","message":"slow"}]}`})
	got, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{ExpectedHead: oldHead})
	if err != nil || got.OID == "" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestGraphQLErrors(t *testing.T) {
	t.Parallel()
	one := func(kind, message string) string {
		e, _ := json.Marshal(map[string]any{"type": kind, "path": []string{"createCommitOnBranch"}, "message": message})
		return `{"data":{"createCommitOnBranch":null},"errors":[` + string(e) + `]}`
	}
	tests := map[string]struct {
		status int
		answer string
		kind   error
		hint   string
	}{
		"stale":        {200, one("STALE_DATA", `Expected branch to point to "`+oldHead+`" but it did not.  Pull and try again.`), ErrStale, "pushed to meanwhile"},
		"stale, words": {200, one("", `Expected branch to point to "`+oldHead+`" but it did not.`), ErrStale, "pushed to meanwhile"},
		"job's token":  {200, one("FORBIDDEN", "Resource not accessible by integration"), ErrForbidden, "`contents: write` to the job's `permissions:` block; in a pull request from a fork"},
		"user's token": {200, one("FORBIDDEN", "Resource not accessible by personal access token"), ErrForbidden, "Contents: read and write"},
		"scopes":       {200, one("INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes"), ErrForbidden, "the scope repo"},
		"hidden":       {200, one("NOT_FOUND", "Could not resolve to a Repository with the name 'octo/pics'."), ErrNotFound, "404 to a token without access to octo/pics"},
		"protected":    {200, one("BRANCH_PROTECTION_RULE_VIOLATION", "Cannot update this protected ref."), ErrProtected, "commit-branch"},
		"ruleset":      {200, one("UNPROCESSABLE", "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"), ErrProtected, "open-pull-request"},
		"review":       {200, one("UNPROCESSABLE", "protected branch 'main' check failed: At least 1 approving review is required"), ErrProtected, "commit-branch"},
		"gone already": {200, one("UNPROCESSABLE", "A path was requested for deletion which does not exist as of commit oid `x`"), ErrConflict, "not in the branch"},
		"old server": {200, `{"errors":[{"message":"Field 'createCommitOnBranch' doesn't exist on type 'Mutation'","extensions":{"code":"undefinedField"}}]}`,
			ErrUnsupported, "too old"},
		"no GraphQL": {404, "404 page not found", ErrUnsupported, "no GraphQL"},
		"too much":   {413, "<html>Payload Too Large", ErrTooLarge, "less"},
		"token":      {401, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/graphql","status":"401"}`, ErrForbidden, "not valid"},
		"unknown":    {200, one("UNPROCESSABLE", "Something else"), nil, "`commit-method: push`"},
		"nothing":    {200, `{"data":{"createCommitOnBranch":null}}`, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, exchange{ask: "POST /graphql", status: test.status, answer: test.answer})
			_, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{Branch: "main", ExpectedHead: oldHead, Headline: "h"})
			expect(t, err, test.kind, test.hint)
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			if e, ok := errors.AsType[*httpclient.Error](err); name != "nothing" && (!ok || e.Status != test.status || e.RequestID != "C0FF:EE") {
				t.Errorf("no answer in %#v", err)
			}
		})
	}
}

// GraphQL reports its rate limit in an answer with status 200.
func TestGraphQLRateLimit(t *testing.T) {
	t.Parallel()
	limit := exchange{
		ask: "POST /graphql", answer: `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation."}]}`,
		header: []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"},
	}
	s := serve(t, limit, exchange{ask: "POST /graphql", answer: landed})
	if _, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{ExpectedHead: oldHead}); err != nil || len(s.waits) != 1 {
		t.Errorf("waits %v, error %v", s.waits, err)
	}
	s = serve(t, limit, limit, limit)
	_, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{ExpectedHead: oldHead})
	expect(t, err, ErrRateLimited, "too many requests")
}

// GraphQL reports GitHub's own faults in an answer with status 200, too.
func TestGraphQLFault(t *testing.T) {
	t.Parallel()
	const words = "Something went wrong while executing your query. Please include `C0FF:EE` when reporting this issue."
	for name, answer := range map[string]string{
		"no data":   `{"errors":[{"message":"` + words + `"}]}`,
		"null data": `{"data":null,"errors":[{"message":"` + words + `"}]}`,
		"null":      `{"data":{"createCommitOnBranch":null},"errors":[{"message":"` + words + `"}]}`,
		"service":   `{"data":{"createCommitOnBranch":null},"errors":[{"type":"SERVICE","message":"x"}]}`,
		"internal":  `{"data":{"createCommitOnBranch":null},"errors":[{"message":"x"},{"type":"INTERNAL","message":"y"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			fault := exchange{ask: "POST /graphql", answer: answer}
			s := serve(t, fault, fault, exchange{ask: "POST /graphql", answer: landed})
			r := CommitRequest{ExpectedHead: oldHead}
			if got, err := s.github().CreateCommitOnBranch(t.Context(), r); err != nil || got.OID == "" || len(s.waits) != 2 {
				t.Errorf("got %+v, waits %v, error %v", got, s.waits, err)
			}
			s = serve(t, fault, fault, fault)
			_, err := s.github().CreateCommitOnBranch(t.Context(), r)
			expect(t, err, nil, "`commit-method: push`")
			if e, ok := errors.AsType[*httpclient.Error](err); !ok || e.Attempts != 3 || e.RequestID != "C0FF:EE" {
				t.Errorf("no answer in %#v", err)
			}
		})
	}
	// Errors that come with a commit do not undo it.
	s := serve(t, exchange{ask: "POST /graphql", answer: strings.TrimSuffix(landed, "}") + `,"errors":[{"message":"` + words + `"}]}`})
	if _, err := s.github().CreateCommitOnBranch(t.Context(), CommitRequest{ExpectedHead: oldHead}); err != nil {
		t.Error(err)
	}
}

// expect checks an error's kind and hint, and that it is a fault for everybody.
func expect(t *testing.T, err, kind error, hint string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error %#v", err)
	}
	for _, one := range []error{ErrNotFound, ErrForbidden, ErrProtected, ErrStale, ErrRateLimited, ErrTooLarge, ErrUnsupported, ErrConflict} {
		if errors.Is(err, one) != (one == kind) {
			t.Errorf("is %v, want %v: %v", one, kind, err)
		}
	}
	if !strings.Contains(e.Hint, hint) || hint == "" && kind == nil && e.Hint != "" {
		t.Errorf("hint %q, want %q: %v", e.Hint, hint, err)
	}
	if f, ok := errors.AsType[*asset.Fault](err); !ok || f.Hint != e.Hint || f.Message != err.Error() {
		t.Errorf("fault %#v", f)
	}
}
