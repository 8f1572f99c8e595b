package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, "a/b/c.txt", "c")

	r, err := git.Open(t.Context(), filepath.Join(top, "a", "b"), options())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Top(), resolved(t, top); got != want {
		t.Errorf("Top = %q, want %q", got, want)
	}
	if got, want := r.Dir(), resolved(t, filepath.Join(top, "a", "b")); got != want {
		t.Errorf("Dir = %q, want %q", got, want)
	}
}

func TestOpenThroughSymlink(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(top, link); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(t.Context(), link, options())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Dir(), resolved(t, top); got != want {
		t.Errorf("Dir = %q, want %q", got, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	top := testgit.Init(t)
	broken := t.TempDir()
	testfiles.Write(t, broken, ".git", "gitdir: /nowhere/at/all\n")

	tests := map[string]struct {
		dir     string
		program string
		want    error // nil: an *Error whose text contains says
		says    string
	}{
		"no work tree":                {outside, "", git.ErrNoWorkTree, ""},
		"no work tree and no git":     {outside, "no-such-git", git.ErrNoWorkTree, ""},
		"inside of .git":              {filepath.Join(top, ".git", "objects"), "", git.ErrNoWorkTree, ""},
		"no git in the PATH":          {top, "no-such-git", git.ErrNotInstalled, ""},
		"no git there":                {top, "/no/such/git", git.ErrNotInstalled, ""},
		"the repository is elsewhere": {broken, "", nil, "git rev-parse: not a git repository: /nowhere/at/all"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Program = tt.program
			_, err := git.Open(t.Context(), tt.dir, o)
			if tt.want != nil {
				if !errors.Is(err, tt.want) {
					t.Errorf("Open: %v, want %v", err, tt.want)
				}
				return
			}
			var failed *git.Error
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Open: %v, want an *Error with %q", err, tt.says)
			}
		})
	}
}

// A hook has variables set that bind git to the hook's repository; the folder
// decides all the same.
func TestOpenInsideHook(t *testing.T) {
	t.Parallel()
	other, top := testgit.Init(t), testgit.Init(t)
	o := options(
		"GIT_DIR="+filepath.Join(other, ".git"),
		"GIT_WORK_TREE="+other,
		"GIT_INDEX_FILE=.git/index.lock",
		"GIT_PREFIX=sub/",
	)
	r, err := git.Open(t.Context(), top, o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Top(), resolved(t, top); got != want {
		t.Errorf("Top = %q, want %q", got, want)
	}
}

// GIT_TEST_ASSUME_DIFFERENT_OWNER is git's own way to test safe.directory.
func TestOpenTreeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	top := testgit.Init(t)
	testfiles.Write(t, top, "sub/a.png", "a")
	o := options(
		"GIT_TEST_ASSUME_DIFFERENT_OWNER=1",
		// What was handed over before stays.
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.excludesFile", "GIT_CONFIG_VALUE_0="+filepath.Join(top, "excluded"),
	)
	testfiles.Write(t, top, "excluded", "*.log\n")
	testfiles.Write(t, top, "sub/b.log", "b")
	r, err := git.Open(t.Context(), filepath.Join(top, "sub"), o)
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Path != "a.png" {
		t.Errorf("Files = %v, want a.png alone", files)
	}
}

// options returns Options under which the user's own git settings have no say.
func options(env ...string) git.Options {
	return git.Options{Env: append(testgit.Env(), env...)}
}

func resolved(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
