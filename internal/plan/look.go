package plan

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
)

// rate puts into v what settings say of how its output looks. What makes no difference is left
// out, so that images are not converted again for it.
func rate(v *asset.Variant, s *config.Config) {
	v.Score = s.Score
	lossy := v.Format != asset.PNG && v.Lossless != asset.LosslessAlways
	if s.Quality.Auto && lossy {
		v.Auto, v.Quality, v.NoQualityCap = true, 0, false
		v.Look, _ = config.ParseLook(s.Look) // it was read before
		v.Score = false                      // it has one anyway
	}
	if v.MaxBytes = s.MaxBytes; v.MaxBytes > 0 {
		v.Shrink = s.Shrink
	}
	if lossy && (v.Auto || v.MaxBytes > 0) {
		v.MinQuality = s.MinQuality
	}
	if v.Auto && s.MaxQuality < 100 {
		v.MaxQuality = s.MaxQuality
	}
}
