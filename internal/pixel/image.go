// Package pixel turns pixels into pixels: it crops, resizes, changes range, matrix,
// depth and chroma subsampling (zimg), turns and mirrors, and converts colors by ICC
// profiles (Little CMS). It also finds the part of an image to keep, and a color and a
// placeholder that stand for it.
package pixel

import "unsafe"

// A Layout says how the samples of an Image lie in memory.
type Layout uint8

// The layouts an Image can have.
const (
	// Gray is one plane of luma.
	Gray Layout = iota
	// YUV is three planes, chroma subsampled by SubW and SubH.
	YUV
	// RGBA is one plane of 8-bit red, green, blue, alpha, interleaved. Alpha is
	// straight: colours are not multiplied by it.
	RGBA
	// CMYK is one plane of 8-bit cyan, magenta, yellow, black, interleaved;
	// 0 means no ink.
	CMYK
	// RGB is three planes of red, green and blue.
	RGB
)

// Code points of ITU-T H.273 that an Image's fields hold, as far as webpress
// names them. Others are passed to zimg as they are.
const (
	PrimariesBT709    = 1
	PrimariesBT2020   = 9
	PrimariesDCIP3    = 11
	PrimariesP3       = 12
	TransferGamma22   = 4
	TransferGamma28   = 5
	TransferSMPTE240  = 7
	TransferLinear    = 8
	TransferLog100    = 9
	TransferLog316    = 10
	TransferSRGB      = 13
	TransferPQ        = 16
	TransferHLG       = 18
	MatrixBT709       = 1
	MatrixUnspecified = 2
	MatrixBT601       = 6
)

// An Image is pixels without a colour profile. Planar layouts hold Y, U, V in
// Planes 0 to 2 and alpha in Planes[3].
type Image struct {
	// Width and Height are in pixels of plane 0.
	Width, Height int
	Layout        Layout
	// Alpha reports whether there is transparency: Planes[3] of a planar layout, or
	// the fourth byte of an RGBA pixel. Without it, that byte is 255.
	Alpha bool
	// SubW and SubH are the base-2 logarithms of the chroma subsampling.
	SubW, SubH int
	// Depth is the bits a sample; above 8, a sample is two bytes in the
	// machine's order.
	Depth int
	// Full reports whether samples use the full range (0-255), not the limited one
	// (16-235, chroma 16-240).
	Full bool
	// Matrix, Primaries and Transfer are code points of ITU-T H.273. Zero
	// primaries and transfer mean: as sRGB, or as the ICC profile has it.
	Matrix, Primaries, Transfer int
	// Peak is the luminance of the brightest pixels of an image of high dynamic
	// range, in cd/m2, as its file claims; 0 if it does not.
	Peak float64

	// Planes holds the samples, Stride the bytes from one row to the next.
	// Planar layouts come from NewPlanar, which aligns both as zimg wants.
	Planes [4][]byte
	Stride [4]int

	// block is the memory of all planes.
	block []byte
}

// alignment is what zimg asks of buffers and strides, in bytes.
const alignment = 64

// NewRGBA returns an RGBA image around pix, whose rows follow each other without
// a gap. If pix is nil, the image gets memory that may hold anything.
func NewRGBA(width, height int, pix []byte) *Image {
	if pix == nil {
		pix = NewBlock(4 * width * height)
	}
	im := &Image{Width: width, Height: height, Layout: RGBA, Depth: 8, Full: true, block: pix}
	im.Planes[0], im.Stride[0] = pix, 4*width
	return im
}

// NewPlanar returns a Gray or YUV image whose other fields are as in like, with
// planes that may hold anything. Every plane has room for a size rounded up to whole
// chroma samples.
func NewPlanar(like Image) *Image {
	im := like
	var size [4]int
	total := alignment
	for p := range im.Planes {
		w, h := im.PlaneSize(p)
		im.Stride[p] = roundUp(w*im.sampleBytes(), alignment)
		size[p] = im.Stride[p] * h
		total += size[p]
	}
	im.block = NewBlock(total)
	rest := aligned(im.block)
	for p, n := range size {
		if im.Planes[p] = nil; n > 0 {
			im.Planes[p], rest = rest[:n:n], rest[n:]
		}
	}
	return &im
}

// PlaneSize returns the samples a row and the rows of plane p of a planar image,
// rounded up to whole chroma samples; zeros where it has no such plane.
func (im *Image) PlaneSize(p int) (width, height int) {
	width = roundUp(im.Width, 1<<im.SubW)
	height = roundUp(im.Height, 1<<im.SubH)
	switch {
	case p == 0, p == 3 && im.Alpha:
		return width, height
	case p < 3 && (im.Layout == YUV || im.Layout == RGB):
		return width >> im.SubW, height >> im.SubH
	}
	return 0, 0
}

func (im *Image) sampleBytes() int {
	if im.Depth > 8 {
		return 2
	}
	return 1
}

// aligned returns b from its first aligned byte on.
func aligned(b []byte) []byte {
	return b[-int(uintptr(unsafe.Pointer(unsafe.SliceData(b))))&(alignment-1):]
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// extend repeats the last column and row of each plane into the padding that
// rounding up to whole chroma samples added. zimg reads it.
func (im *Image) extend() {
	for _, p := range [2]int{0, 3} {
		w, h := im.PlaneSize(p)
		if w == 0 {
			continue
		}
		pix, stride, n := im.Planes[p], im.Stride[p], im.sampleBytes()
		for x := im.Width * n; x < w*n; x++ {
			for y := range im.Height {
				pix[y*stride+x] = pix[y*stride+x-n]
			}
		}
		for y := im.Height; y < h; y++ {
			copy(pix[y*stride:][:w*n], pix[(y-1)*stride:][:w*n])
		}
	}
}
