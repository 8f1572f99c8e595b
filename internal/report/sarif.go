package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/project"
)

const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// sarifAbout is where people read of webpress.
	sarifAbout = project.URL
	// sarifResults is how many results GitHub takes; it refuses a file with more.
	sarifResults = 25_000
)

// SARIF returns findings, and sources that failed, in the form that code scanning
// reads: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/, with what
// GitHub wants of it, "SARIF support for code scanning" at https://docs.github.com/.
// Errors are first; what GitHub would refuse is left out. inRepository makes a path
// relative to the root of the repository; nil is that it is already.
func (r Report) SARIF(inRepository func(string) string) ([]byte, error) {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "webpress", Version: r.Version, InformationURI: sarifAbout, Rules: append([]sarifRule{}, sarifRules...)}},
		Results: []sarifResult{},
	}
	index := map[string]int{}
	for i, rule := range run.Tool.Driver.Rules {
		index[rule.ID] = i
	}
	all := r.alerts(inRepository)
	for _, a := range all[:min(len(all), sarifResults)] {
		i, ok := index[a.rule]
		if !ok {
			i = len(index)
			index[a.rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newRule(a.rule, a.severity, a.rule, a.rule))
		}
		run.Results = append(run.Results, a.result(i))
	}
	log := sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(log); err != nil {
		return nil, fmt.Errorf("encode SARIF: %w", err)
	}
	return b.Bytes(), nil
}

// result is an alert of the rule at an index.
func (a alert) result(rule int) sarifResult {
	text := a.message
	if a.hint != "" {
		// GitHub shows the first sentence where it has little room.
		text += ".\n" + a.hint
	}
	place := sarifLocation{sarifPhysical{
		ArtifactLocation: sarifArtifact{URI: relativeURI(a.path), URIBaseID: "%SRCROOT%"},
		// An image has no lines, but GitHub wants one.
		Region: sarifRegion{StartLine: a.line, StartColumn: a.column, EndLine: a.line, EndColumn: a.column},
	}}
	return sarifResult{
		RuleID: a.rule, RuleIndex: rule, Level: string(a.severity), Message: sarifText{unlinked(text)},
		Locations: []sarifLocation{place},
		// Without this one, GitHub's action makes it of the file's first line.
		PartialFingerprints: map[string]string{"primaryLocationLineHash": a.fingerprint()[:16] + ":1"},
	}
}

// relativeURI is a path as a relative URI (RFC 3986, 4.2): a colon in its first
// part would make a scheme of what is before.
func relativeURI(path string) string {
	return strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), ":", "%3A")
}

// unlinked takes the meaning of a link from what looks like one (SARIF, 3.11.6).
func unlinked(text string) string {
	if !strings.Contains(text, "](") {
		return text
	}
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(text)
}

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifText    `json:"shortDescription"`
		FullDescription  sarifText    `json:"fullDescription"`
		Help             sarifText    `json:"help"`
		Default          sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
)

// newRule returns a rule with what is wrong where it is broken, and how to fix it.
func newRule(id string, level asset.Severity, wrong, fix string) sarifRule {
	return sarifRule{id, sarifText{wrong}, sarifText{wrong}, sarifText{fix}, sarifDefault{string(level)}}
}

const budgetHelp = "A budget in webpress.yml sets the limit, and its except names the images that it does not apply to. "

// sarifRules are all that webpress has by itself.
var sarifRules = []sarifRule{
	newRule(ruleConvert, asset.Error, "An image could not be converted",
		"The message says why: most often the file is damaged, or of a kind that webpress does not read."),
	newRule(asset.RuleFailed, asset.Error, "An image cannot be read",
		"The message says why: most often the file is damaged, or of a kind that webpress does not read."),
	newRule(asset.RuleOutput, asset.Error, "A result cannot be where the setting output puts it",
		"Two sources have one result, or the result is a source itself, or outside of the tree. Set output to a template that keeps them apart."),
	newRule(asset.RuleOutdated, asset.Error, "An image has no result that is up to date",
		"Run webpress, and commit what it writes with webpress.lock."),
	newRule(asset.RuleEdited, asset.Error, "A result was changed by hand",
		"webpress leaves it as it is. Keep it with webpress accept, bring it back with git, or make it again with --overwrite."),
	newRule(asset.RuleOccupied, asset.Error, "Another file is in the place of a result",
		"webpress leaves it as it is. Accept it as the result with webpress accept, move it away, or replace it with --overwrite."),
	newRule(asset.RuleIgnored, asset.Error, "A result is ignored by git",
		"Take it out of .gitignore, or add it with git add --force. If results are not committed, set checks to budgets."),
	newRule(asset.RuleUnverified, asset.Error, "A result is not what webpress makes",
		"webpress.lock says that it is. Make it again with webpress --verify --overwrite, or accept it as it is with webpress accept."),
	newRule(asset.RuleAccepted, asset.Warning, "A result that was edited by hand was accepted",
		"Look at it before it is merged."),
	newRule(asset.RuleNotAdded, asset.Error, "A result is not in git",
		"Add it to git, with webpress.lock."),
	newRule(asset.RuleOrphan, asset.Warning, "The source of a result is gone",
		"Remove the result with webpress --prune, or bring the source back."),
	newRule("max-bytes", asset.Error, "An image has too many bytes",
		budgetHelp+"Shrink the image, or let webpress replace it."),
	newRule("max-width", asset.Error, "An image is too wide",
		budgetHelp+"Shrink the image, or let webpress replace it."),
	newRule("max-height", asset.Error, "An image is too high",
		budgetHelp+"Shrink the image, or let webpress replace it."),
	newRule("max-pixels", asset.Error, "An image has too many pixels",
		budgetHelp+"Shrink the image, or let webpress replace it."),
	newRule("formats", asset.Error, "An image has a format that is not allowed",
		budgetHelp+"Convert the image, and remove the original."),
	newRule("no-gps", asset.Error, "An image contains GPS coordinates",
		budgetHelp+"Take the position out, with exiftool '-gps*=' -overwrite_original FILE, and amend the commit that added the image."),
	newRule("max-total-bytes", asset.Error, "The images have too many bytes together",
		budgetHelp+"Shrink images, or let webpress replace them."),
	newRule("max-growth", asset.Error, "The images have grown by too much",
		budgetHelp+"Shrink what was added, or let webpress replace it."),
}
