package main

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// A space is a colour space with the sRGB curve: a name and the XYZ values of
// red, green and blue, adapted to D50.
type space struct {
	name      string
	primaries [3][3]float64
}

var (
	sRGB      = space{"sRGB", [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}}
	displayP3 = space{"Display P3", [3][3]float64{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}}
)

// profile returns an ICC profile, version 4.3, https://www.color.org/specification/ICC1v43_2010-12.pdf.
func (s space) profile() []byte {
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), s15f16(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	xyz := func(v [3]float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), s15f16(v[:]...)...) }
	adapt := append([]byte("sf32\x00\x00\x00\x00"), s15f16(1.04788, 0.02292, -0.05020, 0.02959, 0.99048, -0.01706, -0.00923, 0.01508, 0.75168)...)
	tags := []chunk{
		{"desc", localised(s.name)},
		{"cprt", localised("Public domain")},
		{"wtpt", xyz([3]float64{0.9642, 1, 0.8249})},
		{"chad", adapt},
		{"rXYZ", xyz(s.primaries[0])},
		{"gXYZ", xyz(s.primaries[1])},
		{"bXYZ", xyz(s.primaries[2])},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}

	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	start := 128 + 4 + 12*len(tags)
	for _, t := range tags {
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(start+len(body)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
		body = append(body, t.data...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}

	head := make([]byte, 128)
	binary.BigEndian.PutUint32(head, uint32(start+len(body)))
	binary.BigEndian.PutUint32(head[8:], 0x04300000)
	copy(head[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2024, 1, 1, 0, 0, 0} {
		binary.BigEndian.PutUint16(head[24+2*i:], v)
	}
	copy(head[36:], "acsp")
	copy(head[68:], s15f16(0.9642, 1, 0.8249))
	return append(append(head, table...), body...)
}

// s15f16 writes numbers as s15Fixed16.
func s15f16(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

// localised writes an English text as multiLocalizedUnicodeType.
func localised(text string) []byte {
	units := utf16.Encode([]rune(text))
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(units)))
	b = binary.BigEndian.AppendUint32(b, 28)
	for _, u := range units {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}
