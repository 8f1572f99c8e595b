package app

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webpress/internal/asset"
	"webpress/internal/config"
	"webpress/internal/git"
	"webpress/internal/ledger"
	"webpress/internal/store"
	"webpress/internal/tree"
)

// headOf is a commit with files, for which an upload was made.
func headOf(t *testing.T, s config.Config, files map[string]string) *headTree {
	t.Helper()
	r, repo := testRun(t, s, nil)
	for name, content := range files {
		if err := tree.WriteFile(repo.Top(), name, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = repo.Top()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	head, err := repo.CheckedOut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// It is there: nothing asks the server.
	h, err := r.readHead(t.Context(), unmoved{Commit: store.Commit{Repo: repo, Branch: "main", Only: head}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// blobOf is the id of a content.
func blobOf(t *testing.T, repo *git.Repo, content string) string {
	t.Helper()
	id, _, err := repo.Cleaned(t.Context(), "x", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFits(t *testing.T) {
	const different = "a different file is there already"
	files := map[string]string{"a.png": "a", "b.png": "b", "a.webp": "of a", "w.webp": "w"}
	for _, tc := range []struct {
		name           string
		source, output string
		blob           string // the content of it, or none
		content        string
		overwrite      bool
		lock           func(id func(string) string) ledger.Entry
		want           string
	}{
		{name: "new", source: "b.png", output: "b.webp", blob: "b"},
		{name: "no source", source: "c.png", output: "c.webp", blob: "c", want: `has no file "c.png"`},
		{name: "blob not said", source: "b.png", output: "b.webp", want: "does not say"},
		{name: "another source", source: "b.png", output: "b.webp", blob: "c", want: "is another one"},
		{name: "in the place of another file", source: "a.png", output: "a.webp", blob: "a", want: different},
		{name: "the same file", source: "a.png", output: "a.webp", blob: "a", content: "of a"},
		{name: "overwritten", source: "a.png", output: "a.webp", blob: "a", overwrite: true},
		{name: "its own source", source: "w.webp", output: "w.webp", blob: "w", want: "its own source"},
		{name: "made before", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) ledger.Entry {
			return ledger.Entry{Source: "a.png", Blob: id("old"), Outputs: []ledger.Output{{Path: "a.webp", Blob: id("of a")}}}
		}},
		{name: "made of what is gone", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) ledger.Entry {
			return ledger.Entry{Source: "a.jpg", Blob: id("old"), Outputs: []ledger.Output{{Path: "a.webp", Blob: id("of a")}}}
		}},
		{name: "made and moved along", source: "a.png", output: "a.webp", blob: "a", lock: func(id func(string) string) ledger.Entry {
			return ledger.Entry{Source: "x.png", Blob: id("a"), Outputs: []ledger.Output{{Path: "x.webp", Blob: id("of a")}}}
		}},
		{name: "made of another picture", source: "a.png", output: "a.webp", blob: "a", want: different, lock: func(id func(string) string) ledger.Entry {
			return ledger.Entry{Source: "b.png", Blob: id("b"), Outputs: []ledger.Output{{Path: "a.webp", Blob: id("of a")}}}
		}},
		{name: "made and edited", source: "a.png", output: "a.webp", blob: "a", want: different, lock: func(id func(string) string) ledger.Entry {
			return ledger.Entry{Source: "a.png", Blob: id("a"), Outputs: []ledger.Output{{Path: "a.webp", Blob: id("as it was")}}}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := headOf(t, config.Config{Lock: true, Overwrite: tc.overwrite}, files)
			id := func(content string) string { return blobOf(t, h.repo, content) }
			if tc.lock != nil {
				h.locks[0].Set(tc.lock(id))
			}
			e := store.Entry{Source: tc.source, Output: tc.output}
			if tc.blob != "" {
				e.Blob = id(tc.blob)
			}
			err := h.fits(t.Context())(e, []byte(tc.content))
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestLockOfHead takes the word of the lock file that the commit has, if it is one.
func TestLockOfHead(t *testing.T) {
	l := ledger.New()
	l.Set(ledger.Entry{Source: "a.png", Blob: strings.Repeat("1", 40), Size: 9, Format: asset.PNG, Recipe: ledger.Digest(asset.Recipe{}, ""), Status: ledger.NotSmaller})
	for _, tc := range []struct {
		lock, content string
		want          int
	}{{ledger.Name, string(l.Encode()), 2}, {ledger.Name, "what?\n", 1}, {"sub/" + ledger.Name, string(l.Encode()), 1}} {
		h := headOf(t, config.Config{}, map[string]string{tc.lock: tc.content})
		h.settings.Lock = true
		h.settings.WorkingDirectory = filepath.Join(h.repo.Top(), "..") // what is here is another branch
		h.run.repo = nil
		again, err := h.readHead(t.Context(), unmoved{Commit: store.Commit{Repo: h.repo, Branch: "main", Only: h.commit}})
		if err != nil || len(again.locks) != tc.want {
			t.Errorf("%q: %+v, %v", tc.lock, again, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 1000)
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 4711\n"
	h := headOf(t, config.Config{}, map[string]string{"img/a.png": png, "b.png": pointer, "c.png": "x"})
	var results []asset.Result
	for _, name := range []string{"img/a.png", "b.png", "c.png", "img/a.png"} {
		results = append(results, asset.Result{Source: asset.Source{Path: name, Blob: h.Blob(name)}})
	}
	if err := h.describe(t.Context(), results); err != nil {
		t.Fatal(err)
	}
	for i, want := range []asset.Source{{Size: int64(len(png)), Format: asset.PNG}, {Size: 4711}, {Size: 1}, {Size: int64(len(png)), Format: asset.PNG}} {
		got := results[i]
		if got.Source.Size != want.Size || got.Source.Format != want.Format || got.Before != want.Size {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
