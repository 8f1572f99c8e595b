package codec

/*
#include <tiffio.h>
*/
import "C"

import (
	"encoding/binary"
	"math"
)

// tiffRows makes pixels of the samples of a TIFF, row by row: all samples become 16
// bits first, so that every depth and layout takes the same way.
type tiffRows struct {
	*openTIFF
	// row is the samples of a row, those of one pixel together.
	samples []uint16
	stride  int
	// raw reports whether the samples are numbers as they stand: of colors, or of Lab.
	raw bool
	// plain reports whether the bytes of a row are those of pixels but for gaps.
	plain bool
}

func newTIFFRows(t *openTIFF) *tiffRows {
	r := &tiffRows{openTIFF: t, stride: t.samples, raw: t.palette != nil && t.photometric == C.PHOTOMETRIC_PALETTE || t.isLab()}
	r.plain = t.bits == 8 && t.planar == C.PLANARCONFIG_CONTIG && !r.raw && !t.associated
	if !r.plain {
		r.samples = make([]uint16, t.chunkWidth*r.stride)
	}
	return r
}

// row makes the pixels of one row, whose samples begin at an offset in each plane.
func (r *tiffRows) row(pix []byte, planes [][]byte, at int) {
	n := len(pix) / 4
	if r.plain {
		r.bytes(pix, planes[0][at:])
		return
	}
	if len(planes) == 1 {
		r.unpack(r.samples[:n*r.stride], 1, planes[0][at:])
	} else {
		for p, plane := range planes {
			if plane != nil {
				r.unpack(r.samples[p:n*r.stride], r.stride, plane[at:])
			}
		}
	}
	s, colors := r.samples, r.colors()
	for ; len(pix) >= 4; pix, s = pix[4:], s[r.stride:] {
		alpha := uint32(0xffff)
		if r.alpha >= 0 {
			if alpha = uint32(s[r.alpha]); r.raw {
				alpha = alpha * 0xffff / (1<<r.bits - 1)
			}
		}
		var c [3]uint32
		switch {
		case r.isLab():
			c = r.lab(s)
		case r.photometric == C.PHOTOMETRIC_PALETTE:
			if i := int(s[0]); i < len(r.palette) {
				c = [3]uint32{uint32(r.palette[i][0]), uint32(r.palette[i][1]), uint32(r.palette[i][2])}
			}
		case r.photometric == C.PHOTOMETRIC_SEPARATED:
			for i, v := range s[:4] {
				pix[i] = 255 - to8(uint32(v)) // 255 means no ink
			}
			continue
		case colors == 3:
			c = [3]uint32{uint32(s[0]), uint32(s[1]), uint32(s[2])}
		default:
			v := uint32(s[0])
			if r.photometric == C.PHOTOMETRIC_MINISWHITE {
				v = 0xffff - v
			}
			c = [3]uint32{v, v, v}
		}
		for i, v := range c {
			if r.associated && alpha != 0xffff {
				if v = 0; alpha != 0 {
					v = min(0xffff, uint32((uint64(c[i])*0xffff+uint64(alpha)/2)/uint64(alpha)))
				}
			}
			pix[i] = to8(v)
		}
		pix[3] = to8(alpha)
	}
}

// bytes is row for samples of 8 bits that need no arithmetic.
func (r *tiffRows) bytes(pix, s []byte) {
	flip := byte(0)
	if r.photometric == C.PHOTOMETRIC_MINISWHITE || r.photometric == C.PHOTOMETRIC_SEPARATED {
		flip = 0xff
	}
	colors, stride, alpha := r.colors(), r.stride, r.alpha
	for ; len(pix) >= 4; pix, s = pix[4:], s[stride:] {
		switch colors {
		case 1:
			v := s[0] ^ flip
			pix[0], pix[1], pix[2], pix[3] = v, v, v, 255
		case 3:
			pix[0], pix[1], pix[2], pix[3] = s[0], s[1], s[2], 255
		default:
			pix[0], pix[1], pix[2], pix[3] = s[0]^flip, s[1]^flip, s[2]^flip, s[3]^flip
			continue
		}
		if alpha >= 0 {
			pix[3] = s[alpha]
		}
	}
}

// unpack reads samples of any depth into every step-th of out: as they are, or, but
// for raw ones, with all bits set at 0xffff. What is more than 8 bits and a whole
// number of bytes is in the machine's order by now; all else is packed from the
// highest bit of each byte.
func (r *tiffRows) unpack(out []uint16, step int, in []byte) {
	float := r.format == C.SAMPLEFORMAT_IEEEFP
	largest := uint32(1)<<min(r.bits, 16) - 1
	var bits, held uint32
	for i := 0; i < len(out); i += step {
		switch {
		case float && r.bits == 16:
			out[i], in = unit(half(binary.NativeEndian.Uint16(in))), in[2:]
		case float && r.bits == 32:
			out[i], in = unit(float64(math.Float32frombits(binary.NativeEndian.Uint32(in)))), in[4:]
		case float:
			out[i], in = unit(math.Float64frombits(binary.NativeEndian.Uint64(in))), in[8:]
		case r.bits == 32:
			v := binary.NativeEndian.Uint32(in)
			out[i], in = uint16((uint64(v)*0xffff+math.MaxUint32/2)/math.MaxUint32), in[4:]
		case r.bits == 16:
			out[i], in = binary.NativeEndian.Uint16(in), in[2:]
		default:
			for held < uint32(r.bits) {
				bits, in, held = bits<<8|uint32(in[0]), in[1:], held+8
			}
			held -= uint32(r.bits)
			v := bits >> held & largest
			if !r.raw {
				v = (v*0xffff + largest/2) / largest
			}
			out[i] = uint16(v)
		}
	}
}

// unit returns 0 to 1 as 0 to 0xffff; what is outside, or not a number, is cut off.
func unit(v float64) uint16 {
	if !(v > 0) {
		return 0
	}
	return uint16(min(v, 1)*0xffff + 0.5)
}

// half returns the value of a floating-point number of 16 bits (IEEE 754, binary16).
func half(v uint16) float64 {
	fraction, exponent := float64(v&0x3ff), int(v>>10&31)
	switch exponent {
	case 0:
		fraction = math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		fraction = math.Inf(1)
	default:
		fraction = math.Ldexp(fraction+0x400, exponent-25)
	}
	if v&0x8000 != 0 {
		return -fraction
	}
	return fraction
}

// lab returns the sRGB color, 16 bits each, of L*, a* and b* at the white of D50
// (TIFF 6.0, section 23; Adobe's TIFF technical notes of 2002 for ICC Lab). a* and
// b* are signed in CIELab, and begin at the middle in the ICC's.
func (r *tiffRows) lab(s []uint16) [3]uint32 {
	var l, a, b float64
	signed := r.photometric == C.PHOTOMETRIC_CIELAB
	if r.bits == 8 {
		l = float64(s[0]) / 255 * 100
	} else if signed {
		l = float64(s[0]) / 0xffff * 100
	} else {
		l = min(100, float64(s[0])/0xff00*100)
	}
	if r.colors() == 3 {
		chroma := func(v uint16) float64 {
			switch {
			case r.bits == 8 && signed:
				return float64(int8(v))
			case r.bits == 8:
				return float64(v) - 128
			case signed:
				return float64(int16(v)) / 256
			}
			return (float64(v) - 0x8000) / 256
		}
		a, b = chroma(s[1]), chroma(s[2])
	}
	f := (l + 16) / 116
	x, y, z := 0.96422*labCurve(f+a/500), labCurve(f), 0.82521*labCurve(f-b/200)
	// From XYZ at D50 to linear sRGB, by Bradford's adaptation.
	return [3]uint32{
		srgbCurve(3.1338561*x - 1.6168667*y - 0.4906146*z),
		srgbCurve(-0.9787684*x + 1.9161415*y + 0.0334540*z),
		srgbCurve(0.0719453*x - 0.2289914*y + 1.4052427*z),
	}
}

// labCurve is the inverse of CIE Lab's curve (CIE 15).
func labCurve(t float64) float64 {
	const delta = 6.0 / 29
	if t > delta {
		return t * t * t
	}
	return 3 * delta * delta * (t - 4.0/29)
}

// srgbCurve encodes linear light by the curve of sRGB (IEC 61966-2-1), to 16 bits.
func srgbCurve(v float64) uint32 {
	switch {
	case !(v > 0):
		return 0
	case v <= 0.0031308:
		v *= 12.92
	default:
		v = 1.055*math.Pow(min(v, 1), 1/2.4) - 0.055
	}
	return uint32(v*0xffff + 0.5)
}
