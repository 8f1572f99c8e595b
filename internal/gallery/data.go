package gallery

import (
	"encoding/json"
	"path"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/report"
)

// data is what the page shows, as its script reads it. Text is as people see it: what is
// hidden in a name is written out.
type data struct {
	Version     string        `json:"version"`
	Title       string        `json:"title"`
	Made        string        `json:"made"`
	DryRun      bool          `json:"dryRun"`
	Interrupted bool          `json:"interrupted"`
	Check       bool          `json:"check"`
	Totals      report.Totals `json:"totals"`
	Notices     []string      `json:"notices"`
	Failures    []failure     `json:"failures"`
	Findings    []finding     `json:"findings"`
	Left        []left        `json:"left"`
	Items       []item        `json:"items"`
	// Hidden is the number of results that are not among Items.
	Hidden int `json:"hidden"`
	// Images are previews as base64, which items name by their index.
	Images []string `json:"images"`
}

// A failure is a source that failed.
type failure struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// A finding is one of a check.
type finding struct {
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Path     string `json:"path,omitempty"`
	Line     int    `json:"line,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// left are the sources that were skipped for a reason.
type left struct {
	Reason string   `json:"reason"`
	Paths  []string `json:"paths"`
}

// The states of an item.
const (
	stateConverted = "converted"
	stateCurrent   = "up to date"
	stateOutdated  = "outdated"
	stateSkipped   = "skipped"
	stateFailed    = "failed"
)

// An item is one result.
type item struct {
	Source string `json:"source"`
	Output string `json:"output,omitempty"`
	// Target is the path that the result would have, where there is none.
	Target  string   `json:"target,omitempty"`
	Variant string   `json:"variant,omitempty"`
	Folder  string   `json:"folder"`
	State   string   `json:"state"`
	Reason  string   `json:"reason,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Before  side     `json:"before"`
	After   side     `json:"after"`
	Frames  int      `json:"frames,omitempty"`
	// Encoding is lossy or lossless, empty if it is not known.
	Encoding string   `json:"encoding,omitempty"`
	Quality  *int     `json:"quality,omitempty"`
	Score    *float64 `json:"score,omitempty"`
	Tries    int      `json:"tries,omitempty"`
	// Time is in milliseconds.
	Time int64 `json:"time,omitempty"`
	// Thumb is the index of the preview in the gallery plus one, 0 for none.
	Thumb int `json:"thumb,omitempty"`

	result asset.Result
	recipe asset.Recipe
}

// A side is an image before or after.
type side struct {
	Format string `json:"format,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	// Address is that of the file, empty if it is not there or no browser shows it.
	Address string `json:"address,omitempty"`
	// Preview is the index of what is shown in the place of the file plus one, 0 for none;
	// PreviewWidth is its width in pixels.
	Preview      int `json:"preview,omitempty"`
	PreviewWidth int `json:"previewWidth,omitempty"`
}

// newData is the data of a page without previews.
func newData(in Input) *data {
	r := in.Report
	d := &data{
		Version: r.Version, Title: ci.Visible(in.Title), Made: ci.Visible(r.Made()), DryRun: r.DryRun, Interrupted: r.Interrupted, Check: r.Check,
		Totals: r.Totals, Notices: []string{}, Failures: []failure{}, Findings: []finding{}, Left: []left{}, Items: []item{}, Images: []string{},
	}
	for _, notice := range r.Notices {
		d.Notices = append(d.Notices, ci.Visible(notice))
	}
	for _, one := range report.Failures(r.Results) {
		f := failure{Path: ci.Visible(one.Source.Path), Message: "no reason given"}
		if one.Err != nil {
			f.Message, f.Hint = ci.Visible(one.Err.Message), ci.Visible(one.Err.Hint)
		}
		d.Failures = append(d.Failures, f)
	}
	for _, f := range r.Findings {
		d.Findings = append(d.Findings, finding{
			Severity: string(f.Severity), Rule: ci.Visible(f.Rule), Path: ci.Visible(f.Path), Line: f.Line,
			Message: ci.Visible(f.Message), Hint: ci.Visible(f.Hint),
		})
	}
	d.addLeft(r)
	for _, one := range r.Results {
		if one.Status == asset.Skipped && one.Reason == asset.NotWider {
			continue // a smaller output stands for it
		}
		if in.Shown != nil && !in.Shown(one) {
			d.Hidden++
			continue
		}
		d.Items = append(d.Items, newItem(in, one))
	}
	return d
}

// addLeft lists what was skipped, by reason as in the report.
func (d *data) addLeft(r report.Report) {
	seen := map[[2]string]bool{}
	by := map[asset.Reason][]string{}
	for _, one := range r.Results {
		key := [2]string{string(one.Reason), one.Source.Path}
		if stateOf(one) == stateSkipped && !seen[key] {
			seen[key] = true
			by[one.Reason] = append(by[one.Reason], ci.Visible(one.Source.Path))
		}
	}
	for _, skip := range r.Skips {
		if paths := by[skip.Reason]; len(paths) > 0 {
			slices.Sort(paths)
			d.Left = append(d.Left, left{Reason: ci.Visible(string(skip.Reason)), Paths: paths})
		}
	}
}

// newItem is the item of a result.
func newItem(in Input, one asset.Result) item {
	i := item{
		Source: ci.Visible(one.Source.Path), Output: ci.Visible(one.Output), Variant: ci.Visible(one.Variant),
		Folder: ci.Visible(path.Dir(one.Source.Path)), State: stateOf(one), Reason: ci.Visible(string(one.Reason)), Frames: one.Frames,
		Before: side{Format: string(one.Source.Format), Bytes: one.Before, Width: one.SourceWidth, Height: one.SourceHeight},
		Time:   one.Duration.Milliseconds(), result: one,
	}
	if one.Output != "" || one.After > 0 {
		i.After = side{Format: string(formatOf(one)), Bytes: one.After, Width: one.Width, Height: one.Height}
	}
	if one.Output == "" {
		i.Target = ci.Visible(one.Target)
	}
	for _, note := range one.Notes {
		i.Notes = append(i.Notes, ci.Visible(note))
	}
	if one.Err != nil {
		i.Reason = ci.Visible(one.Err.Message)
	}
	if in.Recipe != nil {
		i.recipe = in.Recipe(one)
	}
	if one.Status == asset.Converted {
		i.Encoding = encoding(one.Lossless)
	}
	i.rate(one)
	if in.Source != nil && one.Source.URL == "" && !i.inPlace() {
		i.Before.Address = in.Source(one.Source.Path)
	}
	if in.Output != nil && one.Output != "" {
		i.After.Address = in.Output(one.Output)
	}
	return i
}

// rate takes what is known of how a result was encoded, and the quality of the settings where
// that is not known and one for all.
func (i *item) rate(one asset.Result) {
	if one.Rated() {
		i.Score, i.Tries = &one.Score, one.Tries
	}
	r := i.recipe
	switch {
	case i.Encoding == lossless:
	case one.Quality > 0:
		i.Quality = &one.Quality
	case r.Format != "" && !r.Auto && r.MaxBytes == 0 && i.After.Format != "" && i.After.Format != string(asset.PNG):
		i.Quality = &i.recipe.Quality
	}
}

// The values of item.Encoding.
const (
	lossless = "lossless"
	lossy    = "lossy"
)

func encoding(isLossless bool) string {
	if isLossless {
		return lossless
	}
	return lossy
}

func formatOf(one asset.Result) asset.Format {
	if one.Format != "" {
		return one.Format
	}
	return asset.FormatByName(one.Output)
}

func stateOf(one asset.Result) string {
	switch {
	case one.Status == asset.Failed:
		return stateFailed
	case one.Status == asset.Converted:
		return stateConverted
	case one.Reason == asset.UpToDate:
		return stateCurrent
	}
	if one.Output != "" {
		return stateOutdated
	}
	return stateSkipped
}

// encode is the JSON that stands in the page. It has no <, >, & and no separators of lines.
func (d *data) encode() []byte {
	text, err := json.Marshal(d)
	if err != nil {
		return []byte("null") // a score that JSON cannot hold: none that was computed is
	}
	return text
}
