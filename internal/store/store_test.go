package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

// put writes files below a new folder, and returns it.
func always(asset.Source) bool { return true }

// made is the result of a source whose output has this content.
func made(source, output, content string) asset.Result {
	sum := sha256.Sum256([]byte(content))
	return asset.Result{
		Source: asset.Source{Path: source, Blob: "b10b"}, Status: asset.Converted, Output: output,
		After: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	upToDate := made("d.png", "d.webp", "d")
	upToDate.Status, upToDate.Reason = asset.Skipped, asset.UpToDate
	results := []asset.Result{
		made("c.png", "c.webp", "c"),
		upToDate,
		made("a.webp", "a.webp", "a"),
		made("c.png", "c.webp", "c"),
		{Source: asset.Source{Path: "n.png"}, Status: asset.Skipped, Reason: asset.NotSmaller, Output: "n.webp"},
		asset.Fail(asset.Source{Path: "f.png"}, "no", ""),
	}
	tests := []struct {
		name string
		d    Delivery
		want map[string]bool // removed
	}{
		{"all", Delivery{}, map[string]bool{"a.webp": false, "c.webp": false, "d.webp": false}},
		{"sources removed", Delivery{Remove: always}, map[string]bool{"a.webp": false, "c.webp": true, "d.webp": true}},
		{"some sources removed", Delivery{Remove: func(from asset.Source) bool { return from.Path == "c.png" }},
			map[string]bool{"a.webp": false, "c.webp": true, "d.webp": false}},
		{"delivered before", Delivery{Committed: func(p string) bool { return p == "d.webp" }}, map[string]bool{"a.webp": false, "c.webp": false}},
		{"delivered before, but not the removal", Delivery{Remove: always, Committed: func(string) bool { return true }},
			map[string]bool{"c.webp": true, "d.webp": true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.d.Results = results
			got := map[string]bool{}
			last := ""
			for _, f := range tt.d.Files() {
				if f.Output <= last {
					t.Errorf("%q comes after %q", f.Output, last)
				}
				last = f.Output
				got[f.Output] = f.Removed
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutdatedNames(t *testing.T) {
	t.Parallel()
	moved := made("new.png", "new.webp", "n")
	moved.Replaced = "old.webp"
	chain := made("old.png", "chain.webp", "c")
	chain.Replaced = "new.webp" // which has another owner now
	failed := asset.Fail(asset.Source{Path: "f.png"}, "no", "")
	failed.Output = "f.webp"
	d := Delivery{Results: []asset.Result{moved, chain, failed}, Deleted: []string{"z.webp", "f.webp", "old.webp", "chain.webp"}}
	if diff := cmp.Diff([]string{"f.webp", "old.webp", "z.webp"}, d.Outdated()); diff != "" {
		t.Error(diff)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	failed := []asset.Result{asset.Fail(asset.Source{Path: "f.png"}, "no", "")}
	moved := asset.Result{Source: asset.Source{Path: "a.png"}, Status: asset.Skipped, Reason: asset.NotSmaller, Replaced: "a.webp"}
	for name, tc := range map[string]struct {
		d    Delivery
		want bool
	}{
		"nothing":       {Delivery{Report: []byte("{}")}, true},
		"failures":      {Delivery{Results: failed}, true},
		"delivered":     {Delivery{Results: []asset.Result{made("a.png", "a.webp", "a")}, Committed: func(string) bool { return true }}, true},
		"a result":      {Delivery{Results: []asset.Result{made("a.png", "a.webp", "a")}}, false},
		"a deletion":    {Delivery{Deleted: []string{"a.webp"}}, false},
		"a replacement": {Delivery{Results: []asset.Result{moved}}, false},
		"an edit":       {Delivery{Edits: []Edit{{}}}, false},
		"a shard":       {Delivery{Shard: "1/1"}, false},
	} {
		if got := tc.d.Empty(); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	cause := errors.New("no room")
	var err error = &asset.HintError{What: "upload x", Why: cause, Hint: "make room"}
	var fault *asset.Fault
	if !errors.As(err, &fault) || fault.Message != "upload x: no room" || fault.Hint != "make room" {
		t.Errorf("got %+v", fault)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}
