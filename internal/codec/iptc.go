package codec

import (
	"bytes"
	"encoding/binary"
)

// photoshopIPTC returns the IPTC-IIM data sets among Photoshop's image resources, nil
// if there are none (Adobe Photoshop File Formats Specification, image resource
// blocks: "8BIM", an id, a name with its length before it, padded to an even length,
// the length of the data, the data, padded too).
func photoshopIPTC(b []byte) []byte {
	const iptc = 0x0404
	for len(b) >= 12 && bytes.HasPrefix(b, []byte("8BIM")) {
		id := binary.BigEndian.Uint16(b[4:])
		name := 1 + int(b[6])
		at := 6 + name + name&1
		if at+4 > len(b) {
			return nil
		}
		n := uint64(binary.BigEndian.Uint32(b[at:]))
		if b = b[at+4:]; n > uint64(len(b)) {
			return nil
		}
		if id == iptc {
			return b[:n]
		}
		b = b[min(uint64(len(b)), n+n&1):]
	}
	return nil
}
