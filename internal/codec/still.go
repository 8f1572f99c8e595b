package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"strings"
)

// A frame is a decoded image as the Go decoders hand it over.
type frame struct {
	// pix is red, green, blue, alpha, 8 bits each, interleaved, rows without a
	// gap. Alpha is straight: colours are not multiplied by it.
	pix  []byte
	w, h int
	// opaque reports whether every alpha is 255.
	opaque bool
	// gray reports whether red, green and blue are the same everywhere.
	gray bool
	// cmyk reports whether pix is cyan, magenta, yellow and black instead, 255 for no ink.
	cmyk bool
}

// meta is what travels beside the pixels.
type meta struct {
	// ICC, EXIF (a TIFF stream, without "Exif\0\0"), XMP and IPTC (data sets of
	// IPTC-IIM) are nil if the file has none. They may share memory with the file's
	// bytes.
	ICC, EXIF, XMP, IPTC []byte
	// Orientation is EXIF's, 1 to 8, not yet applied to the pixels; 0 is unknown.
	Orientation int
	// Gray reports whether the file has one channel of color, and not three that are
	// equal: a profile has to fit that.
	Gray bool
	// Notes are remarks for the user.
	Notes []string
}

// Meta is what travels beside the pixels of an animation.
type Meta = meta

// wrongSize is an error that several decoders share.
const wrongSize = "the size of the image is not the size that its header claims"

// endMissing is a note on a file that ends early, and has all of its pixels.
const endMissing = "its end marker is missing, but none of its pixels"

// maxInflated bounds the profiles and texts that are compressed inside a file,
// in bytes.
const maxInflated = 4 << 20

// decodeError turns an error of a Go decoder into ours: without the decoder's
// own prefixes, and with one wording for every file that ends too early.
func decodeError(op string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &Error{Op: op, Detail: cutShort}
	}
	detail := strings.TrimPrefix(err.Error(), op+": ")
	detail = strings.TrimPrefix(detail, "invalid format: ")
	return &Error{Op: op, Detail: detail}
}

// inflate undoes zlib compression of at most maxInflated bytes.
func inflate(data []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil {
		return nil, err
	}
	if len(out) > maxInflated {
		return nil, errors.New("too large")
	}
	return out, nil
}

// toFrame makes a frame of what Go's decoders return. It takes over the memory
// of m where the layout is right already, and works in place where it can.
func toFrame(op string, m image.Image) (frame, error) {
	f := frame{w: m.Bounds().Dx(), h: m.Bounds().Dy()}
	n := 4 * f.w * f.h
	switch m := m.(type) {
	case *image.NRGBA:
		f.pix = m.Pix[:n]
		f.opaque = isOpaque(f.pix)
	case *image.RGBA:
		f.pix = m.Pix[:n]
		if f.opaque = isOpaque(f.pix); !f.opaque {
			unmultiply(f.pix)
		}
	case *image.Gray:
		f.pix, f.opaque, f.gray = spreadGray(m.Pix[:n/4]), true, true
	case *image.Gray16:
		narrow(m.Pix[:n/2])
		f.pix, f.opaque, f.gray = spreadGray(m.Pix[:n/4]), true, true
	case *image.NRGBA64:
		narrow(m.Pix[:2*n])
		f.pix = m.Pix[:n:n]
		f.opaque = isOpaque(f.pix)
	case *image.RGBA64:
		unmultiply16(m.Pix[:2*n])
		narrow(m.Pix[:2*n])
		f.pix = m.Pix[:n:n]
		f.opaque = isOpaque(f.pix)
	case *image.Paletted:
		f.pix = spreadPalette(m.Pix[:n/4], m.Palette)
		f.opaque = isOpaque(f.pix)
	default:
		return frame{}, &Error{Op: op, Detail: "this layout of pixels is not supported"}
	}
	return f, nil
}

// isOpaque reports whether every fourth byte is 255.
func isOpaque(pix []byte) bool {
	const alphas = 0xff000000_ff000000
	for ; len(pix) >= 8; pix = pix[8:] {
		if binary.LittleEndian.Uint64(pix)&alphas != alphas {
			return false
		}
	}
	return len(pix) < 4 || pix[3] == 255
}

// unmultiply makes premultiplied alpha straight, in place.
func unmultiply(pix []byte) {
	for ; len(pix) >= 4; pix = pix[4:] {
		a := uint32(pix[3])
		if a == 255 {
			continue
		}
		for c, v := range pix[:3] {
			if a == 0 {
				pix[c] = 0
				continue
			}
			pix[c] = byte(min(255, (uint32(v)*255+a/2)/a))
		}
	}
}

// unmultiply16 is unmultiply for 16-bit big-endian samples.
func unmultiply16(pix []byte) {
	for ; len(pix) >= 8; pix = pix[8:] {
		a := uint64(binary.BigEndian.Uint16(pix[6:]))
		if a == 0xffff {
			continue
		}
		for c := 0; c < 6; c += 2 {
			var v uint64
			if a != 0 {
				v = uint64(binary.BigEndian.Uint16(pix[c:]))
				v = min(0xffff, (v*0xffff+a/2)/a)
			}
			binary.BigEndian.PutUint16(pix[c:], uint16(v))
		}
	}
}

// narrow rounds 16-bit big-endian samples to 8 bits, in place: the results are
// the first half of pix.
func narrow(pix []byte) {
	for i := range len(pix) / 2 {
		v := uint32(pix[2*i])<<8 | uint32(pix[2*i+1])
		pix[i] = to8(v)
	}
}

// to8 returns v*255/65535 rounded to the nearest. The sum is exact for every
// 16-bit v.
func to8(v uint32) byte { return byte((v*255 + 32895) >> 16) }

// spreadGray makes opaque RGBA of one 8-bit sample a pixel.
func spreadGray(gray []byte) []byte {
	pix := make([]byte, 4*len(gray))
	for i, v := range gray {
		binary.LittleEndian.PutUint32(pix[4*i:], uint32(v)*0x010101|0xff000000)
	}
	return pix
}

// spreadPalette makes RGBA of indices. An index without a colour is opaque black.
func spreadPalette(index []byte, p color.Palette) []byte {
	var table [256]uint32
	for i := range table {
		table[i] = 0xff000000
	}
	for i, c := range p[:min(256, len(p))] {
		table[i] = paletteEntry(c)
	}
	pix := make([]byte, 4*len(index))
	for i, v := range index {
		binary.LittleEndian.PutUint32(pix[4*i:], table[v])
	}
	return pix
}

// paletteEntry returns the four bytes of a colour, red in the lowest.
func paletteEntry(c color.Color) uint32 {
	var n color.NRGBA
	switch c := c.(type) {
	case color.RGBA64: // TIFF's, always opaque
		n = color.NRGBA{R: to8(uint32(c.R)), G: to8(uint32(c.G)), B: to8(uint32(c.B)), A: to8(uint32(c.A))}
	default:
		n = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return uint32(n.R) | uint32(n.G)<<8 | uint32(n.B)<<16 | uint32(n.A)<<24
}
