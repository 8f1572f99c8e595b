package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// Size is a number of bytes for people, in SI units with one decimal: 999 B,
// 1.0 kB, 14.2 MB. It may be below zero.
func Size(n int64) string {
	if n < 0 {
		// The smallest number has no opposite; a float does not mind.
		return "-" + size(-float64(n))
	}
	return size(float64(n))
}

func size(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f B", n)
	}
	for _, unit := range []string{"kB", "MB", "GB"} {
		n /= 1000
		// What would be rounded to 1000.0 is 1.0 of the next unit.
		if n < 999.95 {
			return fmt.Sprintf("%.1f %s", n, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", n/1000)
}

// Percent is how much smaller after is than before, for people: 78.2 %. It is
// below zero if after is larger, and is 100.0 % only if nothing is left.
func Percent(before, after int64) string { return percent(asset.PercentSaved(before, after)) }

func percent(p float64) string { return fmt.Sprintf("%.1f %%", p) }

// Duration is a time for people: 12 ms, 1.2 s, 3 min 5 s.
func Duration(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
}

// images is a number of images in words.
func images(n int) string {
	switch n {
	case 0:
		return "no images"
	case 1:
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}

// allUpToDate reports whether there was nothing to do.
func (r Report) allUpToDate() bool {
	return r.Totals.Converted == 0 && r.Left == 0 && r.upToDate() == len(r.rows)
}

// outcome is the run in one sentence without an end: 12 images converted:
// 14.2 MB → 3.1 MB, 78.2 % saved.
func (r Report) outcome(arrow string) string {
	t := r.Totals
	if r.Forecast != "" {
		return r.Forecast
	}
	if len(r.Results) == 0 && r.Left == 0 {
		return "no images found"
	}
	if n := r.removed(); n > 0 && t.Converted == 0 {
		return count(n, "original") + " removed, whose results were there already"
	}
	s := images(t.Converted)
	if r.DryRun {
		s += " would be"
	}
	s += " converted"
	switch {
	case r.allUpToDate():
		return s + ": all are up to date"
	case t.Converted == 0:
		return s
	case r.moved() == t.Converted:
		return s + ", by moving results that were there"
	case t.BytesBefore == 0:
		return s // the sizes of another run's sources may not be known, or sizes were added
	}
	s += fmt.Sprintf(": %s %s %s, ", Size(t.BytesBefore), arrow, Size(t.BytesAfter))
	switch p := t.PercentSaved; {
	case t.BytesAfter <= t.BytesBefore:
		return s + Percent(t.BytesBefore, t.BytesAfter) + " saved"
	default:
		return s + percent(-p) + " larger"
	}
}

// moved is how many results were there before, and are in another place now.
func (r Report) moved() (n int) {
	for _, one := range r.of(asset.Converted) {
		if one.Replaced != "" {
			n++
		}
	}
	return n
}

// removed is how many sources were removed.
func (r Report) removed() (n int) {
	for _, one := range r.Results {
		if slices.Contains(one.Notes, asset.OriginalRemoved) {
			n++
		}
	}
	return n
}

// upToDate is how many sources were done before the run.
func (r Report) upToDate() int {
	for _, skip := range r.Skips {
		if skip.Reason == asset.UpToDate {
			return skip.Count
		}
	}
	return 0
}

// others counts what was not converted: 3 skipped, 1 failed.
func (r Report) others() []string {
	var others []string
	for _, o := range []struct {
		n    int
		word string
	}{
		{r.Totals.Failed, "failed"}, {r.Totals.Skipped, "skipped"}, {r.Left, "not reached"},
	} {
		if o.n > 0 {
			others = append(others, fmt.Sprintf("%d %s", o.n, o.word))
		}
	}
	return others
}

// Made says how the outputs were made: quality 80, at most 1200 pixels wide, and
// 2 rules.
func (r Report) Made() string {
	c := r.Recipe
	if c.Format == "" {
		return ""
	}
	s := fmt.Sprintf("quality %d", c.Quality)
	if c.Auto {
		s = fmt.Sprintf("quality for a score of %g", c.Look)
	}
	if c.OwnQuality {
		s += " of " + c.Format.Name()
	}
	if c.Lossless == asset.LosslessAlways {
		s = "lossless"
	}
	switch {
	case c.MaxWidth > 0 && c.MaxHeight > 0:
		s += fmt.Sprintf(", at most %d x %d pixels", c.MaxWidth, c.MaxHeight)
	case c.MaxWidth > 0:
		s += fmt.Sprintf(", at most %d pixels wide", c.MaxWidth)
	case c.MaxHeight > 0:
		s += fmt.Sprintf(", at most %d pixels high", c.MaxHeight)
	}
	if r.Rules > 0 {
		s += ", and " + count(r.Rules, "rule")
	}
	return s
}

// reason is the text of a reason, which is never empty.
func reason(of asset.Reason) string {
	if of == "" {
		return "no reason given"
	}
	return string(of)
}

// capital makes the first letter of an English sentence large.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
