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

// pixelBytes is the size of the decoded pixels of one frame, at full size.
func (info Info) pixelBytes() int64 {
	if info.Pixels > 0 {
		return info.Pixels
	}
	pixels := 4 * int64(info.Width) * int64(info.Height)
	if info.Depth > 8 {
		pixels *= 2
	}
	return pixels
}

// EstimateMemory estimates the bytes that decoding and encoding an image need together
// at their peak, the file itself not included, from its header and the bounds of its
// output; 0 means no bound. It is meant not to be below the truth, and for photos up to
// half above: of what has few details, coding without loss remembers less.
func EstimateMemory(info Info, maxWidth, maxHeight int) int64 {
	source := int64(info.Width) * int64(info.Height)
	w, h := pixel.Fit(max(1, info.Width), max(1, info.Height), maxWidth, maxHeight)
	output := int64(w) * int64(h)
	if info.Frames > 1 {
		return info.Memory + animateSource*source + animateOutput*output
	}
	pixels := info.pixelBytes()
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

// An Output says what EstimateOutput estimates for.
type Output struct {
	Format asset.Format
	// FullChroma and Depth are those of AVIFOptions and JPEGOptions.
	FullChroma bool
	Depth      int
}

// What encoding RGBA needs at its peak beside it, in bytes a pixel. libaom 3.6 needs the
// same at all of its speeds, within 3 %: on photos of 6 and 4 megapixels 19.4 for 4:2:0,
// 31.8 for 4:4:4, 15.3 for alpha, and in 10 bits 25.7, 44.6 and 20.9. JPEG holds all
// coefficients, as it is progressive; PNG its rows before and behind compression.
const (
	encodeAVIF, encodeAVIFFull, encodeAVIFAlpha             = 20, 32, 16
	encodeAVIFDeep, encodeAVIFDeepFull, encodeAVIFDeepAlpha = 27, 46, 22
	encodeJPEG, encodeJPEGFull                              = 5, 8
	perPNG                                                  = 9
	rgbaBytes                                               = 4
)

// perPixel is the bytes a pixel that encoding needs, with the RGBA that it is made from.
func (o Output) perPixel(alpha bool) int64 {
	switch {
	case o.Format == asset.PNG:
		return rgbaBytes + perPNG
	case o.Format == asset.JPEG && (o.FullChroma || alpha):
		return rgbaBytes + encodeJPEGFull
	case o.Format == asset.JPEG:
		return rgbaBytes + encodeJPEG
	}
	deep := o.Depth > 8 || o.Depth == 0 && !alpha
	n := int64(encodeAVIF)
	switch {
	case deep && o.FullChroma:
		n = encodeAVIFDeepFull
	case deep:
		n = encodeAVIFDeep
	case o.FullChroma:
		n = encodeAVIFFull
	}
	switch {
	case alpha && deep:
		n += encodeAVIFDeepAlpha
	case alpha:
		n += encodeAVIFAlpha
	}
	return rgbaBytes + n
}

// EstimateOutput is EstimateMemory for an output of any format that is encoded from
// RGBA, of a still image.
func EstimateOutput(info Info, maxWidth, maxHeight int, o Output) int64 {
	if o.Format == asset.WebP {
		return EstimateMemory(info, maxWidth, maxHeight)
	}
	source := int64(info.Width) * int64(info.Height)
	w, h := pixel.Fit(max(1, info.Width), max(1, info.Height), maxWidth, maxHeight)
	output := int64(w) * int64(h)
	pixels := info.pixelBytes()
	if info.Format == asset.JPEG && output <= source/4 { // decoded at half of the size
		pixels /= 4
	}
	return info.Memory + pixels + o.perPixel(info.Alpha)*output
}
