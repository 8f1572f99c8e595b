// Package diff finds out which files a branch changes.
package diff

import (
	"context"
	"errors"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
)

// Changes are the files that a branch changes, against what it is compared with. A nil
// one has none.
type Changes struct {
	// Kinds has every changed file, by its path from the root of the repository.
	Kinds map[string]git.Kind
	// Base is the commit, empty if the platform lists the files alone.
	Base string
	// How says what was compared with what.
	How string
}

// Of are changes that git lists.
func Of(list []git.Difference) *Changes {
	c := &Changes{Kinds: make(map[string]git.Kind, len(list))}
	for _, one := range list {
		c.Kinds[one.Path] = one.Kind
	}
	return c
}

// Has reports whether a file is changed.
func (c *Changes) Has(path string) bool {
	if c == nil {
		return false
	}
	_, ok := c.Kinds[path]
	return ok
}

// Is reports whether a file is changed in a way.
func (c *Changes) Is(path string, kind git.Kind) bool { return c.Has(path) && c.Kinds[path] == kind }

// A Comparer compares the branch that a run is for with its base.
type Comparer struct {
	// Repo is the repository as seen from its top, nil if there is none: NoRepo is why.
	Repo   *git.Repo
	NoRepo error
	Facts  ci.Facts
	// Base is the setting of that name.
	Base string
	// Forge lists the files of the pull request, of which a shallow clone does not have the
	// history; nil if there is none.
	Forge forge.Client

	done    bool
	changes *Changes
	why     string
}

// Compare finds out what has changed: by git where history allows, else by the
// platform's API. If neither knows, changes is nil and why says so. Only the first call
// looks.
func (c *Comparer) Compare(ctx context.Context) (changes *Changes, why string, err error) {
	if c.done {
		return c.changes, c.why, nil
	}
	if changes, why, err = c.byGit(ctx); err == nil && changes == nil {
		var also string
		changes, also, err = c.byAPI(ctx)
		why += also
	}
	if err != nil {
		return nil, "", err
	}
	if changes != nil {
		why = ""
	}
	c.changes, c.why, c.done = changes, why, true
	return changes, why, nil
}

// Known is what Compare has found, nil if it was not called.
func (c *Comparer) Known() *Changes { return c.changes }

func (c *Comparer) byGit(ctx context.Context) (changes *Changes, why string, err error) {
	if c.Repo == nil {
		return nil, ci.Visible(c.NoRepo.Error()), nil
	}
	o := git.BaseOptions{Ref: c.Base}
	switch c.Facts.Event {
	case ci.PullRequest:
		o.SHA, o.Branch = c.Facts.BaseSHA, c.Facts.BaseBranch
		if c.Facts.MergeCommit {
			o.Merge = c.Facts.SHA
		}
	case ci.Push:
		o.SHA = c.Facts.BaseSHA
	}
	base, how, err := c.Repo.Base(ctx, o)
	switch {
	case errors.Is(err, git.ErrNoBase) && o.Ref == "HEAD":
		return nil, "nothing was committed yet", nil // a hook, before the first commit
	case errors.Is(err, git.ErrNoBase) && o.Ref != "":
		return nil, "", &asset.Fault{Message: fmt.Sprintf("compare with %q: %s", o.Ref, err), Hint: asset.HintOf(err)}
	case errors.Is(err, git.ErrNoBase):
		return nil, err.Error(), nil
	case err != nil:
		return nil, "", err
	}
	list, err := c.Repo.Changed(ctx, base)
	if err != nil {
		// A clone without trees or blobs does not know, and nothing is fetched for it.
		if ctx.Err() != nil {
			return nil, "", err
		}
		return nil, err.Error(), nil
	}
	changes = Of(list)
	changes.Base, changes.How = base, "compared with the "+how
	return changes, "", nil
}

// byAPI asks for the files of the pull request.
func (c *Comparer) byAPI(ctx context.Context) (changes *Changes, why string, err error) {
	if c.Facts.PullRequest == 0 || c.Base != "" || c.Forge == nil {
		return nil, "", nil
	}
	files, complete, err := c.Forge.ChangedFiles(ctx, c.Facts.PullRequest)
	switch {
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case err != nil:
		return nil, fmt.Sprintf("; %s", err), nil
	case !complete:
		return nil, "; the platform lists only a part of so many changes", nil
	}
	changes = &Changes{Kinds: map[string]git.Kind{}, How: "the platform's list of the pull request"}
	for _, f := range files {
		switch f.Status {
		case "unchanged":
		case "added", "copied":
			changes.Kinds[f.Path] = git.Added
		case "removed":
			changes.Kinds[f.Path] = git.Deleted
		case "renamed":
			changes.Kinds[f.Previous], changes.Kinds[f.Path] = git.Deleted, git.Added
		default:
			changes.Kinds[f.Path] = git.Modified
		}
	}
	return changes, "", nil
}
