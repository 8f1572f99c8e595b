package console

import (
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
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

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		done int
		want string
	}{
		{1, "converting, 10s elapsed, 30s left"},
		{3, "converting, 10s elapsed, 3s left"},
		{4, "converting, 10s elapsed, 0s left"},
	} {
		if got := times(10*time.Second, tt.done, 4); got != tt.want {
			t.Errorf("%d: %q, want %q", tt.done, got, tt.want)
		}
	}
}
