package convert

import (
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// A bomb is flat, large and hungry, and no limit was set.
func TestBomb(t *testing.T) {
	flat := codec.Info{Format: asset.PNG, Width: 16383, Height: 16383, Frames: 1, Depth: 8, Flat: true}
	full, logo, frames := flat, flat, flat
	full.Flat = false
	logo.Width, logo.Height = 6000, 5000
	frames.Width, frames.Height, frames.Frames = 6000, 5000, 2
	for _, tc := range []struct {
		name string
		info codec.Info
		need int64
		set  bool
		want bool
	}{
		{"a bomb", flat, 1 << 30, false, true},
		{"limit set", flat, 1 << 30, true, false},
		{"shrunk", flat, 512 << 20, false, false},
		{"a photo", full, 1 << 30, false, false},
		{"a logo on a canvas", logo, 1 << 30, false, false},
		{"an animation", frames, 1 << 30, false, true},
	} {
		if err := bomb(asset.Job{}, tc.need, tc.info, tc.set); (err != nil) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
