package codec

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

func TestDecodeHEIF(t *testing.T) {
	lossy := Info{Format: asset.HEIC, Width: 192, Height: 128, Frames: 1, Depth: 8, Lossy: true}
	with := func(change func(*Info)) Info {
		info := lossy
		change(&info)
		return info
	}
	p420 := pixel.Image{Layout: pixel.YUV, SubW: 1, SubH: 1, Depth: 8, Full: true, Matrix: pixel.MatrixBT601}
	like := func(change func(*pixel.Image)) pixel.Image {
		im := p420
		change(&im)
		return im
	}
	for _, tc := range []struct {
		name string
		info Info
		like pixel.Image
	}{
		{"heic/card.heic", lossy, p420},
		{"heic/422.heic", lossy, like(func(im *pixel.Image) { im.SubH = 0 })},
		{"heic/444.heic", lossy, like(func(im *pixel.Image) { im.SubW, im.SubH = 0, 0 })},
		{"heic/grey.heic", lossy, like(func(im *pixel.Image) { im.Layout, im.SubW, im.SubH = pixel.Gray, 0, 0 })},
		{
			"heic/grey-12bit.heic", with(func(i *Info) { i.Depth = 12 }),
			like(func(im *pixel.Image) { im.Layout, im.SubW, im.SubH, im.Depth = pixel.Gray, 0, 0, 12 }),
		},
		{"heic/10bit.heic", with(func(i *Info) { i.Depth = 10 }), like(func(im *pixel.Image) { im.Depth = 10 })},
		{"heic/limited.heic", lossy, like(func(im *pixel.Image) { im.Full, im.Matrix = false, pixel.MatrixBT709 })},
		{"heic/grid.heic", lossy, p420},
		{"heic/p3.heic", lossy, p420},
		// What irot and imir ask for is done once; EXIF asks for it as well.
		{"heic/rotated.heic", lossy, p420},
		{"heic/mirrored.heic", lossy, p420},
		{
			"heic/two.heic",
			with(func(i *Info) { i.Notes = []string{"holds 2 images; the primary one is converted"} }), p420,
		},
		{"avif/card.avif", with(func(i *Info) { i.Format = asset.AVIF }), p420},
		{
			"avif/10bit.avif", with(func(i *Info) { i.Format, i.Depth = asset.AVIF, 10 }),
			like(func(im *pixel.Image) { im.SubW, im.SubH, im.Depth = 0, 0, 10 }),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := picture(t, tc.name)
			info, err := Probe(data)
			if err != nil {
				t.Fatal(err)
			}
			if info.Memory+info.Pixels < 3*192*128 {
				t.Errorf("%d bytes of memory", info.Memory)
			}
			if diff := cmp.Diff(tc.info, info, cmpopts.IgnoreFields(Info{}, "Memory", "Pixels")); diff != "" {
				t.Error(diff)
			}
			for _, threads := range []int{0, 2} {
				p, err := Decode(data, DecodeOptions{Threads: threads})
				if err != nil {
					t.Fatal(err)
				}
				if p.Orientation != 0 {
					t.Errorf("orientation %d is left to do", p.Orientation)
				}
				got := p.Image
				checked := pixel.Image{
					Layout: got.Layout, SubW: got.SubW, SubH: got.SubH, Alpha: got.Alpha,
					Depth: got.Depth, Full: got.Full, Matrix: got.Matrix,
				}
				if diff := cmp.Diff(tc.like, checked, cmpopts.IgnoreUnexported(pixel.Image{})); diff != "" {
					t.Error(diff)
				}
				var of func([3]byte) [3]byte
				if got.Layout == pixel.Gray {
					of = luma
				}
				checkCard(t, tc.name, p, 9, of)
			}
		})
	}
}

func TestHEIFOddSize(t *testing.T) {
	p, err := Decode(picture(t, "heic/odd.heic"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	im, err := upright(p)
	if err != nil {
		t.Fatal(err)
	}
	if c := im.Planes[0][len(im.Planes[0])-4:]; im.Width != 33 || im.Height != 17 || c[0] < 200 || c[1] < 160 || c[2] > 90 {
		t.Errorf("%dx%d, the last pixel is %v", im.Width, im.Height, c)
	}
}

// Colours that the code points name are converted to sRGB's; a profile says more
// than they do and stays beside the numbers as they are.
func TestHEIFWideColours(t *testing.T) {
	p, err := Decode(picture(t, "heic/p3-nclx.heic"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Image.Primaries != pixel.PrimariesP3 || p.Image.Transfer != pixel.TransferSRGB || p.ICC != nil {
		t.Errorf("primaries %d, transfer %d, a profile of %d bytes", p.Image.Primaries, p.Image.Transfer, len(p.ICC))
	}
	profile, err := Decode(picture(t, "heic/p3.heic"), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if profile.Image.Primaries != 0 || len(profile.ICC) == 0 {
		t.Errorf("primaries %d, a profile of %d bytes", profile.Image.Primaries, len(profile.ICC))
	}
	converted, err := pixel.ToSRGB(&profile.Image, profile.ICC)
	if err != nil {
		t.Fatal(err)
	}
	checkCard(t, "p3-nclx", p, 6, func(c [3]byte) [3]byte {
		for cell, colour := range cells {
			if colour == c {
				x, y := (2*cell[0]+1)*converted.Width/12, (2*cell[1]+1)*converted.Height/8
				return [3]byte(converted.Planes[0][y*converted.Stride[0]+4*x:])
			}
		}
		return c
	})
}

// The faded card: straight colours, also where the file has them multiplied.
func TestHEIFAlpha(t *testing.T) {
	for _, name := range []string{"heic/alpha.heic", "heic/premultiplied.heic", "avif/alpha.avif"} {
		info, err := Probe(picture(t, name))
		if err != nil || !info.Alpha {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		p, err := Decode(picture(t, name), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		im, err := upright(p)
		if err != nil || !im.Alpha {
			t.Fatalf("%s: alpha %v, %v", name, im.Alpha, err)
		}
		for cell, want := range cells {
			x, y := (2*cell[0]+1)*im.Width/12, (2*cell[1]+1)*im.Height/8
			got := im.Planes[0][y*im.Stride[0]+4*x:][:4]
			if a := float64(x) * 255 / 191; math.Abs(float64(got[3])-a) > 6 {
				t.Errorf("%s: alpha at %d is %d, want %.0f", name, x, got[3], a)
			}
			// Multiplied by little alpha, little is left of a colour.
			tolerance := 12.0
			if name == "heic/premultiplied.heic" {
				tolerance *= 255 / float64(got[3])
			}
			for c := range 3 {
				if math.Abs(float64(got[c])-float64(want[c])) > tolerance {
					t.Errorf("%s: cell %v is %v, want %v", name, cell, got, want)
					break
				}
			}
		}
	}
}

// The grey cell is 128.6 with ten bits, so that truncation differs from rounding.
func TestHEIFRounds(t *testing.T) {
	for _, name := range []string{"heic/10bit.heic", "avif/10bit.avif"} {
		p, err := Decode(picture(t, name), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		im, err := upright(p)
		if err != nil {
			t.Fatal(err)
		}
		luma := p.Image.Planes[0]
		var want, got float64
		n := 0
		for y := 100; y < 124; y++ { // the grey cell, without its edges
			for x := 100; x < 124; x++ {
				want += float64(binary.NativeEndian.Uint16(luma[y*p.Image.Stride[0]+2*x:])) * 255 / 1023
				got += float64(im.Planes[0][y*im.Stride[0]+4*x+1])
				n++
			}
		}
		if d := (got - want) / float64(n); math.Abs(d) > 0.5 {
			t.Errorf("%s: %.2f levels from what the file holds", name, d)
		}
	}
}

func TestHEIFMetadata(t *testing.T) {
	data := picture(t, "heic/rotated.heic")
	p, err := Decode(data, DecodeOptions{})
	if err != nil || p.EXIF != nil {
		t.Errorf("EXIF of %d bytes that was not asked for; %v", len(p.EXIF), err)
	}
	p, err = Decode(data, DecodeOptions{Metadata: true})
	if err != nil || exifOrientation(p.EXIF) != 6 {
		t.Errorf("orientation %d in EXIF of %d bytes, %v", exifOrientation(p.EXIF), len(p.EXIF), err)
	}
	for _, tc := range []struct{ item, want string }{
		{"\x00\x00\x00\x00MM", "MM"}, {"\x00\x00\x00\x06Exif\x00\x00MM", "MM"}, {"\x00\x00\x00\x02M", ""},
		{"\xff\xff\xff\xffM", ""}, {"\x00\x00\x00", ""}, {"", ""},
	} {
		if got := string(heifEXIF([]byte(tc.item))); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.item, got, tc.want)
		}
	}
}

// A file that is cut anywhere is an error, never an image with grey in it.
func TestHEIFCutShort(t *testing.T) {
	for _, name := range []string{
		"heic/card.heic", "heic/grid.heic", "heic/alpha.heic", "heic/10bit.heic", "heic/two.heic",
		"avif/card.avif", "avif/alpha.avif",
	} {
		data := picture(t, name)
		for n := 0; n < len(data); n += 1 + n/40 {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Errorf("%s: the first %d of %d bytes are decoded", name, n, len(data))
			}
		}
		if _, err := Decode(data[:len(data)-1], DecodeOptions{}); err == nil {
			t.Errorf("%s: it is decoded without its last byte", name)
		}
	}
}

// What a file claims is held against the limits before memory is spent on it.
func TestHEIFLimits(t *testing.T) {
	for _, name := range []string{"heic/card.heic", "heic/grid.heic", "avif/card.avif"} {
		data := picture(t, name)
		for _, o := range []DecodeOptions{{MaxPixels: 192*128 - 1}} {
			_, err := Decode(data, o)
			if err == nil || !strings.Contains(err.Error(), "pixels would be decoded, more than the limit of 24575") {
				t.Errorf("%s, %+v: %v", name, o, err)
			}
		}
		if _, err := Decode(data, DecodeOptions{MaxPixels: 192 * 128}); err != nil {
			t.Errorf("%s: %v", name, err)
		}

		// A size that the pixels do not have.
		bomb := bytes.Clone(data)
		at := bytes.Index(bomb, []byte("ispe"))
		binary.BigEndian.PutUint32(bomb[at+8:], 17000)
		binary.BigEndian.PutUint32(bomb[at+12:], 17000)
		if info, err := Probe(bomb); err == nil && (info.Width != 17000 || info.Height != 17000) {
			t.Errorf("%s: %+v", name, info)
		}
		if _, err := Decode(bomb, DecodeOptions{MaxPixels: 1 << 29}); err == nil {
			t.Errorf("%s: decoded as 17000x17000", name)
		}
	}
}

// Boxes that reach beyond the file are seen also where libheif does not need them.
func TestWholeBoxes(t *testing.T) {
	for _, tc := range []struct {
		boxes string
		whole bool
	}{
		{"", true},
		{"\x00\x00\x00\x08mdat", true},
		{"\x00\x00\x00\x09mdat", false},
		{"\x00\x00\x00\x09free", true},
		{"\x00\x00\x00\x00mdat and all the rest", true},
		{"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x11-", true},
		{"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x12-", false},
		{"\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", false},
		{"\x00\x00\x00\x08free\x00\x00\x00\x10meta", false},
		{"\x00\x00\x00\x03meta", true},
		{"\x00\x00\x00\x08free\x00\x00", true},
	} {
		if _, err := Probe(slices.Concat(picture(t, "heic/card.heic"), []byte(tc.boxes))); (err == nil) != tc.whole {
			t.Errorf("%q: %v", tc.boxes, err)
		}
	}
}
