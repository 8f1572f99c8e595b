package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// Lengths of BMP's headers, in bytes.
const (
	bmpFileHeader = 14
	bmpCore       = 12 // OS/2's: 16-bit sizes, colors of 3 bytes
	bmpOS2Short   = 16 // OS/2's second one, up to the bits of a pixel
	bmpInfo       = 40
	bmpWithMasks  = 52 // red, green, blue; 56 with alpha
	bmpOS2        = 64
	bmpV4         = 108
	bmpV5         = 124
)

// Ways in which pixels are stored: biCompression of BITMAPINFOHEADER.
const (
	bmpRGB            = 0
	bmpRLE8           = 1
	bmpRLE4           = 2
	bmpBitFields      = 3
	bmpAlphaBitFields = 6
)

const bmpHint = "save it as PNG first"

// A bmpFile is what the headers of a BMP say.
type bmpFile struct {
	w, h    int
	topDown bool
	bits    int
	packed  int64
	// fields are where red, green, blue and alpha are in 16 or 32 bits.
	fields [4]bmpField
	alpha  bool
	// colors are the pixels of the palette, of 256 always: black where it has none.
	colors [256][4]byte
	pixels []byte
	icc    []byte
}

// scanBMP reads the headers of a BMP (Microsoft's BITMAPINFOHEADER and
// BITMAPV5HEADER; for OS/2, BITMAPINFOHEADER2 of its Presentation Manager).
func scanBMP(data []byte) (*bmpFile, error) {
	if len(data) < 2 || string(data[:2]) != "BM" {
		return nil, &Error{Op: "bmp", Detail: "this is not a BMP"}
	}
	if len(data) < bmpFileHeader+bmpCore {
		return nil, &Error{Op: "bmp", Detail: cutShort}
	}
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(data[at:])) }
	u16 := func(at int) int64 { return int64(binary.LittleEndian.Uint16(data[at:])) }
	offset, head := u32(10), u32(14)
	os2 := head == bmpOS2Short || head == bmpOS2
	if head != bmpCore && !os2 && (head < bmpInfo || head > bmpV5) {
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("a header of %d bytes is not supported", head), Hint: bmpHint}
	}
	table := bmpFileHeader + head
	if int64(len(data)) < table || int64(len(data)) < offset {
		return nil, &Error{Op: "bmp", Detail: cutShort}
	}

	f := &bmpFile{}
	var used int64
	entry := int64(4)
	w, h := u16(18), u16(20)
	f.bits = int(u16(24))
	if head == bmpCore {
		entry = 3
	} else {
		w, h = int64(int32(u32(18))), int64(int32(u32(22)))
		f.bits = int(u16(28))
	}
	if head >= bmpInfo {
		f.packed, used = u32(30), u32(46)
	}
	if h < 0 {
		h, f.topDown = -h, true
	}
	if w <= 0 || h <= 0 || w > math.MaxInt32 || h > math.MaxInt32 {
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	f.w, f.h = int(w), int(h)

	switch f.packed {
	case bmpRGB:
	case bmpRLE8, bmpRLE4:
		// Windows wants these from the bottom up; nothing speaks against the other way.
		if f.packed == bmpRLE8 && f.bits != 8 || f.packed == bmpRLE4 && f.bits != 4 {
			return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("RLE with %d bits a pixel is not valid", f.bits)}
		}
	case bmpBitFields, bmpAlphaBitFields:
		if os2 {
			return nil, &Error{Op: "bmp", Detail: "Huffman or 24-bit RLE of OS/2 is not supported", Hint: bmpHint}
		}
		if f.bits != 16 && f.bits != 32 {
			return nil, &Error{Op: "bmp", Detail: "BMP with this layout of bits is not supported", Hint: bmpHint}
		}
	default:
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("compression %d is not supported", f.packed), Hint: bmpHint}
	}
	switch f.bits {
	case 1, 2, 4, 8:
		n := used
		if n == 0 || n > 1<<f.bits {
			n = 1 << f.bits
		}
		// A table may be shorter than its count says: the pixels end it.
		if end := min(int64(len(data)), max(offset, table)); table+n*entry > end {
			n = (end - table) / entry
		}
		if n == 0 {
			return nil, &Error{Op: "bmp", Detail: "it has no colors"}
		}
		for i := range f.colors {
			f.colors[i][3] = 255
		}
		for i := range int(n) {
			c := data[table+int64(i)*entry:]
			f.colors[i] = [4]byte{c[2], c[1], c[0], 255}
		}
		table += n * entry
	case 16, 32:
		behind, err := f.readFields(data, head, os2)
		if err != nil {
			return nil, err
		}
		table += behind
	case 24:
	default: // 0 stands for a JPEG or PNG inside
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("BMP of %d bits a pixel is not supported", f.bits), Hint: bmpHint}
	}
	if head == bmpV5 {
		f.icc = bmpProfile(data)
	}
	if f.pixels = data[min(int64(len(data)), max(offset, table)):]; f.packed == bmpRLE8 || f.packed == bmpRLE4 {
		return f, nil
	}
	// The last row needs no padding.
	last, row := (w*int64(f.bits)+7)/8, f.rowSize()
	if int64(len(f.pixels)) < last || (int64(len(f.pixels))-last)/row < h-1 {
		return nil, &Error{Op: "bmp", Detail: cutShort}
	}
	return f, nil
}

// rowSize is the length of a row that is not packed: whole words of 32 bits.
func (f *bmpFile) rowSize() int64 { return (int64(f.w)*int64(f.bits) + 31) / 32 * 4 }

// A bmpField is where a channel is in a pixel, and its largest value; that is 0
// where there is no such channel.
type bmpField struct {
	shift int
	max   uint32
}

// value returns the channel of a pixel, with 255 for its largest value.
func (f bmpField) value(pixel uint32) byte {
	if f.max == 0 {
		return 0
	}
	return byte((uint64(pixel>>f.shift&f.max)*255 + uint64(f.max)/2) / uint64(f.max))
}

// readFields reads the masks of a pixel of 16 or 32 bits, or takes the usual ones.
// It returns how many bytes of them are behind the header.
func (f *bmpFile) readFields(data []byte, head int64, os2 bool) (behind int64, err error) {
	masks := [4]uint32{0x7c00, 0x3e0, 0x1f}
	if f.bits == 32 {
		masks = [4]uint32{0xff0000, 0xff00, 0xff}
	}
	const first = bmpFileHeader + bmpInfo // both in the longer headers and behind the shorter
	n := 0
	switch {
	case f.packed == bmpAlphaBitFields:
		n = 4
	case f.packed == bmpBitFields && head >= bmpWithMasks+4:
		n = 4
	case f.packed == bmpBitFields:
		n = 3
	}
	behind = max(0, bmpInfo+4*int64(n)-head)
	if len(data) < first+4*n {
		return 0, &Error{Op: "bmp", Detail: cutShort}
	}
	for i := range n {
		masks[i] = binary.LittleEndian.Uint32(data[first+4*i:])
	}
	// Without a mask, Windows ignores what is left beside the colors. Some writers
	// give the mask alone, and leave the colors where they usually are.
	if alpha := first + 12; n == 0 && f.bits == 32 && !os2 && head >= bmpWithMasks+4 &&
		binary.LittleEndian.Uint32(data[alpha:]) == 0xff000000 {
		masks[3] = 0xff000000
	}
	for i, m := range masks {
		shift := bits.TrailingZeros32(m) & 31
		if m>>shift&(m>>shift+1) != 0 || f.bits == 16 && m > 0xffff {
			return 0, &Error{Op: "bmp", Detail: "BMP with this layout of bits is not supported", Hint: bmpHint}
		}
		f.fields[i] = bmpField{shift, m >> shift}
	}
	f.alpha = masks[3] != 0
	return behind, nil
}

// bmpProfile returns the ICC profile of a BMP with the longest header, or nil.
func bmpProfile(data []byte) []byte {
	const kind, embedded = bmpFileHeader + 56, 0x4d424544 // MBED
	if binary.LittleEndian.Uint32(data[kind:]) != embedded {
		return nil
	}
	at := bmpFileHeader + uint64(binary.LittleEndian.Uint32(data[bmpFileHeader+112:]))
	n := uint64(binary.LittleEndian.Uint32(data[bmpFileHeader+116:]))
	if n == 0 || n > maxInflated || at+n > uint64(len(data)) {
		return nil
	}
	return data[at : at+n]
}

func probeBMP(data []byte) (Info, error) {
	f, err := scanBMP(data)
	if err != nil {
		return Info{}, err
	}
	return Info{Format: asset.BMP, Width: f.w, Height: f.h, Frames: 1, Alpha: f.alpha, Depth: 8, Bits: f.bits}, nil
}

func decodeBMP(data []byte) (frame, meta, error) {
	f, err := scanBMP(data)
	if err != nil {
		return frame{}, meta{}, err
	}
	m := meta{ICC: f.icc}
	p := frame{w: f.w, h: f.h, opaque: !f.alpha, pix: pixel.NewBlock(4 * f.w * f.h)}
	if f.packed == bmpRLE8 || f.packed == bmpRLE4 {
		if !f.unpackRLE(p.pix) {
			return frame{}, m, &Error{Op: "bmp", Detail: cutShort}
		}
		return p, m, nil
	}
	for y := range f.h {
		f.row(p.pix[4*f.w*f.shown(y):][:4*f.w], f.pixels[int64(y)*f.rowSize():])
	}
	if f.alpha {
		if allClear(p.pix) {
			// The mask is a formality of the tool, as browsers know.
			for i := 3; i < len(p.pix); i += 4 {
				p.pix[i] = 255
			}
		}
		p.opaque = isOpaque(p.pix)
	}
	return p, m, nil
}

// shown is the row, from the top, of the y-th one that is stored.
func (f *bmpFile) shown(y int) int {
	if f.topDown {
		return y
	}
	return f.h - 1 - y
}

// row makes pixels of a stored row.
func (f *bmpFile) row(pix, in []byte) {
	switch f.bits {
	case 24:
		for ; len(pix) >= 4; pix, in = pix[4:], in[3:] {
			pix[0], pix[1], pix[2], pix[3] = in[2], in[1], in[0], 255
		}
	case 16, 32:
		usual := f.bits == 32 && f.fields[0] == bmpField{16, 255} && f.fields[1] == bmpField{8, 255} && f.fields[2] == bmpField{0, 255} &&
			(!f.alpha || f.fields[3] == bmpField{24, 255})
		for size := f.bits / 8; len(pix) >= 4; pix, in = pix[4:], in[size:] {
			if usual {
				pix[0], pix[1], pix[2], pix[3] = in[2], in[1], in[0], in[3]
			} else {
				v := uint32(binary.LittleEndian.Uint16(in))
				if size == 4 {
					v = binary.LittleEndian.Uint32(in)
				}
				for c := range 4 {
					pix[c] = f.fields[c].value(v)
				}
			}
			if !f.alpha {
				pix[3] = 255
			}
		}
	default:
		for x := range len(pix) / 4 {
			at := x * f.bits
			index := in[at/8] >> (8 - f.bits - at%8) & (1<<f.bits - 1)
			copy(pix[4*x:], f.colors[index][:])
		}
	}
}

// allClear reports whether every alpha is 0.
func allClear(pix []byte) bool {
	for i := 3; i < len(pix); i += 4 {
		if pix[i] != 0 {
			return false
		}
	}
	return true
}
