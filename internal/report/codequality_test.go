package report

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

func TestCodeQuality(t *testing.T) {
	r := New(Input{Results: []asset.Result{
		asset.Fail(asset.Source{Path: "b/<x>.heic"}, `decode "b/<x>.heic": no HEVC decoder`, "install one"),
		{Source: asset.Source{Path: "fine.png"}, Status: asset.Converted},
		asset.Fail(asset.Source{Path: "a.png"}, "decode\n\"a.png\": cut short", ""),
	}})
	got, err := r.CodeQuality(func(p string) string { return path.Join("site", p) })
	if err != nil {
		t.Fatal(err)
	}
	const want = `[
  {
    "description": "decode \"b/<x>.heic\": no HEVC decoder (install one)",
    "check_name": "webpress/convert",
    "fingerprint": "4a2368cc1192ad272713c4a305ecea41",
    "severity": "major",
    "location": {
      "path": "site/b/<x>.heic",
      "lines": {
        "begin": 1
      }
    }
  },
  {
    "description": "decode\\n\"a.png\": cut short",
    "check_name": "webpress/convert",
    "fingerprint": "65c434d9eb5d0ca3eff6efb0a76c24df",
    "severity": "major",
    "location": {
      "path": "site/a.png",
      "lines": {
        "begin": 1
      }
    }
  }
]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestCodeQualityOfFindings(t *testing.T) {
	r := New(Input{Check: true, Findings: []asset.Finding{
		{Rule: asset.RuleOrphan, Severity: asset.Warning, Path: "a.webp", Message: `"a.webp" is an orphan`, Hint: "remove it"},
		{Rule: "max-growth", Severity: asset.Error, Message: "the images have grown"},
		{Rule: "max-growth", Severity: asset.Error, Message: "some images have grown"},
		{Rule: asset.RuleOutdated, Severity: asset.Error, Path: "a.png", Message: "is not up to date"},
	}})
	data, err := r.CodeQuality(func(p string) string { return path.Join("site", p) })
	if err != nil {
		t.Fatal(err)
	}
	var issues []qualityIssue
	if err := json.Unmarshal(data, &issues); err != nil {
		t.Fatal(err)
	}
	var got []string
	prints := map[string]bool{}
	for _, one := range issues {
		got = append(got, strings.Join([]string{one.Severity, one.CheckName, one.Location.Path, one.Description}, " "))
		prints[one.Fingerprint] = true
	}
	want := []string{
		"major webpress/max-growth site/webpress.yml the images have grown",
		"major webpress/max-growth site/webpress.yml some images have grown",
		`major webpress/outdated site/a.png "a.png": is not up to date`,
		`minor webpress/orphan site/a.webp "a.webp" is an orphan (remove it)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(prints) != len(want) {
		t.Errorf("only %d fingerprints", len(prints))
	}
}

func TestCodeQualityOfNothing(t *testing.T) {
	got, err := New(Input{}).CodeQuality(nil)
	if err != nil || string(got) != "[]\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// An issue stays the same issue as long as it is of the same file.
func TestCodeQualityFingerprints(t *testing.T) {
	fingerprints := func(results ...asset.Result) []string {
		data, err := New(Input{Results: results}).CodeQuality(nil)
		if err != nil {
			t.Fatal(err)
		}
		var issues []qualityIssue
		if err := json.Unmarshal(data, &issues); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range issues {
			got = append(got, one.Fingerprint)
		}
		return got
	}
	a := fingerprints(asset.Fail(asset.Source{Path: "a.png"}, "x", ""), asset.Fail(asset.Source{Path: "b.png"}, "x", ""))
	b := fingerprints(asset.Fail(asset.Source{Path: "b.png"}, "y", ""))
	if a[0] == a[1] || a[1] != b[0] {
		t.Errorf("got %q and %q", a, b)
	}
}
