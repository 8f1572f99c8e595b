package rights

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// readEXIF reads Artist and Copyright from the first directory of a TIFF stream (TIFF
// 6.0, section 2: byte order, 42, offset of the directory; there a count and entries
// of 12 bytes: tag, type, count, value or its offset).
func readEXIF(exif []byte) Notice {
	var n Notice
	b := bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return n
	}
	if len(b) < 8 {
		return n
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return n
	}
	count := int(order.Uint16(b[at:]))
	for dir := b[at+2:]; count > 0 && len(dir) >= 12; count, dir = count-1, dir[12:] {
		const ascii, artist, copyright = 2, 0x013b, 0x8298
		tag := order.Uint16(dir)
		if tag != artist && tag != copyright || order.Uint16(dir[2:]) != ascii {
			continue
		}
		size, value := uint64(order.Uint32(dir[4:])), dir[8:12]
		if size > 4 {
			from := uint64(order.Uint32(dir[8:]))
			if from+size > uint64(len(b)) {
				continue
			}
			value = b[from:]
		}
		value = value[:min(size, 4*maxText)]
		if tag == artist {
			value, _, _ = bytes.Cut(value, []byte{0})
			n.Creators = []string{decode(value)}
			continue
		}
		// The photographer's copyright, a zero byte, the editor's; a space where there
		// is only the latter (EXIF 2.32, 4.6.5).
		var both []string
		for part := range bytes.SplitSeq(value, []byte{0}) {
			if s := strings.TrimSpace(decode(part)); s != "" && len(both) < 2 {
				both = append(both, s)
			}
		}
		n.Rights = strings.Join(both, ", ")
	}
	return n
}

// readIPTC reads by-line, copyright notice and credit of record 2 (IPTC-IIM 4.2: each
// data set is 0x1c, record, number, a length of two bytes, the value).
func readIPTC(iptc []byte) Notice {
	var n Notice
	unicode := false
	for b := iptc; len(b) >= 5 && b[0] == 0x1c; {
		size := int(binary.BigEndian.Uint16(b[3:]))
		record, number := b[1], b[2]
		// The first bit marks a length of more than 32,767 bytes: no name has that.
		if size > 0x7fff || size > len(b)-5 {
			break
		}
		value := b[5 : 5+size]
		b = b[5+size:]
		text := func() string {
			if unicode {
				return string(value)
			}
			return decode(value)
		}
		switch {
		case record == 1 && number == 90: // the character set; ESC % G is UTF-8
			unicode = bytes.Equal(value, []byte("\x1b%G"))
		case record != 2:
		case number == 80:
			if len(n.Creators) < maxCreators {
				n.Creators = append(n.Creators, text())
			}
		case number == 116:
			n.Rights = text()
		case number == 110:
			n.Credit = text()
		}
	}
	return n
}

// decode reads text whose encoding is not stated: as UTF-8 where it is that, which
// ASCII is, and else as Latin-1.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}
