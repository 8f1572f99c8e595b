package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
)

var update = flag.Bool("update", false, "rewrite the goldens of testdata")

// inputs reads the inputs of testdata by their names.
func inputs(t testing.TB) map[string]Input {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	all := make(map[string]Input)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var in Input
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[name] = in
	}
	return all
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

func TestGoldens(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			r := New(in)
			data, err := r.JSON()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/"+name+".golden.md", r.Markdown(0))
			golden(t, "testdata/"+name+".golden.txt", r.Text())
			golden(t, "testdata/"+name+".golden.json", string(data))
		})
	}
}

func TestTextWidth(t *testing.T) {
	for name, in := range inputs(t) {
		for line := range strings.Lines(New(in).Text()) {
			line = strings.TrimSuffix(line, "\n")
			if w := uniseg.StringWidth(line); w > textWidth {
				t.Errorf("%s: %d columns: %s", name, w, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: spaces at the end: %q", name, line)
			}
		}
	}
}

// closed adds additionalProperties: false to every object of a schema, so that
// a member of the output that the schema does not describe is found out.
func closed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = closed(value)
		}
		if v["type"] == "object" {
			v["additionalProperties"] = false
		}
	case []any:
		for i := range v {
			v[i] = closed(v[i])
		}
	}
	return v
}

func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", closed(doc)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range inputs(t) {
		data, err := New(in).JSON()
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTotals(t *testing.T) {
	converted := func(before, after int64) asset.Result {
		return asset.Result{Status: asset.Converted, Before: before, After: after}
	}
	tests := []struct {
		name    string
		results []asset.Result
		want    Totals
	}{
		{"nothing", nil, Totals{}},
		{"only converted sources count", []asset.Result{
			converted(1000, 250), converted(500, 250),
			{Status: asset.Skipped, Before: 700, After: 800},
			{Status: asset.Failed, Before: 900},
		}, Totals{Converted: 2, Skipped: 1, Failed: 1, BytesBefore: 1500, BytesAfter: 500, BytesSaved: 1000, PercentSaved: 66.7}},
		{"larger", []asset.Result{converted(1000, 1500)},
			Totals{Converted: 1, BytesBefore: 1000, BytesAfter: 1500, BytesSaved: -500, PercentSaved: -50}},
		{"sizes not known", []asset.Result{converted(0, 30), converted(0, 40)}, Totals{Converted: 2}},
		{"one size not known", []asset.Result{converted(0, 30), converted(1000, 250)},
			Totals{Converted: 2, BytesBefore: 1000, BytesAfter: 250, BytesSaved: 750, PercentSaved: 75}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, New(Input{Results: tt.results}).Totals); diff != "" {
				t.Errorf("totals (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	in := inputs(t)["typical"]
	got := New(in).Outputs("out/report.json")
	i := slices.IndexFunc(got, func(o ci.Output) bool { return o.Name == "files" })
	var files []file
	if err := json.Unmarshal([]byte(got[i].Value), &files); err != nil {
		t.Fatal(err)
	}
	if len(files) != len(in.Results) || files[0].Path != in.Results[0].Source.Path || files[0].Output == "" {
		t.Errorf("files: %+v", files)
	}
	if lines := strings.Count(got[i].Value, "\n") + 1; lines != len(files) {
		t.Errorf("files has %d lines", lines)
	}
	got[i].Value = ""
	want := []ci.Output{
		{Name: "converted", Value: "7"}, {Name: "skipped", Value: "3"}, {Name: "failed", Value: "2"},
		{Name: "errors", Value: "0"}, {Name: "warnings", Value: "0"},
		{Name: "bytes-before", Value: "13962082"}, {Name: "bytes-after", Value: "2897346"},
		{Name: "bytes-saved", Value: "11064736"}, {Name: "percent-saved", Value: "79.2"},
		{Name: "files"}, {Name: "report", Value: "out/report.json"},
		{Name: "commit"}, {Name: "pull-request"}, {Name: "artifact-id"}, {Name: "artifact-url"}, {Name: "artifact-digest"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestOutputsOfCheck(t *testing.T) {
	got := map[string]string{}
	for _, o := range New(inputs(t)["check"]).Outputs("") {
		got[o.Name] = o.Value
	}
	if got["errors"] != "7" || got["warnings"] != "3" || got["failed"] != "0" || got["files"] != "[]" {
		t.Errorf("outputs: %v", got)
	}
}

func TestOutputsFiles(t *testing.T) {
	if got := New(Input{}).files(); got != "[]" {
		t.Errorf("no results: %q", got)
	}
	many := make([]asset.Result, 25_000)
	if got := New(Input{Results: many}).files(); got != "" {
		t.Errorf("too many results: %d bytes", len(got))
	}
}

func TestDeliveryOutputs(t *testing.T) {
	got := map[string]string{}
	for _, o := range New(inputs(t)["deliveries"]).Outputs("") {
		got[o.Name] = o.Value
	}
	for name, want := range map[string]string{
		"commit": strings.Repeat("3f2a1bc4", 5), "pull-request": "https://github.com/octo/site/pull/13", "artifact-id": "77",
		"artifact-url":    "https://github.com/octo/site/actions/runs/8800/artifacts/77",
		"artifact-digest": "sha256:" + strings.Repeat("ab", 32),
	} {
		if got[name] != want {
			t.Errorf("output %s = %q, want %q", name, got[name], want)
		}
	}
}

// What a server says is not trusted to be an address.
func TestLinked(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/a?b=c#d": "[`x`](https://h/a?b=c#d)",
		"":                  "`x`", "javascript:alert(1)": "`x`", "https://u:p@h/": "`x`", "https://h/a) @x (": "`x`", "//h/a": "`x`",
	} {
		if got := linked("`x`", address); got != want {
			t.Errorf("linked to %q: %q, want %q", address, got, want)
		}
	}
}

// What is said of the quality of many is said once for each text.
func TestCappedOnce(t *testing.T) {
	in := Input{}
	for i := range 5 {
		in.Results = append(in.Results, asset.Result{
			Source: asset.Source{Path: fmt.Sprintf("%d.jpg", i)}, Status: asset.Converted, Output: "x", Before: 9, After: 5,
			Notes: []string{fmt.Sprintf("%s%d", asset.QualityCapped, 60+i/4), "damaged"},
		})
	}
	text := New(in).Text()
	for _, line := range []string{
		"\n  0.jpg and 3 others: encoded with quality 60\n", "\n  4.jpg: encoded with quality 61\n", "\n  0.jpg: damaged\n", "\n  4.jpg: damaged\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	if md := New(in).Markdown(0); !strings.Contains(md, "- `0.jpg` and 3 others encoded with quality 60\n") {
		t.Error(md)
	}
}
