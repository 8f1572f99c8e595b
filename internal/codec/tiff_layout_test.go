package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
)

// tiffOrders are the ways in which numbers are stored.
var tiffOrders = []tiffWriter{
	{order: binary.LittleEndian}, {order: binary.BigEndian},
	{order: binary.LittleEndian, big: true}, {order: binary.BigEndian, big: true},
}

// Size of the images of layouts: neither is a multiple of anything.
const layoutWidth, layoutHeight = 19, 37

// pattern is the s-th sample of a pixel, 0 to 1: ramps that go different ways.
func pattern(x, y, s int) float64 {
	v := [...]int{x * 13, y * 7, x*5 + y*3, 255 - x*11, x * y}[s] % 256
	return float64(v) / 255
}

// A layout is a way to store the pattern.
type layout struct {
	name  string
	tags  tiffTags
	bits  int
	n     int // samples a pixel
	float bool
	// tolerance is how far a sample may be off, of 255.
	tolerance float64
	// want makes red, green, blue and alpha of the samples, 0 to 1, as they were stored.
	want func(s []float64) [4]float64
}

func layouts() []layout {
	gray := func(s []float64) [4]float64 { return [4]float64{s[0], s[0], s[0], 1} }
	rgb := func(s []float64) [4]float64 { return [4]float64{s[0], s[1], s[2], 1} }
	inverted := func(s []float64) [4]float64 { return gray([]float64{1 - s[0]}) }
	black, white, rgbTag, cmyk := []int{1}, []int{0}, []int{2}, []int{5}
	var out []layout
	for _, bits := range []int{1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 32} {
		out = append(out,
			layout{fmt.Sprint("black is zero ", bits), tiffTags{tiffPhotometric: black}, bits, 1, false, 1, gray},
			layout{fmt.Sprint("white is zero ", bits), tiffTags{tiffPhotometric: white}, bits, 1, false, 1, inverted},
			layout{fmt.Sprint("rgb ", bits), tiffTags{tiffPhotometric: rgbTag}, bits, 3, false, 1, rgb})
	}
	for _, bits := range []int{16, 32, 64} {
		out = append(out,
			layout{fmt.Sprint("float gray ", bits), tiffTags{tiffPhotometric: black, tiffSampleFormat: []int{3}}, bits, 1, true, 1, gray},
			layout{fmt.Sprint("float rgb ", bits), tiffTags{tiffPhotometric: rgbTag, tiffSampleFormat: []int{3, 3, 3}}, bits, 3, true, 1, rgb})
	}
	for _, bits := range []int{4, 8, 16} {
		with := func(tags tiffTags, extra ...int) tiffTags {
			tags = maps.Clone(tags)
			tags[tiffExtraSamples] = extra
			return tags
		}
		of := tiffTags{tiffPhotometric: rgbTag}
		associated := func(s []float64) [4]float64 {
			var c [4]float64
			if c[3] = s[3]; s[3] > 0 {
				for i := range 3 {
					c[i] = min(1, s[i]/s[3])
				}
			}
			return c
		}
		out = append(out,
			layout{fmt.Sprint("straight alpha ", bits), with(of, 2), bits, 4, false, 1, func(s []float64) [4]float64 { return [4]float64{s[0], s[1], s[2], s[3]} }},
			layout{fmt.Sprint("associated alpha ", bits), with(of, 1), bits, 4, false, 1, associated},
			layout{fmt.Sprint("unspecified ", bits), with(of, 0), bits, 4, false, 1, rgb},
			layout{fmt.Sprint("no extra samples tag ", bits), of, bits, 4, false, 1, rgb},
			layout{fmt.Sprint("two extras, the second is alpha ", bits), with(of, 0, 2), bits, 5, false, 1, func(s []float64) [4]float64 { return [4]float64{s[0], s[1], s[2], s[4]} }},
			layout{fmt.Sprint("alpha and another ", bits), with(of, 2, 0), bits, 5, false, 1, func(s []float64) [4]float64 { return [4]float64{s[0], s[1], s[2], s[3]} }},
			layout{fmt.Sprint("gray and alpha ", bits), with(tiffTags{tiffPhotometric: black}, 2), bits, 2, false, 1, func(s []float64) [4]float64 { return [4]float64{s[0], s[0], s[0], s[1]} }},
			layout{fmt.Sprint("gray and another ", bits), with(tiffTags{tiffPhotometric: black}, 0), bits, 2, false, 1, gray},
			layout{fmt.Sprint("cmyk ", bits), tiffTags{tiffPhotometric: cmyk}, bits, 4, false, 1, func(s []float64) [4]float64 {
				return [4]float64{1 - s[0], 1 - s[1], 1 - s[2], 1 - s[3]}
			}},
			layout{fmt.Sprint("cmyk and another ", bits), with(tiffTags{tiffPhotometric: cmyk}, 0), bits, 5, false, 1, func(s []float64) [4]float64 {
				return [4]float64{1 - s[0], 1 - s[1], 1 - s[2], 1 - s[3]}
			}})
	}
	for _, bits := range []int{1, 2, 4, 8, 16} {
		colors := make([]int, 3<<bits)
		for i := range 1 << bits {
			colors[i], colors[1<<bits+i], colors[2<<bits+i] = i*0xffff/(1<<bits-1), 0xffff-i*0xffff/(1<<bits-1), 0x8080
		}
		out = append(out, layout{fmt.Sprint("palette ", bits), tiffTags{tiffPhotometric: []int{3}, tiffColorMap: colors}, bits, 1, false, 1, func(s []float64) [4]float64 {
			return [4]float64{s[0], 1 - s[0], 128.0 / 255, 1}
		}})
	}
	return out
}

// raster returns the samples that the layout stores of the pattern.
func (l layout) raster() raster {
	return raster{w: layoutWidth, h: layoutHeight, bits: l.bits, samples: l.n, float: l.float, at: func(x, y, s int) uint64 {
		v := pattern(x, y, s)
		switch {
		case l.float && l.bits == 16:
			return uint64(halfOf(v))
		case l.float && l.bits == 32:
			return uint64(math.Float32bits(float32(v)))
		case l.float:
			return math.Float64bits(v)
		}
		return uint64(math.Round(v * float64(uint64(1)<<l.bits-1)))
	}}
}

// halfOf returns a positive number below 65,504 in 16 bits, cut off.
func halfOf(v float64) uint16 {
	if v < math.Ldexp(1, -14) {
		return uint16(math.Ldexp(v, 24))
	}
	fraction, exponent := math.Frexp(v) // 0.5 to 1
	return uint16((exponent+14)<<10) | uint16(math.Ldexp(fraction, 11))&0x3ff
}

// stored is the sample as a reader has it: what its bits can say.
func (l layout) stored(x, y, s int) float64 {
	if l.float {
		return pattern(x, y, s)
	}
	most := float64(uint64(1)<<l.bits - 1)
	return math.Round(pattern(x, y, s)*most) / most
}

// all returns the tags of an image of the layout's.
func (l layout) all(more tiffTags) tiffTags {
	bits := make([]int, l.n)
	for i := range bits {
		bits[i] = l.bits
	}
	tags := tiffTags{
		tiffWidth: []int{layoutWidth}, tiffHeight: []int{layoutHeight}, tiffBits: bits,
		tiffCompression: []int{1}, tiffSamples: []int{l.n},
	}
	maps.Copy(tags, l.tags)
	maps.Copy(tags, more)
	return tags
}

// check compares decoded pixels with what the layout says.
func (l layout) check(t *testing.T, f frame) {
	t.Helper()
	if f.w != layoutWidth || f.h != layoutHeight || len(f.pix) != 4*f.w*f.h {
		t.Fatalf("%dx%d, %d bytes", f.w, f.h, len(f.pix))
	}
	for y := range f.h {
		for x := range f.w {
			s := make([]float64, l.n)
			for i := range s {
				s[i] = l.stored(x, y, i)
			}
			want := l.want(s)
			for c, v := range f.pix[4*(y*f.w+x):][:4] {
				if math.Abs(float64(v)-want[c]*255) > l.tolerance {
					t.Fatalf("%d,%d is %v, want %v", x, y, f.pix[4*(y*f.w+x):][:4], want)
				}
			}
		}
	}
}

// Every layout, in both orders, as BigTIFF, in strips and tiles, with planes apart,
// with reversed bits and compressed.
func TestTIFFLayouts(t *testing.T) {
	for nth, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			turn := nth // of the combinations, one in five, each for some layout
			for i, w := range tiffOrders {
				for _, tiled := range []bool{false, true} {
					for _, planar := range []bool{false, true} {
						for _, compression := range slices.Sorted(maps.Keys(tiffPackers)) {
							if turn++; turn%5 > 0 {
								continue
							}
							pack := tiffPackers[compression]
							more, cw, ch := tiffTags{tiffCompression: []int{compression}}, layoutWidth, 10
							if tiled {
								cw, ch = 16, 32
								more[tiffTileWidth], more[tiffTileHeight] = []int{cw}, []int{ch}
							} else {
								more[tiffRowsPerStrip] = []int{ch}
							}
							if planar {
								more[tiffPlanar] = []int{2}
							}
							// Reversed bits are those of the bytes in the file, whatever they are.
							flip := compression != 50000 && (i+l.bits)%2 == 1
							if flip {
								more[tiffFillOrder] = []int{2}
							}
							chunks := l.raster().chunks(w.order, tiled, planar, cw, ch)
							for i, c := range chunks {
								if chunks[i] = pack(t, c); flip {
									chunks[i] = reversed(chunks[i])
								}
							}
							data := w.file(l.all(more), chunks...)
							f, _, err := decodeTIFF(data, false)
							if unsupportedHere(err) {
								t.Skip(err)
							}
							if err != nil {
								t.Fatalf("%v, big %v, tiled %v, planar %v, compression %d, flipped %v: %v", w.order, w.big, tiled, planar, compression, flip, err)
							}
							l.check(t, f)
							if info, err := probeTIFF(data); err != nil || info.Alpha == f.opaque && !f.cmyk && info.Alpha || info.Memory <= 0 {
								t.Errorf("%+v, %v", info, err)
							}
						}
					}
				}
			}
		})
	}
}

// unsupportedHere reports whether the libtiff of this machine lacks a codec.
func unsupportedHere(err error) bool {
	return err != nil && bytes.Contains([]byte(err.Error()), []byte("compression 50000 in a TIFF is not supported"))
}

// A file that ends too early is an error, wherever it ends, or lacks nothing.
func TestTIFFCutShort(t *testing.T) {
	for i, l := range layouts() {
		for compression, pack := range tiffPackers {
			if (i+compression)%7 > 0 { // some of them are enough
				continue
			}
			w := tiffOrders[i%len(tiffOrders)]
			chunks := l.raster().chunks(w.order, false, false, layoutWidth, 10)
			for i, c := range chunks {
				chunks[i] = pack(t, c)
			}
			of := func(chunks ...[]byte) (frame, error) {
				more := tiffTags{tiffCompression: []int{compression}, tiffRowsPerStrip: []int{10}}
				f, _, err := decodeTIFF(w.file(l.all(more), chunks...), false)
				return f, err
			}
			whole, err := of(chunks...)
			if unsupportedHere(err) {
				continue
			}
			if err != nil {
				t.Fatal(l.name, compression, err)
			}
			last := len(chunks) - 1
			cut := chunks[last]
			for n := range cut {
				chunks[last] = cut[:n]
				// What is last may be a checksum or a mark of the end.
				if f, err := of(chunks...); err == nil && (len(cut)-n > 10 || !bytes.Equal(f.pix, whole.pix)) || err != nil && f.pix != nil {
					t.Fatalf("%s, compression %d: %d of the last strip's %d bytes are decoded", l.name, compression, n, len(cut))
				}
			}
		}
	}
}

// BitsPerSample may be given once for all samples, and tags in any order.
func TestTIFFOddTags(t *testing.T) {
	for _, l := range layouts() {
		w := tiffOrders[0]
		chunks := l.raster().chunks(w.order, false, false, layoutWidth, layoutHeight)
		for name, data := range map[string][]byte{
			"bits once":  w.file(l.all(tiffTags{tiffBits: []int{l.bits}}), chunks...),
			"descending": tiffWriter{order: w.order, swapped: true}.file(l.all(nil), chunks...),
		} {
			f, _, err := decodeTIFF(data, false)
			if err != nil {
				t.Errorf("%s, %s: %v", l.name, name, err)
				continue
			}
			l.check(t, f)
		}
	}
}

// 16 bits are rounded, not cut off.
func TestTIFFRounds(t *testing.T) {
	for v := range 1 << 16 {
		if got, want := to8(uint32(v)), byte(math.Round(float64(v)/257)); got != want {
			t.Fatalf("%d is %d, want %d", v, got, want)
		}
	}
	for v := range uint16(0x7c00) {
		if d := half(v); halfOf(d) != v && d < 65504 {
			t.Fatalf("%#x is %v", v, d)
		}
	}
}
