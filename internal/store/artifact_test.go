package store

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webpress/internal/asset"
	"webpress/internal/wire"
)

// delivery is two results, one of them longer than a block.
func delivery(t *testing.T) Delivery {
	t.Helper()
	small, large := "small", string(random(1, 2*testBlock+1000))
	dir := put(t, map[string]string{"b/large.webp": large, "a b.webp": small})
	return Delivery{
		Dir: dir, Prefix: "site", Head: "0123456789abcdef0123456789abcdef01234567", Remove: true,
		Results: []asset.Result{made("b/large.jpg", "b/large.webp", large), made("a b.png", "a b.webp", small)},
		Recipe:  func(asset.Source) asset.Recipe { return asset.Recipe{Quality: 80} },
		Report:  []byte(`{"schema": 1}`),
	}
}

func unzip(t *testing.T, data []byte) (names []string, content map[string][]byte, methods map[string]uint16) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	content, methods = map[string][]byte{}, map[string]uint16{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		names, methods[f.Name] = append(names, f.Name), f.Method
		if content[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return names, content, methods
}

func TestArtifact(t *testing.T) {
	for _, snake := range []bool{false, true} {
		t.Run(fmt.Sprintf("snake %v", snake), func(t *testing.T) {
			g := newGitHub(t)
			g.snake = snake
			a := g.artifact()
			a.ArtifactName, a.RetentionDays, a.MaxRetentionDays = "my results", 100, 30
			a.Now = func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC) }
			var masked []string
			a.Mask = func(s string) { masked = append(masked, s) }
			d := delivery(t)
			got, err := a.Put(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			kept := g.get("my results")
			sum := sha256.Sum256(kept.content)
			digest := "sha256:" + hex.EncodeToString(sum[:])
			want := asset.Stored{
				Store: "artifact", Ref: fmt.Sprint(kept.id),
				URL: "https://github.com/o/r/actions/runs/7/artifacts/" + fmt.Sprint(kept.id), Digest: digest,
				Paths: []string{"a b.webp", "b/large.webp"}, Removed: []string{"a b.png", "b/large.jpg"},
				Notes: []string{"the repository keeps artifacts for at most 30 days, and so this one, not for 100"},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if kept.hash != digest || kept.kind != "application/zip" {
				t.Errorf("hash %q, kind %q", kept.hash, kept.kind)
			}
			if g.expires != "2026-03-31T12:00:00Z" {
				t.Errorf("expires at %q", g.expires)
			}
			if diff := cmp.Diff([]string{escaped(signature), signature}, masked); diff != "" {
				t.Error(diff)
			}
			names, content, methods := unzip(t, kept.content)
			if diff := cmp.Diff([]string{ManifestName, ReportName, "site/a b.webp", "site/b/large.webp"}, names); diff != "" {
				t.Error(diff)
			}
			large, _ := os.ReadFile(filepath.Join(d.Dir, "b/large.webp"))
			if !bytes.Equal(content["site/b/large.webp"], large) || string(content[ReportName]) != string(d.Report) {
				t.Error("the content is not that of the work tree")
			}
			if methods["site/a b.webp"] != zip.Store || methods[ManifestName] != zip.Deflate {
				t.Errorf("methods are %v", methods)
			}
			var m Manifest
			if err := json.Unmarshal(content[ManifestName], &m); err != nil {
				t.Fatal(err)
			}
			small := d.Results[1]
			wantEntry := Entry{
				Source: "site/a b.png", Blob: "b10b", Removed: true, Output: "site/a b.webp",
				Size: 5, SHA256: small.SHA256, Recipe: RecipeDigest(asset.Recipe{Quality: 80}),
			}
			if m.Schema != 1 || m.Head != d.Head || len(m.Files) != 2 || m.Files[0] != wantEntry {
				t.Errorf("manifest is %+v", m)
			}
		})
	}
}

func TestArtifactIsTheSameAgain(t *testing.T) {
	g := newGitHub(t)
	d := delivery(t)
	first, err := g.artifact().Put(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(d.Results)
	if err := os.Chtimes(filepath.Join(d.Dir, "a b.webp"), time.Now(), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	again, err := g.artifact().Put(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest != again.Digest || len(g.artifacts) != 1 {
		t.Errorf("digests %s and %s, %d artifacts", first.Digest, again.Digest, len(g.artifacts))
	}
	want := []string{`the artifact "webpress" of an earlier step of this job was replaced`}
	if diff := cmp.Diff(want, again.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestArtifactOfAnotherJobIsLeft(t *testing.T) {
	g := newGitHub(t)
	d := delivery(t)
	if _, err := g.artifact().Put(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	other := g.artifact()
	other.Token = token("job-2")
	for range 2 {
		got, err := other.Put(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "set `artifact-name`") {
			t.Errorf("notes are %q", got.Notes)
		}
	}
	if len(g.artifacts) != 2 || g.get("webpress").job != "job-1" {
		t.Errorf("artifacts are %v", g.artifacts)
	}
}

func TestArtifactOfNothing(t *testing.T) {
	g := newGitHub(t)
	got, err := g.artifact().Put(t.Context(), Delivery{Dir: t.TempDir(), Report: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asset.Stored{Store: "artifact"}, got); diff != "" || len(g.calls) > 0 {
		t.Errorf("calls %v, %s", g.calls, diff)
	}
}

func TestArtifactLeavesWhatDoesNotFit(t *testing.T) {
	g := newGitHub(t)
	dir := put(t, map[string]string{"ok.webp": "ok", "changed.webp": "longer", "c:.webp": "x", "Two.webp": "2", "two.webp": "2"})
	if err := os.Symlink("ok.webp", filepath.Join(dir, "link.webp")); err != nil {
		t.Fatal(err)
	}
	var results []asset.Result
	for _, name := range []string{"ok", "changed", "gone", "c:", "Two", "two", "link"} {
		results = append(results, made(name+".png", name+".webp", map[string]string{"Two": "2", "two": "2", "link": "ok", "ok": "ok"}[name]))
	}
	got, err := g.artifact().Put(t.Context(), Delivery{Dir: dir, Results: append(results, made("r.png", "Webpress-Report.json", ""))})
	if err != nil {
		t.Fatal(err)
	}
	want := []asset.Left{
		{Path: "Webpress-Report.json", Reason: "its path is that of a file of webpress's own"},
		{Path: "c:.webp", Reason: "its path has a :, which no name on Windows may have"},
		{Path: "changed.webp", Reason: "it changed after it was written"},
		{Path: "gone.webp", Reason: "it is gone from the work tree"},
		{Path: "link.webp", Reason: "it is not a regular file"},
		{Path: "two.webp", Reason: `its path differs from "Two.webp" only in case`},
	}
	if diff := cmp.Diff(want, got.Left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Two.webp", "ok.webp"}, got.Paths); diff != "" {
		t.Error(diff)
	}
}

func TestArtifactOfFileThatChanged(t *testing.T) {
	g := newGitHub(t)
	d := Delivery{Dir: put(t, map[string]string{"a.webp": "new"}), Results: []asset.Result{made("a.png", "a.webp", "old")}}
	got, err := g.artifact().Put(t.Context(), d)
	if err == nil || err.Error() != `upload artifact "webpress": read "a.webp": it changed after it was written` {
		t.Errorf("error is %v", err)
	}
	if got.Ref != "" || slices.Contains(g.calls, "FinalizeArtifact") {
		t.Errorf("got %+v after %v", got, g.calls)
	}
}

// TestArtifactFaults has the service and the storage fail in every way that
// passes: each time the artifact is there in the end, whole.
func TestArtifactFaults(t *testing.T) {
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
				got, err := g.artifact().Put(t.Context(), d)
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
			got, err := g.artifact().Put(t.Context(), delivery(t))
			if err != nil {
				t.Fatal(err)
			}
			if kept := g.get("webpress"); got.Ref != fmt.Sprint(kept.id) || len(g.artifacts) != 1 || got.Notes != nil {
				t.Errorf("got %+v, kept %d", got, kept.id)
			}
		})
	}
}

type httptestRecorder struct{ header http.Header }

func (h *httptestRecorder) Header() http.Header         { return h.header }
func (h *httptestRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (h *httptestRecorder) WriteHeader(int)             {}

func TestArtifactErrors(t *testing.T) {
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
		{"no service", func(a *Artifact, _ *github) { a.ResultsURL, a.Token = "", "" }, "has not told where to", "artifact-dir"},
		{"no address", func(a *Artifact, _ *github) { a.ResultsURL = "" }, "has not told the address", "Enterprise Server"},
		{"no JWT", func(a *Artifact, _ *github) { a.Token = "x" }, "not a JWT", "Enterprise Server"},
		{"no scope", func(a *Artifact, _ *github) { a.Token = "e30.eyJzY3AiOiJBY3Rpb25zLk90aGVyOjE6MiJ9.x" }, "no scope Actions.Results", "Enterprise Server"},
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
		}, "not told where to upload to", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGitHub(t)
			a := g.artifact()
			tt.change(&a, g)
			if tt.name == "old server" {
				g.before = func(_ string, w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true }
			}
			_, err := a.Put(t.Context(), delivery(t))
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("error is %v", err)
			}
			if !strings.Contains(fault.Error(), tt.why) || !strings.Contains(fault.Hint, tt.hint) || tt.hint == "" && fault.Hint != "" {
				t.Errorf("error %q, hint %q", fault, fault.Hint)
			}
			for _, secret := range []string{signature, escaped(signature), a.Token} {
				if len(secret) > 3 && strings.Contains(fault.Error(), secret) {
					t.Errorf("%q tells a secret", fault)
				}
			}
		})
	}
}

func TestArtifactHangs(t *testing.T) {
	for _, at := range []string{"CreateArtifact", "block"} {
		t.Run(at, func(t *testing.T) {
			g := newGitHub(t)
			free := make(chan struct{})
			t.Cleanup(func() { close(free) })
			g.before = func(name string, _ http.ResponseWriter, r *http.Request) bool {
				if name == at {
					<-free
				}
				return name == at
			}
			a := g.artifact()
			a.Client = wire.New(wire.Options{Timeout: 50 * time.Millisecond})
			_, err := a.Put(t.Context(), delivery(t))
			if err == nil || !strings.Contains(err.Error(), "for 50ms") {
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
		if _, err := g.artifact().Put(ctx, delivery(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestArtifactMemory uploads 320 MB of sparse files, and counts what is
// allocated in all: little more than the one buffer.
func TestArtifactMemory(t *testing.T) {
	const size, files = 40 << 20, 8
	dir := t.TempDir()
	zeros := sha256.New()
	_, _ = io.CopyN(zeros, zero{}, size)
	var results []asset.Result
	for i := range files {
		name := fmt.Sprintf("%d.webp", i)
		write(t, dir, name, "")
		if err := os.Truncate(filepath.Join(dir, name), size); err != nil {
			t.Fatal(err)
		}
		results = append(results, asset.Result{
			Source: asset.Source{Path: name + ".png"}, Status: asset.Converted, Output: name,
			After: size, SHA256: hex.EncodeToString(zeros.Sum(nil)),
		})
	}
	g := newGitHub(t)
	g.discard = true
	a := g.artifact()
	a.BlockSize = 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := a.Put(t.Context(), Delivery{Dir: dir, Results: results})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if g.get("webpress").size < size*files {
		t.Fatalf("only %d bytes arrived", g.get("webpress").size)
	}
	// Four buffers: one, and some for blocks that were answered early.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4*defaultBlock {
		t.Errorf("%d MB were allocated for %d MB", allocated>>20, size*files>>20)
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }
