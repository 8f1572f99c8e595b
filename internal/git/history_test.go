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

// What git's history shows of where files have come from, whatever is said of them.
func TestShowsMade(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	commit := func(files map[string]string, remove ...string) {
		t.Helper()
		for name, content := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			testfiles.Write(t, top, name, content)
		}
		for _, name := range remove {
			if err := os.Remove(filepath.Join(top, name)); err != nil {
				t.Fatal(err)
			}
		}
		testgit.Run(t, top, "add", "-A")
		testgit.Run(t, top, "commit", "-q", "-m", "x")
	}
	commit(map[string]string{"hand.webp": "hand", "a b.jpg": "1"})
	commit(map[string]string{"a b.webp": "made", "replaced.jpg": "2", "both.jpg": "3", "both.webp": "both"})
	commit(map[string]string{"replaced.webp": "of 2"}, "replaced.jpg")
	commit(map[string]string{"late.jpg": "4"}, "both.jpg")
	commit(map[string]string{"hand.webp": "other"})
	commit(map[string]string{"hand.webp": "hand"}, "late.jpg")
	commit(map[string]string{"folder.jpg/x": "", "in-folder.webp": "f"})

	r, err := git.Open(t.Context(), top, options())
	if err != nil {
		t.Fatal(err)
	}
	id := func(name string) string {
		t.Helper()
		ids, err := r.Hash(t.Context(), []string{name})
		if err != nil {
			t.Fatal(err)
		}
		return ids[name]
	}
	said := func(source, output string) git.Made {
		return git.Made{Source: source, Output: output, Blob: id(output)}
	}
	all := map[git.Made]bool{
		said("a b.jpg", "a b.webp"):           true, // the commit before had it
		said("both.jpg", "both.webp"):         true,
		said("replaced.jpg", "replaced.webp"): true,  // one commit took it and brought the result
		said("late.jpg", "hand.webp"):         false, // it came later, also than another content
		said("never.jpg", "hand.webp"):        false,
		said("folder.jpg", "in-folder.webp"):  false,
		said("a b.jpg", "replaced.webp"):      true, // no proof of more than that it could be
		// A content that no commit has had.
		{Source: "a b.jpg", Output: "a b.webp", Blob: strings.Repeat("1", 40)}:        true,
		{Source: "both.jpg", Output: "no\nwhere.webp", Blob: strings.Repeat("1", 40)}: true, // it is gone again
		{Source: "never.jpg", Output: "a b.webp", Blob: strings.Repeat("1", 40)}:      false,
		{Source: "folder.jpg", Output: "a b.webp", Blob: strings.Repeat("1", 40)}:     false,
		{Source: "a\nb.jpg", Output: "a b.webp", Blob: id("a b.webp")}:                false,
	}
	var asked []git.Made
	want := map[git.Made]bool{}
	for m, shown := range all {
		asked = append(asked, m)
		if shown {
			want[m] = true
		}
	}
	got, first, whole, err := r.ShowsMade(t.Context(), asked)
	if err != nil || !whole {
		t.Fatal(whole, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if data, err := r.FileAt(t.Context(), first[said("never.jpg", "hand.webp")], "hand.webp"); err != nil || string(data) != "hand" {
		t.Errorf("hand.webp is %q in the commit that it is said to be from: %v", data, err)
	}
	if data, err := r.FileAt(t.Context(), first[said("never.jpg", "hand.webp")], "a b.webp"); err != nil || data != nil {
		t.Errorf("that commit is not the oldest: %q, %v", data, err)
	}

	shallow := filepath.Join(t.TempDir(), "shallow")
	testgit.Run(t, top, "clone", "-q", "--depth=1", "file://"+top, shallow)
	if r, err = git.Open(t.Context(), shallow, options()); err != nil {
		t.Fatal(err)
	}
	if got, _, whole, err := r.ShowsMade(t.Context(), asked); err != nil || whole || len(got) > 0 {
		t.Errorf("a shallow clone shows %v, whole %v: %v", got, whole, err)
	}
}
