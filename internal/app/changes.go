package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/forge"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/target"
)

// changes are the files that a branch changes, against what it is compared with.
type changes struct {
	// kinds has every changed file, by its path from the root of the repository.
	kinds map[string]git.Kind
	// base is the commit, empty where the platform has told the files alone.
	base string
	// how says what was compared with what.
	how string
}

// only says which files belong to a run that is confined to changes: those that
// have changed, and those of which an output has.
func (c *changes) only(p *past, prefix string) func(file, blob string) bool {
	return func(file, blob string) bool {
		at := path.Join(prefix, file)
		if _, ok := c.kinds[at]; ok || blob == "" {
			return true // git does not have it as it is now
		}
		if p == nil {
			return false
		}
		for _, e := range p.Of(at) {
			if _, ok := c.kinds[e.Output.Path]; ok && e.HasFile() {
				return true
			}
		}
		return false
	}
}

// changed is what the run is confined to, nil for everything. It is found out, and
// told, once.
func (r *run) changed(ctx context.Context) (*changes, error) {
	if r.isConfined {
		return r.confined, nil
	}
	c, err := r.confine(ctx)
	r.confined, r.isConfined = c, err == nil
	return c, err
}

func (r *run) confine(ctx context.Context) (*changes, error) {
	switch r.settings.ChangedOnly {
	case config.Never:
		return nil, nil
	case config.Auto:
		if r.facts.Event != ci.PullRequest {
			return nil, nil
		}
	}
	c, why, err := r.compare(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil {
		r.log.Line("all images are converted, not only what has changed: %s", why)
		return nil, nil
	}
	if file := r.settings.File; file != "" {
		at := path.Join(r.prefix(r.repo), filepath.ToSlash(file))
		if _, ok := c.kinds[at]; ok {
			r.log.Line("%q has changed: all images are converted, not only those that have", file)
			return nil, nil
		}
	}
	r.log.Line("%s: %s", c.how, english.Plural(len(c.kinds), "changed file", ""))
	return c, nil
}

// compare finds out what has changed: by git where history allows, else by the
// platform's API. Where neither knows, it is nil, and why says so. The answer is
// kept.
func (r *run) compare(ctx context.Context) (c *changes, why string, err error) {
	if r.compared {
		return r.comparison, r.incomparable, nil
	}
	c, why, err = r.compareByGit(ctx)
	if err != nil {
		return nil, "", err
	}
	if c == nil {
		var also string
		if c, also, err = r.compareByAPI(ctx); err != nil {
			return nil, "", err
		}
		why += also
	}
	r.comparison, r.incomparable, r.compared = c, why, true
	return c, why, nil
}

func (r *run) compareByGit(ctx context.Context) (c *changes, why string, err error) {
	if r.repo == nil {
		return nil, ci.Visible(r.noRepo.Error()), nil
	}
	repo, f := r.repo.AtTop(), r.facts
	o := git.BaseOptions{Ref: r.settings.Base}
	if f.Event == ci.PullRequest {
		o.SHA, o.Branch = f.BaseSHA, f.BaseBranch
		if f.MergeCommit {
			o.Merge = f.SHA
		}
	} else if f.Event == ci.Push {
		o.SHA = f.BaseSHA
	}
	base, how, err := repo.Base(ctx, o)
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
	list, err := repo.Changed(ctx, base)
	if err != nil {
		// A clone without trees or blobs does not know, and nothing is fetched for it.
		if ctx.Err() != nil {
			return nil, "", err
		}
		return nil, err.Error(), nil
	}
	c = &changes{kinds: make(map[string]git.Kind, len(list)), base: base, how: "compared with the " + how}
	for _, one := range list {
		c.kinds[one.Path] = one.Kind
	}
	return c, "", nil
}

// compareByAPI asks for the files of the pull request: a shallow clone does not
// have its history.
func (r *run) compareByAPI(ctx context.Context) (c *changes, why string, err error) {
	if r.facts.PullRequest == 0 || r.settings.Base != "" {
		return nil, "", nil
	}
	var files []forge.ChangedFile
	complete := false
	switch {
	case r.access().Forge() == target.GitHub && r.facts.APIURL != "":
		files, complete, err = r.access().GitHub(r.facts.Repository).ChangedFiles(ctx, r.facts.PullRequest)
	case r.access().Forge() == target.GitLab:
		files, complete, err = r.access().GitLab().ChangedFiles(ctx, r.facts.PullRequest)
	default:
		return nil, "", nil
	}
	switch {
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case err != nil:
		return nil, fmt.Sprintf("; %s", err), nil
	case !complete:
		return nil, "; the platform lists only a part of so many changes", nil
	}
	c = &changes{kinds: map[string]git.Kind{}, how: "the platform's list of the pull request"}
	for _, f := range files {
		switch f.Status {
		case "unchanged":
		case "added", "copied":
			c.kinds[f.Path] = git.Added
		case "removed":
			c.kinds[f.Path] = git.Deleted
		case "renamed":
			c.kinds[f.Previous], c.kinds[f.Path] = git.Deleted, git.Added
		default:
			c.kinds[f.Path] = git.Modified
		}
	}
	return c, "", nil
}
