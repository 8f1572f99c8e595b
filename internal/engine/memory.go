package engine

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// losslessAlways is what lossless encoding of noise needs, in bytes a pixel, above what
// codec.EstimateMemory has for images that are not known.
const losslessAlways = 24

// EstimateMemory returns the bytes that converting an image to all variants needs at its
// peak, besides those of its file. It is what the most expensive one needs, as they are
// made one after the other, and the pixels that wait for the next one meanwhile.
func EstimateMemory(info codec.Info, variants []asset.Variant) int64 {
	var most int64
	scales := map[int]bool{}
	for _, v := range variants {
		j := newJob(info, v)
		scales[j.scale(info)] = true
		n := codec.EstimateMemory(info, j.width, j.height)
		if v.Format != asset.WebP && v.Format != "" {
			n = codec.EstimateOutput(info, j.width, j.height, codec.Output{Format: v.Format, FullChroma: !info.Lossy})
		}
		if v.Lossless == asset.LosslessAlways {
			// Of photos and noise, which are otherwise not encoded without loss, the encoder
			// remembers each pixel several times.
			n += losslessAlways * int64(j.width) * int64(j.height)
		}
		if j.rates() {
			n += rateMemory(info, int64(j.width)*int64(j.height))
		}
		most = max(most, n)
	}
	if len(scales) > 1 {
		// A progressive JPEG is made a sequential one first: its coefficients, and that one twice.
		most += info.Memory + info.Memory/4
	}
	return most
}

// rates reports whether more is asked of an output than a fixed quality.
func (j job) rates() bool { return j.Auto || j.Score || j.MaxBytes > 0 }

// rateMemory is what rating an output of so many pixels needs: RGBA of what was encoded and
// of what it was encoded from, and what is known of the latter, of which all counts up to a
// megapixel, and tiles and a sixteenth above. Of an animation that is so for three frames.
func rateMemory(info codec.Info, pixels int64) int64 {
	const images, reference, tiles = 12, 16, 24 << 20
	kept := min(reference*pixels, 2*pixels+tiles)
	if info.Alpha { // on two backgrounds
		kept *= 2
	}
	if info.Frames > 1 {
		kept *= 3
	}
	return images*pixels + kept
}
