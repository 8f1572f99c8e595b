package app

import (
	"path/filepath"
	"testing"

	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
)

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
