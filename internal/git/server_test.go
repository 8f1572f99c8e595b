package git_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/git"
)

// secret is what the server wants as a password. Base64 makes it longer.
const secret = "s3cret/t0ken+x"

// A server serves one bare repository by git's smart HTTP protocol, and the
// objects of Git LFS, to whoever knows the secret.
type server struct {
	t         *testing.T
	bare, url string

	mu     sync.Mutex // over all below
	before func(w http.ResponseWriter, r *http.Request) (answered bool)
	lfs    map[string][]byte
	seen   []string // values of Authorization
}

func newServer(t *testing.T) *server {
	t.Helper()
	root := t.TempDir()
	s := &server{t: t, bare: filepath.Join(root, "r.git"), lfs: map[string][]byte{}}
	run(t, root, "init", "--quiet", "--bare", "--initial-branch=main", s.bare)
	run(t, s.bare, "config", "http.receivepack", "true")
	backend := &cgi.Handler{
		Path: filepath.Join(output(t, root, "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=bot"},
	}
	mux := http.NewServeMux()
	mux.Handle("/", backend)
	mux.HandleFunc("POST /r.git/info/lfs/objects/batch", s.batch)
	mux.HandleFunc("PUT /lfs/{oid}", func(_ http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lfs[r.PathValue("oid")] = data
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.look(w, r) {
			return
		}
		if _, password, _ := r.BasicAuth(); password != secret {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL + "/r.git"
	return s
}

// intercept has f called ahead of each request, one at a time. It says whether it
// has answered.
func (s *server) intercept(f func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *server) look(w http.ResponseWriter, r *http.Request) (answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r.Header.Get("Authorization"))
	return s.before != nil && s.before(w, r)
}

// batch answers where objects are to be put.
func (s *server) batch(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Objects []struct {
			OID  string `json:"oid"`
			Size int64  `json:"size"`
		} `json:"objects"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	type object = map[string]any
	var out []object
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range in.Objects {
		one := object{"oid": o.OID, "size": o.Size}
		if _, there := s.lfs[o.OID]; !there {
			one["actions"] = object{"upload": object{"href": "http://" + r.Host + "/lfs/" + o.OID}}
		}
		out = append(out, one)
	}
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	_ = json.NewEncoder(w).Encode(object{"transfer": "basic", "objects": out})
}

// remote is the way in.
func (s *server) remote() git.Remote { return git.Remote{URL: s.url, Token: secret} }

// start puts one commit with a.png on main, and returns a work tree of it.
func (s *server) start() string {
	s.t.Helper()
	dir := s.t.TempDir()
	run(s.t, dir, "init", "--quiet", "--initial-branch=main")
	write(s.t, dir, "a.png", "picture a")
	commitAll(s.t, dir)
	run(s.t, dir, "push", "--quiet", s.bare, "main")
	return dir
}

func commitAll(t *testing.T, dir string) {
	t.Helper()
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--message=more")
}

func open(t *testing.T, dir string, env ...string) *git.Repo {
	t.Helper()
	o := options()
	o.Env = append(o.Env, env...)
	r, err := git.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func output(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := command(dir, args...).Output()
	if err != nil {
		t.Fatalf("git %q: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func look(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func needLFS(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git-lfs"); err != nil {
		t.Skip("git-lfs is not installed: ", err)
	}
}

// allBelow returns all that is below dir, as one text.
func allBelow(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.WriteString(path + "\n" + string(data) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
