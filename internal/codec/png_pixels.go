package codec

/*
#include "png.h"
*/
import "C"

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unsafe"

	"github.com/webpress/webpress/internal/pixel"
)

// checkSums refuses chunks whose checksum is not that of kind and body.
func checkSums(chunks ...[]byte) error {
	for _, c := range chunks {
		if c == nil {
			continue
		}
		body := len(c) - 4
		if crc32.ChecksumIEEE(c[4:body]) != binary.BigEndian.Uint32(c[body:]) {
			return &Error{Op: "png", Detail: fmt.Sprintf("%s (the checksum of its %s chunk is wrong)", damaged, c[4:8])}
		}
	}
	return nil
}

// A pngPass is a part of the image that is stored row by row: all of it, or one
// of the seven of an interlaced one. Its first pixel is at x, y of the image,
// and its pixels are stepX and stepY apart there.
type pngPass struct{ x, y, stepX, stepY, w, h int }

// adam7 are the passes of an interlaced image (PNG specification, 8.1).
var adam7 = [7]pngPass{
	{x: 0, y: 0, stepX: 8, stepY: 8}, {x: 4, y: 0, stepX: 8, stepY: 8}, {x: 0, y: 4, stepX: 4, stepY: 8},
	{x: 2, y: 0, stepX: 4, stepY: 4}, {x: 0, y: 2, stepX: 2, stepY: 4}, {x: 1, y: 0, stepX: 2, stepY: 2},
	{x: 0, y: 1, stepX: 1, stepY: 2},
}

// passes returns those that hold pixels.
func (f *pngFile) passes(w, h int) []pngPass {
	if !f.interlaced {
		return []pngPass{{stepX: 1, stepY: 1, w: w, h: h}}
	}
	var all []pngPass
	for _, p := range adam7 {
		if p.w, p.h = ceilDiv(w-p.x, p.stepX), ceilDiv(h-p.y, p.stepY); w > p.x && h > p.y {
			all = append(all, p)
		}
	}
	return all
}

// decode unpacks an image of w x h pixels, whose compressed data is in pieces.
// Only the chunks that pixels depend on matter, so that a damaged chunk of
// metadata, or an order of chunks that only purists mind, does no harm.
func (f *pngFile) decode(w, h int, pieces [][]byte) (frame, error) {
	if f.spread == nil {
		var err error
		if f.spread, err = f.spreader(); err != nil {
			return frame{}, err
		}
	}
	spread := f.spread
	passes, bits := f.passes(w, h), f.pixelBits()
	raw, widest := 0, 0 // the length of all rows and of the longest
	for _, p := range passes {
		row := (p.w*bits + 7) / 8
		raw += p.h * (1 + row)
		widest = max(widest, row)
	}
	// The rows are unpacked into the end of the memory of the pixels, and each row
	// of pixels ends before the next packed one begins. Interlaced ones are strewn.
	n := 4 * w * h
	memory := f.memory
	if size := max(n, raw); cap(memory) < size {
		memory = pixel.NewBlock(size)
	} else {
		memory = memory[:size]
	}
	if f.anim != nil {
		f.memory = memory
	}
	pix, rest := memory[:n], memory[len(memory)-raw:]
	var line []byte // a row of pixels before they are strewn
	if f.interlaced {
		rest, line = make([]byte, raw), make([]byte, 4*w)
	}
	if err := unpackPNG(pieces, rest); err != nil {
		return frame{}, err
	}

	row, above := make([]byte, widest), make([]byte, widest)
	for _, p := range passes {
		n := (p.w*bits + 7) / 8
		clear(above)
		for y := range p.h {
			filter := rest[0]
			if filter > 4 {
				return frame{}, &Error{Op: "png", Detail: fmt.Sprintf("%s (a row is filtered by method %d, which there is not)", damaged, filter)}
			}
			C.wp_png_unfilter(C.int(filter), (*C.uint8_t)(&rest[1]), (*C.uint8_t)(&above[0]), (*C.uint8_t)(&row[0]), C.size_t(n), C.int(max(1, bits/8)))
			rest = rest[1+n:]
			to := pix[4*w*(p.y+y*p.stepY):][:4*w]
			if p.stepX == 1 {
				spread(to, row[:n])
			} else {
				spread(line[:4*p.w], row[:n])
				for x := range p.w {
					copy(to[4*(p.x+x*p.stepX):][:4], line[4*x:])
				}
			}
			row, above = above, row
		}
	}
	out := frame{pix: pix, w: w, h: h, gray: f.colour == pngGray || f.colour == pngGrayAlpha}
	out.opaque = !f.alpha() || isOpaque(pix)
	return out, nil
}

// unpackPNG unpacks a zlib stream in pieces to fill out. As in libpng, all rows have to
// be there; what follows them, and the checksum of the stream, do not matter.
func unpackPNG(pieces [][]byte, out []byte) error {
	packed := pieces[0]
	if len(pieces) > 1 {
		packed = bytes.Join(pieces, nil)
	}
	switch C.wp_png_inflate((*C.uint8_t)(unsafe.SliceData(packed)), C.size_t(len(packed)), (*C.uint8_t)(&out[0]), C.size_t(len(out))) {
	case C.WP_PNG_OK:
		return nil
	case C.WP_PNG_SHORT:
		return &Error{Op: "png", Detail: cutShort}
	case C.WP_PNG_NO_MEMORY:
		return &Error{Op: "png", Detail: "out of memory", Hint: "lower `jobs`"}
	}
	// libdeflate says nothing of how far it came.
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err == nil {
		_, err = io.ReadFull(z, out)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{Op: "png", Detail: cutShort}
	}
	return &Error{Op: "png", Detail: damaged + " (its pixels cannot be unpacked)"}
}
