package report

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
)

// What GitLab takes as artifacts:reports:codequality: a list of these. See "Code
// Quality report format" at https://docs.gitlab.com/ci/testing/code_quality/.
type qualityIssue struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"`
	Location    qualityLocation `json:"location"`
}

type qualityLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// CodeQuality returns the sources that failed, and the findings of a check, as a
// code-quality report of GitLab's, which a merge request shows: those that the
// target branch does not have count as new. inRepository makes a path relative to
// the root of the repository; nil is that it is already.
func (r Report) CodeQuality(inRepository func(string) string) ([]byte, error) {
	issues := []qualityIssue{}
	for _, a := range r.alerts(inRepository) {
		issue := qualityIssue{
			Description: a.message, CheckName: a.check(), Fingerprint: a.fingerprint(), Severity: "major",
		}
		if a.hint != "" {
			issue.Description += " (" + a.hint + ")"
		}
		if a.severity == asset.Warning {
			issue.Severity = "minor"
		}
		issue.Location.Path, issue.Location.Lines.Begin = a.path, a.line
		issues = append(issues, issue)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(issues); err != nil {
		return nil, fmt.Errorf("encode code-quality report: %w", err)
	}
	return b.Bytes(), nil
}
