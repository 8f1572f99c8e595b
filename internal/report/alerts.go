package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

// ruleConvert is the rule of sources that failed, beside those of findings.
const ruleConvert = "convert"

// budgetFile is where findings that are about no single file are shown: they are of
// budgets, which stand there.
const budgetFile = "webpress.yml"

// An alert is a source that failed, or a finding, as a forge shows it.
type alert struct {
	rule     string
	severity asset.Severity
	// path is relative to the root of the repository, and never empty.
	path string
	// message and hint are one line each, and hint may be empty.
	message, hint string
	// line and column are where it is in the file, from 1.
	line, column int
	// nth counts those of one rule and path, from 1.
	nth int
}

// alerts are the sources that failed and the findings, errors first, each sort in
// its order. inRepository makes a path relative to the root of the repository; nil
// is that it is already.
func (r Report) alerts(inRepository func(string) string) []alert {
	type place struct{ rule, path string }
	seen := map[place]int{}
	var all []alert
	add := func(rule string, severity asset.Severity, path, message, hint string, line, column int) {
		path = cmp.Or(path, r.SettingsFile, budgetFile)
		if inRepository != nil {
			path = inRepository(path)
		}
		p := place{rule, path}
		seen[p]++
		all = append(all, alert{rule, severity, path, ci.Visible(message), ci.Visible(hint), max(line, 1), max(column, 1), seen[p]})
	}
	for _, one := range Failures(r.Results) {
		message, hint := one.Source.Path+" could not be converted", ""
		if one.Err != nil {
			message, hint = one.Err.Message, one.Err.Hint
		}
		add(ruleConvert, asset.Error, one.Source.Path, message, hint, 0, 0)
	}
	for _, f := range r.Findings {
		hint := f.Hint
		if f.Fix != "" {
			hint = strings.TrimPrefix(hint+"; run: "+f.Fix, "; ")
		}
		add(f.Rule, severity(f), f.Path, message(f), hint, f.Line, f.Column)
	}
	slices.SortStableFunc(all, func(a, b alert) int { return rank(a.severity) - rank(b.severity) })
	return all
}

// check is the name of the alert's rule among those of other tools.
func (a alert) check() string { return "webpress/" + a.rule }

// fingerprint identifies an alert, and stays the same as long as the rule and the
// path do: an image that fails for another reason after an update of webpress is
// not a new alert.
func (a alert) fingerprint() string {
	of := a.check() + "\x00" + a.path
	if a.nth > 1 {
		of += "\x00" + strconv.Itoa(a.nth)
	}
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:16])
}
