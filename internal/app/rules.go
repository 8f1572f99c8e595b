package app

import (
	"path"
	"path/filepath"
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

// wish is what the settings want of a source.
func (r *run) wish(s asset.Source) convert.Wish {
	c := r.settingsOf(s.Path)
	w := convert.Wish{Recipe: r.recipe(s), Overwrite: c.Overwrite, Remove: c.Originals != config.OriginalsKeep}
	if c.Target != config.ToTemplate || tree.IsOutside(s.Path) {
		names := r.names()
		w.Names = &names
	}
	return w
}

// names is how files are called.
func (r *run) names() tree.Names {
	return tree.Names{Dir: r.settings.WorkingDirectory, Absolute: r.settings.Absolute}
}

// removes says that a source goes once it has its output.
func (r *run) removes(s asset.Source) bool {
	return !r.kept[s.Path] && r.settingsOf(s.Path).Originals != config.OriginalsKeep
}

// recipe is how a source is to be converted.
func (r *run) recipe(s asset.Source) asset.Recipe {
	c := r.settingsOf(s.Path)
	out := recipe(c)
	outside := tree.IsOutside(s.Path)
	switch {
	case c.Target == config.ToFolder:
		out.Output = path.Join(filepath.ToSlash(c.Output), r.belowNamed(s.Path), "{name}.webp")
	case outside && c.Target == config.ToTemplate:
		out.Output = beside // settings that are kept are about the tree
	case outside && !strings.HasPrefix(out.Output, "{dir}"):
		out.Output = strings.ReplaceAll(out.Output, "{dir}", r.belowNamed(s.Path))
	}
	return out
}

// beside is the template of a result that lies beside its source.
const beside = "{dir}/{name}.webp"

func recipe(s *config.Config) asset.Recipe {
	return asset.Recipe{Variant: asset.Variant{Format: asset.Format(s.Format), Quality: s.Quality, Lossless: s.Lossless, NearLossless: s.NearLossless, Effort: s.Effort, MaxWidth: s.MaxWidth, MaxHeight: s.MaxHeight, Metadata: s.Metadata}, Output: s.Output, MinSavings: s.MinSavings, MaxPixels: s.MaxPixels}
}
