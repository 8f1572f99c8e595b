package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

const secret = "s3cret-t0ken"

// A stage is a repository on a server that asks for a token, and a clone of it.
type stage struct {
	t         *testing.T
	bare, url string
	dir       string
	log       strings.Builder
	server    *testgit.Server
	lose      bool // the next answer to GraphQL
	// pulls and labels are the pull requests that GitHub has got.
	pulls, labels []string
}

func (s *stage) put(name, text string) {
	s.t.Helper()
	testfiles.Write(s.t, s.dir, name, text)
}

// newStage has the sources a.png and b.png on the branch main.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, server: testgit.NewServer(t, secret), dir: testgit.Init(t)}
	s.bare, s.url = s.server.Repository("pictures.git")
	testgit.Run(t, s.dir, "remote", "add", "origin", s.url)
	s.put("a.png", "picture a")
	s.put("b.png", "picture b")
	testgit.CommitAll(t, s.dir, "Pictures")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main")
	return s
}

// user is the file of the user's own settings.
func (s *stage) user() string { return s.bare + ".gitconfig" }

func (s *stage) store() Commit {
	s.t.Helper()
	env := append(os.Environ(), "GIT_CONFIG_GLOBAL="+s.user(), "GIT_CONFIG_NOSYSTEM=1")
	repo, err := git.Open(s.t.Context(), s.dir, git.Options{Env: env})
	if err != nil {
		s.t.Fatal(err)
	}
	return Commit{
		Repo: repo, Branch: "main", Remote: git.Remote{URL: s.url, Token: secret}, Wait: time.Millisecond, Retries: 5,
		Author: "bot <bot@example.org>",
		Logf:   func(format string, args ...any) { fmt.Fprintf(&s.log, format+"\n", args...) },
	}
}

// delivery has results of sources; their content is written first.
func (s *stage) delivery(sources ...string) Delivery {
	d := Delivery{Dir: s.dir, Head: testgit.Run(s.t, s.dir, "rev-parse", "HEAD")}
	for _, name := range sources {
		output := strings.TrimSuffix(name, ".png") + ".webp"
		s.put(output, "webp of "+name)
		d.Results = append(d.Results, asset.Result{
			Source: asset.Source{Path: name}, Output: output, Status: asset.Converted, Before: 100, After: 40,
		})
	}
	return d
}

func (s *stage) put2(c Commit, d Delivery) (asset.Receipt, error) {
	s.t.Helper()
	stored, err := c.Deliver(s.t.Context(), d)
	config, _ := os.ReadFile(filepath.Join(s.dir, ".git", "config"))
	if text := s.log.String() + string(config); strings.Contains(text, secret) || err != nil && strings.Contains(err.Error(), secret) {
		s.t.Errorf("the token can be seen: %v %s", err, text)
	}
	return stored, err
}

// changed is what the last commit of a branch on the server changes.
func (s *stage) changed(branch string) string {
	return testgit.Run(s.t, s.bare, "-c", "core.quotepath=off", "diff-tree", "-r", "--no-commit-id", "--name-status", branch)
}

func TestPush(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	d := s.delivery("a.png", "b.png")
	stored, err := s.put2(s.store(), d)
	if err != nil {
		t.Fatal(err)
	}
	want := asset.Receipt{Store: "commit", Ref: testgit.Run(t, s.bare, "rev-parse", "main"), Paths: []string{"a.webp", "b.webp"}}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Error(diff)
	}
	if got := s.changed("main"); got != "A\ta.webp\nA\tb.webp" {
		t.Error(got)
	}
	message := testgit.Run(t, s.bare, "log", "-1", "--format=%an <%ae>%n%B", "main")
	for _, part := range []string{"bot <bot@example.org>", "perf(images): convert 2 images to WebP", "200 B -> 80 B, 60.0 % saved", "* a.webp"} {
		if !strings.Contains(message, part) {
			t.Errorf("%q is not in %s", part, message)
		}
	}
	// The clone has followed, and nothing in it has changed.
	if status := testgit.Run(t, s.dir, "status", "--porcelain"); status != "" {
		t.Errorf("git status: %s", status)
	}
	if a, b := testgit.Run(t, s.dir, "rev-parse", "HEAD"), stored.Ref; a != b {
		t.Errorf("HEAD is %s, not %s", a, b)
	}
	// Again: nothing to do, also for a run that does not know of the first.
	again, err := s.put2(s.store(), d)
	if err != nil || again.Ref != "" || len(again.Paths) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "2" {
		t.Errorf("%s commits", n)
	}
}

func TestPushOddNames(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	names := []string{"-rf.png", "two  spaces.png", "a\nb.png", "q\"'.png", "ünï/日本.png", ":(glob)x.png", "back\\slash.png"}
	for _, name := range names {
		s.put(name, name)
	}
	testgit.Run(t, s.dir, "add", "-A")
	testgit.Run(t, s.dir, "commit", "-q", "-m", "Odd")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main")
	d := s.delivery(names...)
	d.Remove = always
	stored, err := s.put2(s.store(), d)
	if err != nil || len(stored.Paths) != len(names) || len(stored.Removed) != len(names) {
		t.Fatalf("%+v, %v", stored, err)
	}
	for _, r := range d.Results {
		if got := testgit.Run(t, s.bare, "cat-file", "blob", "main:"+r.Output); got != "webp of "+r.Source.Path {
			t.Errorf("%q is %q", r.Output, got)
		}
	}
	if left := testgit.Run(t, s.bare, "ls-tree", "-r", "--name-only", "main", "-z"); strings.Count(left, ".png") != 2 {
		t.Errorf("%q", left)
	}
}

func TestPushOntoMovedBranch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	d := s.delivery("a.png", "b.png")
	other := filepath.Join(t.TempDir(), "other")
	testgit.Run(t, s.dir, "clone", "-q", s.bare, other)
	testfiles.Write(t, other, "a.png", "another picture")
	testgit.Run(t, other, "commit", "-qam", "Another a")
	testgit.Run(t, other, "push", "-q", "origin", "main")
	stored, err := s.put2(s.store(), d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("main"); got != "A\tb.webp" {
		t.Error(got)
	}
	if len(stored.Left) != 1 || stored.Left[0].Path != "a.webp" || !strings.Contains(stored.Left[0].Reason, "changed") {
		t.Errorf("left: %+v", stored.Left)
	}
}

// TestPushFromMergeCommit commits to the branch of a pull request, of which only
// the merge with its base is checked out, in which one source is another.
func TestPushFromMergeCommit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	testgit.Run(t, s.dir, "checkout", "-q", "-b", "topic")
	s.put("c.png", "picture c")
	testgit.Run(t, s.dir, "add", "-A")
	testgit.Run(t, s.dir, "commit", "-q", "-m", "Topic")
	head := testgit.Run(t, s.dir, "rev-parse", "HEAD")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "topic")
	testgit.Run(t, s.dir, "checkout", "-q", "main")
	s.put("a.png", "a of main")
	testgit.Run(t, s.dir, "commit", "-qam", "Main")
	testgit.Run(t, s.dir, "merge", "-q", "--no-edit", "topic")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main:merge")
	shallow := filepath.Join(t.TempDir(), "shallow")
	testgit.Run(t, s.dir, "clone", "-q", "--depth=1", "-b", "merge", "file://"+s.bare, shallow)
	testgit.Run(t, shallow, "checkout", "-q", "--detach")
	s.dir = shallow
	c := s.store()
	c.Branch = "topic"
	d := s.delivery("a.png", "c.png")
	d.Head = head
	stored, err := s.put2(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.changed("topic"); got != "A\tc.webp" {
		t.Error(got)
	}
	if len(stored.Left) != 1 || stored.Left[0].Path != "a.webp" {
		t.Errorf("%+v", stored.Left)
	}
}

// TestPushRace moves the branch between the look at it and the push, by a hook of
// the server that lets the first push in only behind another one.
func TestPushRace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := filepath.Join(t.TempDir(), "other")
	testgit.Run(t, s.dir, "clone", "-q", s.bare, other)
	testfiles.Write(t, other, "c.txt", "c")
	testgit.Run(t, other, "add", "-A")
	testgit.Run(t, other, "commit", "-qm", "Between")
	between := testgit.Run(t, other, "rev-parse", "HEAD")
	testgit.Run(t, other, "push", "-q", "origin", "HEAD:refs/heads/parked")
	hook := "#!/bin/sh\nunset GIT_QUARANTINE_PATH\ntest -e raced && exit 0\ntouch raced\ngit update-ref refs/heads/main " + between + "\n"
	if err := os.WriteFile(filepath.Join(s.bare, "hooks", "pre-receive"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	stored, err := s.put2(s.store(), s.delivery("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	if parent := testgit.Run(t, s.bare, "rev-parse", "main^"); parent != between || stored.Ref != testgit.Run(t, s.bare, "rev-parse", "main") {
		t.Errorf("the commit is on %s, not on %s", parent, between)
	}
	if !strings.Contains(s.log.String(), "has moved") {
		t.Errorf("log: %s", s.log.String())
	}
}

func TestPushToNewBranch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.store()
	c.Branch = "webpress/weekly"
	stored, err := s.put2(c, s.delivery("a.png"))
	if err != nil || stored.Ref == "" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := s.changed("webpress/weekly"); got != "A\ta.webp" {
		t.Error(got)
	}
	if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "1" {
		t.Error("main has moved")
	}
}

func TestPushRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, hint string
		prepare    func(*stage, *Commit)
	}{
		{"protected", "open-pull-request", func(s *stage, _ *Commit) {
			hook := "#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n"
			if err := os.WriteFile(filepath.Join(s.bare, "hooks", "pre-receive"), []byte(hook), 0o755); err != nil {
				s.t.Fatal(err)
			}
		}},
		{"wrong token", "token", func(_ *stage, c *Commit) { c.Remote.Token = "wrong" }},
		{"no token", "token", func(_ *stage, c *Commit) { c.Remote.Token = "" }},
		{"detached", "commit-branch", func(_ *stage, c *Commit) { c.Branch = "" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t)
			c := s.store()
			tc.prepare(s, &c)
			stored, err := s.put2(c, s.delivery("a.png"))
			if err == nil || stored.Ref != "" {
				t.Fatalf("%+v, %v", stored, err)
			}
			if h := err.(*asset.HintError).Hint; !strings.Contains(h, tc.hint) {
				t.Errorf("%v\nhint: %s", err, h)
			}
			if n := testgit.Run(t, s.bare, "rev-list", "--count", "main"); n != "1" {
				t.Errorf("%s commits", n)
			}
		})
	}
}

func TestPushKeepsModes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put("a.webp", "old")
	if err := os.Chmod(filepath.Join(s.dir, "a.webp"), 0o755); err != nil {
		t.Fatal(err)
	}
	testgit.Run(t, s.dir, "add", "-A")
	testgit.Run(t, s.dir, "commit", "-q", "-m", "Old")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main")
	if _, err := s.put2(s.store(), s.delivery("a.png")); err != nil {
		t.Fatal(err)
	}
	if got := testgit.Run(t, s.bare, "ls-tree", "main", "a.webp"); !strings.HasPrefix(got, "100755") {
		t.Error(got)
	}
}

func TestPushFromShallowDetached(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put("c.txt", "c")
	testgit.Run(t, s.dir, "add", "-A")
	testgit.Run(t, s.dir, "commit", "-q", "-m", "More")
	testgit.Run(t, s.dir, "push", "-q", s.bare, "main")
	shallow := filepath.Join(t.TempDir(), "shallow")
	testgit.Run(t, s.dir, "clone", "-q", "--depth=1", "file://"+s.bare, shallow)
	testgit.Run(t, shallow, "checkout", "-q", "--detach")
	s.dir = shallow
	stored, err := s.put2(s.store(), s.delivery("a.png"))
	if err != nil || stored.Ref == "" {
		t.Fatalf("%+v, %v", stored, err)
	}
	if got := s.changed("main"); got != "A\ta.webp" {
		t.Error(got)
	}
}

func TestPushLeavesIgnored(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.put(".gitignore", "*.webp\n")
	stored, err := s.put2(s.store(), s.delivery("a.png"))
	if err != nil || len(stored.Left) != 1 || stored.Ref != "" {
		t.Errorf("%+v, %v", stored, err)
	}
}
