package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// keepOriginals takes the wish to remove its source away from those jobs whose source
// would exist nowhere else, or is still named by a file of the tree, and returns a
// line for each that says why.
func (r *run) keepOriginals(ctx context.Context, jobs []asset.Job) (notices []string, err error) {
	var asked []int
	for i, j := range jobs {
		if j.Remove && tree.Fold(j.Output) != tree.Fold(j.Source.Path) && r.plan.SettingsOf(j.Source.Path).Originals == config.OriginalsRemove {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	why, err := r.onlyHere(ctx, jobs, asked)
	if err != nil {
		return nil, err
	}
	named, err := r.namedIn(ctx, jobs, asked)
	if err != nil {
		return nil, err
	}
	r.kept = map[string]bool{}
	var inPages []string
	for _, i := range asked {
		name := jobs[i].Source.Path
		reason := cmp.Or(why[name], named[name])
		if reason == "" {
			continue
		}
		jobs[i].Remove = false
		switch {
		case r.kept[name]: // by another of its outputs
		case why[name] == "":
			inPages = append(inPages, name)
		default:
			notices = append(notices, fmt.Sprintf("%q is kept: %s", name, reason))
		}
		r.kept[name] = true
	}
	return append(notices, r.keptForPages(inPages, named)...), nil
}

// fewKept is how many originals that files name have a notice each.
const fewKept = 3

// keptForPages are the notices about originals that files name.
func (r *run) keptForPages(names []string, places map[string]string) (notices []string) {
	later := ""
	if r.editsPages() {
		later = "; the next run removes those that no file names by then"
	}
	if len(names) > fewKept {
		return []string{fmt.Sprintf("%q and %d other originals are kept, as files name them: the first is %s%s", names[0], len(names)-1, places[names[0]], later)}
	}
	for _, name := range names {
		notices = append(notices, fmt.Sprintf("%q is kept: it is %s%s", name, places[name], later))
	}
	return notices
}

// onlyHere says why sources would exist nowhere else, by their paths: their content is
// not in the commit that is built on.
func (r *run) onlyHere(ctx context.Context, jobs []asset.Job, asked []int) (map[string]string, error) {
	why := map[string]string{}
	head := ""
	if r.repo != nil {
		var err error
		if head, err = r.repo.CheckedOut(ctx); err != nil {
			return nil, err
		}
		head = cmp.Or(r.facts.HeadSHA, head)
	}
	var paths []string
	known := map[string]string{}
	for _, i := range asked {
		s := jobs[i].Source
		switch {
		case head == "":
			why[s.Path] = "no commit has it; `originals: remove-always` removes it all the same"
		case s.Ignored:
			why[s.Path] = "git ignores it, and no commit has it"
		default:
			paths = append(paths, s.Path)
			if s.Blob != "" {
				known[s.Path] = s.Blob
			}
		}
	}
	if len(paths) == 0 {
		return why, nil
	}
	have, err := r.repo.InCommit(ctx, head, paths, known)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		if !have[p] {
			why[p] = fmt.Sprintf("commit %s does not have it as it is here", head[:min(len(head), 7)])
		}
	}
	return why, nil
}

const (
	// maxText is the length in bytes of the largest file that is searched for names of
	// sources, maxTexts that of all together.
	maxText  = 4 << 20
	maxTexts = 256 << 20
	// textHead is how much of a file tells whether it is text.
	textHead = 8000
)

// namedIn says which files of the repository name sources, by the paths of those.
func (r *run) namedIn(ctx context.Context, jobs []asset.Job, asked []int) (map[string]string, error) {
	if r.repo == nil {
		return nil, nil
	}
	prefix := r.prefix(r.repo)
	sources := map[string][]named{} // by the last name, folded
	for _, i := range asked {
		p := jobs[i].Source.Path
		base := tree.Fold(path.Base(p))
		sources[base] = append(sources[base], named{p, tree.Fold(path.Join(prefix, p))})
	}
	folders := indexFolders(sources)
	why := map[string]string{}
	repo := r.repo.AtTop()
	files, err := repo.Files(ctx)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(repo.Top())
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", repo.Top(), tree.Cause(err))
	}
	defer root.Close()
	where := map[string]*mentions{}
	note := func(p, place string) {
		if where[p] == nil {
			where[p] = &mentions{}
		}
		where[p].add(place)
	}
	left := int64(maxTexts)
	for _, f := range files {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if !r.mayName(f.Path) || isGallery(root, f.Path) {
			continue
		}
		if left <= 0 {
			for _, i := range asked {
				if p := jobs[i].Source.Path; where[p] == nil {
					why[p] = "in a repository with more text than is searched for its name"
				}
			}
			break
		}
		data, err := tree.ReadPlain(root, f.Path, min(maxText, left))
		if err != nil || bytes.IndexByte(data[:min(len(data), textHead)], 0) >= 0 {
			continue // not text, or none that is looked at
		}
		left -= int64(len(data))
		for line, text := 1, string(data); text != ""; line++ {
			first, rest, _ := strings.Cut(text, "\n")
			for p := range namesIn(first, path.Dir(f.Path), sources) {
				note(p, fmt.Sprintf("%s, line %d", f.Path, line))
			}
			for p := range namesMade(text, folders) {
				note(p, fmt.Sprintf("%s, line %d, where names are put together", f.Path, line))
			}
			text = rest
		}
	}
	for p, m := range where {
		why[p] = "still named in " + m.String()
	}
	return why, nil
}

// mayName says whether a file of the repository is searched: neither images, nor
// others' code, nor what webpress has written and is told.
func (r *run) mayName(name string) bool {
	base := path.Base(name)
	if scan.IsPicture(name) || name == lockfile.Name || base == bundle.ManifestName || base == bundle.ReportName || base == bundle.PageName || base == path.Base(r.settings.File) || strings.HasPrefix(base, ".git") {
		return false
	}
	for _, one := range sinksOf(r.settings) {
		if base == path.Base(one.path) {
			return false
		}
	}
	for dir := range strings.SplitSeq(path.Dir(name), "/") {
		if dir == "node_modules" || dir == "vendor" {
			return false
		}
	}
	return true
}

// removes says that a source goes once it has its output.
func (r *run) removes(s asset.Source) bool {
	return !r.kept[s.Path] && r.plan.SettingsOf(s.Path).Originals != config.OriginalsKeep
}

// removed says that a source went, or in a dry run would: one of which an output was not
// made is still there.
func (r *run) removed(s asset.Source) bool {
	if !r.removes(s) || r.settings.DryRun {
		return r.removes(s)
	}
	_, err := os.Lstat(filepath.Join(r.settings.WorkingDirectory, filepath.FromSlash(s.Path)))
	return errors.Is(err, fs.ErrNotExist)
}
