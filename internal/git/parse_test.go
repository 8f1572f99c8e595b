package git

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What git before 2.35 says comes in another order: what was modified and deleted
// at the end.
func TestParseFiles(t *testing.T) {
	t.Parallel()
	const (
		one = "1111111111111111111111111111111111111111"
		two = "2222222222222222222222222222222222222222222222222222222222222222" // SHA-256
	)
	clean, changed := File{Path: "a", Blob: one, Index: one}, File{Path: "b", Index: two}
	tests := map[string]struct {
		records []string
		want    []File
	}{
		"nothing":      {nil, nil},
		"clean":        {[]string{"H 100644 " + one + " 0\ta"}, []File{clean}},
		"untracked":    {[]string{"? a\tb", "? other/"}, []File{{Path: "a\tb", Untracked: true}}},
		"at once":      {[]string{"H 100644 " + one + " 0\ta", "H 100755 " + two + " 0\tb", "C 100755 " + two + " 0\tb"}, []File{clean, changed}},
		"at the end":   {[]string{"H 100755 " + two + " 0\tb", "H 100644 " + one + " 0\ta", "C 100755 " + two + " 0\tb"}, []File{changed, clean}},
		"gone":         {[]string{"H 100644 " + one + " 0\ta", "H 100644 " + two + " 0\tb", "R 100644 " + two + " 0\tb", "C 100644 " + two + " 0\tb"}, []File{clean}},
		"gone, late":   {[]string{"H 100644 " + two + " 0\tb", "H 100644 " + one + " 0\ta", "R 100644 " + two + " 0\tb", "C 100644 " + two + " 0\tb"}, []File{clean}},
		"a tab":        {[]string{"H 100644 " + one + " 0\ta\tb"}, []File{{Path: "a\tb", Blob: one, Index: one}}},
		"submodule":    {[]string{"H 160000 " + one + " 0\ta", "C 160000 " + one + " 0\ta"}, nil},
		"unmerged":     {[]string{"M 100644 " + one + " 1\ta", "C 100644 " + one + " 1\ta", "M 100644 " + two + " 2\ta", "C 100644 " + two + " 2\ta"}, []File{{Path: "a"}}},
		"assumed":      {[]string{"h 100644 " + two + " 0\tb"}, []File{changed}},
		"hidden":       {[]string{"S 100644 " + one + " 0\thidden", "s 100644 " + two + " 0\tb"}, []File{changed}},
		"something":    {[]string{"H", "H 1", "x\ty", "H 100644 x\ta"}, nil},
		"end of lines": {[]string{"H 100644 " + one + " 0\ta", ""}, []File{clean}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := []byte(strings.Join(tt.records, "\x00") + "\x00")
			got := parseFiles(out, func(name string) bool { return name != "hidden" })
			if diff := cmp.Diff(tt.want, got, ignoreEmpty); diff != "" {
				t.Errorf("parseFiles (-want +got):\n%s", diff)
			}
		})
	}
}

var ignoreEmpty = cmp.FilterValues(func(a, b []File) bool { return len(a)+len(b) == 0 }, cmp.Ignore())

func FuzzParseFiles(f *testing.F) {
	f.Add([]byte("? new.png\x00H 100644 1111111111111111111111111111111111111111 0\ta b\x00C 100644 1111111111111111111111111111111111111111 0\ta b\x00"))
	f.Add([]byte("M 100644 1 1\ta\x00R 100644 1 1\ta\x00S 100644 1 0\tb\x00h 1 1 0\tc\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		for _, f := range parseFiles(out, func(string) bool { return true }) {
			if f.Blob != "" && f.Blob != f.Index || f.Untracked && f.Index != "" {
				t.Errorf("parseFiles(%q): %+v", out, f)
			}
			if !bytes.Contains(out, []byte(f.Path)) {
				t.Errorf("parseFiles(%q): path %q", out, f.Path)
			}
		}
	})
}

// A checkout of 200,000 files, one in ten of them modified.
func BenchmarkParseFiles(b *testing.B) {
	const files = 200_000
	var out bytes.Buffer
	for i := range files {
		line := fmt.Sprintf("100644 %040x 0\tcontent/posts/2024/some-article-%06d/images/photo-%d.jpg\x00", i, i, i)
		out.WriteString("H " + line)
		if i%10 == 0 {
			out.WriteString("C " + line)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := parseFiles(out.Bytes(), nil); len(got) != files {
			b.Fatalf("%d files", len(got))
		}
	}
}

func TestParseChanged(t *testing.T) {
	t.Parallel()
	const none, a, b = "0000000000000000000000000000000000000000", "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	tests := map[string]struct {
		out  string
		want []Difference
	}{
		"nothing":       {"", nil},
		"all kinds":     {":000000 100644 " + none + " " + a + " A\x00a\x00:100644 000000 " + a + " " + none + " D\x00b\nc\x00:100644 100755 " + a + " " + a + " M\x00c\x00", []Difference{{"a", Added}, {"b\nc", Deleted}, {"c", Modified}}},
		"another type":  {":100644 120000 " + a + " " + b + " T\x00a\x00:160000 100644 " + a + " " + b + " T\x00b\x00:100644 160000 " + a + " " + b + " T\x00c\x00", []Difference{{"a", Modified}, {"b", Added}, {"c", Deleted}}},
		"submodules":    {":160000 160000 " + a + " " + b + " M\x00a\x00:000000 160000 " + none + " " + a + " A\x00b\x00", nil},
		"unmerged":      {":000000 000000 " + none + " " + none + " U\x00a\x00:100644 100644 " + a + " " + none + " M\x00a\x00", []Difference{{"a", Modified}}},
		"unmerged last": {":100644 000000 " + a + " " + none + " M\x00a\x00:100644 000000 " + a + " " + none + " U\x00a\x00", []Difference{{"a", Deleted}}},
		"cut off":       {":100644 100644 " + a + " " + b + " M\x00", nil},
		"no record":     {"a\x00b\x00:::\x00c\x00", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseChanged(tt.out)); diff != "" {
				t.Errorf("parseChanged (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseChanged(f *testing.F) {
	f.Add(":100644 100755 1 1 M\x00a b\x00:000000 100644 0 1 A\x00c\x00:100644 000000 1 0 D\x00d\x00")
	f.Add(":000000 000000 0 0 U\x00a\x00:160000 100644 1 1 T\x00\x00")
	f.Fuzz(func(t *testing.T, out string) {
		before := ""
		for _, d := range parseChanged(out) {
			if d.Path == "" || d.Path == before || !strings.Contains(out, d.Path) || strings.Contains(d.Path, "\x00") {
				t.Errorf("parseChanged(%q): path %q", out, d.Path)
			}
			if d.Kind != Added && d.Kind != Modified && d.Kind != Deleted {
				t.Errorf("parseChanged(%q): %q", out, d.Kind)
			}
			before = d.Path
		}
	})
}
