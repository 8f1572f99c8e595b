package pixel

/*
#include "icc.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// A Space says what the pixels of an ICC profile are.
type Space int

// The color spaces of profiles that webpress distinguishes.
const (
	SpaceBad   Space = C.WP_SPACE_BAD
	SpaceRGB   Space = C.WP_SPACE_RGB
	SpaceGray  Space = C.WP_SPACE_GRAY
	SpaceCMYK  Space = C.WP_SPACE_CMYK
	SpaceOther Space = C.WP_SPACE_OTHER
)

// ProfileSpace returns the space of an ICC profile, SpaceBad where it is damaged.
// srgb says that its colours are those of sRGB, to 2 in 255.
func ProfileSpace(icc []byte) (space Space, srgb bool) {
	if icc = bounded(icc); icc == nil {
		return SpaceBad, false
	}
	var same C.int
	s := C.wp_icc_space((*C.uint8_t)(unsafe.SliceData(icc)), C.size_t(len(icc)), &same)
	return Space(s), same != 0
}

// ToSRGB returns im with its colours converted from a profile to sRGB, as RGBA,
// or as Gray where both im and the profile are grey and im has 8 bits. Without a
// profile, CMYK is converted as its inks mix ideally. The pixels of im may be
// reused for the result.
func ToSRGB(im *Image, icc []byte) (*Image, error) {
	space, _ := ProfileSpace(icc)
	if im.Layout == CMYK {
		out := *im
		out.Layout = RGBA
		if space == SpaceCMYK && convertPlane(icc, space, &out, out.Width) == nil {
			return &out, nil
		}
		mixInks(out.Planes[0])
		return &out, nil
	}
	if space == SpaceGray && im.Layout == Gray && im.Depth == 8 && im.Full && !im.Alpha {
		return im, convertPlane(icc, space, im, im.Stride[0])
	}
	out, err := ToRGBA(im, im.Width, im.Height, 1)
	if err != nil {
		return nil, err
	}
	if space == SpaceGray {
		return out, convertGrey(icc, out)
	}
	return out, convertPlane(icc, space, out, out.Width)
}

// convertPlane converts the first plane in place; a row has width pixels.
func convertPlane(icc []byte, space Space, im *Image, width int) error {
	if icc = bounded(icc); icc == nil {
		return errors.New("the color profile cannot be used")
	}
	code := C.wp_icc_to_srgb((*C.uint8_t)(unsafe.SliceData(icc)), C.size_t(len(icc)), C.int(space),
		(*C.uint8_t)(unsafe.SliceData(im.Planes[0])), C.size_t(width*im.Height))
	if code != 0 {
		return errors.New("the colour profile cannot be used")
	}
	return nil
}

// convertGrey converts RGBA pixels that are grey by a grey profile, in place.
func convertGrey(icc []byte, im *Image) error {
	table := Image{Width: 256, Height: 1, Layout: Gray, Depth: 8, Full: true}
	table.Planes[0] = make([]byte, 256)
	for i := range 256 {
		table.Planes[0][i] = byte(i)
	}
	if err := convertPlane(icc, SpaceGray, &table, 256); err != nil {
		return err
	}
	for pix := im.Planes[0]; len(pix) >= 4; pix = pix[4:] {
		v := table.Planes[0][pix[1]]
		pix[0], pix[1], pix[2] = v, v, v
	}
	return nil
}

// mixInks makes RGBA of CMYK where 255 means no ink: every ink lets through what
// the others left.
func mixInks(pix []byte) {
	for ; len(pix) >= 4; pix = pix[4:] {
		k := uint32(pix[3])
		for c := range 3 {
			pix[c] = byte((uint32(pix[c])*k + 127) / 255)
		}
		pix[3] = 255
	}
}
