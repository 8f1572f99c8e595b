package container

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// What the boxes of an AVIF say that have but one content.
const (
	avifHandler = "\x00\x00\x00\x00\x00\x00\x00\x00pict\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	avifAlpha   = "\x00\x00\x00\x00urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"
)

// avifBrands are what libheif calls an AVIF besides avif.
var avifBrands = []string{"avif", "mif1", "mif2", "miaf", "MA1A", "MA1B", "1pic"}

// parseAVIF reads an AVIF: one image that is coded as AV1, at most one more that is its
// alpha, EXIF and XMP, and in the box mdat the content of these, without a gap (ISO/IEC
// 14496-12, 23008-12 and 23000-22).
func parseAVIF(data []byte) (File, error) {
	a := avif{data: data, items: map[uint16]*avifItem{}}
	top, err := boxes(data, 0)
	switch {
	case err != nil:
		return File{}, err
	case len(top) == 0 || top[0].kind != "ftyp":
		return File{}, errors.New("it is not an AVIF")
	case len(top) != 3 || top[1].kind != "meta" || top[2].kind != "mdat":
		return File{}, fmt.Errorf("its boxes are %s, and those of an AVIF of webpress ftyp, meta, mdat", kinds(top))
	}
	if err := checkBrands(top[0].body); err != nil {
		return File{}, err
	}
	if err := a.meta(top[1].body); err != nil {
		return File{}, err
	}
	return a.file(top[2])
}

// A box is a part of a file (ISO/IEC 14496-12, 4.2), whose body begins at an offset.
type box struct {
	kind string
	body []byte
	at   int
}

// maxBoxes bounds the boxes in another one.
const maxBoxes = 32

// boxes takes data, which begins at an offset of the file, apart into boxes, all of it.
// Lengths of 64 bits, and such that reach to the end of the file, are not libheif's.
func boxes(data []byte, offset int) (all []box, err error) {
	for at := 0; at < len(data); {
		r := reader{b: data[at:]}
		size, kind := int64(r.number(4)), string(r.take(4))
		switch {
		case r.bad:
			return nil, fmt.Errorf("%d bytes are not part of it", len(data)-at)
		case size < 8 || size > int64(len(data)-at):
			return nil, fmt.Errorf("its box %q has another length than it says", kind)
		case len(all) == maxBoxes:
			return nil, errors.New("it has more boxes than an AVIF of webpress")
		}
		all = append(all, box{kind, data[at+8 : at+int(size)], offset + at + 8})
		at += int(size)
	}
	return all, nil
}

// kinds names boxes.
func kinds(all []box) string {
	var b bytes.Buffer
	for i, one := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", one.kind)
	}
	return b.String()
}

// A reader reads big-endian numbers. Behind the end they are 0 and bad is set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) number(n int) (v uint64) {
	for _, b := range r.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

func (r *reader) u16() uint16 { return uint16(r.number(2)) }

// expect reads numbers of n bytes that can be nothing else.
func (r *reader) expect(n int, values ...uint64) {
	for _, v := range values {
		if r.number(n) != v {
			r.bad = true
		}
	}
}

// done reports whether all was read, and nothing more.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

// checkBrands reads the body of ftyp.
func checkBrands(body []byte) error {
	r := reader{b: body}
	major := string(r.take(4))
	r.expect(4, 0)
	if r.bad || major != "avif" || len(r.b)%4 != 0 || len(r.b) > 4*len(avifBrands) {
		return errors.New("its box \"ftyp\" is not that of an AVIF")
	}
	for len(r.b) > 0 {
		if brand := string(r.take(4)); !slices.Contains(avifBrands, brand) {
			return fmt.Errorf("its brand %q is not one of an AVIF of webpress", brand)
		}
	}
	return nil
}

// An avif is a file whose boxes are read.
type avif struct {
	data    []byte
	primary uint16
	items   map[uint16]*avifItem
	props   []box
	used    []bool // of props
}

// An avifItem is an image, or metadata.
type avifItem struct {
	kind       string // av01, Exif, mime
	offset     uint64 // in the file
	size       uint64
	placed     bool
	refers     string // the kind of its reference to the primary image
	properties []int  // indexes into props
}

// meta reads the body of meta, whose boxes may have any order.
func (a *avif) meta(body []byte) error {
	if len(body) < 4 || !bytes.Equal(body[:4], make([]byte, 4)) {
		return damagedBox("meta")
	}
	all, err := boxes(body[4:], 0)
	if err != nil {
		return err
	}
	found := map[string][]byte{}
	for _, b := range all {
		if _, twice := found[b.kind]; twice {
			return fmt.Errorf("its box %q is there twice", b.kind)
		}
		found[b.kind] = b.body
	}
	for _, step := range []struct {
		kind string
		read func([]byte) error
	}{
		{"hdlr", a.handler}, {"pitm", a.primaryItem}, {"iinf", a.information}, {"iloc", a.locations},
		{"iprp", a.properties}, {"iref", a.references},
	} {
		body, ok := found[step.kind]
		delete(found, step.kind)
		switch {
		case !ok && step.kind == "iref": // it has neither alpha nor metadata
		case !ok:
			return fmt.Errorf("its box %q is missing", step.kind)
		default:
			if err := step.read(body); err != nil {
				return err
			}
		}
	}
	for _, b := range all {
		if _, other := found[b.kind]; other {
			return fmt.Errorf("its box %q is one that no AVIF of webpress has", b.kind)
		}
	}
	return nil
}

func damagedBox(kind string) error { return fmt.Errorf("its box %q is not as libheif writes it", kind) }

func (a *avif) handler(body []byte) error {
	if string(body) != avifHandler {
		return damagedBox("hdlr")
	}
	return nil
}

func (a *avif) primaryItem(body []byte) error {
	r := reader{b: body}
	r.expect(4, 0)
	if a.primary = r.u16(); !r.done() {
		return damagedBox("pitm")
	}
	return nil
}

// information reads the body of iinf: an entry infe for each item.
func (a *avif) information(body []byte) error {
	r := reader{b: body}
	r.expect(4, 0)
	count := int(r.u16())
	entries, err := boxes(r.b, 0)
	if err != nil {
		return err
	}
	if r.bad || len(entries) != count {
		return damagedBox("iinf")
	}
	for _, e := range entries {
		r := reader{b: e.body}
		version := r.number(4)
		id := r.u16()
		r.expect(2, 0) // not protected
		item := &avifItem{kind: string(r.take(4))}
		r.expect(1, 0) // no name
		hidden := version&1 == 1
		switch item.kind {
		case "av01":
			if hidden {
				return errors.New("it has a hidden image")
			}
		case "Exif":
		case "mime":
			rest := string(r.b)
			if r.b = nil; rest != xmpType && rest != xmpType+"\x00" { // the encoding, of which there is none
				return errors.New("it has an item that is neither an image nor EXIF nor XMP")
			}
		default:
			return fmt.Errorf("it has an item of type %q", item.kind)
		}
		if e.kind != "infe" || !r.done() || version&^1 != 2<<24 || id == 0 || a.items[id] != nil {
			return damagedBox("infe")
		}
		a.items[id] = item
	}
	return nil
}

const xmpType = "application/rdf+xml\x00"

// locations reads the body of iloc: one extent for each item, in the file.
func (a *avif) locations(body []byte) error {
	r := reader{b: body}
	version := r.number(4) >> 24
	sizes := r.u16()
	offset, length, base := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15)
	if version > 1 || max(offset, length, base) > 8 || sizes&15 != 0 {
		return damagedBox("iloc")
	}
	for range r.u16() {
		item := a.items[r.u16()]
		if item == nil || item.placed {
			return damagedBox("iloc")
		}
		item.placed = true
		if version == 1 {
			r.expect(2, 0) // the offset is from the start of the file
		}
		r.expect(2, 0) // this file
		item.offset = r.number(base)
		r.expect(2, 1)
		item.offset += r.number(offset)
		item.size = r.number(length)
	}
	if !r.done() || body[1]|body[2]|body[3] != 0 {
		return damagedBox("iloc")
	}
	return nil
}

// properties reads the body of iprp: the properties, and which item has which.
func (a *avif) properties(body []byte) error {
	all, err := boxes(body, 0)
	if err != nil {
		return err
	}
	if len(all) != 2 || all[0].kind != "ipco" || all[1].kind != "ipma" {
		return damagedBox("iprp")
	}
	if a.props, err = boxes(all[0].body, 0); err != nil {
		return err
	}
	a.used = make([]bool, len(a.props))
	r := reader{b: all[1].body}
	r.expect(4, 0)
	for range r.number(4) {
		item := a.items[r.u16()]
		if item == nil || len(item.properties) > 0 {
			return damagedBox("ipma")
		}
		for range r.number(1) {
			i := int(r.number(1)&0x7f) - 1 // without the bit that says that it matters
			if i < 0 || i >= len(a.props) || slices.Contains(item.properties, i) {
				return damagedBox("ipma")
			}
			a.used[i] = true
			item.properties = append(item.properties, i)
		}
	}
	if !r.done() {
		return damagedBox("ipma")
	}
	return nil
}

// references reads the body of iref: each item but the primary one belongs to that.
func (a *avif) references(body []byte) error {
	if len(body) < 4 || !bytes.Equal(body[:4], make([]byte, 4)) {
		return damagedBox("iref")
	}
	all, err := boxes(body[4:], 0)
	if err != nil {
		return err
	}
	for _, b := range all {
		r := reader{b: b.body}
		item := a.items[r.u16()]
		r.expect(2, 1, uint64(a.primary))
		if !r.done() || item == nil || item.refers != "" {
			return damagedBox("iref")
		}
		item.refers = b.kind
	}
	return nil
}
