package report

import (
	"math"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A row is what became of one source: the results of all its outputs.
type row struct {
	// Result is the one that stands for all: the first that failed, else the largest of
	// those that were converted, which a page would load in the place of the source,
	// else the first.
	asset.Result
	all []asset.Result
}

// rows are results by their source, in the order in which these come first.
func rows(results []asset.Result) []row {
	all := make([]row, 0, len(results))
	at := make(map[string]int, len(results))
	for n, one := range results {
		i, ok := at[one.Source.Path]
		if !ok || one.Source.Path == "" {
			at[one.Source.Path] = len(all)
			all = append(all, row{Result: one, all: results[n : n+1 : n+1]})
			continue
		}
		r := &all[i]
		r.all = append(r.all, one)
		if stands(one, r.Result) {
			r.Result = one
		}
	}
	return all
}

// Sources are the paths of the sources of all results, each once.
func (r Report) Sources() []string {
	names := make([]string, len(r.rows))
	for i, one := range r.rows {
		names[i] = one.Source.Path
	}
	return names
}

// removal is a note that the original is removed, or would be; it is empty if it stays.
func (r row) removal() string {
	for _, one := range r.all {
		switch {
		case slices.Contains(one.Notes, asset.OriginalRemoved):
			return " (removed)"
		case slices.Contains(one.Notes, asset.OriginalGoes):
			return " (would be removed)"
		}
	}
	return ""
}

// stands reports whether a result stands for all rather than another.
func stands(one, other asset.Result) bool {
	if a, b := weight(one.Status), weight(other.Status); a != b || one.Status != asset.Converted {
		return a > b
	}
	a, b := one.Width*one.Height, other.Width*other.Height
	return a > b || a == b && one.After < other.After
}

func weight(s asset.Status) int {
	switch s {
	case asset.Failed:
		return 2
	case asset.Converted:
		return 1
	}
	return 0
}

// Saving is that of the result that stands for all, where a page would load that: not
// where a larger output was there before, which was counted then.
func (r row) Saving() (before, after int64, ok bool) {
	for _, one := range r.all {
		if one.Reason == asset.UpToDate && one.Output != "" && one.Width*one.Height > r.Width*r.Height {
			return 0, 0, false
		}
	}
	return r.Result.Saving()
}

// worst is the lowest score of the outputs of a row, above all scores where there is none.
func (r row) worst() float64 {
	worst := math.Inf(1)
	for _, one := range r.all {
		if one.Rated() {
			worst = min(worst, one.Score)
		}
	}
	return worst
}

// converted are the outputs of a row that were converted, nil if there is one.
func (r row) converted() []asset.Result {
	if len(r.all) < 2 {
		return nil
	}
	var made []asset.Result
	for _, one := range r.all {
		if one.Status == asset.Converted {
			made = append(made, one)
		}
	}
	return made
}

// Failures are the results that failed, each reason once for a source: where it is the
// source that is damaged, all its outputs fail for that.
func Failures(results []asset.Result) []asset.Result {
	var failed []asset.Result
	seen := map[[2]string]bool{}
	for _, one := range results {
		if one.Status != asset.Failed {
			continue
		}
		key := [2]string{one.Source.Path, ""}
		if one.Err != nil {
			key[1] = one.Err.Message
		}
		if !seen[key] {
			seen[key] = true
			failed = append(failed, one)
		}
	}
	return failed
}
