package pixel

/*
#include "icc_make.h"
*/
import "C"

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// ProfileOptions describe an RGB profile. The zero value is sRGB.
type ProfileOptions struct {
	// Gamma is the exponent from samples to light; 0 is sRGB's curve.
	Gamma float64
	// Points are the chromaticities x and y of white, red, green and blue; nil is
	// sRGB's.
	Points *[8]float64
}

// MakeProfile returns an ICC profile, or nil if there is none for o, such as one
// whose primaries are on a line.
func MakeProfile(o ProfileOptions) []byte {
	points := primaries[PrimariesBT709]
	if o.Points != nil {
		points = *o.Points
	}
	if !possible(points) || o.Gamma < 0 || math.IsNaN(o.Gamma) {
		return nil
	}
	icc := make([]byte, 4096)
	size := C.size_t(len(icc))
	if C.wp_icc_make((*C.double)(unsafe.Pointer(&points[0])), C.double(o.Gamma), (*C.uint8_t)(unsafe.SliceData(icc)), &size) != 0 {
		return nil
	}
	// The day of making (ICC.1:2010, 7.2.1), so that the same image always comes out
	// the same.
	for i, v := range [6]uint16{2000, 1, 1, 0, 0, 0} {
		binary.BigEndian.PutUint16(icc[24+2*i:], v)
	}
	clear(icc[84:100]) // a digest of the profile with another day
	return icc[:size]
}

// possible reports whether primaries span a triangle, and whether white is in it.
func possible(p [8]float64) bool {
	for i := 0; i < 8; i += 2 {
		if x, y := p[i], p[i+1]; !(x >= 0 && x <= 1 && y > 0.001 && y <= 1) {
			return false
		}
	}
	// Twice the area of the triangle of three points.
	area := func(a, b, c int) float64 {
		return (p[2*b]-p[2*a])*(p[2*c+1]-p[2*a+1]) - (p[2*c]-p[2*a])*(p[2*b+1]-p[2*a+1])
	}
	const white, red, green, blue = 0, 1, 2, 3
	least := 0.001
	if area(red, green, blue) < 0 {
		least = -least
	}
	for _, v := range [3]float64{area(white, red, green), area(white, green, blue), area(white, blue, red)} {
		if v/least < 1 {
			return false
		}
	}
	return true
}

// primaries are those of ITU-T H.273, table 2, by their code points: x and y of white,
// red, green, blue.
var primaries = map[int][8]float64{
	PrimariesBT709:  {0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06},
	4:               {0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08},
	5:               {0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06},
	6:               {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070},
	7:               {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070},
	8:               {0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049},
	PrimariesBT2020: {0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046},
	PrimariesDCIP3:  {0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060},
	PrimariesP3:     {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060},
	22:              {0.3127, 0.3290, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077},
}

// CodedProfile returns a profile for code points of ITU-T H.273, nil for sRGB. It is
// not ok for what a profile cannot say, such as high dynamic range. The curves of
// television are taken as sRGB's, as viewers take them.
func CodedProfile(colors, transfer int) (icc []byte, ok bool) {
	const unspecified = 2
	var o ProfileOptions
	switch transfer {
	case 1, unspecified, 6, 7, 11, 12, TransferSRGB, 14, 15:
	case 4:
		o.Gamma = 2.2
	case 5:
		o.Gamma = 2.8
	case 8:
		o.Gamma = 1
	default:
		return nil, false
	}
	if colors != PrimariesBT709 && colors != unspecified {
		points, known := primaries[colors]
		if !known {
			return nil, false
		}
		o.Points = &points
	}
	if o == (ProfileOptions{}) {
		return nil, true
	}
	icc = MakeProfile(o)
	return icc, icc != nil
}
