package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/ledger"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// stores are where the results of a run go, and where they do not go although
// somebody could expect it.
type stores struct {
	list []store.Store
	// kept are the stores that are not tried, each with a note that says why.
	kept []report.Delivery
}

// keep says why a store is not tried.
func (s *stores) keep(name, format string, args ...any) {
	s.kept = append(s.kept, report.Delivery{Stored: asset.Stored{Store: name, Notes: []string{fmt.Sprintf(format, args...)}}})
}

// chooseStores finds out where results go. Its error is a mistake in the
// settings, found before any work is done.
func (r *run) chooseStores(ctx context.Context, repo *git.Repo) (to stores, err error) {
	s := r.settings
	wanted, byDefault := s.Store, len(s.Store) == 0
	if byDefault && s.Action && r.facts.Event != "" {
		wanted = []string{config.StoreCommit}
	}
	if slices.Contains(wanted, config.StoreNone) {
		return to, nil
	}
	artifact := slices.Contains(wanted, config.StoreArtifact)
	var faults []error
	if r.shard.total > 0 {
		if slices.Contains(wanted, config.StoreCommit) {
			to.keep(config.StoreCommit, "nothing is committed: this is shard %s, and `webpress merge` commits what all of them have made", r.shard)
			artifact = artifact || s.ArtifactDir == "" || r.artifact().Check() == nil
		}
	} else if slices.Contains(wanted, config.StoreCommit) {
		upload, err := r.chooseCommit(ctx, &to, repo, byDefault)
		faults = append(faults, err)
		// The results are wanted outside of the job: this is the other way.
		artifact = artifact || upload && r.artifact().Check() == nil
	} else if s.OpenPullRequest {
		to.keep(config.StoreCommit, "no pull request is opened: `store` has no commit")
	}
	faults = append(faults, r.chooseArtifact(&to, artifact))
	if s.DryRun {
		for i, one := range to.list {
			if _, cannot := one.(failed); !cannot {
				to.list[i] = dry{one}
			}
		}
	}
	return to, errors.Join(faults...)
}

// chooseArtifact adds the stores whose results the CI takes up.
func (r *run) chooseArtifact(to *stores, upload bool) error {
	dir := r.settings.ArtifactDir
	if upload {
		a := r.artifact()
		switch err := a.Check(); {
		case err == nil:
			to.list = append(to.list, a)
		case dir == "":
			return err
		case r.secrets.ResultsURL != "" || r.secrets.RuntimeToken != "":
			to.keep(a.Name(), "nothing was uploaded, only copied to artifact-dir: %s", err)
		}
	}
	if dir != "" {
		to.list = append(to.list, store.Folder{Dir: r.at(dir)})
	}
	return nil
}

// artifact is the store that uploads.
func (r *run) artifact() store.Artifact {
	name := r.settings.ArtifactName
	if r.shard.total > 0 {
		// Each of the jobs uploads one, and two of the same name are refused.
		name = fmt.Sprintf("%s-%d-of-%d", name, r.shard.index, r.shard.total)
	}
	return store.Artifact{
		ArtifactName: name, RetentionDays: r.settings.ArtifactRetentionDays,
		MaxRetentionDays: r.facts.RetentionDays,
		ResultsURL:       r.secrets.ResultsURL, Token: r.secrets.RuntimeToken, RunURL: r.facts.RunURL,
		Client: r.client(), Mask: r.ci.Mask, Now: r.Now,
	}
}

// at is the absolute path of a file or folder that a setting names.
func (r *run) at(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(r.settings.WorkingDirectory, name)
}

// store hands the results to each store in turn. p may be nil. ok says that all was
// delivered.
func (r *run) store(ctx context.Context, to stores, in report.Input, p *past, done finished) (_ []report.Delivery, ok bool) {
	if len(to.list) == 0 || ctx.Err() != nil {
		return r.hand(ctx, to, store.Delivery{})
	}
	d, err := r.delivery(ctx, in, p)
	if err != nil {
		r.log.Fault(err)
		return to.kept, false
	}
	d.Deleted = done.deleted
	if d.Empty() && len(in.Results) > 0 && !r.settings.DryRun {
		r.tellNothingLeft()
	}
	return r.hand(ctx, to, d)
}

// hand hands d to each store in turn. What one cannot deliver does not keep the
// others from it.
func (r *run) hand(ctx context.Context, to stores, d store.Delivery) (done []report.Delivery, ok bool) {
	done, ok = to.kept, true
	for _, one := range to.kept {
		for _, note := range one.Notes {
			r.log.Line("%s: %s", one.Store, note)
		}
	}
	if len(to.list) == 0 {
		return done, ok
	}
	defer r.ci.Group("Deliver")()
	empty := d.Empty()
	for _, s := range to.list {
		if ctx.Err() != nil {
			break
		}
		one := report.Delivery{Stored: asset.Stored{Store: s.Name()}}
		// A folder may hold what is no longer a result.
		if !empty || s.Name() == "folder" {
			one = r.put(ctx, s, d)
		}
		if one.Err != nil || len(one.Left) > 0 {
			ok = false
		}
		done = append(done, one)
	}
	return done, ok
}

// put delivers to one store, and tells of it.
func (r *run) put(ctx context.Context, s store.Store, d store.Delivery) report.Delivery {
	stored, err := s.Put(ctx, d)
	stored.Store = s.Name()
	if stored.Store == config.StoreCommit && stored.URL == "" {
		stored.URL = r.commitURL(stored.Ref)
	}
	one := report.Delivery{Stored: stored}
	for _, note := range stored.Notes {
		r.log.Line("%s: %s", stored.Store, note)
	}
	for _, left := range stored.Left {
		r.log.Error("%s: %q is left out: %s", stored.Store, left.Path, left.Reason)
	}
	if err == nil {
		if n := len(stored.Paths) + len(stored.Removed); n > 0 {
			r.log.Line("%s", strings.TrimRight(fmt.Sprintf("%s: %s delivered %s", stored.Store, english.Plural(n, "file", ""), stored.URL), " "))
		}
		return one
	}
	fault := &asset.Fault{Message: err.Error()}
	_ = errors.As(err, &fault)
	one.Err = fault
	if ctx.Err() == nil {
		r.log.Fault(err)
		r.annotateRun(strings.TrimSuffix(fault.Error()+"\n"+fault.Hint, "\n"))
	}
	return one
}

// delivery is what there is to hand over.
func (r *run) delivery(ctx context.Context, in report.Input, p *past) (store.Delivery, error) {
	s := r.settings
	d := store.Delivery{
		Dir: s.WorkingDirectory, Prefix: r.prefix(r.repo), Results: r.inTree(in.Results),
		Remove: r.removed, Recipe: r.recipeFor, Head: r.facts.HeadSHA, Shard: r.shard.String(),
	}
	var err error
	if d.Report, err = report.New(in).JSON(); err != nil {
		return d, err
	}
	if r.repo == nil || s.DryRun {
		return d, nil
	}
	if d.Head == "" {
		if d.Head, err = r.repo.CheckedOut(ctx); err != nil {
			return d, err
		}
	}
	var outputs []string
	known := map[string]string{}
	for _, f := range d.Files() {
		outputs = append(outputs, f.Output)
		if p != nil && f.Status == asset.Skipped {
			known[f.Output] = p.files[f.Output].Blob
		}
	}
	have, err := r.repo.Committed(ctx, d.Head, outputs, known)
	if err != nil {
		return d, err
	}
	d.Committed = func(output string) bool { return have[output] }
	if p != nil && r.shard.total == 0 {
		d.Lock, err = r.lockFor(ctx, p, d.Head)
	}
	return d, err
}

// inTree are the results that stay in the working directory, and so can be delivered.
func (r *run) inTree(all []asset.Result) []asset.Result {
	left := slices.DeleteFunc(slices.Clone(all), func(one asset.Result) bool {
		return tree.IsOutside(one.Source.Path) || one.Output != "" && tree.IsOutside(one.Output)
	})
	if n := len(all) - len(left); n > 0 {
		r.log.Line("%s outside of the working directory: not delivered", english.Plural(n, "result", ""))
	}
	return left
}

// lockFor is the lock file for a commit on head, nil where that has it already.
func (r *run) lockFor(ctx context.Context, p *past, head string) (*store.Lock, error) {
	if p.data == nil && p.Len() == 0 {
		return nil, nil
	}
	have, err := p.repo.Committed(ctx, head, []string{ledger.Name}, nil)
	if err != nil || have[ledger.Name] {
		return nil, err
	}
	ignored, err := p.repo.Ignored(ctx, ledger.Name)
	if err != nil || ignored[ledger.Name] {
		return nil, err
	}
	base, err := p.repo.FileAt(ctx, "HEAD", ledger.Name)
	return p.lockFile(base), err
}

// prefix is the path of the working directory below the root of the repository,
// empty where it is the root.
func (r *run) prefix(repo *git.Repo) string {
	if repo == nil {
		return r.below(r.facts.Workspace, r.settings.WorkingDirectory)
	}
	return r.below(repo.Top(), repo.Dir())
}

// below is the path of dir from root, empty where it is root itself or not below
// it.
func (r *run) below(root, dir string) string {
	if root == "" {
		return ""
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// openRepo opens the git repository that the run is in, if there is one that can be
// read. What git says otherwise is kept for those who need one.
func (r *run) openRepo(ctx context.Context) {
	r.repo, r.noRepo = git.Open(ctx, r.settings.WorkingDirectory, r.git())
}

// git is how git is run.
func (r *run) git() git.Options { return git.Options{Env: r.Environ, Workspace: r.facts.Workspace} }

// A failed store could not be made ready: it fails as soon as there is something to
// deliver.
type failed struct {
	store.Store
	err error
}

// Put delivers nothing.
func (s failed) Put(context.Context, store.Delivery) (asset.Stored, error) {
	return asset.Stored{Store: s.Name()}, s.err
}

// A dry store says what it would deliver.
type dry struct{ store.Store }

// Put delivers nothing.
func (s dry) Put(_ context.Context, d store.Delivery) (asset.Stored, error) {
	stored := asset.Stored{Store: s.Name()}
	files := d.Files()
	removed := 0
	for _, f := range files {
		if f.Removed {
			removed++
		}
	}
	note := fmt.Sprintf("a dry run: %s would be delivered", english.Plural(len(files), "file", ""))
	if removed > 0 {
		note += fmt.Sprintf(", and %s removed", english.Plural(removed, "source", ""))
	}
	if n := len(d.Outdated()); n > 0 {
		note += fmt.Sprintf(", and %s deleted", english.Plural(n, "outdated result", ""))
	}
	if len(files)+len(d.Outdated()) > 0 {
		stored.Notes = []string{note}
	}
	return stored, nil
}
