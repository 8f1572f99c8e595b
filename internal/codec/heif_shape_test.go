package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// insertProperty gives the primary image of a file of heif-enc's layout another
// property, behind those that it has.
func insertProperty(t *testing.T, data, prop []byte) []byte {
	t.Helper()
	f, err := scanHEIF(newView(bytes.NewReader(data), int64(len(data))), asset.AVIF)
	if err != nil {
		t.Fatal(err)
	}
	grow := func(out []byte, kind string, by int) {
		at := bytes.Index(out, []byte(kind)) - 4
		binary.BigEndian.PutUint32(out[at:], binary.BigEndian.Uint32(out[at:])+uint32(by))
	}
	out := bytes.Clone(data)
	ipco := bytes.Index(out, []byte("ipco")) - 4
	end := ipco + int(binary.BigEndian.Uint32(out[ipco:]))
	ipma := bytes.Index(out, []byte("ipma")) + 4
	count := ipma + 4 + 4 + 2
	if binary.BigEndian.Uint16(out[count-2:]) != uint16(f.primary.id) {
		t.Fatal("the first item is not the primary one")
	}
	list := count + 1 + int(out[count])
	by := len(prop) + 1
	for _, kind := range []string{"meta", "iprp"} {
		grow(out, kind, by)
	}
	grow(out, "ipco", len(prop))
	grow(out, "ipma", 1)
	out[count]++
	iloc := bytes.Index(out, []byte("iloc")) + 4
	at := iloc + 8
	for range binary.BigEndian.Uint16(out[iloc+6:]) {
		binary.BigEndian.PutUint32(out[at+4:], binary.BigEndian.Uint32(out[at+4:])+uint32(by)) // base offset
		at += 10 + 8*int(binary.BigEndian.Uint16(out[at+8:]))
	}
	index := byte(len(f.props) + 1)
	return bytes.Join([][]byte{out[:end], prop, out[end:list], {0x80 | index}, out[list:]}, nil)
}

// clap is a crop of w x h whose middle is x, y halves of pixels from the image's.
func clap(w, h, x, y int) []byte { return isobox("clap", u32s(w, 1, h, 1, x, 2, y, 2)) }

// A crop that leaves little of an image is not a reason to fail, wherever it begins.
func TestHEIFCrop(t *testing.T) {
	for _, name := range []string{"heic/card.heic", "avif/card.avif", "avif/10bit.avif", "heic/rotated.heic", "heic/mirrored.heic"} {
		plain, err := Decode(picture(t, name), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		whole, err := upright(plain)
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			clap []byte
			at   image.Point
			w, h int
		}{
			{clap(40, 24, 0, 0), image.Pt(76, 52), 40, 24},
			{clap(40, 24, 0, 2*20), image.Pt(76, 72), 40, 24},
			{clap(10, 10, 2*5, 2*3), image.Pt(96, 62), 10, 10}, // begins at an even sample
			{clap(11, 9, 0, 0), image.Pt(90, 60), 11, 9},
			{clap(10, 10, 2*4, 2*4), image.Pt(95, 63), 10, 10}, // between two samples of chroma
		} {
			data := insertProperty(t, picture(t, name), tc.clap)
			w, h := tc.w, tc.h
			info, err := Probe(data)
			if err != nil || info.Width != w || info.Height != h || info.Decoded != 192*128 {
				t.Fatalf("%s: %+v, %v", name, info, err)
			}
			p, err := Decode(data, DecodeOptions{})
			if err != nil {
				t.Fatalf("%s, %v: %v", name, tc, err)
			}
			got, err := upright(p)
			if err != nil || got.Width != w || got.Height != h {
				t.Fatalf("%s, %v: %v", name, tc, err)
			}
			worst := 0
			for y := 1; y < h-1; y++ { // at the edges chroma is spread differently
				for x := 1; x < w-1; x++ {
					a, b := got.Planes[0][y*got.Stride[0]+4*x:], whole.Planes[0][(tc.at.Y+y)*whole.Stride[0]+4*(tc.at.X+x):]
					for c := range 3 {
						worst = max(worst, max(int(a[c]), int(b[c]))-min(int(a[c]), int(b[c])))
					}
				}
			}
			if worst > 12 {
				t.Errorf("%s, %v: %d levels from the whole image", name, tc.at, worst)
			}
		}
		// The whole of it counts against the limit.
		data := insertProperty(t, picture(t, name), clap(10, 10, 0, 0))
		if _, err := Decode(data, DecodeOptions{MaxPixels: 192*128 - 1}); err == nil {
			t.Errorf("%s: decoded in spite of the limit", name)
		}
		if _, err := Probe(insertProperty(t, picture(t, name), clap(10, 10, 400, 0))); err == nil {
			t.Errorf("%s: a crop outside of the image", name)
		}
	}
}

// Crops and turns in every order lead to the same part of an image.
func TestShape(t *testing.T) {
	irot := func(n byte) []byte { return isobox("irot", []byte{n}) }
	imir := func(axis byte) []byte { return isobox("imir", []byte{axis}) }
	corner := clap(20, 10, -(100 - 20), -(60 - 10)) // the upper left corner
	for _, tc := range []struct {
		props []([]byte)
		want  shape
	}{
		{nil, shape{w: 100, h: 60}},
		{[][]byte{corner}, shape{20, 10, image.Rect(0, 0, 20, 10)}},
		{[][]byte{corner, irot(1)}, shape{10, 20, image.Rect(0, 80, 10, 100)}},
		{[][]byte{corner, irot(2)}, shape{20, 10, image.Rect(80, 50, 100, 60)}},
		{[][]byte{corner, irot(3)}, shape{10, 20, image.Rect(50, 0, 60, 20)}},
		{[][]byte{corner, imir(0)}, shape{20, 10, image.Rect(0, 50, 20, 60)}},
		{[][]byte{corner, imir(1)}, shape{20, 10, image.Rect(80, 0, 100, 10)}},
		{[][]byte{irot(1), clap(10, 20, -(60 - 10), -(100 - 20))}, shape{10, 20, image.Rect(0, 0, 10, 20)}},
	} {
		f := &heifFile{format: asset.HEIC}
		item := &heifItem{}
		for i, p := range append([][]byte{isobox("ispe", u32s(0, 100, 60))}, tc.props...) {
			f.props = append(f.props, box{string(p[4:8]), p[8:], 0})
			item.props = append(item.props, i)
		}
		if got, err := f.shape(item); err != nil || got != tc.want {
			t.Errorf("%v, want %v, %v", got, tc.want, err)
		}
	}
}

// The colr box counts, whatever the bit stream says, and with it unspecified code
// points in the full range.
func TestColrCounts(t *testing.T) {
	data := picture(t, "heic/limited.heic")
	at := bytes.Index(data, []byte("nclx"))
	for _, tc := range []struct {
		codes           []byte
		full            bool
		matrix          int
		primaries, tone int
	}{
		{append(u16s(2, 2, 2), 0x80), true, pixel.MatrixBT601, 0, 0},
		{append(u16s(1, 8, 6), 0x80), true, pixel.MatrixBT601, 1, pixel.TransferLinear},
		{append(u16s(12, 13, 1), 0), false, pixel.MatrixBT709, pixel.PrimariesP3, pixel.TransferSRGB},
	} {
		changed := bytes.Clone(data)
		copy(changed[at+4:], tc.codes)
		p, err := Decode(changed, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		im := p.Image
		if im.Full != tc.full || im.Matrix != tc.matrix || im.Primaries != tc.primaries || im.Transfer != tc.tone {
			t.Errorf("%v: full %v, matrix %d, primaries %d, transfer %d", tc.codes, im.Full, im.Matrix, im.Primaries, im.Transfer)
		}
	}
}

// Alpha in the limited range is brought to the full one.
func TestLimitedAlpha(t *testing.T) {
	for _, tc := range []struct{ depth, in, want int }{
		{8, 0, 0}, {8, 16, 0}, {8, 235, 255}, {8, 255, 255}, {8, 126, 128}, {10, 64, 0}, {10, 940, 1023}, {10, 502, 512}, {12, 3760, 4095},
	} {
		if got := fullRange(tc.in, tc.depth); got != tc.want {
			t.Errorf("%d of %d bits is %d, want %d", tc.in, tc.depth, got, tc.want)
		}
	}
	im := pixel.NewPlanar(pixel.Image{Width: 3, Height: 1, Layout: pixel.Gray, Alpha: true, Depth: 8, Full: true})
	copy(im.Planes[3], []byte{16, 126, 235})
	expandAlpha(im)
	if got := im.Planes[3][:3]; !bytes.Equal(got, []byte{0, 128, 255}) {
		t.Errorf("%v", got)
	}
	// The sequence headers of two encoders: libaom's of a still image, in the limited
	// and in the full range.
	for _, tc := range []struct {
		config string
		full   bool
	}{
		{"\x81\x00\x1c\x00\x0a\x09\x18\x19\xbf\xff\xe0\x80\x86\x84\x90", false},
		{"\x81\x00\x1c\x00\x0a\x09\x18\x19\xbf\xff\xe0\x80\x86\x84\xd0", true},
	} {
		info := av1Config([]byte(tc.config))
		if !info.ranged || info.full != tc.full || info.depth != 8 || !info.mono {
			t.Errorf("%x: %+v", tc.config, info)
		}
	}
}
