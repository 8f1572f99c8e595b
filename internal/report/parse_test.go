package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		if diff := cmp.Diff(New(in), got, cmp.AllowUnexported(Report{}, row{})); diff != "" {
			t.Errorf("%s: read back (-want +got):\n%s", name, diff)
		}
	}
	// A report of an older webpress, and one of a newer.
	got, err := Parse([]byte(`{"schema": 1, "version": "0.9.0", "results": null, "weather": {"rain": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(New(Input{Version: "0.9.0"}), got, cmp.AllowUnexported(Report{}, row{})); diff != "" {
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
		if diff := cmp.Diff(Report{}, r, cmp.AllowUnexported(Report{}, row{})); diff != "" {
			t.Errorf("%s: a report beside the error: %s", tc.name, diff)
		}
	}
}

// FuzzParse reads reports that others may have written. What can be read can be
// shown in every form, and written and read again.
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
		if r.Text() == "" {
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
