package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// An ifdEntry is an entry of a directory; values of more than four bytes go behind
// the directory.
type ifdEntry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

// ifd writes a directory that begins at an offset.
func ifd(order byteOrder, at int, entries ...ifdEntry) []byte {
	b := order.AppendUint16(nil, uint16(len(entries)))
	behind := at + 2 + 12*len(entries) + 4
	var values []byte
	for _, e := range entries {
		b = order.AppendUint16(b, e.tag)
		b = order.AppendUint16(b, e.kind)
		b = order.AppendUint32(b, e.count)
		if len(e.value) <= 4 {
			b = append(append(b, e.value...), make([]byte, 4-len(e.value))...)
			continue
		}
		b = order.AppendUint32(b, uint32(behind+len(values)))
		values = append(values, e.value...)
	}
	return append(order.AppendUint32(b, 0), values...)
}

// degrees are the three rationals of a latitude or longitude.
func degrees(order byteOrder, of ...uint32) (b []byte) {
	for _, v := range of {
		b = order.AppendUint32(b, v)
	}
	return b
}

// gpsBlock is an EXIF block with a position, or with the entries that are given.
func gpsBlock(order byteOrder, entries ...ifdEntry) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	if len(entries) == 0 {
		entries = []ifdEntry{
			{1, 2, 2, []byte("N\x00")},
			{gpsLatitude, tiffRational, 3, degrees(order, 48, 1, 51, 1, 30, 1)},
			{3, 2, 2, []byte("E\x00")},
			{gpsLongitude, tiffRational, 3, degrees(order, 2, 1, 17, 1, 40, 1)},
		}
	}
	const first = 8
	at := first + 2 + 2*12 + 4
	b = append(order.AppendUint32(b, first), ifd(order, first,
		ifdEntry{tagOrientation, 3, 1, order.AppendUint16(nil, 1)},
		ifdEntry{tagGPS, 4, 1, order.AppendUint32(nil, uint32(at))})...)
	return append(b, ifd(order, at, entries...)...)
}

func TestEXIFPosition(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		whole := gpsBlock(order)
		self := gpsBlock(order)
		order.PutUint32(self[8+2+12+8:], 8) // the position is said to be in the first directory
		far := gpsBlock(order)
		order.PutUint32(far[8+2+12+8:], 0xfffffff0)
		for _, tc := range []struct {
			name string
			exif []byte
			want bool
		}{
			{"both", whole, true},
			{"with a prefix", append([]byte("Exif\x00\x00"), whole...), true},
			{"latitude alone", gpsBlock(order, ifdEntry{gpsLatitude, tiffRational, 3, degrees(order, 48, 1, 51, 1, 30, 1)}), true},
			{"longitude alone", gpsBlock(order, ifdEntry{gpsLongitude, tiffRational, 1, degrees(order, 2, 1)}), true},
			{"at the equator", gpsBlock(order, ifdEntry{gpsLatitude, tiffRational, 3, degrees(order, 0, 1, 0, 1, 0, 1)}), true},
			{"no fix", gpsBlock(order, ifdEntry{gpsLatitude, tiffRational, 3, degrees(order, 0, 0, 0, 0, 0, 0)}), false},
			{"no values", gpsBlock(order, ifdEntry{gpsLatitude, tiffRational, 0, nil}), false},
			{"as a text", gpsBlock(order, ifdEntry{gpsLatitude, 2, 8, []byte("48.8583\x00")}), true},
			{"of an unknown type", gpsBlock(order, ifdEntry{gpsLatitude, 99, 1, []byte{1}}), false},
			{"of type 0", gpsBlock(order, ifdEntry{gpsLatitude, 0, 1, []byte{1}}), false},
			{"altitude alone", gpsBlock(order, ifdEntry{6, tiffRational, 1, degrees(order, 35, 1)}), false},
			{"time alone", gpsBlock(order, ifdEntry{7, tiffRational, 3, degrees(order, 12, 1, 0, 1, 0, 1)}), false},
			{"destination alone", gpsBlock(order, ifdEntry{20, tiffRational, 3, degrees(order, 48, 1, 51, 1, 30, 1)}), false},
			{"no directory for it", exifBlock(order, 1), false},
			{"a loop", self, false},
			{"out of the block", far, false},
			{"nothing", nil, false},
			{"no header", whole[8:], false},
		} {
			if got := exifPosition(tc.exif); got != tc.want {
				t.Errorf("%v, %s: %v", order, tc.name, got)
			}
		}
		for n := range whole {
			if exifPosition(whole[:n]) && n < len(whole)-48+8 {
				t.Errorf("%v: a position in the first %d of %d bytes", order, n, len(whole))
			}
		}
	}
}

func TestXMPPosition(t *testing.T) {
	wide := func(s string) (b string) {
		for _, r := range s {
			b += "\x00" + string(r)
		}
		return b
	}
	for _, tc := range []struct {
		xmp  string
		want bool
	}{
		{`<rdf:Description exif:GPSLatitude="48,51.5N"/>`, true},
		{`<rdf:Description exif:GPSLongitude = '2,17.7E'/>`, true},
		{`<exif:GPSLatitude>48,51.5N</exif:GPSLatitude>`, true},
		{"<e:GPSLongitude xml:lang='x'>\n2,17.7E\n</e:GPSLongitude>", true},
		{wide(`<exif:GPSLatitude>48,51.5N</exif:GPSLatitude>`), true},
		{`<exif:GPSLatitude x=""/><exif:GPSLongitude>2,17.7E</exif:GPSLongitude>`, true},
		{`<rdf:Description exif:GPSLatitudeRef="N" exif:GPSLongitude="2,17.7E"`, true},
		{`cut: exif:GPSLatitude exif:GPSLongitude="2,17.7E"`, true},
		{`<rdf:Description exif:GPSLatitude=""/>`, false},
		{`<rdf:Description exif:GPSLatitude = ''>text</rdf:Description>`, false},
		{`<rdf:Description exif:GPSLatitude="`, false},
		{`<exif:GPSLatitude x="1"/>text`, false},
		{`<exif:GPSLatitude <x>text</x>`, false},
		{`<exif:GPSLatitude >`, false},
		{`<exif:GPSLatitude `, false},
		{`<exif:GPSLatitude`, false},
		{`<exif:GPSLatitude></exif:GPSLatitude>`, false},
		{"<exif:GPSLatitude>\n</exif:GPSLatitude>\n<x/>", false},
		{`<exif:GPSLatitude/>`, false},
		{`<exif:GPSLatitudeRef>N</exif:GPSLatitudeRef>`, false},
		{`<exif:GPSDestLatitude>48,51.5N</exif:GPSDestLatitude>`, false},
		{`<exif:GPSAltitude>35/1</exif:GPSAltitude>`, false},
		{`<exif:GPSVersionID>2.3.0.0</exif:GPSVersionID>`, false},
		{`<dc:description>GPSLatitude</dc:description>`, false},
		{``, false},
	} {
		if got := xmpPosition([]byte(tc.xmp)); got != tc.want {
			t.Errorf("%s: %v", tc.xmp, got)
		}
	}
}

func TestTIFFPosition(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		// tiffBytes puts the pixels of the first page behind the header of 8 bytes.
		gps := func(entries ...ifdEntry) tiffPage {
			return tiffPage{rgbTags(1, 1, tiffTags{tagGPS: []int{8}}), ifd(order, 8, entries...)}
		}
		plain := tiffPage{rgbTags(1, 1, nil), []byte{1, 2, 3}}
		paris := ifdEntry{gpsLatitude, tiffRational, 3, degrees(order, 48, 1, 51, 1, 30, 1)}
		second := tiffPage{rgbTags(1, 1, tiffTags{tagGPS: []int{8}}), nil}
		holder := tiffPage{rgbTags(1, 1, nil), ifd(order, 8, paris)}
		for _, tc := range []struct {
			name string
			data []byte
			want bool
		}{
			{"none", tiffBytes(order, plain), false},
			{"latitude", tiffBytes(order, gps(paris)), true},
			{"longitude", tiffBytes(order, gps(ifdEntry{gpsLongitude, tiffRational, 1, degrees(order, 2, 1)})), true},
			{"altitude alone", tiffBytes(order, gps(ifdEntry{6, tiffRational, 1, degrees(order, 35, 1)})), false},
			{"of the second page", tiffBytes(order, holder, second), true},
			{"behind the file", tiffBytes(order, tiffPage{rgbTags(1, 1, tiffTags{tagGPS: []int{1 << 30}}), nil}), false},
		} {
			if o, err := header(tc.data, true); err != nil || o.Position != tc.want {
				t.Errorf("%v, %s: %v, %v", order, tc.name, o.Position, err)
			}
		}
	}
}

func TestTIFFLoopIsReadOnce(t *testing.T) {
	order := binary.LittleEndian
	xmp := bytes.Repeat([]byte(":GPSLatitude "), 1<<16)
	page := tiffPage{rgbTags(1, 1, tiffTags{tiffXMP: xmp}), nil}
	data := tiffBytes(order, page, page)
	first := int64(order.Uint32(data[4:]))
	v := newView(bytes.NewReader(data), int64(len(data)))
	d, _ := firstDirectory(v)
	for _, to := range []int64{first, d.next} {
		// The second directory is the last thing in the file.
		order.PutUint32(data[len(data)-4:], uint32(to))
		r := &countingReader{ReaderAt: bytes.NewReader(data)}
		o, err := ReadHeader(r, int64(len(data)), true)
		if err != nil || o.Position || r.n > 2*len(xmp)+8*viewPage {
			t.Errorf("a loop to %d: %v, %d bytes read, %v", to, o.Position, r.n, err)
		}
	}
}

func TestHEIFPosition(t *testing.T) {
	heic := picture(t, "heic/rotated.heic")
	// The brand alone identifies an AVIF.
	avif := bytes.Clone(heic)
	copy(avif[8:], "avif")
	other := bytes.Clone(heic)
	at := bytes.Index(other, []byte("Exif\x00"))
	if at < 0 {
		t.Fatal("the image has no Exif item")
	}
	copy(other[at:], "Exjf")
	for name, tc := range map[string]struct {
		data []byte
		want Header
	}{
		"heic":         {heic, Header{Format: "heic", Width: 192, Height: 128, Position: true}},
		"avif":         {avif, Header{Format: "avif", Width: 192, Height: 128, Position: true}},
		"another item": {other, Header{Format: "heic", Width: 192, Height: 128}},
	} {
		if got, err := header(tc.data, true); err != nil || got != tc.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// BenchmarkXMPPosition has files that are to keep it busy: each is 4 MiB.
func BenchmarkXMPPosition(b *testing.B) {
	for _, s := range []string{"x", ":GPSLatitude ", ":GPSLatitude>\n<", ":GPSLatitude= ", "\x00:\x00G"} {
		xmp := bytes.Repeat([]byte(s), maxInflated/len(s))
		if xmpPosition(xmp) {
			b.Fatalf("%q is taken for something else", s)
		}
		b.Run(fmt.Sprintf("%q", s), func(b *testing.B) {
			b.SetBytes(int64(len(xmp)))
			for b.Loop() {
				xmpPosition(xmp)
			}
		})
	}
}

func FuzzPosition(f *testing.F) {
	f.Add(gpsBlock(binary.LittleEndian))
	f.Add(gpsBlock(binary.BigEndian))
	f.Add(exifBlock(binary.BigEndian, 3))
	f.Add([]byte(`<rdf:Description exif:GPSLatitude="48,51.5N"/>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		has := exifPosition(b)
		if prefixed := exifPosition(append([]byte("Exif\x00\x00"), b...)); has && !prefixed {
			t.Fatal("a position is lost behind a prefix")
		}
		// What is behind a block does not matter to one that has a position.
		if has && !exifPosition(append(b[:len(b):len(b)], 0)) {
			t.Fatal("a position is lost with a byte more")
		}
		_ = xmpPosition(b)
	})
}
