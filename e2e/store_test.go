//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testgit"
)

// TestCommitAndArtifact runs a workflow twice that pushes to a server which asks
// for a token, and uploads to the artifact service that act brings along. The
// second run finds nothing to do.
func TestCommitAndArtifact(t *testing.T) {
	bare, url := testgit.NewServer(t, token).Repository("someone/pictures.git")
	dir := project(t, "commit.yml")
	put(t, dir, "assets/photo ünï.jpg", picture(t, "demo/photos/dunes.jpg"))
	put(t, dir, "assets/card.heic", picture(t, "pictures/heic/card.heic"))
	commit(t, dir, url)
	must(t, dir, "git", "push", "-q", bare, "main")
	before := strings.TrimSpace(must(t, bare, "git", "rev-parse", "main"))

	uploads := t.TempDir()
	flags := append(asServer(url), "-s", "GITHUB_TOKEN="+token, "--artifact-server-path", uploads)
	got := runWorkflow(t, dir, flags...)
	// act itself writes what is masked into its own lines.
	if strings.Contains(got.log+got.summary, token) {
		t.Errorf("the log holds the token:\n%s", got.log)
	}
	wantText(t, got.summary, "assets/photo")
	after := strings.TrimSpace(must(t, bare, "git", "rev-parse", "main"))
	if parent := strings.TrimSpace(must(t, bare, "git", "rev-parse", "main^")); parent != before {
		t.Fatalf("main is %s upon %s, want one commit upon %s:\n%s", after, parent, before, got.log)
	}
	changed := must(t, bare, "git", "-c", "core.quotepath=off", "diff-tree", "-r", "--no-commit-id", "--name-status", "main")
	if want := "A\tassets/card.webp\nA\tassets/photo ünï.webp\nA\twebpress.lock\n"; changed != want {
		t.Errorf("the commit changes\n%swant\n%s", changed, want)
	}

	files := unzip(t, uploads)
	for _, name := range []string{"assets/card.webp", "assets/photo ünï.webp"} {
		pushed := must(t, bare, "git", "show", "main:"+name)
		if string(files[name]) != pushed {
			t.Errorf("%s in the artifact is not what was committed", name)
		}
	}
	for _, name := range []string{"webpress-report.json", "webpress-report.html", "webpress-manifest.json"} {
		if len(files[name]) == 0 {
			t.Errorf("%s is not in the artifact", name)
		}
	}

	// The workflow asks for a commit in its outputs, and the second run has none.
	must(t, dir, "git", "fetch", "-q", bare, "main")
	must(t, dir, "git", "reset", "-q", "--hard", "FETCH_HEAD")
	again := runEvent(t, "push", dir, append(asServer(url), "-s", "GITHUB_TOKEN="+token, "--artifact-server-path", t.TempDir())...)
	if now := strings.TrimSpace(must(t, bare, "git", "rev-parse", "main")); now != after {
		t.Errorf("the second run has committed again:\n%s", again.out)
	}
	wantText(t, again.log, "2 already up to date", "No images converted")
}

// unzip returns the files of the one zip below dir.
func unzip(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".zip" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			if files[f.Name], err = io.ReadAll(r); err != nil {
				return err
			}
			r.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("nothing was uploaded")
	}
	return files
}
