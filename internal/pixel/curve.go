package pixel

import (
	"math"
	"sync"
	"unsafe"
)

// Luminances of high dynamic range in cd/m2: what a page shows as white (ITU-R
// BT.2408, 2.1), the brightest that is expected where a file does not say, and what
// PQ reaches (ITU-R BT.2100, tables 4 and 5).
const (
	ReferenceWhite = 203.0
	DefaultPeak    = 1000.0
	pqPeak         = 10000.0
)

func highDynamicRange(transfer int) bool { return transfer == TransferPQ || transfer == TransferHLG }

// decodeCurve makes RGBA in sRGB of three planes of 16 bits with another curve. If that
// is PQ or HLG, it leaves the relations of brightness up to reference white as they
// are and rolls off what is brighter, as Chromium does, so that an image looks alike
// as WebP.
func decodeCurve(src *Image) *Image {
	dst := NewRGBA(src.Width, src.Height, nil)
	dst.Alpha = src.Alpha
	peak := src.Peak
	switch {
	case !highDynamicRange(src.Transfer), peak == 0 && !src.highlights():
		peak = ReferenceWhite
	case peak == 0:
		peak = DefaultPeak
	}
	linear, curve := linearLight(src.Transfer), newRollOff(peak/ReferenceWhite)
	primaries := src.Primaries
	if primaries == 0 && !highDynamicRange(src.Transfer) {
		primaries = PrimariesBT709
	}
	toWide := multiply(invert(primaryMatrix(PrimariesBT2020)), primaryMatrix(primaries))
	toNarrow := multiply(invert(primaryMatrix(PrimariesBT709)), primaryMatrix(PrimariesBT2020))
	for y := range src.Height {
		row := [4][]uint16{}
		for p := range row {
			if p < 3 || src.Alpha {
				row[p] = words(src.Planes[p][y*src.Stride[p]:])[:src.Width]
			}
		}
		out := dst.Planes[0][y*dst.Stride[0]:][:4*src.Width]
		for x := range src.Width {
			c := toWide.apply([3]float32{linear[row[0][x]], linear[row[1][x]], linear[row[2][x]]})
			if src.Transfer == TransferHLG {
				c = displayLight(c)
			}
			gain := curve.gain(max(c[0], c[1], c[2]))
			c = toNarrow.apply(c)
			for i, v := range c {
				out[4*x+i] = srgbOf(v * gain)
			}
			out[4*x+3] = 255
			if src.Alpha {
				out[4*x+3] = byte((uint32(row[3][x])*255 + 32767) / 65535)
			}
		}
	}
	return dst
}

// highlights reports whether more than one of 10,000 pixels is clearly brighter than
// reference white. An image without needs no room for them, and stays as bright as
// it is.
func (im *Image) highlights() bool {
	// A tenth more than reference white: 223 cd/m2 in PQ, and in HLG for gray.
	limit := uint16(39000)
	if im.Transfer == TransferHLG {
		limit = 50400
	}
	bright := 0
	for y := range im.Height {
		r, g, b := words(im.Planes[0][y*im.Stride[0]:]), words(im.Planes[1][y*im.Stride[1]:]), words(im.Planes[2][y*im.Stride[2]:])
		for x := range im.Width {
			if max(r[x], g[x], b[x]) > limit {
				bright++
			}
		}
	}
	return bright > im.Width*im.Height/10_000
}

func words(b []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}

// linearLight returns the light of each sample. For HLG it is that of the scene, 1 at
// most; for other curves that of the display, 1 for reference white. The curves are
// those of ITU-T H.273, table 3.
func linearLight(transfer int) *[1 << 16]float32 {
	power := func(gamma float64) *[1 << 16]float32 {
		return lightTable(func(v float64) float64 { return math.Pow(v, gamma) })
	}
	switch transfer {
	case TransferPQ:
		return pqLight()
	case TransferHLG:
		return hlgLight()
	case TransferGamma22:
		return power(2.2)
	case TransferGamma28:
		return power(2.8)
	case TransferSMPTE240:
		return lightTable(func(v float64) float64 {
			if v < 4*0.0228 {
				return v / 4
			}
			return math.Pow((v+0.1115)/1.1115, 1/0.45)
		})
	case TransferLog100:
		return lightTable(func(v float64) float64 { return math.Pow(10, 2*(v-1)) })
	case TransferLog316:
		return lightTable(func(v float64) float64 { return math.Pow(10, 2.5*(v-1)) })
	}
	return power(1)
}

func lightTable(light func(float64) float64) *[1 << 16]float32 {
	table := new([1 << 16]float32)
	for i := range table {
		table[i] = float32(light(float64(i) / 65535))
	}
	return table
}

// pqLight is the EOTF of PQ (ITU-R BT.2100, table 4).
var pqLight = sync.OnceValue(func() *[1 << 16]float32 {
	const m1, m2, c1, c2, c3 = 2610. / 16384, 2523. / 32, 3424. / 4096, 2413. / 128, 2392. / 128
	return lightTable(func(v float64) float64 {
		e := math.Pow(v, 1/m2)
		return pqPeak / ReferenceWhite * math.Pow(max(e-c1, 0)/(c2-c3*e), 1/m1)
	})
})

// hlgLight is the inverse of the OETF of HLG (ITU-R BT.2100, table 5).
var hlgLight = sync.OnceValue(func() *[1 << 16]float32 {
	const a, b, c = 0.17883277, 0.28466892, 0.55991073
	return lightTable(func(v float64) float64 {
		if v <= 0.5 {
			return v * v / 3
		}
		return (math.Exp((v-c)/a) + b) / 12
	})
})

// displayLight is the OOTF of HLG for a display of 1,000 cd/m2 (ITU-R BT.2100, table
// 5); 1 is reference white.
func displayLight(c [3]float32) [3]float32 {
	luma := 0.2627*c[0] + 0.6780*c[1] + 0.0593*c[2]
	if luma <= 0 {
		return [3]float32{}
	}
	f := float32(DefaultPeak / ReferenceWhite * math.Pow(float64(luma), 0.2))
	return [3]float32{f * c[0], f * c[1], f * c[2]}
}

// A rollOff brings light up to a peak down to 1: the reference white tone mapping of
// SMPTE ST 2094-50, a line up to reference white and a quadratic Bezier curve from
// there.
type rollOff struct {
	white, peak    float32
	xa, xb, ya, yb float32
}

// newRollOff takes the peak, where reference white is 1.
func newRollOff(peak float64) rollOff {
	if peak <= 1 {
		return rollOff{white: 1, peak: 1}
	}
	const bend = 0.65
	white := 1 - 0.5*min(1, math.Log(peak)/math.Log(DefaultPeak/ReferenceWhite))
	middleX, middleY := 1-bend+bend/white, (1-bend)*white+bend
	return rollOff{
		white: float32(white), peak: float32(peak),
		xa: float32(1 - 2*middleX + peak), xb: float32(2*middleX - 2),
		ya: float32(white - 2*middleY + 1), yb: float32(2*middleY - 2*white),
	}
}

// gain is what light whose brightest component is x is multiplied by.
func (r *rollOff) gain(x float32) float32 {
	switch {
	case x <= 1:
		return r.white
	case x >= r.peak:
		return 1 / x
	}
	t := (x - 1) / r.xb
	if r.xa != 0 {
		root := math.Sqrt(max(0, float64(r.xb*r.xb+4*r.xa*(x-1))))
		t = (float32(root) - r.xb) / (2 * r.xa)
	}
	return (r.white + t*(r.yb+t*r.ya)) / x
}

// srgbOf encodes linear light by sRGB's curve.
func srgbOf(v float32) byte {
	const steps = 1 << 14
	if !(v > 0) {
		return 0
	}
	return srgbTable()[int(min(v, 1)*steps+0.5)]
}

var srgbTable = sync.OnceValue(func() *[1<<14 + 1]byte {
	table := new([1<<14 + 1]byte)
	for i := range table {
		v := float64(i) / (1 << 14)
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		table[i] = byte(math.Round(255 * v))
	}
	return table
})

// A matrix turns one triple of light into another.
type matrix [3][3]float32

func (m *matrix) apply(c [3]float32) (out [3]float32) {
	for i, row := range m {
		out[i] = row[0]*c[0] + row[1]*c[1] + row[2]*c[2]
	}
	return out
}

func multiply(a, b matrix) (out matrix) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				out[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return out
}

func invert(m matrix) (out matrix) {
	cofactor := func(i, j int) float32 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*cofactor(0, 0) + m[0][1]*cofactor(0, 1) + m[0][2]*cofactor(0, 2)
	for i := range 3 {
		for j := range 3 {
			out[j][i] = cofactor(i, j) / det
		}
	}
	return out
}

// primaryMatrix turns light in primaries of ITU-T H.273, table 2, into CIE XYZ; other
// primaries than those with a white of D65 count as BT.2020's.
func primaryMatrix(primaries int) matrix {
	xy := [3][2]float64{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}}
	switch primaries {
	case PrimariesBT709:
		xy = [3][2]float64{{0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}}
	case PrimariesP3, PrimariesDCIP3:
		xy = [3][2]float64{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}}
	}
	const whiteX, whiteY = 0.3127, 0.3290
	var m matrix
	for c, p := range xy {
		m[0][c], m[1][c], m[2][c] = float32(p[0]/p[1]), 1, float32((1-p[0]-p[1])/p[1])
	}
	inverse := invert(m)
	scale := inverse.apply([3]float32{whiteX / whiteY, 1, (1 - whiteX - whiteY) / whiteY})
	for i := range 3 {
		for c := range 3 {
			m[i][c] *= scale[c]
		}
	}
	return m
}
