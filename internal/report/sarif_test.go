package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/webpress/webpress/internal/asset"
)

// sarifSchemaOf compiles the official schema, with the formats of strings.
func sarifSchemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// readSARIF is what is in a file.
func readSARIF(t *testing.T, data []byte) sarifRun {
	t.Helper()
	var log sarifLog
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&log); err != nil || len(log.Runs) != 1 || log.Version != "2.1.0" {
		t.Fatalf("%+v, %v", log, err)
	}
	return log.Runs[0]
}

func TestSARIF(t *testing.T) {
	schema := sarifSchemaOf(t)
	all := inputs(t)
	all["empty"] = Input{}
	for name, in := range all {
		t.Run(name, func(t *testing.T) {
			data, err := New(in).SARIF(func(p string) string { return path.Join("site", p) })
			if err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Error(err)
			}
			run := readSARIF(t, data)
			ids, prints := map[string]bool{}, map[string]bool{}
			for i, rule := range run.Tool.Driver.Rules {
				if ids[rule.ID] || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" {
					t.Errorf("rule %d: %+v", i, rule)
				}
				ids[rule.ID] = true
			}
			if want := len(in.Findings) + New(in).Totals.Failed; len(run.Results) != want {
				t.Errorf("%d results, want %d", len(run.Results), want)
			}
			for _, one := range run.Results {
				if run.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID || one.Message.Text == "" {
					t.Errorf("%+v", one)
				}
				place := one.Locations[0].PhysicalLocation
				u, err := url.Parse(place.ArtifactLocation.URI)
				if err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || !strings.HasPrefix(u.Path, "site/") {
					t.Errorf("%q, %v", place.ArtifactLocation.URI, err)
				}
				if place.Region.StartLine != 1 || place.ArtifactLocation.URIBaseID != "%SRCROOT%" {
					t.Errorf("%+v", place)
				}
				print := one.PartialFingerprints["primaryLocationLineHash"]
				if prints[print] || len(print) != 18 {
					t.Errorf("fingerprint %q", print)
				}
				prints[print] = true
			}
		})
	}
}

func TestSARIFResults(t *testing.T) {
	in := Input{
		Version: "1.2.3",
		Results: []asset.Result{
			{Source: asset.Source{Path: "fine.png"}, Status: asset.Converted},
			asset.Fail(asset.Source{Path: "b:ad/ü 100%#?.heic"}, `decode "b:ad/ü 100%#?.heic": no HEVC decoder`, "install one"),
		},
		Findings: []asset.Finding{
			{Rule: "max-bytes", Severity: asset.Warning, Path: "a.png", Message: "too many\nbytes"},
			{Rule: "max-bytes", Severity: asset.Error, Path: "b.png", Message: `"b.png" is too large`, Hint: "shrink it"},
			{Rule: "max-total-bytes", Severity: asset.Error, Message: "too many bytes"},
			{Rule: "max-total-bytes", Severity: asset.Error, Message: "too many bytes of some"},
			{Rule: "new", Severity: "odd", Path: "c.png", Message: `"c.png": [click](https://example.com) \o/`},
		},
	}
	data, err := New(in).SARIF(nil)
	if err != nil {
		t.Fatal(err)
	}
	run := readSARIF(t, data)
	if run.Tool.Driver.Name != "webpress" || run.Tool.Driver.Version != "1.2.3" || run.Tool.Driver.InformationURI == "" || len(run.Tool.Driver.Rules) != len(sarifRules)+1 {
		t.Errorf("%+v", run.Tool)
	}
	prints := map[string]bool{}
	var got []string
	for _, one := range run.Results {
		got = append(got, fmt.Sprintf("%s %s %s: %s", one.Level, one.RuleID, one.Locations[0].PhysicalLocation.ArtifactLocation.URI, one.Message.Text))
		prints[one.PartialFingerprints["primaryLocationLineHash"]] = true
	}
	want := []string{
		`error convert b%3Aad/%C3%BC%20100%25%23%3F.heic: decode "b:ad/ü 100%#?.heic": no HEVC decoder.` + "\ninstall one",
		`error max-bytes b.png: "b.png" is too large.` + "\nshrink it",
		`error max-total-bytes webpress.yml: too many bytes`,
		`error max-total-bytes webpress.yml: too many bytes of some`,
		`warning max-bytes a.png: "a.png": too many\nbytes`,
		`warning new c.png: "c.png": \[click\](https://example.com) \\o/`,
	}
	if strings.Join(got, "\n\n") != strings.Join(want, "\n\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n\n"), strings.Join(want, "\n\n"))
	}
	if len(prints) != len(want) {
		t.Errorf("only %d fingerprints", len(prints))
	}
	// What is wrong with a file does not matter to its fingerprint.
	in.Findings[1].Message = "by now still larger"
	data, err = New(in).SARIF(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range readSARIF(t, data).Results {
		if !prints[one.PartialFingerprints["primaryLocationLineHash"]] {
			t.Errorf("%+v has another fingerprint", one)
		}
	}
}

// GitHub refuses a file with more results than it takes.
func TestSARIFOfVeryManyFindings(t *testing.T) {
	var in Input
	for i := range sarifResults {
		in.Findings = append(in.Findings, asset.Finding{Rule: asset.RuleOrphan, Severity: asset.Warning, Path: fmt.Sprintf("%d.webp", i), Message: "gone"})
	}
	in.Findings = append(in.Findings, asset.Finding{Rule: asset.RuleOutdated, Severity: asset.Error, Path: "last.png", Message: "old"})
	data, err := New(in).SARIF(nil)
	if err != nil {
		t.Fatal(err)
	}
	if run := readSARIF(t, data); len(run.Results) != sarifResults || run.Results[0].RuleID != asset.RuleOutdated {
		t.Errorf("%d results, first %+v", len(run.Results), run.Results[0])
	}
	if len(data) > 50<<20 {
		t.Errorf("%d bytes", len(data))
	}
}
