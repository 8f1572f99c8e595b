package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

func TestVerdict(t *testing.T) {
	bad := asset.Finding{Rule: "outdated", Severity: asset.Error, Path: "a.png", Message: "old"}
	odd := asset.Finding{Rule: "orphan", Severity: asset.Warning, Path: "a.webp", Message: "gone"}
	failed := []asset.Result{asset.Fail(asset.Source{Path: "b.png"}, "no", "")}
	tests := []struct {
		name     string
		in       Input
		verdict  string
		headline string
	}{
		{"nothing", Input{}, "no images to check", "passed"},
		{"fine", Input{Checked: 120}, "checked 120 images: no problems found", "passed"},
		{"one", Input{Checked: 1}, "checked 1 image: no problems found", "passed"},
		{"warnings", Input{Checked: 2, Findings: []asset.Finding{odd, odd}}, "checked 2 images: 2 warnings", "passed"},
		{"errors", Input{Checked: 2, Findings: []asset.Finding{bad}}, "checked 2 images: 1 error", "failed"},
		{"both", Input{Checked: 2, Findings: []asset.Finding{odd, bad, bad}}, "checked 2 images: 2 errors, 1 warning", "failed"},
		{"of files that are gone", Input{Findings: []asset.Finding{odd}}, "checked no images: 1 warning", "passed"},
		{"failed", Input{Checked: 2, Results: failed}, "checked 2 images: 1 failed", "failed"},
		{"interrupted", Input{Checked: 2, Interrupted: true}, "checked 2 images: nothing found so far", "interrupted"},
		{"interrupted after an error", Input{Checked: 2, Interrupted: true, Findings: []asset.Finding{bad}}, "checked 2 images: 1 error", "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Check = true
			r := New(tt.in)
			if got := r.verdict(); got != tt.verdict {
				t.Errorf("verdict %q, want %q", got, tt.verdict)
			}
			if got := r.Markdown(0); !strings.HasPrefix(got, "## webpress check "+tt.headline+"\n") {
				t.Errorf("not %s: %s", tt.headline, got)
			}
			want := capital(tt.verdict)
			if tt.in.Interrupted {
				want = "Interrupted: " + tt.verdict
			}
			if got := r.Text(); !strings.HasSuffix("\n"+got, "\n"+want+"\n") {
				t.Errorf("text does not end in %q:\n%s", want, got)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	f := func(rule string, s asset.Severity, hint string) asset.Finding {
		return asset.Finding{Rule: rule, Severity: s, Hint: hint}
	}
	r := New(Input{Findings: []asset.Finding{
		f("orphan", asset.Warning, "x"), f("orphan", asset.Warning, "x"), f("orphan", asset.Warning, "x"),
		f("edited", asset.Error, ""), f("max-bytes", asset.Warning, "y"), f("max-bytes", asset.Error, "y"),
		f("outdated", asset.Error, "a"), f("outdated", asset.Error, "b"), f("new", "odd", ""),
	}})
	var got []string
	for _, g := range r.groups() {
		got = append(got, fmt.Sprintf("%s %s %d %q", g.severity, g.rule, len(g.findings), g.hint()))
	}
	want := []string{
		`error outdated 2 ""`, `error edited 1 ""`, `error max-bytes 1 "y"`,
		`warning orphan 3 "x"`, `warning max-bytes 1 "y"`, `warning new 1 ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestMessages(t *testing.T) {
	tests := []struct {
		f             asset.Finding
		message, what string
	}{
		{asset.Finding{Path: "a.png", Message: `"a.png" is old`}, `"a.png" is old`, "is old"},
		{asset.Finding{Path: "a.png", Message: `"a.png": is old`}, `"a.png": is old`, "is old"},
		{asset.Finding{Path: "a\n.png", Message: `"a\n.png" is old`}, `"a\n.png" is old`, "is old"},
		{asset.Finding{Path: "a.png", Message: "is old"}, `"a.png": is old`, "is old"},
		{asset.Finding{Path: "a.png", Message: `decode "a.png": cut short`}, `decode "a.png": cut short`, `decode "a.png": cut short`},
		{asset.Finding{Path: "a.png", Rule: "outdated"}, "a.png: outdated", "outdated"},
		{asset.Finding{Path: "a.png", Rule: "outdated", Message: `"a.png"`}, `"a.png"`, "outdated"},
		{asset.Finding{Rule: "max-total-bytes", Message: "too many"}, "too many", "too many"},
		{asset.Finding{Rule: "max-total-bytes"}, "all images: max-total-bytes", "all images: max-total-bytes"},
	}
	for _, tt := range tests {
		if got := message(tt.f); got != tt.message {
			t.Errorf("%+v: message %q, want %q", tt.f, got, tt.message)
		}
		if got := what(tt.f); got != tt.what {
			t.Errorf("%+v: what %q, want %q", tt.f, got, tt.what)
		}
	}
}

// Commands that are shown are those that were given, each on its line, and the
// block that they stand in does not end before them.
func TestMending(t *testing.T) {
	in := Input{Check: true, Checked: 1, Mend: "\nwebpress 'a```b'\r\n\n```\n  git add --all\x1b[0m\n"}
	if got, want := New(in).Text(), "To fix:\n  webpress 'a```b'\n  ```\n  git add --all\\x1b[0m\n\nChecked 1 image: no problems found\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := render(t, New(in).Markdown(0))
	if want := "<code class=\"language-sh\">webpress 'a```b'\n```\ngit add --all\\x1b[0m\n</code>"; !strings.Contains(got, want) {
		t.Errorf("not in one block: %s", got)
	}
	// Commands that take more room than there is are left out whole.
	in.Mend = "webpress " + strings.Repeat("x", 1000)
	if got := New(in).Markdown(2000); strings.Contains(got, "To fix") || !strings.Contains(got, "no problems found") {
		t.Errorf("got %s", got)
	}
	if got := New(Input{Mend: " \n"}).Markdown(0); strings.Contains(got, "To fix") {
		t.Errorf("nothing to fix: %s", got)
	}
}

// Many findings are cut short: warnings before errors.
func TestFindingsLimit(t *testing.T) {
	in := Input{Check: true, Checked: 5000, Mend: "webpress"}
	for i := range 5000 {
		f := asset.Finding{Rule: "outdated", Severity: asset.Error, Path: fmt.Sprintf("a|%d.png", i), Hint: "run it"}
		if i%2 == 1 {
			f.Rule, f.Severity = "orphan", asset.Warning
		}
		f.Message = fmt.Sprintf("%q is bad", f.Path)
		in.Findings = append(in.Findings, f)
	}
	r := New(in)
	for _, limit := range []int{1, 100, 300, 5000, CommentLimit} {
		got := r.Markdown(limit)
		if len(got) > limit {
			t.Errorf("limit %d: %d bytes", limit, len(got))
		}
		if a, b := strings.Count(got, "<details>"), strings.Count(got, "</details>"); a != b {
			t.Errorf("limit %d: %d details opened, %d closed", limit, a, b)
		}
	}
	got := r.Markdown(CommentLimit)
	for _, want := range []string{
		"Checked 5000 images: 2500 errors, 2500 warnings", "### 2500 errors", "### 2500 warnings",
		"\n2500 left out here, for lack of room", "### To fix",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not in it: %s", want)
		}
	}
	if lines := strings.Count(r.Text(), "\n"); lines > 2*openRows+20 {
		t.Errorf("%d lines of text", lines)
	}
}

// How much of many findings a comment has, and how little there may be of it.
func TestFindingsGoldens(t *testing.T) {
	in := Input{Check: true, Checked: 3000, Mend: "webpress\ngit add --all", Version: "1.0.0"}
	for i := range 2000 {
		f := asset.Finding{Rule: "outdated", Severity: asset.Error, Path: fmt.Sprintf("assets/%04d.png", i)}
		if i%4 == 3 {
			f.Rule, f.Severity, f.Hint = "orphan", asset.Warning, "remove it with `webpress --prune`"
		}
		f.Message = fmt.Sprintf("%q is bad", f.Path)
		in.Findings = append(in.Findings, f)
	}
	for _, limit := range []int{1000, CommentLimit} {
		got := New(in).Markdown(limit)
		if len(got) > limit {
			t.Errorf("limit %d: %d bytes", limit, len(got))
		}
		golden(t, fmt.Sprintf("testdata/limits/findings-%d.golden.md", limit), got)
	}
}

// What was done before the run is counted, not listed: a run that has nothing to
// do has little to say.
func TestUpToDate(t *testing.T) {
	var in Input
	for i := range 10_000 {
		in.Results = append(in.Results, asset.Result{
			Source: asset.Source{Path: fmt.Sprintf("pictures/%05d.png", i), Format: asset.PNG, Size: 9},
			Status: asset.Skipped, Reason: asset.UpToDate, Output: "x.webp", Before: 9, After: 5, Notes: []string{"told long ago"},
		})
	}
	r := New(in)
	if got, want := r.Text(), "No images converted: all are up to date\n10000 skipped\n"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	md := r.Markdown(0)
	if len(md) > 300 || !strings.Contains(md, "- 10000 already up to date") || strings.Contains(md, "details") {
		t.Errorf("%d bytes of Markdown: %.1000s", len(md), md)
	}
	// What this run has removed is reported.
	removed := slices.Clone(in.Results)
	removed[3].Notes = []string{"told long ago", asset.OriginalRemoved}
	if text := New(Input{Results: removed}).Text(); !strings.Contains(text, "pictures/00003.png: original removed\n") || strings.Contains(text, "told") {
		t.Errorf("text of a source that was removed: %s", text)
	}
	// The others are named.
	in.Results[7].After, in.Results[7].Reason, in.Results[7].Notes = 0, asset.IsWebP, []string{"is new"}
	in.Results = append(in.Results, asset.Result{
		Source: asset.Source{Path: "new.png", Size: 9}, Status: asset.Converted, Format: asset.WebP, Before: 9, After: 5,
	})
	r = New(in)
	md = r.Markdown(0)
	if len(md) > 1000 {
		t.Errorf("%d bytes of Markdown", len(md))
	}
	for _, want := range []string{
		"**1 image converted: 9\u00a0B → 5\u00a0B, 44.4\u00a0% saved** · 10000 skipped", "- 9999 already up to date\n- 1 already in this format\n",
		"<details><summary>The others</summary>\n\n- `pictures/00007.png` already in this format\n", "- `pictures/00007.png` is new",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("not in it: %q\n%s", want, md)
		}
	}
	if text := r.Text(); strings.Count(text, "\n") > 12 || !strings.Contains(text, "9999 already up to date") || !strings.Contains(text, "is new") {
		t.Errorf("text: %s", text)
	}
}
