package git_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// sparse is a repository whose work tree leaves out the folder out and what is
// odd in the folder odd.
func sparse(t *testing.T) string {
	t.Helper()
	top := testgit.Init(t)
	for _, name := range append([]string{"in/a.png", "out/a.png", "out/deep/b.png", "gone.png", "odd/kept.png"}, oddly("odd/")...) {
		testfiles.Write(t, top, name, name)
	}
	testgit.Run(t, top, "add", "--all")
	testgit.Run(t, top, "commit", "--quiet", "--message=one")
	for _, args := range [][]string{{"out/a.png", "out/deep/b.png"}, oddly("odd/")} {
		testgit.Run(t, top, append([]string{"update-index", "--skip-worktree", "--"}, args...)...)
		for _, name := range args {
			remove(t, top, name)
		}
	}
	if err := os.RemoveAll(filepath.Join(top, "out")); err != nil {
		t.Fatal(err)
	}
	remove(t, top, "gone.png")
	return top
}

func oddly(prefix string) []string {
	var all []string
	for _, name := range odd {
		all = append(all, prefix+name)
	}
	return all
}

func TestFilesOfSparseCheckout(t *testing.T) {
	t.Parallel()
	top := sparse(t)
	testfiles.Write(t, top, "out/a.png", "back again")
	want := map[string]string{
		"in/a.png": hash(t, top, "in/a.png"), "odd/kept.png": hash(t, top, "odd/kept.png"),
		"out/a.png": hash(t, top, "out/a.png"),
	}
	if diff := cmp.Diff(want, indexed(t, top)); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
}

// git sets up a cone with an index that knows whole folders only.
func TestFilesOfSparseIndex(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	for _, name := range []string{"a.png", "in/a.png", "out/a.png", "out/deep/b.png"} {
		testfiles.Write(t, top, name, name)
	}
	testgit.Run(t, top, "add", "--all")
	testgit.Run(t, top, "commit", "--quiet", "--message=one")
	if out, err := testgit.Command(top, "sparse-checkout", "set", "--cone", "--sparse-index", "in").CombinedOutput(); err != nil {
		t.Skipf("no sparse index here: %v: %s", err, out)
	}
	if diff := cmp.Diff([]string{"a.png", "in/a.png"}, names(list(t, top))); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
	got, err := open(t, top).SparseSkipped(t.Context(), []string{"out/deep/b.png", "in/a.png", "out/c.png"})
	if err != nil || !sameKeys(got, "out/deep/b.png") {
		t.Errorf("Hidden = %v, %v", got, err)
	}
}

func sameKeys(got map[string]string, want string) bool { return len(got) == 1 && got[want] != "" }

// blobOf is what the index has for a path from the top.
func blobOf(t *testing.T, top, name string) string {
	t.Helper()
	out, err := testgit.Command(top, "rev-parse", ":"+name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestHidden(t *testing.T) {
	t.Parallel()
	top := sparse(t)
	tests := map[string]struct {
		dir         string
		paths, want []string
	}{
		"none":               {"", nil, nil},
		"some":               {"", []string{"in/a.png", "out/a.png", "gone.png", "never.png", "out/deep/b.png"}, []string{"out/a.png", "out/deep/b.png"}},
		"a folder":           {"", []string{"out", "."}, nil},
		"odd names":          {"odd", odd, odd},
		"from a folder":      {"in", []string{"a.png"}, nil},
		"no path of ours":    {"in", []string{"", "../out/a.png", "/etc/passwd", "nul\x00.png"}, nil},
		"beside one of ours": {"", []string{"../x", "out/a.png"}, []string{"out/a.png"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := open(t, filepath.Join(top, tt.dir)).SparseSkipped(t.Context(), tt.paths)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, name := range tt.want {
				want[name] = blobOf(t, top, path.Join(tt.dir, name))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Hidden (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("very many", func(t *testing.T) {
		many := []string{"out/a.png", "in/a.png"}
		for i := range 100_000 {
			many = append(many, fmt.Sprintf("out/never-there-at-all-%d.png", i))
		}
		got, err := open(t, top).SparseSkipped(t.Context(), many)
		if err != nil || !sameKeys(got, "out/a.png") {
			t.Errorf("Hidden = %v, %v", got, err)
		}
	})
	t.Run("there again", func(t *testing.T) {
		testfiles.Write(t, top, "out/a.png", "back again")
		got, err := open(t, top).SparseSkipped(t.Context(), []string{"out/a.png", "out/deep/b.png"})
		if err != nil || !sameKeys(got, "out/deep/b.png") {
			t.Errorf("Hidden = %v, %v", got, err)
		}
	})
}

// No paths cost no process.
func TestHiddenOfNothing(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	calls := filepath.Join(t.TempDir(), "calls")
	wrapper := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\necho \"$1\" >>'"+calls+"'\nexec git \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Program = wrapper
	r, err := git.Open(t.Context(), top, o)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(calls)
	if got, err := r.SparseSkipped(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("Hidden = %v, %v", got, err)
	}
	log, err := os.ReadFile(calls)
	if err != nil || len(before) == 0 || string(log) != string(before) { // those of Open
		t.Errorf("git was run for %q, %q, %v", before, log, err)
	}
}
