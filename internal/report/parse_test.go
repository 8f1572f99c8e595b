package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webpress/internal/asset"
)

func TestParse(t *testing.T) {
	for name, in := range inputs(t) {
		data, err := New(in).JSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(New(in), got); diff != "" {
			t.Errorf("%s: read back (-want +got):\n%s", name, diff)
		}
	}
	// A report of an older webpress, and one of a newer.
	got, err := Parse([]byte(`{"schema": 1, "version": "0.9.0", "results": null, "weather": {"rain": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(New(Input{Version: "0.9.0"}), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ name, data, want string }{
		{"nothing", "", "unexpected end of JSON input"},
		{"no JSON", "hello", "invalid character"},
		{"another kind", `[]`, "cannot unmarshal array"},
		{"no version", `{"results": []}`, "it has no schema version"},
		{"another version", `{"schema": 2}`, "its schema version is 2, and this webpress reads 1"},
		{"results of another kind", `{"schema": 1, "results": {}}`, "cannot unmarshal object"},
		{"deep", `{"schema": 1, "x": ` + strings.Repeat("[", 20_000), "exceeded max depth"},
		{"long", `{"schema": 1}` + strings.Repeat(" ", maxReport), "more than the 67108864 that are read"},
	} {
		r, err := Parse([]byte(tc.data))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
		if diff := cmp.Diff(Report{}, r); diff != "" {
			t.Errorf("%s: a report beside the error: %s", tc.name, diff)
		}
	}
}

func TestJoin(t *testing.T) {
	result := func(path string, before, after int64) asset.Result {
		return asset.Result{
			Source: asset.Source{Path: path, Format: asset.PNG, Size: before}, Status: asset.Converted,
			Format: asset.WebP, Before: before, After: after,
		}
	}
	total := asset.Finding{Rule: "max-total-bytes", Severity: asset.Error, Message: "too many bytes"}
	old := asset.Finding{Rule: asset.RuleOutdated, Severity: asset.Error, Path: "a.png", Message: `"a.png" is not up to date`}
	gone := asset.Finding{Rule: asset.RuleOrphan, Severity: asset.Warning, Path: "b.webp", Message: `"b.webp" is an orphan`}
	first := New(Input{
		Version: "1.0.0", Rules: 2, Recipe: asset.Recipe{Format: asset.WebP, Quality: 80}, Shard: "1/2", Elapsed: 2 * time.Second,
		Results: []asset.Result{result("b.png", 1000, 400), result("d.png", 500, 100)}, Left: 1,
		Notices: []string{"x", "y"}, Findings: []asset.Finding{gone, total}, Check: true, Checked: 3, Mend: "webpress\ngit add --all",
		Deliveries: []Delivery{{Stored: asset.Stored{Store: "artifact"}}},
	})
	second := New(Input{
		Version: "1.0.1", Shard: "2/2", Elapsed: 3 * time.Second, Interrupted: true, DryRun: true, Left: 2,
		Results: []asset.Result{result("d.png", 7, 7), result("c.png", 300, 200), asset.Fail(asset.Source{Path: "a.png", Size: 9}, "no", "")},
		Notices: []string{"y", "z"}, Findings: []asset.Finding{total, old}, Check: true, Checked: 4, Mend: "webpress --prune\ngit add --all\n",
		Deliveries: []Delivery{{Stored: asset.Stored{Store: "commit"}}},
	})
	want := New(Input{
		Version: "1.0.0", Rules: 2, Recipe: asset.Recipe{Format: asset.WebP, Quality: 80}, Elapsed: 3 * time.Second,
		Interrupted: true, DryRun: true, Left: 3,
		Results: []asset.Result{
			asset.Fail(asset.Source{Path: "a.png", Size: 9}, "no", ""),
			result("b.png", 1000, 400), result("c.png", 300, 200), result("d.png", 500, 100),
		},
		Notices: []string{"x", "y", "z"}, Findings: []asset.Finding{total, old, gone},
		Check: true, Checked: 7, Mend: "webpress\nwebpress --prune\ngit add --all",
		Deliveries: []Delivery{{Stored: asset.Stored{Store: "artifact"}}, {Stored: asset.Stored{Store: "commit"}}},
	})
	if diff := cmp.Diff(want, Join([]Report{first, second})); diff != "" {
		t.Errorf("joined (-want +got):\n%s", diff)
	}
	if first.Results[0].Source.Path != "b.png" || second.Findings[0] != total {
		t.Error("the parts were changed")
	}
	first.Shard = ""
	if diff := cmp.Diff(first.Totals, Join([]Report{first}).Totals); diff != "" {
		t.Errorf("of one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(New(Input{}), Join(nil)); diff != "" {
		t.Errorf("of none (-want +got):\n%s", diff)
	}
}

// FuzzParse reads reports that others may have written. What can be read can be
// shown in every form, joined, and written and read again.
func FuzzParse(f *testing.F) {
	for _, in := range inputs(f) {
		data, err := New(in).JSON()
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 5000 {
			f.Add(data)
		}
	}
	f.Add([]byte(`{"schema":1,"results":[{"status":"failed"},{"status":"converted","bytes-before":-9223372036854775808,"bytes-after":1}],"findings":[{}],"deliveries":[{}],"check":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		if got := r.Markdown(1000); len(got) > 1000 {
			t.Fatalf("%d bytes of Markdown", len(got))
		}
		if r.Text() == "" || Join([]Report{r, r}).Text() == "" {
			t.Fatal("no text")
		}
		for _, write := range []func(func(string) string) ([]byte, error){r.CodeQuality, r.SARIF} {
			if out, err := write(nil); err != nil || len(out) == 0 {
				t.Fatal(err)
			}
		}
		first, err := r.JSON()
		if err != nil {
			return // a number that JSON cannot hold does not come out of it
		}
		again, err := Parse(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.JSON(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}
