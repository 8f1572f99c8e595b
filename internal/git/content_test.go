package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// TestCommitData commits content that is in no file, by the rules of
// .gitattributes, and reads it again.
func TestCommitData(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, attributes string
		config           []string
		data, want, back string // in a commit, and as a checkout writes it
	}{
		{"as it is", "", nil, "a\tb\n", "a\tb\n", "a\tb\n"},
		{"empty", "", nil, "", "", ""},
		{"lines end as on Windows", "*.lock text eol=crlf\n", nil, "a\r\nb\n", "a\nb\n", "a\r\nb\r\n"},
		{"and git is picky", "", []string{"core.autocrlf", "true", "core.safecrlf", "true"}, "a\nb\n", "a\nb\n", "a\r\nb\r\n"},
		{"a filter", "*.lock filter=rot13\n", []string{"filter.rot13.clean", "tr a-z n-za-m", "filter.rot13.smudge", "tr a-z n-za-m"}, "abc\n", "nop\n", "abc\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := testgit.Init(t)
			testfiles.Write(t, dir, ".gitattributes", tc.attributes)
			testfiles.Write(t, dir, "x.lock", "another")
			testgit.CommitAll(t, dir, "more")
			user := filepath.Join(t.TempDir(), "gitconfig")
			for i := 0; i < len(tc.config); i += 2 {
				testgit.Run(t, dir, "config", "--file", user, tc.config[i], tc.config[i+1])
			}
			r := open(t, dir, "GIT_CONFIG_GLOBAL="+user)
			id, content, err := r.CleanFilter(t.Context(), "x.lock", []byte(tc.data))
			if err != nil || string(content) != tc.want || id != hash(t, dir, tc.want) {
				t.Errorf("cleaned: %s, %q, %v", id, content, err)
			}
			commit, err := make1(t, r, git.Commit{Changes: []git.Change{{Path: "x.lock", Data: []byte(tc.data)}, {Path: "sub/new.lock", Data: []byte(tc.data)}}})
			if err != nil {
				t.Fatal(err)
			}
			tree, err := r.Tree(t.Context(), commit)
			if err != nil || tree.Blob("x.lock") != id || tree.Blob("sub/new.lock") != id {
				t.Errorf("%q, %q, want %q, %v", tree.Blob("x.lock"), tree.Blob("sub/new.lock"), id, err)
			}
			for filtered, want := range map[bool]string{false: tc.want, true: tc.back} {
				if got, err := r.Content(t.Context(), git.Remote{}, "x.lock", id, filtered); err != nil || string(got) != want {
					t.Errorf("filtered %v: %q, %v", filtered, got, err)
				}
			}
			if data, err := os.ReadFile(filepath.Join(dir, "x.lock")); err != nil || string(data) != "another" {
				t.Errorf("the file has become %q, %v", data, err)
			}
		})
	}
}

func TestCommitDataKeepsModes(t *testing.T) {
	t.Parallel()
	dir := testgit.Init(t)
	testfiles.Write(t, dir, "x.lock", "x")
	if err := os.Chmod(filepath.Join(dir, "x.lock"), 0o755); err != nil {
		t.Fatal(err)
	}
	testgit.CommitAll(t, dir, "more")
	commit, err := make1(t, open(t, dir), git.Commit{Changes: []git.Change{{Path: "x.lock", Data: []byte("y")}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, dir, "ls-tree", commit); !strings.HasPrefix(got, git.ModeExecutable) {
		t.Error(got)
	}
	if err := os.Symlink("x.lock", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	testgit.CommitAll(t, dir, "more")
	if _, err := make1(t, open(t, dir), git.Commit{Changes: []git.Change{{Path: "link", Data: []byte("y")}}}); err == nil {
		t.Error("a symbolic link was replaced")
	}
}

// TestContentInPartialClone gets a file with the token, from a server that asks
// for one.
func TestContentInPartialClone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	testgit.Run(t, s.bare, "config", "uploadpack.allowFilter", "true")
	testgit.Run(t, s.bare, "config", "uploadpack.allowAnySHA1InWant", "true")
	dir := filepath.Join(t.TempDir(), "partial")
	testgit.Run(t, s.bare, "clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+s.bare, dir)
	testgit.Run(t, dir, "remote", "set-url", "origin", s.url)
	r := open(t, dir)
	tree, err := r.Tree(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Content(t.Context(), git.Remote{URL: s.url, Token: "wrong"}, "a.png", tree.Blob("a.png"), false); err == nil {
		t.Errorf("without the token: %q", got)
	}
	if got, err := r.Content(t.Context(), s.remote(), "a.png", tree.Blob("a.png"), false); err != nil || string(got) != "picture a" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestFollowLooksClean wants those commands of git's to see no change, too, that
// look at nothing but the times and sizes of files.
func TestFollowLooksClean(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testgit.Run(t, dir, "init", "--quiet", "--initial-branch=main")
	testfiles.Write(t, dir, "a.png", "a")
	testfiles.Write(t, dir, "x.lock", "one line\n")
	testgit.CommitAll(t, dir, "more")
	head := testgit.Run(t, dir, "rev-parse", "HEAD")
	for _, lock := range []string{"two\nlines\n", "not what is committed\n"} {
		testfiles.Write(t, dir, "a.webp", "webp for "+lock)
		testfiles.Write(t, dir, "x.lock", lock)
		r := open(t, dir)
		changes := append(add("a.webp"), git.Change{Path: "x.lock", Data: []byte("two\nlines\n")})
		commit, err := make1(t, r, git.Commit{Changes: changes})
		if err != nil {
			t.Fatal(err)
		}
		if moved, err := r.FastForward(t.Context(), "main", head, commit, changes); err != nil || !moved {
			t.Fatal(moved, err)
		}
		want := ""
		if lock != "two\nlines\n" {
			want = "x.lock"
		}
		if got := testgit.Run(t, dir, "diff-files", "--name-only"); got != want {
			t.Errorf("%q: modified are %q", lock, got)
		}
		if got := testgit.Run(t, dir, "diff-index", "--cached", "--name-only", "HEAD"); got != "" {
			t.Errorf("%q: staged are %q", lock, got)
		}
		head = commit
	}
}
