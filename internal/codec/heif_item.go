package codec

import (
	"encoding/binary"
	"math"
	"slices"
)

// A heifItem is an image, or metadata, in the meta box (ISO/IEC 14496-12, 8.11).
type heifItem struct {
	id            uint32
	kind, content string
	hidden        bool
	// props are numbers of properties, from 0, in the order in which they apply.
	props []int
	// inIDAT reports whether the extents lie in the idat box, not in the file.
	inIDAT  bool
	extents []extent
	// parts are the items that a derived image is made of.
	parts []uint32

	// alpha is the item that holds its alpha, or nil; beside says that it is itself
	// something of another image: a thumbnail, alpha and the like.
	alpha  *heifItem
	beside bool

	// What bounded finds; see there.
	seen   bool
	level  int
	visits int64
	pixels float64
	read   float64
}

type extent struct{ at, size int64 }

// A heifReference says that an item is something of others.
type heifReference struct {
	kind string
	from uint32
	to   []uint32
}

// readMeta reads the items, their properties, places and references.
func (f *heifFile) readMeta(meta box) error {
	primary, hasPrimary := uint32(0), false
	for _, b := range meta.inside(4) {
		switch version, _, c := b.full(); b.kind {
		case "pitm":
			primary, hasPrimary = uint32(c.number(sizeByVersion(version, 1))), true
		case "iinf":
			c.number(sizeByVersion(version, 1))
			for _, entry := range b.inside(len(b.body) - len(c.b)) {
				if entry.kind == "infe" {
					if err := f.addItem(entry); err != nil {
						return err
					}
				}
			}
		case "iloc":
			f.readPlaces(version, c)
		case "idat":
			f.idat = b
		case "iref":
			if !f.readReferences(b, sizeByVersion(version, 1)) {
				return f.refuse("it holds more than %d references", maxReferences)
			}
		case "iprp":
			if ipco, ok := b.first(0, "ipco"); ok {
				f.props = ipco.inside(0)
			}
			for _, ipma := range b.inside(0) {
				if ipma.kind == "ipma" {
					version, flags, c := ipma.full()
					f.readAssociations(version, flags, c)
				}
			}
		}
	}
	for _, r := range f.refs {
		item := f.byID[r.from]
		switch {
		case item == nil:
		case r.kind == "dimg":
			item.parts = append(item.parts, r.to...)
		case r.kind == "thmb", r.kind == "auxl":
			item.beside = true
			body, ok := f.property(item, "auxC")
			for _, id := range r.to {
				if of := f.byID[id]; ok && len(body) > 4 && isAlpha(string(body[4:])) && of != nil && of.alpha == nil && r.kind == "auxl" {
					of.alpha = item
				}
			}
		}
	}
	if hasPrimary {
		f.primary = f.byID[primary]
	}
	return nil
}

// sizeByVersion is the size of a number that grew from two bytes to four in a version.
func sizeByVersion(version, grown byte) int {
	if version >= grown {
		return 4
	}
	return 2
}

// item returns the item with an id. Boxes may come in any order, so that what they
// say of an item may come before the item.
func (f *heifFile) item(id uint32) *heifItem {
	item := f.byID[id]
	if item == nil {
		item = &heifItem{id: id}
		f.byID[id] = item
	}
	return item
}

func (f *heifFile) addItem(entry box) error {
	version, flags, c := entry.full()
	if version < 2 {
		return nil // without a type: not an image
	}
	item := f.item(uint32(c.number(sizeByVersion(version, 3))))
	c.skip(2)
	item.kind, item.hidden = string(c.take(4)), flags&1 != 0
	if c.text(); item.kind == "mime" { // a name comes first
		item.content = c.text()
	}
	f.items = append(f.items, item)
	if len(f.items) > maxItems {
		return f.refuse("it holds more than %d items", maxItems)
	}
	return nil
}

func (f *heifFile) readPlaces(version byte, c cursor) {
	sizes := c.u16()
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		index = 0
	}
	for range c.number(sizeByVersion(version, 2)) {
		id, method := uint32(c.number(sizeByVersion(version, 2))), uint16(0)
		if version > 0 {
			method = c.u16() & 15
		}
		c.skip(2)
		from := c.number(base)
		item := f.item(id)
		item.inIDAT = method == 1
		for range c.u16() {
			c.number(index)
			e := extent{at: int64(min(from+c.number(offset), math.MaxInt64/2)), size: int64(min(c.number(length), math.MaxInt64/2))}
			if e.size == 0 { // all of it
				e.size = f.size
			}
			if c.bad {
				return
			}
			item.extents = append(item.extents, e)
		}
		if c.bad {
			return
		}
	}
}

// readReferences returns false if there are too many.
func (f *heifFile) readReferences(b box, size int) bool {
	n := 0
	for _, one := range b.inside(4) {
		c := cursor{b: one.body}
		r := heifReference{kind: one.kind, from: uint32(c.number(size))}
		for range c.u16() {
			if to := uint32(c.number(size)); !c.bad {
				r.to = append(r.to, to)
			}
		}
		f.refs = append(f.refs, r)
		if n += 1 + len(r.to); n > maxReferences {
			return false
		}
	}
	return true
}

// readAssociations reads which properties an item has.
func (f *heifFile) readAssociations(version byte, flags uint32, c cursor) {
	for range c.u32() {
		item := f.item(uint32(c.number(sizeByVersion(version, 1))))
		for range c.u8() {
			n := int(c.u8() & 0x7f)
			if flags&1 != 0 {
				n = n<<8 | int(c.u8())
			}
			if n > 0 && n <= len(f.props) {
				item.props = append(item.props, n-1)
			}
		}
		if c.bad {
			return
		}
	}
}

// property returns the first property of an item with a name, from its version on.
func (f *heifFile) property(item *heifItem, kind string) ([]byte, bool) {
	for _, n := range item.props {
		if f.props[n].kind == kind {
			return f.props[n].body, true
		}
	}
	return nil, false
}

// coded is the size of an item before it is cropped and turned (ispe).
func (f *heifFile) coded(item *heifItem) (w, h int) {
	body, _ := f.property(item, "ispe")
	if len(body) < 12 {
		return 0, 0
	}
	return int(binary.BigEndian.Uint32(body[4:])), int(binary.BigEndian.Uint32(body[8:]))
}

// isAlpha reports whether the type of an auxiliary image is that of alpha.
func isAlpha(urn string) bool {
	c := cursor{b: []byte(urn)}
	switch c.text() {
	case "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1":
		return true
	}
	return false
}

// bits returns the greatest depth of an item, 8 where it does not say.
func (f *heifFile) bits(item *heifItem) int {
	if body, ok := f.property(item, "pixi"); ok && len(body) > 5 {
		return max(1, int(slices.Max(body[5:])))
	}
	if body, ok := f.property(item, "av1C"); ok {
		return av1Config(body).depth
	}
	if body, ok := f.property(item, "hvcC"); ok && len(body) > 17 {
		return 8 + int(body[17]&7)
	}
	for _, part := range item.parts {
		if p := f.byID[part]; p != nil && p != item && len(p.parts) == 0 {
			return f.bits(p)
		}
	}
	return 8
}

// sampleBytes returns how many bytes the planes of an item have for two pixels.
func (f *heifFile) sampleBytes(item *heifItem) int64 {
	n := int64(3) // 4:2:0
	if body, ok := f.property(item, "av1C"); ok {
		switch info := av1Config(body); {
		case info.mono:
			n = 2
		case info.subW == 0:
			n = 6
		case info.subH == 0:
			n = 4
		}
	} else if body, ok := f.property(item, "hvcC"); ok && len(body) > 17 {
		n = [4]int64{2, 3, 4, 6}[body[16]&3] // chroma_format_idc
	} else {
		for _, part := range item.parts {
			if p := f.byID[part]; p != nil && p != item && len(p.parts) == 0 {
				return f.sampleBytes(p)
			}
		}
	}
	if f.bits(item) > 8 {
		n *= 2
	}
	return n
}

// content returns the bytes of an item, at most maxInflated, read by v; nil where
// they are not there.
func (f *heifFile) content(v *view, item *heifItem) (all []byte) {
	for _, e := range item.extents {
		if e.size > maxInflated-int64(len(all)) {
			return nil
		}
		if !item.inIDAT {
			b, ok := v.take(e.at, e.size)
			if !ok {
				return nil
			}
			all = append(all, b...)
			continue
		}
		if e.at > int64(len(f.idat.body)) || e.size > int64(len(f.idat.body))-e.at {
			return nil
		}
		all = append(all, f.idat.body[e.at:e.at+e.size]...)
	}
	return all
}

// blocks returns EXIF and XMP of the primary image, read by v; nil if it has none.
func (f *heifFile) blocks(v *view) (exif, xmp []byte) {
	for _, item := range f.items {
		isEXIF, isXMP := item.kind == "Exif", item.kind == "mime" && item.content == "application/rdf+xml"
		if !isEXIF && !isXMP || !f.describes(item, f.primary) {
			continue
		}
		if isEXIF && exif == nil {
			exif = heifEXIF(f.content(v, item))
		}
		if isXMP && xmp == nil {
			xmp = f.content(v, item)
		}
	}
	return exif, xmp
}

// describes reports whether an item of metadata is one of an image.
func (f *heifFile) describes(item, image *heifItem) bool {
	for _, r := range f.refs {
		if r.kind == "cdsc" && r.from == item.id && image != nil && slices.Contains(r.to, image.id) {
			return true
		}
	}
	return false
}

// heifEXIF takes off the four bytes before the TIFF header that ISO/IEC
// 23008-12, A.2.1, puts there: the header's offset.
func heifEXIF(item []byte) []byte {
	if len(item) < 4 {
		return nil
	}
	skip := uint64(binary.BigEndian.Uint32(item))
	if skip > uint64(len(item)-4) {
		return nil
	}
	return item[4+skip:]
}
