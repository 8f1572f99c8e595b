package convert

import (
	"testing"

	"webpress/internal/codec"
	"webpress/internal/pixel"
)

// Filters predict alpha that changes little by little. A mask, which is the same for
// many pixels, is smaller without.
func TestPlainAlpha(t *testing.T) {
	const width, height = 400, 300
	for name, tc := range map[string]struct {
		alpha func(x, y int) byte
		want  bool
	}{
		"gradient": {func(x, y int) byte { return byte((x*x/90 + y*y/70 + x*y/110) % 256) }, false},
		"mask":     {func(x, y int) byte { return byte(x / 16 * (y / 16) % 3 / 2 * 255) }, true},
	} {
		im := pixel.NewRGBA(width, height, make([]byte, 4*width*height))
		im.Alpha = true
		for i := range width * height {
			im.Planes[0][4*i+3] = tc.alpha(i%width, i/width)
		}
		sample := strips(im)
		if sample.Width != width || sample.Height != bands*bandRows || !sample.Alpha {
			t.Errorf("%s: the sample is %dx%d, alpha %v", name, sample.Width, sample.Height, sample.Alpha)
		}
		got, err := plainAlpha(sample, codec.EncodeOptions{Quality: 80, Effort: 4})
		if err != nil || got != tc.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
