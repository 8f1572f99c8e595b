package git_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// changedRepo is a repository with a change of every kind since its commit "base".
func changedRepo(t *testing.T) (top string, want map[string]git.Kind) {
	t.Helper()
	top = testgit.Init(t)
	for _, name := range odd {
		testfiles.Write(t, top, "modified/"+name, "one")
		testfiles.Write(t, top, "deleted/"+name, "deleted "+name)
		testfiles.Write(t, top, "sub/"+name, "in a folder")
	}
	for _, name := range []string{"same.png", "touched.png", "mode.png", "link.png", "renamed.png", "staged.png", "rm.png", "cached.png", "both.png", "back.png", "assumed.png", "folder"} {
		testfiles.Write(t, top, name, "content of "+name)
	}
	testfiles.Write(t, top, "other.png", "of the other branch")
	testgit.CommitAll(t, top, "more")
	testgit.Run(t, top, "tag", "base")

	want = map[string]git.Kind{}
	for _, name := range odd {
		testfiles.Write(t, top, "modified/"+name, "two")
		want["modified/"+name] = git.Modified
		remove(t, top, "deleted/"+name)
		want["deleted/"+name] = git.Deleted
		testfiles.Write(t, top, "added/"+name, "added")
		want["added/"+name] = git.Added
	}
	testgit.Run(t, top, "mv", "renamed.png", "new name.png")
	want["renamed.png"], want["new name.png"] = git.Deleted, git.Added
	if err := os.Chmod(filepath.Join(top, "mode.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	want["mode.png"] = git.Modified
	remove(t, top, "link.png")
	if err := os.Symlink("same.png", filepath.Join(top, "link.png")); err != nil {
		t.Fatal(err)
	}
	want["link.png"] = git.Modified
	remove(t, top, "folder")
	testfiles.Write(t, top, "folder/a.png", "below")
	want["folder"], want["folder/a.png"] = git.Deleted, git.Added
	testfiles.Write(t, top, "both.png", "first")
	testfiles.Write(t, top, "back.png", "not for long")
	testgit.CommitAll(t, top, "more")

	testfiles.Write(t, top, "both.png", "second")
	want["both.png"] = git.Modified
	testfiles.Write(t, top, "back.png", "content of back.png")
	testfiles.Write(t, top, "staged.png", "staged")
	testgit.Run(t, top, "add", "staged.png")
	want["staged.png"] = git.Modified
	testgit.Run(t, top, "rm", "--quiet", "rm.png")
	want["rm.png"] = git.Deleted
	testgit.Run(t, top, "rm", "--quiet", "--cached", "cached.png")
	want["cached.png"] = git.Deleted
	testfiles.Write(t, top, "intent.png", "intent")
	testgit.Run(t, top, "add", "--intent-to-add", "intent.png")
	want["intent.png"] = git.Added
	testfiles.Write(t, top, "untracked.png", "untracked")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(top, "touched.png"), later, later); err != nil {
		t.Fatal(err)
	}
	return top, want
}

func TestChanged(t *testing.T) {
	t.Parallel()
	top, want := changedRepo(t)
	if diff := cmp.Diff(want, changed(t, open(t, top), "base")); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
	t.Run("folder", func(t *testing.T) {
		below := map[string]git.Kind{}
		for name, kind := range want {
			if name, ok := strings.CutPrefix(name, "modified/"); ok {
				below[name] = kind
			}
		}
		if diff := cmp.Diff(below, changed(t, open(t, filepath.Join(top, "modified")), "base")); diff != "" {
			t.Errorf("Changed (-want +got):\n%s", diff)
		}
		if got := changed(t, open(t, filepath.Join(top, "sub")), "base"); len(got) != 0 {
			t.Errorf("Changed = %v", got)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		testgit.Run(t, top, "reset", "--quiet", "--hard")
		if got := changed(t, open(t, top), "HEAD"); len(got) != 0 {
			t.Errorf("Changed = %v", got)
		}
	})
	for _, base := range []string{"never", strings.Repeat("1", 40), "--cached", ""} {
		if got, err := open(t, top).Changed(t.Context(), base); err == nil {
			t.Errorf("Changed since %q = %v", base, got)
		}
	}
}

// The user's own settings make no difference.
func TestChangedWhateverIsConfigured(t *testing.T) {
	t.Parallel()
	top, want := changedRepo(t)
	for _, kv := range []string{
		"diff.renames=copies", "diff.noprefix=true", "diff.mnemonicPrefix=true", "diff.relative=false", "diff.external=false",
		"diff.orderFile=/nowhere/at/all", "diff.ignoreSubmodules=none", "diff.autoRefreshIndex=false", "diff.submodule=log",
		"diff.mine.textconv=false", "diff.mine.command=false", "diff.wordRegex=[", "diff.colorMoved=zebra",
		"color.ui=always", "color.diff=always", "core.quotePath=true", "core.abbrev=4", "core.pager=false", "core.fsmonitor=false",
		"diff.noIndex=true", "diff.stat=true", "pager.diff=true", "status.relativePaths=false",
	} {
		key, value, _ := strings.Cut(kv, "=")
		testgit.Run(t, top, "config", key, value)
	}
	testfiles.Write(t, top, ".git/info/attributes", "*.png diff=mine\n")
	r := open(t, top, "GIT_EXTERNAL_DIFF=false", "GIT_DIFF_OPTS=-u1", "GIT_PAGER_IN_USE=1")
	if diff := cmp.Diff(want, changed(t, r, "base")); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
	testgit.Run(t, top, "config", "diff.relative", "true")
	if got := changed(t, open(t, filepath.Join(top, "modified")), "base"); len(got) != len(odd) {
		t.Errorf("Changed in a folder = %v", got)
	}
}

func TestChangedDuringMerge(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, "a.png", "base")
	testfiles.Write(t, top, "b.png", "base")
	testgit.CommitAll(t, top, "more")
	testgit.Run(t, top, "tag", "base")
	testgit.Run(t, top, "checkout", "--quiet", "-b", "other")
	testfiles.Write(t, top, "a.png", "theirs")
	testfiles.Write(t, top, "c.png", "theirs")
	remove(t, top, "b.png")
	testgit.CommitAll(t, top, "more")
	testgit.Run(t, top, "checkout", "--quiet", "-b", "ours", "base")
	testfiles.Write(t, top, "a.png", "ours")
	testfiles.Write(t, top, "b.png", "ours")
	testfiles.Write(t, top, "c.png", "ours")
	testgit.CommitAll(t, top, "more")
	_ = testgit.Command(top, "merge", "--quiet", "other").Run() // conflicts

	want := map[string]git.Kind{"a.png": git.Modified, "b.png": git.Modified, "c.png": git.Added}
	if diff := cmp.Diff(want, changed(t, open(t, top), "base")); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
	remove(t, top, "a.png")
	remove(t, top, "c.png")
	got := changed(t, open(t, top), "base")
	if got["a.png"] != git.Deleted || got["c.png"] == git.Modified {
		t.Errorf("Changed = %v", got)
	}
}

// Submodules are not files, and what a sparse checkout leaves out is not deleted.
func TestChangedSpecial(t *testing.T) {
	t.Parallel()
	part := testgit.Init(t)
	testfiles.Write(t, part, "p.png", "part")
	testgit.CommitAll(t, part, "more")
	top := testgit.Init(t)
	for _, name := range []string{"a.png", "was.png", "out/b.png"} {
		testfiles.Write(t, top, name, "a file")
	}
	testgit.Run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "old")
	testgit.Run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "becomes")
	testgit.CommitAll(t, top, "more")
	testgit.Run(t, top, "tag", "base")
	testgit.Run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "new")
	testgit.Run(t, top, "rm", "--quiet", "was.png", "becomes")
	testgit.Run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "was.png")
	testfiles.Write(t, top, "becomes", "a file now")
	testfiles.Write(t, part, "p.png", "moves on")
	testgit.CommitAll(t, part, "more")
	testgit.Run(t, filepath.Join(top, "old"), "pull", "--quiet")
	testgit.CommitAll(t, top, "more")
	testgit.Run(t, top, "update-index", "--skip-worktree", "out/b.png")
	remove(t, top, "out/b.png")

	want := map[string]git.Kind{".gitmodules": git.Modified, "was.png": git.Deleted, "becomes": git.Added}
	if diff := cmp.Diff(want, changed(t, open(t, top), "base")); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	want := map[string]int64{}
	for i, name := range odd {
		testfiles.Write(t, top, "sub/"+name, strings.Repeat("x", i))
		want[name] = int64(i)
	}
	testfiles.Write(t, top, "outside.png", "outside")
	if runtime.GOOS != "windows" {
		if err := os.Symlink("a", filepath.Join(top, "sub", "link.png")); err != nil {
			t.Fatal(err)
		}
	}
	testgit.CommitAll(t, top, "more")
	testfiles.Write(t, top, "sub/later.png", "not in the commit")
	r := open(t, filepath.Join(top, "sub"))
	got, err := r.Sizes(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sizes (-want +got):\n%s", diff)
	}
	for _, commit := range []string{"never", "--name-only", ""} {
		if got, err := r.Sizes(t.Context(), commit); err == nil {
			t.Errorf("Sizes of %q = %v", commit, got)
		}
	}
}

// A clone without the content of earlier commits neither knows sizes nor asks.
func TestPartialClone(t *testing.T) {
	t.Parallel()
	origin := testgit.Init(t)
	testgit.Run(t, origin, "config", "uploadpack.allowFilter", "true")
	testfiles.Write(t, origin, "a.png", "before")
	testfiles.Write(t, origin, "b.png", "always")
	testgit.CommitAll(t, origin, "more")
	testfiles.Write(t, origin, "a.png", "after")
	testgit.CommitAll(t, origin, "more")
	dir := filepath.Join(t.TempDir(), "clone")
	testgit.Run(t, origin, "clone", "--quiet", "--filter=blob:none", "file://"+filepath.ToSlash(origin), dir)
	packs := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(found)
		return found
	}
	before := packs()
	r := open(t, dir)
	if diff := cmp.Diff(map[string]git.Kind{"a.png": git.Modified}, changed(t, r, "HEAD^")); diff != "" {
		t.Errorf("Changed (-want +got):\n%s", diff)
	}
	if got, err := r.Sizes(t.Context(), "HEAD^"); err == nil {
		t.Errorf("Sizes = %v", got)
	}
	if got, err := r.Sizes(t.Context(), "HEAD"); err != nil || got["a.png"] != 5 {
		t.Errorf("Sizes = %v, %v", got, err)
	}
	if diff := cmp.Diff(before, packs()); diff != "" {
		t.Errorf("something was fetched (-before +after):\n%s", diff)
	}
}

// changed returns the kinds by path.
func changed(t *testing.T, r *git.Repo, base string) map[string]git.Kind {
	t.Helper()
	all, err := r.Changed(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]git.Kind{}
	for _, d := range all {
		if _, twice := kinds[d.Path]; twice {
			t.Errorf("%q is listed twice", d.Path)
		}
		kinds[d.Path] = d.Kind
	}
	return kinds
}
