//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	published "github.com/webpress/webpress/internal/project"
)

// A hooked repository is one that pre-commit looks after.
type hooked struct {
	*testing.T
	dir string
}

// TestPreCommit lets pre-commit run the hooks of .pre-commit-hooks.yaml in all their
// forms: webpress from the PATH, built by pre-commit, and as a container.
func TestPreCommit(t *testing.T) {
	need(t, "pre-commit")
	// The home is a new one, and what Go has built and fetched is not.
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		t.Setenv(name, strings.TrimSpace(must(t, root(t), "go", "env", name)))
	}
	home, bin := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("PRE_COMMIT_HOME", filepath.Join(home, "pre-commit"))
	t.Setenv("PRE_COMMIT_COLOR", "never")
	for _, name := range []string{"CI", "GITHUB_ACTIONS", "GITLAB_CI"} {
		t.Setenv(name, "")
	}
	put(t, home, ".gitconfig", []byte("[user]\nname = e2e\nemail = e2e@example.invalid\n[init]\ndefaultBranch = main\n"))
	must(t, root(t), "go", "build", "-o", bin, ".")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	hooks := publish(t)

	t.Run("system", func(t *testing.T) {
		h := newHooked(t, hooks, "-system")
		h.first()
		h.changes()
		h.worktree()
		h.many(hooks)
	})
	t.Run("golang", func(t *testing.T) {
		newHooked(t, hooks, "").first()
	})
	t.Run("docker", func(t *testing.T) {
		if r := run(t, "", "docker", "image", "inspect", image); r.code != 0 {
			t.Skip("there is no image ", image)
		}
		newHooked(t, hooks, "-docker").first()
	})
}

// publish makes a repository of webpress as it is now, for pre-commit to fetch.
func publish(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	must(t, root(t), "sh", "-c", `git ls-files -z | grep -zv '^testdata/' |
		tar -c --null -T - | tar -x -C "$0"`, dir)
	manifest := filepath.Join(dir, ".pre-commit-hooks.yaml")
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, ".pre-commit-hooks.yaml", []byte(strings.ReplaceAll(string(data), published.Image+":"+published.Major, image)))
	must(t, dir, "git", "init", "-q")
	must(t, dir, "git", "add", "-A")
	must(t, dir, "git", "commit", "-qm", "webpress")
	return dir
}

// newHooked makes a repository with the hooks of that form installed.
func newHooked(t *testing.T, hooks, form string) hooked {
	t.Helper()
	h := hooked{t, t.TempDir()}
	put(t, h.dir, ".pre-commit-config.yaml", fmt.Appendf(nil, `repos:
  - repo: %s
    rev: %s
    hooks:
      - id: webpress%s
      - id: webpress-check%s
`, hooks, strings.TrimSpace(must(t, hooks, "git", "rev-parse", "HEAD")), form, form))
	h.git("init", "-q")
	h.git("add", ".pre-commit-config.yaml")
	must(t, h.dir, "pre-commit", "install", "--install-hooks")
	return h
}

func (h hooked) git(args ...string) string {
	h.Helper()
	return must(h.T, h.dir, "git", args...)
}

// refused commits, which must fail, and does what webpress says is to be done.
func (h hooked) refused(args ...string) (log string) {
	h.Helper()
	r := run(h.T, h.dir, "git", append([]string{"commit", "-m", "x"}, args...)...)
	if r.code == 0 {
		h.Fatalf("the commit was not refused:\n%s", r.out)
	}
	m := regexp.MustCompile(`(?m)^add what has changed, and go on: (git add .*)$`).FindStringSubmatch(r.out)
	if m == nil {
		h.Fatalf("nothing is said of what to add:\n%s", r.out)
	}
	must(h.T, h.dir, "bash", "-c", m[1]) // names with control characters are quoted as $'…'
	return r.out
}

// committed commits, which must be let through, and returns what the commit changes.
func (h hooked) committed(args ...string) string {
	h.Helper()
	h.git(append([]string{"commit", "-m", "x"}, args...)...)
	return h.git("-c", "core.quotePath=false", "show", "--format=", "--name-status", "--no-renames")
}

// first is the first commit, of files with names that are hard to hand on.
func (h hooked) first() {
	h.Helper()
	names := []string{
		"a b.png", "-c.png", "--help.png", "!x.png", "quote\"s'.png", "$(touch stolen).png",
		"[a-z]{1,2}.png", "back\\slash.png", "ünï/日本語 📷.PNG", "a\nb.png",
	}
	for _, name := range names {
		put(h.T, h.dir, name, picture(h.T, "demo/icons/compass.png"))
	}
	put(h.T, h.dir, "not staged.png", picture(h.T, "demo/icons/compass.png"))
	h.git(append([]string{"add", "--"}, names...)...)
	log := h.refused()
	wantText(h.T, log, "convert pictures to WebP", "a b.png -> a b.webp", "check pictures")
	for _, name := range names {
		wantWebP(h.T, filepath.Join(h.dir, strings.TrimSuffix(strings.TrimSuffix(name, ".png"), ".PNG")+".webp"))
	}
	for _, name := range []string{"stolen", "not staged.webp"} {
		if _, err := os.Lstat(filepath.Join(h.dir, name)); err == nil {
			h.Errorf("%q is there", name)
		}
	}
	wantText(h.T, h.committed(), "A\ta b.png\n", "A\ta b.webp\n", "A\t-c.webp\n", "A\twebpress.lock\n")
	if err := os.Remove(filepath.Join(h.dir, "not staged.png")); err != nil {
		h.Fatal(err)
	}
	h.clean()
}

// clean checks that nothing is left over.
func (h hooked) clean() {
	h.Helper()
	if out := h.git("status", "--porcelain"); out != "" {
		h.Errorf("left over:\n%s", out)
	}
	must(h.T, h.dir, "webpress", "check")
}

// changes are what happens to images later.
func (h hooked) changes() {
	h.Helper()
	// A new name.
	h.git("mv", "a b.png", "c d.png")
	h.refused()
	wantText(h.T, h.committed(), "D\ta b.webp\n", "A\tc d.webp\n")
	h.clean()

	// Other content, all that is changed, and a part of it.
	put(h.T, h.dir, "c d.png", picture(h.T, "demo/screens/editor.png"))
	put(h.T, h.dir, "notes", []byte("x"))
	h.git("add", "notes")
	h.refused("-a")
	wantText(h.T, h.committed("-a"), "M\tc d.png\n", "M\tc d.webp\n", "A\tnotes\n")
	h.clean()
	put(h.T, h.dir, "c d.png", picture(h.T, "demo/icons/compass.png"))
	put(h.T, h.dir, "notes", []byte("y"))
	h.refused("--", "c d.png")
	wantText(h.T, h.committed("--", "c d.png", "c d.webp", "webpress.lock"), "M\tc d.webp\n")
	h.git("checkout", "-q", "notes")
	h.clean()

	// What is staged counts, and what is edited on top of it stays as it is.
	staged, edited := picture(h.T, "demo/screens/editor.png"), picture(h.T, "demo/icons/compass.png")
	put(h.T, h.dir, "e.png", staged)
	put(h.T, h.dir, "f.png", edited)
	h.git("add", "e.png", "f.png")
	put(h.T, h.dir, "e.png", edited)
	h.refused()
	h.committed()
	if data, err := os.ReadFile(filepath.Join(h.dir, "e.png")); err != nil || string(data) != string(edited) {
		h.Errorf("the edit is gone: %v", err)
	}
	h.git("checkout", "-q", "e.png")
	h.clean()

	// A second try without git add fails as the first one did.
	put(h.T, h.dir, "e.png", edited)
	h.git("add", "e.png")
	for range 2 {
		if r := run(h.T, h.dir, "git", "commit", "-m", "x"); r.code == 0 {
			h.Errorf("the commit was not refused:\n%s", r.out)
		}
	}
	h.refused()
	h.committed()
	h.clean()

	// An image that goes takes its result along.
	h.git("rm", "-q", "f.png")
	if r := run(h.T, h.dir, "git", "commit", "-m", "x"); r.code == 0 || !strings.Contains(r.out, "f.webp") {
		h.Errorf("a result was left behind, exit code %d:\n%s", r.code, r.out)
	}
	must(h.T, h.dir, "webpress", "--prune")
	h.git("add", "-A")
	wantText(h.T, h.committed(), "D\tf.png\n", "D\tf.webp\n", "M\twebpress.lock\n")
	h.clean()

	// A broken one holds the commit up.
	put(h.T, h.dir, "g.png", staged[:len(staged)/2])
	h.git("add", "g.png")
	r := run(h.T, h.dir, "git", "commit", "-m", "x")
	if r.code == 0 {
		h.Errorf("a broken picture was let through:\n%s", r.out)
	}
	wantText(h.T, r.out, `decode "g.png"`)
	h.git("rm", "-qf", "g.png")
	h.clean()
}

// worktree commits in a linked work tree.
func (h hooked) worktree() {
	h.Helper()
	linked := hooked{h.T, filepath.Join(h.TempDir(), "linked")}
	h.git("worktree", "add", "-q", linked.dir, "-b", "linked")
	put(h.T, linked.dir, "h.png", picture(h.T, "demo/icons/compass.png"))
	linked.git("add", "h.png")
	linked.refused()
	wantText(h.T, linked.committed(), "A\th.png\n", "A\th.webp\n", "M\twebpress.lock\n")
	linked.clean()
	h.clean()
}

// many commits more files than pre-commit names in one command.
func (h hooked) many(hooks string) {
	h.Helper()
	h = newHooked(h.T, hooks, "-system")
	const n = 1200
	small, long := picture(h.T, "pictures/png/pixel.png"), strings.Repeat("long/", 25)
	for i := range n {
		put(h.T, h.dir, fmt.Sprintf("%s%d.png", long, i), small)
	}
	h.git("add", "-A")
	log := h.refused()
	if runs := strings.Count(log, "add what has changed"); runs < 2 {
		h.Errorf("pre-commit named all files at once")
	}
	out := h.committed()
	if got := strings.Count(out, ".png\n"); got != n {
		h.Errorf("%d pictures are committed", got)
	}
	h.clean()
}
