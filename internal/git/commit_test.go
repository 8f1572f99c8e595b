package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func add(paths ...string) (changes []git.Change) {
	for _, p := range paths {
		changes = append(changes, git.Change{Path: p})
	}
	return changes
}

func make1(t *testing.T, r *git.Repo, c git.Commit) (string, error) {
	t.Helper()
	if c.Parent == "" {
		c.Parent, _ = r.CheckedOut(t.Context())
	}
	c.Message, c.Author = "m", "bot <bot@example.org>"
	return r.Commit(t.Context(), c)
}

// TestCommitTouchesNothing wants the index, the work tree and the branches as
// they were, and names of all kinds in the commit.
func TestCommitTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testfiles.Write(t, dir, "old.png", "old")
	testfiles.Write(t, dir, "script.webp", "program")
	if err := os.Chmod(filepath.Join(dir, "script.webp"), 0o755); err != nil {
		t.Fatal(err)
	}
	testgit.CommitAll(t, dir, "more")
	testfiles.Write(t, dir, "staged.txt", "staged")
	testgit.Run(t, dir, "add", "staged.txt")
	testfiles.Write(t, dir, "script.webp", "new program")
	paths := []string{"script.webp"}
	for _, name := range append(odd, "cr\r", "sub/\r.webp\r") {
		testfiles.Write(t, dir, name, name)
		paths = append(paths, name)
	}
	before := testgit.Run(t, dir, "status", "--porcelain", "-z") + testgit.Run(t, dir, "for-each-ref")
	r := open(t, dir)
	commit, err := make1(t, r, git.Commit{Changes: append(add(paths...), git.Change{Path: "old.png", Delete: true})})
	if err != nil {
		t.Fatal(err)
	}
	if after := testgit.Run(t, dir, "status", "--porcelain", "-z") + testgit.Run(t, dir, "for-each-ref"); after != before {
		t.Errorf("before %q, after %q", before, after)
	}
	tree, err := r.Tree(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range paths[1:] {
		if e, _ := tree.At(name); e.ID != hash(t, dir, name) || e.Mode != git.ModeFile {
			t.Errorf("%q: %+v", name, e)
		}
	}
	if e, _ := tree.At("script.webp"); e.ID != hash(t, dir, "new program") || !tree.Executable("script.webp") {
		t.Errorf("script.webp: %+v", e)
	}
	for _, name := range []string{"old.png", "staged.txt"} {
		if _, ok := tree.At(name); ok {
			t.Errorf("%s is in the commit", name)
		}
	}
	again, err := make1(t, r, git.Commit{Parent: commit, Changes: add(paths...)})
	if err != nil || again != commit {
		t.Errorf("again: %s, %v", again, err)
	}
	if got := testgit.Run(t, dir, "log", "-1", "--format=%an %ae %cn %ce %P", commit); got != "bot bot@example.org bot bot@example.org "+testgit.Run(t, dir, "rev-parse", "HEAD") {
		t.Error(got)
	}
}

func TestCommitWithSHA256(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testgit.Run(t, dir, "init", "--quiet", "--object-format=sha256")
	testfiles.Write(t, dir, "a.png", "a")
	testgit.CommitAll(t, dir, "more")
	testfiles.Write(t, dir, "a.webp", "webp")
	commit, err := make1(t, open(t, dir), git.Commit{Changes: append(add("a.webp"), git.Change{Path: "a.png", Delete: true})})
	if err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, dir, "ls-tree", "--name-only", commit); got != "a.webp" {
		t.Error(got)
	}
}

// TestCommitInPartialClone does without the content of other files.
func TestCommitInPartialClone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	testgit.Run(t, s.bare, "config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "partial")
	testgit.Run(t, s.bare, "clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+s.bare, dir)
	testgit.Run(t, dir, "remote", "set-url", "origin", "file:///nowhere")
	testfiles.Write(t, dir, "a.webp", "webp of a")
	if _, err := push(t, open(t, dir), s, "main"); err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, s.bare, "ls-tree", "--name-only", "main"); got != "a.png\na.webp" {
		t.Error(got)
	}
}

// TestCommitRemovesNothingInTheWay wants a refusal where a commit has something
// else at a path, which the index would give up without a word.
func TestCommitRemovesNothingInTheWay(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testfiles.Write(t, dir, "file", "file")
	testfiles.Write(t, dir, "folder/x", "x")
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	testgit.Run(t, dir, "add", "--all")
	testgit.Run(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",module")
	testgit.Run(t, dir, "commit", "--quiet", "--message=one")
	r := open(t, dir)
	tree, err := r.Tree(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"file/a.webp":       `"file" is a file`,
		"link/a.webp":       `"link" is a symbolic link`,
		"module/sub/a.webp": `"module" is a submodule`,
		"module":            `"module" is a submodule`,
		"link":              `"link" is a symbolic link`,
		"folder":            `"folder" is a folder`,
		"file":              "",
		"folder/x":          "",
		"folder/a.webp":     "",
	} {
		if got := tree.Obstacle(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	for _, path := range []string{"module/a.webp", "link/a.webp"} {
		if _, err := make1(t, r, git.Commit{Changes: add(path)}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

func TestCommitReplaces(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testfiles.Write(t, dir, "a.png", "a")
	testgit.CommitAll(t, dir, "more")
	first := testgit.Run(t, dir, "rev-parse", "HEAD")
	testgit.Run(t, dir, "checkout", "--quiet", "-b", "topic")
	testfiles.Write(t, dir, "old.webp", "old")
	testgit.CommitAll(t, dir, "more")
	topic := testgit.Run(t, dir, "rev-parse", "HEAD")
	testfiles.Write(t, dir, "a.webp", "webp")
	commit, err := make1(t, open(t, dir), git.Commit{Parent: first, Replaced: topic, Changes: add("a.webp")})
	if err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, dir, "log", "-1", "--format=%P", commit); got != topic+" "+first {
		t.Errorf("parents: %s", got)
	}
	if got := testgit.Run(t, dir, "ls-tree", "--name-only", commit); got != "a.png\na.webp" {
		t.Error(got)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		moved   bool
		fails   bool
	}{
		{"on the branch", func(t *testing.T, dir string) {}, true, false},
		{"detached", func(t *testing.T, dir string) { testgit.Run(t, dir, "checkout", "--quiet", "--detach") }, false, false},
		{"on another", func(t *testing.T, dir string) { testgit.Run(t, dir, "checkout", "--quiet", "-b", "other") }, false, false},
		{"with a commit of its own", func(t *testing.T, dir string) { testgit.Run(t, dir, "commit", "--quiet", "--allow-empty", "-m", "own") }, false, false},
		{"while another git works", func(t *testing.T, dir string) { testfiles.Write(t, dir, ".git/index.lock", "") }, false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			testgit.Run(t, dir, "init", "--quiet", "--initial-branch=main")
			testfiles.Write(t, dir, "a.png", "a")
			testgit.CommitAll(t, dir, "more")
			head := testgit.Run(t, dir, "rev-parse", "HEAD")
			testfiles.Write(t, dir, "staged.txt", "staged")
			testgit.Run(t, dir, "add", "staged.txt")
			testfiles.Write(t, dir, "a.webp", "webp")
			remove(t, dir, "a.png")
			r := open(t, dir)
			changes := append(add("a.webp"), git.Change{Path: "a.png", Delete: true})
			commit, err := make1(t, r, git.Commit{Changes: changes})
			if err != nil {
				t.Fatal(err)
			}
			tc.prepare(t, dir)
			at := testgit.Run(t, dir, "rev-parse", "HEAD")
			moved, err := r.FastForward(t.Context(), "main", head, commit, changes)
			if moved != tc.moved || (err != nil) != tc.fails {
				t.Fatalf("Follow = %v, %v", moved, err)
			}
			if tc.moved {
				if got := testgit.Run(t, dir, "status", "--porcelain"); got != "A  staged.txt" {
					t.Errorf("status: %q", got)
				}
				at = commit
			}
			if got := testgit.Run(t, dir, "rev-parse", "HEAD"); got != at {
				t.Errorf("HEAD is %s", got)
			}
		})
	}
}

func TestWithoutLFS(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	bin := t.TempDir()
	testfiles.Write(t, bin, "git-lfs", "#!/bin/sh\nexit 1\n")
	if err := os.Chmod(filepath.Join(bin, "git-lfs"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir, "PATH="+bin+":"+os.Getenv("PATH")).WithLFS(t.Context())
	if !errors.Is(err, git.ErrNoLFS) {
		t.Errorf("err = %v", err)
	}
}

func TestValidBranch(t *testing.T) {
	t.Parallel()
	r := open(t, testgit.Init(t))
	for name, want := range map[string]bool{
		"main": true, "webpress/ünï": true, "a b": false, "a:b": false, "a..b": false, "-a": false, "*": false, "": false, "a.lock": false, "a\nb": false,
	} {
		if got := r.ValidBranch(t.Context(), name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
