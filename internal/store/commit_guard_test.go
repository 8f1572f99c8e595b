package store

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/testgit"
)

// blobs fills in the ids of the sources' contents, as their run knew them.
func (s *stage) blobs(d Delivery) Delivery {
	for i := range d.Results {
		r := &d.Results[i].Source
		r.Blob = testgit.Run(s.t, s.dir, "rev-parse", "HEAD:"+path.Join(d.Prefix, r.Path))
	}
	return d
}

// TestOnly commits on top of one commit alone, however late the branch moves.
func TestOnly(t *testing.T) {
	t.Parallel()
	const moved, gone = "the branch has moved to ", "the branch no longer exists"
	push := func(s *stage) {
		other := s.clone()
		other.put("c.txt", "c")
		other.publish("Another")
	}
	once := func(s *stage, suffix string, f func()) {
		done := false
		s.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
			if !done && strings.HasSuffix(r.URL.Path, suffix) {
				done = true
				f()
			}
			return false
		})
	}
	for _, tc := range []struct {
		name, want string
		prepare    func(*stage, *Commit)
	}{
		{"not moved", "", func(*stage, *Commit) {}},
		{"not moved, by the API", "", func(s *stage, c *Commit) { s.gitHub(c, nil) }},
		{"moved before", moved, func(s *stage, _ *Commit) { push(s) }},
		{"moved after the look", moved, func(s *stage, _ *Commit) { once(s, "/git-receive-pack", func() { push(s) }) }},
		{"moved after the look, by the API", moved, func(s *stage, c *Commit) {
			s.gitHub(c, func(n int) {
				if n == 0 {
					push(s)
				}
			})
		}},
		{"gone", gone, func(s *stage, _ *Commit) { testgit.Run(s.t, s.bare, "update-ref", "-d", "refs/heads/main") }},
		{"the look fails", "down for repairs", func(s *stage, _ *Commit) {
			s.server.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
				http.Error(w, "down for repairs", http.StatusBadGateway)
				return true
			})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			c, d := s.store(), s.blobs(s.delivery("a.png"))
			c.ExpectedHead = d.Head
			tc.prepare(s, &c)
			stored, err := s.put2(c, d)
			if tc.want == "" {
				if err != nil || s.changed("main") != "A\ta.webp" {
					t.Errorf("%+v, %v", stored, err)
				}
				return
			}
			fault, ok := errors.AsType[*asset.HintError](err)
			if !ok || fault.Hint == "" || !strings.Contains(fault.Why.Error(), tc.want) || stored.Ref != "" {
				t.Errorf("%+v, %v", stored, err)
			}
			if got := testgit.Run(t, s.bare, "log", "--all", "--format=%s"); strings.Contains(got, "perf") {
				t.Error(got)
			}
		})
	}
}

// TestOnlyInParts takes the commits of a delivery itself for no move of the branch,
// and those of others in between for one.
func TestOnlyInParts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		moves bool
	}{{"an answer is lost", false}, {"others push", true}} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			c, d := s.store(), s.blobs(s.delivery("a.png", "b.png"))
			c.ExpectedHead = d.Head
			for _, name := range []string{"a.webp", "b.webp"} { // base64 makes more of it
				s.put(name, half(name))
			}
			s.gitHub(&c, func(n int) {
				switch {
				case n != 1:
				case tc.moves:
					other := s.clone()
					other.put("c.txt", "c")
					other.publish("Another")
				default:
					s.lose = true
				}
			})
			stored, err := s.put2(c, d)
			if _, refused := errors.AsType[*HeadMovedError](err); refused != tc.moves || err != nil && !refused {
				t.Fatalf("%+v, %v", stored, err)
			}
			want := map[bool]int{false: 2, true: 1}[tc.moves]
			if len(stored.Paths) != want {
				t.Errorf("%+v", stored)
			}
		})
	}
}

// TestOnlyWithKnownSources leaves out results of unknown sources, although
// it is neither here nor there.
func TestOnlyWithKnownSources(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, d := s.store(), s.delivery("a.png", "none.png")
	c.ExpectedHead = d.Head
	d.Results[0].Source.Blob = strings.Repeat("0", 40)
	stored, err := s.put2(c, d)
	if err != nil || stored.Ref != "" || len(stored.Left) != 2 {
		t.Errorf("%+v, %v", stored, err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	here := s.clone()
	s.put("c.png", "c")
	s.publish("More")
	c := here.store()
	c.ExpectedHead = testgit.Run(t, s.dir, "rev-parse", "HEAD")
	tree, err := c.Read(t.Context())
	if err != nil || tree.Blob("c.png") == "" {
		t.Fatalf("%+v, %v", tree, err)
	}
	c.ExpectedHead = strings.Repeat("1", 40)
	if _, err := c.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "the branch has moved to ") {
		t.Error(err)
	}
	c.Branch = "none"
	if _, err := c.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "no longer exists") {
		t.Error(err)
	}
}
