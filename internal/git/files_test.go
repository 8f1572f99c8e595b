package git_test

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

// odd are names that are easily got wrong.
var odd = []string{
	"with space.png", `quote".png`, "single'.png", "new\nline.png", "tab\t.png",
	"grüße/漢字.png", "-dash.png", "--.png", ":colon.png", ":(top)x.png", "back\\slash.png",
	"star*.png", "[a].png", "!bang.png", "#hash.png", "? q.png", " lead.png", "trail .png",
}

func init() {
	if runtime.GOOS == "linux" { // elsewhere a name has to be UTF-8
		odd = append(odd, "inv\xffalid.png")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, ".gitignore", "/dist/\n*.log\n")
	for _, name := range odd {
		testfiles.Write(t, top, name, "tracked "+name)
		testfiles.Write(t, top, "sub/"+name, "tracked sub "+name)
	}
	testfiles.Write(t, top, "gone.png", "gone")
	testfiles.Write(t, top, "changed.png", "before")
	testfiles.Write(t, top, "assumed.png", "assumed")
	testfiles.Write(t, top, "sparse.png", "sparse")
	testfiles.Write(t, top, "forced.log", "forced")
	testfiles.Write(t, top, "removed.png", "removed from the index")
	testgit.Run(t, top, "add", "--all")
	testgit.Run(t, top, "add", "--force", "forced.log")
	testgit.Run(t, top, "commit", "--quiet", "--message=one")

	remove(t, top, "gone.png")
	testfiles.Write(t, top, "changed.png", "after!")
	testgit.Run(t, top, "update-index", "--assume-unchanged", "assumed.png")
	testgit.Run(t, top, "update-index", "--skip-worktree", "sparse.png")
	remove(t, top, "sparse.png")
	testgit.Run(t, top, "rm", "--quiet", "--cached", "removed.png")
	testfiles.Write(t, top, "dist/x.png", "ignored")
	testfiles.Write(t, top, "run.log", "ignored")
	testfiles.Write(t, top, "staged.png", "staged")
	testgit.Run(t, top, "add", "staged.png")
	testfiles.Write(t, top, "added later.png", "intent")
	testgit.Run(t, top, "add", "--intent-to-add", "added later.png")
	for _, name := range odd {
		testfiles.Write(t, top, "new/"+name, "untracked")
	}
	nested := filepath.Join(top, "nested")
	testgit.Run(t, top, "init", "--quiet", nested)
	testfiles.Write(t, nested, "n.png", "of another repository")
	testgit.Run(t, nested, "add", "--all")
	testgit.Run(t, nested, "commit", "--quiet", "--message=nested")
	if err := os.Symlink("changed.png", filepath.Join(top, "link.png")); err != nil {
		t.Fatal(err)
	}

	blob := func(content string) string { return hash(t, top, content) }
	want := map[string]string{
		".gitignore":      blob("/dist/\n*.log\n"),
		"changed.png":     "",
		"assumed.png":     "",
		"forced.log":      blob("forced"),
		"removed.png":     "",
		"staged.png":      blob("staged"),
		"added later.png": "",
		"link.png":        "",
	}
	for _, name := range odd {
		want[name] = blob("tracked " + name)
		want["sub/"+name] = blob("tracked sub " + name)
		want["new/"+name] = ""
	}
	if diff := cmp.Diff(want, list(t, top)); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
	t.Run("index", func(t *testing.T) {
		want := maps.Clone(want)
		maps.Copy(want, map[string]string{
			"changed.png": blob("before"), "assumed.png": blob("assumed"), "link.png": "untracked", "removed.png": "untracked",
			"added later.png": blob(""), // git has only the intent
		})
		for _, name := range odd {
			want["new/"+name] = "untracked"
		}
		if diff := cmp.Diff(want, indexed(t, top)); diff != "" {
			t.Errorf("Index (-want +got):\n%s", diff)
		}
	})

	t.Run("subfolder", func(t *testing.T) {
		want := map[string]string{}
		for _, name := range odd {
			want[name] = blob("tracked sub " + name)
		}
		if diff := cmp.Diff(want, list(t, filepath.Join(top, "sub"))); diff != "" {
			t.Errorf("Files (-want +got):\n%s", diff)
		}
	})
	t.Run("under", func(t *testing.T) {
		want := map[string]string{
			"star*.png": blob("tracked star*.png"), ":(top)x.png": blob("tracked :(top)x.png"),
			"grüße/漢字.png": blob("tracked grüße/漢字.png"), "--.png": blob("tracked --.png"),
		}
		got := list(t, top, "star*.png", ":(top)x.png", "grüße", "--.png", "not/there", "nested/n.png", "dist")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Files (-want +got):\n%s", diff)
		}
	})
}

func TestFilesOfSubmodule(t *testing.T) {
	t.Parallel()
	part := testgit.Init(t)
	testfiles.Write(t, part, "p.png", "part")
	testgit.Run(t, part, "add", "--all")
	testgit.Run(t, part, "commit", "--quiet", "--message=part")
	top := testgit.Init(t)
	testfiles.Write(t, top, "a.png", "a")
	testgit.Run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "part")

	if diff := cmp.Diff([]string{".gitmodules", "a.png"}, names(list(t, top))); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
	// Inside of it, it is a work tree like any other.
	if diff := cmp.Diff([]string{"p.png"}, names(list(t, filepath.Join(top, "part")))); diff != "" {
		t.Errorf("Files in the submodule (-want +got):\n%s", diff)
	}
}

func TestFilesDuringMerge(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	commit := func(content string) {
		testfiles.Write(t, top, "a.png", content)
		testgit.Run(t, top, "add", "--all")
		testgit.Run(t, top, "commit", "--quiet", "--message="+content)
	}
	commit("base")
	testgit.Run(t, top, "checkout", "--quiet", "-b", "other")
	commit("theirs")
	testgit.Run(t, top, "checkout", "--quiet", "-")
	commit("ours")
	_ = testgit.Command(top, "merge", "--quiet", "other").Run() // conflicts

	if diff := cmp.Diff(map[string]string{"a.png": ""}, list(t, top)); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a.png": ""}, indexed(t, top)); diff != "" {
		t.Errorf("Index (-want +got):\n%s", diff)
	}
	remove(t, top, "a.png")
	if got := list(t, top); len(got) != 0 {
		t.Errorf("Files = %q after the file was deleted", got)
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, ".gitignore", "/dist/\n*.log\n")
	testfiles.Write(t, top, "dist/sub/x.png", "x")
	testfiles.Write(t, top, "src/a.png", "a")
	testfiles.Write(t, top, "forced.log", "forced")
	testgit.Run(t, top, "add", "--all")
	testgit.Run(t, top, "add", "--force", "forced.log")

	tests := map[string]struct {
		dir   string
		paths []string
		want  []string
	}{
		"some":                   {"", []string{"dist", "src", "dist/sub", "src/a.png", "new.log", "not/there"}, []string{"dist", "dist/sub", "new.log"}},
		"tracked":                {"", []string{"forced.log"}, nil},
		"odd names":              {"", []string{":(top)x.log", "-x.log", "new\nline.log", "*.png"}, []string{"-x.log", ":(top)x.log", "new\nline.log"}},
		"the top itself":         {"", []string{"."}, nil},
		"an ignored folder":      {"dist", []string{".", "sub"}, []string{".", "sub"}},
		"a folder below it":      {"dist/sub", []string{"."}, []string{"."}},
		"a folder not ignored":   {"src", []string{".", "a.png"}, nil},
		"no question, no answer": {"", nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := git.Open(t.Context(), filepath.Join(top, tt.dir), options())
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Ignored(t.Context(), tt.paths...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, names(got)); diff != "" {
				t.Errorf("Ignored (-want +got):\n%s", diff)
			}
		})
	}
}

// list returns the blob ids by path.
func list(t *testing.T, dir string, under ...string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, f := range files(t, dir, under...) {
		if _, twice := got[f.Path]; twice {
			t.Errorf("%q is listed twice", f.Path)
		}
		if f.Blob != "" && f.Blob != f.Index {
			t.Errorf("%q: Blob %s, Index %s", f.Path, f.Blob, f.Index)
		}
		got[f.Path] = f.Blob
	}
	return got
}

// indexed returns the ids that the index has by path, and untracked for what it has
// not.
func indexed(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, f := range files(t, dir) {
		got[f.Path] = f.Index
		if f.Untracked {
			got[f.Path] += "untracked"
		}
	}
	return got
}

func files(t *testing.T, dir string, under ...string) []git.File {
	t.Helper()
	r, err := git.Open(t.Context(), dir, options())
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(t.Context(), under...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func names[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func hash(t *testing.T, dir, content string) string {
	t.Helper()
	cmd := testgit.Command(dir, "hash-object", "--stdin")
	cmd.Stdin = strings.NewReader(content)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func TestTracked(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	for _, name := range []string{"a b.webp", "gone.webp", ":(top)x.webp"} {
		testfiles.Write(t, top, name, name)
	}
	testgit.Run(t, top, "add", "-A")
	testfiles.Write(t, top, "untracked.webp", "x")
	if err := os.Remove(filepath.Join(top, "gone.webp")); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(t.Context(), top, options())
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Tracked(t.Context(), []string{"a b.webp", "gone.webp", ":(top)x.webp", "untracked.webp", "never.webp", "../x"})
	want := map[string]bool{"a b.webp": true, "gone.webp": true, ":(top)x.webp": true}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Tracked (-want +got): %v\n%s", err, diff)
	}
	if got, err := r.Tracked(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("Tracked: %v, %v", got, err)
	}
}
