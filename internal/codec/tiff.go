package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/tiff"

	"webpress/internal/asset"
)

// TIFF tags (TIFF 6.0; XMP and ICC by Adobe's and the ICC's supplements).
const (
	tiffWidth        = 256
	tiffHeight       = 257
	tiffBits         = 258
	tiffCompression  = 259
	tiffPhotometric  = 262
	tiffFillOrder    = 266
	tiffSamples      = 277
	tiffPlanar       = 284
	tiffPredictor    = 317
	tiffExtraSamples = 338
	tiffSampleFormat = 339
	tiffXMP          = 700
	tiffICC          = 34675
)

const tiffHint = "save it as PNG first, or as TIFF with 8 or 16 bits of grey or RGB and LZW, Deflate or no compression"

// maxPages bounds the count of pages in a TIFF.
const maxPages = 10000

// A tiffFile is what the first directory of a TIFF says, and how many there are.
type tiffFile struct {
	data  []byte
	order binary.ByteOrder
	pages int
	// first is the entries of the first directory, 12 bytes each.
	first []byte
}

// scanTIFF walks the directories of a TIFF.
func scanTIFF(data []byte) (*tiffFile, error) {
	f := &tiffFile{data: data}
	switch {
	case bytes.HasPrefix(data, []byte("II*\x00")):
		f.order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		f.order = binary.BigEndian
	case bytes.HasPrefix(data, []byte("II+\x00")), bytes.HasPrefix(data, []byte("MM\x00+")):
		return nil, &Error{Op: "tiff", Detail: "BigTIFF is not supported", Hint: tiffHint}
	default:
		return nil, &Error{Op: "tiff", Detail: "this is not a TIFF"}
	}
	if len(data) < 8 {
		return nil, &Error{Op: "tiff", Detail: cutShort}
	}
	seen := map[uint32]bool{}
	for at := f.order.Uint32(data[4:]); at != 0 && !seen[at] && f.pages < maxPages; f.pages++ {
		seen[at] = true
		rest := data[min(uint64(at), uint64(len(data))):]
		if len(rest) < 2 {
			if f.pages > 0 {
				break // the first page is whole; the decoder needs no more
			}
			return nil, &Error{Op: "tiff", Detail: cutShort}
		}
		n := 12 * int(f.order.Uint16(rest))
		if rest = rest[2:]; len(rest) < n {
			if f.pages > 0 {
				break
			}
			return nil, &Error{Op: "tiff", Detail: cutShort}
		}
		if f.pages == 0 {
			f.first = rest[:n]
		}
		if rest = rest[n:]; len(rest) < 4 {
			at = 0
		} else {
			at = f.order.Uint32(rest)
		}
	}
	if f.pages == 0 {
		return nil, &Error{Op: "tiff", Detail: "it holds no picture"}
	}
	if !f.whole() {
		return nil, &Error{Op: "tiff", Detail: cutShort}
	}
	return f, nil
}

// tiffSizes is the length of one value, by the type of its tag.
var tiffSizes = [...]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}

// whole says whether the values of every tag of the first page are within the
// file. The decoder only notices what it needs itself.
func (f *tiffFile) whole() bool {
	for e := f.first; len(e) >= 12; e = e[12:] {
		kind, n := int(f.order.Uint16(e[2:])), uint64(f.order.Uint32(e[4:]))
		if kind >= len(tiffSizes) || n*tiffSizes[kind] <= 4 {
			continue
		}
		if uint64(f.order.Uint32(e[8:]))+n*tiffSizes[kind] > uint64(len(f.data)) {
			return false
		}
	}
	return true
}

// bytes returns the data of a tag, of any type, or nil where it is absent or not
// within the file, and the length of one value.
func (f *tiffFile) bytes(tag uint16) (data []byte, size int) {
	for e := f.first; len(e) >= 12; e = e[12:] {
		if f.order.Uint16(e) != tag {
			continue
		}
		kind, n := int(f.order.Uint16(e[2:])), uint64(f.order.Uint32(e[4:]))
		if kind >= len(tiffSizes) || kind == 0 {
			return nil, 0
		}
		n *= tiffSizes[kind]
		if n <= 4 {
			return e[8 : 8+n], int(tiffSizes[kind])
		}
		at := uint64(f.order.Uint32(e[8:]))
		if at+n > uint64(len(f.data)) {
			return nil, 0
		}
		return f.data[at : at+n], int(tiffSizes[kind])
	}
	return nil, 0
}

// values returns the numbers of a tag of bytes, shorts or longs, 16 at most.
func (f *tiffFile) values(tag uint16) (v []int64) {
	data, size := f.bytes(tag)
	for ; size > 0 && len(data) >= size && len(v) < 16; data = data[size:] {
		switch size {
		case 1:
			v = append(v, int64(data[0]))
		case 2:
			v = append(v, int64(f.order.Uint16(data)))
		case 4:
			v = append(v, int64(f.order.Uint32(data)))
		default:
			return nil
		}
	}
	return v
}

// value returns the first number of a tag, or otherwise where it is absent.
func (f *tiffFile) value(tag uint16, otherwise int64) int64 {
	if v := f.values(tag); len(v) > 0 {
		return v[0]
	}
	return otherwise
}

// check refuses what x/image/tiff does not read, and what it would read wrongly,
// with a word that tells the user what it is.
func (f *tiffFile) check() error {
	unsupported := func(what string) error {
		return &Error{Op: "tiff", Detail: what + " TIFF is not supported", Hint: tiffHint}
	}
	w, h := f.value(tiffWidth, 0), f.value(tiffHeight, 0)
	if w <= 0 || h <= 0 || w > math.MaxInt32 || h > math.MaxInt32 {
		return &Error{Op: "tiff", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	bits, samples := f.value(tiffBits, 1), f.samples()
	switch photometric := f.value(tiffPhotometric, 0); photometric {
	case 0, 1, 3:
		if samples > 1 {
			return unsupported("grey or palette with alpha in a")
		}
	case 2:
	case 5:
		return unsupported("CMYK")
	case 6:
		return unsupported("YCbCr")
	case 8, 9, 10:
		return unsupported("CIELab")
	default:
		return unsupported(fmt.Sprintf("photometric interpretation %d in a", photometric))
	}
	for _, v := range f.values(tiffSampleFormat) {
		if v == 3 {
			return unsupported("floating-point")
		}
	}
	if bits != 1 && bits != 8 && bits != 16 {
		return unsupported(fmt.Sprintf("%d-bit", bits))
	}
	if f.value(tiffPlanar, 1) == 2 && samples > 1 {
		return unsupported("planar (one plane a channel)")
	}
	if p := f.value(tiffPredictor, 1); p > 2 {
		return unsupported(fmt.Sprintf("predictor %d in a", p))
	}
	return f.checkPacked(w, h, bits*samples)
}

// checkPacked refuses pictures that their compression cannot possibly hold in
// this file, before anything is allocated for them.
func (f *tiffFile) checkPacked(w, h, bits int64) error {
	ratio := int64(0) // the most bytes that one byte can unpack to; 0 is no bound
	switch c := f.value(tiffCompression, 1); c {
	case 0, 1:
		ratio = 1
		if bits == 1 && f.value(tiffFillOrder, 1) == 2 {
			return &Error{Op: "tiff", Detail: "uncompressed TIFF with reversed bits is not supported", Hint: tiffHint}
		}
	case 2:
		return &Error{Op: "tiff", Detail: "CCITT RLE in TIFF is not supported", Hint: tiffHint}
	case 3, 4: // fax: an empty row is one bit
	case 5: // LZW: 12 bits can be 4,096 bytes
		ratio = 4096
	case 6, 7:
		return &Error{Op: "tiff", Detail: "JPEG in TIFF is not supported", Hint: tiffHint}
	case 8, 32946: // Deflate
		ratio = 1040
	case 32773: // PackBits
		ratio = 64
	default:
		return &Error{Op: "tiff", Detail: fmt.Sprintf("compression %d in TIFF is not supported", c), Hint: tiffHint}
	}
	row := (w*bits + 7) / 8
	if ratio > 0 && h > (int64(len(f.data))+64)*ratio/row {
		return &Error{Op: "tiff", Detail: fmt.Sprintf("it claims %dx%d pixels, which its data cannot hold", w, h)}
	}
	return nil
}

// samples is how many there are a pixel; x/image/tiff goes by the count of bits.
func (f *tiffFile) samples() int64 {
	return max(1, int64(len(f.values(tiffBits))), f.value(tiffSamples, 1))
}

func probeTIFF(data []byte) (Info, error) {
	f, err := scanTIFF(data)
	if err != nil {
		return Info{}, err
	}
	if err := f.check(); err != nil {
		return Info{}, err
	}
	i := Info{
		Format: asset.TIFF, Frames: 1, Depth: max(8, int(f.value(tiffBits, 1))),
		Width: int(f.value(tiffWidth, 0)), Height: int(f.value(tiffHeight, 0)),
		Alpha: f.samples() > 3 && f.value(tiffExtraSamples, 0) != 0,
	}
	if f.orientation() >= 5 {
		i.Width, i.Height = i.Height, i.Width
	}
	if f.pages > 1 {
		i.Notes = append(i.Notes, fmt.Sprintf("it has %d pages: the first was converted", f.pages))
	}
	return i, nil
}

func (f *tiffFile) orientation() int {
	if o := f.value(tagOrientation, 0); o >= 1 && o <= 8 {
		return int(o)
	}
	return 0
}

// decodeTIFF decodes the first page of a TIFF.
func decodeTIFF(data []byte) (p frame, m meta, err error) {
	defer rescue("tiff", &err)
	f, err := scanTIFF(data)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return frame{}, meta{}, err
	}
	m.ICC, m.XMP, m.Orientation = f.block(tiffICC), f.block(tiffXMP), f.orientation()
	img, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		if u, ok := errors.AsType[tiff.UnsupportedError](err); ok {
			err = &Error{Op: "tiff", Detail: string(u) + " is not supported", Hint: tiffHint}
		}
		return frame{}, m, decodeError("tiff", err)
	}
	if pal, ok := img.(*image.Paletted); ok {
		widenPalette(pal.Palette)
	}
	if p, err = toFrame("tiff", img); err != nil {
		return frame{}, m, err
	}
	if int64(p.w) != f.value(tiffWidth, 0) || int64(p.h) != f.value(tiffHeight, 0) {
		return frame{}, m, &Error{Op: "tiff", Detail: wrongSize}
	}
	return p, m, nil
}

// block returns the bytes of a tag that holds a file of its own, or nil.
func (f *tiffFile) block(tag uint16) []byte {
	b, _ := f.bytes(tag)
	if len(b) < 5 || len(b) > maxInflated {
		return nil
	}
	return b
}

// widenPalette mends the palette of a tool that wrote 8-bit colours where 16-bit
// ones belong, as libtiff does.
func widenPalette(p color.Palette) {
	for _, c := range p {
		if c, ok := c.(color.RGBA64); !ok || c.R > 255 || c.G > 255 || c.B > 255 {
			return
		}
	}
	for i, c := range p {
		c := c.(color.RGBA64)
		p[i] = color.RGBA64{R: c.R * 257, G: c.G * 257, B: c.B * 257, A: c.A}
	}
}
