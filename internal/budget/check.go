package budget

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/webpress/webpress/internal/asset"
)

// Check holds files to limits. before are the sizes in bytes of the images of the
// base, by their paths; nil is that they are not known, and a notice says so where
// it matters. The findings are sorted by path, then by rule. If a file breaks
// several limits of one name, the finding is of the most serious one, and among
// these of the strictest.
func Check(limits []Limit, files []File, before map[string]int64) (findings []asset.Finding, notices []string) {
	unknown := false
	for i := range limits {
		l := &limits[i]
		findings = append(findings, l.total(files)...)
		if l.MaxGrowth != nil {
			if unknown = unknown || before == nil; before != nil {
				findings = append(findings, l.growth(files, before)...)
			}
		}
	}
	for i := range files {
		findings = append(findings, checkFile(limits, &files[i])...)
	}
	if unknown {
		notices = append(notices, "max-growth was not checked: what the images were like in the base is not known")
	}
	slices.SortStableFunc(findings, func(a, b asset.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule))
	})
	return findings, notices
}

// A breach is how a file breaks a limit.
type breach struct {
	by   *Limit
	rule string
	// most is what the limit allows, for a comparison with others of its name.
	most          int64
	message, hint string
}

// checkFile holds one file to all limits that are for it.
func checkFile(limits []Limit, f *File) []asset.Finding {
	var all []breach
	for i := range limits {
		l := &limits[i]
		if !l.applies(f.Path) {
			continue
		}
		if fault, ok := errors.AsType[*asset.Fault](f.Err); ok && l.reads(f) {
			all = append(all, breach{by: l, rule: asset.RuleFailed, message: fault.Message, hint: fault.Hint})
		}
		all = append(all, l.breaches(f)...)
	}
	slices.SortStableFunc(all, func(a, b breach) int {
		return cmp.Or(strings.Compare(a.rule, b.rule), lessSerious(a.by, b.by), cmp.Compare(a.most, b.most))
	})
	all = slices.CompactFunc(all, func(a, b breach) bool { return a.rule == b.rule })
	findings := make([]asset.Finding, len(all))
	for i, b := range all {
		findings[i] = asset.Finding{Rule: b.rule, Severity: b.by.severity(), Path: f.Path, Message: b.message, Hint: b.hint}
	}
	return findings
}

// lessSerious sorts errors first.
func lessSerious(a, b *Limit) int {
	rank := func(l *Limit) int {
		if l.severity() == asset.Error {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// breaches are the limits that a file breaks.
func (l *Limit) breaches(f *File) (all []breach) {
	broken := func(rule string, most int64, hint, format string, args ...any) {
		message := fmt.Sprintf("%q ", f.Path) + fmt.Sprintf(format, args...) + l.where()
		all = append(all, breach{l, rule, most, message, hint})
	}
	if l.MaxBytes > 0 && f.Size > l.MaxBytes {
		has, most := sizes(f.Size, l.MaxBytes)
		broken(maxBytes, l.MaxBytes, f.shrink("`max-width` or `quality`"), "is %s, limit %s", has, most)
	}
	if l.NoGPS && f.GPS && f.Added {
		broken(noGPS, 0, f.forget(), "contains GPS coordinates")
	}
	if f.Result {
		return all
	}
	if l.MaxWidth > 0 && f.Width > l.MaxWidth {
		setting := fmt.Sprintf("`max-width: %d`", l.MaxWidth)
		broken(maxWidth, int64(l.MaxWidth), f.shrink(setting), "is %d pixels wide, limit %d", f.Width, l.MaxWidth)
	}
	if l.MaxHeight > 0 && f.Height > l.MaxHeight {
		setting := fmt.Sprintf("`max-height: %d`", l.MaxHeight)
		broken(maxHeight, int64(l.MaxHeight), f.shrink(setting), "is %d pixels high, limit %d", f.Height, l.MaxHeight)
	}
	if l.MaxPixels > 0 && f.Pixels > l.MaxPixels {
		broken(maxPixels, l.MaxPixels, f.shrink("`max-width` or `max-height`"), "has %s pixels (%d x %d), limit %s",
			humanize.Comma(f.Pixels), f.Width, f.Height, humanize.Comma(l.MaxPixels))
	}
	if len(l.Formats) > 0 && !slices.Contains(l.Formats, f.Format) {
		broken(formats, int64(len(l.Formats)), f.change(l.Formats), "is %s, allowed is %s", name(f.Format), names(l.Formats))
	}
	return all
}

// total holds all files together to a limit.
func (l *Limit) total(files []File) []asset.Finding {
	if l.MaxTotalBytes == 0 {
		return nil
	}
	sum, count := l.sum(files)
	if sum <= l.MaxTotalBytes {
		return nil
	}
	has, most := sizes(sum, l.MaxTotalBytes)
	images := "images together have"
	if count == 1 {
		images = "image has"
	}
	return []asset.Finding{{
		Rule: maxTotalBytes, Severity: l.severity(),
		Message: fmt.Sprintf("%s %s %s, limit %s", humanize.Comma(int64(count)), images, has, most) + l.where(),
		Hint:    "shrink images, let webpress replace them (`originals: remove`), or name what has to stay under `except`",
	}}
}

// growth holds the difference between the files and those of the base to a limit.
func (l *Limit) growth(files []File, before map[string]int64) []asset.Finding {
	sum, _ := l.sum(files)
	for path, size := range before {
		if l.applies(path) {
			sum -= size
		}
	}
	if sum <= *l.MaxGrowth {
		return nil
	}
	has, most := sizes(sum, *l.MaxGrowth)
	allowed := "limit " + most
	if *l.MaxGrowth == 0 {
		allowed = "and may not grow"
	}
	return []asset.Finding{{
		Rule: maxGrowth, Severity: l.severity(),
		Message: fmt.Sprintf("the images have grown by %s since the base, %s", has, allowed) + l.where(),
		Hint:    "shrink what was added, let webpress replace it (`originals: remove`), or name it under `except`",
	}}
}

// sum is the size in bytes of the files that a limit is for, and their number.
func (l *Limit) sum(files []File) (bytes int64, count int) {
	for i := range files {
		if l.applies(files[i].Path) {
			bytes += files[i].Size
			count++
		}
	}
	return bytes, count
}
