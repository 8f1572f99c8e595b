package git_test

import (
	"os"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func TestFileAt(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	files := map[string]string{"a": "one\n", "sub/b c": "two", "empty": ""}
	for name, content := range files {
		testfiles.Write(t, top, name, content)
	}
	testgit.Run(t, top, "add", "-A")
	testgit.Run(t, top, "commit", "-q", "-m", "first")
	testfiles.Write(t, top, "a", "changed")
	if err := os.MkdirAll(top+"/sub", 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(t.Context(), top+"/sub", options())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := r.FileAt(t.Context(), "HEAD", name); err != nil || got == nil || string(got) != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	for _, at := range [][2]string{{"HEAD", "none"}, {"HEAD", "sub"}, {"no-such-commit", "a"}} {
		if got, err := r.FileAt(t.Context(), at[0], at[1]); err != nil || got != nil {
			t.Errorf("%q: %q, %v", at, got, err)
		}
	}
}
