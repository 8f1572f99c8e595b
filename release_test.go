package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/project"
)

// A releaseRepository is a git repository in which scripts of a release run.
type releaseRepository struct {
	*testing.T
	dir string
}

func newReleaseRepository(t *testing.T) releaseRepository {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("releases are made on Linux")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "gitconfig"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	r := releaseRepository{t, t.TempDir()}
	r.ok("git", "config", "--global", "user.name", "x")
	r.ok("git", "config", "--global", "user.email", "x@example.invalid")
	r.ok("git", "init", "-q", "-b", "main")
	return r
}

// run runs a command, or the script of that name, in the repository.
func (r releaseRepository) run(name string, args ...string) (string, error) {
	r.Helper()
	if script, ok := strings.CutPrefix(name, "scripts/"); ok {
		name = filepath.Join(r.dir, "scripts", script)
		if _, err := os.Stat(name); err != nil {
			if name, err = filepath.Abs(filepath.Join("scripts", script)); err != nil {
				r.Fatal(err)
			}
		}
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r releaseRepository) ok(name string, args ...string) string {
	r.Helper()
	out, err := r.run(name, args...)
	if err != nil {
		r.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

// fails runs what has to fail and to say so in words.
func (r releaseRepository) fails(want, name string, args ...string) {
	r.Helper()
	if out, err := r.run(name, args...); err == nil || !strings.Contains(out, want) {
		r.Errorf("%s %q: %v, want an error with %q:\n%s", name, args, err, want, out)
	}
}

// copies takes files of this repository over.
func (r releaseRepository) copies(names ...string) {
	r.Helper()
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			r.Fatal(err)
		}
		r.put(name, string(data))
	}
}

func (r releaseRepository) put(name, text string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		r.Fatal(err)
	}
}

func (r releaseRepository) commit(message string) {
	r.Helper()
	r.ok("git", "add", "-A")
	r.ok("git", "commit", "-qm", message)
}

func TestReleaseTags(t *testing.T) {
	r := newReleaseRepository(t)
	r.put("a", "a")
	r.commit("a")
	for _, tag := range []string{"v1", "v1.2", "v1.2.9", "v1.2.10", "v1.10.0", "v1.11.0-rc.1", "v2.0.0-beta.1", "v10.0.0", "other"} {
		r.ok("git", "tag", tag)
	}
	for version, want := range map[string]string{
		"1.2.10":      "1.2.10 1.2", // 1 stays at 1.10
		"1.2.11":      "1.2.11 1.2",
		"1.2.9":       "1.2.9",
		"1.10.0":      "1.10.0 1.10 1",
		"1.11.0":      "1.11.0 1.11 1",
		"1.11.0-rc.1": "1.11.0-rc.1",
		"2.0.0":       "2.0.0 2.0 2",
		"0.1.0":       "0.1.0 0.1 0",
	} {
		if got := strings.Join(strings.Fields(r.ok("scripts/release-tags", version)), " "); got != want {
			t.Errorf("tags of %s are %q, want %q", version, got, want)
		}
	}
	for _, wrong := range []string{"", "1", "1.2", "v1.2.3", "1.2.3.4", "1.2.3-", "1.2.3 ", "a.b.c"} {
		r.fails("is not a version", "scripts/release-tags", wrong)
	}
}

func TestReleaseNotes(t *testing.T) {
	r := newReleaseRepository(t)
	r.copies("scripts/release-notes")
	r.put("CHANGELOG.md", `# Changelog

## [Unreleased]

- next

## [1.2.3] - 2026-01-02

### Added

- A thing [1].

## [1.2.30] - 2026-01-01

## [1.2.2] - 2026-01-01

- Old.

[1.2.2]: https://example.com
`)
	for version, want := range map[string]string{
		"1.2.3":      "### Added\n\n- A thing [1].\n",
		"1.2.2":      "- Old.\n",
		"1.3.0-rc.1": "- next\n",
	} {
		if diff := cmp.Diff(want, r.ok("scripts/release-notes", version)); diff != "" {
			t.Errorf("notes of %s (-want +got):\n%s", version, diff)
		}
	}
	for _, version := range []string{"1.3.0", "1.2.30", "1.2"} {
		r.fails("has no section ["+version+"]", "scripts/release-notes", version)
	}
}

// TestReleaseAction makes a release of this action.yml in a repository of its own, twice.
func TestReleaseAction(t *testing.T) {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	r := newReleaseRepository(t)
	r.copies("action.yml", "README.md")
	r.commit("1.2.3")
	r.ok("git", "tag", "-a", "-m", "1.2.3", "v1.2.3")
	bare := t.TempDir()
	r.ok("git", "clone", "-q", "--bare", ".", bare)
	r.ok("git", "remote", "add", "origin", bare)
	r.ok("scripts/release-action", "1.2.3", project.Image, digest)

	at := func(args ...string) string {
		t.Helper()
		return r.ok("git", append([]string{"-C", bare}, args...)...)
	}
	if diff := cmp.Diff("action.yml\n", at("diff", "--name-only", "v1.2.3", "v1")); diff != "" {
		t.Errorf("v1 changes (-want +got):\n%s", diff)
	}
	want := "-  image: Dockerfile\n+  image: docker://" + project.Image + ":1.2.3@" + digest
	var changed []string
	for line := range strings.Lines(at("diff", "--unified=0", "v1.2.3", "v1")) {
		if line[0] == '+' && !strings.HasPrefix(line, "+++") || line[0] == '-' && !strings.HasPrefix(line, "---") {
			changed = append(changed, strings.TrimSuffix(line, "\n"))
		}
	}
	if diff := cmp.Diff(want, strings.Join(changed, "\n")); diff != "" {
		t.Errorf("v1 changes (-want +got):\n%s", diff)
	}
	first := at("rev-parse", "v1", "v1.2")
	if a, b, _ := strings.Cut(strings.TrimSpace(first), "\n"); a != b {
		t.Errorf("v1 and v1.2 are %s and %s", a, b)
	}
	if got, want := at("rev-parse", "v1^"), at("rev-parse", "v1.2.3^{commit}"); got != want {
		t.Errorf("v1 is upon %s, want %s", got, want)
	}
	if got := at("rev-parse", "main"); got != r.ok("git", "rev-parse", "HEAD") {
		t.Errorf("main was moved to %s", got)
	}
	if out := r.ok("git", "status", "--porcelain"); out != "" {
		t.Errorf("the work tree has changed:\n%s", out)
	}

	// The next one moves v1, and has a v1.3.
	r.put("README.md", "new")
	r.commit("1.3.0")
	r.ok("git", "tag", "v1.3.0")
	r.ok("git", "push", "-q", "origin", "main", "v1.3.0")
	r.ok("scripts/release-action", "1.3.0", project.Image, digest)
	if got := at("rev-parse", "v1", "v1.2"); strings.Count(first, strings.Fields(got)[0]) != 0 || strings.Fields(got)[1] != strings.Fields(first)[1] {
		t.Errorf("v1 and v1.2 are %s, before %s", got, first)
	}
	if got := at("show", "v1:README.md"); got != "new" {
		t.Errorf("v1 has the old README: %s", got)
	}

	// A fix of the old one leaves v1 alone, and a pre-release all.
	before := at("rev-parse", "v1", "v1.3")
	r.ok("git", "tag", "v1.2.4", "v1.2.3^{commit}")
	r.ok("git", "tag", "v1.4.0-rc.1")
	r.ok("scripts/release-action", "1.2.4", project.Image, digest)
	r.ok("scripts/release-action", "1.4.0-rc.1", project.Image, digest)
	if got := at("rev-parse", "v1", "v1.3"); got != before {
		t.Errorf("v1 and v1.3 are %s, want them where they were, %s", got, before)
	}
	if got := at("show", "v1.2:action.yml"); !strings.Contains(got, project.Image+":1.2.4@"+digest) {
		t.Errorf("v1.2 is not 1.2.4:\n%s", got)
	}

	r.fails("is not a digest", "scripts/release-action", "1.3.0", project.Image, "1.3.0")
	r.put("action.yml", "runs:\n  image: other\n")
	r.commit("1.5.0")
	r.ok("git", "tag", "v1.5.0")
	r.fails("has no line", "scripts/release-action", "1.5.0", project.Image, digest)
}

func TestReleaseFormula(t *testing.T) {
	r := newReleaseRepository(t)
	r.copies("Formula/webpress.rb", "scripts/release-formula", "scripts/source-archive", "action.yml")
	r.commit("1.2.3")
	r.ok("git", "tag", "v1.2.3")
	r.ok("scripts/source-archive", "1.2.3", "dist")
	const file = "dist/webpress-1.2.3-source.tar.gz"
	data, err := os.ReadFile(filepath.Join(r.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	url := project.URL + "/releases/download/v1.2.3/webpress-1.2.3-source.tar.gz"
	r.ok("scripts/release-formula", "1.2.3", url, file)
	diff := r.ok("git", "diff", "--unified=0", "Formula")
	for _, want := range []string{"\n+  url \"" + url + "\"\n", "\n+  sha256 \"" + hex.EncodeToString(sum[:]) + "\"\n"} {
		if !strings.Contains(diff, want) {
			t.Errorf("the formula does not have %s:\n%s", want, diff)
		}
	}
	if n := strings.Count(diff, "\n+"); n != 3 { // with the line +++
		t.Errorf("%d lines have changed:\n%s", n, diff)
	}
	if names := r.ok("tar", "tzf", file); !strings.Contains(names, "webpress-1.2.3/action.yml\n") {
		t.Errorf("the source has %s", names)
	}
	// The same bytes a second time.
	r.ok("scripts/source-archive", "1.2.3", "again")
	r.ok("cmp", file, "again/webpress-1.2.3-source.tar.gz")
	r.fails("does not name", "scripts/release-formula", "1.2.4", url, file)
}
