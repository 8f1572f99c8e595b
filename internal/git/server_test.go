package git_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
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

// secret is what the server wants as a password. Base64 makes it longer.
const secret = "s3cret/t0ken+x"

// A server has one bare repository and the objects of Git LFS.
type server struct {
	*testgit.Server
	t         *testing.T
	bare, url string

	mu  sync.Mutex // over lfs
	lfs map[string][]byte
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{Server: testgit.NewServer(t, secret), t: t, lfs: map[string][]byte{}}
	s.bare, s.url = s.Repository("r.git")
	s.Mux.HandleFunc("POST /r.git/info/lfs/objects/batch", s.batch)
	s.Mux.HandleFunc("PUT /lfs/{oid}", func(_ http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lfs[r.PathValue("oid")] = data
	})
	return s
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
	dir := testgit.Init(s.t)
	testfiles.Write(s.t, dir, "a.png", "picture a")
	testgit.CommitAll(s.t, dir, "more")
	testgit.Run(s.t, dir, "push", "--quiet", s.bare, "main")
	return dir
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
