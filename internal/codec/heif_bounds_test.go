package codec

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// isobox puts a box together.
func isobox(kind string, bodies ...[]byte) []byte {
	body := slices.Concat(bodies...)
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), []byte(kind), body)
}

func u16s(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

func u32s(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// A part is an item of a file that is built: its kind, size and what it is made of.
type part struct {
	kind string
	w, h int
	of   []int
	data []byte
}

// derived builds a HEIF file without pixels: items are numbered from 1, the last is
// the primary one.
func derived(parts ...part) []byte {
	var infos, places, props, links, refs, data []byte
	for i, p := range parts {
		id := i + 1
		infos = append(infos, isobox("infe", u32s(2<<24), u32s(id)[2:], u16s(0), []byte(p.kind), []byte{0})...)
		places = append(append(places, u16s(id, 1, 0, 1)...), u32s(len(data), len(p.data))...) // in idat
		data = append(data, p.data...)
		props = append(props, isobox("ispe", u32s(0, p.w, p.h))...)
		if links = append(links, u16s(id)...); id > 127 {
			links = append(links, 0)
		} else {
			links = append(links, 1, byte(id))
		}
		if len(p.of) > 0 {
			refs = append(refs, isobox("dimg", u16s(id, len(p.of)), u16s(p.of...))...)
		}
	}
	meta := isobox("meta", u32s(0),
		isobox("hdlr", u32s(0, 0), []byte("pict"), make([]byte, 13)),
		isobox("pitm", u32s(0), u16s(len(parts))),
		isobox("iinf", u32s(0), u16s(len(parts)), infos),
		isobox("iloc", u32s(1<<24), u16s(0x4400, len(parts)), places),
		isobox("iref", u32s(0), refs),
		isobox("iprp", isobox("ipco", props), isobox("ipma", u32s(0, len(parts)), links)),
		isobox("idat", data),
	)
	return append(isobox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")), meta...)
}

func overlay(w, h, n int) []byte {
	return append(make([]byte, 10), slices.Concat(u16s(w, h), make([]byte, 4*n))...)
}

// Images that are made of each other so often or so deep that no decoder could decode
// them are refused before libheif sees them, in an instant, by all that read headers.
func TestHEIFDerived(t *testing.T) {
	many := func(n, of int) (all []int) {
		for range n {
			all = append(all, of)
		}
		return all
	}
	chain := func(kind string, levels, each int) (parts []part) {
		parts = append(parts, part{kind: "hvc1", w: 64, h: 64})
		for i := range levels {
			parts = append(parts, part{kind: kind, w: 64, h: 64, of: many(each, i+1), data: overlay(64, 64, each)})
		}
		return parts
	}
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"40 levels of overlays", derived(chain("iovl", 40, 2)...), "levels deep"},
		{"40 levels of identity", derived(chain("iden", 40, 1)...), "levels deep"},
		{"overlays that are wide", derived(chain("iovl", 6, 30)...), "parts"},
		{"grids of grids", derived(chain("grid", 5, 16)...), "parts"},
		{"an overlay of itself", derived(part{kind: "hvc1", w: 64, h: 64}, part{kind: "iovl", w: 64, h: 64, of: []int{2}}), "circle"},
		{"two of each other", derived(part{kind: "iovl", w: 64, h: 64, of: []int{2}}, part{kind: "iovl", w: 64, h: 64, of: []int{1}}), "circle"},
		{"many items", derived(make([]part, maxItems+1)...), "items"},
		{
			"sizes beyond the file", derived(part{kind: "hvc1", w: 64, h: 64, data: make([]byte, 1<<16)},
				part{kind: "iovl", w: 64, h: 64, of: many(5000, 1), data: overlay(64, 64, 5000)}), "times",
		},
	} {
		for name, read := range map[string]func() error{
			"probe":  func() error { _, err := Probe(tc.data); return err },
			"header": func() error { _, err := header(tc.data, true); return err },
			"decode": func() error { _, err := Decode(tc.data, DecodeOptions{}); return err },
		} {
			err := read()
			checkError(t, err)
			if err == nil || !strings.Contains(err.Error(), "the file declares implausible sizes: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s, %s: %v", name, tc.name, err)
			}
		}
	}
}

// What a sound file may have is not refused by the bounds; here its pixels are missing.
func TestHEIFSoundShapes(t *testing.T) {
	tiles := []part{{kind: "hvc1", w: 512, h: 512}}
	var of []int
	for range 768 {
		of = append(of, 1)
	}
	tiles = append(tiles, part{kind: "grid", w: 16320, h: 12240, of: of, data: slices.Concat([]byte{0, 0, 23, 31}, u16s(16320, 12240))})
	tiles = append(tiles, part{kind: "iden", w: 16320, h: 12240, of: []int{2}})
	info, err := Probe(derived(tiles...))
	if err != nil || info.Width != 16320 || info.Height != 12240 {
		t.Fatalf("%+v, %v", info, err)
	}
	if info.Decoded > 0 && info.Decoded > 16320*12240*5/4 {
		t.Errorf("%d pixels are to be decoded", info.Decoded)
	}
}

// A sequence of a few hundred bytes may claim any number of frames.
func TestSequenceClaims(t *testing.T) {
	for frames, want := range map[int]string{3: "", 1 << 31: "frames", maxFrames + 1: "frames"} {
		_, err := scanHEIF(newView(bytes.NewReader(movie(frames, 0, 0)), int64(len(movie(frames, 0, 0)))), asset.AVIF)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d frames: %v", frames, err)
		}
	}
}

// movie builds a sequence without pixels: every frame is shown for 100 ms. If edit
// is not 0, it is repeated: as long as length, in thousandths of a second.
func movie(frames, edit, length int) []byte {
	entry := isobox("av01", make([]byte, 24), u16s(96, 60), make([]byte, visualEntry-28))
	var edits []byte
	if edit != 0 {
		edits = isobox("edts", isobox("elst", u32s(1, 1, edit, 0, 0x10000)))
	}
	trak := isobox("trak",
		isobox("tkhd", u32s(0, 0, 0, 1, 0, length), make([]byte, 60)), edits,
		isobox("mdia",
			isobox("mdhd", u32s(0, 0, 0, 1000, 0, 0)),
			isobox("hdlr", u32s(0, 0), []byte("pict"), make([]byte, 13)),
			isobox("minf", isobox("stbl",
				isobox("stsd", u32s(0, 1), entry),
				isobox("stts", u32s(0, 1, frames, 100)),
				isobox("stsz", u32s(0, 1, frames)),
			)),
		),
	)
	return append(isobox("ftyp", []byte("avis\x00\x00\x00\x00avis")), isobox("moov", trak)...)
}

func TestSequenceTimes(t *testing.T) {
	for _, tc := range []struct{ edit, length, want int }{
		{0, 300, 0}, {300, 300, 1}, {300, 900, 3}, {300, 1000, 4}, {300, -1, 0},
	} {
		data := movie(3, tc.edit, tc.length)
		f, err := scanHEIF(newView(bytes.NewReader(data), int64(len(data))), asset.AVIF)
		if err != nil {
			t.Fatal(err)
		}
		track := f.sequence()
		if track == nil || track.w != 96 || track.h != 60 || track.frames != 3 || track.loop != tc.want {
			t.Fatalf("%+v: %+v", tc, track)
		}
		if want := slices.Repeat([]time.Duration{100 * time.Millisecond}, 3); !slices.Equal(track.durations, want) {
			t.Errorf("durations %v", track.durations)
		}
	}
	// Decoded 0, 2, 1, 3: shown in order, for as long as between them.
	if got := shownOrder([]int64{10, 10, 10, 10}, []int64{10, 20, 0, 10}); !slices.Equal(got, []int64{10, 10, 10, 10}) {
		t.Errorf("%v", got)
	}
}

// An older libheif says how to get a newer one, and makes no still image of an
// animation.
func TestNoSequences(t *testing.T) {
	if err := noSequences(asset.AVIF, true, sequenceVersion); err != nil {
		t.Error(err)
	}
	for _, err := range []error{noSequences(asset.AVIF, false, sequenceVersion), noSequences(asset.HEIC, true, 0x01130800)} {
		if e, ok := err.(*Error); !ok || !strings.Contains(e.Detail, "1.22") || !strings.Contains(e.Hint, "install libheif") {
			t.Errorf("%v", err)
		}
	}
}

// Decoding needs the planes twice, 3 bytes a pixel in 4:2:0, and four times the coded
// bytes, some 1,000 here. HEVC needs 2 bytes a pixel more where it is not in tiles.
func TestHEIFMemory(t *testing.T) {
	const pixels = 192 * 128
	for _, tc := range []struct {
		name     string
		perPixel int64
	}{{"heic/card.heic", 5}, {"avif/card.avif", 3}} {
		info, err := Probe(picture(t, tc.name))
		if err != nil {
			t.Fatal(err)
		}
		if rest := info.Memory - tc.perPixel*pixels; rest < 4*300 || rest > 4*3000 {
			t.Errorf("%s: %d bytes, %d more than for its pixels", tc.name, info.Memory, rest)
		}
	}
}
