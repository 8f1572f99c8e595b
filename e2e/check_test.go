//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	published "github.com/webpress/webpress/internal/project"
)

// TestCheckGuardsPullRequest opens a pull request with an image that is neither
// converted nor allowed, fixes it as the check says, and tries again.
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
	// What was there before does not matter to this pull request.
	put(t, dir, "legacy/card.png", picture(t, "pictures/png/card.png"))
	mount := []string{"-v", dir + ":/work", "-w", "/work"}
	commit(t, dir, "https://example.invalid/someone/pictures.git")
	if r := docker(t, mount, "assets"); r.code != 0 {
		t.Fatalf("convert: exit code %d\n%s", r.code, r.out)
	}
	record(t, dir, "Results")
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
	wantText(t, got.log, `"assets/mountains.heic" has not been converted yet`,
		`"assets/mountains.heic" is 445.9 kB, limit 300 kB`, "webpress assets/mountains.heic")
	wantText(t, got.summary, "assets/mountains.heic")
	if strings.Contains(got.log, "legacy/card.png") || strings.Contains(got.log, "dunes.jpg\"") {
		t.Errorf("the check reports what the pull request does not change:\n%s", got.log)
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

// TestFixWithoutWebpress pastes what a check prints for those who have no webpress, in a
// folder of a clone and of a linked work tree, with the image under test in the place of
// the published one.
func TestFixWithoutWebpress(t *testing.T) {
	reference := published.Image + ":" + published.Major
	must(t, "", "docker", "tag", image, reference)
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", reference).Run() })
	const owner = 1234
	for _, linked := range []bool{false, true} {
		dir := t.TempDir()
		put(t, dir, "a b/docs/index.md", []byte("![](../it's.png)\n"))
		commit(t, filepath.Join(dir, "a b"), "https://example.invalid/someone/pictures.git")
		tree := filepath.Join(dir, "a b")
		if linked {
			tree = filepath.Join(dir, "c d")
			must(t, filepath.Join(dir, "a b"), "git", "worktree", "add", "-q", "-b", "linked", tree)
		}
		put(t, tree, "docs/it's.png", picture(t, "pictures/png/photo.png"))
		put(t, tree, "docs/new.jpg", picture(t, "pictures/jpeg/420.jpg"))
		must(t, tree, "git", "add", "-A")
		must(t, "", "chown", "-R", fmt.Sprint(owner), dir)

		docs := filepath.Join(tree, "docs")
		check := func() result {
			return docker(t, []string{"-v", dir + ":" + dir, "-w", docs, "-e", "GITHUB_ACTIONS=true"}, "check")
		}
		r := check()
		function := regexp.MustCompile(`(?m)^ *# without webpress, first type: (.*)$`).FindStringSubmatch(r.out)
		commands := regexp.MustCompile(`(?m)^  ((?:webpress|git) .*)$`).FindAllStringSubmatch(r.out, -1)
		if r.code != 1 || function == nil || len(commands) != 2 {
			t.Fatalf("exit code %d:\n%s", r.code, r.out)
		}
		// The files belong to another user: git has to accept that.
		script := "export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' && set -e\n" + function[1]
		for _, c := range commands {
			script += "\n" + c[1]
		}
		must(t, docs, "sh", "-c", script)
		if r := check(); r.code != 0 {
			t.Errorf("the check still fails after\n%s\n%s", script, r.out)
		}
		for _, name := range []string{"it's.webp", "new.webp", "../webpress.lock"} {
			info, err := os.Stat(filepath.Join(docs, name))
			if err != nil {
				t.Error(err)
			} else if uid := info.Sys().(*syscall.Stat_t).Uid; uid != owner {
				t.Errorf("%s belongs to %d", name, uid)
			}
		}
	}
}
