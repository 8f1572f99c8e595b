package codec

import "encoding/binary"

// riffChunk takes the first chunk of b apart: four letters, a length, the body,
// and a byte of padding where the length is odd.
func riffChunk(b []byte) (kind string, body, whole []byte, err error) {
	if len(b) < 8 {
		return "", nil, nil, &Error{Op: "webp", Detail: cutShort}
	}
	n := uint64(binary.LittleEndian.Uint32(b[4:]))
	if n > uint64(len(b)-8) {
		return "", nil, nil, &Error{Op: "webp", Detail: cutShort}
	}
	return string(b[:4]), b[8 : 8+n], b[:min(uint64(len(b)), 8+n+n&1)], nil
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
