package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/asset"
)

// crowd is a run of n sources, a quarter of each kind, with long names.
func crowd(n int) Input {
	in := Input{Version: "1.0.0", Elapsed: time.Second}
	for i := range n {
		s := asset.Source{Path: fmt.Sprintf("%s/<%07d>.png", strings.Repeat("ü", i%90), i), Format: asset.PNG, Size: 1000}
		switch i % 4 {
		case 0:
			in.Results = append(in.Results, asset.Fail(s, fmt.Sprintf("decode %q: no", s.Path), "fix it"))
		case 1:
			in.Results = append(in.Results, asset.Result{Source: s, Status: asset.Skipped, Reason: asset.NotSmaller, Before: 1, After: 2})
		default:
			in.Results = append(in.Results, asset.Result{
				Source: s, Status: asset.Converted, Format: asset.WebP, Before: int64(1000 + i), After: 500,
				Notes: []string{"a note"},
			})
		}
	}
	return in
}

func TestMarkdownLimit(t *testing.T) {
	for _, n := range []int{0, 1, 30, 8_000} {
		r := New(crowd(n))
		for _, limit := range []int{0, 1, 10, 100, 300, 1000, 5000, CommentLimit, 1 << 30} {
			got := r.Markdown(limit)
			most := limit
			if limit <= 0 || limit > MarkdownLimit {
				most = MarkdownLimit
			}
			if len(got) > most {
				t.Errorf("%d sources, limit %d: %d bytes", n, limit, len(got))
			}
			if !utf8.ValidString(got) {
				t.Errorf("%d sources, limit %d: not UTF-8", n, limit)
			}
			if a, b := strings.Count(got, "<details>"), strings.Count(got, "</details>"); a != b {
				t.Errorf("%d sources, limit %d: %d details opened, %d closed", n, limit, a, b)
			}
		}
	}
}

// What there is room for is not wasted, and failures go last.
func TestMarkdownFills(t *testing.T) {
	r := New(crowd(10_000))
	got := r.Markdown(0)
	if len(got) < MarkdownLimit*98/100 {
		t.Errorf("only %d bytes", len(got))
	}
	if !strings.Contains(got, "2500 failed") || !strings.Contains(got, "5000 converted") {
		t.Error("the counts are missing")
	}
	left := strings.Count(got, "left out here, for lack of room")
	if left == 0 {
		t.Error("no word about rows that are left out")
	}
	small := New(crowd(400)).Markdown(40_000)
	if n := strings.Count(small, "decode "); n != 100 {
		t.Errorf("%d of 100 failures shown while other rows could go", n)
	}
}

func BenchmarkMarkdown(b *testing.B) {
	r := New(crowd(100_000))
	for b.Loop() {
		r.Markdown(0)
	}
}

// TestPageLine names the report to look at where it is.
func TestPageLine(t *testing.T) {
	for _, tt := range []struct {
		in   Input
		want string
	}{
		{Input{}, ""},
		{Input{Page: "out/a`b.html"}, "Before and after: ``out/a`b.html``"},
		{
			Input{Page: "x.html", Deliveries: []Delivery{{Receipt: asset.Receipt{Store: "commit", Ref: "1"}}, {Receipt: asset.Receipt{Store: "artifact", Ref: "7", URL: "https://ci.example/7", Page: "p.html"}}}},
			"Before and after: `p.html` in the [artifact](https://ci.example/7)",
		},
		{Input{Deliveries: []Delivery{{Receipt: asset.Receipt{Store: "folder", Ref: "/ci/out", Page: "p.html"}}}}, "Before and after: `p.html` in `/ci/out`"},
		{Input{Deliveries: []Delivery{{Receipt: asset.Receipt{Store: "artifact", Page: "p.html"}}}}, ""},
	} {
		r := New(tt.in)
		if got := r.pageLine(); got != tt.want || !strings.Contains(r.Markdown(0), tt.want) {
			t.Errorf("%+v: %s", tt.in, got)
		}
	}
}
