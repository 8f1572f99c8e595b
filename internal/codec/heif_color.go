package codec

import (
	"encoding/binary"
	"slices"

	"github.com/webpress/webpress/internal/pixel"
)

// A codePoints is how colors are coded, by numbers of ITU-T H.273 (colr of type
// nclx, ISO/IEC 14496-12, 12.1.5).
type codePoints struct {
	primaries, transfer, matrix int
	full                        bool
	// at is where the numbers begin in the file.
	at int64
}

// A heifColor is what a file says about its colors outside of the bit stream.
type heifColor struct {
	icc   []byte
	codes *codePoints
	// peak is the luminance of the brightest pixels in cd/m2, 0 if it is not said.
	peak float64
}

// readColor reads the boxes about color among others.
func readColor(boxes []box) (c heifColor) {
	for _, b := range boxes {
		switch {
		case b.kind == "colr" && len(b.body) >= 4:
			switch kind, rest := string(b.body[:4]), b.body[4:]; {
			case (kind == "prof" || kind == "rICC") && c.icc == nil && len(rest) <= maxInflated:
				c.icc = slices.Clone(rest)
			case kind == "nclx" && c.codes == nil && len(rest) >= 7:
				c.codes = &codePoints{
					primaries: int(binary.BigEndian.Uint16(rest)), transfer: int(binary.BigEndian.Uint16(rest[2:])),
					matrix: int(binary.BigEndian.Uint16(rest[4:])), full: rest[6]&0x80 != 0, at: b.at + 4,
				}
			}
		case b.kind == "clli" && len(b.body) >= 4: // counts before mdcv
			if peak := binary.BigEndian.Uint16(b.body); peak > 0 {
				c.peak = float64(peak)
			}
		case b.kind == "mdcv" && len(b.body) >= 24 && c.peak == 0:
			c.peak = float64(binary.BigEndian.Uint32(b.body[16:])) / 10_000
		}
	}
	return c
}

// color reads the colors of an item; of a derived one without any, those of its
// first part.
func (f *heifFile) color(item *heifItem) heifColor {
	var boxes []box
	for _, n := range item.props {
		boxes = append(boxes, f.props[n])
	}
	c := readColor(boxes)
	if len(item.parts) > 0 && c.icc == nil && c.codes == nil {
		if part := f.byID[item.parts[0]]; part != nil && part != item && len(part.parts) == 0 {
			return f.color(part)
		}
	}
	return c
}

// apply gives an image the colors of its file.
func (c heifColor) apply(im *pixel.Image) {
	if c.codes != nil {
		im.Primaries, im.Transfer, im.Full = c.codes.primaries, c.codes.transfer, c.codes.full || im.Layout == pixel.RGBA
	}
	if im.Primaries == 2 { // unspecified
		im.Primaries = 0
	}
	if im.Transfer == 2 {
		im.Transfer = 0
	}
	im.Peak = c.peak
	if len(c.icc) > 0 { // a profile says more than the code points
		im.Primaries, im.Transfer, im.Peak = 0, 0, 0
	}
}

// notes says what becomes of high dynamic range.
func hdrNotes(im *pixel.Image) []string {
	switch im.Transfer {
	case pixel.TransferPQ:
		return []string{"it is HDR (PQ): highlights were rolled off to fit standard dynamic range"}
	case pixel.TransferHLG:
		return []string{"it is HDR (HLG): highlights were rolled off to fit standard dynamic range"}
	}
	return nil
}

// limitedAlpha reports whether the samples of an alpha plane use the limited range,
// which the AV1 bit stream says; for HEVC it is taken as full.
func limitedAlpha(boxes []box) bool {
	for _, b := range boxes {
		if b.kind == "av1C" {
			info := av1Config(b.body)
			return info.ranged && !info.full
		}
	}
	return false
}

// expandAlpha brings alpha from the limited range to the full one.
func expandAlpha(im *pixel.Image) {
	if im.Layout == pixel.RGBA {
		for pix := im.Planes[0]; len(pix) >= 4; pix = pix[4:] {
			pix[3] = byte(fullRange(int(pix[3]), 8))
		}
		return
	}
	plane := im.Planes[3]
	if im.Depth == 8 {
		for i, v := range plane {
			plane[i] = byte(fullRange(int(v), 8))
		}
		return
	}
	for i := 0; i+1 < len(plane); i += 2 {
		v := fullRange(int(binary.NativeEndian.Uint16(plane[i:])), im.Depth)
		binary.NativeEndian.PutUint16(plane[i:], uint16(v))
	}
}

// fullRange is a luma sample of limited range in the full one.
func fullRange(v, depth int) int {
	scale := 1 << (depth - 8)
	top := 1<<depth - 1
	return min(max((v-16*scale)*top+219*scale/2, 0)/(219*scale), top)
}
