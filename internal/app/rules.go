package app

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// A rule is settings for some of the files.
type rule struct {
	applies  func(file string) bool
	settings config.Config
}

// readRules gets the rules of webpress.yml ready. Its error is a mistake in their
// patterns.
func (r *run) readRules() error {
	for _, one := range r.settings.Rules {
		applies, err := scan.Matcher(r.settings.WorkingDirectory, one.Glob)
		if err != nil {
			return err
		}
		r.rules = append(r.rules, rule{applies, one.Settings})
	}
	return nil
}

// settingsOf are the settings for a file: those of the first rule that applies, or
// else those of the run.
func (r *run) settingsOf(file string) *config.Config {
	for i := range r.rules {
		if !tree.IsOutside(file) && r.rules[i].applies(file) {
			return &r.rules[i].settings
		}
	}
	return &r.settings
}

// wishes are what the settings want of a source.
func (r *run) wishes(s asset.Source) []convert.Wish {
	c := r.settingsOf(s.Path)
	var names *tree.Names
	if c.Target != config.ToTemplate || tree.IsOutside(s.Path) {
		n := r.names()
		names = &n
	}
	all := r.each(c)
	wishes := make([]convert.Wish, len(all))
	for i, e := range all {
		wishes[i] = convert.Wish{
			Recipe: r.recipe(s, e), Narrower: e.Narrower, Names: names,
			Overwrite: e.Settings.Overwrite, Remove: c.Originals != config.OriginalsKeep,
		}
	}
	return wishes
}

// each are the outputs that settings ask for. They were found to go together when they
// were read.
func (r *run) each(c *config.Config) []config.Each {
	if all, ok := r.eachOf[c]; ok {
		return all
	}
	all, _ := c.Each()
	if r.eachOf == nil {
		r.eachOf = map[*config.Config][]config.Each{}
	}
	r.eachOf[c] = all
	return all
}

// jobFor is the job by which a source becomes an output, whose path is from the working
// directory. It is not ok if the settings want no such output.
func (r *run) jobFor(s asset.Source, output string) (asset.Job, bool) {
	jobs, _ := convert.Plan([]asset.Source{s}, r.wishes)
	i := slices.IndexFunc(jobs, func(j asset.Job) bool { return j.Makes(output) })
	if i < 0 {
		return asset.Job{}, false
	}
	return jobs[i], true
}

// names is how files are called.
func (r *run) names() tree.Names {
	return tree.Names{Dir: r.settings.WorkingDirectory, Absolute: r.settings.Absolute}
}

// removes says that a source goes once it has its output.
func (r *run) removes(s asset.Source) bool {
	return !r.kept[s.Path] && r.settingsOf(s.Path).Originals != config.OriginalsKeep
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

// recipeFor is how a source is to be converted for an output, whose path is from the
// working directory; the zero Recipe if it is not.
func (r *run) recipeFor(s asset.Source, output string) asset.Recipe {
	j, _ := r.jobFor(s, output)
	return j.Recipe
}

// recipe is how a source is to be converted for one of its outputs.
func (r *run) recipe(s asset.Source, e config.Each) asset.Recipe {
	c := &e.Settings
	out := recipe(c)
	out.Name = e.Name
	outside := tree.IsOutside(s.Path)
	switch {
	case c.Target == config.ToFolder:
		out.Output = path.Join(filepath.ToSlash(c.Output), r.belowNamed(s.Path), path.Base(e.Beside))
	case outside && c.Target == config.ToTemplate:
		out.Output = e.Beside // settings that are kept are about the tree
	case outside && !strings.HasPrefix(out.Output, "{dir}"):
		out.Output = strings.ReplaceAll(out.Output, "{dir}", r.belowNamed(s.Path))
	}
	return out
}

// recipe is how settings convert, in the first of their formats.
func recipe(s *config.Config) asset.Recipe {
	format := asset.WebP
	if len(s.Format) > 0 {
		format = asset.Format(s.Format[0])
	}
	quality, own := s.Quality.Of(string(format))
	v := asset.Variant{
		Format: format, Quality: quality, OwnQuality: own && format != asset.WebP, NoQualityCap: !s.QualityCap, Lossless: s.Lossless, NearLossless: s.NearLossless, Effort: s.Effort,
		MaxWidth: s.MaxWidth, MaxHeight: s.MaxHeight, Width: s.Width, Height: s.Height, Enlarge: s.Enlarge, Metadata: s.Metadata,
	}
	if s.Crop != config.CropNone {
		v.Crop = s.Crop
	}
	if format == asset.JPEG { // others have transparency
		v.Background = s.Background
	}
	return asset.Recipe{Variant: v, Output: s.Output, MinSavings: s.MinSavings, MaxPixels: s.MaxPixels}
}
