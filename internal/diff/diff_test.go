package diff

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
)

// lister is a forge of which only the list of changed files is there.
type lister struct {
	forge.Client
	files    []forge.ChangedFile
	complete bool
	err      error
	calls    int
}

func (l *lister) ChangedFiles(context.Context, int) ([]forge.ChangedFile, bool, error) {
	l.calls++
	return l.files, l.complete, l.err
}

func TestCompareByAPI(t *testing.T) {
	files := []forge.ChangedFile{
		{Path: "added.png", Status: "added"}, {Path: "copy.png", Status: "copied", Previous: "a.png"},
		{Path: "gone.png", Status: "removed"}, {Path: "new.png", Previous: "old.png", Status: "renamed"},
		{Path: "edited.png", Status: "modified"}, {Path: "same.png", Status: "unchanged"},
	}
	kinds := map[string]git.Kind{
		"added.png": git.Added, "copy.png": git.Added, "gone.png": git.Deleted,
		"old.png": git.Deleted, "new.png": git.Added, "edited.png": git.Modified,
	}
	noRepo := errors.New("no repository")
	for _, tt := range []struct {
		name  string
		forge *lister
		base  string
		pull  int
		want  map[string]git.Kind
		why   string
		calls int
	}{
		{name: "all", forge: &lister{files: files, complete: true}, pull: 7, want: kinds, calls: 1},
		{name: "a part", forge: &lister{files: files}, pull: 7, why: "no repository; the platform lists only a part of so many changes", calls: 1},
		{name: "refused", forge: &lister{err: errors.New("status 403")}, pull: 7, why: "no repository; status 403", calls: 1},
		{name: "a base is set", forge: &lister{files: files, complete: true}, base: "main", pull: 7, why: "no repository"},
		{name: "no pull request", forge: &lister{files: files, complete: true}, why: "no repository"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Comparer{NoRepo: noRepo, Facts: ci.Facts{PullRequest: tt.pull}, Base: tt.base, Forge: tt.forge}
			if c.Known() != nil {
				t.Error("something is known before anybody has asked")
			}
			for range 2 { // the second call does not look again
				changes, why, err := c.Compare(t.Context())
				if err != nil || why != tt.why || (changes != nil) != (tt.want != nil) || c.Known() != changes {
					t.Fatalf("%+v, %q, %v; want why %q", changes, why, err, tt.why)
				}
				if changes != nil {
					if diff := cmp.Diff(tt.want, changes.Kinds); diff != "" {
						t.Errorf("changes (-want +got):\n%s", diff)
					}
				}
			}
			if tt.forge.calls != tt.calls {
				t.Errorf("%d calls, want %d", tt.forge.calls, tt.calls)
			}
		})
	}
	c := Comparer{NoRepo: noRepo, Facts: ci.Facts{PullRequest: 7}}
	if changes, why, err := c.Compare(t.Context()); changes != nil || why != "no repository" || err != nil {
		t.Errorf("without an API: %+v, %q, %v", changes, why, err)
	}
}

func TestChanges(t *testing.T) {
	c := Of([]git.Difference{{Path: "a.png", Kind: git.Added}})
	if !c.Has("a.png") || c.Has("b.png") || !c.Is("a.png", git.Added) || c.Is("a.png", git.Deleted) || c.Is("b.png", "") {
		t.Errorf("%+v", c)
	}
	if none := (*Changes)(nil); none.Has("a.png") || none.Is("a.png", git.Added) {
		t.Error("no changes have a file")
	}
}
