package git_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// push commits a.webp on top of what is checked out, and pushes it.
func push(t *testing.T, r *git.Repo, s *server, branch string) (string, error) {
	t.Helper()
	head, err := r.CheckedOut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commit, err := r.Commit(t.Context(), git.Commit{
		Parent: head, Message: "m", Author: "bot <bot@example.org>", Changes: []git.Change{{Path: "a.webp"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	expected := ""
	if branch == "main" {
		expected = head
	}
	return commit, r.Push(t.Context(), s.remote(), commit, branch, expected)
}

// TestTokenIsSeenNowhere pushes with everything recorded that git and git-lfs are
// called with and write.
func TestTokenIsSeenNowhere(t *testing.T) {
	t.Parallel()
	testgit.NeedLFS(t)
	s := newServer(t)
	dir := s.start()
	testfiles.Write(t, dir, ".gitattributes", "*.webp filter=lfs\n")
	testgit.CommitAll(t, dir, "more")
	testgit.Run(t, dir, "push", "--quiet", s.bare, "main")
	testfiles.Write(t, dir, "a.webp", "webp of a")

	logs := t.TempDir()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	wrapper := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>" + logs + "/argv\nexec " + real + " \"$@\" 2>" + logs + "/stderr.$$\n"
	testfiles.Write(t, logs, "git", wrapper)
	if err := os.Chmod(filepath.Join(logs, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Program = filepath.Join(logs, "git")
	o.Env = append(o.Env, "GIT_TRACE="+logs+"/trace", "GIT_TRACE_CURL="+logs+"/curl", "GIT_TRACE_REDACT=0", "GIT_CURL_VERBOSE=1")
	r, err := git.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = r.WithLFS(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.RemoteHead(t.Context(), s.remote(), "main"); err != nil {
		t.Error(err)
	}
	if err := r.PushLFS(t.Context(), s.remote(), []string{digest("webp of a")}); err == nil {
		t.Error("an object that was never stored has been uploaded")
	}
	commit, err := push(t, r, s, "topic")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.PushLFS(t.Context(), s.remote(), []string{digest("webp of a")}); err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, s.bare, "rev-parse", "topic"); got != commit {
		t.Errorf("topic is %s", got)
	}
	if got := testgit.Run(t, s.bare, "cat-file", "blob", "topic:a.webp"); !strings.Contains(got, "oid sha256:"+digest("webp of a")) {
		t.Errorf("no pointer: %q", got)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(s.lfs[digest("webp of a")]) != "webp of a" {
		t.Error("the object is not there")
	}

	all := allBelow(t, logs) + allBelow(t, filepath.Join(dir, ".git"))
	for _, word := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("x-access-token:" + secret))} {
		if i := strings.Index(all, word); i >= 0 {
			t.Errorf("the token is in\n%s", all[max(0, i-300):i+20])
		}
	}
	if !strings.Contains(all, "--force-with-lease") || !strings.Contains(all, "remote-http") {
		t.Error("nothing was recorded")
	}
}

// TestTokenIsForOneServer has other servers ask for it.
func TestTokenIsForOneServer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked, received []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		if a := r.Header.Get("Authorization"); a != "" {
			received = append(received, a)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}))
	defer other.Close()
	s := newServer(t)
	dir := s.start()

	least := 1 // requests of the other server
	t.Run("redirection", func(t *testing.T) {
		s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusFound)
			return true
		})
		defer s.Intercept(nil)
		if _, err := open(t, dir).RemoteHead(t.Context(), s.remote(), "main"); !errors.Is(err, git.ErrUnauthorized) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("lfsconfig", func(t *testing.T) {
		testgit.NeedLFS(t)
		least++
		testfiles.Write(t, dir, ".lfsconfig", "[lfs]\n\turl = "+other.URL+"/lfs\n")
		testfiles.Write(t, dir, ".gitattributes", "*.webp filter=lfs\n")
		testgit.CommitAll(t, dir, "more")
		testfiles.Write(t, dir, "a.webp", "webp of a")
		r, err := open(t, dir).WithLFS(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := push(t, r, s, "topic"); err != nil {
			t.Fatal(err)
		}
		if err := r.PushLFS(t.Context(), s.remote(), []string{digest("webp of a")}); err == nil {
			t.Error("no error")
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if len(asked) < least || len(received) > 0 {
		t.Errorf("the other server was asked for %q and received %q", asked, received)
	}
}

// TestTokenOfCheckoutIsNotUsed leaves another token in the configuration, as
// actions/checkout does, and a helper that knows a wrong one.
func TestTokenOfCheckoutIsNotUsed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	dir := s.start()
	testfiles.Write(t, dir, "a.webp", "webp of a")
	host, _, _ := strings.Cut(s.url, "/r.git")
	testgit.Run(t, dir, "config", "http."+host+"/.extraheader", "Authorization: Basic d3Jvbmc6d3Jvbmc=")
	testgit.Run(t, dir, "config", "credential.helper", "!printf 'username=x\\npassword=wrong\\n' #")
	if _, err := push(t, open(t, dir), s, "main"); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Authorizations() {
		if a != "" && a != "Basic "+base64.StdEncoding.EncodeToString([]byte("x-access-token:"+secret)) {
			t.Errorf("Authorization: %s", a)
		}
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	dir := s.start()
	first := testgit.Run(t, dir, "rev-parse", "HEAD")
	shallow := filepath.Join(t.TempDir(), "shallow")
	testfiles.Write(t, dir, "b.png", "picture b")
	testgit.CommitAll(t, dir, "more")
	testgit.Run(t, dir, "push", "--quiet", s.bare, "main")
	testgit.Run(t, dir, "clone", "--quiet", "--depth=1", "file://"+s.bare, shallow)
	r := open(t, shallow)
	var ids []string
	for _, name := range []string{"c.png", "d.png"} {
		testfiles.Write(t, dir, name, name)
		testgit.CommitAll(t, dir, "more")
		ids = append(ids, testgit.Run(t, dir, "rev-parse", "HEAD"))
	}
	testgit.Run(t, dir, "push", "--quiet", s.bare, "main")
	for _, tc := range []struct{ branch, commit string }{
		{"main", ids[1]}, // the last one
		{"main", ids[0]}, // the branch has moved past it
		{"", first},      // on no branch that is known
	} {
		if err := r.Fetch(t.Context(), s.remote(), tc.branch, tc.commit); err != nil {
			t.Errorf("%v: %v", tc, err)
		}
		if _, err := r.Tree(t.Context(), tc.commit); err != nil {
			t.Errorf("%v: %v", tc, err)
		}
	}
	if got := testgit.Run(t, shallow, "rev-parse", "--is-shallow-repository"); got != "true" {
		t.Error("the clone is not shallow any more")
	}
	none := strings.Repeat("1", 40)
	if err := r.Fetch(t.Context(), s.remote(), "main", none); !errors.Is(err, git.ErrMoved) {
		t.Errorf("a commit that is not there: %v", err)
	}
	if err := r.Fetch(t.Context(), s.remote(), "", none); err == nil {
		t.Error("no error")
	}
}

// TestRefusals has a real server say no.
func TestRefusals(t *testing.T) {
	t.Parallel()
	fail := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.RawQuery+r.URL.Path, "receive-pack") {
				http.Error(w, "no", status)
				return true
			}
			return false
		}
	}
	for _, tc := range []struct {
		name    string
		kind    error
		words   string
		prepare func(t *testing.T, s *server, dir string)
	}{
		{"403", git.ErrForbidden, "permission denied: no", func(_ *testing.T, s *server, _ string) { s.Intercept(fail(403)) }},
		{"404", git.ErrNotFound, "not found", func(_ *testing.T, s *server, _ string) { s.Intercept(fail(404)) }},
		{"503", git.ErrUnreachable, "no", func(_ *testing.T, s *server, _ string) { s.Intercept(fail(503)) }},
		{"wrong token", git.ErrUnauthorized, "", func(_ *testing.T, s *server, _ string) { s.Intercept(fail(401)) }},
		{"cut off", git.ErrUnreachable, "", func(_ *testing.T, s *server, _ string) {
			s.Intercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
		}},
		{"moved", git.ErrMoved, "stale info", func(t *testing.T, s *server, dir string) {
			id := testgit.Run(t, dir, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x")
			testgit.Run(t, dir, "push", "--quiet", s.bare, id+":refs/heads/main")
		}},
		{"a hook", git.ErrProtected, "only on Mondays; pre-receive hook declined", func(t *testing.T, s *server, _ string) {
			testfiles.Write(t, s.bare, "hooks/pre-receive", "#!/bin/sh\nprintf 'error: only \\033[1mon\\007 Mondays\\n\\n' >&2\nexit 1\n")
			if err := os.Chmod(filepath.Join(s.bare, "hooks/pre-receive"), 0o755); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			dir := s.start()
			testfiles.Write(t, dir, "a.webp", "webp of a")
			tc.prepare(t, s, dir)
			_, err := push(t, open(t, dir), s, "main")
			if !errors.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.words) {
				t.Errorf("err = %v", err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\a\n") {
				t.Errorf("control characters: %q", err)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	r := open(t, dir)
	if got, err := r.Origin(t.Context()); got != (git.Remote{}) || err != nil {
		t.Errorf("none: %+v, %v", got, err)
	}
	testgit.Run(t, dir, "remote", "add", "origin", "x")
	for url, want := range map[string]git.Remote{
		"https://u:" + secret + "@example.org/r.git":     {URL: "https://example.org/r.git", User: "u", Token: secret},
		"https://a%40b:p%2Fw%3A%25@example.org:81/r.git": {URL: "https://example.org:81/r.git", User: "a@b", Token: "p/w:%"},
		"https://u:100%@example.org/r.git":               {URL: "https://example.org/r.git", User: "u", Token: "100%"},
		"https://:pat@example.org/r.git":                 {URL: "https://example.org/r.git", Token: "pat"},
		"https://x@example.org/a/b.git":                  {URL: "https://example.org/a/b.git"},
		"https://example.org/r.git":                      {URL: "https://example.org/r.git"},
		"git@example.org:r.git":                          {URL: "git@example.org:r.git"},
		"ssh://git@example.org/r.git":                    {URL: "ssh://git@example.org/r.git"},
	} {
		testgit.Run(t, dir, "remote", "set-url", "origin", url)
		if got, err := r.Origin(t.Context()); got != want || err != nil {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
}

// TestPasswordOfOrigin gets in by what the address of origin holds, as plain git
// does.
func TestPasswordOfOrigin(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	dir := s.start()
	address, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("ann", secret)
	testgit.Run(t, dir, "remote", "add", "origin", address.String())
	r := open(t, dir)
	origin, err := r.Origin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, err := r.RemoteHead(t.Context(), origin, "main")
	if err != nil || head != testgit.Run(t, dir, "rev-parse", "HEAD") {
		t.Errorf("%q, %v", head, err)
	}
	seen := s.Authorizations()
	if last := seen[len(seen)-1]; last != "Basic "+base64.StdEncoding.EncodeToString([]byte("ann:"+secret)) {
		t.Errorf("Authorization: %s", last)
	}
}
