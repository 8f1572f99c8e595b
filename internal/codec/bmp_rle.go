package codec

// unpackRLE makes pixels of run-length codes of 8 or 4 bits, and says whether they
// are all there. A code is two bytes: a count and what is repeated, or 0 and
// an escape (Microsoft, "Bitmap Compression"): 0 ends a row, 1 the image, 2 moves on
// by a column and a row count, and more is the count of pixels that follow as they
// are, padded to 16 bits. What is skipped has the first color.
func (f *bmpFile) unpackRLE(pix []byte) bool {
	const endOfRow, endOfImage, move = 0, 1, 2
	for i := 0; i < len(pix); i += 4 {
		copy(pix[i:], f.colors[0][:])
	}
	x, y := 0, 0
	// put sets the next pixel; what is beyond the end of a row is left out.
	put := func(index byte) {
		if x < f.w && y < f.h {
			copy(pix[4*(f.w*f.shown(y)+x):], f.colors[index][:])
		}
		x++
	}
	nibbles := f.bits == 4
	for in := f.pixels; len(in) >= 2 && y < f.h; {
		count, code := int(in[0]), in[1]
		in = in[2:]
		if count > 0 {
			for i := range count {
				switch {
				case !nibbles:
					put(code)
				case i%2 == 0:
					put(code >> 4)
				default:
					put(code & 15)
				}
			}
			continue
		}
		switch code {
		case endOfRow:
			x, y = 0, y+1
		case endOfImage:
			return true
		case move:
			if len(in) < 2 {
				return false
			}
			x, y, in = x+int(in[0]), y+int(in[1]), in[2:]
		default:
			n := int(code)
			if nibbles {
				n = (n + 1) / 2
			}
			if len(in) < n {
				return false
			}
			for i := range int(code) {
				switch {
				case !nibbles:
					put(in[i])
				case i%2 == 0:
					put(in[i/2] >> 4)
				default:
					put(in[i/2] & 15)
				}
			}
			in = in[min(len(in), n+n%2):]
		}
	}
	// Some writers leave out the last end of the image, or of the row.
	return y >= f.h || y == f.h-1 && x >= f.w
}
