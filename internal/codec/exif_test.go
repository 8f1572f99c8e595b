package codec

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// exifBlock writes a TIFF stream with one orientation and a tag around it.
func exifBlock(order byteOrder, orientation int) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	for _, e := range [][2]int{{0x0100, 640}, {tagOrientation, orientation}, {0x0128, 2}} {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint16(b, 0)
	}
	return order.AppendUint32(b, 0)
}

func TestEXIFOrientation(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := range 10 {
			want := o
			if o > 8 {
				want = 0
			}
			b := exifBlock(order, o)
			if got := exifOrientation(b); got != want {
				t.Errorf("%v: %d, want %d", order, got, want)
			}
			if got := exifOrientation(append([]byte("Exif\x00\x00"), b...)); got != want {
				t.Errorf("%v with prefix: %d, want %d", order, got, want)
			}
		}
		b := exifBlock(order, 6)
		before := bytes.Clone(b)
		if got := exifOrientation(exifWithOrientation(b, 1)); got != 1 {
			t.Errorf("%v: %d after it was set to 1", order, got)
		}
		if !bytes.Equal(b, before) {
			t.Errorf("%v: the argument was written to", order)
		}
		for n := range b {
			if o := exifOrientation(b[:n]); o != 0 && o != 6 {
				t.Errorf("%v: %d of the first %d bytes", order, o, n)
			}
		}
	}
	far := exifBlock(binary.LittleEndian, 6)
	binary.LittleEndian.PutUint32(far[4:], 0xfffffff0)
	for _, b := range [][]byte{nil, []byte("Exif\x00\x00"), []byte("II*\x00"), far} {
		if o := exifOrientation(b); o != 0 {
			t.Errorf("%q: %d", b, o)
		}
		if got := exifWithOrientation(b, 1); !bytes.Equal(got, b) {
			t.Errorf("%q became %q", b, got)
		}
	}
}

func FuzzEXIF(f *testing.F) {
	f.Add(exifBlock(binary.LittleEndian, 6))
	f.Add(exifBlock(binary.BigEndian, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := exifOrientation(b)
		if o < 0 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
		fixed := exifWithOrientation(b, 1)
		if len(fixed) != len(b) || o != 0 && exifOrientation(fixed) != 1 {
			t.Fatalf("%d after it was set to 1", exifOrientation(fixed))
		}
	})
}
