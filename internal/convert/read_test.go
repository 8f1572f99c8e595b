package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/testfiles"
)

// A source that is replaced between its listing and its reading, by one of the same
// length, is one failed row: no output, nothing kept in the cache, nothing removed.
func TestSwappedSource(t *testing.T) {
	before := picture(t, 64, 48)
	after := bytes.Clone(before)
	after[len(after)-40] ^= 1 // a pixel, or its checksum: it is never decoded
	for name, blob := range map[string]string{
		"SHA-1": blobID(before, 40), "SHA-256": blobID(before, 64), "Git LFS": blobID(lfsPointer(before), 40),
	} {
		dir := testfiles.Dir(t, map[string][]byte{"a.png": before, "b.png": before})
		js := wished(t, dir, plan.Spec{Recipe: recipe(), Remove: true}, "a.png", "b.png")
		for i := range js {
			js[i].Source.Blob = blob
		}
		var kept []string
		results := Run(t.Context(), js, Options{
			Dir: dir, Jobs: 1,
			// Asked before the source is read.
			Cached: func(j asset.Job) (Output, bool) {
				if j.Source.Path == "a.png" {
					if err := os.WriteFile(filepath.Join(dir, "a.png"), after, 0o644); err != nil {
						t.Error(err)
					}
				}
				return Output{}, false
			},
			Keep: func(j asset.Job, _ Output) { kept = append(kept, j.Source.Path) },
		})
		expect(t, results,
			`a.png: failed: read "a.png": the file changed during the run (run webpress again when nothing else writes to it)`,
			"b.png: converted b.webp")
		if diff := cmp.Diff([]string{"b.png"}, kept); diff != "" {
			t.Errorf("%s: kept (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"a.png", "b.webp"}, testfiles.List(t, dir)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A source whose output is taken from elsewhere is not read to be converted, but it is
// before it is removed.
func TestSwappedSourceIsNotRemoved(t *testing.T) {
	good := picture(t, 64, 48)
	dir := testfiles.Dir(t, map[string][]byte{"a.png": make([]byte, len(good)), "old.webp": outputOf(t, 64, 48)})
	js := like(t, dir, "old.webp", false)
	js[0].Remove, js[0].Source.Blob = true, blobID(good, 40)
	results := Run(t.Context(), js, Options{Dir: dir})
	if results[0].Status != asset.Failed || !strings.Contains(results[0].Err.Message, "changed during the run") {
		t.Errorf("results %v", brief(results))
	}
	if _, err := os.Stat(filepath.Join(dir, "a.png")); err != nil {
		t.Error(err)
	}
}

// Where the id of a source is not that of its bytes, git is asked what it would be.
func TestBlobOfFiltered(t *testing.T) {
	good := picture(t, 64, 48)
	for name, tt := range map[string]struct {
		answer string
		err    error
		want   string
	}{
		"the same":   {answer: "filtered", want: "a.png: converted a.webp"},
		"another":    {answer: "other", want: `a.png: failed: read "a.png": the file changed during the run (run webpress again when nothing else writes to it)`},
		"unknown":    {want: "a.png: converted a.webp"},
		"no answer":  {err: errors.New("git is gone"), want: `a.png: failed: read "a.png": git is gone`},
		"not needed": {answer: "never asked", want: "a.png: converted a.webp"},
	} {
		dir := testfiles.Dir(t, map[string][]byte{"a.png": good})
		js := jobs(t, dir, recipe(), "a.png")
		if js[0].Source.Blob = "filtered"; name == "not needed" {
			js[0].Source.Blob = blobID(good, 40)
		}
		results := Run(t.Context(), js, Options{Dir: dir, Blob: func(_ context.Context, path string, data []byte) (string, error) {
			if path != "a.png" || !bytes.Equal(data, good) {
				t.Errorf("%s: asked for %q with %d bytes", name, path, len(data))
			}
			return tt.answer, tt.err
		}})
		t.Log(name)
		expect(t, results, tt.want)
	}
}

// The ids are git's: those of the examples in its book, and of its LFS.
func TestBlobID(t *testing.T) {
	for content, want := range map[string]string{
		"test content\n": "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
		"":               "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
	} {
		if got := blobID([]byte(content), 40); got != want {
			t.Errorf("%q: %s, want %s", content, got, want)
		}
	}
	want := "version https://git-lfs.github.com/spec/v1\noid sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nsize 0\n"
	if got := string(lfsPointer(nil)); got != want {
		t.Errorf("pointer %q", got)
	}
}

// What cannot fit into the memory fails by itself, and says what helps.
func TestRefusesWhatCannotFit(t *testing.T) {
	dir := testfiles.Dir(t, map[string][]byte{"a.png": picture(t, 100, 100), "b.png": picture(t, 600, 500), "c.png": picture(t, 20, 20)})
	results := Run(t.Context(), jobs(t, dir, recipe(), "a.png", "b.png", "c.png"), Options{Dir: dir, Jobs: 2, Memory: 2_000_000})
	got := brief(results)
	for _, part := range []string{`convert "b.png": an image of 600x500 pixels needs about `, " of memory, and there are 2.0 MB", "raise `memory-limit` to "} {
		if !strings.Contains(got[1], part) {
			t.Errorf("%q does not contain %q", got[1], part)
		}
	}
	if got[0] != "a.png: converted a.webp" || got[2] != "c.png: converted c.webp" {
		t.Errorf("results %q", got)
	}
	// With what the hint says, it fits.
	var mb int64
	_, rest, _ := strings.Cut(results[1].Err.Hint, "raise `memory-limit` to ")
	if _, err := fmt.Sscanf(rest, "%dMB", &mb); err != nil {
		t.Fatal(err)
	}
	expect(t, Run(t.Context(), jobs(t, dir, recipe(), "b.png"), Options{Dir: dir, Memory: mb * 1_000_000}), "b.png: converted b.webp")
	// The file alone can be too large to be read.
	results = Run(t.Context(), jobs(t, dir, recipe(), "b.png"), Options{Dir: dir, Memory: 1000})
	if results[0].Err == nil || !strings.Contains(results[0].Err.Message, "the file needs about ") {
		t.Errorf("results %v", brief(results))
	}
}
