package codec

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
)

// A gifFile builds a GIF by hand, also ones that image/gif would not write. The
// palette is a colour cube; index 0 is transparent.
type gifFile struct {
	w, h    int
	patches []patch // their pixels are made of index
	index   func(frame, x, y int) byte
	before  []byte // what is put in front of the first image
	lace    bool
}

func gifColour(i byte) (r, g, b byte) { return i & 7 * 36, i >> 3 & 7 * 36, i >> 6 * 85 }

func (g *gifFile) bytes() []byte {
	u16 := binary.LittleEndian.AppendUint16
	file := u16(u16([]byte("GIF89a"), uint16(g.w)), uint16(g.h))
	file = append(file, 0xf7, 0, 0) // a table of 256 colours
	for i := range 256 {
		r, gr, b := gifColour(byte(i))
		file = append(file, r, gr, b)
	}
	file = append(file, g.before...)
	for n, p := range g.patches {
		disposal := [...]byte{disposeNone: 1, disposeClear: 2, disposePrevious: 3}[p.dispose]
		file = append(file, '!', 0xf9, 4, disposal<<2|1)
		file = append(u16(file, uint16(p.duration/(10*time.Millisecond))), 0, 0)
		file = append(file, ',')
		for _, v := range []int{p.x, p.y, p.w, p.h} {
			file = u16(file, uint16(v))
		}
		flags := byte(0)
		rows := make([][]byte, p.h)
		for y := range rows {
			for x := range p.w {
				rows[y] = append(rows[y], g.index(n, x, y))
			}
		}
		if g.lace {
			flags = 0x40
			var laced [][]byte
			for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
				for y := pass[0]; y < p.h; y += pass[1] {
					laced = append(laced, rows[y])
				}
			}
			rows = laced
		}
		var codes bytes.Buffer
		z := lzw.NewWriter(&codes, lzw.LSB, 8)
		z.Write(slices.Concat(rows...))
		z.Close()
		file = append(file, flags, 8)
		for chunk := range slices.Chunk(codes.Bytes(), 255) {
			file = append(append(file, byte(len(chunk))), chunk...)
		}
		file = append(file, 0)

		g.patches[n].over = true
		g.patches[n].pix = nil
		for y := range p.h {
			for x := range p.w {
				i := g.index(n, x, y)
				r, gr, b := gifColour(i)
				alpha := byte(255)
				if i == 0 {
					r, gr, b, alpha = 0, 0, 0, 0
				}
				g.patches[n].pix = append(g.patches[n].pix, r, gr, b, alpha)
			}
		}
	}
	return append(file, ';')
}

func stripes(frame, x, y int) byte {
	if (x+y+frame)%5 == 0 {
		return 0
	}
	return byte(x*7 + y*13 + frame*31)
}

func TestDecodeGIF(t *testing.T) {
	for seed := range uint64(8) {
		g := &gifFile{w: 19, h: 23, patches: randomPatches(seed, 19, 23, 8, seed%2 == 0), index: stripes, lace: seed%4 > 1}
		data := g.bytes()
		info, err := probeGIF(data)
		if err != nil {
			t.Fatal(err)
		}
		want := Info{Format: asset.GIF, Width: 19, Height: 23, Frames: 8, Alpha: true, Depth: 8}
		if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Memory")); diff != "" {
			t.Error(diff)
		}
		a, _, err := decodeGIF(data)
		if err != nil {
			t.Fatal(err)
		}
		same(t, shots(t, a), reference(19, 23, g.patches))
		ends := imageEnds(data)
		for n := range len(data) - 1 {
			a, _, err := decodeGIF(data[:n])
			if err == nil {
				_, err = drain(a)
			}
			// Codes that no pixel needs may be missing, and the empty block behind them.
			if whole := slices.ContainsFunc(ends, func(end int) bool { return n > end-4 && n <= end }); (err == nil) && !whole {
				t.Fatalf("the first %d of %d bytes pass; images end at %v", n, len(data), ends)
			}
			if slices.Contains(ends, n) && err != nil {
				t.Fatalf("the first %d bytes, up to the end of an image: %v", n, err)
			}
		}
		if _, err := probeGIF(append(data, "garbage"...)); err != nil {
			t.Errorf("with garbage behind it: %v", err)
		}
	}
}

// imageEnds returns where the images of a gifFile end.
func imageEnds(data []byte) (ends []int) {
	g, err := openGIF(data)
	for err == nil {
		if _, err = g.next(); err == nil {
			ends = append(ends, len(data)-len(g.rest))
		}
	}
	return ends
}

// drain decodes all frames.
func drain(a *animation) (frames int, err error) {
	for {
		if _, _, err := a.next(); err == io.EOF {
			return frames, nil
		} else if err != nil {
			return frames, err
		}
		frames++
	}
}

// What Go's own encoder writes reads the same as by Go's own decoder.
func TestGIFLikeGo(t *testing.T) {
	var file gif.GIF
	for n := range 3 {
		m := image.NewPaletted(image.Rect(n, n, 9, 8), color.Palette{color.RGBA{uint8(n), 9, 9, 255}, color.White, color.Black})
		for i := range m.Pix {
			m.Pix[i] = byte((i + n) % 3)
		}
		file.Image, file.Delay = append(file.Image, m), append(file.Delay, 5*(n+1))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &file); err != nil {
		t.Fatal(err)
	}
	a, _, err := decodeGIF(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var patches []patch
	for n, m := range file.Image {
		p := patch{x: m.Rect.Min.X, y: m.Rect.Min.Y, w: m.Rect.Dx(), h: m.Rect.Dy(), duration: time.Duration(50*(n+1)) * time.Millisecond}
		f, err := toFrame("gif", m)
		if err != nil {
			t.Fatal(err)
		}
		p.pix = f.pix
		patches = append(patches, p)
	}
	same(t, shots(t, a), reference(9, 8, patches))
}

func TestGIFLoop(t *testing.T) {
	loop := func(name string, n int) []byte {
		b := append([]byte{'!', 0xff, byte(len(name))}, name...)
		return append(binary.LittleEndian.AppendUint16(append(b, 3, 1), uint16(n)), 0)
	}
	comment := []byte{'!', 0xfe, 3, 'a', 'b', 'c', 0}
	for _, tc := range []struct {
		name   string
		before []byte
		want   int
	}{
		{"absent", nil, 1},
		{"without end", loop("NETSCAPE2.0", 0), 0},
		{"repeated once", loop("NETSCAPE2.0", 1), 2},
		{"repeated twice", slices.Concat(comment, loop("NETSCAPE2.0", 2)), 3},
		{"most", loop("NETSCAPE2.0", 65535), 65535},
		{"another name", loop("ANIMEXTS1.0", 4), 5},
		{"something else", loop("NETSCAPE9.9", 4), 1},
		{"cut", []byte{'!', 0xff, 11, 'N', 'E', 'T', 'S', 'C', 'A', 'P', 'E', '2', '.', '0', 0}, 1},
		{"unknown extension", []byte{'!', 0x42, 2, 1, 2, 1, 9, 0}, 1},
		{"empty extension", []byte{'!', 0xf9, 0, '!', 0xff, 0}, 1},
		{"stray zeros", []byte{0, 0}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := &gifFile{w: 4, h: 4, patches: randomPatches(1, 4, 4, 2, false), index: stripes, before: tc.before}
			a, _, err := decodeGIF(g.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if a.loop != tc.want {
				t.Errorf("played %d times, want %d", a.loop, tc.want)
			}
			shots(t, a)
		})
	}
}

func TestGIFStill(t *testing.T) {
	for _, tc := range []struct {
		name  string
		index func(frame, x, y int) byte
		alpha bool
	}{
		{"transparent", stripes, true},
		{"opaque", func(_, x, y int) byte { return byte(1 + x) }, true}, // the index is there, though nothing has it
	} {
		g := &gifFile{w: 7, h: 6, patches: randomPatches(1, 7, 6, 1, false), index: tc.index}
		data := g.bytes()
		info, err := probeGIF(data)
		if err != nil || info.Frames != 1 || info.Alpha != tc.alpha {
			t.Fatalf("%s: %+v, %v", tc.name, info, err)
		}
		f, _, err := decodeGIFStill(data)
		if err != nil {
			t.Fatal(err)
		}
		if f.opaque != (tc.name == "opaque") {
			t.Errorf("%s: opaque %v", tc.name, f.opaque)
		}
		same(t, []shot{{pix: f.pix}}, []shot{{pix: g.patches[0].pix}})
	}
}

// A size of 0x0 is that of the first image.
func TestGIFWithoutSize(t *testing.T) {
	g := &gifFile{w: 0, h: 0, patches: []patch{{x: 1, y: 2, w: 4, h: 3}}, index: stripes}
	info, err := probeGIF(g.bytes())
	if err != nil || info.Width != 5 || info.Height != 5 {
		t.Errorf("%+v, %v", info, err)
	}
	if f, _, err := decodeGIFStill(g.bytes()); err != nil || f.w != 5 || f.h != 5 {
		t.Errorf("%dx%d, %v", f.w, f.h, err)
	}
}

func TestGIFRefused(t *testing.T) {
	one := func() []byte {
		return (&gifFile{w: 4, h: 4, patches: []patch{{w: 4, h: 4}}, index: stripes}).bytes()
	}
	const image = 13 + 768 + 8 // where the image descriptor is
	change := func(at int, v ...byte) []byte {
		b := one()
		copy(b[at:], v)
		return b
	}
	header := one()[:13+768]
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "gif: this is not a GIF"},
		{"header", []byte("GIF89a"), "gif: the file is cut short"},
		{"no image", append(slices.Clone(header), ';'), "gif: it holds no image"},
		{"cut in its pixels", one()[:len(one())-5], "gif: the file is cut short"},
		{"cut behind a control", append(one()[:len(one())-1], '!', 0xf9, 4, 0, 0, 0, 0, 0), "gif: the file is cut short"},
		{"cut in a control", append(one()[:len(one())-1], '!', 0xf9, 4), "gif: the file is cut short"},
		{"cut in a descriptor", append(one()[:len(one())-1], ',', 0, 0), "gif: the file is cut short"},
		{"nothing behind the header", header, "gif: the file is cut short"},
		{"unknown block", append(slices.Clone(header), 'X'), "gif: an unknown block 0x58"},
		{"bits", change(image+10, 12), "gif: frame 1 is damaged"},
		{"no bits", change(image+10, 0), "gif: frame 1 is damaged"},
		{"too few pixels", change(image+5, 4, 0, 200, 0), "gif: frame 1 holds too few pixels or damaged ones"},
		{"far larger", change(image+5, 0xff, 0xff, 0xff, 0xff), "gif: frame 1 claims more pixels than its data can hold"},
		{"later frames far larger", largeFrames(2, 1100), "gif: frame 2 is far larger than the image"},
		{"larger in all", largeFrames(90, 1000), "gif: its frames are far larger than the image"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, _, err := decodeGIFStill(tc.data); err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

// largeFrames is a GIF of 4x4 pixels whose frames but the first are squares of side
// pixels.
func largeFrames(frames, side int) []byte {
	g := &gifFile{w: 4, h: 4, patches: []patch{{w: 4, h: 4}, {w: side, h: side}}, index: func(_, _, _ int) byte { return 1 }}
	file := g.bytes()
	end := imageEnds(file)
	second := file[end[0] : len(file)-1]
	return append(slices.Concat(file[:end[0]], bytes.Repeat(second, frames-1)), ';')
}

// lzwStill is a GIF of one image with two or four colors, black and white first, made
// of bits: the codes, the first in the lowest bits.
func lzwStill(w, h, literal int, codes ...byte) []byte {
	file := []byte{'G', 'I', 'F', '8', '9', 'a', byte(w), 0, byte(h), 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255}
	file = append(file, ',', 0, 0, 0, 0, byte(w), 0, byte(h), 0, 0, byte(literal), byte(len(codes)))
	return append(append(file, codes...), 0, ';')
}

// pack puts codes of the given widths one behind the other.
func pack(codes ...[2]int) (out []byte) {
	bits, have := 0, 0
	for _, c := range codes {
		bits |= c[0] << have
		for have += c[1]; have >= 8; have -= 8 {
			out, bits = append(out, byte(bits)), bits>>8
		}
	}
	return append(out, byte(bits))
}

// What the specification does not allow, and browsers show.
func TestGIFOddities(t *testing.T) {
	black, white := []byte{0, 0, 0, 255}, []byte{255, 255, 255, 255}
	bw := func(indices ...int) (pix []byte) {
		for _, i := range indices {
			pix = append(pix, [][]byte{black, white, make([]byte, 4)}[i]...)
		}
		return pix
	}
	still := lzwStill(2, 2, 2, pack([2]int{4, 3}, [2]int{0, 3}, [2]int{1, 3}, [2]int{1, 3}, [2]int{0, 4}, [2]int{5, 4})...)
	zero := bytes.Clone(still)
	copy(zero[24:], []byte{0, 0, 0, 0})
	bare := slices.Concat(still[:10], []byte{0, 0, 0}, still[19:]) // without a table of colors
	beside := bytes.Clone(still)
	beside[20], beside[22] = 1, 1 // at 1, 1
	const ignored = "what follows frame 1 in the file is not GIF and was ignored"
	for _, tc := range []struct {
		name string
		data []byte
		w, h int
		want []byte
		note string
	}{
		{"as it should be", still, 2, 2, bw(0, 1, 1, 0), ""},
		{"no trailer", still[:len(still)-1], 2, 2, bw(0, 1, 1, 0), endMissing},
		{"no end of its blocks", still[:len(still)-2], 2, 2, bw(0, 1, 1, 0), endMissing},
		{"zeros instead of a trailer", append(still[:len(still)-1:len(still)-1], 0, 0), 2, 2, bw(0, 1, 1, 0), endMissing},
		{"no size of the image", zero, 2, 2, bw(0, 1, 1, 0), ""},
		{"no colors", bare, 2, 2, make([]byte, 16), ""},
		{"outside of the canvas", beside, 3, 3, bw(2, 2, 2, 2, 0, 1, 2, 1, 0), ""},
		{"junk instead of a trailer", append(still[:len(still)-1:len(still)-1], "AB"...), 2, 2, bw(0, 1, 1, 0), ignored},
		{"junk, and an image", slices.Concat(still[:len(still)-1], []byte("A"), still[19:]), 2, 2, bw(0, 1, 1, 0), ignored},
		// Codes 4 (00) and 5 (01) are of the table.
		{"one bit, with a table", lzwStill(4, 2, 1, pack([2]int{2, 2}, [2]int{0, 2}, [2]int{1, 3}, [2]int{4, 3}, [2]int{4, 3}, [2]int{1, 3}, [2]int{1, 4}, [2]int{3, 4})...), 4, 2, bw(0, 1, 0, 1, 0, 1, 1, 1), ""},
		{"one bit, cleared after each pixel", lzwStill(4, 1, 1, pack([2]int{2, 2}, [2]int{0, 2}, [2]int{2, 2}, [2]int{1, 2}, [2]int{2, 2}, [2]int{1, 2}, [2]int{2, 2}, [2]int{0, 2}, [2]int{3, 2})...), 4, 1, bw(0, 1, 1, 0), ""},
		{"nine bits", lzwStill(2, 1, 9, pack([2]int{512, 10}, [2]int{1, 10}, [2]int{256, 10}, [2]int{513, 10})...), 2, 1, bw(1, 0), ""},
		{"eleven bits", lzwStill(2, 1, 11, pack([2]int{2048, 12}, [2]int{1, 12}, [2]int{0, 12}, [2]int{2049, 12})...), 2, 1, bw(1, 0), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			info, err := probeGIF(tc.data)
			if err != nil || info.Width != tc.w || info.Height != tc.h || info.Frames != 1 {
				t.Fatalf("%+v, %v", info, err)
			}
			if got := strings.Join(info.Notes, "; "); got != tc.note {
				t.Errorf("notes %q", got)
			}
			f, _, err := decodeGIFStill(tc.data)
			if err != nil || !bytes.Equal(f.pix, tc.want) {
				t.Errorf("pixels %v, %v, want %v", f.pix, err, tc.want)
			}
			o, err := ReadHeader(bytes.NewReader(tc.data), int64(len(tc.data)), false)
			if err != nil || o.Width != tc.w || o.Height != tc.h {
				t.Errorf("header %+v, %v", o, err)
			}
		})
	}
}

// Memory does not grow with the number of frames.
func TestGIFMemory(t *testing.T) {
	g := &gifFile{w: 64, h: 64, index: stripes}
	for range 200 {
		g.patches = append(g.patches, patch{w: 64, h: 64, dispose: disposePrevious})
	}
	a, _, err := decodeGIF(g.bytes())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the buffers are there from then on
		if _, _, err := a.next(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { a.next() }); n > 2 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestDeinterlace(t *testing.T) {
	for h := range 40 {
		var rows []int
		for i := range h {
			rows = append(rows, deinterlace(i, h))
		}
		slices.Sort(rows)
		for y, row := range rows {
			if y != row {
				t.Fatalf("of %d rows: %s", h, fmt.Sprint(rows))
			}
		}
	}
}

func FuzzDecodeGIF(f *testing.F) {
	f.Add((&gifFile{w: 9, h: 9, patches: randomPatches(1, 9, 9, 3, true), index: stripes}).bytes())
	f.Add((&gifFile{w: 0, h: 0, patches: randomPatches(1, 9, 9, 1, false), index: stripes, lace: true}).bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzAnimation(t, data, probeGIF, decodeGIF)
		fuzzStill(t, data, probeGIF, decodeGIFStill)
	})
}
