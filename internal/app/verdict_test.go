package app

import (
	"testing"

	"github.com/webpress/webpress/internal/asset"
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
		{"checked", report.Input{Check: true, Findings: []asset.Finding{{Severity: asset.Warning}}}, true, "error", ExitOK},
		{"a finding", report.Input{Check: true, Findings: []asset.Finding{{Severity: asset.Error}}}, true, "error", ExitFailed},
		{"undelivered", report.Input{Results: []asset.Result{bad}}, false, "none", ExitDelivery},
		{"interrupted", report.Input{Results: []asset.Result{bad}, Interrupted: true}, false, "error", ExitInterrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &run{settings: config.Config{FailOn: tt.failOn}}
			if got := r.exit(t.Context(), r.verdict(tt.in, tt.delivered), nil); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}
