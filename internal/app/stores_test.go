package app

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/ci"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/console"
	"github.com/webpress/webpress/internal/report"
	"github.com/webpress/webpress/internal/store"
	"github.com/webpress/webpress/internal/target"
)

// The outputs that are documented are those that are set.
func TestOutputsAreDocumented(t *testing.T) {
	var want, got []string
	for _, o := range config.Outputs {
		want = append(want, o.Name)
	}
	for _, o := range report.New(report.Input{}).Outputs("") {
		got = append(got, o.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-documented +set):\n%s", diff)
	}
}

// A store that could not be made ready fails, and keeps quiet where there is nothing to
// deliver.
func TestFailedStore(t *testing.T) {
	r := &run{log: console.New(console.Options{Stdout: io.Discard, Stderr: io.Discard}), ci: ci.Detect(func(string) string { return "" }, ci.Options{})}
	to := target.Stores{List: []store.Store{store.Failed{Store: store.Commit{}, Err: &asset.Fault{Message: "no such branch", Hint: "make one"}}}}
	if done, ok := r.deliverAll(t.Context(), to, store.Delivery{}); !ok || done[0].Err != nil {
		t.Errorf("nothing to commit: %+v", done)
	}
	done, ok := r.deliverAll(t.Context(), to, store.Delivery{Edits: []store.Edit{{}}})
	if ok || done[0].Err == nil || done[0].Err.Message != "no such branch" || done[0].Err.Hint != "make one" {
		t.Errorf("%+v", done)
	}
}
