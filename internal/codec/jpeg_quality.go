package codec

import (
	"encoding/binary"
	"math"
)

// The quantization tables of quality 50 (ITU-T T.81, K.1), which IJG's qualities scale.
var (
	jpegLuma = [64]int{
		16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
	}
	jpegChroma = [64]int{
		17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// jpegQualitySum is the sum of a table at a quality, 1 to 100, as libjpeg's
// jpeg_quality_scaling and jpeg_add_quant_table have it for baseline files.
func jpegQualitySum(table *[64]int, quality int) (sum int) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for _, v := range table {
		sum += max(1, min(255, (v*scale+50)/100))
	}
	return sum
}

// JPEGQuality estimates the quality on IJG's scale, 1 to 100, that a JPEG was encoded
// with. It is exact for the tables of libjpeg; for others it is the quality whose tables
// have the sum that is nearest, the method of ImageMagick's JPEGSetImageQuality
// (coders/jpeg.c), but for colors that share the table of the brightness: it counts for
// both. By the tables of mozjpeg, 50, 60, 75 and 85 are 42, 51, 69 and 81, and look on six
// photos like 45, 53, 72 and 83 (medians of butteraugli and SSIMULACRA). It is not ok where
// data is not a JPEG with quantization tables before its first scan.
func JPEGQuality(data []byte) (quality int, ok bool) {
	luma, chroma := jpegTableSums(data)
	if luma == 0 {
		return 0, false
	}
	nearest := math.MaxInt
	for q := 100; q >= 1; q-- {
		want := jpegQualitySum(&jpegLuma, q)
		if chroma > 0 {
			want += jpegQualitySum(&jpegChroma, q)
		}
		if off := max(want-luma-chroma, luma+chroma-want); off < nearest {
			quality, nearest = q, off
		}
	}
	return quality, true
}

// jpegTableSums returns the sums of the tables that the first component and the second
// one use, as they are at the first scan; 0 is none.
func jpegTableSums(data []byte) (luma, chroma int) {
	var sums [4]int
	first, second := -1, -1
	if len(data) < 2 || data[0] != 0xff || data[1] != 0xd8 {
		return 0, 0
	}
	for rest := data[2:]; len(rest) >= 4; {
		marker := rest[1]
		if rest[0] != 0xff || marker == 0xff || marker <= 1 || marker >= 0xd0 && marker <= 0xd8 {
			rest = rest[1:] // a stray or a fill byte, or half of a marker without a body
			continue
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < 2 || 2+n > len(rest) {
			break
		}
		body := rest[4 : 2+n]
		rest = rest[2+n:]
		switch {
		case marker == 0xdb:
			readJPEGTables(body, &sums)
		case isJPEGFrame(marker) && len(body) >= 9:
			first = int(body[8])
			if len(body) >= 12 && body[5] > 1 {
				second = int(body[11])
			}
		case marker == 0xda, marker == 0xd9:
			rest = nil
		}
	}
	if first < 0 || first > 3 {
		return 0, 0
	}
	if luma = sums[first]; second >= 0 && second <= 3 {
		chroma = sums[second]
	}
	return luma, chroma
}

// readJPEGTables adds up the tables of a DQT segment (ITU-T T.81, B.2.4.1): each has a
// byte of precision and number, and 64 values of a byte or two.
func readJPEGTables(body []byte, sums *[4]int) {
	for len(body) > 0 {
		size, number := 1, body[0]&15
		if body[0]>>4 != 0 {
			size = 2
		}
		if len(body) < 1+64*size || number > 3 {
			return
		}
		sums[number] = 0
		for i := range 64 {
			v := int(body[1+i*size])
			if size == 2 {
				v = v<<8 | int(body[2+i*size])
			}
			sums[number] += v
		}
		body = body[1+64*size:]
	}
}
