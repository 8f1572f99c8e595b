package codec

import "github.com/webpress/webpress/internal/asset"

// Info is what the header of an image says about it, read without decoding.
type Info struct {
	Format asset.Format
	// Width and Height are in pixels, as the image is shown: after the
	// rotation that the file asks for.
	Width, Height int
	// Frames is 1 for a still image.
	Frames int
	// Alpha reports whether pixels may be transparent.
	Alpha bool
	// Depth is the number of bits a channel.
	Depth int
	// Lossy reports whether the source format has lost detail already (JPEG, HEIC,
	// AVIF, lossy WebP), so that lossless output would be a waste.
	Lossy bool
	// Decoded is how many pixels have to be decoded for a still image, where that is
	// more than Width x Height: what is cropped counts, and what is composed. 0 is
	// Width x Height.
	Decoded int64
	// Bits is the number of bits that the file spends on a pixel before it is
	// compressed, where the format lets it differ from 24; else 0.
	Bits int
	// Flat reports whether the file is so small beside its pixels that all but nothing is on
	// them; see flatRatio.
	Flat bool
	// Pixels is the number of bytes of the decoded pixels of one frame, at full size;
	// 0 is four a pixel, or eight of more than 8 bits.
	Pixels int64
	// Memory is the number of bytes that the decoder needs at its peak besides Pixels.
	Memory int64
	// Notes are remarks for the user, such as further images in the file that
	// are not converted.
	Notes []string
}
