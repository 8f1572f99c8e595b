package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/budget"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/diff"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/scan"
)

// checkBudgets holds the images of the tree to the budgets of webpress.yml.
func (r *run) checkBudgets(ctx context.Context, in *report.Input, checked map[string]bool) error {
	b := budgets{run: r}
	if err := b.read(); err != nil || len(b.limits) == 0 {
		return err
	}
	if err := b.compare(ctx); err != nil {
		return err
	}
	found, err := b.find(ctx)
	if err != nil {
		return err
	}
	files, err := budget.Measure(ctx, r.settings.WorkingDirectory, found.Sources, b.want)
	if err != nil {
		return err
	}
	for i := range files {
		f := &files[i]
		f.Added = b.added(f.Path, found.Files[f.Path])
		checked[f.Path] = true
	}
	if err := b.markResults(ctx, files, found); err != nil {
		return err
	}
	before, err := b.before(ctx, files)
	if err != nil {
		return err
	}
	findings, notices := budget.Check(b.limits, files, before)
	for i := range findings {
		if f := &findings[i]; f.Path != "" && found.Files[f.Path].Untracked {
			f.Severity = asset.Warning // no commit has it, and so none waits for it
		}
	}
	in.Findings = append(in.Findings, findings...)
	in.Notices = append(in.Notices, append(b.notices, notices...)...)
	return nil
}

// budgets is the budgets of one check.
type budgets struct {
	*run
	limits []budget.Limit
	// files says which files a limit of single files is for.
	files func(file string) bool
	// places and grows say that what was added, and the sizes before, matter.
	places, grows bool
	// changes is what the branch changes, nil if that is not known. allNew says that
	// nothing was there before.
	changes *diff.Changes
	allNew  bool
	notices []string
}

// read turns the settings into limits.
func (b *budgets) read() error {
	wants, err := b.wantsAny(b.settings.Paths)
	if err != nil {
		return err
	}
	b.files = wants
	var faults []error
	for _, one := range b.settings.Budgets {
		applies, err := b.applies(one)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		l := budget.Limit{
			File: b.settings.File, Line: one.Line, Severity: asset.Severity(one.Level),
			MaxBytes: one.MaxBytes, MaxWidth: one.MaxWidth, MaxHeight: one.MaxHeight, MaxPixels: one.MaxPixels,
			NoGPS:   one.NoGPS,
			Applies: func(file string) bool { return applies(file) && b.files(file) },
		}
		for _, f := range one.Formats {
			l.Formats = append(l.Formats, asset.Format(f))
		}
		b.places = b.places || one.NoGPS
		if one.MaxBytes > 0 || one.MaxWidth > 0 || one.MaxHeight > 0 || one.MaxPixels > 0 || one.NoGPS || len(one.Formats) > 0 {
			b.limits = append(b.limits, l)
		}
		if one.MaxTotalBytes == 0 && !one.Grows {
			continue
		}
		together := budget.Limit{File: l.File, Line: one.Line, Severity: l.Severity, MaxTotalBytes: one.MaxTotalBytes, Applies: applies}
		if one.Grows {
			together.MaxGrowth, b.grows = &one.MaxGrowth, true
		}
		b.limits = append(b.limits, together)
	}
	return errors.Join(faults...)
}

// applies says which files a budget is for.
func (b *budgets) applies(one config.Budget) (func(file string) bool, error) {
	dir := b.settings.WorkingDirectory
	takes, err := scan.DefaultMatcher(dir, one.Glob, b.settings.Paths)
	if err != nil {
		return nil, err
	}
	waived, err := scan.Matcher(dir, one.Except)
	if err != nil {
		return nil, err
	}
	return func(file string) bool { return takes(file) && !waived(file) }, nil
}

// wantsAny says which files of paths, or of the whole tree if there are none, are
// not ignored by the settings, whatever they are.
func (b *budgets) wantsAny(paths []string) (func(file string) bool, error) {
	return scan.Wants(scan.Options{Dir: b.settings.WorkingDirectory, Paths: paths, Globs: []string{"**"}, Ignore: b.settings.Ignore, Open: b.named()})
}

// named are the patterns that open what is left out by default, be it for one budget.
func (b *budgets) named() []string {
	named := slices.Clone(b.settings.Paths)
	for _, one := range b.settings.Budgets {
		named = append(named, one.Glob...)
	}
	return named
}

// compare finds out what has changed, where that matters.
func (b *budgets) compare(ctx context.Context) error {
	confined, err := b.changed(ctx)
	if err != nil {
		return err
	}
	if confined != nil {
		wants, only := b.files, only(confined, nil, b.prefix(b.repo))
		b.files = func(file string) bool { return wants(file) && only(file, "known") }
	}
	if !b.places && !b.grows {
		return nil
	}
	c, why, err := b.run.compare(ctx)
	if err != nil {
		return err
	}
	if b.changes = c; c == nil && b.repo != nil && b.places {
		return b.withoutBase(ctx, why)
	}
	return nil
}

// withoutBase finds out what is added where there is no commit to compare with, for the
// reason why: what is staged, and all that is committed where no other repository has it.
func (b *budgets) withoutBase(ctx context.Context, why string) error {
	head, err := b.repo.CheckedOut(ctx)
	if err != nil {
		return err
	}
	fetched, err := b.repo.Fetched(ctx)
	if err != nil {
		return err
	}
	if b.allNew = head == "" || !fetched && b.ci.Name() == ""; b.allNew {
		return nil
	}
	list, err := b.repo.AtTop().Changed(ctx, head)
	if err != nil {
		return err
	}
	b.changes = diff.Of(list)
	b.notices = append(b.notices, fmt.Sprintf("which images were added by commits is not known, and no-gps looks at staged and untracked ones alone: %s", why))
	return nil
}

// find finds the images that any limit is for.
func (b *budgets) find(ctx context.Context) (scan.Found, error) {
	return scan.Find(ctx, scan.Options{
		Dir: b.settings.WorkingDirectory, Globs: []string{"**"}, Ignore: b.settings.Ignore, Open: b.named(),
		Git: b.git(),
		Only: func(file, blob string) bool {
			if !scan.IsPicture(file) {
				return false
			}
			for _, l := range b.limits {
				if l.Applies(file) {
					return true
				}
			}
			return false
		},
	})
}

// want is what has to be known of a file besides its size in bytes and its format.
func (b *budgets) want(file string) (w budget.Want) {
	for _, l := range b.limits {
		if !l.Applies(file) {
			continue
		}
		w.Size = w.Size || l.MaxWidth > 0 || l.MaxHeight > 0 || l.MaxPixels > 0
		w.GPS = w.GPS || l.NoGPS && b.maybeAdded(file)
	}
	return w
}

// markResults marks the files that webpress has made of others, as webpress.lock says
// and their contents bear out.
func (b *budgets) markResults(ctx context.Context, files []budget.File, found scan.Found) error {
	p, err := b.loadHistory(ctx)
	if p == nil || err != nil {
		return err
	}
	blobs := map[string]string{}
	var ask []string
	for _, f := range files {
		at := path.Join(p.Prefix, f.Path)
		switch blob := found.Files[f.Path].Blob; {
		case len(p.ByOutput(at)) == 0:
		case blob != "":
			blobs[at] = blob
		default:
			ask = append(ask, at)
		}
	}
	hashed, err := p.Hash(ctx, ask)
	if err != nil {
		return err
	}
	maps.Copy(blobs, hashed)
	for i := range files {
		f := &files[i]
		at := path.Join(p.Prefix, f.Path)
		f.Result = blobs[at] != "" && slices.ContainsFunc(p.ByOutput(at), func(e lockfile.Entry) bool {
			return e.Source != at && e.Output.Blob == blobs[at]
		})
	}
	return nil
}

// maybeAdded is false only for a file that is known to have been there before.
func (b *budgets) maybeAdded(file string) bool {
	if b.changes == nil {
		return true
	}
	at := path.Join(b.prefix(b.repo), file)
	return !b.changes.Has(at) || b.changes.Is(at, git.Added)
}

// added reports whether a file is new on the branch. Outside of a repository all are.
func (b *budgets) added(file string, f git.File) bool {
	switch {
	case b.repo == nil, b.allNew, f.Untracked:
		return true
	}
	return b.changes.Is(path.Join(b.prefix(b.repo), file), git.Added)
}

// before are the sizes that files, which are those of now, had in the base; nil
// if that is not known. What is as it was has the size of now: the base may have
// no more than its pointer of Git LFS.
func (b *budgets) before(ctx context.Context, files []budget.File) (map[string]int64, error) {
	if !b.grows || b.changes == nil || b.changes.Base == "" {
		return nil, nil
	}
	wants, err := b.wantsAny(nil)
	if err != nil {
		return nil, err
	}
	sizes, err := b.repo.Sizes(ctx, b.changes.Base)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		b.notices = append(b.notices, err.Error())
		return nil, nil
	}
	before := map[string]int64{}
	for _, f := range files {
		if _, had := sizes[f.Path]; had {
			before[f.Path] = f.Size
		}
	}
	prefix := b.prefix(b.repo)
	for file, size := range sizes {
		at := path.Join(prefix, file)
		if !b.changes.Has(at) || !scan.IsPicture(file) || !wants(file) {
			continue
		}
		if before[file] = size; size <= pointerSize {
			content, err := b.repo.FileAt(ctx, b.changes.Base, at)
			if err != nil {
				return nil, err
			}
			before[file] = pointed(content, size)
		}
	}
	return before, nil
}

// pointerSize is more bytes than a pointer of Git LFS has.
const pointerSize = 1024

// pointed is the size of what a pointer of Git LFS stands for, or else size. See
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
func pointed(content []byte, size int64) int64 {
	text := string(content)
	if !strings.HasPrefix(text, "version https://git-lfs.github.com/spec/v1\n") {
		return size
	}
	for line := range strings.Lines(text) {
		if digits, ok := strings.CutPrefix(line, "size "); ok {
			if n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64); err == nil && n >= 0 {
				return n
			}
		}
	}
	return size
}
