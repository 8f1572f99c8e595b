package git_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// history is a repository with these commits; the platform has merged topic into
// main as pull. All are tags, too, with v- before the name.
//
//	m1 - m2 - m3            main
//	      \     \
//	       \     pull       detached
//	        \   /
//	         t1 - t2        topic
//
// pull is made of t2. unrelated is a branch with a history of its own.
func history(t *testing.T) string {
	t.Helper()
	dir := testgit.Init(t)
	testgit.Run(t, dir, "checkout", "--quiet", "-b", "main")
	commit := func(name string) {
		testfiles.Write(t, dir, name, name)
		testgit.CommitAll(t, dir, "more")
		testgit.Run(t, dir, "tag", "v-"+name)
	}
	commit("m1")
	commit("m2")
	testgit.Run(t, dir, "checkout", "--quiet", "-b", "topic")
	commit("t1")
	commit("t2")
	testgit.Run(t, dir, "checkout", "--quiet", "main")
	commit("m3")
	testgit.Run(t, dir, "checkout", "--quiet", "--detach")
	testgit.Run(t, dir, "merge", "--quiet", "--no-edit", "topic")
	testgit.Run(t, dir, "tag", "v-pull")
	testgit.Run(t, dir, "update-ref", "refs/pull/1/merge", "HEAD")
	testgit.Run(t, dir, "checkout", "--quiet", "--orphan", "unrelated")
	commit("u1")
	testgit.Run(t, dir, "checkout", "--quiet", "main")
	return dir
}

// cloned is a clone in which at is checked out, detached, and no tag is known.
func cloned(t *testing.T, origin, at string, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	testgit.Run(t, origin, append(append([]string{"clone", "--quiet", "--no-checkout", "--no-tags"}, args...), "file://"+filepath.ToSlash(origin), dir)...)
	testgit.Run(t, dir, "fetch", "--quiet", "--no-tags", "origin", "refs/pull/1/merge")
	testgit.Run(t, dir, "checkout", "--quiet", "--detach", testgit.Run(t, origin, "rev-parse", at))
	testgit.Run(t, dir, "branch", "--quiet", "-D", "main") // a CI has none of its own
	return dir
}

func TestBase(t *testing.T) {
	t.Parallel()
	origin := history(t)
	id := map[string]string{}
	for _, name := range []string{"m1", "m2", "m3", "t1", "t2", "pull", "u1"} {
		id[name] = testgit.Run(t, origin, "rev-parse", "v-"+name)
	}
	m3 := id["m3"][:7]
	tests := map[string]struct {
		at        string // what is checked out
		o         git.BaseOptions
		want, how string
	}{
		"a branch of origin's":     {"t2", git.BaseOptions{Ref: "main"}, "m2", "merge base with origin/main"},
		"a full name":              {"t2", git.BaseOptions{Ref: "refs/remotes/origin/main"}, "m2", "merge base with refs/remotes/origin/main"},
		"a commit":                 {"t2", git.BaseOptions{Ref: id["m1"]}, "m1", "merge base with " + id["m1"]},
		"a relative commit":        {"t2", git.BaseOptions{Ref: "HEAD^"}, "t1", "merge base with HEAD^"},
		"of a merge":               {"pull", git.BaseOptions{Ref: "main"}, "m3", "merge base with origin/main"},
		"what is checked out":      {"m3", git.BaseOptions{Ref: "main"}, "m3", "commit that is checked out, as origin/main has it"},
		"no history in common":     {"t2", git.BaseOptions{Ref: "unrelated"}, "u1", "commit origin/unrelated, as its history does not meet the one that is checked out"},
		"the user outweighs all":   {"pull", git.BaseOptions{Ref: id["m1"], Merge: id["pull"], SHA: id["m2"], Branch: "main"}, "m1", "merge base with " + id["m1"]},
		"merge commit":             {"pull", git.BaseOptions{Merge: id["pull"], SHA: id["m2"], Branch: "main"}, "m3", "first parent of the pull request's merge commit"},
		"another is checked out":   {"t2", git.BaseOptions{Merge: id["pull"], SHA: id["m3"], Branch: "main"}, "m2", "merge base with the CI's base " + m3},
		"no merge after all":       {"t2", git.BaseOptions{Merge: id["t2"], SHA: id["m3"], Branch: "main"}, "m2", "merge base with the CI's base " + m3},
		"the CI's base":            {"t2", git.BaseOptions{SHA: id["m3"]}, "m2", "merge base with the CI's base " + m3},
		"the CI's base is not met": {"t2", git.BaseOptions{SHA: id["u1"], Branch: "main"}, "u1", "CI's base " + id["u1"][:7] + ", as its history does not meet the one that is checked out"},
		"the CI's base is unknown": {"t2", git.BaseOptions{SHA: strings.Repeat("1", 40), Branch: "main"}, "m2", "merge base with origin/main"},
		"the branch":               {"t2", git.BaseOptions{Branch: "main"}, "m2", "merge base with origin/main"},
		"at home":                  {"t2", git.BaseOptions{}, "m2", "merge base with origin/HEAD"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := cloned(t, origin, "v-"+tt.at)
			got, how, err := open(t, dir).Base(t.Context(), tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if got != id[tt.want] || how != tt.how {
				t.Errorf("Base = %s, %q; want %s (%s), %q", got, how, id[tt.want], tt.want, tt.how)
			}
		})
	}
}

func TestBaseShallow(t *testing.T) {
	t.Parallel()
	origin := history(t)
	id := func(name string) string { return testgit.Run(t, origin, "rev-parse", name) }
	// What actions/checkout makes of a pull request, with fetch-depth n.
	pull := func(t *testing.T, depth string) string {
		dir := testgit.Init(t)
		testgit.Run(t, dir, "remote", "add", "origin", "file://"+filepath.ToSlash(origin))
		testgit.Run(t, dir, "fetch", "--quiet", "--no-tags", "--depth="+depth, "origin", "+"+id("v-pull")+":refs/remotes/pull/1/merge")
		testgit.Run(t, dir, "checkout", "--quiet", "refs/remotes/pull/1/merge")
		return dir
	}
	known := git.BaseOptions{Merge: id("v-pull"), SHA: id("v-m3"), Branch: "main"}

	t.Run("both parents", func(t *testing.T) {
		dir := pull(t, "2")
		r := open(t, dir)
		got, _, err := r.Base(t.Context(), known)
		if err != nil || got != id("v-m3") {
			t.Fatalf("Base = %s, %v", got, err)
		}
		if kinds := changed(t, r, got); len(kinds) != 2 || kinds["t1"] != git.Added || kinds["t2"] != git.Added {
			t.Errorf("Changed = %v", kinds)
		}
	})
	t.Run("no parents", func(t *testing.T) {
		expectNoBase(t, pull(t, "1"), known, `no commit to compare with: the branch "origin/main" is not here, as the clone is shallow`, "fetch-depth: 0")
	})
	t.Run("no parents, a base by its id", func(t *testing.T) {
		dir := pull(t, "1")
		testgit.Run(t, dir, "fetch", "--quiet", "--depth=1", "origin", id("v-m3"))
		got, how, err := open(t, dir).Base(t.Context(), known)
		if err != nil || got != id("v-m3") || !strings.HasPrefix(how, "CI's base ") {
			t.Errorf("Base = %s, %q, %v", got, how, err)
		}
	})
	t.Run("no parents, a base that the user named", func(t *testing.T) {
		dir := pull(t, "1")
		testgit.Run(t, dir, "fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main")
		got, how, err := open(t, dir).Base(t.Context(), git.BaseOptions{Ref: "main"})
		if err != nil || got != id("v-m3") || how != "commit origin/main, as its history does not meet the one that is checked out" {
			t.Errorf("Base = %s, %q, %v", got, how, err)
		}
	})
	t.Run("the branch's history is cut short", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "clone")
		testgit.Run(t, origin, "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=topic", "file://"+filepath.ToSlash(origin), dir)
		expectNoBase(t, dir, git.BaseOptions{Branch: "main"}, `no commit to compare with: the clone is shallow: history ends before it meets that of "origin/main"`, "GIT_DEPTH: 0")
		expectNoBase(t, dir, git.BaseOptions{}, `no commit to compare with: the clone is shallow: history ends before it meets that of "origin/`, "--unshallow")
	})
	t.Run("a push", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "clone")
		testgit.Run(t, origin, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(origin), dir)
		expectNoBase(t, dir, git.BaseOptions{SHA: id("v-m2")}, "no commit to compare with: the CI's base "+id("v-m2")[:7]+" is not here, as the clone is shallow", "fetch-depth: 0")
		expectNoBase(t, dir, git.BaseOptions{Merge: id("v-m3")}, "no commit to compare with: the base of the pull request is not here, as the clone is shallow", "fetch-depth: 0")
	})
}

func TestNoBase(t *testing.T) {
	t.Parallel()
	origin := history(t)
	dir := cloned(t, origin, "v-t2")
	for _, ref := range []string{"never", "-x", "--all", "^main", "main..topic", "v-m1", "HEAD:m1", strings.Repeat("1", 40), "a b", "new\nline", "nul\x00"} {
		t.Run(ref, func(t *testing.T) {
			expectNoBase(t, dir, git.BaseOptions{Ref: ref, Branch: "main"}, "is not a branch, tag or commit in this clone", "fetch it first")
		})
	}
	expectNoBase(t, dir, git.BaseOptions{Branch: "never"}, `the branch "origin/never" is not here`, "fetch it first")
	expectNoBase(t, dir, git.BaseOptions{Branch: "unrelated"}, `what is checked out has no commit in common with "origin/unrelated"`, "")
	// The pull request has been merged, or origin is the fork and not what it is for.
	expectNoBase(t, dir, git.BaseOptions{Branch: "topic"}, `"origin/topic" has all of what is checked out already`, "")

	expectNoBase(t, testgit.Init(t), git.BaseOptions{Ref: "main"}, "nothing is committed yet", "")
}

// At home there may be no origin.
func TestBaseAtHome(t *testing.T) {
	t.Parallel()
	dir := history(t)
	base := func(want, how string) {
		t.Helper()
		got, said, err := open(t, dir).Base(t.Context(), git.BaseOptions{})
		if err != nil || got != testgit.Run(t, dir, "rev-parse", want) || said != how {
			t.Errorf("Base = %s, %q, %v; want %s, %q", got, said, err, want, how)
		}
	}
	expectNoBase(t, dir, git.BaseOptions{}, "there is neither origin/HEAD nor another branch main or master", "`base`")
	testgit.Run(t, dir, "checkout", "--quiet", "topic")
	base("v-m2", "merge base with main")
	testgit.Run(t, dir, "checkout", "--quiet", "-b", "fresh", "main")
	base("v-m3", "commit that is checked out, as main has it")
	testgit.Run(t, dir, "checkout", "--quiet", "unrelated")
	expectNoBase(t, dir, git.BaseOptions{}, `what is checked out has no commit in common with "main"`, "")
	testgit.Run(t, dir, "checkout", "--quiet", "--detach", "main") // as a CI does
	expectNoBase(t, dir, git.BaseOptions{}, "there is neither", "`base`")
	testgit.Run(t, dir, "branch", "--quiet", "master", "v-m1")
	base("v-m1", "merge base with master")
	testgit.Run(t, dir, "checkout", "--quiet", "main")
	testgit.Run(t, dir, "update-ref", "refs/remotes/origin/main", "v-m2")
	base("v-m2", "merge base with origin/main") // what was not pushed yet
	testgit.Run(t, dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	base("v-m2", "merge base with origin/HEAD")
}

// A local branch outweighs origin's of the same name.
func TestBaseIsLocalFirst(t *testing.T) {
	t.Parallel()
	dir := cloned(t, history(t), "v-t2")
	testgit.Run(t, dir, "branch", "--quiet", "-f", "main", "origin/topic^")
	got, how, err := open(t, dir).Base(t.Context(), git.BaseOptions{Ref: "main"})
	if err != nil || got != testgit.Run(t, dir, "rev-parse", "origin/topic^") || how != "merge base with main" {
		t.Errorf("Base = %s, %q, %v", got, how, err)
	}
}

func expectNoBase(t *testing.T, dir string, o git.BaseOptions, says, hint string) {
	t.Helper()
	got, how, err := open(t, dir).Base(t.Context(), o)
	if !errors.Is(err, git.ErrNoBase) || got != "" || how != "" {
		t.Errorf("Base = %q, %q, %v", got, how, err)
		return
	}
	fault, ok := errors.AsType[*asset.Fault](err)
	if !ok || !strings.Contains(err.Error(), says) || !strings.Contains(fault.Hint, hint) || hint == "" && fault.Hint != "" {
		t.Errorf("Base: %v, %+v", err, fault)
	}
}
