package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/store"
)

// Stores are where the results of a run go, and where they do not go although
// somebody could expect it.
type Stores struct {
	List []store.Store
	// Skipped are the stores that are not tried, each with a note that says why.
	Skipped []asset.Receipt
}

// A Chooser chooses the stores of a run.
type Chooser struct {
	Access
	Settings config.Config
	// Repo is the repository that the run is in, nil if there is none: NoRepo is why.
	Repo   *git.Repo
	NoRepo error
	// Shard is which part of all images the run is about, such as 2/4; empty is all.
	Shard string
	Now   func() time.Time
	// OpenBucket opens the bucket at an address.
	OpenBucket func(ctx context.Context, address string) (bucket.Bucket, error)
}

// skip says why a store is not tried.
func (s *Stores) skip(name, format string, args ...any) {
	s.Skipped = append(s.Skipped, asset.Receipt{Store: name, Notes: []string{fmt.Sprintf(format, args...)}})
}

// Choose finds out where results go. Its error is a mistake in the
// settings, found before any work is done.
func (c *Chooser) Choose(ctx context.Context) (to Stores, err error) {
	s := c.Settings
	wanted, byDefault := s.Store, len(s.Store) == 0
	if byDefault && s.Action && c.Facts.Event != "" {
		wanted = []string{config.StoreCommit}
	}
	if slices.Contains(wanted, config.StoreNone) {
		return to, nil
	}
	artifact := slices.Contains(wanted, config.StoreArtifact)
	var faults []error
	if c.Shard != "" {
		if slices.Contains(wanted, config.StoreCommit) {
			to.skip(config.StoreCommit, "nothing is committed: this is shard %s, and `webpress merge` commits what all of them have made", c.Shard)
			artifact = artifact || s.ArtifactDir == "" || c.artifact().Check() == nil
		}
	} else if slices.Contains(wanted, config.StoreCommit) {
		upload, err := c.chooseCommit(ctx, &to, byDefault)
		faults = append(faults, err)
		// The results are wanted outside of the job: this is the other way.
		artifact = artifact || upload && c.artifact().Check() == nil
	} else if s.OpenPullRequest {
		to.skip(config.StoreCommit, "no pull request is opened: `store` has no commit")
	}
	faults = append(faults, c.chooseArtifact(&to, artifact), c.chooseBuckets(ctx, &to, wanted))
	if s.DryRun {
		for i, one := range to.List {
			if _, cannot := one.(store.Failed); !cannot {
				to.List[i] = store.Dry{Store: one}
			}
		}
	}
	return to, errors.Join(faults...)
}

// chooseArtifact adds the stores whose results the CI takes up.
func (c *Chooser) chooseArtifact(to *Stores, upload bool) error {
	dir := c.Settings.ArtifactDir
	if upload {
		a := c.artifact()
		switch err := a.Check(); {
		case err == nil:
			to.List = append(to.List, a)
		case dir == "":
			return err
		case c.Secrets.ResultsURL != "" || c.Secrets.RuntimeToken != "":
			to.skip(a.Name(), "nothing was uploaded, only copied to artifact-dir: %s", err)
		}
	}
	if dir != "" {
		to.List = append(to.List, store.Folder{Dir: c.Settings.At(dir)})
	}
	return nil
}

// chooseBuckets adds the buckets among the wanted stores.
func (c *Chooser) chooseBuckets(ctx context.Context, to *Stores, wanted []string) error {
	var faults []error
	for _, address := range wanted {
		if !config.IsBucket(address) {
			continue
		}
		b, err := c.OpenBucket(ctx, address)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		to.List = append(to.List, store.Bucket{To: b, CacheControl: c.Settings.CacheControl, Overwrite: c.Settings.Overwrite})
	}
	return errors.Join(faults...)
}

// artifact is the store that uploads.
func (c *Chooser) artifact() store.Artifact {
	name := c.Settings.ArtifactName
	if c.Shard != "" {
		// Each of the jobs uploads one, and two of the same name are refused.
		name = name + "-" + strings.Replace(c.Shard, "/", "-of-", 1)
	}
	return store.Artifact{
		ArtifactName: name, RetentionDays: c.Settings.ArtifactRetentionDays,
		MaxRetentionDays: c.Facts.RetentionDays,
		ResultsURL:       c.Secrets.ResultsURL, Token: c.Secrets.RuntimeToken, RunURL: c.Facts.RunURL,
		Client: c.HTTP, Mask: c.CI.Mask, Now: c.Now,
	}
}
