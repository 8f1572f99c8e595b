package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"golang.org/x/image/bmp"

	"webpress/internal/asset"
)

// Lengths of BMP's headers, in bytes.
const (
	bmpFileHeader = 14
	bmpCore       = 12 // OS/2's: 16-bit sizes, colours of 3 bytes
	bmpInfo       = 40
	bmpWithMasks  = 52 // red, green, blue; 56 with alpha
	bmpV4         = 108
	bmpV5         = 124
)

const bmpHint = "save it as PNG first"

// A bmpFile is what the headers of a BMP say.
type bmpFile struct {
	w, h    int
	topDown bool
	bits    int
	alpha   bool
	colours []byte // 4 bytes a colour: blue, green, red, 0
	pixels  []byte
	icc     []byte
}

// scanBMP reads the headers of a BMP. x/image/bmp wants the three usual headers
// with the pixels right behind them; this accepts what is common beside that.
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
	if head != bmpCore && (head < bmpInfo || head > bmpV5) {
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("a header of %d bytes is not supported", head), Hint: bmpHint}
	}
	table := bmpFileHeader + head
	if int64(len(data)) < table || int64(len(data)) < offset {
		return nil, &Error{Op: "bmp", Detail: cutShort}
	}

	f := &bmpFile{}
	var compression, used int64
	entry := int64(4)
	w, h := u16(18), u16(20)
	f.bits = int(u16(24))
	if head == bmpCore {
		entry = 3
	} else {
		w, h = int64(int32(u32(18))), int64(int32(u32(22)))
		f.bits, compression, used = int(u16(28)), u32(30), u32(46)
	}
	if h < 0 {
		h, f.topDown = -h, true
	}
	if w <= 0 || h <= 0 || w > math.MaxInt32 || h > math.MaxInt32 {
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	f.w, f.h = int(w), int(h)

	const rgb, rle8, rle4, bitfields, alphaBitfields = 0, 1, 2, 3, 6
	switch compression {
	case rgb:
	case rle8, rle4:
		return nil, &Error{Op: "bmp", Detail: "RLE-compressed BMP is not supported", Hint: bmpHint}
	case bitfields, alphaBitfields:
		// Only the usual order: blue in the lowest byte.
		masks := int64(bmpFileHeader + bmpInfo)
		if f.bits != 32 || int64(len(data)) < masks+12 ||
			u32(int(masks)) != 0xff0000 || u32(int(masks+4)) != 0xff00 || u32(int(masks+8)) != 0xff {
			return nil, &Error{Op: "bmp", Detail: "BMP with this layout of bits is not supported", Hint: bmpHint}
		}
		table = max(table, masks+12)
	default:
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("compression %d is not supported", compression), Hint: bmpHint}
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
			return nil, &Error{Op: "bmp", Detail: "it has no colours"}
		}
		for c := data[table : table+n*entry]; len(c) > 0; c = c[entry:] {
			f.colours = append(f.colours, c[0], c[1], c[2], 0)
		}
		table += n * entry
	case 24, 32:
	default:
		return nil, &Error{Op: "bmp", Detail: fmt.Sprintf("BMP of %d bits a pixel is not supported", f.bits), Hint: bmpHint}
	}
	if head == bmpV5 {
		f.icc = bmpProfile(data)
	}
	// Windows ignores the fourth byte where no mask says that it is alpha.
	f.alpha = f.bits == 32 && head >= bmpWithMasks+4 && u32(bmpFileHeader+bmpWithMasks) == 0xff000000

	f.pixels = data[max(offset, table):]
	row := (w*int64(f.bits) + 31) / 32 * 4
	if int64(len(f.pixels))/row < h {
		return nil, &Error{Op: "bmp", Detail: cutShort}
	}
	return f, nil
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
	return Info{Format: asset.BMP, Width: f.w, Height: f.h, Frames: 1, Alpha: f.alpha, Depth: 8}, nil
}

func decodeBMP(data []byte) (p frame, m meta, err error) {
	defer rescue("bmp", &err)
	f, err := scanBMP(data)
	if err != nil {
		return frame{}, meta{}, err
	}
	m.ICC = f.icc
	img, err := bmp.Decode(io.MultiReader(bytes.NewReader(f.header()), bytes.NewReader(f.pixels)))
	if err != nil {
		return frame{}, m, decodeError("bmp", err)
	}
	if p, err = toFrame("bmp", img); err != nil {
		return frame{}, m, err
	}
	if p.w != f.w || p.h != f.h {
		return frame{}, m, &Error{Op: "bmp", Detail: wrongSize}
	}
	if f.alpha && allClear(p.pix) {
		// The mask is a formality of the tool, as browsers know.
		for i := 3; i < len(p.pix); i += 4 {
			p.pix[i] = 255
		}
		p.opaque = true
	}
	return p, m, nil
}

// header returns the headers and the table as x/image/bmp wants them.
func (f *bmpFile) header() []byte {
	head := bmpInfo
	if f.alpha {
		head = bmpV4 // what tells it that the fourth byte is alpha
	}
	b := make([]byte, bmpFileHeader+head, bmpFileHeader+head+len(f.colours))
	copy(b, "BM")
	h := f.h
	if f.topDown {
		h = -h
	}
	for at, v := range map[int]uint32{
		10: uint32(cap(b)), 14: uint32(head), 18: uint32(f.w), 22: uint32(int32(h)),
		26: 1 | uint32(f.bits)<<16, 46: uint32(len(f.colours) / 4),
	} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	return append(b, f.colours...)
}

// allClear tells whether every alpha is 0.
func allClear(pix []byte) bool {
	for i := 3; i < len(pix); i += 4 {
		if pix[i] != 0 {
			return false
		}
	}
	return true
}
