//go:build cgo

package codec

import (
	"encoding/binary"
	"fmt"
)

// spreader returns how a row of the file becomes straight RGBA, 8 bits each, red
// first; the length of the row of pixels says how many there are.
func (f *pngFile) spreader() (func(to, row []byte), error) {
	if err := checkSums(f.header); err != nil {
		return nil, err
	}
	clear := f.clearColour()
	switch wide := f.depth == 16; {
	case f.colour == pngPalette:
		table, err := f.paletteTable()
		return func(to, row []byte) { spreadBits(to, row, f.depth, table) }, err
	case f.colour == pngGray && !wide:
		table := f.grayTable(clear)
		return func(to, row []byte) { spreadBits(to, row, f.depth, table) }, nil
	case f.colour == pngGray:
		return func(to, row []byte) {
			for i := range len(to) / 4 {
				v := binary.BigEndian.Uint16(row[2*i:])
				put(to[4*i:], uint32(to8(uint32(v)))*0x010101, clear == nil || v != clear[0])
			}
		}, nil
	case f.colour == pngGrayAlpha:
		size := f.depth / 8
		return func(to, row []byte) {
			for i := range len(to) / 4 {
				p := row[2*size*i:][:2*size]
				v, a := uint32(p[0]), uint32(p[size])
				if wide {
					v, a = uint32(to8(v<<8|uint32(p[1]))), uint32(to8(a<<8|uint32(p[3])))
				}
				binary.LittleEndian.PutUint32(to[4*i:], v*0x010101|a<<24)
			}
		}, nil
	case f.colour == pngRGB && wide:
		return func(to, row []byte) {
			for i := range len(to) / 4 {
				p := row[6*i:][:6]
				r, g, b := binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:]), binary.BigEndian.Uint16(p[4:])
				put(to[4*i:], uint32(to8(uint32(r)))|uint32(to8(uint32(g)))<<8|uint32(to8(uint32(b)))<<16,
					clear == nil || r != clear[0] || g != clear[1] || b != clear[2])
			}
		}, nil
	case f.colour == pngRGB && clear != nil:
		return func(to, row []byte) {
			for i := range len(to) / 4 {
				p := row[3*i:][:3]
				put(to[4*i:], uint32(p[0])|uint32(p[1])<<8|uint32(p[2])<<16,
					uint16(p[0]) != clear[0] || uint16(p[1]) != clear[1] || uint16(p[2]) != clear[2])
			}
		}, nil
	case f.colour == pngRGB:
		return spreadRGB, nil
	case wide:
		return func(to, row []byte) {
			for i := range to {
				to[i] = to8(uint32(binary.BigEndian.Uint16(row[2*i:])))
			}
		}, nil
	}
	return func(to, row []byte) { copy(to, row) }, nil
}

// put writes one pixel, whose colour has red in the lowest byte.
func put(to []byte, colour uint32, opaque bool) {
	if opaque {
		colour |= 0xff000000
	}
	binary.LittleEndian.PutUint32(to, colour)
}

// spreadRGB makes opaque RGBA of RGB: four pixels of three words at a time.
func spreadRGB(to, row []byte) {
	const alpha = 0xff000000
	for ; len(to) >= 16 && len(row) >= 12; to, row = to[16:], row[12:] {
		a, b, c := binary.LittleEndian.Uint32(row), binary.LittleEndian.Uint32(row[4:]), binary.LittleEndian.Uint32(row[8:])
		binary.LittleEndian.PutUint32(to, a|alpha)
		binary.LittleEndian.PutUint32(to[4:], a>>24|b<<8|alpha)
		binary.LittleEndian.PutUint32(to[8:], b>>16|c<<16|alpha)
		binary.LittleEndian.PutUint32(to[12:], c>>8|alpha)
	}
	for ; len(to) >= 4 && len(row) >= 3; to, row = to[4:], row[3:] {
		put(to, uint32(row[0])|uint32(row[1])<<8|uint32(row[2])<<16, true)
	}
}

// spreadBits looks up samples of 1, 2, 4 or 8 bits, the first in the highest bits.
func spreadBits(to, row []byte, depth int, table *[256]uint32) {
	if depth == 8 {
		for i, v := range row[:len(to)/4] {
			binary.LittleEndian.PutUint32(to[4*i:], table[v])
		}
		return
	}
	for i := range len(to) / 4 {
		bit := i * depth
		v := row[bit/8] >> (8 - depth - bit%8) & (1<<depth - 1)
		binary.LittleEndian.PutUint32(to[4*i:], table[v])
	}
}

// clearColour returns the samples of the color that tRNS makes transparent, nil for
// none (PNG specification, 11.3.1.1). In a palette it means something else.
func (f *pngFile) clearColour() []uint16 {
	if f.transparency == nil || f.colour == pngPalette {
		return nil
	}
	clear := make([]uint16, len(f.transparency)/2)
	for i := range clear {
		clear[i] = binary.BigEndian.Uint16(f.transparency[2*i:]) & (1<<f.depth - 1)
	}
	return clear
}

// grayTable holds the colours of samples of up to 8 bits.
func (f *pngFile) grayTable(clear []uint16) *[256]uint32 {
	var table [256]uint32
	most := uint32(1)<<f.depth - 1
	for v := range most + 1 {
		table[v] = v * 255 / most * 0x010101
		if clear == nil || v != uint32(clear[0]) {
			table[v] |= 0xff000000
		}
	}
	return &table
}

// paletteTable holds the colours of a palette. An index without a colour is opaque
// black.
func (f *pngFile) paletteTable() (*[256]uint32, error) {
	if f.palette == nil {
		return nil, &Error{Op: "png", Detail: damaged + " (its palette is missing)"}
	}
	colours := f.palette[8 : len(f.palette)-4]
	if n := len(colours); n == 0 || n%3 != 0 || n > 3*256 {
		return nil, &Error{Op: "png", Detail: fmt.Sprintf("%s (its palette has %d bytes)", damaged, n)}
	}
	if err := checkSums(f.palette); err != nil {
		return nil, err
	}
	alphas := f.transparency
	var table [256]uint32
	for i := range table {
		table[i] = 0xff000000
		if c := colours[min(len(colours), 3*i):]; len(c) >= 3 {
			table[i] |= uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16
			if i < len(alphas) {
				table[i] = table[i]&0xffffff | uint32(alphas[i])<<24
			}
		}
	}
	return &table, nil
}
