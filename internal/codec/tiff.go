package codec

/*
#cgo pkg-config: libtiff-4
#include <tiffio.h>
#include "libtiff.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

const (
	tiffHint = "save it as PNG first, or as TIFF with 8 or 16 bits of gray, RGB or CMYK"

	// maxSamples bounds the channels of a TIFF: files of satellites have hundreds.
	maxSamples = 32
	// maxChunk is the size of a strip or tile, in bytes, that may be larger than four
	// times the image.
	maxChunk = 64 << 20
	// maxTIFFMemory is what libtiff may allocate beside the size of the file and
	// tiffPerPixel for each pixel, in bytes: many times what it needs.
	maxTIFFMemory = 64 << 20
	tiffPerPixel  = 32
)

// An openTIFF is a TIFF that libtiff has opened at its first directory.
type openTIFF struct {
	c   *C.wp_tiff
	pin runtime.Pinner
	tiffLayout
	// alpha is the index of the sample that is alpha, -1 for none.
	alpha      int
	associated bool
	// palette is red, green and blue of the colors, 16 bits each.
	palette [][3]uint16
}

// A tiffLayout is how the samples of a TIFF are stored. The numbers are those of
// the tags (TIFF 6.0).
type tiffLayout struct {
	width, height                       int
	bits, samples                       int
	format, photometric, planar, packed int
	orientation                         int
	tiled                               bool
	// A chunk is a strip or a tile: its size in pixels, in bytes, the bytes of a row,
	// and how many there are.
	chunkWidth, chunkHeight int
	chunkSize, rowSize      int64
	chunks                  int
}

// readTIFF opens a TIFF and checks that its image can be decoded. The caller closes it.
func readTIFF(data []byte) (*openTIFF, error) {
	if len(data) < 4 || string(data[:2]) != "II" && string(data[:2]) != "MM" {
		return nil, &Error{Op: "tiff", Detail: "this is not a TIFF"}
	}
	v := newView(bytes.NewReader(data), int64(len(data)))
	pixels, err := wholeTIFF(v)
	if err != nil {
		return nil, err
	}
	maxMemory := maxTIFFMemory + int64(len(data)) + tiffPerPixel*pixels
	data = sortedTIFF(v, data)
	t := &openTIFF{alpha: -1}
	t.pin.Pin(unsafe.SliceData(data)) // libtiff refers to it until it is closed
	var info C.wp_tiff_info
	var text [200]C.char
	t.c = C.wp_tiff_open((*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), C.int64_t(maxMemory),
		&info, &text[0], C.size_t(len(text)))
	if t.c == nil {
		t.close()
		return nil, tiffError(C.GoString(&text[0]))
	}
	t.describe(&info)
	if err := t.check(len(data), info.known != 0, int(info.ink_set)); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *openTIFF) close() {
	if t.c != nil {
		C.wp_tiff_close(t.c)
	}
	t.pin.Unpin()
}

func (t *openTIFF) describe(info *C.wp_tiff_info) {
	t.tiffLayout = tiffLayout{
		width: int(info.width), height: int(info.height), bits: int(info.bits), samples: int(info.samples),
		format: int(info.format), photometric: int(info.photometric), planar: int(info.planar),
		packed: int(info.compression), tiled: info.tiled != 0,
		chunkWidth: int(info.chunk_width), chunkHeight: int(info.chunk_height), chunks: int(info.chunks),
		chunkSize: int64(info.chunk_size), rowSize: int64(info.row_size),
	}
	if o := int(info.orientation); o >= 1 && o <= 8 {
		t.orientation = o
	}
	// Some writers give the kind of the extra samples for fewer than there are.
	// What is not specified is not alpha.
	for i := range min(int(info.extras), C.WP_TIFF_EXTRA) {
		kind := info.extra[i]
		if n := t.colors() + i; n < t.samples && (kind == C.EXTRASAMPLE_ASSOCALPHA || kind == C.EXTRASAMPLE_UNASSALPHA) {
			t.alpha, t.associated = n, kind == C.EXTRASAMPLE_ASSOCALPHA
			break
		}
	}
	if n := int(info.palette); n > 0 {
		t.palette = make([][3]uint16, n)
		for c := range 3 {
			for i, v := range unsafe.Slice((*uint16)(info.colors[c]), n) {
				t.palette[i][c] = v
			}
		}
		widenPalette(t.palette)
	}
}

// widenPalette fixes the palette of a tool that wrote 8-bit colors where 16-bit
// ones belong, as libtiff does.
func widenPalette(p [][3]uint16) {
	for _, c := range p {
		if max(c[0], c[1], c[2]) > 255 {
			return
		}
	}
	for i, c := range p {
		p[i] = [3]uint16{c[0] * 257, c[1] * 257, c[2] * 257}
	}
}

// colors is the number of samples that are not extra, 0 if that is not known.
func (l *tiffLayout) colors() int {
	switch l.photometric {
	case C.PHOTOMETRIC_MINISWHITE, C.PHOTOMETRIC_MINISBLACK, C.PHOTOMETRIC_PALETTE, C.PHOTOMETRIC_LOGL:
		return 1
	case C.PHOTOMETRIC_RGB, C.PHOTOMETRIC_YCBCR, C.PHOTOMETRIC_LOGLUV:
		return 3
	case C.PHOTOMETRIC_SEPARATED:
		return 4
	case C.PHOTOMETRIC_CIELAB, C.PHOTOMETRIC_ICCLAB, C.PHOTOMETRIC_ITULAB:
		if l.samples < 3 {
			return 1 // lightness alone
		}
		return 3
	}
	return 0
}

// byLibtiff reports whether libtiff's own conversion to red, green and blue is used: for
// chroma that is smaller than luma, and for its codes for high dynamic range.
func (l *tiffLayout) byLibtiff() bool {
	switch l.photometric {
	case C.PHOTOMETRIC_LOGL, C.PHOTOMETRIC_LOGLUV:
		return true
	case C.PHOTOMETRIC_YCBCR:
		return l.packed != C.COMPRESSION_JPEG || l.planar != C.PLANARCONFIG_CONTIG
	}
	return false
}

// check refuses what cannot be decoded, before anything is allocated for it.
func (t *openTIFF) check(fileSize int, known bool, inkSet int) error {
	unsupported := func(format string, args ...any) error {
		return &Error{Op: "tiff", Detail: fmt.Sprintf(format, args...) + " is not supported", Hint: tiffHint}
	}
	if !validSize(int64(t.width), int64(t.height)) {
		return &Error{Op: "tiff", Detail: fmt.Sprintf("a size of %dx%d is not valid", t.width, t.height)}
	}
	switch {
	case !known:
		return unsupported("compression %d in a TIFF", t.packed)
	case t.colors() == 0:
		return unsupported("photometric interpretation %d in a TIFF", t.photometric)
	case t.samples > maxSamples:
		return unsupported("a TIFF of %d samples a pixel", t.samples)
	case t.samples < t.colors():
		return &Error{Op: "tiff", Detail: fmt.Sprintf("%d samples a pixel are too few for its colors", t.samples)}
	case t.photometric == C.PHOTOMETRIC_SEPARATED && inkSet != C.INKSET_CMYK:
		return unsupported("a TIFF of inks other than CMYK")
	case t.photometric == C.PHOTOMETRIC_PALETTE && t.palette == nil:
		return &Error{Op: "tiff", Detail: "it has no palette"}
	}
	if err := t.checkClaims(fileSize); err != nil || t.byLibtiff() {
		return err
	}
	switch {
	case t.format == C.SAMPLEFORMAT_UINT || t.format == C.SAMPLEFORMAT_VOID:
		if t.bits < 1 || t.bits > 16 && t.bits != 32 {
			return unsupported("a TIFF of %d bits a sample", t.bits)
		}
	case t.format == C.SAMPLEFORMAT_IEEEFP && (t.bits == 16 || t.bits == 32 || t.bits == 64) &&
		t.photometric != C.PHOTOMETRIC_PALETTE && !t.isLab():
	case t.format == C.SAMPLEFORMAT_INT && t.isLab():
	default:
		return unsupported("a TIFF of sample format %d with %d bits", t.format, t.bits)
	}
	if t.isLab() && t.bits != 8 && t.bits != 16 {
		return unsupported("a Lab TIFF of %d bits a sample", t.bits)
	}
	return t.checkChunks()
}

func (l *tiffLayout) isLab() bool {
	return l.photometric == C.PHOTOMETRIC_CIELAB || l.photometric == C.PHOTOMETRIC_ICCLAB || l.photometric == C.PHOTOMETRIC_ITULAB
}

// checkClaims refuses an image that its compression cannot possibly hold in a file
// of this size.
func (l *tiffLayout) checkClaims(fileSize int) error {
	ratio := int64(0) // the most bytes that one byte can unpack to; 0 means no limit
	switch l.packed {
	case C.COMPRESSION_NONE:
		ratio = 1
	case C.COMPRESSION_LZW: // 12 bits can be 4,096 bytes
		ratio = 4096
	case C.COMPRESSION_DEFLATE, C.COMPRESSION_ADOBE_DEFLATE:
		ratio = 1040
	case C.COMPRESSION_PACKBITS:
		ratio = 64
	}
	samples := int64(l.samples)
	if l.photometric == C.PHOTOMETRIC_YCBCR {
		samples = 1 // how small chroma is does not matter here
	}
	row := (int64(l.width)*int64(l.bits)*samples + 7) / 8
	if ratio > 0 && int64(l.height) > (int64(fileSize)+64)*ratio/max(1, row) {
		return &Error{Op: "tiff", Detail: fmt.Sprintf("it claims %dx%d pixels, which its data cannot hold", l.width, l.height)}
	}
	return nil
}

// checkChunks holds strips and tiles against the size of the image.
func (t *openTIFF) checkChunks() error {
	perRow := int64(t.bits)
	if t.planar == C.PLANARCONFIG_CONTIG {
		perRow *= int64(t.samples)
	}
	width, height := int64(t.chunkWidth), int64(t.chunkHeight)
	bad := &Error{Op: "tiff", Detail: "its strips or tiles do not fit its size"}
	if width < 1 || height < 1 || t.tiled && width*perRow%8 != 0 {
		return bad
	}
	if t.rowSize != (width*perRow+7)/8 || t.chunkSize/height != t.rowSize || t.chunkSize%height != 0 {
		return bad
	}
	if t.chunkSize > max(maxChunk, 4*(t.rowSize/width+1)*int64(t.width)*int64(t.height)) {
		return bad
	}
	planes := 1
	if t.planar == C.PLANARCONFIG_SEPARATE {
		planes = t.samples
	}
	if want := int64(ceilDiv(t.width, t.chunkWidth)) * int64(ceilDiv(t.height, t.chunkHeight)) * int64(planes); want != int64(t.chunks) {
		return bad
	}
	return nil
}

func probeTIFF(data []byte) (Info, error) {
	t, err := readTIFF(data)
	if err != nil {
		return Info{}, err
	}
	defer t.close()
	i := Info{
		Format: asset.TIFF, Frames: 1, Depth: min(32, max(8, t.bits)),
		Width: t.width, Height: t.height, Alpha: t.alpha >= 0 && !t.byLibtiff() && t.photometric != C.PHOTOMETRIC_SEPARATED,
		Lossy: t.packed == C.COMPRESSION_JPEG || t.packed == C.COMPRESSION_OJPEG,
		Bits:  t.bits * t.samples, Pixels: 4 * int64(t.width) * int64(t.height), Memory: t.scratch(int64(len(data))),
	}
	if t.orientation >= 5 {
		i.Width, i.Height = i.Height, i.Width
	}
	if n := countPages(newView(bytes.NewReader(data), int64(len(data)))); n > 1 {
		i.Notes = append(i.Notes, fmt.Sprintf("it has %d pages: the first was converted", n))
	}
	return i, nil
}

// scratch is the memory, in bytes, that decoding needs beside the pixels that it
// returns: a strip or tile, that of each plane where they are apart, and what
// libtiff copies of the file.
func (t *openTIFF) scratch(fileSize int64) int64 {
	n := min(fileSize, t.chunkSize) + t.chunkSize
	if t.planar == C.PLANARCONFIG_SEPARATE {
		n += t.chunkSize * int64(t.samples-1)
	}
	if t.packed == C.COMPRESSION_JPEG || t.packed == C.COMPRESSION_OJPEG || t.packed == C.COMPRESSION_WEBP {
		// Coefficients of a progressive JPEG, or a second copy of the pixels.
		n += 2 * 3 * int64(t.chunkWidth) * int64(t.chunkHeight)
	}
	return n
}

// decodeTIFF decodes the first page of a TIFF.
func decodeTIFF(data []byte, metadata bool) (frame, meta, error) {
	t, err := readTIFF(data)
	if err != nil {
		return frame{}, meta{}, err
	}
	defer t.close()
	m := tiffMeta(newView(bytes.NewReader(data), int64(len(data))), metadata)
	m.Orientation = t.orientation
	f := frame{w: t.width, h: t.height, opaque: true, gray: t.colors() == 1 && t.palette == nil}
	f.pix = pixel.NewBlock(4 * t.width * t.height)
	if t.byLibtiff() {
		if C.wp_tiff_rgba(t.c, C.uint32_t(t.width), C.uint32_t(t.height), (*C.uint8_t)(unsafe.SliceData(f.pix))) != 0 {
			return frame{}, m, t.failed()
		}
		return f, m, nil
	}
	if err := t.decode(f.pix); err != nil {
		return frame{}, m, err
	}
	if f.cmyk = t.photometric == C.PHOTOMETRIC_SEPARATED; f.cmyk {
		if t.alpha >= 0 {
			m.Notes = append(m.Notes, "its transparency was left out: it is CMYK")
		}
		return f, m, nil
	}
	f.opaque = t.alpha < 0 || isOpaque(f.pix)
	return f, m, nil
}

// decode decodes the strips or tiles one after the other, and makes pixels of each.
func (t *openTIFF) decode(pix []byte) error {
	planes, perPlane := 1, t.chunks
	if t.planar == C.PLANARCONFIG_SEPARATE {
		planes, perPlane = t.samples, t.chunks/t.samples
	}
	across := ceilDiv(t.width, t.chunkWidth)
	convert := newTIFFRows(t)
	wanted := make([][]byte, planes)
	for i := range perPlane {
		x, y := i%across*t.chunkWidth, i/across*t.chunkHeight
		width, height := min(t.chunkWidth, t.width-x), min(t.chunkHeight, t.height-y)
		size := t.chunkSize
		if !t.tiled {
			size = t.rowSize * int64(height)
		}
		for p := range planes {
			if planes > 1 && p >= t.colors() && p != t.alpha {
				continue
			}
			if wanted[p] == nil {
				wanted[p] = make([]byte, t.chunkSize)
			}
			if C.wp_tiff_read(t.c, C.uint32_t(p*perPlane+i), (*C.uint8_t)(unsafe.SliceData(wanted[p])), C.int64_t(size)) != 0 {
				return t.failed()
			}
		}
		for row := range height {
			at := 4 * ((y+row)*t.width + x)
			convert.row(pix[at:at+4*width], wanted, row*int(t.rowSize))
		}
	}
	return nil
}

func (t *openTIFF) failed() error { return tiffError(C.GoString(C.wp_tiff_message(t.c))) }

// tiffError words a message of libtiff.
func tiffError(text string) error {
	e := &Error{Op: "tiff", Detail: damaged}
	text = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, text), "")
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "not enough data"), strings.Contains(lower, "premature e"),
		strings.Contains(lower, "read error"), strings.Contains(lower, "got 0 bytes"), strings.Contains(lower, "outside"):
		e.Detail = cutShort
	case strings.Contains(lower, "memory"), strings.Contains(lower, "no space for"):
		e.Detail, e.Hint = "not enough memory", "lower `jobs`, or save it as PNG first"
	case strings.Contains(lower, "not configured"), strings.Contains(lower, "not supported"), strings.Contains(lower, "not implemented"),
		strings.Contains(lower, "cannot handle"), strings.Contains(lower, "sorry"), strings.Contains(lower, "unsupported"):
		e.Detail, e.Hint = "this kind of TIFF is not supported", tiffHint
	}
	if text != "" {
		e.Detail += " (libtiff: " + lowerFirst(text) + ")"
	}
	return e
}
