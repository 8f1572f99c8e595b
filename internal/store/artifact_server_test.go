package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

// A github is the artifact service and the blob storage behind it. It takes no
// member that its methods do not have, as act's service does, and blocks as
// Azure's storage does.
type github struct {
	*httptest.Server
	t *testing.T
	// snake answers with the other kind of names, and numbers without quotes.
	snake bool
	// before, if not nil, is called first with the name of what is called:
	// a method, block or blocklist. It says whether it has answered.
	before func(name string, w http.ResponseWriter, r *http.Request) bool

	mu        sync.Mutex
	artifacts map[string]*stored // by name
	next      int
	calls     []string
	expires   string
	discard   bool // keeps no content
}

type stored struct {
	job     string
	id      int
	blocks  map[string][]byte
	order   []string
	content []byte
	size    int64
	kind    string
	whole   bool
	hash    string
}

// testBlock is the length of a block where it does not matter.
const testBlock = 64 << 10

const signature = "c2lnbmF0dXJlLW9mLXRoZS11cmw+/w="

func newGitHub(t *testing.T) *github {
	g := &github{t: t, artifacts: map[string]*stored{}, next: 1234567890123}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+servicePath+"{method}", g.method)
	mux.HandleFunc("PUT /blob/{name}", g.blob)
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func token(job string) string {
	claims := fmt.Sprintf(`{"scp":"Actions.GenericRead:00 Actions.Results:run-1:%s Actions.Other:1:2:3"}`, job)
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"none"}`)) + "." + enc.EncodeToString([]byte(claims)) + ".c2ln"
}

func (g *github) enter(name string, w http.ResponseWriter, r *http.Request) bool {
	g.mu.Lock()
	g.calls = append(g.calls, name)
	before := g.before
	g.mu.Unlock()
	return before != nil && before(name, w, r)
}

func (g *github) method(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	if g.enter(method, w, r) {
		return
	}
	members := map[string][]string{
		"CreateArtifact":   {"expires_at", "version"},
		"FinalizeArtifact": {"size", "hash"},
		"ListArtifacts":    {"name_filter"},
		"DeleteArtifact":   {},
	}
	allowed, known := members[method]
	if !known {
		refuse(w, 404, "bad_route")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		refuse(w, 401, "unauthenticated")
		return
	}
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, 400, "malformed")
		return
	}
	allowed = append(allowed, "workflow_run_backend_id", "workflow_job_run_backend_id")
	if method != "ListArtifacts" {
		allowed = append(allowed, "name")
	}
	for member := range in {
		if !slices.Contains(allowed, member) {
			refuse(w, 400, "unknown field "+member)
			return
		}
	}
	text := func(name string) string { s, _ := in[name].(string); return s }
	name, job := text("name"), text("workflow_job_run_backend_id")
	if text("workflow_run_backend_id") != "run-1" {
		refuse(w, 400, "run-id does not match")
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.artifacts[name]
	switch method {
	case "CreateArtifact":
		if in["version"] != float64(4) {
			refuse(w, 400, "version")
			return
		}
		if old != nil {
			refuse(w, 409, "an artifact with this name already exists on the workflow run")
			return
		}
		g.expires = text("expires_at")
		if _, err := time.Parse(time.RFC3339, g.expires); g.expires != "" && err != nil {
			refuse(w, 400, "expires_at")
			return
		}
		g.next++
		g.artifacts[name] = &stored{job: job, id: g.next, blocks: map[string][]byte{}}
		u := fmt.Sprintf("%s/blob/%s?sv=2025-01-05&sig=%s&se=2026", g.URL, strings.ReplaceAll(name, " ", "%20"), escaped(signature))
		g.answer(w, map[string]any{"ok": true, "signedUploadUrl": u}, map[string]any{"ok": true, "signed_upload_url": u})
	case "FinalizeArtifact":
		switch {
		case old == nil || old.job != job:
			refuse(w, 404, "no such artifact")
		case old.whole:
			refuse(w, 409, "the artifact is complete already")
		case old.content == nil && !g.discard || text("size") != fmt.Sprint(old.size):
			refuse(w, 400, fmt.Sprintf("size is %d, not %s", old.size, text("size")))
		default:
			old.whole, old.hash = true, text("hash")
			g.answer(w, map[string]any{"ok": true, "artifactId": fmt.Sprint(old.id)}, map[string]any{"ok": true, "artifact_id": old.id})
		}
	case "ListArtifacts":
		list := []any{}
		for n, a := range g.artifacts {
			if n == text("name_filter") && a.whole {
				if g.snake {
					list = append(list, map[string]any{"workflow_job_run_backend_id": a.job, "database_id": a.id, "name": n, "size": a.size})
				} else {
					list = append(list, map[string]any{"workflowJobRunBackendId": a.job, "databaseId": fmt.Sprint(a.id), "name": n, "size": fmt.Sprint(a.size)})
				}
			}
		}
		g.answer(w, map[string]any{"artifacts": list}, map[string]any{"artifacts": list})
	case "DeleteArtifact":
		if old == nil {
			refuse(w, 404, "no such artifact")
			return
		}
		delete(g.artifacts, name)
		g.answer(w, map[string]any{"ok": true}, map[string]any{"ok": true})
	}
}

func escaped(s string) string {
	return strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(s)
}

func (g *github) answer(w http.ResponseWriter, camel, snake any) {
	if g.snake {
		camel = snake
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(camel)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": "x", "msg": message})
}

func (g *github) blob(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if g.enter(q.Get("comp"), w, r) {
		return
	}
	g.mu.Lock()
	a := g.artifacts[r.PathValue("name")]
	discard := g.discard
	g.mu.Unlock()
	switch {
	case a == nil:
		refuse(w, 404, "BlobNotFound")
		return
	case q.Get("sig") != signature || r.Header.Get("Authorization") != "":
		refuse(w, 403, "AuthenticationFailed")
		return
	case r.ContentLength < 0:
		refuse(w, 411, "MissingContentLengthHeader")
		return
	}
	switch q.Get("comp") {
	case "block":
		id := q.Get("blockid")
		if raw, err := base64.StdEncoding.DecodeString(id); err != nil || len(raw) > 64 {
			refuse(w, 400, "InvalidQueryParameterValue")
			return
		}
		var data []byte
		var n int64
		var err error
		if discard {
			n, err = io.Copy(io.Discard, r.Body)
		} else {
			data, err = io.ReadAll(r.Body)
			n = int64(len(data))
		}
		if err != nil {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(a.order) > 0 && len(a.order[0]) != len(id) {
			refuse(w, 400, "InvalidBlobOrBlock")
			return
		}
		if _, again := a.blocks[id]; !again {
			a.order = append(a.order, id)
			a.size += n
		}
		a.blocks[id] = data
	case "blocklist":
		var list blockList
		if err := xml.NewDecoder(r.Body).Decode(&list); err != nil {
			refuse(w, 400, "InvalidXmlDocument")
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		// act puts them together in the order in which they came.
		if !slices.Equal(list.Latest, a.order) {
			refuse(w, 400, "InvalidBlockList")
			return
		}
		a.content, a.kind = []byte{}, r.Header.Get("X-Ms-Blob-Content-Type")
		for _, id := range list.Latest {
			a.content = append(a.content, a.blocks[id]...)
		}
	default:
		refuse(w, 400, "InvalidQueryParameterValue")
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// get returns the content of a complete artifact.
func (g *github) get(name string) *stored {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.artifacts[name]
	if a == nil || !a.whole {
		g.t.Fatalf("no complete artifact %q", name)
	}
	return a
}

// unhurried is how long a server may be silent in a test where that is not what is
// tested: longer than any test may take.
const unhurried = time.Hour

// artifact is a store that uploads to g and never waits.
func (g *github) artifact() Artifact {
	return Artifact{
		ResultsURL: g.URL + "/some/path?x=1", Token: token("job-1"),
		BlockSize: testBlock,
		RunURL:    "https://github.com/o/r/actions/runs/7",
		Client: httpclient.New(httpclient.Options{
			Retries: 3, Timeout: unhurried, Transport: g.Client().Transport,
			Clock: httpclient.Clock{Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
		}),
	}
}

// random is bytes that no two seeds share and that cannot be deflated.
func random(seed byte, n int) []byte {
	out := bytes.Repeat([]byte{seed}, n)
	x := uint32(seed) + 1
	for i := range out {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = byte(x)
	}
	return out
}
