package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"webpress/internal/asset"
	"webpress/internal/ci"
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

// CodeQuality returns the sources that failed as a code-quality report of
// GitLab's, which a merge request shows: those that the target branch does not
// have count as new. inRepository makes a path relative to the root of the
// repository; nil is that it is already.
//
// The fingerprint of an issue is that of its path: a picture that fails for
// another reason after an update of webpress is not a new issue.
func (r Report) CodeQuality(inRepository func(string) string) ([]byte, error) {
	issues := []qualityIssue{}
	for _, one := range r.of(asset.Failed) {
		path := one.Source.Path
		if inRepository != nil {
			path = inRepository(path)
		}
		const check = "webpress/convert"
		sum := sha256.Sum256([]byte(check + "\x00" + path))
		issue := qualityIssue{
			Description: ci.Visible(one.Source.Path) + " could not be converted", CheckName: check,
			Fingerprint: hex.EncodeToString(sum[:16]), Severity: "major",
		}
		if one.Err != nil {
			issue.Description = ci.Visible(one.Err.Message)
			if one.Err.Hint != "" {
				issue.Description += " (" + ci.Visible(one.Err.Hint) + ")"
			}
		}
		issue.Location.Path, issue.Location.Lines.Begin = path, 1
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
