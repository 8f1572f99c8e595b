package report

import (
	"math"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

func TestSize(t *testing.T) {
	tests := []struct {
		n    int64
		want string
	}{
		{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {1049, "1.0 kB"}, {1050, "1.1 kB"},
		{999_949, "999.9 kB"}, {999_950, "1.0 MB"}, {14_200_000, "14.2 MB"}, {2_500_000_000, "2.5 GB"},
		{math.MaxInt64, "9223372.0 TB"}, {math.MinInt64, "-9223372.0 TB"}, {-1500, "-1.5 kB"},
	}
	for _, tt := range tests {
		if got := Size(tt.n); got != tt.want {
			t.Errorf("Size(%d) = %q, want %q", tt.n, got, tt.want)
		}
	}
}

func TestPercent(t *testing.T) {
	tests := []struct {
		before, after int64
		want          string
	}{
		{1000, 218, "78.2 %"}, {1000, 1000, "0.0 %"}, {1000, 0, "100.0 %"}, {1_000_000, 1, "99.9 %"},
		{1000, 1500, "-50.0 %"}, {0, 10, "0.0 %"}, {1_000_000, 1_000_001, "0.0 %"},
		{math.MaxInt64, math.MinInt64, "200.0 %"},
	}
	for _, tt := range tests {
		if got := Percent(tt.before, tt.after); got != tt.want {
			t.Errorf("Percent(%d, %d) = %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "0 ms"}, {12 * time.Millisecond, "12 ms"}, {100 * time.Millisecond, "0.1 s"},
		{59949 * time.Millisecond, "59.9 s"}, {59950 * time.Millisecond, "1 min 0 s"}, {185 * time.Second, "3 min 5 s"},
		{2 * time.Hour, "120 min 0 s"},
	}
	for _, tt := range tests {
		if got := Duration(tt.d); got != tt.want {
			t.Errorf("Duration(%v) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestMade(t *testing.T) {
	webp := func(r asset.Recipe) asset.Recipe {
		r.Format, r.Quality = asset.WebP, 80
		return r
	}
	tests := []struct {
		recipe asset.Recipe
		rules  int
		want   string
	}{
		{asset.Recipe{}, 3, ""},
		{webp(asset.Recipe{}), 0, "quality 80"},
		{asset.Recipe{Variant: asset.Variant{Format: asset.AVIF, Quality: 60, OwnQuality: true}}, 0, "quality 60 of AVIF"},
		{webp(asset.Recipe{Variant: asset.Variant{MaxWidth: 1200}}), 1, "quality 80, at most 1200 pixels wide, and 1 rule"},
		{webp(asset.Recipe{Variant: asset.Variant{MaxWidth: 1200, MaxHeight: 900}}), 2, "quality 80, at most 1200 x 900 pixels, and 2 rules"},
		{webp(asset.Recipe{Variant: asset.Variant{Lossless: asset.LosslessAlways, MaxHeight: 900}}), 0, "lossless, at most 900 pixels high"},
	}
	for _, tt := range tests {
		if got := New(Input{Recipe: tt.recipe, Rules: tt.rules}).Made(); got != tt.want {
			t.Errorf("%+v with %d rules: %q, want %q", tt.recipe, tt.rules, got, tt.want)
		}
	}
}
