package codec

import (
	"bytes"
	"encoding/binary"
)

// jpegHeader is what the markers before the first scan say.
type jpegHeader struct {
	width, height, components, depth int
	meta
}

// readJPEGHeader walks the marker segments of a JPEG up to its first scan:
// ITU-T T.81, annex B; the profile in APP2 as ICC.1:2010, B.4, has it; EXIF in
// APP1 as in EXIF 2.32, 4.5.4; XMP in APP1 as in its specification, part 3; IPTC in
// Photoshop's image resources in APP13, one after the other.
func readJPEGHeader(data []byte) (jpegHeader, error) {
	var h jpegHeader
	var icc iccParts
	var resources []byte
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return h, &Error{Op: "jpeg", Detail: "not a JPEG"}
	}
	for at := 2; ; {
		for at < len(data) && data[at] != 0xff { // stray bytes
			at++
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
			return h, &Error{Op: "jpeg", Detail: "there is no picture in the file"}
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
			return h, nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if len(body) < 6 {
				return h, &Error{Op: "jpeg", Detail: "the header is damaged"}
			}
			h.depth = int(body[0])
			h.height = int(binary.BigEndian.Uint16(body[1:]))
			h.width = int(binary.BigEndian.Uint16(body[3:]))
			h.components = int(body[5])
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

// join returns the profile, or nil where there is none or a part is missing.
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
