package pixel

/*
#cgo CFLAGS: -O3 -Wall -Wextra -Wno-unused-parameter
#cgo pkg-config: zimg lcms2
#include "transform.h"
*/
import "C"

import (
	"fmt"
	"image"
	"math"
	"runtime"
	"unsafe"
)

// ToYUV420 returns src at width x height as libwebp's lossy encoder wants it: YUV
// 4:2:0, 8 bits, limited range, the matrix of BT.601. Then it is turned by the
// EXIF orientation (1 to 8), so width and height are before turning.
//
// Alpha is dropped: zimg averages chroma after it has divided colours by alpha
// again, so that the colour of transparent pixels would bleed into their
// neighbours. Images with alpha go through Exact, and libwebp subsamples them.
func ToYUV420(src *Image, width, height, orientation int) (*Image, error) {
	return transform(src, src.all(), lossy(width, height), orientation)
}

// LossyCrop is Lossy for the part of src that c keeps. src may have been decoded at
// another size than c.Of. Unlike the size that Lossy takes, c.Size is that after
// turning. Pixels beside the part count where they are averaged into its edges, as they
// do when the whole image is resized.
func LossyCrop(src *Image, c Crop, orientation int) (*Image, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return transform(src, c.stored(src, orientation), lossy(c.storedSize(orientation)), orientation)
}

func lossy(width, height int) Image {
	return Image{
		Width: width, Height: height, Layout: YUV, SubW: 1, SubH: 1, Depth: 8, Matrix: MatrixBT601,
	}
}

// ToRGBA returns src at width x height as RGBA, and turns it like Lossy. An RGBA
// image that is already so is returned as it is. Colours are weighted by alpha
// when they are averaged.
func ToRGBA(src *Image, width, height, orientation int) (*Image, error) {
	if src.Layout == RGBA && src.Width == width && src.Height == height {
		return turn(src, orientation), nil
	}
	return transform(src, src.all(), exact(width, height, src.Alpha), orientation)
}

// ExactCrop is Exact for the part of src that c keeps, as LossyCrop is Lossy. Pixels of
// an RGBA image are copied as they are where they keep their size.
func ExactCrop(src *Image, c Crop, orientation int) (*Image, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	width, height := c.storedSize(orientation)
	part := c.stored(src, orientation)
	switch {
	case part == src.all():
		return ToRGBA(src, width, height, orientation)
	case src.Layout == RGBA && part.width == float64(width) && part.height == float64(height) &&
		part.left == math.Trunc(part.left) && part.top == math.Trunc(part.top):
		return cut(src, part, c.Size, orientation), nil
	}
	return transform(src, part, exact(width, height, src.Alpha), orientation)
}

func exact(width, height int, alpha bool) Image {
	return Image{Width: width, Height: height, Layout: RGBA, Alpha: alpha, Depth: 8, Full: true}
}

// cut copies a part of an RGBA image of whole pixels and turns it.
func cut(src *Image, part region, size image.Point, orientation int) *Image {
	if orientation < 1 || orientation > 8 { // as turn has it
		orientation = 1
	}
	from := *src
	from.Planes[0] = src.Planes[0][int(part.top)*src.Stride[0]+4*int(part.left):]
	dst := NewRGBA(size.X, size.Y, nil)
	dst.Alpha = src.Alpha
	turnPlane(&from, dst, 0, size.X, size.Y, orientation, 4)
	return dst
}

// transform makes an image like the one given of a part of src, and turns it.
func transform(src *Image, part region, like Image, orientation int) (*Image, error) {
	grey := src.Layout == Gray && like.Layout == YUV
	named := *src
	src = &named
	switch {
	case like.Layout == RGB: // they stay as they are
		src.Primaries, src.Transfer = 0, 0
	case unlikeSRGB(src.Transfer):
		return transformCurve(src, part, like, orientation)
	case wide(src.Primaries): // which an output without a profile cannot say
		like.Primaries, like.Transfer = PrimariesBT709, TransferSRGB
		src.Transfer = TransferSRGB
	default:
		src.Primaries, src.Transfer = 0, 0
	}
	if !like.Alpha {
		src.Alpha = false
	}
	var dst *Image
	if like.Layout == RGBA {
		dst = NewRGBA(like.Width, like.Height, nil)
		dst.Alpha, dst.Primaries, dst.Transfer = like.Alpha, like.Primaries, like.Transfer
	} else {
		dst = NewPlanar(like)
	}
	if src.Layout != RGBA {
		src.extend()
	}

	var pin runtime.Pinner
	defer pin.Unpin()
	in, out := describe(src, &pin), describe(dst, &pin)
	if src.Layout == Gray && (like.Layout == RGBA || like.Layout == RGB) {
		in = asNeutralYUV(src, &pin)
	}
	if grey { // one plane in, one plane out; chroma is neutral
		out.kind, out.sub_w, out.sub_h = C.WP_GRAY, 0, 0
		out.plane[1], out.plane[2] = nil, nil
		for p := 1; p < 3; p++ {
			fill(dst.Planes[p], 128)
		}
	}
	activate(&in, part, dst, orientation)
	var detail [256]C.char
	if code := C.wp_transform(&in, &out, &detail[0], C.size_t(len(detail))); code != 0 {
		return nil, fmt.Errorf("resize %dx%d to %dx%d: %s (zimg error %d)",
			src.Width, src.Height, dst.Width, dst.Height, C.GoString(&detail[0]), int(code))
	}
	// A converted image is sRGB now.
	dst.Primaries, dst.Transfer = 0, 0
	turned := turn(dst, orientation)
	if turned != dst {
		dst.Free()
	}
	return turned, nil
}

// transformCurve is transform for an image whose curve is not sRGB's, by way of
// planes of red, green and blue that are deep enough for any.
func transformCurve(src *Image, part region, like Image, orientation int) (*Image, error) {
	deep, err := transform(src, part, Image{
		Width: like.Width, Height: like.Height, Layout: RGB, Alpha: src.Alpha && like.Alpha, Depth: 16, Full: true,
	}, 1)
	if err != nil {
		return nil, err
	}
	deep.Primaries, deep.Transfer, deep.Peak = src.Primaries, src.Transfer, src.Peak
	mapped := decodeCurve(deep)
	deep.Free()
	if like.Layout == RGBA {
		return turn(mapped, orientation), nil
	}
	defer mapped.Free()
	return transform(mapped, mapped.all(), like, orientation)
}

// unlikeSRGB reports whether a curve is not sRGB's and browsers distinguish them. The
// curves of BT.709, BT.601 and BT.2020 (1, 6, 14, 15) are shown as sRGB's is: they
// are close to it, and what a camera means by them is not known.
func unlikeSRGB(transfer int) bool {
	switch transfer {
	case TransferGamma22, TransferGamma28, TransferSMPTE240, TransferLinear, TransferLog100, TransferLog316:
		return true
	}
	return highDynamicRange(transfer)
}

func wide(primaries int) bool {
	return primaries == PrimariesBT2020 || primaries == PrimariesDCIP3 || primaries == PrimariesP3
}

// activate says which part of the source the whole of dst shows. A planar dst is
// rounded up to whole chroma samples, and so shows a little more than the part: what is
// beside it, or at the edge of the source, where zimg repeats the last pixels. The
// surplus must be at the right and at the bottom once dst has been turned.
func activate(in *C.wp_image, part region, dst *Image, orientation int) {
	stepX := part.width / float64(dst.Width)
	stepY := part.height / float64(dst.Height)
	w, h := dst.Width, dst.Height
	if dst.Layout != RGBA {
		w, h = dst.PlaneSize(0)
	}
	flipX, flipY := sourceFlips(orientation)
	if flipX {
		part.left -= float64(w-dst.Width) * stepX
	}
	if flipY {
		part.top -= float64(h-dst.Height) * stepY
	}
	in.left, in.top = C.double(part.left), C.double(part.top)
	in.active_width, in.active_height = C.double(float64(w)*stepX), C.double(float64(h)*stepY)
}

func describe(im *Image, pin *runtime.Pinner) C.wp_image {
	out := C.wp_image{
		width: C.uint(im.Width), height: C.uint(im.Height),
		alpha: cbool(im.Alpha), sub_w: C.int(im.SubW), sub_h: C.int(im.SubH),
		depth: C.int(im.Depth), full: cbool(im.Full),
		matrix: C.int(im.Matrix), primaries: C.int(im.Primaries), transfer: C.int(im.Transfer),
	}
	switch im.Layout {
	case Gray:
		out.kind = C.WP_GRAY
	case YUV:
		out.kind = C.WP_YUV
	case RGB:
		out.kind = C.WP_RGB
	default:
		out.kind = C.WP_RGBA
	}
	if im.Layout != RGBA {
		w, h := im.PlaneSize(0)
		out.width, out.height = C.uint(w), C.uint(h)
	}
	for p := range im.Planes {
		if len(im.Planes[p]) == 0 {
			continue
		}
		first := unsafe.SliceData(im.Planes[p])
		pin.Pin(first)
		out.plane[p] = (*C.uint8_t)(unsafe.Pointer(first))
		out.stride[p] = C.ptrdiff_t(im.Stride[p])
	}
	return out
}

// asNeutralYUV describes a grey image with a plane of neutral chroma added, twice,
// as zimg makes no colours out of one plane.
func asNeutralYUV(im *Image, pin *runtime.Pinner) C.wp_image {
	chroma := NewPlanar(Image{Width: im.Width, Height: im.Height, Layout: Gray, Depth: im.Depth})
	pix := chroma.Planes[0]
	if im.Depth > 8 {
		middle := uint16(1) << (im.Depth - 1)
		words := unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(pix))), len(pix)/2)
		for i := range words {
			words[i] = middle
		}
	} else {
		fill(pix, 128)
	}
	neutral := *im
	neutral.Layout, neutral.Matrix = YUV, MatrixBT601
	for p := 1; p < 3; p++ {
		neutral.Planes[p], neutral.Stride[p] = pix, chroma.Stride[0]
	}
	return describe(&neutral, pin)
}

func fill(pix []byte, v byte) {
	for i := range pix {
		pix[i] = v
	}
}

func cbool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// turn returns im turned by an EXIF orientation; 0 and 1 leave it as it is.
func turn(im *Image, orientation int) *Image {
	if orientation < 2 || orientation > 8 {
		return im
	}
	like := *im
	if orientation >= 5 {
		like.Width, like.Height = im.Height, im.Width
		like.SubW, like.SubH = im.SubH, im.SubW
	}
	if im.Layout == RGBA {
		dst := NewRGBA(like.Width, like.Height, nil)
		dst.Alpha = im.Alpha
		turnPlane(im, dst, 0, like.Width, like.Height, orientation, 4)
		return dst
	}
	dst := NewPlanar(like)
	for p := range dst.Planes {
		if w, h := dst.PlaneSize(p); w > 0 {
			turnPlane(im, dst, p, w, h, orientation, 1)
		}
	}
	return dst
}

func turnPlane(src, dst *Image, p, width, height, orientation, sampleSize int) {
	C.wp_turn((*C.uint8_t)(unsafe.SliceData(src.Planes[p])), C.ptrdiff_t(src.Stride[p]),
		(*C.uint8_t)(unsafe.SliceData(dst.Planes[p])), C.ptrdiff_t(dst.Stride[p]),
		C.int(width), C.int(height), C.int(orientation), C.int(sampleSize))
}

// FullChroma returns a YUV image with as many samples of chroma as of luma.
func FullChroma(src *Image) (*Image, error) {
	plain := *src
	plain.Primaries, plain.Transfer = 0, 0
	like := plain
	like.SubW, like.SubH = 0, 0
	out, err := transform(&plain, plain.all(), like, 1)
	if err != nil {
		return nil, err
	}
	out.Primaries, out.Transfer = src.Primaries, src.Transfer
	return out, nil
}
