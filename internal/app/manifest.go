package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/manifest"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/tree"
)

// maxManifest is the length in bytes of a manifest that is still read.
const maxManifest = 512 << 20

// manifestPath is the path of the manifest from the root of the repository. It is not ok
// if there is none, or none that can be committed.
func (r *run) manifestPath(h *history.History) (name string, ok bool) {
	file := r.settings.Manifest
	if file == "" || isStdout(file) || h == nil {
		return "", false
	}
	end, direct, err := tree.Resolve(r.settings.At(file))
	if err != nil || direct {
		return "", false
	}
	name = below(resolved(r.root()), end)
	return name, name != ""
}

// records are the files that change with webpress.lock, which is one of them: paths from
// the working directory.
func (r *run) records(h *history.History) []string {
	names := []string{h.LockPath()}
	if name, ok := r.manifestPath(h); ok {
		names = append(names, h.FromHere(name))
	}
	return names
}

// readManifest returns the manifest that is there, as it is and as it was understood: one
// that cannot be read counts as empty.
func (r *run) readManifest() (data []byte, m manifest.Manifest) {
	if isStdout(r.settings.Manifest) {
		return nil, m
	}
	data, err := tree.Read(r.settings.At(r.settings.Manifest), maxManifest)
	if err == nil {
		m, _ = manifest.Parse(data)
	}
	return data, m
}

// variantsOf names the variant by which the settings make an output of a source.
func (r *run) variantsOf(source string) func(output string) string {
	asked := r.askedFor(source)
	return func(output string) string {
		name, _ := asked(output)
		return name
	}
}

// askedFor says which outputs of a source the settings ask for, and the names of their variants.
func (r *run) askedFor(source string) func(output string) (variant string, ok bool) {
	jobs, _ := r.plan.Jobs([]asset.Source{{Path: source}})
	return func(output string) (string, bool) {
		i := slices.IndexFunc(jobs, func(j asset.Job) bool { return j.Makes(output) })
		if i < 0 {
			return "", false
		}
		return jobs[i].Recipe.Name, true
	}
}

// completeManifest is the manifest for h with these results. It reads the images that no
// manifest has yet. What could not be read is in notes.
func (r *run) completeManifest(ctx context.Context, h *history.History, old manifest.Manifest, results []asset.Result) (m manifest.Manifest, notes []string, err error) {
	m = manifest.Make(h.File, h.Prefix, r.variantsOf, old, manifest.Of(results)).Publish(r.settings.BaseURL, h.Prefix)
	s := r.settings
	notes, err = m.Complete(ctx, manifest.Options{
		Codec: r.codec,
		Dir:   s.WorkingDirectory, Jobs: cmp.Or(s.Jobs, runtime.GOMAXPROCS(0)),
		Memory: cmp.Or(s.MemoryLimit, convert.DefaultMemory()), MaxPixels: s.MaxPixels,
		OutputsOnly: s.Verb == config.Apply, // the sources here are those of another commit
	})
	return m, notes, err
}

// writeManifest writes the manifest where it has changed, and says whether it did. m is
// empty if there is none. h is nil if results are not written down.
func (r *run) writeManifest(ctx context.Context, h *history.History, results []asset.Result) (m manifest.Manifest, wrote bool, notes []string, err error) {
	switch {
	case r.settings.Manifest == "", r.shard.total > 0:
		return m, false, nil, nil // the shards are joined by another run
	case h == nil:
		return m, false, []string{"no manifest is written: results outside of the working directory are not in webpress.lock"}, nil
	case r.settings.DryRun && !isStdout(r.settings.Manifest):
		return m, false, nil, nil
	}
	data, old := r.readManifest()
	m, notes, err = r.completeManifest(ctx, h, old, results)
	if err != nil {
		return m, false, notes, err
	}
	made := m.Encode()
	if bytes.Equal(data, made) {
		return m, false, notes, nil
	}
	return m, true, notes, r.writeFile("manifest", r.settings.Manifest, made)
}

// withManifest is the edit of the lock file and behind it that of the manifest, which is
// made of what the lock file comes to. ours is what the manifest says here.
func (r *run) withManifest(name string, h *history.History, lock store.Edit, ours manifest.Manifest) []store.Edit {
	var locked []byte
	var known bool
	update := lock.Update
	lock.Update = func(theirs []byte, leftOut map[string]bool) (data []byte, err error) {
		data, err = update(theirs, leftOut)
		locked, known = data, err == nil
		return data, err
	}
	return []store.Edit{lock, {
		Path: name, Off: "manifest: \"\"",
		Headline: func(name string, _, _ int) string { return "chore(images): update " + name },
		Update: func(data []byte, _ map[string]bool) ([]byte, error) {
			if !known {
				return nil, errors.New("it is made of webpress.lock, which cannot be committed")
			}
			known = false // for the next attempt
			l, err := lockfile.Parse(locked)
			if err != nil {
				return nil, fmt.Errorf("webpress.lock on the branch: %w", err)
			}
			theirs, _ := manifest.Parse(data)
			return manifest.Make(l, h.Prefix, r.variantsOf, ours, theirs).Publish(r.settings.BaseURL, h.Prefix).Encode(), nil
		},
	}}
}

// edits are those of the lock file and the manifest m for a commit on head, none where that
// has both already, or where git ignores the lock file.
func (r *run) edits(ctx context.Context, h *history.History, head string, m manifest.Manifest) ([]store.Edit, error) {
	if !h.HasFile() && h.Len() == 0 {
		return nil, nil
	}
	ask := []string{lockfile.Name}
	name, wanted := r.manifestPath(h)
	if wanted {
		ask = append(ask, name)
	}
	have, err := h.Repo.InCommit(ctx, head, ask, nil)
	if err != nil || have[lockfile.Name] && (!wanted || have[name]) {
		return nil, err
	}
	ignored, err := h.Repo.Ignored(ctx, ask...)
	if err != nil || ignored[lockfile.Name] || have[lockfile.Name] && ignored[name] {
		return nil, err
	}
	base, err := h.Repo.FileAt(ctx, "HEAD", lockfile.Name)
	if err != nil {
		return nil, err
	}
	lock := h.ForCommit(base)
	if !wanted || ignored[name] {
		return []store.Edit{lock}, nil
	}
	return r.withManifest(name, h, lock, m), nil
}

// manifest is about a manifest that does not say what webpress.lock says.
func (c *outputCheck) manifest(ctx context.Context) error {
	if c.settings.Manifest == "" || isStdout(c.settings.Manifest) {
		return nil
	}
	name := filepath.ToSlash(c.settings.Manifest)
	if at, ok := c.manifestPath(c.past); ok && c.past.Repo != nil {
		name = c.past.FromHere(at)
		if ignored, err := c.past.Repo.Ignored(ctx, at); err != nil || ignored[at] {
			return err // each build makes it
		}
	}
	data, old := c.readManifest()
	if m := manifest.Make(c.past.File, c.past.Prefix, c.variantsOf, old).Publish(c.settings.BaseURL, c.past.Prefix); bytes.Equal(data, m.Encode()) {
		return nil
	}
	f := asset.Finding{
		Rule: asset.RuleOutdated, Severity: asset.Error, Path: name,
		Message: fmt.Sprintf("%q is not up to date: it does not say what webpress.lock says", name),
		Hint:    "run webpress to update it",
	}
	if data == nil {
		f.Message = fmt.Sprintf("%q is not there", path.Clean(name))
	}
	c.add("", f, fixes{rerun: true, add: []string{name}})
	return nil
}
