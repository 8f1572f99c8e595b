package codec

import (
	"encoding/binary"
	"fmt"
	"slices"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// PNG colour types (PNG specification, 11.2.1).
const (
	pngGray      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

// A pngHeader is what the chunk IHDR says.
type pngHeader struct {
	w, h, depth, colour int
	interlaced          bool
}

// pixelBits is the size of a pixel in the file.
func (h pngHeader) pixelBits() int {
	return h.depth * map[int]int{pngGray: 1, pngPalette: 1, pngGrayAlpha: 2, pngRGB: 3, pngRGBA: 4}[h.colour]
}

// readPNGHeader reads the body of the chunk IHDR.
func readPNGHeader(body []byte) (f pngHeader, err error) {
	if len(body) != 13 {
		return f, &Error{Op: "png", Detail: "the header is damaged"}
	}
	w, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
		return f, &Error{Op: "png", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	f.w, f.h = int(w), int(h)
	f.depth, f.colour, f.interlaced = int(body[8]), int(body[9]), body[12] == 1
	var depths []int
	switch f.colour {
	case pngGray:
		depths = []int{1, 2, 4, 8, 16}
	case pngPalette:
		depths = []int{1, 2, 4, 8}
	case pngRGB, pngGrayAlpha, pngRGBA:
		depths = []int{8, 16}
	}
	if !slices.Contains(depths, f.depth) {
		return f, &Error{Op: "png", Detail: fmt.Sprintf("%d bits of colour type %d are not valid", f.depth, f.colour)}
	}
	if body[10] != 0 || body[11] != 0 || body[12] > 1 {
		return f, &Error{Op: "png", Detail: fmt.Sprintf("compression %d, filter %d, interlacing %d are not known", body[10], body[11], body[12])}
	}
	return f, nil
}
