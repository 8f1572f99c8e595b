package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func TestCommitted(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	names := []string{"sub/same.webp", "sub/changed.webp", "sub/gone.webp", "sub/d/ünïcödé \".webp", "sub/line\nbreak.webp", "sub/\\\".webp", "outside.webp"}
	for _, name := range names {
		testfiles.Write(t, top, name, "content of "+name)
	}
	testgit.Run(t, top, "add", "-A")
	testgit.Run(t, top, "commit", "-q", "-m", "first")
	r, err := git.Open(t.Context(), filepath.Join(top, "sub"), options())
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.CheckedOut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	testfiles.Write(t, top, "sub/changed.webp", "something else")
	testfiles.Write(t, top, "sub/new.webp", "new")
	testfiles.Write(t, top, "sub/second.webp", "second")
	if err := os.Remove(filepath.Join(top, "sub", "gone.webp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("same.webp", filepath.Join(top, "sub", "link.webp")); err != nil {
		t.Fatal(err)
	}
	testgit.Run(t, top, "add", "sub/second.webp", "sub/link.webp")
	testgit.Run(t, top, "commit", "-q", "-m", "second", "--", "sub/second.webp", "sub/link.webp")

	if got, err := r.CheckedOut(t.Context()); err != nil || len(got) != 40 || got == first {
		t.Errorf("CheckedOut = %q, %v", got, err)
	}
	ask := []string{
		"same.webp", "changed.webp", "gone.webp", "new.webp", "second.webp", "link.webp", "d", "never.webp",
		"d/ünïcödé \".webp", "line\nbreak.webp", "\\\".webp",
	}
	want := map[string]bool{"same.webp": true, "d/ünïcödé \".webp": true, "line\nbreak.webp": true, "\\\".webp": true}
	got, err := r.InCommit(t.Context(), first, ask, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Committed (-want +got):\n%s", diff)
	}
	want["second.webp"] = true
	for _, commit := range []string{"", strings.Repeat("1", 40), "-x"} { // the one that is checked out
		got, err := r.InCommit(t.Context(), commit, ask, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Committed in %q (-want +got):\n%s", commit, diff)
		}
	}
}

func TestCommittedWithoutCommits(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, "a.webp", "a")
	r, err := git.Open(t.Context(), top, options())
	if err != nil {
		t.Fatal(err)
	}
	if id, err := r.CheckedOut(t.Context()); id != "" || err != nil {
		t.Errorf("CheckedOut = %q, %v", id, err)
	}
	if got, err := r.InCommit(t.Context(), "", []string{"a.webp"}, nil); len(got) != 0 || err != nil {
		t.Errorf("Committed = %v, %v", got, err)
	}
}

// What is known already is taken for true, and costs no look into the file.
func TestCommittedKnown(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	for _, name := range []string{"sub/clean.webp", "sub/asked.webp", "sub/another.webp", "sub/link.webp", "sub/gone.webp"} {
		testfiles.Write(t, top, name, name)
	}
	testgit.CommitAll(t, top, "more")
	known := map[string]string{}
	for name, id := range list(t, filepath.Join(top, "sub")) {
		known[name] = id
	}
	known["asked.webp"] = ""
	known["another.webp"] = known["clean.webp"]
	known["new.webp"] = known["clean.webp"]
	for _, name := range []string{"sub/link.webp", "sub/gone.webp"} {
		remove(t, top, name)
	}
	if err := os.Symlink("clean.webp", filepath.Join(top, "sub", "link.webp")); err != nil {
		t.Fatal(err)
	}
	// Nobody opens it: or else the id would not be that any more.
	testfiles.Write(t, top, "sub/clean.webp", "changed behind the back")

	ask := []string{"clean.webp", "asked.webp", "another.webp", "new.webp", "link.webp", "gone.webp"}
	got, err := open(t, filepath.Join(top, "sub")).InCommit(t.Context(), "HEAD", ask, known)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"clean.webp": true, "asked.webp": true}, got); diff != "" {
		t.Errorf("Committed (-want +got):\n%s", diff)
	}
}
