package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// TestArtifactFaults has the service and the storage fail in every way that
// passes: each time the artifact is there in the end, whole.
func TestArtifactFaults(t *testing.T) {
	t.Parallel()
	refusal := func(status int, header ...string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			refuse(w, status, "not now")
		}
	}
	cut := func(n int64) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, n)
			hangUp(w)
		}
	}
	faults := map[string]struct {
		times int
		do    func(http.ResponseWriter, *http.Request)
	}{
		"500 twice":                 {2, refusal(500)},
		"429":                       {1, refusal(429, "Retry-After", "7")},
		"503":                       {3, refusal(503)},
		"cut at once":               {2, cut(0)},
		"cut after 100 bytes":       {2, cut(100)},
		"answer that is not JSON":   {1, func(w http.ResponseWriter, r *http.Request) { refuse(w, 502, "<html>") }},
		"cut in the block's middle": {1, cut(testBlock / 2)},
	}
	for _, at := range []string{"CreateArtifact", "block", "blocklist", "FinalizeArtifact"} {
		for name, fault := range faults {
			t.Run(at+"/"+name, func(t *testing.T) {
				g := newGitHub(t)
				left := fault.times
				g.before = func(name string, w http.ResponseWriter, r *http.Request) bool {
					if name != at || left == 0 {
						return false
					}
					left--
					fault.do(w, r)
					return true
				}
				d := delivery(t)
				got, err := g.artifact().Deliver(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				kept := g.get("webpress")
				if got.Digest != kept.hash || left != 0 {
					t.Errorf("digest %s, kept %s, %d faults left", got.Digest, kept.hash, left)
				}
				if _, content, _ := unzip(t, kept.content); len(content) != 4 {
					t.Errorf("%d files", len(content))
				}
			})
		}
	}
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

// TestArtifactLostAnswers has the service do what it is asked, and the answer
// never arrive.
func TestArtifactLostAnswers(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"CreateArtifact", "block", "blocklist", "FinalizeArtifact"} {
		t.Run(at, func(t *testing.T) {
			g := newGitHub(t)
			lost := false
			g.before = func(name string, w http.ResponseWriter, r *http.Request) bool {
				if name != at || lost {
					return false
				}
				lost = true
				h := httptestRecorder{header: http.Header{}}
				if strings.HasPrefix(at, "block") {
					g.blob(&h, r)
				} else {
					g.method(&h, r)
				}
				hangUp(w)
				return true
			}
			got, err := g.artifact().Deliver(t.Context(), delivery(t))
			if err != nil {
				t.Fatal(err)
			}
			name, artifacts, notes := "webpress", 1, 0
			if at == "CreateArtifact" { // nothing distinguishes what is there from what another job has begun
				name, artifacts, notes = apart("job-1"), 2, 1
			}
			if kept := g.get(name); got.Ref != fmt.Sprint(kept.id) || len(g.artifacts) != artifacts || len(got.Notes) != notes {
				t.Errorf("got %+v, kept %d", got, kept.id)
			}
		})
	}
}

// apart is what the artifact of a job is called where its name is taken.
func apart(job string) string {
	sum := sha256.Sum256([]byte(job))
	return fmt.Sprintf("webpress-%x", sum[:4])
}

// TestArtifactOnItsWayIsLeft has a job begin while another uploads under the same
// name, and its first attempt fail.
func TestArtifactOnItsWayIsLeft(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 502} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			g := newGitHub(t)
			other := g.artifact()
			other.Token = token("job-2")
			d := delivery(t)
			begun := false
			g.before = func(name string, _ http.ResponseWriter, _ *http.Request) bool {
				if name != "block" || begun {
					return false
				}
				begun = true
				failed := status == 0
				g.before = func(name string, w http.ResponseWriter, _ *http.Request) bool {
					if name != "CreateArtifact" || failed {
						return false
					}
					failed = true
					refuse(w, status, "not now")
					return true
				}
				got, err := other.Deliver(t.Context(), d)
				if err != nil || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "was not finished") {
					t.Errorf("error %v, notes %q", err, got.Notes)
				}
				return false
			}
			got, err := g.artifact().Deliver(t.Context(), d)
			if err != nil || got.Notes != nil || g.get("webpress").job != "job-1" || g.get(apart("job-2")).job != "job-2" {
				t.Errorf("error %v, notes %q", err, got.Notes)
			}
			if slices.Contains(g.calls, "DeleteArtifact") {
				t.Errorf("calls %q", g.calls)
			}
		})
	}
}

type httptestRecorder struct{ header http.Header }

func (h *httptestRecorder) Header() http.Header         { return h.header }
func (h *httptestRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (h *httptestRecorder) WriteHeader(int)             {}

func TestArtifactErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(a *Artifact, g *github)
		why    string
		hint   string
	}{
		{"name with a slash", func(a *Artifact, _ *github) { a.ArtifactName = "a/b" }, "the name has a /, which no artifact may have", "artifact-name"},
		{"name with a line's end", func(a *Artifact, _ *github) { a.ArtifactName = "a\nb" }, "the name has the control character U+000A", "artifact-name"},
		{"blank name", func(a *Artifact, _ *github) { a.ArtifactName = " " }, "the name is blank", "artifact-name"},
		{"days below zero", func(a *Artifact, _ *github) { a.RetentionDays = -1 }, "kept for -1 days", "artifact-retention-days"},
		{"no service", func(a *Artifact, _ *github) { a.ResultsURL, a.Token = "", "" }, "no artifact service", "artifact-dir"},
		{"no address", func(a *Artifact, _ *github) { a.ResultsURL = "" }, "does not give the address", "Enterprise Server"},
		{"no JWT", func(a *Artifact, _ *github) { a.Token = "x" }, "not a JWT", "Enterprise Server"},
		{"no scope", func(a *Artifact, _ *github) { a.Token = "e30.eyJzY3AiOiJBY3Rpb25zLk90aGVyOjE6MiJ9.x" }, "lacks the scope Actions.Results", "Enterprise Server"},
		{"old server", func(a *Artifact, _ *github) { a.ResultsURL = "http://" + strings.TrimPrefix(a.ResultsURL, "http://") },
			"404", "Enterprise Server"},
		{"no permission", func(_ *Artifact, g *github) {
			g.before = func(_ string, w http.ResponseWriter, _ *http.Request) bool { refuse(w, 403, "no"); return true }
		}, "403 Forbidden: no", "token does not allow"},
		{"upload expired", func(_ *Artifact, g *github) {
			g.before = func(name string, w http.ResponseWriter, _ *http.Request) bool {
				if name == "block" {
					refuse(w, 403, "expired")
				}
				return name == "block"
			}
		}, "403 Forbidden: expired", "address for the upload has expired"},
		{"quota", func(_ *Artifact, g *github) {
			g.before = func(_ string, w http.ResponseWriter, _ *http.Request) bool {
				refuse(w, 403, "Artifact storage quota has been hit")
				return true
			}
		}, "quota", "storage for artifacts is full"},
		{"down", func(_ *Artifact, g *github) {
			g.before = func(_ string, w http.ResponseWriter, _ *http.Request) bool { refuse(w, 500, "oops"); return true }
		}, "4 attempts", "run the job again later"},
		{"gone", func(_ *Artifact, g *github) { g.Close() }, "connection refused", "reach the host"},
		{"not ok", func(_ *Artifact, g *github) {
			g.before = func(_ string, w http.ResponseWriter, _ *http.Request) bool {
				fmt.Fprint(w, `{"ok":false}`)
				return true
			}
		}, "did not return an upload URL", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGitHub(t)
			a := g.artifact()
			tt.change(&a, g)
			if tt.name == "old server" {
				g.before = func(_ string, w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true }
			}
			_, err := a.Deliver(t.Context(), delivery(t))
			var fault *asset.HintError
			if !errors.As(err, &fault) {
				t.Fatalf("error is %v", err)
			}
			if !strings.Contains(fault.Error(), tt.why) || !strings.Contains(fault.Hint, tt.hint) || tt.hint == "" && fault.Hint != "" {
				t.Errorf("error %q, hint %q", fault, fault.Hint)
			}
			for _, secret := range []string{signature, escaped(signature), a.Token} {
				if len(secret) > 3 && strings.Contains(fault.Error(), secret) {
					t.Errorf("%q shows a secret", fault)
				}
			}
		})
	}
}

// An expiry is a timer that runs out as soon as the server is stuck.
type expiry struct{ stopped chan struct{} }

func (e expiry) Reset(time.Duration) bool { return true }

func (e expiry) Stop() bool {
	select {
	case <-e.stopped:
		return false
	default:
		close(e.stopped)
		return true
	}
}

// impatient is a clock by which time-outs of that length run out once stuck is closed,
// and no others.
func impatient(stuck <-chan struct{}, length time.Duration) httpclient.Clock {
	return httpclient.Clock{AfterFunc: func(d time.Duration, f func()) httpclient.Timer {
		e := expiry{make(chan struct{})}
		if d != length {
			return e
		}
		go func() {
			select {
			case <-stuck:
				f()
			case <-e.stopped:
			}
		}()
		return e
	}}
}

func TestArtifactHangs(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"CreateArtifact", "block"} {
		t.Run(at, func(t *testing.T) {
			g := newGitHub(t)
			free, stuck := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(free) })
			g.before = func(name string, _ http.ResponseWriter, r *http.Request) bool {
				if name == at {
					close(stuck)
					<-free
				}
				return name == at
			}
			a := g.artifact()
			a.Client = httpclient.New(httpclient.Options{Timeout: time.Minute, Clock: impatient(stuck, time.Minute)})
			_, err := a.Deliver(t.Context(), delivery(t))
			if err == nil || !strings.Contains(err.Error(), "for 1m0s") {
				t.Errorf("error is %v", err)
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		g := newGitHub(t)
		ctx, cancel := context.WithCancel(t.Context())
		g.before = func(name string, w http.ResponseWriter, r *http.Request) bool {
			if name == "block" {
				cancel()
				_, _ = io.Copy(io.Discard, r.Body)
			}
			return false
		}
		if _, err := g.artifact().Deliver(ctx, delivery(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}
