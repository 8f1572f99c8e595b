// Package plan decides what is made of each source: settings and sources become jobs, with
// the paths of their outputs, and jobs become shards.
package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/tree"
)

// A Planner knows what the settings ask for of each source. Paths begin at the working
// directory.
type Planner struct {
	settings config.Config
	rules    []rule
	// each are the outputs that settings ask for.
	each map[*config.Config][]config.Each
	// rows are by the path of the source; see SetRows.
	rows map[string]Row
	// bases are the folders of what was typed, once they are needed.
	bases *bases
}

// A rule is settings for some of the files.
type rule struct {
	applies  func(file string) bool
	settings config.Config
}

// A Row is what a list of sources says of one of them.
type Row struct {
	// Places are values of its columns, for the template of the output.
	Places map[string]string
	// Settings are those of the run with what the row sets, nil where it sets nothing.
	Settings *config.Config
}

// SetRows gives the planner what a list of sources says, by the path of the source.
func (p *Planner) SetRows(rows map[string]Row) { p.rows = rows }

// DropRow forgets the row of a source.
func (p *Planner) DropRow(source string) { delete(p.rows, source) }

// New reads the settings and their rules. Its error is a mistake in the patterns of a rule.
func New(settings config.Config) (*Planner, error) {
	p := &Planner{settings: settings, each: map[*config.Config][]config.Each{}}
	for _, one := range settings.Rules {
		applies, err := scan.Matcher(settings.WorkingDirectory, one.Glob)
		if err != nil {
			return nil, err
		}
		p.rules = append(p.rules, rule{applies, one.Settings})
	}
	return p, nil
}

// Rules is how many rules there are.
func (p *Planner) Rules() int { return len(p.rules) }

// SettingsOf are the settings for a file: those of its row in a list, of the first rule that applies, or
// else those of the run.
func (p *Planner) SettingsOf(file string) *config.Config {
	if row := p.rows[file]; row.Settings != nil {
		return row.Settings
	}
	for i := range p.rules {
		if !tree.IsOutside(file) && p.rules[i].applies(file) {
			return &p.rules[i].settings
		}
	}
	return &p.settings
}

// Jobs are those of sources: see the function of that name.
func (p *Planner) Jobs(sources []asset.Source) (jobs []asset.Job, settled []asset.Result) {
	return Jobs(sources, p.specs)
}

// specs are what the settings want of a source.
func (p *Planner) specs(s asset.Source) []Spec {
	c := p.SettingsOf(s.Path)
	var names *tree.Names
	if c.Target != config.ToTemplate || tree.IsOutside(s.Path) {
		n := p.Names()
		names = &n
	}
	all := p.outputs(c)
	specs := make([]Spec, len(all))
	for i, e := range all {
		specs[i] = Spec{
			Recipe: p.recipe(s, e), Narrower: e.Narrower, Names: names,
			Overwrite: e.Settings.Overwrite, Remove: c.Originals != config.OriginalsKeep && s.URL == "",
			Places: p.rows[s.Path].Places,
		}
	}
	return specs
}

// outputs are those that settings ask for. They were found to go together when they were
// read.
func (p *Planner) outputs(c *config.Config) []config.Each {
	if all, ok := p.each[c]; ok {
		return all
	}
	all, _ := c.Each()
	p.each[c] = all
	return all
}

// Names is how files are called.
func (p *Planner) Names() tree.Names {
	return tree.Names{Dir: p.settings.WorkingDirectory, Absolute: p.settings.Absolute}
}

// Job is the one by which a source becomes an output. It is not ok if the settings want no
// such output.
func (p *Planner) Job(s asset.Source, output string) (j asset.Job, ok bool) {
	jobs, _ := p.Jobs([]asset.Source{s})
	i := slices.IndexFunc(jobs, func(j asset.Job) bool { return j.Makes(output) })
	if i < 0 {
		return asset.Job{}, false
	}
	return jobs[i], true
}

// Recipe is how a source is to be converted for an output; the zero one if it is not.
func (p *Planner) Recipe(s asset.Source, output string) asset.Recipe {
	j, _ := p.Job(s, output)
	return j.Recipe
}

// First is how a source is to be converted for the first of its outputs. Its error is why
// the settings do not go together.
func (p *Planner) First(s asset.Source) (asset.Recipe, error) {
	all, err := p.SettingsOf(s.Path).Each()
	if err != nil {
		return asset.Recipe{}, &asset.Fault{Message: s.Path + ": " + err.Error()}
	}
	return p.recipe(s, all[0]), nil
}

// Hashes reports whether settings name outputs by their content: only webpress.lock knows which
// of them are old.
func (p *Planner) Hashes() bool {
	all := []*config.Config{&p.settings}
	for i := range p.rules {
		all = append(all, &p.rules[i].settings)
	}
	return slices.ContainsFunc(all, func(c *config.Config) bool {
		return slices.ContainsFunc(p.outputs(c), func(e config.Each) bool {
			return strings.Contains(e.Settings.Output, asset.HashMark)
		})
	})
}

// recipe is how a source is to be converted for one of its outputs.
func (p *Planner) recipe(s asset.Source, e config.Each) asset.Recipe {
	c := &e.Settings
	out := Recipe(c)
	out.Name = e.Name
	outside := tree.IsOutside(s.Path)
	switch {
	case c.Target == config.ToFolder:
		out.Output = path.Join(filepath.ToSlash(c.Output), p.belowNamed(s.Path), path.Base(e.Beside))
	case outside && c.Target == config.ToTemplate:
		out.Output = e.Beside // settings that are kept are about the tree
	case outside && !strings.HasPrefix(out.Output, "{dir}"):
		out.Output = strings.ReplaceAll(out.Output, "{dir}", p.belowNamed(s.Path))
	}
	return out
}

// Recipe is how settings convert, in the first of their formats.
func Recipe(s *config.Config) asset.Recipe {
	format := asset.WebP
	if len(s.Format) > 0 {
		format = asset.Format(s.Format[0])
	}
	quality, own := s.Quality.Of(string(format))
	v := asset.Variant{
		Format: format, Quality: quality, OwnQuality: own && format != asset.WebP, NoQualityCap: !s.QualityCap, Lossless: s.Lossless, NearLossless: s.NearLossless, Effort: s.Effort,
		MaxWidth: s.MaxWidth, MaxHeight: s.MaxHeight, Width: s.Width, Height: s.Height, Enlarge: s.Enlarge, Metadata: s.Metadata,
	}
	rate(&v, s)
	if s.Crop != config.CropNone {
		v.Crop = s.Crop
	}
	if format == asset.JPEG { // others have transparency
		v.Background = s.Background
	}
	return asset.Recipe{Variant: v, Output: s.Output, MinSavings: s.MinSavings, MaxPixels: s.MaxPixels}
}
