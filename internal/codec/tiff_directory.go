package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// TIFF tags that are read here (TIFF 6.0; Adobe's supplements for XMP, IPTC and
// Photoshop, the ICC's for profiles).
const (
	tiffWidth     = 256
	tiffHeight    = 257
	tiffXMP       = 700
	tiffIPTC      = 33723
	tiffPhotoshop = 34377
	tiffICC       = 34675
)

// Types of values (TIFF 6.0, section 2).
const (
	tiffShort     = 3
	tiffLong      = 4
	tiffRational  = 5
	tiffUndefined = 7
	tiffSRational = 10
	tiffDouble    = 12 // the last one of TIFF 6.0
)

// tiffSizes is the length of one value, by the type of its tag: those of TIFF 6.0,
// IFD (Adobe's supplement 1), and at the end LONG8, SLONG8 and IFD8 of BigTIFF.
var tiffSizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// maxDirectories bounds the pages of a TIFF that are looked at.
const maxDirectories = 100

// A directory is one of a TIFF or an EXIF block: entries with a tag, a type, a
// count, and the value or where it is.
type directory struct {
	order binary.ByteOrder
	// big reports whether it is one of a BigTIFF, whose counts and offsets have 64 bits.
	big     bool
	entries []byte
	// begin is where it is, next where the next one is, 0 if there is none.
	begin, next int64
	// short reports whether the file ends in it.
	short bool
}

// tiffHeader reads the header of a TIFF or an EXIF block: the order of its bytes,
// and where its first directory is.
func tiffHeader(v *view) (d directory, at int64, ok bool) {
	head, _ := v.take(0, min(16, v.size))
	if len(head) < 8 {
		return d, 0, false
	}
	switch string(head[:4]) {
	case "II*\x00":
		d.order = binary.LittleEndian
	case "MM\x00*":
		d.order = binary.BigEndian
	case "II+\x00":
		d.order, d.big = binary.LittleEndian, true
	case "MM\x00+":
		d.order, d.big = binary.BigEndian, true
	default:
		return d, 0, false
	}
	if !d.big {
		return d, d.offset(head[4:]), true
	}
	if len(head) < 16 || d.order.Uint16(head[4:]) != 8 { // bytes of an offset
		return d, 0, false
	}
	return d, d.offset(head[8:]), true
}

// firstDirectory reads the first directory of a TIFF or an EXIF block.
func firstDirectory(v *view) (directory, bool) {
	d, at, ok := tiffHeader(v)
	if !ok {
		return d, false
	}
	return d.at(v, at)
}

// entrySize is the length of an entry: two numbers of 16 bits, and a count and a
// value of 32 or 64 bits.
func (d directory) entrySize() int {
	if d.big {
		return 20
	}
	return 12
}

// offset reads a count or an offset.
func (d directory) offset(b []byte) int64 {
	if d.big {
		return int64(d.order.Uint64(b))
	}
	return int64(d.order.Uint32(b))
}

// at reads the directory at an offset of the same file, as many entries as there are.
func (d directory) at(v *view, at int64) (directory, bool) {
	head, word := int64(2), int64(4)
	if d.big {
		head, word = 8, 8
	}
	count, ok := v.take(at, head)
	if !ok || at == 0 {
		return directory{}, false
	}
	n := int64(d.order.Uint16(count))
	if d.big {
		n = min(d.offset(count)&math.MaxInt64, math.MaxUint16)
	}
	size, begin := int64(d.entrySize()), at
	at += head
	there := min(n, (v.size-at)/size)
	entries, ok := v.take(at, there*size)
	if !ok {
		return directory{}, false
	}
	out := directory{order: d.order, big: d.big, entries: bytes.Clone(entries), begin: begin, short: there < n}
	if next, ok := v.take(at+n*size, word); ok {
		out.next = d.offset(next)
	}
	return out, true
}

// each calls f with every entry until it returns false.
func (d directory) each(f func(tag uint16, entry []byte) bool) {
	for e, n := d.entries, d.entrySize(); len(e) >= n; e = e[n:] {
		if !f(d.order.Uint16(e), e[:n]) {
			return
		}
	}
}

// values returns the type and count of an entry, and its values of so many bytes
// each, nil if they are not in the file: in the entry itself where they fit. They
// are valid until v is next used.
func (d directory) values(v *view, entry []byte) (kind int, count int64, values []byte) {
	kind, count = int(d.order.Uint16(entry[2:])), d.offset(entry[4:])
	if kind >= len(tiffSizes) || tiffSizes[kind] == 0 || count < 0 || count > v.size {
		return kind, count, nil
	}
	inside := entry[8:]
	if d.big {
		inside = entry[12:]
	}
	n := count * tiffSizes[kind]
	if n <= int64(len(inside)) {
		return kind, count, inside[:n]
	}
	at := d.offset(inside)
	if at < 0 || at > v.size-n {
		return kind, count, nil
	}
	values, _ = v.take(at, min(n, maxInflated))
	return kind, count, values
}

// find returns the values of a tag.
func (d directory) find(v *view, tag uint16) (kind int, count int64, values []byte) {
	d.each(func(t uint16, entry []byte) bool {
		if t == tag {
			kind, count, values = d.values(v, entry)
		}
		return t != tag
	})
	return kind, count, values
}

// number returns the first value of a tag of bytes, shorts, longs or offsets, else 0.
func (d directory) number(v *view, tag uint16) int64 {
	kind, count, b := d.find(v, tag)
	switch {
	case count == 0 || kind >= len(tiffSizes) || kind == tiffRational || kind == tiffSRational || kind == tiffDouble:
	case tiffSizes[kind] == 1 && len(b) >= 1:
		return int64(b[0])
	case tiffSizes[kind] == 2 && len(b) >= 2:
		return int64(d.order.Uint16(b))
	case tiffSizes[kind] == 4 && len(b) >= 4:
		return int64(d.order.Uint32(b))
	case tiffSizes[kind] == 8 && len(b) >= 8:
		return int64(d.order.Uint64(b))
	}
	return 0
}

// validSize reports whether an image can have a size; the limit is far above what
// max-pixels lets pass, and keeps what is computed of it within 63 bits.
func validSize(w, h int64) bool {
	return w > 0 && h > 0 && w <= math.MaxInt32 && h <= math.MaxInt32 && w*h <= 1<<33
}

// wholeTIFF returns the pixels of the first page, or an error where its directory
// gives no size, or it or the values of one of its tags are not in the file. libtiff
// goes on without what it does not need.
func wholeTIFF(v *view) (pixels int64, err error) {
	short := &Error{Op: "tiff", Detail: cutShort}
	d, at, ok := tiffHeader(v)
	switch {
	case !ok && (v.size < 8 || d.big && v.size < 16):
		return 0, short
	case !ok:
		return 0, &Error{Op: "tiff", Detail: "this is not a TIFF"}
	case at == 0:
		return 0, &Error{Op: "tiff", Detail: "it holds no image"}
	}
	if d, ok = d.at(v, at); !ok || d.short {
		return 0, short
	}
	w, h := d.number(v, tiffWidth), d.number(v, tiffHeight)
	if !validSize(w, h) {
		return 0, &Error{Op: "tiff", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	d.each(func(_ uint16, entry []byte) bool {
		kind, count, values := d.values(v, entry)
		if values == nil && count > 0 && kind < len(tiffSizes) && tiffSizes[kind] > 0 {
			err = short
		}
		return err == nil
	})
	return w * h, err
}

// sortedTIFF returns a TIFF whose first directory is sorted by tags, as TIFF 6.0 wants
// it: data itself, or a copy. libtiff reads some tags by what it has read before.
func sortedTIFF(v *view, data []byte) []byte {
	d, _ := firstDirectory(v)
	var entries [][]byte
	d.each(func(_ uint16, entry []byte) bool {
		entries = append(entries, entry)
		return true
	})
	compare := func(a, b []byte) int { return int(d.order.Uint16(a)) - int(d.order.Uint16(b)) }
	if slices.IsSortedFunc(entries, compare) {
		return data
	}
	slices.SortStableFunc(entries, compare)
	at := int(d.begin) + 2
	if d.big {
		at += 6
	}
	return slices.Concat(data[:at], bytes.Join(entries, nil), data[at+len(d.entries):])
}

// maxPages bounds the count of pages in a TIFF.
const maxPages = 10000

// countPages counts the directories, up to maxPages.
func countPages(v *view) int {
	seen := map[int64]bool{0: true}
	n := 0
	for d, ok := firstDirectory(v); ok && n < maxPages; {
		n++
		seen[d.begin] = true
		if seen[d.next] { // there is no next one, or a loop
			break
		}
		d, ok = d.at(v, d.next)
	}
	return n
}

// readTIFF reads the size of the first page, and looks through all of them for a
// position.
func (o *Header) readTIFF(v *view, position bool) error {
	d, ok := firstDirectory(v)
	if !ok {
		return v.short("tiff")
	}
	w, h := d.number(v, tiffWidth), d.number(v, tiffHeight)
	if w <= 0 || h <= 0 || w > math.MaxInt32 || h > math.MaxInt32 {
		return &Error{Op: "tiff", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	o.Width, o.Height = int(w), int(h)
	if turned := d.number(v, tagOrientation); turned >= 5 && turned <= 8 {
		o.Width, o.Height = o.Height, o.Width
	}
	seen := map[int64]bool{0: true}
	for range maxDirectories {
		if !position || o.Position || !ok {
			break
		}
		seen[d.begin] = true
		_, _, xmp := d.find(v, tiffXMP)
		o.Position = xmpPosition(xmp) || d.position(v)
		if seen[d.next] { // there is no next one, or a loop
			break
		}
		d, ok = d.at(v, d.next)
	}
	return nil
}
