package codec

import (
	"encoding/binary"
	"math/bits"
)

// dcJPEG returns a progressive JPEG in which all but the DC coefficients are zero, for
// decoding at 1/8 of the size, which uses no others: the scans of the others are most of the
// file, and of the time that it takes to decode. It is not ok where that would not be the
// same: the file is not progressive, or cut short, or odd.
//
// The scans are not left out, for libjpeg makes up coefficients that are missing: each
// component gets one that says of all its blocks that they have none (ITU-T T.81, G.1.2.2).
func dcJPEG(data []byte) (thin []byte, ok bool) {
	var frame jpegFrame
	var components []jpegComponent
	out := append(make([]byte, 0, len(data)/8), data[:2]...)
	for at := 2; at+2 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xd9 {
			if !frame.complete() {
				return nil, false
			}
			for _, c := range components {
				out = c.appendZeroScan(out)
			}
			return append(out, 0xff, 0xd9), true
		}
		if at+4 > len(data) {
			break
		}
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker < 0xc0 || marker >= 0xd0 && marker <= 0xd8 || marker == 0xff || n < 2 || at+2+n > len(data) {
			return nil, false
		}
		body, end := data[at+4:at+2+n], at+2+n
		switch {
		case isJPEGFrame(marker):
			if frame.read(marker, body); marker != 0xc2 || components != nil {
				return nil, false
			}
			if components = jpegComponents(body); components == nil {
				return nil, false
			}
		case marker == 0xda:
			// After the components and their tables comes the first coefficient.
			if len(body) < 1 || len(body) < 4+2*int(body[0]) {
				return nil, false
			}
			frame.scan(body)
			end = jpegScanEnd(data, end)
			if body[1+2*int(body[0])] > 0 {
				at = end
				continue
			}
		}
		out = append(out, data[at:end]...)
		at = end
	}
	return nil, false
}

// A jpegComponent is one of the components of a frame.
type jpegComponent struct {
	id     byte
	blocks int // of 8x8 samples, without those that only pad a unit of several components
}

// jpegComponents reads those of a frame (ITU-T T.81, A.1.1 and B.2.2). They are nil if it is
// damaged.
func jpegComponents(body []byte) (components []jpegComponent) {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return nil
	}
	height, width := int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	rows := body[6:][:3*int(body[5])]
	across, down := 1, 1
	for i := 1; i < len(rows); i += 3 {
		across, down = max(across, int(rows[i]>>4)), max(down, int(rows[i]&15))
	}
	for i := 0; i < len(rows); i += 3 {
		h, v := int(rows[i+1]>>4), int(rows[i+1]&15)
		components = append(components, jpegComponent{
			id:     rows[i],
			blocks: ceilDiv(ceilDiv(width*h, across), 8) * ceilDiv(ceilDiv(height*v, down), 8),
		})
	}
	return components
}

// appendZeroScan appends a scan of the component's AC coefficients that are all zero, with a
// Huffman table of its own whose 15 codes are of 4 bits. Code n is that of the run of 2^n
// blocks and as many more as the n bits behind it say (ITU-T T.81, figure G.3 and table G.1).
func (c jpegComponent) appendZeroScan(out []byte) []byte {
	out = append(out, 0xff, 0xdd, 0, 4, 0, 0)       // no restart intervals
	out = append(out, 0xff, 0xc4, 0, 2+17+15, 0x10) // table 0 of AC
	out = append(out, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for n := range byte(15) {
		out = append(out, n<<4)
	}
	out = append(out, 0xff, 0xda, 0, 8, 1, c.id, 0, 1, 63, 0)
	var queue uint64 // bits that wait, the latest one lowest
	waiting := 0
	put := func(value, n int) {
		queue, waiting = queue<<n|uint64(value), waiting+n
		for ; waiting >= 8; waiting -= 8 {
			b := byte(queue >> (waiting - 8))
			if out = append(out, b); b == 0xff {
				out = append(out, 0) // no marker
			}
		}
	}
	for left := c.blocks; left > 0; {
		n := min(14, bits.Len(uint(left))-1)
		run := min(left, 2<<n-1)
		put(n, 4)
		put(run-1<<n, n)
		left -= run
	}
	if waiting > 0 {
		put(1<<(8-waiting)-1, 8-waiting) // filled up with ones (F.1.2.3)
	}
	return out
}
