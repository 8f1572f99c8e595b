package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// A property turns a HEIF image when it is shown, ISO/IEC 23008-12, 6.5.10 and 6.5.12.
type property struct {
	name  string
	value byte
}

var (
	// quarterRight is three quarter turns anticlockwise, EXIF orientation 6.
	quarterRight = property{"irot", 3}
	// leftRight exchanges left and right, EXIF orientation 2.
	leftRight = property{"imir", 1}
)

// errLayout is for files that heif-enc does not write today.
var errLayout = errors.New("unexpected layout of boxes")

// turn gives the first image of a HEIF file a property, which heif-enc 1.15
// cannot. It knows the layout that heif-enc writes: iloc and ipma of version 0,
// the pixels behind meta.
func turn(data []byte, p property) ([]byte, error) {
	meta, ok := box(data, "meta")
	if !ok || bytes.Contains(data[meta.start:meta.end], []byte(p.name)) {
		return nil, errLayout
	}
	inside := func(outer extent, name string, header int) (extent, bool) {
		e, ok := box(data[outer.start+header:outer.end], name)
		return extent{e.start + outer.start + header, e.end + outer.start + header}, ok
	}
	iprp, ok1 := inside(meta, "iprp", 12)
	iloc, ok2 := inside(meta, "iloc", 12)
	ipco, ok3 := inside(iprp, "ipco", 8)
	ipma, ok4 := inside(iprp, "ipma", 8)
	if !ok1 || !ok2 || !ok3 || !ok4 || data[iloc.start+8] != 0 || data[iloc.start+12] != 0x44 || ipma.start < ipco.end {
		return nil, errLayout
	}

	// The number of the new property, and the end of the first image's list.
	index := byte(1)
	for at := ipco.start + 8; at < ipco.end; index++ {
		at += int(binary.BigEndian.Uint32(data[at:]))
	}
	count := ipma.start + 8 + 4 + 4 + 2
	list := count + 1 + int(data[count])

	const grown = 9 + 1
	out := bytes.Clone(data)
	for _, e := range []extent{meta, iprp} {
		grow(out, e.start, grown)
	}
	grow(out, ipco.start, 9)
	grow(out, ipma.start, 1)
	out[count]++
	// Items: id, reference, base offset, number of extents, extents of 8 bytes.
	at := iloc.start + 16
	for range binary.BigEndian.Uint16(out[iloc.start+14:]) {
		grow(out, at+4, grown)
		at += 10 + 8*int(binary.BigEndian.Uint16(out[at+8:]))
	}
	added := append([]byte{0, 0, 0, 9}, p.name...)
	return bytes.Join([][]byte{out[:ipco.end], append(added, p.value), out[ipco.end:list], {0x80 | index}, out[list:]}, nil), nil
}

// extent is where a box lies, its header included.
type extent struct{ start, end int }

// box finds a box among neighbours.
func box(data []byte, name string) (extent, bool) {
	for at := 0; at+8 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size < 8 || at+size > len(data) {
			break
		}
		if string(data[at+4:at+8]) == name {
			return extent{at, at + size}, true
		}
		at += size
	}
	return extent{}, false
}

// grow adds to the 32-bit number at a place.
func grow(data []byte, at, by int) {
	binary.BigEndian.PutUint32(data[at:], binary.BigEndian.Uint32(data[at:])+uint32(by))
}
