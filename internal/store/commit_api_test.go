package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/testgit"
)

// gitHub serves as much of GitHub's API as a commit by GraphQL takes, on top of
// the bare repository of the stage. before is called ahead of each commit.
func (s *stage) gitHub(c *Commit, before func(n int)) {
	s.t.Helper()
	commits := 0
	answer := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	type object = map[string]any
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/o/r/git/ref/heads/{branch...}", func(w http.ResponseWriter, r *http.Request) {
		out, err := testgit.Command(s.bare, "rev-parse", "--verify", "-q", "refs/heads/"+r.PathValue("branch")).Output()
		if err != nil {
			answer(w, 404, object{"message": "Not Found"})
			return
		}
		answer(w, 200, object{"ref": "refs/heads/" + r.PathValue("branch"), "object": object{"sha": strings.TrimSpace(string(out)), "type": "commit"}})
	})
	mux.HandleFunc("GET /repos/o/r", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"full_name": "o/r", "default_branch": "main"})
	})
	mux.HandleFunc("POST /repos/o/r/git/refs", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Ref, SHA string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		testgit.Run(s.t, s.bare, "update-ref", in.Ref, in.SHA)
		answer(w, 201, object{"ref": in.Ref, "object": object{"sha": in.SHA, "type": "commit"}})
	})
	mux.HandleFunc("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct {
			Variables struct {
				Input struct {
					Branch          struct{ BranchName string }
					ExpectedHeadOid string
					Message         struct{ Headline, Body string }
					FileChanges     struct {
						Additions []struct{ Path, Contents string }
						Deletions []struct{ Path string }
					}
				}
			}
		}
		if err := json.Unmarshal(body, &in); err != nil || r.Header.Get("Authorization") == "" {
			answer(w, 400, object{"message": fmt.Sprint(err)})
			return
		}
		if before != nil {
			before(commits)
		}
		commits++
		i := in.Variables.Input
		ref := "refs/heads/" + i.Branch.BranchName
		if at := testgit.Run(s.t, s.bare, "rev-parse", ref); at != i.ExpectedHeadOid {
			answer(w, 200, object{"data": object{"createCommitOnBranch": nil}, "errors": []object{{
				"type": "STALE_DATA", "path": []string{"createCommitOnBranch"},
				"message": fmt.Sprintf("Expected branch to point to %q but it did not. Pull and try again.", i.ExpectedHeadOid),
			}}})
			return
		}
		work := filepath.Join(s.t.TempDir(), "work")
		testgit.Run(s.t, s.bare, "worktree", "add", "-q", "--detach", work, i.ExpectedHeadOid)
		for _, a := range i.FileChanges.Additions {
			data, err := base64.StdEncoding.DecodeString(a.Contents)
			if err != nil {
				s.t.Error(err)
			}
			path := filepath.Join(work, a.Path)
			_ = os.MkdirAll(filepath.Dir(path), 0o755)
			_ = os.WriteFile(path, data, 0o644)
		}
		for _, d := range i.FileChanges.Deletions {
			testgit.Run(s.t, work, "rm", "-q", "--", d.Path)
		}
		testgit.Run(s.t, work, "add", "-A", "-f")
		testgit.Run(s.t, work, "commit", "-q", "-m", i.Message.Headline+"\n\n"+i.Message.Body)
		oid := testgit.Run(s.t, work, "rev-parse", "HEAD")
		testgit.Run(s.t, s.bare, "update-ref", ref, oid)
		testgit.Run(s.t, s.bare, "worktree", "remove", "--force", work)
		if s.lose {
			s.lose = false
			panic(http.ErrAbortHandler)
		}
		answer(w, 200, object{"data": object{"createCommitOnBranch": object{"commit": object{"oid": oid, "url": "https://example.org/" + oid}}}})
	})
	s.gitData(mux, answer)
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	c.GitHub = &forge.GitHub{
		Client: httpclient.New(httpclient.Options{Retries: 1, Timeout: unhurried}), APIURL: server.URL, GraphQLURL: server.URL + "/graphql",
		Token: secret, Repository: "o/r", MaxCommit: testCommit,
	}
}

// testCommit is the most bytes that one commit may be long in tests.
const testCommit = 64 << 10

// half is content of which one commit takes one file, and not two: base64 makes
// 4 bytes of 3.
func half(text string) string { return strings.Repeat(text, testCommit*5/9/len(text)) }

func TestGraphQL(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	s.gitHub(&c, nil)
	d := s.delivery("a.png", "b.png")
	d.Remove = always
	stored, err := s.put2(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "D\ta.png\nA\ta.webp\nD\tb.png\nA\tb.webp" {
		t.Error(got)
	}
	if stored.URL != "https://example.org/"+testgit.Run(t, s.bare, "rev-parse", "main") {
		t.Errorf("%+v", stored)
	}
	if subject := testgit.Run(t, s.bare, "log", "-1", "--format=%s", "main"); subject != "perf(images): convert 2 images to WebP" {
		t.Error(subject)
	}
	if again, err := s.put2(c, d); err != nil || again.Ref != "" {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestGraphQLOntoMovedBranch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	other := filepath.Join(t.TempDir(), "other")
	testgit.Run(t, s.dir, "clone", "-q", s.bare, other)
	s.gitHub(&c, func(n int) {
		if n > 0 {
			return
		}
		if err := os.WriteFile(filepath.Join(other, "b.png"), []byte("another b"), 0o644); err != nil {
			t.Error(err)
		}
		testgit.Run(t, other, "commit", "-qam", "Another b")
		testgit.Run(t, other, "push", "-q", "origin", "main")
	})
	stored, err := s.put2(c, s.delivery("a.png", "b.png"))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "A\ta.webp" {
		t.Error(got)
	}
	if len(stored.Left) != 1 || stored.Left[0].Path != "b.webp" {
		t.Errorf("%+v", stored.Left)
	}
}

func TestGraphQLToNewBranch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	c.Branch = "webpress/weekly"
	s.gitHub(&c, nil)
	stored, err := s.put2(c, s.delivery("a.png"))
	if err != nil || stored.Ref == "" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := s.changed("webpress/weekly"); got != "A\ta.webp" {
		t.Error(got)
	}
}

// TestAutoPushes wants git to push what the API cannot commit.
func TestAutoPushes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, log string
		prepare   func(*stage, *Commit)
	}{
		{"no GraphQL", "no GraphQL", func(_ *stage, c *Commit) { c.GitHub.GraphQLURL = "" }},
		{"executable", "executable", func(s *stage, _ *Commit) {
			s.put("a.webp", "old")
			_ = os.Chmod(filepath.Join(s.dir, "a.webp"), 0o755)
			testgit.Run(s.t, s.dir, "add", "-A")
			testgit.Run(s.t, s.dir, "commit", "-q", "-m", "Old")
			testgit.Run(s.t, s.dir, "push", "-q", s.bare, "main")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			s.gitHub(&c, func(int) { t.Error("GraphQL was used") })
			tc.prepare(s, &c)
			stored, err := s.put2(c, s.delivery("a.png"))
			if err != nil || stored.Ref == "" || !strings.Contains(s.log.String(), tc.log) {
				t.Errorf("%+v, %v, log: %s", stored, err, s.log.String())
			}
		})
	}
}

// TestPushLFS pushes a pointer, and the content to where Git LFS keeps it.
func TestPushLFS(t *testing.T) {
	t.Parallel()
	testgit.NeedLFS(t)
	s := newStage(t)
	s.put(".gitattributes", "*.webp filter=lfs diff=lfs merge=lfs -text\n")
	testgit.Run(t, s.dir, "add", "-A")
	testgit.Run(t, s.dir, "commit", "-q", "-m", "LFS")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main")
	c := s.store()
	s.gitHub(&c, func(int) { t.Error("GraphQL was used") })
	c.Remote.URL = "file://" + s.bare // the transfer that git-lfs brings along
	stored, err := s.put2(c, s.delivery("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	pointer := testgit.Run(t, s.bare, "cat-file", "blob", "main:a.webp")
	if !strings.HasPrefix(pointer, "version https://git-lfs.github.com/spec/v1") {
		t.Fatalf("no pointer: %s (%+v)", pointer, stored)
	}
	_, oid, _ := strings.Cut(pointer, "oid sha256:")
	oid, _, _ = strings.Cut(oid, "\n")
	if data, err := os.ReadFile(filepath.Join(s.bare, "lfs", "objects", oid[:2], oid[2:4], oid)); err != nil || string(data) != "webp of a.png" {
		t.Errorf("the content: %q, %v", data, err)
	}
	if again, err := s.put2(c, s.delivery("a.png")); err != nil || again.Ref != "" {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// TestDefaultMessage wants a message that no file name can break.
func TestDefaultMessage(t *testing.T) {
	t.Parallel()
	got := defaultMessage([]file{{add: true, output: "a\nSigned-off-by: x.webp", origin: "a.heic", before: 100, after: 25, remove: true}}, harmless)
	want := "perf(images): convert 1 image to WebP\n\n100 B -> 25 B, 75.0 % saved\n\n* a?Signed-off-by%3A x.webp instead of a.heic\n"
	if got != want {
		t.Errorf("got %q", got)
	}
	unknown := file{add: true, output: "b.webp", origin: "b.png", after: 90}
	if got := defaultMessage([]file{unknown}, harmless); strings.Contains(got, "saved") {
		t.Errorf("nothing is known to be saved: %q", got)
	}
	if got := defaultMessage([]file{{add: true, output: "a.webp", before: 100, after: 25}, unknown}, harmless); !strings.Contains(got, "100 B -> 25 B, 75.0 % saved") {
		t.Errorf("one size is not known: %q", got)
	}
	many := make([]file, 60)
	if got := defaultMessage(many, harmless); !strings.Contains(got, "and 10 more\n") || strings.Count(got, "\n* ") > mostNames {
		t.Error(got)
	}
}
