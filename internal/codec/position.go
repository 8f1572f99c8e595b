package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Tags of the directories that hold a position (EXIF 2.32, 4.6.6), and types of
// their values (TIFF 6.0, section 2).
const (
	tagGPS       = 0x8825
	gpsLatitude  = 2
	gpsLongitude = 4

	tiffRational  = 5
	tiffSRational = 10
)

// maxDirectories bounds the pages of a TIFF that are looked at.
const maxDirectories = 100

// exifPosition says whether an EXIF block tells where the picture was taken.
func exifPosition(exif []byte) bool {
	b := bytes.TrimPrefix(exif, exifPrefix)
	v := newView(bytes.NewReader(b), int64(len(b)))
	order, at, ok := firstDirectory(v)
	if !ok {
		return false
	}
	d, ok := readDirectory(v, order, at)
	return ok && d.position(v)
}

// xmpPosition says whether XMP tells where the picture was taken: whether it has a
// latitude or longitude that is not empty, as an attribute or as an element (XMP
// specification, part 2, 3.3).
func xmpPosition(xmp []byte) bool {
	// Latin letters are the same in UTF-8 and, but for zeros, in UTF-16.
	if bytes.IndexByte(xmp, 0) >= 0 {
		xmp = bytes.ReplaceAll(xmp, []byte{0}, nil)
	}
	const spaces, prefix = " \t\r\n\f", ":GPSL"
	// Each end of a tag is looked for once: a hostile file repeats the name, and
	// never ends a tag.
	end, filled := -1, false
	for at := 0; ; {
		i := bytes.Index(xmp[at:], []byte(prefix))
		if i < 0 {
			return false
		}
		at += i + len(prefix)
		value, ok := bytes.CutPrefix(xmp[at:], []byte("atitude"))
		if !ok {
			value, ok = bytes.CutPrefix(xmp[at:], []byte("ongitude"))
		}
		rest := bytes.TrimLeft(value, spaces)
		if !ok || len(rest) == 0 || len(rest) == len(value) && rest[0] != '=' && rest[0] != '>' {
			continue // another name, such as GPSLatitudeRef
		}
		if rest[0] == '=' {
			text := bytes.TrimLeft(rest[1:], spaces)
			if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[1] != text[0] {
				return true
			}
			continue
		}
		if end < at {
			if end = bytes.IndexAny(xmp[at:], "<>"); end < 0 {
				end = len(xmp) - at
			}
			end += at
			text, ok := bytes.CutPrefix(xmp[end:], []byte(">"))
			text = bytes.TrimLeft(text, spaces)
			filled = ok && xmp[end-1] != '/' && len(text) > 0 && text[0] != '<'
		}
		if filled {
			return true
		}
	}
}

// A directory is one of a TIFF or an EXIF block: entries of 12 bytes, with a tag, a
// type, a count, and the value or where it is.
type directory struct {
	order   binary.ByteOrder
	entries []byte
	// next is where the next one is, 0 where there is none.
	next int64
}

// firstDirectory reads the header of a TIFF or an EXIF block.
func firstDirectory(v *view) (binary.ByteOrder, int64, bool) {
	head, ok := v.take(0, 8)
	if !ok {
		return nil, 0, false
	}
	switch string(head[:4]) {
	case "II*\x00":
		return binary.LittleEndian, int64(binary.LittleEndian.Uint32(head[4:])), true
	case "MM\x00*":
		return binary.BigEndian, int64(binary.BigEndian.Uint32(head[4:])), true
	}
	return nil, 0, false
}

// readDirectory reads the directory at an offset, as many entries as there are.
func readDirectory(v *view, order binary.ByteOrder, at int64) (directory, bool) {
	count, ok := v.take(at, 2)
	if !ok {
		return directory{}, false
	}
	n := 12 * int64(order.Uint16(count))
	at += 2
	short := min(n, (v.size-at)/12*12)
	entries, ok := v.take(at, short)
	if !ok {
		return directory{}, false
	}
	d := directory{order: order, entries: bytes.Clone(entries)}
	if next, ok := v.take(at+n, 4); ok {
		d.next = int64(order.Uint32(next))
	}
	return d, true
}

// find returns the type and count of a tag, and where its values of so many bytes
// each are: in the entry itself where they are four bytes or less.
func (d directory) find(v *view, tag uint16) (kind int, count int64, values []byte) {
	for e := d.entries; len(e) >= 12; e = e[12:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		kind, count = int(d.order.Uint16(e[2:])), int64(d.order.Uint32(e[4:]))
		if kind >= len(tiffSizes) {
			return kind, count, nil
		}
		n := count * int64(tiffSizes[kind])
		if n <= 4 {
			return kind, count, e[8 : 8+n]
		}
		at := int64(d.order.Uint32(e[8:]))
		if at > v.size-n {
			return kind, count, nil
		}
		values, _ = v.take(at, min(n, maxInflated))
		return kind, count, values
	}
	return 0, 0, nil
}

// number returns the first value of a tag of bytes, shorts or longs, else 0.
func (d directory) number(v *view, tag uint16) int64 {
	kind, count, b := d.find(v, tag)
	switch {
	case count == 0 || kind >= len(tiffSizes):
	case tiffSizes[kind] == 1 && len(b) >= 1:
		return int64(b[0])
	case tiffSizes[kind] == 2 && len(b) >= 2:
		return int64(d.order.Uint16(b))
	case tiffSizes[kind] == 4 && len(b) >= 4:
		return int64(d.order.Uint32(b))
	}
	return 0
}

// position says whether the directory of a picture leads to one with a latitude or
// longitude. Cameras write 0/0 where they have none.
func (d directory) position(v *view) bool {
	at := d.number(v, tagGPS)
	if at == 0 {
		return false
	}
	gps, ok := readDirectory(v, d.order, at)
	if !ok {
		return false
	}
	for _, tag := range []uint16{gpsLatitude, gpsLongitude} {
		kind, count, b := gps.find(v, tag)
		switch {
		case count == 0 || len(b) == 0:
		case kind != tiffRational && kind != tiffSRational:
			return true // not as it should be, and readers may still make sense of it
		case len(b) >= 8 && d.order.Uint32(b[4:]) != 0:
			return true
		}
	}
	return false
}

// readTIFF reads the size of the first page, and looks through all of them for a
// position.
func (o *Outline) readTIFF(v *view, position bool) error {
	order, at, ok := firstDirectory(v)
	if !ok {
		return v.short("tiff")
	}
	d, ok := readDirectory(v, order, at)
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
	seen := map[int64]bool{0: true, at: true}
	for range maxDirectories {
		if !position || o.Position || !ok {
			break
		}
		_, _, xmp := d.find(v, tiffXMP)
		o.Position = xmpPosition(xmp) || d.position(v)
		if seen[d.next] { // there is no next one, or a loop
			break
		}
		seen[d.next] = true
		d, ok = readDirectory(v, order, d.next)
	}
	return nil
}
