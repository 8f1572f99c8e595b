//go:build cgo

package score

import "encoding/binary"

// absorbance is how much of red, green and blue light the cones of the eye take in, as XYB
// has it, in rows for long, medium and short waves.
var absorbance = [9]float64{
	0.30, 1 - 0.078 - 0.30, 0.078,
	0.23, 1 - 0.078 - 0.23, 0.078,
	0.24342268924547819, 0.20476744424496821, 1 - 0.24342268924547819 - 0.20476744424496821,
}

// fromXYZ makes linear sRGB of XYZ under the light of profiles, D50.
var fromXYZ = [9]float64{
	3.1338561, -1.6168667, -0.4906146,
	-0.9787684, 1.9161415, 0.0334540,
	0.0719453, -0.2289914, 1.4052427,
}

// matrixOf makes the mixtures of XYB out of the light of samples in the colors of a profile,
// which are sRGB's where it does not name its primaries.
func matrixOf(icc []byte) (m [9]float32) {
	out := absorbance
	if primaries, ok := primariesOf(icc); ok {
		out = product(absorbance, product(fromXYZ, primaries))
	}
	for i, v := range out {
		m[i] = float32(v)
	}
	return m
}

func product(a, b [9]float64) (c [9]float64) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[3*i+j] += a[3*i+k] * b[3*k+j]
			}
		}
	}
	return c
}

// primariesOf reads the tags rXYZ, gXYZ and bXYZ of a profile (ICC.1:2010, 7.3, 9.2 and
// 10.31), which become columns. They have to add up to white.
func primariesOf(icc []byte) (m [9]float64, ok bool) {
	const header, entry, most = 128, 12, 100
	if len(icc) < header+4 {
		return m, false
	}
	n := binary.BigEndian.Uint32(icc[header:])
	found := 0
	for i := range min(n, most) {
		at := header + 4 + entry*int(i)
		if at+entry > len(icc) {
			return m, false
		}
		var column int
		switch string(icc[at : at+4]) {
		case "rXYZ":
			column = 0
		case "gXYZ":
			column = 1
		case "bXYZ":
			column = 2
		default:
			continue
		}
		offset := uint64(binary.BigEndian.Uint32(icc[at+4:]))
		if offset+20 > uint64(len(icc)) {
			return m, false
		}
		for k := range 3 {
			m[3*k+column] = float64(int32(binary.BigEndian.Uint32(icc[offset+8+4*uint64(k):]))) / 65536
		}
		found |= 1 << column
	}
	white := [3]float64{0.9642, 1, 0.8249}
	for k, want := range white {
		if sum := m[3*k] + m[3*k+1] + m[3*k+2]; sum < want-0.02 || sum > want+0.02 {
			return m, false
		}
	}
	return m, found == 7
}
