package app

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/report"
)

func TestLine(t *testing.T) {
	photo := asset.Source{Path: "photos/a.heic", Format: asset.HEIC}
	tests := []struct {
		result asset.Result
		want   string
	}{
		{
			asset.Result{
				Source: photo, Status: asset.Converted, Output: "photos/a.webp",
				Before: 2_100_000, After: 410_200, Duration: 400 * time.Millisecond,
			},
			"photos/a.heic -> photos/a.webp  2.1 MB -> 410.2 kB  -80.5 %  0.4 s",
		},
		{
			asset.Result{
				Source: asset.Source{Path: "b.jpg"}, Status: asset.Skipped, Reason: asset.NotSmaller,
				Before: 120_400, After: 131_000, Duration: 94 * time.Millisecond,
			},
			"b.jpg  skipped: not smaller  120.4 kB -> 131.0 kB  +8.8 %  94 ms",
		},
		{
			asset.Result{Source: asset.Source{Path: "c.webp"}, Status: asset.Skipped, Reason: asset.IsWebP, Before: 100},
			"c.webp  skipped: already in this format",
		},
		{
			asset.Result{
				Source: asset.Source{Path: "::error::x\n.png"}, Status: asset.Converted, Output: "::error::x\n.webp",
				Before: 1000, After: 999, Duration: time.Millisecond,
			},
			`\::error::x\n.png -> \::error::x\n.webp  1.0 kB -> 999 B  -0.1 %  1 ms`,
		},
	}
	for _, tt := range tests {
		if got := line(tt.result); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestChange(t *testing.T) {
	tests := []struct {
		before, after int64
		want          string
	}{
		{100, 20, "-80.0 %"},
		{100_000, 1, "-99.9 %"},
		{1000, 1000, "-0.0 %"},
		{10_000, 9999, "-0.0 %"},
		{1000, 999, "-0.1 %"},
		{1000, 1001, "+0.1 %"},
		{100, 250, "+150.0 %"},
		{0, 10, "new"},
	}
	for _, tt := range tests {
		if got := change(asset.Result{Before: tt.before, After: tt.after}); got != tt.want {
			t.Errorf("from %d to %d is %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}

func TestExitCode(t *testing.T) {
	good := asset.Result{Status: asset.Converted}
	bad := asset.Fail(asset.Source{}, "x", "")
	tests := []struct {
		name      string
		in        report.Input
		delivered bool
		failOn    string
		want      int
	}{
		{"nothing", report.Input{}, true, "error", Fine},
		{"good", report.Input{Results: []asset.Result{good}}, true, "error", Fine},
		{"bad", report.Input{Results: []asset.Result{good, bad}}, true, "error", ImageFailed},
		{"bad, never mind", report.Input{Results: []asset.Result{good, bad}}, true, "none", Fine},
		{"undelivered", report.Input{Results: []asset.Result{bad}}, false, "none", Undelivered},
		{"interrupted", report.Input{Results: []asset.Result{bad}, Interrupted: true}, false, "error", Interrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.in, tt.delivered, tt.failOn); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	tests := []struct {
		workspace, dir, report string
		inRepository           string // of a.png
		at                     string // of report
	}{
		{"", "/w", "r.json", "a.png", "/w/r.json"},
		{"/w", "/w", "x/../r.json", "a.png", "/w/r.json"},
		{"/w", "/w/site", "out/r.json", "site/a.png", "/w/site/out/r.json"},
		{"/w", "/w/site", "../r.json", "site/a.png", "/w/r.json"},
		{"/w", "/elsewhere", "/tmp/x/r.json", "a.png", "/tmp/x/r.json"},
	}
	for _, tt := range tests {
		r := run{
			facts:    ci.Facts{Workspace: filepath.FromSlash(tt.workspace)},
			settings: config.Config{WorkingDirectory: filepath.FromSlash(tt.dir)},
		}
		if got := r.inRepository("a.png"); got != tt.inRepository {
			t.Errorf("in %s of %s, a.png is %q, want %q", tt.dir, tt.workspace, got, tt.inRepository)
		}
		if got := r.at(tt.report); got != tt.at {
			t.Errorf("in %s, the report %s is %q, want %q", tt.dir, tt.report, got, tt.at)
		}
	}
}

func TestLogKeepsCIApart(t *testing.T) {
	for _, inCI := range []bool{false, true} {
		var out, err bytes.Buffer
		l := newLog(&out, &err, inCI)
		l.line("done %s", "::set-output name=x::1")
		l.error("failed")
		l.hint("mend")
		l.text("::notice::a\nb\n")
		l.flush()
		wantOut, wantErr := "done ::set-output name=x::1\n\\::notice::a\nb\n", "webpress: failed\n  hint: mend\n"
		if inCI {
			wantOut, wantErr = "done ::set-output name=x::1\nwebpress: failed\n  hint: mend\n\\::notice::a\nb\n", ""
		}
		if out.String() != wantOut || err.String() != wantErr {
			t.Errorf("in CI %v: out %q, err %q", inCI, out.String(), err.String())
		}
	}
}
