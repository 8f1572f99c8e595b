package codec

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Tags that lead to further directories (EXIF 2.32, 4.6.3).
const (
	tagExif    = 0x8769
	tagInterop = 0xa005
)

// tiffKept are the tags of a page that say something about the image and not about
// how it is stored (TIFF 6.0, section 8; EXIF 2.32, 4.6.4; TIFF/EP; Windows' own).
var tiffKept = map[uint16]bool{
	269: true, 270: true, 271: true, 272: true, // DocumentName, ImageDescription, Make, Model
	285: true, 305: true, 306: true, 315: true, 316: true, // PageName, Software, DateTime, Artist, HostComputer
	18246: true, 18249: true, // Rating, RatingPercent
	33432: true, 33434: true, 33437: true, // Copyright, ExposureTime, FNumber
	tiffIPTC: true, tagExif: true, 34850: true, tagGPS: true, 34855: true, // ExposureProgram, ISOSpeedRatings
	36867: true, 37377: true, 37378: true, 37380: true, 37383: true, 37385: true, 37386: true, // DateTimeOriginal to FocalLength
	40091: true, 40092: true, 40093: true, 40094: true, 40095: true, // XPTitle to XPSubject
}

// tiffBeside are tags that are kept where one of tiffKept is there: XResolution,
// YResolution, ResolutionUnit.
var tiffBeside = map[uint16]bool{282: true, 283: true, 296: true}

// tiffMeta reads what the first page holds beside pixels; EXIF, XMP and IPTC only where
// asked for.
func tiffMeta(v *view, all bool) meta {
	var m meta
	d, ok := firstDirectory(v)
	if !ok {
		return m
	}
	m.ICC = d.block(v, tiffICC)
	if all {
		if m.IPTC = d.block(v, tiffIPTC); m.IPTC == nil {
			m.IPTC = photoshopIPTC(d.block(v, tiffPhotoshop))
		}
		m.XMP, m.EXIF = d.block(v, tiffXMP), d.exif(v, m.IPTC)
	}
	return m
}

// block returns a copy of the bytes of a tag that holds a file of its own, or nil.
func (d directory) block(v *view, tag uint16) []byte {
	kind, count, b := d.find(v, tag)
	if kind >= len(tiffSizes) || count*tiffSizes[kind] != int64(len(b)) || len(b) < 5 {
		return nil
	}
	return bytes.Clone(b)
}

// exif returns an EXIF block of what the directory of a page says, nil if it says
// nothing and there is no IPTC either. Values keep their byte order, and so does the
// block.
func (d directory) exif(v *view, iptc []byte) []byte {
	var room int64 = maxInflated
	tags := d.copy(v, func(tag uint16) bool { return tag != tiffIPTC && (tiffKept[tag] || tiffBeside[tag]) }, 0, &room)
	if iptc != nil {
		tags = append(tags, exifTag{tag: tiffIPTC, kind: tiffUndefined, count: len(iptc), data: iptc})
	}
	if !slices.ContainsFunc(tags, func(t exifTag) bool { return tiffKept[t.tag] }) {
		return nil
	}
	if o := d.number(v, tagOrientation); o >= 1 && o <= 8 {
		tags = append(tags, exifTag{tag: tagOrientation, kind: tiffShort, count: 1, data: d.append16(nil, int(o))})
	}
	out := []byte("II*\x00")
	if d.order == binary.ByteOrder(binary.BigEndian) {
		out = []byte("MM\x00*")
	}
	return d.write(d.append32(out, 8), tags)
}

// An exifTag is an entry of a directory that is written, with its values, or with
// the directory that it leads to.
type exifTag struct {
	tag   uint16
	kind  int
	count int
	data  []byte
	sub   []exifTag
}

// copy returns the entries that are wanted, with the directories below. The depth of
// these is limited, and room is the bytes that values may take.
func (d directory) copy(v *view, wanted func(uint16) bool, depth int, room *int64) []exifTag {
	var tags []exifTag
	d.each(func(tag uint16, entry []byte) bool {
		kind, count, values := d.values(v, entry)
		if !wanted(tag) || kind == 0 || kind >= len(tiffSizes) || count*tiffSizes[kind] != int64(len(values)) || len(values) == 0 {
			return true
		}
		switch tag {
		case tagExif, tagGPS, tagInterop:
			sub, ok := d.at(v, d.number(v, tag))
			if !ok || depth > 1 {
				return true
			}
			if below := sub.copy(v, func(uint16) bool { return true }, depth+1, room); len(below) > 0 {
				tags = append(tags, exifTag{tag: tag, kind: tiffLong, count: 1, sub: below})
			}
			return true
		}
		if *room -= int64(len(values)) + 12; *room < 0 || kind > tiffDouble {
			return *room >= 0
		}
		tags = append(tags, exifTag{tag: tag, kind: kind, count: int(count), data: bytes.Clone(values)})
		return true
	})
	return tags
}

// write appends a directory, its values and the directories below to an EXIF block.
func (d directory) write(out []byte, tags []exifTag) []byte {
	slices.SortStableFunc(tags, func(a, b exifTag) int { return int(a.tag) - int(b.tag) })
	tags = slices.CompactFunc(tags, func(a, b exifTag) bool { return a.tag == b.tag })
	out = d.append16(out, len(tags))
	entries := len(out)
	out = append(out, make([]byte, 12*len(tags)+4)...) // no further directory
	for i, t := range tags {
		entry := d.append32(d.append16(d.append16(nil, int(t.tag)), t.kind), t.count)
		if t.sub == nil && len(t.data) <= 4 {
			copy(out[entries+12*i:], append(entry, t.data...))
			continue
		}
		out = append(out, make([]byte, len(out)&1)...) // offsets are even
		copy(out[entries+12*i:], d.append32(entry, len(out)))
		if t.sub != nil {
			out = d.write(out, t.sub)
		} else {
			out = append(out, t.data...)
		}
	}
	return out
}

func (d directory) append16(b []byte, v int) []byte {
	b = append(b, 0, 0)
	d.order.PutUint16(b[len(b)-2:], uint16(v))
	return b
}

func (d directory) append32(b []byte, v int) []byte {
	b = append(b, 0, 0, 0, 0)
	d.order.PutUint32(b[len(b)-4:], uint32(v))
	return b
}
