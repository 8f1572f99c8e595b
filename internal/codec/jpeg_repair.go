package codec

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// repairJPEG returns a copy of a JPEG whose oddities that cost no pixel are put right,
// and notes on them: libjpeg warns of them, and its warnings are errors here, since it
// fills what is missing with gray. It is not ok where there is nothing to put right.
//
//   - Some cameras of Samsung write other spectral bounds than 0, 63, 0 into the scans of
//     a sequential JPEG, where they have no meaning (ITU-T T.81, B.2.3).
//   - The end marker is missing. Of a file of several scans that means that scans may be
//     missing, and only one whose coefficients are complete is taken.
//   - The major version of JFIF is not 1, the transform of Adobe is not known: the
//     decoder's guess is as good as any.
//   - Bytes stand between segments.
func repairJPEG(data []byte) (repaired []byte, notes []string, ok bool) {
	out := make([]byte, 0, len(data)+2)
	var frame jpegFrame
	for at := 2; ; {
		next := at
		for next < len(data) && data[next] != 0xff {
			next++
		}
		for next+1 < len(data) && data[next+1] == 0xff {
			next++
		}
		if next+2 > len(data) {
			break
		}
		if len(out) == 0 {
			out = append(out, data[:2]...)
		}
		ok = ok || next > at
		marker := data[next+1]
		if at = next + 2; marker == 0xd9 {
			return append(out, data[next:]...), notes, ok
		}
		if marker <= 1 || marker >= 0xd0 && marker <= 0xd8 {
			out = append(out, 0xff, marker)
			continue
		}
		if at+2 > len(data) {
			break
		}
		n := int(binary.BigEndian.Uint16(data[at:]))
		if n < 2 || at+n > len(data) {
			return nil, nil, false
		}
		out = append(append(out, 0xff, marker), data[at:at+n]...)
		body := out[len(out)-n+2:]
		at += n
		switch {
		case isJPEGFrame(marker):
			frame.read(marker, body)
		case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 7 && body[5] != 1:
			body[5], ok = 1, true
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12 && body[11] > 2:
			body[11], ok = 1, true
			if frame.components == 4 {
				body[11] = 2
			}
		case marker == 0xda:
			if frame.sequential && len(body) >= 4 {
				bounds := body[len(body)-3:]
				if want := []byte{0, 63, 0}; !bytes.Equal(bounds, want) {
					copy(bounds, want)
					ok = true
				}
			}
			frame.scan(body)
			end := jpegScanEnd(data, at)
			out = append(out, data[at:end]...)
			at = end
		}
	}
	if len(out) == 0 || !frame.complete() {
		return nil, nil, false
	}
	return append(out, 0xff, 0xd9), []string{endMissing}, true
}

// jpegScanEnd returns where the entropy-coded data at an offset ends: at the next
// marker that is not a restart, or at the end of the file.
func jpegScanEnd(data []byte, at int) int {
	for {
		i := bytes.IndexByte(data[at:], 0xff)
		if i < 0 || at+i+1 >= len(data) {
			return len(data)
		}
		at += i
		switch m := data[at+1]; {
		case m == 0xff:
			at++
		case m == 0 || m >= 0xd0 && m <= 0xd7:
			at += 2
		default:
			return at
		}
	}
}

// A jpegFrame is what its scans have brought so far.
type jpegFrame struct {
	sequential, progressive bool
	components              int
	ids                     []byte
	// missing has for each component how many low bits of each of 64 coefficients are
	// not there, 255 for all.
	missing [][64]byte
}

func isJPEGFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

func (f *jpegFrame) read(marker byte, body []byte) {
	f.sequential = marker == 0xc0 || marker == 0xc1 || marker == 0xc9
	f.progressive = marker == 0xc2 || marker == 0xca
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return
	}
	f.components, f.ids, f.missing = int(body[5]), nil, make([][64]byte, body[5])
	for i := range f.components {
		f.ids = append(f.ids, body[6+3*i])
		for k := range f.missing[i] {
			f.missing[i][k] = 255
		}
	}
}

// scan notes what a scan brings (ITU-T T.81, B.2.3): the components, the first and the
// last coefficient, and of its last byte the lower half is the bits that are missing.
func (f *jpegFrame) scan(body []byte) {
	if len(body) < 1 || len(body) < 4+2*int(body[0]) {
		return
	}
	first, last, low := 0, 63, byte(0)
	if n := 1 + 2*int(body[0]); f.progressive {
		first, last, low = int(body[n]), min(63, int(body[n+1])), body[n+2]&15
	}
	for i := range int(body[0]) {
		c := slices.Index(f.ids, body[1+2*i])
		for k := first; c >= 0 && k <= last; k++ {
			f.missing[c][k] = low
		}
	}
}

// complete reports whether nothing of any coefficient is missing.
func (f *jpegFrame) complete() bool {
	return len(f.missing) > 0 && !slices.ContainsFunc(f.missing, func(c [64]byte) bool { return c != [64]byte{} })
}
