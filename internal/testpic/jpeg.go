package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
)

// jpegFile encodes an image with cjpeg; the options choose subsampling and the
// like. Options of cjpeg: https://libjpeg-turbo.org/Documentation/Documentation.
func jpegFile(ctx context.Context, s studio, img *image.NRGBA, options ...string) ([]byte, error) {
	args := append(options, "-quality", "92", "-optimise", "-outfile", "OUT", "IN")
	return s.through(ctx, ".jpg", []input{{".ppm", ppm(img)}}, "cjpeg", args...)
}

func ppm(img *image.NRGBA) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "P6\n%d %d\n255\n", img.Rect.Dx(), img.Rect.Dy())
	for i := 0; i < len(img.Pix); i += 4 {
		b.Write(img.Pix[i : i+3])
	}
	return b.Bytes()
}

// insert puts application segments right behind a JPEG's start, where EXIF
// readers look for them. cjpeg's JFIF segment comes after them.
func insert(jpeg []byte, segments ...[]byte) []byte {
	out := append([]byte{}, jpeg[:2]...)
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(out, jpeg[2:]...)
}

// segment is a JPEG marker segment: 0xE1 for EXIF and XMP, 0xE2 for ICC and MPF.
func segment(marker byte, data []byte) []byte {
	b := []byte{0xFF, marker}
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)+2))
	return append(b, data...)
}

func profileSegment(profile []byte) []byte {
	return segment(0xE2, append([]byte("ICC_PROFILE\x00\x01\x01"), profile...))
}

func xmpSegment() []byte {
	return segment(0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00"+xmp))
}

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17.7E"/>` +
	`</rdf:RDF></x:xmpmeta>`

// An entry of a TIFF directory: its tag, its type and its value in bytes.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

// Types of TIFF values.
const (
	tiffByte     = 1
	tiffASCII    = 2
	tiffShort    = 3
	tiffLong     = 4
	tiffRational = 5
	tiffOpaque   = 7
)

// directory writes one big-endian directory that will lie at the given offset
// of its TIFF, with the values that do not fit behind it.
func directory(offset int, entries []entry) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(entries)))
	behind := offset + 2 + 12*len(entries) + 4
	var values []byte
	for _, e := range entries {
		b = binary.BigEndian.AppendUint16(b, e.tag)
		b = binary.BigEndian.AppendUint16(b, e.kind)
		b = binary.BigEndian.AppendUint32(b, e.count)
		if len(e.value) <= 4 {
			b = append(b, append(e.value, 0, 0, 0, 0)[:4]...)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(behind+len(values)))
		values = append(values, e.value...)
	}
	return append(append(b, 0, 0, 0, 0), values...)
}

const tiffHead = "MM\x00\x2a\x00\x00\x00\x08"

func short(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func long(v int) []byte  { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

// exif is an EXIF block with an orientation and, where asked for, a position.
func exif(orientation int, gps bool) []byte {
	entries := []entry{
		{0x010F, tiffASCII, 9, []byte("webpress\x00")},
		{0x0112, tiffShort, 1, short(orientation)},
	}
	if !gps {
		return append([]byte(tiffHead), directory(8, entries)...)
	}
	entries = append(entries, entry{0x8825, tiffLong, 1, long(0)})
	at := 8 + len(directory(8, entries))
	entries[2].value = long(at)
	degrees := func(d, m, s int) []byte {
		return bytes.Join([][]byte{long(d), long(1), long(m), long(1), long(s), long(1)}, nil)
	}
	position := []entry{
		{0, tiffByte, 4, []byte{2, 3, 0, 0}},
		{1, tiffASCII, 2, []byte("N\x00")},
		{2, tiffRational, 3, degrees(48, 51, 30)},
		{3, tiffASCII, 2, []byte("E\x00")},
		{4, tiffRational, 3, degrees(2, 17, 40)},
	}
	out := append([]byte(tiffHead), directory(8, entries)...)
	return append(out, directory(at, position)...)
}

func exifSegment(orientation int, gps bool) []byte {
	return segment(0xE1, append([]byte("Exif\x00\x00"), exif(orientation, gps)...))
}

// multi joins two JPEGs as CIPA DC-007 (MPF) has it, the way a phone stores a
// gain map: readers that do not know of it see the first.
func multi(first, second []byte) []byte {
	mp := func(offset, size1, size2 int) []byte {
		images := bytes.Join([][]byte{
			long(0x030000), long(size1), long(0), short(0), short(0), // the primary image
			long(0), long(size2), long(offset), short(0), short(0),
		}, nil)
		return segment(0xE2, append([]byte("MPF\x00"+tiffHead), directory(8, []entry{
			{0xB000, tiffOpaque, 4, []byte("0100")},
			{0xB001, tiffLong, 1, long(2)},
			{0xB002, tiffOpaque, 32, images},
		})...))
	}
	size := len(insert(first, mp(0, 0, 0)))
	// Offsets count from the TIFF header: behind start, marker, length, name.
	return append(insert(first, mp(size-10, size, len(second))), second...)
}

// inked writes the inks of an image as they are, inverted as Adobe's programs
// do. No tool at hand writes it, so it is put together of four progressive JPEGs
// of one component each.
func inked(ctx context.Context, s studio, img *image.NRGBA) ([]byte, error) {
	frame := []byte{8, 0, 0, 0, 0, 4}
	binary.BigEndian.PutUint16(frame[1:], uint16(img.Rect.Dy()))
	binary.BigEndian.PutUint16(frame[3:], uint16(img.Rect.Dx()))
	var tables, scans []byte
	for c := range 4 {
		plate := image.NewNRGBA(img.Rect)
		for i := 0; i < len(img.Pix); i += 4 {
			k := max(img.Pix[i], img.Pix[i+1], img.Pix[i+2], 1)
			v := k
			if c < 3 {
				v = uint8((int(img.Pix[i+c])*255 + int(k)/2) / int(k))
			}
			copy(plate.Pix[i:], []byte{v, v, v, 255})
		}
		data, err := jpegFile(ctx, s, plate, "-progressive", "-grayscale")
		if err != nil {
			return nil, err
		}
		id := byte(c + 1)
		frame = append(frame, id, 0x11, 0)
		for _, part := range parts(data) {
			switch part[1] {
			case 0xDB: // all of them have the same
				tables = part
			case 0xC4:
				scans = append(scans, part...)
			case 0xDA:
				part[5] = id
				scans = append(scans, part...)
			}
		}
	}
	return bytes.Join([][]byte{
		{0xFF, 0xD8}, segment(0xEE, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")), tables, segment(0xC2, frame), scans, {0xFF, 0xD9},
	}, nil), nil
}

// parts splits what is between the start and the end of a JPEG into segments, a
// scan with the bits that follow it.
func parts(jpeg []byte) (all [][]byte) {
	for at := 2; jpeg[at+1] != 0xD9; {
		end := at + 2 + int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if jpeg[at+1] == 0xDA {
			for jpeg[end] != 0xFF || jpeg[end+1] == 0 {
				end++
			}
		}
		all = append(all, jpeg[at:end])
		at = end
	}
	return all
}
