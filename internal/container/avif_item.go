package container

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
)

// file brings together what the boxes say, and reads the items in mdat.
func (a *avif) file(mdat box) (File, error) {
	f := File{Frames: 1}
	var placed []*avifItem
	for _, id := range slices.Sorted(maps.Keys(a.items)) { // what is wrong first is said, each time
		item := a.items[id]
		content, err := a.content(item, mdat)
		if err != nil {
			return File{}, err
		}
		placed = append(placed, item)
		role := item.kind + " " + item.refers
		switch {
		case id == a.primary && role == "av01 ":
			f.ICC, err = a.image(item, content, &f.Width, &f.Height, false)
		case role == "av01 auxl" && !f.Alpha:
			f.Alpha = true
			var width, height int
			_, err = a.image(item, content, &width, &height, true)
			if main := a.items[a.primary]; err == nil && main != nil && !slices.Equal(a.sizes(item), a.sizes(main)) {
				err = errors.New("its alpha has another size than its image")
			}
		case role == "Exif cdsc" && f.EXIF == nil && len(item.properties) == 0:
			var ok bool // behind the offset of the TIFF stream
			if f.EXIF, ok = bytes.CutPrefix(content, make([]byte, 4)); !ok {
				err = errors.New("its EXIF has an offset")
			}
		case role == "mime cdsc" && f.XMP == nil && len(item.properties) == 0:
			f.XMP = content
		default:
			err = fmt.Errorf("it has an item of type %q that is neither its image nor that one's alpha, EXIF or XMP", item.kind)
		}
		if err != nil {
			return File{}, err
		}
	}
	if main := a.items[a.primary]; main == nil {
		return File{}, errors.New("it holds no image")
	}
	if i := slices.Index(a.used, false); i >= 0 {
		return File{}, fmt.Errorf("its property %q is of no image", a.props[i].kind)
	}
	if err := covers(mdat, placed); err != nil {
		return File{}, err
	}
	return f, nil
}

// content is that of an item, which is in mdat.
func (a *avif) content(item *avifItem, mdat box) ([]byte, error) {
	start, end := uint64(mdat.at), uint64(mdat.at+len(mdat.body))
	if !item.placed || item.size == 0 || item.offset < start || item.offset > end || item.size > end-item.offset {
		return nil, errors.New("an item of it is not in its box \"mdat\"")
	}
	return a.data[item.offset : item.offset+item.size], nil
}

// covers says which bytes of mdat belong to no item, or of two.
func covers(mdat box, items []*avifItem) error {
	slices.SortFunc(items, func(x, y *avifItem) int { return int(int64(x.offset) - int64(y.offset)) })
	at := uint64(mdat.at)
	for _, item := range items {
		switch {
		case item.offset > at:
			return fmt.Errorf("%d bytes of its box \"mdat\" belong to no item", item.offset-at)
		case item.offset < at:
			return errors.New("two items of it share bytes")
		}
		at += item.size
	}
	if end := uint64(mdat.at + len(mdat.body)); at != end {
		return fmt.Errorf("%d bytes of its box \"mdat\" belong to no item", end-at)
	}
	return nil
}

// sizes are the bodies of the properties ispe of an item.
func (a *avif) sizes(item *avifItem) (all []string) {
	for _, i := range item.properties {
		if a.props[i].kind == "ispe" {
			all = append(all, string(a.props[i].body))
		}
	}
	return all
}

// image reads an image, and returns its profile.
func (a *avif) image(item *avifItem, content []byte, width, height *int, alpha bool) (icc []byte, err error) {
	found := map[string]bool{}
	var config []byte
	for _, i := range item.properties {
		p := a.props[i]
		kind := p.kind
		r := reader{b: p.body}
		switch kind {
		case "av1C":
			config = p.body
			r.take(len(p.body))
		case "ispe":
			r.expect(4, 0)
			*width, *height = int(r.number(4)), int(r.number(4))
		case "pixi":
			r.expect(4, 0)
			n := int(r.number(1))
			r.bad = r.bad || n < 1 || n > 3
			r.take(n)
		case "auxC":
			r.bad = !alpha || string(r.take(len(avifAlpha))) != avifAlpha
		case "colr":
			color := string(r.take(4))
			if kind += " " + color; color == "nclx" {
				r.take(6)
				r.bad = r.bad || r.number(1)&0x7f != 0
			} else if r.bad = color != "prof" || alpha; !r.bad {
				icc = r.take(len(r.b))
			}
		default:
			return nil, fmt.Errorf("its property %q is one that no AVIF of webpress has", kind)
		}
		if !r.done() || found[kind] {
			return nil, damagedBox(p.kind)
		}
		found[kind] = true
	}
	if !found["av1C"] || !found["ispe"] || found["auxC"] != alpha {
		return nil, errors.New("a property is missing that an image has")
	}
	return icc, checkAV1(content, config, *width, *height)
}

// checkAV1 reads the units of a still image (AV1 specification, 5.3): a temporal
// delimiter, the header of the sequence, and one frame, as libaom writes them. Config is
// the body of av1C, which may hold the header of the sequence as well.
func checkAV1(data, config []byte, width, height int) error {
	const delimiter, sequence, frame = 2, 1, 6
	var header []byte
	for _, want := range []byte{delimiter, sequence, frame} {
		kind, body, rest, ok := unit(data)
		if !ok || kind != want || (want == delimiter) != (len(body) == 0) {
			return errors.New("its image is not one AV1 frame as libaom writes it")
		}
		if want == sequence {
			header = data[:len(data)-len(rest)]
			if w, h, ok := sequenceSize(body); !ok || w != width || h != height {
				return fmt.Errorf("its header says %dx%d, and the image in it is %dx%d", width, height, w, h)
			}
		}
		data = rest
	}
	switch {
	case len(data) > 0:
		return fmt.Errorf("%d bytes follow its image", len(data))
	case len(config) < 4 || config[0] != 0x81 || config[3] != 0 || len(config) > 4 && !bytes.Equal(config[4:], header):
		return damagedBox("av1C")
	}
	return nil
}

// unit takes an open bitstream unit off data, which says its size in as few bytes as that
// needs.
func unit(data []byte) (kind byte, body, rest []byte, ok bool) {
	if len(data) < 2 || data[0]&^(15<<3) != 2 {
		return 0, nil, nil, false
	}
	size, used := uint64(0), 0
	for i, b := range data[1:min(len(data), 6)] {
		size |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			used = i + 1
			break
		}
	}
	if used != max(1, (bits.Len64(size)+6)/7) || size > uint64(len(data)-1-used) {
		return 0, nil, nil, false
	}
	body = data[1+used:]
	return data[0] >> 3, body[:size], body[size:], true
}

// maxSequence is more bytes than the header of the sequence of a still image has.
const maxSequence = 24

// sequenceSize reads the size of the frame out of the header of a sequence that is a
// still image with a reduced header (AV1 specification, 5.5.1): no frame can have another
// one then.
func sequenceSize(body []byte) (width, height int, ok bool) {
	if len(body) > maxSequence {
		return 0, 0, false
	}
	at := 0
	read := func(n int) (v int) {
		for range n {
			v <<= 1
			if at/8 < len(body) {
				v |= int(body[at/8]>>(7-at%8)) & 1
			}
			at++
		}
		return v
	}
	profile, still, reduced := read(3), read(1), read(1)
	read(5) // the level
	across, down := read(4)+1, read(4)+1
	width, height = read(across)+1, read(down)+1
	return width, height, profile <= 2 && still == 1 && reduced == 1 && at <= 8*len(body)
}
