//go:build cgo

package codec

import (
	"bytes"
	"encoding/binary"

	"github.com/webpress/webpress/internal/pixel"
)

// A pngColor gathers what a PNG says about its colors. Precedence is cICP, iCCP, sRGB,
// gAMA with cHRM (PNG specification, third edition, 4.3).
type pngColor struct {
	coded   []byte // the body of cICP
	profile []byte // of iCCP
	srgb    bool
	gamma   uint32    // of gAMA, times 100,000; 0 for none
	points  [8]uint32 // of cHRM: x and y of white, red, green, blue, times 100,000
	chrm    bool
}

// read takes a chunk about colors. One that is damaged is ignored, and so is the
// second of a kind.
func (c *pngColor) read(kind string, whole, body []byte) {
	if len(body) > maxInflated || checkSums(whole) != nil {
		if kind == "iCCP" && c.profile == nil {
			c.profile = []byte{} // which is no profile, and is said so
		}
		return
	}
	switch {
	case kind == "cICP" && len(body) == 4 && c.coded == nil:
		c.coded = body
	case kind == "iCCP" && c.profile == nil:
		c.profile = body
	case kind == "sRGB" && len(body) == 1:
		c.srgb = true
	case kind == "gAMA" && len(body) == 4 && c.gamma == 0:
		c.gamma = binary.BigEndian.Uint32(body)
	case kind == "cHRM" && len(body) == 32 && !c.chrm:
		for i := range c.points {
			c.points[i] = binary.BigEndian.Uint32(body[4*i:])
		}
		c.chrm = true
	}
}

// icc returns the profile that the chunks make, nil for sRGB, and what there is to
// know about it.
func (c *pngColor) icc() (icc []byte, notes []string) {
	if c.coded != nil {
		if icc, ok := c.codedProfile(); ok {
			return icc, nil
		}
	}
	if c.profile != nil {
		// A name, NUL, the method 0, zlib.
		if name, packed, ok := bytes.Cut(c.profile, []byte{0}); ok && len(name) > 0 && len(packed) > 1 && packed[0] == 0 {
			icc, _ = inflate(packed[1:])
		}
		if icc != nil {
			return icc, nil
		}
		notes = []string{"the color profile is damaged and was ignored"}
	}
	if c.srgb || c.gamma == 0 && !c.chrm {
		return nil, notes
	}
	return c.measuredProfile(), notes
}

// measuredProfile makes a profile of gAMA and cHRM; what is not there, or not
// possible, is as in sRGB. Values that every tool writes for sRGB make none.
func (c *pngColor) measuredProfile() []byte {
	const (
		srgbGamma  = 45455
		tolerance  = 1000 // tools write 45455, 45454, 45450, 45000
		leastGamma = 1000 // beyond these bounds, 0.01 and 10, it is nonsense
		mostGamma  = 1000000
	)
	var o pixel.ProfileOptions
	if c.gamma >= leastGamma && c.gamma <= mostGamma && (c.gamma < srgbGamma-tolerance || c.gamma > srgbGamma+tolerance) {
		o.Gamma = 100000 / float64(c.gamma)
	}
	srgb := [8]uint32{31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}
	for i, v := range c.points {
		if c.chrm && max(v, srgb[i])-min(v, srgb[i]) > 100 {
			o.Points = new([8]float64)
		}
	}
	if o.Points != nil {
		for i, v := range c.points {
			o.Points[i] = float64(v) / 100000
		}
	}
	if o == (pixel.ProfileOptions{}) {
		return nil
	}
	return pixel.MakeProfile(o)
}

// codedProfile makes a profile of cICP: primaries, transfer, matrix, full range, by
// the numbers of ITU-T H.273; nil for sRGB. It is not ok for what a profile cannot
// say, such as high dynamic range.
func (c *pngColor) codedProfile() (icc []byte, ok bool) {
	if c.coded[2] != 0 || c.coded[3] != 1 { // pixels are red, green, blue, full range
		return nil, false
	}
	return pixel.CodedProfile(int(c.coded[0]), int(c.coded[1]))
}

// notes says what is not as the file asks for.
func (c *pngColor) notes() []string {
	if c.coded == nil {
		return nil
	}
	if _, ok := c.codedProfile(); !ok {
		return []string{"its colors are coded by a cICP chunk of a kind that is not supported: it was ignored"}
	}
	return nil
}
