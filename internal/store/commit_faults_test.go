package store

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testgit"
)

// publish commits all of the work tree to main, here and on the server.
func (s *stage) publish(message string) {
	s.t.Helper()
	testgit.Run(s.t, s.dir, "add", "-A")
	testgit.Run(s.t, s.dir, "commit", "-q", "-m", message)
	testgit.Run(s.t, s.dir, "push", "-q", s.bare, "main")
}

func (s *stage) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

// clone is the same server with another work tree.
func (s *stage) clone(args ...string) *stage {
	s.t.Helper()
	other := &stage{t: s.t, bare: s.bare, url: s.url, server: s.server, dir: filepath.Join(s.t.TempDir(), "other")}
	testgit.Run(s.t, s.bare, append(append([]string{"clone", "-q"}, args...), "file://"+s.bare, other.dir)...)
	return other
}

// TestRunsAtOnce has several runs deliver at the same moment: some the same, some
// other files.
func TestRunsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var group sync.WaitGroup
	for _, sources := range [][]string{{"a.png"}, {"a.png"}, {"b.png"}, {"a.png", "b.png"}} {
		one := s.clone()
		d := one.delivery(sources...)
		c := one.store()
		c.Logf = nil
		group.Go(func() {
			if _, err := c.Deliver(t.Context(), d); err != nil {
				t.Errorf("%q: %v", sources, err)
			}
		})
	}
	group.Wait()
	if got := testgit.Run(t, s.bare, "ls-tree", "--name-only", "main"); got != "a.png\na.webp\nb.png\nb.webp" {
		t.Error(got)
	}
	// Each file was delivered once.
	if got := testgit.Run(t, s.bare, "log", "--format=", "--name-only", "main", "--", "*.webp"); strings.Count(got, "webp") != 2 {
		t.Error(got)
	}
}

// TestKilledRun is stopped at each of the requests that a delivery makes. The next
// one delivers once.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	for stop := 1; ; stop++ {
		s := newStage(t)
		d := s.delivery("a.png", "b.png")
		d.Remove = always
		s.remove("a.png")
		s.remove("b.png")
		ctx, kill := context.WithCancel(t.Context())
		requests := 0
		s.server.Intercept(func(http.ResponseWriter, *http.Request) bool {
			if requests++; requests == stop {
				kill()
			}
			return false
		})
		_, err := s.store().Deliver(ctx, d)
		s.server.Intercept(nil)
		kill()
		if err == nil {
			if stop < 4 {
				t.Errorf("a delivery took %d requests", stop-1)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %d: %v", stop, err)
		}
		if _, err := s.put2(s.store(), d); err != nil {
			t.Errorf("stopped at %d, then: %v", stop, err)
		}
		if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "2" {
			t.Errorf("stopped at %d: %s commits", stop, n)
		}
		if got := testgit.Run(t, s.bare, "ls-tree", "--name-only", "main"); got != "a.webp\nb.webp" {
			t.Errorf("stopped at %d: %s", stop, got)
		}
		if status := testgit.Run(t, s.dir, "status", "--porcelain"); status != "" && stop < 4 {
			t.Errorf("stopped at %d: git status: %s", stop, status)
		}
	}
}

// TestAnswerLost breaks the connection after the push has come through, and once
// before.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	for _, through := range []bool{true, false} {
		s := newStage(t)
		lost := false
		s.server.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if !lost && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "receive-pack") && r.ContentLength != 4 {
				lost = true
				if through {
					s.server.Mux.ServeHTTP(httptest.NewRecorder(), r)
				}
				panic(http.ErrAbortHandler)
			}
			return false
		})
		stored, err := s.put2(s.store(), s.delivery("a.png"))
		s.server.Intercept(nil)
		if err != nil || !lost {
			t.Fatalf("lost %v: %v", lost, err)
		}
		if head := testgit.Run(t, s.bare, "rev-parse", "main"); stored.Ref != head || len(stored.Paths) != 1 {
			t.Errorf("%+v, want %s", stored, head)
		}
		if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "2" {
			t.Errorf("%s commits", n)
		}
	}
}

// TestServerAway fails in the end, and says so. How often it tries is set.
func TestServerAway(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1, 7} {
		s := newStage(t)
		c, d := s.store(), s.delivery("a.png")
		c.Retries = retries
		var requests atomic.Int32
		s.server.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			requests.Add(1)
			http.Error(w, "down for repairs", http.StatusBadGateway)
			return true
		})
		for what, ask := range map[string]func() error{
			"put":  func() error { _, err := s.put2(c, d); return err },
			"look": func() error { _, err := c.Look(t.Context()); return err },
		} {
			requests.Store(0)
			err := ask()
			if int(requests.Load()) != retries+1 || err == nil || !strings.Contains(err.Error(), "down for repairs") || err.(*asset.HintError).Hint == "" {
				t.Errorf("%s with %d retries: %d requests, %v", what, retries, requests.Load(), err)
			}
		}
		s.server.Intercept(nil)
	}
}

// TestMovesAreNoRetries commits on top of what others have pushed meanwhile, also
// where a server that is away is not asked again.
func TestMovesAreNoRetries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, d := s.store(), s.delivery("a.png")
	c.Retries = 0
	var moves atomic.Int32
	s.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "receive-pack") && moves.Load() < attempts-1 {
			moves.Add(1)
			id := testgit.Run(t, s.bare, "commit-tree", "main^{tree}", "-p", "main", "-m", "other")
			testgit.Run(t, s.bare, "update-ref", "refs/heads/main", id)
		}
		return false
	})
	stored, err := s.put2(c, d)
	s.server.Intercept(nil)
	if err != nil || len(stored.Paths) != 1 || moves.Load() != attempts-1 {
		t.Errorf("%+v, %v after %d moves", stored, err, moves.Load())
	}
}

// TestOtherRepositories leaves out what lies in a submodule or behind a symbolic
// link, here or on the branch.
func TestOtherRepositories(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	part := s.clone()
	testgit.Run(t, s.dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://"+part.dir, "part")
	s.put("real/x.png", "x")
	s.put("late/x.png", "x")
	if err := os.Symlink("real", filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	s.publish("Folders")
	d := s.delivery("a.png", "part/a.png", "link/x.png", "late/x.png")
	d.Results[3].Source = asset.Source{Path: "a.png"}
	other := s.clone()
	testgit.Run(t, other.dir, "rm", "-rq", "late")
	other.put("late", "now a file")
	other.publish("A file")
	stored, err := s.put2(s.store(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "A\ta.webp" {
		t.Error(got)
	}
	got := ""
	for _, left := range stored.Left {
		got += left.Path + ": " + left.Reason + "\n"
	}
	want := "late/x.webp: \"late\" is a file on \"main\"\nlink/x.webp: \"link\" is a symbolic link\npart/a.webp: \"part\" is a submodule\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestNewBranchFromMergeCommit builds on the head of a pull request that the clone
// does not have.
func TestNewBranchFromMergeCommit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	head := testgit.Run(t, s.dir, "rev-parse", "HEAD")
	s.put("c.txt", "c")
	s.publish("Merge")
	shallow := s.clone("--depth=1")
	c := shallow.store()
	c.Branch = "webpress/of-7"
	d := shallow.delivery("a.png")
	d.Head = head
	stored, err := shallow.put2(c, d)
	if err != nil || len(stored.Paths) != 1 {
		t.Fatalf("%+v, %v", stored, err)
	}
	if parent := testgit.Run(t, s.bare, "rev-parse", c.Branch+"^"); parent != head {
		t.Errorf("the parent is %s", parent)
	}
}

// TestInSubfolder delivers from a working directory below the top.
func TestInSubfolder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put("assets/a.png", "a")
	s.publish("Assets")
	top := s.dir
	s.dir = filepath.Join(top, "assets")
	d := s.delivery("a.png")
	d.Prefix = "assets"
	d.Results[0].Source.Blob = testgit.Run(t, top, "rev-parse", "HEAD:assets/a.png")
	c := s.store()
	s.dir = top
	stored, err := s.put2(c, d)
	if err != nil || len(stored.Paths) != 1 || stored.Paths[0] != "a.webp" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := s.changed("main"); got != "A\tassets/a.webp" {
		t.Error(got)
	}
}

func TestBranchName(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	c.Branch = "not a branch"
	if _, err := s.put2(c, s.delivery("a.png")); err == nil || !strings.Contains(err.(*asset.HintError).Hint, "commit-branch") {
		t.Errorf("%v", err)
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"logo@2x.webp":        "logo@2x.webp",
		"@everyone/x.webp":    "%40everyone/x.webp",
		"fixes #3.webp":       "fixes %233.webp",
		"[slug]/x.webp":       "[slug]/x.webp",
		"[skip ci].webp":      "%5Bskip ci].webp",
		"a\n\x1b[1m\xff.webp": "a??[1m?.webp",
		"日本 ünï.webp":         "日本 ünï.webp",
		"closes GH-12.webp":   "closes GH%2D%312.webp",
		"WWW.x.org.webp":      "WW%57%2Ex.org.webp",
		"https:&sol;&sol;x":   "https%3A%26sol;%26sol;x",
		"<a href=x>.webp":     "%3Ca href=x%3E.webp",
		"g/p!1 ~l $2 %3.webp": "g/p%211 %7El %242 %253.webp",
		"[epic:3].webp":       "%5Bepic%3A3].webp",
		"100%.webp":           "100%25.webp",
	} {
		if got := harmless(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
