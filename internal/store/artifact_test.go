package store

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/testfiles"
)

// delivery is two results, one of them longer than a block.
func delivery(t *testing.T) Delivery {
	t.Helper()
	small, large := "small", string(random(1, 2*testBlock+1000))
	dir := testfiles.Dir(t, map[string]string{"b/large.webp": large, "a b.webp": small})
	return Delivery{
		Dir: dir, Prefix: "site", Head: "0123456789abcdef0123456789abcdef01234567", Remove: always,
		Results: []asset.Result{made("b/large.jpg", "b/large.webp", large), made("a b.png", "a b.webp", small)},
		Recipe:  func(asset.Source, string) asset.Recipe { return asset.Recipe{Variant: asset.Variant{Quality: 80}} },
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
	t.Parallel()
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
			got, err := a.Deliver(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			kept := g.get("my results")
			sum := sha256.Sum256(kept.content)
			digest := "sha256:" + hex.EncodeToString(sum[:])
			want := asset.Receipt{
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
			if diff := cmp.Diff([]string{bundle.ManifestName, bundle.ReportName, "site/a b.webp", "site/b/large.webp"}, names); diff != "" {
				t.Error(diff)
			}
			large, _ := os.ReadFile(filepath.Join(d.Dir, "b/large.webp"))
			if !bytes.Equal(content["site/b/large.webp"], large) || string(content[bundle.ReportName]) != string(d.Report) {
				t.Error("the content is not that of the work tree")
			}
			if methods["site/a b.webp"] != zip.Store || methods[bundle.ManifestName] != zip.Deflate {
				t.Errorf("methods are %v", methods)
			}
			var m bundle.Manifest
			if err := json.Unmarshal(content[bundle.ManifestName], &m); err != nil {
				t.Fatal(err)
			}
			small := d.Results[1]
			wantEntry := bundle.Entry{
				Source: "site/a b.png", Blob: "b10b", Removed: true, Output: "site/a b.webp",
				Size: 5, SHA256: small.SHA256, Recipe: bundle.RecipeDigest(asset.Recipe{Variant: asset.Variant{Quality: 80}}),
			}
			if m.Schema != 1 || m.Head != d.Head || len(m.Files) != 2 || m.Files[0] != wantEntry {
				t.Errorf("manifest is %+v", m)
			}
		})
	}
}

func TestArtifactIsTheSameAgain(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	d := delivery(t)
	first, err := g.artifact().Deliver(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(d.Results)
	if err := os.Chtimes(filepath.Join(d.Dir, "a b.webp"), time.Now(), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	again, err := g.artifact().Deliver(t.Context(), d)
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
	t.Parallel()
	g := newGitHub(t)
	d := delivery(t)
	if _, err := g.artifact().Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	other := g.artifact()
	other.Token = token("job-2")
	for range 2 {
		got, err := other.Deliver(t.Context(), d)
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
	t.Parallel()
	g := newGitHub(t)
	got, err := g.artifact().Deliver(t.Context(), Delivery{Dir: t.TempDir(), Report: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asset.Receipt{Store: "artifact"}, got); diff != "" || len(g.calls) > 0 {
		t.Errorf("calls %v, %s", g.calls, diff)
	}
}

func TestArtifactLeavesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	dir := testfiles.Dir(t, map[string]string{"ok.webp": "ok", "changed.webp": "longer", "other.webp": "new", "c:.webp": "x", "Two.webp": "2", "two.webp": "2"})
	if err := os.Symlink("ok.webp", filepath.Join(dir, "link.webp")); err != nil {
		t.Fatal(err)
	}
	var results []asset.Result
	for _, name := range []string{"ok", "changed", "other", "gone", "c:", "Two", "two", "link"} {
		results = append(results, made(name+".png", name+".webp", map[string]string{"Two": "2", "two": "2", "link": "ok", "ok": "ok", "other": "old"}[name]))
	}
	got, err := g.artifact().Deliver(t.Context(), Delivery{Dir: dir, Results: append(results, made("r.png", "Webpress-Report.json", ""))})
	if err != nil {
		t.Fatal(err)
	}
	want := []asset.Undelivered{
		{Path: "Webpress-Report.json", Reason: "its path is reserved for a file of webpress"},
		{Path: "c:.webp", Reason: "its path has a :, which no name on Windows may have"},
		{Path: "changed.webp", Reason: "it changed after it was written"},
		{Path: "gone.webp", Reason: "it is gone from the work tree"},
		{Path: "link.webp", Reason: "it is not a regular file"},
		{Path: "other.webp", Reason: "it changed after it was written"},
		{Path: "two.webp", Reason: `its path differs from "Two.webp" only in case`},
	}
	if diff := cmp.Diff(want, got.Left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Two.webp", "ok.webp"}, got.Paths); diff != "" {
		t.Error(diff)
	}
}

// TestArtifactMemory uploads 160 MB of sparse files, and counts what is
// allocated in all: little more than the one buffer.
func TestArtifactMemory(t *testing.T) {
	const size, files, block = 20 << 20, 8, 4 << 20
	dir := t.TempDir()
	zeros := sha256.New()
	_, _ = io.CopyN(zeros, zero{}, size)
	var results []asset.Result
	for i := range files {
		name := fmt.Sprintf("%d.webp", i)
		testfiles.Write(t, dir, name, "")
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
	a.BlockSize = block
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := a.Deliver(t.Context(), Delivery{Dir: dir, Results: results})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if g.get("webpress").size < size*files {
		t.Fatalf("only %d bytes arrived", g.get("webpress").size)
	}
	// Four buffers: one, and some for blocks that were answered early.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4*block {
		t.Errorf("%d MB were allocated for %d MB", allocated>>20, size*files>>20)
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }
