package codec

import (
	"bytes"
	"encoding/binary"
)

// tagOrientation is the number of EXIF's Orientation tag, which TIFF has too.
const tagOrientation = 0x0112

// exifPrefix stands before the TIFF stream in JPEG's APP1 segment, and by
// mistake in some PNGs.
var exifPrefix = []byte("Exif\x00\x00")

// exifOrientation returns the orientation, 1 to 8, that an EXIF block asks for,
// or 0 if it says nothing valid.
func exifOrientation(exif []byte) int {
	order, value, ok := exifFind(exif)
	if !ok {
		return 0
	}
	if o := int(order.Uint16(value)); o >= 1 && o <= 8 {
		return o
	}
	return 0
}

// exifWithOrientation returns a copy of an EXIF block with its orientation set
// to o. A block that has none is copied as it is.
func exifWithOrientation(exif []byte, o int) []byte {
	out := bytes.Clone(exif)
	if order, value, ok := exifFind(out); ok {
		order.PutUint16(value, uint16(o))
	}
	return out
}

// exifFind finds the two bytes of the orientation in the first directory of an
// EXIF block (TIFF 6.0, section 2: byte order, 42, offset of the directory;
// there a count and entries of 12 bytes: tag, type, count, value).
func exifFind(exif []byte) (binary.ByteOrder, []byte, bool) {
	b := bytes.TrimPrefix(exif, exifPrefix)
	var order binary.ByteOrder
	switch {
	case len(b) < 8:
		return nil, nil, false
	case string(b[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(b[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return nil, nil, false
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return nil, nil, false
	}
	n := int(order.Uint16(b[at:]))
	for dir := b[at+2:]; n > 0 && len(dir) >= 12; n, dir = n-1, dir[12:] {
		const short = 3
		if order.Uint16(dir) == tagOrientation && order.Uint16(dir[2:]) == short && order.Uint32(dir[4:]) == 1 {
			return order, dir[8:10], true
		}
	}
	return nil, nil, false
}

// Orientation returns the orientation that EXIF gives, 1 to 8, or 0.
func Orientation(exif []byte) int { return exifOrientation(exif) }
