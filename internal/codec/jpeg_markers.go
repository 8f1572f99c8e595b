package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// jpegHeader is what the markers before the first scan say.
type jpegHeader struct {
	width, height, components, depth int
	// scans is how often the pixels are gone through, and coefficients the bytes that
	// libjpeg holds of them where that is more than once.
	scans        int
	coefficients int64
	pixels       int64 // the bytes that come of it
	stray        bool  // there are bytes between the segments before the pixels
	meta
}

// A JPEG of many scans takes the time of its pixels as many times. Encoders write ten
// at most; more are taken while they are few pixels.
const (
	usualScans = 10
	scanPixels = 1 << 31
)

// readJPEGHeader walks the marker segments of a JPEG up to its first scan:
// ITU-T T.81, annex B; the profile in APP2 as ICC.1:2010, B.4, has it; EXIF in
// APP1 as in EXIF 2.32, 4.5.4; XMP in APP1 as in its specification, part 3; IPTC in
// Photoshop's image resources in APP13, one after the other.
func readJPEGHeader(data []byte) (jpegHeader, error) {
	var h jpegHeader
	var icc iccParts
	var resources []byte
	var sampling []byte // of the components: an id, the factors, a table
	progressive := false
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return h, &Error{Op: "jpeg", Detail: "not a JPEG"}
	}
	for at := 2; ; {
		for at < len(data) && data[at] != 0xff { // stray bytes
			at++
			h.stray = true
		}
		for at < len(data) && data[at] == 0xff { // fill bytes
			at++
		}
		if at+3 > len(data) {
			return h, &Error{Op: "jpeg", Detail: cutShort}
		}
		marker := data[at]
		at++
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // no length
			continue
		}
		if marker == 0xd9 { // the end, before any scan
			return h, &Error{Op: "jpeg", Detail: "there is no image in the file"}
		}
		n := int(binary.BigEndian.Uint16(data[at:]))
		if n < 2 || at+n > len(data) {
			return h, &Error{Op: "jpeg", Detail: cutShort}
		}
		body := data[at+2 : at+n]
		at += n
		switch {
		case marker == 0xda: // start of scan
			if h.width == 0 || h.height == 0 {
				return h, &Error{Op: "jpeg", Detail: "the header gives no size"}
			}
			h.ICC, h.IPTC = icc.join(), photoshopIPTC(resources)
			// CMYK and what has no planes come as four bytes.
			if h.pixels = h.held(sampling) / 2; h.components > 3 {
				h.pixels = 4 * int64(h.width) * int64(h.height)
			}
			if h.scans = 1; progressive || len(body) > 0 && int(body[0]) < h.components {
				h.coefficients = h.held(sampling)
				h.scans += countJPEGScans(data, at)
			}
			if h.scans > usualScans && int64(h.scans)*int64(h.width)*int64(h.height) > scanPixels {
				return h, &Error{
					Op: "jpeg", Detail: fmt.Sprintf("%d scans of %dx%d pixels would take too long", h.scans, h.width, h.height),
					Hint: "export it again as a plain JPEG",
				}
			}
			return h, nil
		case isJPEGFrame(marker):
			if len(body) < 6 {
				return h, &Error{Op: "jpeg", Detail: "the header is damaged"}
			}
			h.depth = int(body[0])
			h.height = int(binary.BigEndian.Uint16(body[1:]))
			h.width = int(binary.BigEndian.Uint16(body[3:]))
			h.components = int(body[5])
			sampling, progressive = body[6:], marker == 0xc2 || marker == 0xca
		case marker == 0xe1:
			if exif, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && h.EXIF == nil {
				h.EXIF, h.Orientation = exif, exifOrientation(exif)
			} else if xmp, ok := bytes.CutPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok && h.XMP == nil {
				h.XMP = xmp
			}
		case marker == 0xed:
			if part, ok := bytes.CutPrefix(body, []byte("Photoshop 3.0\x00")); ok {
				resources = append(resources, part...)
			}
		case marker == 0xe2:
			if part, ok := bytes.CutPrefix(body, []byte("ICC_PROFILE\x00")); ok {
				icc.add(part)
			}
		}
	}
}

// countJPEGScans counts the scans behind the first, whose data begins at an offset.
func countJPEGScans(data []byte, at int) (n int) {
	for {
		at = jpegScanEnd(data, at)
		if at+4 > len(data) || data[at+1] == 0xd9 {
			return n
		}
		if data[at+1] == 0xda {
			n++
		}
		at += 2 + max(2, int(binary.BigEndian.Uint16(data[at+2:])))
		at = min(at, len(data))
	}
}

// held is the size of all coefficients, two bytes each, in whole units of the largest
// sampling factors (ITU-T T.81, A.2).
func (h *jpegHeader) held(sampling []byte) int64 {
	most, sum := [2]int{1, 1}, 0
	for i := 0; i < h.components && 3*i+1 < len(sampling); i++ {
		across, down := int(sampling[3*i+1]>>4), int(sampling[3*i+1]&15)
		most = [2]int{max(most[0], across), max(most[1], down)}
		sum += across * down
	}
	units := int64(ceilDiv(h.width, 8*most[0])) * int64(ceilDiv(h.height, 8*most[1]))
	return units * int64(sum) * 64 * 2
}

// iccParts collects the numbered parts of a profile, each at most 65,519 bytes.
type iccParts struct {
	parts [256][]byte
	total int
}

func (p *iccParts) add(part []byte) {
	if len(part) < 2 || part[0] == 0 || part[1] == 0 || part[0] > part[1] {
		return
	}
	if p.total == 0 {
		p.total = int(part[1])
	}
	if p.parts[part[0]] == nil {
		p.parts[part[0]] = part[2:]
	}
}

// join returns the profile, or nil if there is none or a part is missing.
func (p *iccParts) join() []byte {
	var icc []byte
	for i := 1; i <= p.total; i++ {
		if p.parts[i] == nil {
			return nil
		}
		icc = append(icc, p.parts[i]...)
	}
	return icc
}
