package git_test

import (
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func TestContents(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	files := map[string]string{"a": "one\n\x00two", "b": "\n", "empty": ""}
	for name, content := range files {
		testfiles.Write(t, top, name, content)
	}
	testgit.Run(t, top, "add", "-A")
	testgit.Run(t, top, "commit", "-q", "-m", "first")
	r, err := git.Open(t.Context(), top, options())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.Tree(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	head, err := r.CheckedOut(t.Context()) // no blob
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{strings.Repeat("1", 40), tree.Blob("a"), head, tree.Blob("empty"), tree.Blob("b")}
	got, err := r.Contents(t.Context(), ids)
	if err != nil || len(got) != len(files) {
		t.Fatalf("%q, %v", got, err)
	}
	for name, want := range files {
		if content, ok := got[tree.Blob(name)]; !ok || string(content) != want {
			t.Errorf("%q: %q, want %q", name, content, want)
		}
	}
	if none, err := r.Contents(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("%q, %v", none, err)
	}
}
