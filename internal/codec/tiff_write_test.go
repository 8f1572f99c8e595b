package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"testing"
)

// Tags of TIFF that only tests name.
const (
	tiffBits         = 258
	tiffCompression  = 259
	tiffPhotometric  = 262
	tiffFillOrder    = 266
	tiffSamples      = 277
	tiffRowsPerStrip = 278
	tiffPlanar       = 284
	tiffT4Options    = 292
	tiffPredictor    = 317
	tiffColorMap     = 320
	tiffTileWidth    = 322
	tiffTileHeight   = 323
	tiffInkSet       = 332
	tiffExtraSamples = 338
	tiffSampleFormat = 339
	tiffSubsampling  = 530
)

// A tiffWriter writes TIFFs for tests.
type tiffWriter struct {
	order byteOrder
	big   bool
	// swapped writes the tags in descending order.
	swapped bool
}

// file builds a TIFF of one page of strips, or of tiles where the tags have a tile's
// width. Values of tags are []int, string, []byte (UNDEFINED), [][2]int (RATIONAL) or
// tiffTags (a directory).
func (w tiffWriter) file(tags tiffTags, chunks ...[]byte) []byte {
	head := "II"
	if w.order == byteOrder(binary.BigEndian) {
		head = "MM"
	}
	file := w.order.AppendUint16([]byte(head), 42)
	file = append(file, 0, 0, 0, 0)
	if w.big {
		file = w.order.AppendUint16([]byte(head), 43)
		file = append(w.order.AppendUint16(file, 8), make([]byte, 10)...)
	}
	tags = maps.Clone(tags)
	offsets, sizes := 273, 279
	if tags[tiffTileWidth] != nil {
		offsets, sizes = 324, 325
	}
	var at, lengths []int
	for _, c := range chunks {
		at, lengths = append(at, len(file)), append(lengths, len(c))
		file = append(file, c...)
	}
	tags[uint16(offsets)], tags[uint16(sizes)] = at, lengths
	file, first := w.directory(file, tags)
	if w.big {
		w.order.PutUint64(file[8:], uint64(first))
	} else {
		w.order.PutUint32(file[4:], uint32(first))
	}
	return file
}

// word appends a count or an offset.
func (w tiffWriter) word(b []byte, v int) []byte {
	if w.big {
		return w.order.AppendUint64(b, uint64(v))
	}
	return w.order.AppendUint32(b, uint32(v))
}

// directory appends values and a directory to a file, and says where that begins.
func (w tiffWriter) directory(file []byte, tags tiffTags) ([]byte, int) {
	dir := w.order.AppendUint16(nil, uint16(len(tags)))
	if w.big {
		dir = w.order.AppendUint64(nil, uint64(len(tags)))
	}
	numbers := slices.Sorted(maps.Keys(tags))
	if w.swapped {
		slices.Reverse(numbers)
	}
	for _, tag := range numbers {
		var kind, n int
		var data []byte
		switch v := tags[tag].(type) {
		case []byte:
			kind, n, data = tiffUndefined, len(v), v
		case string:
			kind, n, data = 2, len(v)+1, append([]byte(v), 0)
		case [][2]int:
			kind, n = tiffRational, len(v)
			for _, v := range v {
				data = w.order.AppendUint32(w.order.AppendUint32(data, uint32(v[0])), uint32(v[1]))
			}
		case tiffTags:
			var at int
			file, at = w.directory(file, v)
			kind, n, data = tiffLong, 1, w.order.AppendUint32(nil, uint32(at))
		case []int:
			kind, n = tiffShort, len(v)
			if slices.Max(v) > 65535 {
				kind = tiffLong
			}
			for _, v := range v {
				if kind == tiffShort {
					data = w.order.AppendUint16(data, uint16(v))
				} else {
					data = w.order.AppendUint32(data, uint32(v))
				}
			}
		}
		dir = w.order.AppendUint16(w.order.AppendUint16(dir, tag), uint16(kind))
		dir = w.word(dir, n)
		if room := len(w.word(nil, 0)); len(data) <= room {
			dir = append(append(dir, data...), make([]byte, room-len(data))...)
			continue
		}
		dir = w.word(dir, len(file))
		file = append(file, data...)
	}
	at := len(file)
	return w.word(append(file, dir...), 0), at
}

// A raster is samples that are to be stored: what the s-th sample of a pixel is.
type raster struct {
	w, h, bits, samples int
	float               bool
	at                  func(x, y, s int) uint64
}

// rows packs a part of the samples, each row to whole bytes: all samples of a pixel,
// or one. If the part is beyond the raster, samples are 0.
func (r raster) rows(order byteOrder, x0, y0, w, h int, samples ...int) []byte {
	var out []byte
	for y := y0; y < y0+h; y++ {
		var acc, held uint64
		for x := x0; x < x0+w; x++ {
			for _, s := range samples {
				var v uint64
				if x < r.w && y < r.h {
					v = r.at(x, y, s)
				}
				switch r.bits {
				case 16:
					out = order.AppendUint16(out, uint16(v))
				case 32:
					out = order.AppendUint32(out, uint32(v))
				case 64:
					out = order.AppendUint64(out, v)
				default:
					acc, held = acc<<r.bits|v, held+uint64(r.bits)
					for ; held >= 8; held -= 8 {
						out = append(out, byte(acc>>(held-8)))
					}
				}
			}
		}
		if held > 0 {
			out = append(out, byte(acc<<(8-held)))
		}
	}
	return out
}

// chunks cuts a raster into chunks of w x h, planes one after the other where they
// are apart.
func (r raster) chunks(order byteOrder, tiled, planar bool, w, h int) (out [][]byte) {
	all := make([]int, r.samples)
	for i := range all {
		all[i] = i
	}
	planes := [][]int{all}
	if planar {
		planes = nil
		for _, s := range all {
			planes = append(planes, []int{s})
		}
	}
	for _, plane := range planes {
		for y := 0; y < r.h; y += h {
			for x := 0; x < r.w; x += w {
				rows := h
				if !tiled {
					rows = min(h, r.h-y)
				}
				out = append(out, r.rows(order, x, y, w, rows, plane...))
			}
		}
	}
	return out
}

// Ways of compression, as far as a test can do them in a few lines.
var tiffPackers = map[int]func(testing.TB, []byte) []byte{
	1: func(_ testing.TB, b []byte) []byte { return b },
	5: lzwOfTIFF,
	8: func(t testing.TB, b []byte) []byte {
		var out bytes.Buffer
		z := zlib.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	},
	32773: func(_ testing.TB, b []byte) (out []byte) { // literals alone
		for c := range slices.Chunk(b, 128) {
			out = append(append(out, byte(len(c)-1)), c...)
		}
		return out
	},
	50000: func(_ testing.TB, b []byte) []byte { // RFC 8878: a frame of raw blocks
		out := binary.LittleEndian.AppendUint32(nil, 0xfd2fb528)
		out = append(out, 0xa0) // one segment, its size in 32 bits
		out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
		head := uint32(len(b))<<3 | 1 // the last block
		return append(append(out, byte(head), byte(head>>8), byte(head>>16)), b...)
	},
}

// lzwOfTIFF packs without looking for anything that repeats (TIFF 6.0, section 13):
// codes of 9 bits from the highest bit down, and the table is cleared before they
// would need 10.
func lzwOfTIFF(_ testing.TB, b []byte) (out []byte) {
	var acc, held uint32
	code := func(v uint32) {
		acc, held = acc<<9|v, held+9
		for ; held >= 8; held -= 8 {
			out = append(out, byte(acc>>(held-8)))
		}
	}
	for i, v := range b {
		if i%200 == 0 {
			code(256)
		}
		code(uint32(v))
	}
	code(257)
	return append(out, byte(acc<<(8-held)))
}

// reversed turns the bits of every byte around.
func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, v := range b {
		out[i] = bits.Reverse8(v)
	}
	return out
}
