package app

import (
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/report"
)

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
		{"nothing", report.Input{}, true, "error", ExitOK},
		{"good", report.Input{Results: []asset.Result{good}}, true, "error", ExitOK},
		{"bad", report.Input{Results: []asset.Result{good, bad}}, true, "error", ExitFailed},
		{"bad, never mind", report.Input{Results: []asset.Result{good, bad}}, true, "none", ExitOK},
		{"undelivered", report.Input{Results: []asset.Result{bad}}, false, "none", ExitDelivery},
		{"interrupted", report.Input{Results: []asset.Result{bad}, Interrupted: true}, false, "error", ExitInterrupted},
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
		if got := r.settings.At(tt.report); got != tt.at {
			t.Errorf("in %s, the report %s is %q, want %q", tt.dir, tt.report, got, tt.at)
		}
	}
}
