package codec

import (
	"cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// flatRatio is how many times the size of its file an image unpacks to, at the depth
// that the file has, before it counts as flat. Photos have up to 100, scans of drawings
// and flat posters 200; an empty PNG has 1,000 (the most of deflate), an empty JPEG of
// one scan 500.
const flatRatio = 400

func flat(info Info, size int) bool {
	raw := float64(info.Width) * float64(info.Height) * float64(cmp.Or(info.Bits, 24)) / 8
	return raw > flatRatio*float64(size)
}

// What encoding needs at its peak, in bytes a pixel of the output, with the copy of the
// pixels that it is made from; measured by TestMemoryUse of package convert, and rounded
// up.
const (
	encodePlanes = 5  // lossy, of planes
	encodeLossy  = 6  // lossy, of RGBA without alpha
	encodeAlpha  = 18 // lossy, with alpha, which is encoded without loss
	encodeExact  = 24 // without loss, or both ways
	// An animation keeps canvas, frame, what it covers, and the three of the encoder.
	animateSource, animateOutput = 12, 18
)

// EstimateMemory estimates the bytes that decoding and encoding an image need together
// at their peak, the file itself not included, from its header and the bounds of its
// output; 0 is no bound. It is meant not to be below the truth, and for photos up to
// half above: of what has few details, coding without loss remembers less.
func EstimateMemory(info Info, maxWidth, maxHeight int) int64 {
	source := int64(info.Width) * int64(info.Height)
	w, h := pixel.Fit(max(1, info.Width), max(1, info.Height), maxWidth, maxHeight)
	output := int64(w) * int64(h)
	if info.Frames > 1 {
		return info.Memory + animateSource*source + animateOutput*output
	}
	pixels := info.Pixels
	if pixels == 0 {
		pixels = 4 * source
		if info.Depth > 8 {
			pixels *= 2
		}
	}
	switch info.Format {
	case asset.JPEG:
		if output <= source/4 { // decoded at half of the size
			pixels /= 4
		}
		return info.Memory + pixels + encodePlanes*output
	case asset.HEIC, asset.AVIF:
		encode := int64(encodePlanes + 1) // AV1 keeps some of it longer
		if info.Alpha {                   // RGBA is made of the planes
			encode = 4 + encodeAlpha
		}
		return max(info.Memory+pixels, pixels+encode*output)
	}
	encode := int64(encodeExact)
	switch {
	case info.Lossy && info.Alpha:
		encode = encodeAlpha
	case info.Lossy:
		encode = encodeLossy
	}
	return info.Memory + pixels + encode*output
}
