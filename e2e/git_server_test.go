//go:build e2e

package e2e

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// token is what the git server wants as a password. It must never be in a log.
const token = "e2e-s3cret-t0ken"

// A gitServer serves bare repositories by git's smart HTTP protocol, to whoever
// has the token.
type gitServer struct {
	dir string // the repositories
	url string
}

func newGitServer(t *testing.T) *gitServer {
	t.Helper()
	s := &gitServer{dir: t.TempDir()}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(must(t, "", "git", "--exec-path")), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + s.dir, "GIT_HTTP_EXPORT_ALL=1"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		r.Header.Del("Authorization")
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// repository makes an empty one and returns where it is on disk and its address.
func (s *gitServer) repository(t *testing.T, name string) (dir, url string) {
	t.Helper()
	dir = filepath.Join(s.dir, name)
	must(t, "", "git", "init", "-q", "--bare", "-b", "main", dir)
	must(t, dir, "git", "config", "http.receivepack", "true")
	return dir, s.url + "/" + name
}

// asServer tells act that this server is the one that the job is for: the token goes to
// no other.
func asServer(url string) []string {
	server, repository, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), ".git"), "/")
	return []string{"--env", "GITHUB_SERVER_URL=http://" + server, "--env", "GITHUB_REPOSITORY=" + repository}
}
