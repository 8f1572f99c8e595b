package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/httpclient"
)

const token = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"

// Ids of commits.
var (
	oldHead = strings.Repeat("a", 40)
	newHead = strings.Repeat("b", 40)
)

// An exchange is a request that a server expects, and its answer.
type exchange struct {
	// ask is method and URL. sent is the body as JSON; empty is not compared.
	ask, sent string
	// status is 200 where it is 0; header are names and values.
	status int
	header []string
	answer string
}

// A server goes through exchanges in their order, and checks each of them
// against GitHub's descriptions.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	steps []exchange
	waits []time.Duration
	log   strings.Builder
	got   [][]byte // bodies
}

func serve(t *testing.T, steps ...exchange) *server {
	t.Helper()
	d := describe(t)
	s := &server{steps: steps}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		sent := body(r)
		s.got = append(s.got, sent)
		ask := r.Method + " " + r.URL.RequestURI()
		if len(s.steps) == 0 {
			t.Errorf("unexpected: %s", ask)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		step := s.steps[0]
		s.steps = s.steps[1:]
		if step.ask != ask {
			t.Errorf("asked %s, want %s", ask, step.ask)
		}
		if step.sent != "" {
			if diff := cmp.Diff(decoded(t, []byte(step.sent)), decoded(t, sent)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", ask, diff)
			}
		}
		step.status = max(step.status, http.StatusOK)
		step.answer = strings.ReplaceAll(step.answer, "SERVER", s.URL)
		s.check(t, d, r, sent, step)
		for i := 0; i < len(step.header); i += 2 {
			w.Header().Set(step.header[i], strings.ReplaceAll(step.header[i+1], "SERVER", s.URL))
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-GitHub-Request-Id", "C0FF:EE")
		w.WriteHeader(step.status)
		fmt.Fprint(w, step.answer)
	}))
	t.Cleanup(func() {
		s.Close()
		if len(s.steps) > 0 {
			t.Errorf("not asked: %s", s.steps[0].ask)
		}
	})
	return s
}

// check holds both sides against GitHub's descriptions.
func (s *server) check(t *testing.T, d *description, r *http.Request, sent []byte, step exchange) {
	if !json.Valid([]byte(step.answer)) {
		return // that of a server which is no GitHub
	}
	if got := r.Header.Get("Authorization"); got != "Bearer "+token {
		t.Errorf("%s: authorization %q", step.ask, got)
	}
	if r.URL.Path == "/graphql" {
		if step.status == http.StatusOK {
			if err := d.graphQL(sent, []byte(step.answer)); err != nil {
				t.Errorf("%s: %v", step.ask, err)
			}
		}
		return
	}
	o, err := d.request(r.Method, r.URL, r.Header, sent)
	if err != nil {
		t.Errorf("%s: %v", step.ask, err)
		return
	}
	if err := d.answer(o, step.status, []byte(step.answer)); err != nil {
		t.Errorf("%s: the answer is not GitHub's: %v", step.ask, err)
	}
}

// client is one that does not wait, but says how long it would have.
func (s *server) client() *httpclient.Client {
	return httpclient.New(httpclient.Options{
		Retries: 2, MaxWait: 2 * time.Minute,
		Logf: func(format string, args ...any) { fmt.Fprintf(&s.log, format+"\n", args...) },
		Clock: httpclient.Clock{Sleep: func(ctx context.Context, d time.Duration) error {
			s.waits = append(s.waits, d)
			return ctx.Err()
		}},
	})
}

func (s *server) github() GitHub {
	return GitHub{Client: s.client(), APIURL: s.URL + "/", GraphQLURL: s.URL + "/graphql", Token: token, Repository: "octo/pics"}
}

func decoded(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Errorf("%s: %v", data, err)
	}
	return v
}
