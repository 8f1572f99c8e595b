// Package report turns the results of a run into what people and programs read:
// Markdown for a job's summary or a comment, text for the end of a log, JSON for
// other tools, outputs for later steps. Its functions are pure: no files, no
// clock, no environment.
//
// Sizes are in SI units everywhere: 1 kB is 1,000 bytes, 1 MB is 1,000 kB, as
// file managers and browsers show them; JSON and outputs have plain bytes.
package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// SchemaVersion is the version of the JSON form. It changes when a member is
// taken away or changes its meaning; new members leave it as it is, so readers
// have to pass over those that they do not know.
const SchemaVersion = 1

// Schema is the JSON Schema of what JSON returns.
//
//go:embed schema.json
var Schema []byte

// Input is all that a report is made of.
type Input struct {
	// Results are those of all outputs of all sources that were reached, in any order.
	Results []asset.Result `json:"results"`
	// Notices are remarks on the run as a whole.
	Notices []string `json:"notices"`
	// Deliveries are what became of them in each store, in the order in which
	// the stores were tried.
	Deliveries []Delivery `json:"deliveries"`
	// Pages are the references to images that have results, nil if they were not searched.
	Pages *Pages `json:"pages,omitempty"`
	// DryRun reports whether nothing was written.
	DryRun bool `json:"dry-run"`
	// Interrupted reports whether the run was stopped; Left is the number of sources
	// that it did not reach.
	Interrupted bool `json:"interrupted"`
	Left        int  `json:"left"`
	// Recipe is what the settings ask for, and Rules how many others there are for
	// some of the files.
	Recipe asset.Recipe `json:"recipe"`
	Rules  int          `json:"rules"`
	// Shard is which part of all images the run was about, such as 2/4; empty is
	// all of them.
	Shard string `json:"shard,omitempty"`
	// Forecast says what the conversion of the images would take that a dry run has left to the
	// API of the setting engine. It is empty for all other runs.
	Forecast string `json:"forecast,omitempty"`
	// Check reports whether the run only checked Checked images. Findings are the problems,
	// and Mend is the commands that fix them, one a line.
	Check    bool            `json:"check"`
	Checked  int             `json:"checked,omitempty"`
	Findings []asset.Finding `json:"findings"`
	Mend     string          `json:"mend,omitempty"`
	// CheckedPages is how many text files were searched for references.
	CheckedPages int `json:"checked-pages,omitempty"`
	// SettingsFile is the path of the file with the settings, empty if there is none.
	SettingsFile string `json:"settings-file,omitempty"`
	// Logged reports whether what failed was logged as it came, in the place where Text is
	// read: Text does not say it again.
	Logged bool `json:"-"`
	// Link returns the address of a source's page, empty if it has none.
	Link func(path string) string `json:"-"`
	// Page is the path of the report to look at, empty if none was written.
	Page string `json:"-"`
	// Version is webpress's own.
	Version string `json:"version"`
	// Elapsed is the time from start to end.
	Elapsed time.Duration `json:"duration"`
}

// A Report is what a run came to. Its JSON form is described by Schema.
type Report struct {
	Schema       int             `json:"schema"`
	Version      string          `json:"version"`
	DryRun       bool            `json:"dry-run"`
	Interrupted  bool            `json:"interrupted"`
	Left         int             `json:"left"`
	Elapsed      time.Duration   `json:"duration"`
	Recipe       asset.Recipe    `json:"recipe"`
	Rules        int             `json:"rules"`
	Shard        string          `json:"shard,omitempty"`
	Forecast     string          `json:"forecast,omitempty"`
	Check        bool            `json:"check"`
	Checked      int             `json:"checked,omitempty"`
	CheckedPages int             `json:"checked-pages,omitempty"`
	Findings     []asset.Finding `json:"findings"`
	Mend         string          `json:"mend,omitempty"`
	Totals       Totals          `json:"totals"`
	Skips        []Skip          `json:"skips"`
	Notices      []string        `json:"notices"`
	Deliveries   []Delivery      `json:"deliveries"`
	Results      []asset.Result  `json:"results"`
	Pages        *Pages          `json:"pages,omitempty"`
	SettingsFile string          `json:"settings-file,omitempty"`

	// Logged, Link and Page are those of Input.
	Logged bool                     `json:"-"`
	Link   func(path string) string `json:"-"`
	Page   string                   `json:"-"`

	rows []row // of Results
	// address is that of WithPictures.
	address func(commit, path string) string
}

// Totals count a run. The bytes are those of the converted sources alone whose size
// is known, as that of another run's may not be, and whose result was not there
// before, as after a rename. A source that was skipped or
// failed stays as it is and adds nothing to either side, so Before - After is by how
// much the images that pages can now use are smaller. BytesSaved and PercentSaved
// are below zero if the outputs are larger, as can happen with HEIC, which is
// converted although WebP may be larger. In a dry run they are what would have been.
type Totals struct {
	Converted int `json:"converted"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	// Errors and Warnings count findings.
	Errors      int   `json:"errors"`
	Warnings    int   `json:"warnings"`
	BytesBefore int64 `json:"bytes-before"`
	BytesAfter  int64 `json:"bytes-after"`
	BytesSaved  int64 `json:"bytes-saved"`
	// PercentSaved is the share of BytesBefore that BytesSaved is, rounded to
	// one decimal; 0 if BytesBefore is 0.
	PercentSaved float64 `json:"percent-saved"`
}

// A Skip is how many sources were skipped for a reason.
type Skip struct {
	Reason asset.Reason `json:"reason"`
	Count  int          `json:"count"`
}

// New makes a report. It keeps in.Results in their order.
func New(in Input) Report {
	r := Report{
		Schema: SchemaVersion, Version: in.Version, DryRun: in.DryRun,
		Interrupted: in.Interrupted, Left: in.Left, Elapsed: in.Elapsed, Recipe: in.Recipe,
		Rules: in.Rules, Shard: in.Shard, Forecast: in.Forecast, Check: in.Check, Checked: in.Checked, CheckedPages: in.CheckedPages,
		Findings: append([]asset.Finding{}, in.Findings...), Mend: in.Mend,
		Logged: in.Logged, Link: in.Link, Page: in.Page, SettingsFile: in.SettingsFile,
		Skips: []Skip{}, Notices: append([]string{}, in.Notices...),
		Deliveries: append([]Delivery{}, in.Deliveries...),
		Results:    append([]asset.Result{}, in.Results...),
		Pages:      in.Pages,
	}
	r.rows = rows(r.Results)
	t := &r.Totals
	skips := make(map[asset.Reason]int)
	for _, one := range r.rows {
		switch one.Status {
		case asset.Converted:
			t.Converted++
			if before, after, ok := one.Saving(); ok {
				t.BytesBefore += before
				t.BytesAfter += after
			}
		case asset.Skipped:
			t.Skipped++
			skips[one.Reason]++
		case asset.Failed:
			t.Failed++
		}
	}
	for _, f := range r.Findings {
		if f.Severity == asset.Error {
			t.Errors++
		} else {
			t.Warnings++
		}
	}
	t.BytesSaved = t.BytesBefore - t.BytesAfter
	t.PercentSaved = asset.PercentSaved(t.BytesBefore, t.BytesAfter)
	for reason, n := range skips {
		r.Skips = append(r.Skips, Skip{Reason: reason, Count: n})
	}
	slices.SortFunc(r.Skips, func(a, b Skip) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return r
}

// JSON returns the report in the form that Schema describes. Bytes of paths that
// are not UTF-8 become U+FFFD.
func (r Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return b.Bytes(), nil
}

// filesLimit is the length in bytes of an output that GitHub takes from a job.
const filesLimit = 1_000_000

// file is what the output files says of one output of a source.
type file struct {
	Path    string       `json:"path"`
	Status  asset.Status `json:"status"`
	Output  string       `json:"output,omitempty"`
	Variant string       `json:"variant,omitempty"`
	Before  int64        `json:"bytes-before"`
	After   int64        `json:"bytes-after,omitempty"`
	Reason  asset.Reason `json:"reason,omitempty"`
	Error   string       `json:"error,omitempty"`
}

// Outputs are the values for later steps; path is where the JSON report was
// written, or empty. The output files is a JSON list of one object for each output of a
// source, one a line: path, status, output, variant, bytes-before, bytes-after, reason, error. Where
// it would be longer than a platform takes, it is empty instead of incomplete;
// the JSON report then has it.
func (r Report) Outputs(path string) []ci.Output {
	t := r.Totals
	return append([]ci.Output{
		{Name: "converted", Value: strconv.Itoa(t.Converted)},
		{Name: "skipped", Value: strconv.Itoa(t.Skipped)},
		{Name: "failed", Value: strconv.Itoa(t.Failed)},
		{Name: "errors", Value: strconv.Itoa(t.Errors)},
		{Name: "warnings", Value: strconv.Itoa(t.Warnings)},
		{Name: "bytes-before", Value: strconv.FormatInt(t.BytesBefore, 10)},
		{Name: "bytes-after", Value: strconv.FormatInt(t.BytesAfter, 10)},
		{Name: "bytes-saved", Value: strconv.FormatInt(t.BytesSaved, 10)},
		{Name: "percent-saved", Value: strconv.FormatFloat(t.PercentSaved, 'f', 1, 64)},
		{Name: "files", Value: r.files()},
		{Name: "report", Value: path},
	}, r.deliveryOutputs()...)
}

func (r Report) files() string {
	if len(r.Results) == 0 {
		return "[]"
	}
	lines := make([]string, len(r.Results))
	length := 0
	for i, one := range r.Results {
		f := file{
			Path: one.Source.Path, Status: one.Status, Output: one.Output, Variant: one.Variant,
			Before: one.Before, After: one.After, Reason: one.Reason,
		}
		if one.Err != nil {
			f.Error = one.Err.Message
		}
		// Plain strings and numbers cannot fail.
		line, _ := json.Marshal(f)
		lines[i] = string(line)
		if length += len(line) + len(",\n"); length > filesLimit {
			return ""
		}
	}
	return "[" + strings.Join(lines, ",\n") + "]"
}

// of returns the rows of one status, in their order.
func (r Report) of(status asset.Status) []row {
	var of []row
	for _, one := range r.rows {
		if one.Status == status {
			of = append(of, one)
		}
	}
	return of
}

// bySavings returns the converted rows, largest savings first.
func (r Report) bySavings() []row {
	of := r.of(asset.Converted)
	saves := func(r row) int64 {
		if before, after, ok := r.Saving(); ok {
			return before - after
		}
		return 0
	}
	slices.SortStableFunc(of, func(a, b row) int {
		return cmp.Or(
			cmp.Compare(saves(b), saves(a)),
			cmp.Compare(a.Source.Path, b.Source.Path))
	})
	return of
}

// A remark is a note on the run, or on the source at path and on others.
type remark struct {
	path   string
	others int
	text   string
}

// more is such as " and 3 others".
func (m remark) more() string {
	if m.others == 0 {
		return ""
	}
	return " and " + count(m.others, "other")
}

// remarks returns the notices, and then the notes of all results but those that
// were done before the run: they were reported then, except that the original is gone.
func (r Report) remarks() []remark {
	var all []remark
	for _, notice := range r.Notices {
		all = append(all, remark{text: notice})
	}
	all = append(all, r.keptNotes()...)
	seen := map[remark]bool{}
	once := map[string]int{} // by text: of many sources, it is said once
	for _, one := range r.Results {
		for _, note := range one.Notes {
			m := remark{path: one.Source.Path, text: note}
			removal := note == asset.OriginalRemoved || note == asset.OriginalGoes
			if one.Reason == asset.UpToDate && !removal || seen[m] {
				continue
			}
			seen[m] = true
			if removal || strings.HasPrefix(note, asset.QualityCapped) {
				if i, ok := once[note]; ok {
					all[i].others++
					continue
				}
				once[note] = len(all)
			}
			all = append(all, m)
		}
	}
	return all
}
