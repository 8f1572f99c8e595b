package codec

import (
	"encoding/binary"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A box is a part of a file in the ISO base media file format: a length, a name of
// four letters, a body (ISO/IEC 14496-12, 4.2).
type box struct {
	kind string
	body []byte
	// at is where the body begins in the file.
	at int64
}

// full takes the version and flags off the body of a full box.
func (b box) full() (version byte, flags uint32, rest cursor) {
	c := cursor{b: b.body}
	v := c.u32()
	return byte(v >> 24), v & 0xffffff, c
}

// boxHeader reads the header of a box at the start of b, of which left bytes are in
// the file: how long it is itself, and how long the box. It is 0, 0 if there is
// no box.
func boxHeader(b []byte, left int64) (header, size int64, kind string) {
	if len(b) < 8 {
		return 0, 0, ""
	}
	header, size, kind = 8, int64(binary.BigEndian.Uint32(b)), string(b[4:8])
	switch {
	case size == 0: // to the end
		size = left
	case size == 1 && len(b) >= 16:
		header, size = 16, int64(min(binary.BigEndian.Uint64(b[8:]), 1<<62))
	}
	if size < header {
		return 0, 0, ""
	}
	return header, size, kind
}

// inside returns the boxes in the body of a box from offset skip on, as far as they
// are whole.
func (b box) inside(skip int) (all []box) {
	for at := skip; at < len(b.body); {
		rest := b.body[at:]
		header, size, kind := boxHeader(rest, int64(len(rest)))
		if size == 0 || size > int64(len(rest)) {
			break
		}
		all = append(all, box{kind, rest[header:size], b.at + int64(at) + header})
		at += int(size)
	}
	return all
}

// first returns the first box in the body of b with a name.
func (b box) first(skip int, kind string) (box, bool) {
	for _, inner := range b.inside(skip) {
		if inner.kind == kind {
			return inner, true
		}
	}
	return box{}, false
}

// path follows names of boxes that hold nothing but boxes.
func (b box) path(kinds ...string) (box, bool) {
	for _, kind := range kinds {
		var ok bool
		if b, ok = b.first(0, kind); !ok {
			return box{}, false
		}
	}
	return b, true
}

// A cursor reads big-endian numbers. Behind the end they are 0 and bad is set.
type cursor struct {
	b   []byte
	bad bool
}

// number reads an unsigned number of n bytes.
func (c *cursor) number(n int) (v uint64) {
	if n > len(c.b) {
		c.b, c.bad = nil, true
		return 0
	}
	for _, b := range c.b[:n] {
		v = v<<8 | uint64(b)
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) u8() byte    { return byte(c.number(1)) }
func (c *cursor) u16() uint16 { return uint16(c.number(2)) }
func (c *cursor) u32() uint32 { return uint32(c.number(4)) }
func (c *cursor) skip(n int)  { c.take(n) }

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.b, c.bad = nil, true
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

// text reads a string that ends with a zero, or with the box.
func (c *cursor) text() string {
	n := slices.Index(c.b, 0)
	if n < 0 {
		n = len(c.b)
	}
	s := string(c.b[:n])
	c.b = c.b[min(n+1, len(c.b)):]
	return s
}

// A heifFile is what the boxes of a HEIF or AVIF file say, without the pixels.
type heifFile struct {
	format asset.Format
	// major is the first brand.
	major  string
	items  []*heifItem
	byID   map[uint32]*heifItem
	refs   []heifReference
	props  []box
	idat   box
	tracks []*heifTrack
	// primary is nil if the file holds no image, but a sequence.
	primary *heifItem
	size    int64
}

// maxHeader bounds the boxes that describe a file, in bytes.
const maxHeader = 64 << 20

// scanHEIF reads the boxes of the file that v shows. It refuses a file that ends
// inside one of its outer boxes: libheif only notices where it needs the missing
// bytes.
func scanHEIF(v *view, format asset.Format) (*heifFile, error) {
	f := &heifFile{format: format, byID: map[uint32]*heifItem{}, size: v.size}
	for at := int64(0); at+8 <= v.size; {
		head, ok := v.take(at, min(16, v.size-at))
		if !ok {
			return nil, v.short(string(format))
		}
		header, size, kind := boxHeader(head, v.size-at)
		if size == 0 {
			break
		}
		known := kind == "meta" || kind == "moov" || kind == "ftyp"
		if size > v.size-at {
			if known || kind == "mdat" {
				return nil, v.short(string(format))
			}
			break
		}
		if known {
			if size > maxHeader {
				return nil, f.refuse("its %s box takes up %d bytes, more than the limit of %d", kind, size, maxHeader)
			}
			body, ok := v.take(at+header, size-header)
			if !ok {
				return nil, v.short(string(format))
			}
			b := box{kind, slices.Clone(body), at + header}
			if err := f.read(b); err != nil {
				return nil, err
			}
		}
		at += size
	}
	if f.primary == nil && f.sequence() == nil {
		return nil, &Error{Op: string(format), Detail: "there is no image in the file", Hint: exportHint}
	}
	return f, f.bounded()
}

func (f *heifFile) read(b box) error {
	switch b.kind {
	case "ftyp":
		if len(b.body) >= 4 && f.major == "" {
			f.major = string(b.body[:4])
		}
	case "meta":
		if f.items == nil {
			return f.readMeta(b)
		}
	case "moov":
		if f.tracks == nil {
			return f.readMovie(b)
		}
	}
	return nil
}
