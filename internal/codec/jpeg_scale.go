package codec

import "github.com/webpress/webpress/internal/asset"

// Scale is the scale, 1 in so many, at which Decode decodes an image whose header says info
// for a width and a height in pixels: what is decoded at the same scale is the same.
func Scale(info Info, width, height int) int {
	if info.Format != asset.JPEG {
		return 1
	}
	return jpegScale(info.Width, info.Height, width, height)
}

// jpegScale is the scale at which libjpeg decodes, 1 in so many, for pixels that are
// wanted.
func jpegScale(width, height, wantWidth, wantHeight int) int {
	if wantWidth <= 0 || wantHeight <= 0 {
		return 1
	}
	scale := 1
	for scale < 8 && ceilDiv(width, 2*scale) >= wantWidth && ceilDiv(height, 2*scale) >= wantHeight {
		scale *= 2
	}
	return scale
}

func ceilDiv(n, by int) int { return (n + by - 1) / by }
