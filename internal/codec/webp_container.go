//go:build cgo

package codec

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/webpress/webpress/internal/pixel"
)

// Flags of a VP8X chunk (RFC 9649, section 2.7.1.2).
const (
	webpAnimated = 1 << 1
	webpXMP      = 1 << 2
	webpEXIF     = 1 << 3
	webpAlpha    = 1 << 4
	webpICC      = 1 << 5
)

// SetMetadata returns a WebP with the chunks that are not empty added: an ICC
// profile, EXIF (a TIFF stream) and XMP. libwebp's mux would do that too, in a time
// that grows with the square of the frames.
func SetMetadata(data, icc, exif, xmp []byte) ([]byte, error) {
	if len(icc) == 0 && len(exif) == 0 && len(xmp) == 0 {
		return data, nil
	}
	chunks, err := webpChunks(data)
	if err != nil {
		return nil, err
	}
	if string(chunks[0][:4]) != "VP8X" {
		header, err := webpHeader(data)
		if err != nil {
			return nil, err
		}
		chunks = slices.Insert(chunks, 0, header)
	}
	header := slices.Clone(chunks[0])
	chunks = slices.DeleteFunc(chunks[1:], func(c []byte) bool {
		return slices.Contains([]string{"ICCP", "EXIF", "XMP "}, string(c[:4]))
	})
	header[8] &^= webpICC | webpEXIF | webpXMP
	if len(icc) > 0 { // before the pixels, the rest behind
		header[8] |= webpICC
		chunks = slices.Insert(chunks, 0, webpChunk("ICCP", icc))
	}
	if len(exif) > 0 {
		header[8] |= webpEXIF
		chunks = append(chunks, webpChunk("EXIF", exif))
	}
	if len(xmp) > 0 {
		header[8] |= webpXMP
		chunks = append(chunks, webpChunk("XMP ", xmp))
	}
	return webpFileOf(slices.Insert(chunks, 0, header))
}

// webpChunks takes a WebP apart into its chunks, which share its memory.
func webpChunks(data []byte) (chunks [][]byte, err error) {
	if len(data) < 20 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		return nil, &Error{Op: "webp", Detail: "this is not a WebP"}
	}
	n := uint64(binary.LittleEndian.Uint32(data[4:]))
	if n < 12 || n > uint64(len(data)-8) {
		return nil, &Error{Op: "webp", Detail: cutShort}
	}
	for rest := data[12 : 8+n]; len(rest) > 0; {
		_, body, whole, err := riffChunk(rest)
		if err != nil {
			return nil, err
		}
		if kind := string(whole[:4]); kind == "VP8X" && len(body) < 10 {
			return nil, &Error{Op: "webp", Detail: "the header is damaged"}
		}
		chunks, rest = append(chunks, whole), rest[len(whole):]
	}
	return chunks, nil
}

// webpChunk makes a chunk: four letters, a length, a body, and padding.
func webpChunk(kind string, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	c := binary.LittleEndian.AppendUint32(append(make([]byte, 0, 8+n+n&1), kind...), uint32(n))
	for _, p := range parts {
		c = append(c, p...)
	}
	return append(c, make([]byte, n&1)...)
}

// webpHeader makes the VP8X chunk of a still WebP that has none.
func webpHeader(data []byte) ([]byte, error) {
	info, err := probeWebP(data)
	if err != nil {
		return nil, err
	}
	var body [10]byte
	if info.Alpha {
		body[0] = webpAlpha
	}
	setU24(body[4:], info.Width-1)
	setU24(body[7:], info.Height-1)
	return webpChunk("VP8X", body[:]), nil
}

func setU24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }

// webpFileOf puts chunks together.
func webpFileOf(chunks [][]byte) ([]byte, error) {
	n := 4
	for _, c := range chunks {
		n += len(c)
	}
	if int64(n) > math.MaxUint32-8 {
		return nil, &Error{Op: "webp", Detail: "a WebP holds at most 4 GB"}
	}
	out := append(make([]byte, 0, 8+n), "RIFF"...)
	out = append(binary.LittleEndian.AppendUint32(out, uint32(n)), "WEBP"...)
	for _, c := range chunks {
		out = append(out, c...)
	}
	return out, nil
}

// A webpPart is a stretch of an animation, as a WebP of its own.
type webpPart struct {
	data []byte
	// first is its first frame, straight RGBA; nil for the first part.
	first []byte
	// lasts is how many milliseconds it takes.
	lasts int
}

// joinAnimations puts parts of one size one behind the other.
func joinAnimations(parts []webpPart, width, height, loop int, background uint32) ([]byte, error) {
	var frames [][]byte
	alpha := byte(0)
	for _, part := range parts {
		info, err := probeWebP(part.data)
		if err != nil {
			return nil, err
		}
		if info.Alpha {
			alpha = webpAlpha
		}
		chunks, err := webpChunks(part.data)
		if err != nil {
			return nil, err
		}
		begin := len(frames)
		var still [][]byte
		for _, c := range chunks {
			switch string(c[:4]) {
			case "ANMF":
				frames = append(frames, c)
			case "ALPH", "VP8 ", "VP8L":
				still = append(still, c)
			}
		}
		if len(still) > 0 { // what a part whose frames are equal becomes
			var head [frameHeader]byte
			setU24(head[12:], min(part.lasts, 1<<24-1))
			frames = append(frames, wholeFrame(head, width, height, still))
		}
		if body := frames[begin][8:]; part.first != nil && (u24(body[6:])+1 != width || u24(body[9:])+1 != height) {
			// libwebp leaves out transparent edges of a first frame. Here they have to
			// cover what the part before left.
			im := pixel.NewRGBA(width, height, part.first)
			im.Alpha = true
			data, err := Encode(im, EncodeOptions{Lossless: true, Effort: 3})
			if err != nil {
				return nil, err
			}
			if still, err = webpChunks(data); err != nil {
				return nil, err
			}
			still = slices.DeleteFunc(still, func(c []byte) bool { return string(c[:4]) == "VP8X" })
			frames[begin] = wholeFrame([frameHeader]byte(body), width, height, still)
			alpha = webpAlpha
		}
	}
	var header [10]byte
	header[0] = webpAnimated | alpha
	setU24(header[4:], width-1)
	setU24(header[7:], height-1)
	control := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(nil, background), uint16(loop))
	return webpFileOf(slices.Concat([][]byte{webpChunk("VP8X", header[:]), webpChunk("ANIM", control)}, frames))
}

// frameHeader is the length of what an ANMF chunk has before its chunks (RFC 9649,
// section 2.7.1.1).
const frameHeader = 16

// wholeFrame makes an ANMF chunk that takes the place of the whole canvas, for as long
// and with the same disposal as head says.
func wholeFrame(head [frameHeader]byte, width, height int, still [][]byte) []byte {
	clear(head[:6])
	setU24(head[6:], width-1)
	setU24(head[9:], height-1)
	head[15] |= 2 // no blending
	return webpChunk("ANMF", append([][]byte{head[:]}, still...)...)
}
