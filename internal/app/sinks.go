package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/gallery"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/manifest"
	"github.com/webpress/webpress/internal/tree"
)

// toStdout is the path that stands for standard output.
const toStdout = config.Stdio

// A sink is a file that a setting has written.
type sink struct {
	// setting is the name of the setting, path its value, such an example of it.
	setting, path, such string
	// like reports whether data is what the setting writes. Nil is for standard output.
	like func(data []byte) bool
}

// sinksOf are the files that the settings name.
func sinksOf(s config.Config) []sink {
	var all []sink
	for _, f := range s.Files() {
		one := sinks[f.Setting]
		one.setting, one.path = f.Setting, f.Path
		all = append(all, one)
	}
	return all
}

// sinks are what is known of the files of settings, by the names of these.
var sinks = map[string]sink{
	"report":       {such: "webpress.json", like: isReport},
	"dotenv":       {such: "webpress.env", like: ci.IsDotenv},
	"code-quality": {such: "webpress-quality.json", like: isList("check_name")},
	"sarif":        {such: "webpress.sarif", like: isObject("runs")},
	"manifest":     {such: "images.json", like: manifest.Is},
}

// isStdout reports whether a setting writes to standard output.
func isStdout(name string) bool { return config.IsStdout(name) }

// usesStdout reports whether standard output is taken: all that is for people goes to
// standard error then.
func usesStdout(s config.Config) bool {
	return s.Target == config.ToStdout || slices.ContainsFunc(sinksOf(s), func(one sink) bool { return isStdout(one.path) })
}

// A sinkChecker checks the files that the settings name before any work is done.
type sinkChecker struct {
	settings config.Config
	repo     *git.Repo // nil outside of a repository
	root     string    // the folder of the lock file, without links
}

func (r *run) sinkChecker() sinkChecker {
	return sinkChecker{r.settings, r.repo, resolved(r.root())}
}

// checkFiles returns an error for each file that cannot be written, or must not be.
func (c sinkChecker) checkFiles(ctx context.Context) error {
	var faults []error
	at := map[string]string{}
	for _, one := range sinksOf(c.settings) {
		key := toStdout
		if !isStdout(one.path) {
			end, direct, err := tree.Resolve(c.settings.At(one.path))
			if err == nil {
				err = c.checkSink(ctx, one, end, direct)
			} else {
				kind, _ := errors.AsType[*tree.KindError](err)
				err = one.refused(tree.Cause(err).Error(), placeOf(c.settings, one.setting))
				if fault, ok := errors.AsType[*asset.Fault](err); ok && kind != nil {
					fault.Hint = fmt.Sprintf("let `%s` be the path of a file, such as %s", one.setting, path.Join(filepath.ToSlash(one.path), one.such))
				}
			}
			if err != nil {
				faults = append(faults, err)
				continue
			}
			key = tree.Fold(end)
		}
		if other := at[key]; other != "" {
			faults = append(faults, one.refused("it is also the file of "+other, placeOf(c.settings, one.setting)))
		}
		at[key] = one.setting
	}
	for _, folder := range []struct{ setting, path string }{
		{"artifact-dir", c.settings.ArtifactDir}, {"cache-dir", c.settings.CacheDir},
	} {
		if folder.path != "" && placeOf(c.settings, folder.setting) != "" {
			faults = append(faults, c.checkStranger(ctx, folder.setting, folder.path))
		}
	}
	return errors.Join(faults...)
}

// refused is the error about a path.
func (s sink) refused(why, place string) error {
	return &asset.Fault{
		Message: fmt.Sprintf("%swrite %s %q: %s", place, s.setting, s.path, why),
		Hint:    fmt.Sprintf("let `%s` be a file of its own, such as %s, or - for standard output", s.setting, s.such),
	}
}

// placeOf is the place in webpress.yml that a setting comes from, in front of a message;
// empty if it comes from elsewhere.
func placeOf(s config.Config, setting string) string {
	if at, ok := s.FromFile[setting]; ok {
		return at.Where + ": "
	}
	return ""
}

// checkSink says what is wrong with a sink whose path ends at end.
func (c sinkChecker) checkSink(ctx context.Context, one sink, end string, direct bool) error {
	place := placeOf(c.settings, one.setting)
	if place != "" {
		if err := c.checkStranger(ctx, one.setting, one.path); err != nil {
			return err
		}
		if direct {
			return one.refused("it is not a regular file", place)
		}
	}
	if direct {
		return nil
	}
	if why := c.ownFile(end); why != "" {
		return one.refused(why, place)
	}
	data, err := tree.Read(end, maxSink)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return one.refused(tree.Cause(err).Error(), place)
	}
	if format, ok := asset.Sniff(data[:min(len(data), asset.SniffLen)]); ok {
		return one.refused(fmt.Sprintf("an image is there (%s)", format), place)
	}
	tracked, err := c.tracks(ctx, end)
	if err != nil {
		return err
	}
	if tracked && !one.like(data) {
		return one.refused("git tracks a file there that is not such a report", place)
	}
	return nil
}

// maxSink is the length in bytes of the largest file that a report may replace.
const maxSink = 1 << 30

// ownFile says why the file at an absolute path is no place for a report: webpress
// needs it itself. It is empty for all others.
func (c sinkChecker) ownFile(end string) string {
	same := func(name string) bool {
		name, err := filepath.EvalSymlinks(name)
		return err == nil && tree.Fold(name) == tree.Fold(end)
	}
	dir := ""
	if c.settings.ArtifactDir != "" {
		dir, _, _ = tree.Resolve(c.settings.At(c.settings.ArtifactDir) + "/x")
		dir = filepath.Dir(dir)
	}
	switch {
	case tree.Fold(end) == tree.Fold(filepath.Join(c.root, lockfile.Name)):
		return "it is the lock file"
	case c.settings.File != "" && same(c.settings.At(c.settings.File)):
		return "it is the file of the settings"
	case dir != "" && tree.Fold(end) == tree.Fold(filepath.Join(dir, bundle.ManifestName)):
		return "it is the manifest of `artifact-dir`"
	}
	return ""
}

// checkImages refuses a report in the place of a source or a result, before anything
// is done.
func (c sinkChecker) checkImages(p *history.History, v *worklist) error {
	results := slices.Clone(v.settled)
	for _, t := range v.todo {
		results = append(results, asset.Result{Source: t.Source, Output: t.Output})
	}
	var locks []*lockfile.File
	if p != nil {
		locks = append(locks, p.File)
	}
	return c.checkPlaces(locks, c.settings.WorkingDirectory, results)
}

// checkPlaces is checkImages for results whose paths begin at dir.
func (c sinkChecker) checkPlaces(locks []*lockfile.File, dir string, results []asset.Result) error {
	sinks := sinksOf(c.settings)
	if len(sinks) == 0 {
		return nil
	}
	dir = resolved(dir)
	what := map[string]string{}
	add := func(base, name, why string) {
		if name != "" {
			if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
				name = filepath.Join(base, name)
			}
			what[tree.Fold(name)] = why
		}
	}
	for _, l := range locks {
		for _, e := range l.Entries() {
			if e.HasFile() {
				add(c.root, e.Output.Path, "it is a result")
			}
		}
	}
	for _, one := range results {
		add(dir, one.Output, "it is a result")
		add(dir, one.Source.Path, "it is a source")
	}
	var faults []error
	for _, one := range sinks {
		if isStdout(one.path) {
			continue
		}
		end, _, err := tree.Resolve(c.settings.At(one.path))
		if err != nil {
			continue // which was refused before
		}
		if why := what[tree.Fold(end)]; why != "" {
			faults = append(faults, one.refused(why, placeOf(c.settings, one.setting)))
		}
	}
	return errors.Join(faults...)
}

// checkStranger holds a path of webpress.yml, which may be a stranger's, to the tree:
// it leads through no symbolic link, and to nothing that git tracks. That it stays in
// the working directory and out of .git is seen when the file is read.
func (c sinkChecker) checkStranger(ctx context.Context, setting, name string) error {
	fault := func(why string) error {
		return &asset.Fault{
			Message: fmt.Sprintf("%s%q %s", placeOf(c.settings, setting)+setting+" ", name, why),
			Hint:    fmt.Sprintf("a flag, an input or a variable may name any path for `%s`", setting),
		}
	}
	root, err := os.OpenRoot(c.settings.WorkingDirectory)
	if err != nil {
		return fmt.Errorf("open working directory: %w", tree.Cause(err))
	}
	defer root.Close()
	clean := filepath.ToSlash(filepath.Clean(name))
	for i := range len(clean) + 1 {
		if i < len(clean) && clean[i] != '/' || i == 0 {
			continue
		}
		info, err := root.Lstat(clean[:i])
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return fault(fmt.Sprintf("leads through the symbolic link %q", clean[:i]))
		}
	}
	if c.repo == nil || setting != "artifact-dir" && setting != "cache-dir" {
		return nil // whether git tracks the file is seen by its content
	}
	files, err := c.repo.Files(ctx, clean)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !f.Untracked {
			return fault(fmt.Sprintf("holds %q, which git tracks", f.Path))
		}
	}
	return nil
}

// tracks reports whether git has the file at an absolute path in its index.
func (c sinkChecker) tracks(ctx context.Context, end string) (bool, error) {
	if c.repo == nil {
		return false, nil
	}
	rel := below(c.root, end)
	if rel == "" {
		return false, nil
	}
	tracked, err := c.repo.AtTop().Tracked(ctx, []string{rel})
	return tracked[rel], err
}

// resolved is a path without symbolic links, or as it is where it leads nowhere.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// isObject reports whether data is a JSON object that has a field.
func isObject(field string) func(data []byte) bool {
	return func(data []byte) bool {
		var object map[string]json.RawMessage
		return json.Unmarshal(data, &object) == nil && object[field] != nil
	}
}

// isReport reports whether data is a report, be it one to look at.
func isReport(data []byte) bool { return gallery.Is(data) || isObject("results")(data) }

// isList reports whether data is a JSON list, empty or of objects that have a field.
func isList(field string) func(data []byte) bool {
	return func(data []byte) bool {
		var list []map[string]json.RawMessage
		return json.Unmarshal(data, &list) == nil && (len(list) == 0 || list[0][field] != nil)
	}
}

// writeFile writes what a setting asks for: to standard output, to what its path
// stands for, or in one rename. A dry run writes to standard output alone.
func (r *run) writeFile(setting, name string, data []byte) error {
	switch {
	case isStdout(name):
		if _, err := r.Stdout.Write(data); err != nil {
			return fmt.Errorf("write %s to standard output: %w", setting, tree.Cause(err))
		}
		return nil
	case r.settings.DryRun:
		return nil
	}
	var err error
	if placeOf(r.settings, setting) != "" {
		// The path was a stranger's: it may have become a link since it was looked at.
		err = tree.WriteFile(r.settings.WorkingDirectory, filepath.ToSlash(filepath.Clean(name)), data)
	} else {
		err = tree.Save(r.settings.At(name), data)
	}
	if err != nil {
		return &asset.HintError{What: fmt.Sprintf("write %s %q", setting, name), Why: tree.Cause(err), Hint: tree.Hint(err, setting)}
	}
	return nil
}
