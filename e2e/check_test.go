//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCheckGuardsPullRequest opens a pull request with a picture that is neither
// converted nor allowed, mends it as the check says, and tries again.
func TestCheckGuardsPullRequest(t *testing.T) {
	dir := project(t, "guard.yml")
	// act checks out what lies here by itself, and would fetch the action for more.
	more := regexp.MustCompile(`\n        with:\n          ref: .*\n          fetch-depth: .*\n`)
	workflow := filepath.Join(dir, ".github/workflows/guard.yml")
	yml, err := os.ReadFile(workflow)
	if err != nil || !more.Match(yml) {
		t.Fatalf("%v\n%s", err, yml)
	}
	put(t, dir, ".github/workflows/guard.yml", more.ReplaceAll(yml, []byte("\n")))
	put(t, dir, "webpress.yml", []byte("ignore: webpress\nbudgets:\n  - max-bytes: 300kB\n    glob: assets/**\n"))
	put(t, dir, "assets/dunes.jpg", picture(t, "demo/photos/dunes.jpg"))
	// What was there before is nobody's concern in this pull request.
	put(t, dir, "legacy/card.png", picture(t, "pictures/png/card.png"))
	mount := []string{"-v", dir + ":/work", "-w", "/work"}
	if r := docker(t, mount, "assets"); r.code != 0 {
		t.Fatalf("convert: exit code %d\n%s", r.code, r.out)
	}
	commit(t, dir, "https://example.invalid/someone/pictures.git")
	base := strings.TrimSpace(must(t, dir, "git", "rev-parse", "HEAD"))
	must(t, dir, "git", "checkout", "-q", "-b", "patch")
	check := func() workflowRun {
		t.Helper()
		head := strings.TrimSpace(must(t, dir, "git", "rev-parse", "HEAD"))
		event := put(t, t.TempDir(), "event.json", fmt.Appendf(nil, `{
			"repository": {"id": 1, "full_name": "someone/pictures", "default_branch": "main"},
			"pull_request": {"number": 3,
				"head": {"ref": "patch", "sha": %q, "repo": {"id": 1, "full_name": "someone/pictures"}},
				"base": {"ref": "main", "sha": %q, "repo": {"id": 1, "full_name": "someone/pictures"}}}}`, head, base))
		return runEvent(t, "pull_request", dir, "--eventpath", event)
	}

	put(t, dir, "assets/mountains.heic", picture(t, "demo/photos/mountains.heic"))
	record(t, dir, "An iPhone's photo")
	got := check()
	if got.code == 0 {
		t.Fatalf("the pull request passes:\n%s", got.log)
	}
	wantText(t, got.log, `"assets/mountains.heic" is not up to date: it has no result yet`,
		`"assets/mountains.heic" has 445.9 kB, 300 kB are allowed`, "webpress assets/mountains.heic")
	wantText(t, got.summary, "assets/mountains.heic")
	if strings.Contains(got.log, "legacy/card.png") || strings.Contains(got.log, "dunes.jpg\"") {
		t.Errorf("the check tells of what the pull request does not change:\n%s", got.log)
	}

	if r := docker(t, mount, "assets/mountains.heic"); r.code != 0 {
		t.Fatalf("convert: exit code %d\n%s", r.code, r.out)
	}
	wantWebP(t, filepath.Join(dir, "assets/mountains.webp"))
	put(t, dir, "webpress.yml", []byte("ignore: [webpress, legacy]\nbudgets:\n  - max-bytes: 300kB\n    glob: assets/**\n    except: assets/mountains.heic\n"))
	record(t, dir, "Its result, and leave to be large")
	if got := check(); got.code != 0 {
		t.Errorf("the pull request does not pass: exit code %d\n%s", got.code, got.log)
	}
}
