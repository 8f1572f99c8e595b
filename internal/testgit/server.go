package testgit

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// A Server serves bare repositories over git's smart HTTP protocol. The password of each
// request must be its token.
type Server struct {
	// Mux answers requests that have the right password; / is git's.
	Mux *http.ServeMux

	t         testing.TB
	root, url string

	mu             sync.Mutex // over all below
	before         func(w http.ResponseWriter, r *http.Request) (answered bool)
	authorizations []string
}

// NewServer starts a server without repositories.
func NewServer(t testing.TB, token string) *Server {
	t.Helper()
	s := &Server{Mux: http.NewServeMux(), t: t, root: t.TempDir()}
	s.Mux.Handle("/", &cgi.Handler{
		Path: filepath.Join(Run(t, "", "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + s.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=bot"},
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.intercepted(w, r) {
			return
		}
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
			return
		}
		s.Mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// Repository makes an empty bare repository with the branch main, and returns its folder
// and its address.
func (s *Server) Repository(name string) (dir, url string) {
	s.t.Helper()
	dir = filepath.Join(s.root, name)
	Run(s.t, "", "init", "--quiet", "--bare", "--initial-branch=main", dir)
	Run(s.t, dir, "config", "http.receivepack", "true")
	return dir, s.url + "/" + name
}

// Intercept calls f before each request, one at a time. f reports whether it has answered.
func (s *Server) Intercept(f func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *Server) intercepted(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorizations = append(s.authorizations, r.Header.Get("Authorization"))
	return s.before != nil && s.before(w, r)
}

// Authorizations returns the Authorization header of each request, in order.
func (s *Server) Authorizations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.authorizations)
}
