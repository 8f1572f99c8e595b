package pixel

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"os"
	"slices"
	"testing"
)

// pngProfile returns the profile of one of testdata's PNGs.
func pngProfile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../testdata/pictures/png/" + name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("iCCP"))
	body := data[at+4:][:binary.BigEndian.Uint32(data[at-4:])]
	z, err := zlib.NewReader(bytes.NewReader(body[bytes.IndexByte(body, 0)+2:]))
	if err != nil {
		t.Fatal(err)
	}
	icc, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return icc
}

type tag struct{ name, data string }

// newProfile puts an ICC profile of version 2 together (ICC.1:2001-04, 6): a header
// of 128 bytes, a table of tags, the tags.
func newProfile(class, space, pcs string, tags ...tag) []byte {
	white := tag{"wtpt", "XYZ \x00\x00\x00\x00\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"}
	tags = append(tags, white)
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	for _, t := range tags {
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(128+4+12*len(tags)+len(body)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
		body = append(body, t.data...)
		body = append(body, make([]byte, -len(t.data)&3)...)
	}
	head := make([]byte, 128)
	binary.BigEndian.PutUint32(head, uint32(len(head)+len(table)+len(body)))
	binary.BigEndian.PutUint32(head[8:], 0x02400000)
	copy(head[12:], class+space+pcs)
	copy(head[36:], "acsp")
	copy(head[68:], white.data[8:])
	return slices.Concat(head, table, body)
}

// greyProfile is a grey profile whose curve is a power.
func greyProfile(gamma float64) []byte {
	curve := binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(math.Round(gamma*256)))
	return newProfile("mntr", "GRAY", "XYZ ", tag{"kTRC", string(curve)})
}

// inkProfile is a CMYK profile in which all inks are grey, and black is the most.
func inkProfile() []byte {
	lut := []byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00") // 4 channels to 3, a grid of 2
	for i := range 9 {                                    // the identity
		one := uint32(0)
		if i%4 == 0 {
			one = 1 << 16
		}
		lut = binary.BigEndian.AppendUint32(lut, one)
	}
	linear := make([]byte, 256)
	for i := range linear {
		linear[i] = byte(i)
	}
	lut = append(lut, bytes.Repeat(linear, 4)...)
	for node := range 16 { // cyan is the highest bit, black the lowest
		light := 255
		for ink := range 3 {
			if node>>(3-ink)&1 == 1 {
				light -= 50
			}
		}
		if node&1 == 1 {
			light = 0
		}
		lut = append(lut, byte(light), 128, 128)
	}
	lut = append(lut, bytes.Repeat(linear, 3)...)
	return newProfile("prtr", "CMYK", "Lab ", tag{"A2B0", string(lut)})
}

// tableProfile is an RGB profile with sRGB's primaries and a table for each of the
// intents perceptual and colorimetric, whose curves are given (ICC.1:2010, 10.10).
func tableProfile(perceptual, colorimetric func(float64) float64) []byte {
	table := func(curve func(float64) float64) string {
		const entries = 1024
		b := []byte("mft2\x00\x00\x00\x00\x03\x03\x02\x00") // 3 channels to 3, a grid of 2
		for i := range 9 {
			one := uint32(0)
			if i%4 == 0 {
				one = 1 << 16
			}
			b = binary.BigEndian.AppendUint32(b, one)
		}
		b = binary.BigEndian.AppendUint16(b, entries)
		b = binary.BigEndian.AppendUint16(b, 2)
		for range 3 {
			for i := range entries {
				b = binary.BigEndian.AppendUint16(b, uint16(math.Round(65535*curve(float64(i)/(entries-1)))))
			}
		}
		// sRGB's primaries as XYZ, adapted to D50; 1 is 0x8000. Linear, so corners are enough.
		xyz := [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}
		for node := range 8 { // red is the highest bit
			for c := range 3 {
				var v float64
				for p := range 3 {
					v += float64(node>>(2-p)&1) * xyz[p][c]
				}
				b = binary.BigEndian.AppendUint16(b, uint16(math.Round(32768*v)))
			}
		}
		for range 3 {
			b = append(b, 0, 0, 0xff, 0xff)
		}
		return string(b)
	}
	return newProfile("mntr", "RGB ", "XYZ ", tag{"A2B0", table(perceptual)}, tag{"A2B1", table(colorimetric)})
}

func srgbCurve(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func TestProfileSpace(t *testing.T) {
	p3, srgb := pngProfile(t, "p3.png"), pngProfile(t, "srgb.png")
	noCurve := bytes.Replace(p3, []byte("rTRC"), []byte("rXXX"), 1)
	for _, tc := range []struct {
		name string
		icc  []byte
		want Space
		srgb bool
	}{
		{"sRGB", srgb, SpaceRGB, true},
		{"Display P3", p3, SpaceRGB, false},
		{"sRGB by tables", tableProfile(srgbCurve, srgbCurve), SpaceRGB, true},
		{"sRGB colorimetrically alone", tableProfile(func(v float64) float64 { return v }, srgbCurve), SpaceRGB, false},
		{"sRGB perceptually alone", tableProfile(srgbCurve, func(v float64) float64 { return v }), SpaceRGB, false},
		{"grey", greyProfile(2.2), SpaceGray, false},
		{"CMYK", inkProfile(), SpaceCMYK, false},
		{"Lab", newProfile("abst", "Lab ", "Lab "), SpaceOther, false},
		{"nothing", nil, SpaceBad, false},
		{"text", []byte("this is no profile, but it is a text of more than 128 bytes, so that it is as long as the header of a profile and a little longer."), SpaceBad, false},
		{"a header alone", p3[:128], SpaceBad, false},
		{"without its tags", p3[:300], SpaceBad, false},
		{"without a curve", noCurve, SpaceBad, false},
		{"grey without a curve", newProfile("mntr", "GRAY", "XYZ "), SpaceBad, false},
		{"CMYK without a table", newProfile("prtr", "CMYK", "Lab "), SpaceBad, false},
	} {
		space, same := ProfileSpace(tc.icc)
		if space != tc.want || same != tc.srgb {
			t.Errorf("%s: space %d, sRGB %v, want %d, %v", tc.name, space, same, tc.want, tc.srgb)
		}
	}
}

func TestToSRGB(t *testing.T) {
	p3 := pngProfile(t, "p3.png")
	im := NewRGBA(3, 1, []byte{214, 40, 40, 255, 255, 255, 255, 128, 100, 100, 100, 0})
	im.Alpha = true
	got, err := ToSRGB(im, p3)
	if err != nil {
		t.Fatal(err)
	}
	// By the matrices of both spaces; what is out of sRGB is cut off.
	for x, want := range [][4]byte{{233, 0, 24, 255}, {255, 255, 255, 128}, {100, 100, 100, 0}} {
		if c := pixelAt(got, x, 0); !near(c, want, 2) {
			t.Errorf("pixel %d is %v, want %v", x, c, want)
		}
	}
	if got.Layout != RGBA || !got.Alpha {
		t.Errorf("kind %d, alpha %v", got.Layout, got.Alpha)
	}

	// sRGB's own profile leaves colours alone, to a level.
	im = NewRGBA(1, 1, []byte{214, 40, 40, 255})
	if got, err = ToSRGB(im, pngProfile(t, "srgb.png")); err != nil || !near(pixelAt(got, 0, 0), [4]byte{214, 40, 40, 255}, 1) {
		t.Errorf("%v, %v", pixelAt(got, 0, 0), err)
	}
	if _, err := ToSRGB(im, p3[:300]); err == nil {
		t.Error("a broken profile was used")
	}
}

// A grey profile's curve becomes sRGB's: the same in one plane, in 16 bits and in
// three equal channels.
func TestToSRGBGrey(t *testing.T) {
	const gamma = 1.8
	icc := greyProfile(gamma)
	curve := func(v int) int {
		linear := math.Pow(float64(v)/255, gamma)
		if linear <= 0.0031308 {
			return int(math.Round(255 * 12.92 * linear))
		}
		return int(math.Round(255 * (1.055*math.Pow(linear, 1/2.4) - 0.055)))
	}
	plane := NewPlanar(Image{Width: 256, Height: 2, Layout: Gray, Depth: 8, Full: true})
	deep := NewPlanar(Image{Width: 256, Height: 2, Layout: Gray, Depth: 16, Full: true})
	three := NewRGBA(256, 2, nil)
	for y := range 2 {
		for v := range 256 {
			plane.set(0, v, y, v)
			deep.set(0, v, y, 257*v)
			copy(three.Planes[0][4*(256*y+v):], []byte{byte(v), byte(v), byte(v), 255})
		}
	}
	for _, src := range []*Image{plane, deep, three} {
		kind, depth := src.Layout, src.Depth
		got, err := ToSRGB(src, icc)
		if err != nil {
			t.Fatal(err)
		}
		if want := kind == Gray && depth == 8; want != (got.Layout == Gray) {
			t.Errorf("kind %d, %d bits: kind %d", kind, depth, got.Layout)
		}
		exact, err := ToRGBA(got, 256, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		for v := range 256 {
			want := byte(curve(v))
			if c := pixelAt(exact, v, 1); !near(c, [4]byte{want, want, want, 255}, 2) {
				t.Fatalf("kind %d, %d bits: %d is %v, want %d", kind, depth, v, c, want)
			}
		}
	}
}

func TestToSRGBInks(t *testing.T) {
	// 255 means no ink: paper, cyan, black, all of them, half of magenta.
	inks := []byte{
		255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 0,
		0, 0, 0, 0, 255, 128, 255, 255,
	}
	freshInks := func() *Image {
		im := NewRGBA(5, 1, bytes.Clone(inks))
		im.Layout = CMYK
		return im
	}
	ideal := [][4]byte{{255, 255, 255, 255}, {0, 255, 255, 255}, {0, 0, 0, 255}, {0, 0, 0, 255}, {255, 128, 255, 255}}
	// L* of 205/255 and about 230/255.
	grey := [][4]byte{{255, 255, 255, 255}, {199, 199, 199, 255}, {0, 0, 0, 255}, {0, 0, 0, 255}, {226, 226, 226, 255}}
	for name, tc := range map[string]struct {
		icc  []byte
		want [][4]byte
	}{
		"no profile":      {nil, ideal},
		"its profile":     {inkProfile(), grey},
		"another profile": {pngProfile(t, "p3.png"), ideal},
		"a broken one":    {inkProfile()[:400], ideal},
	} {
		got, err := ToSRGB(freshInks(), tc.icc)
		if err != nil || got.Layout != RGBA {
			t.Fatalf("%s: %v", name, err)
		}
		for x, want := range tc.want {
			if c := pixelAt(got, x, 0); !near(c, want, 3) {
				t.Errorf("%s: pixel %d is %v, want %v", name, x, c, want)
			}
		}
	}
}

// Ten and more bits are rounded to eight, not cut off.
func TestDepthIsRounded(t *testing.T) {
	for _, depth := range []int{10, 12, 16} {
		n := 1 << depth
		width := min(n, 4096)
		src := NewPlanar(Image{Width: width, Height: n / width, Layout: Gray, Depth: depth, Full: true})
		for v := range n {
			src.set(0, v%width, v/width, v)
		}
		got, err := ToRGBA(src, width, n/width, 1)
		if err != nil {
			t.Fatal(err)
		}
		for v := range n {
			want := float64(v) * 255 / float64(n-1)
			if c := pixelAt(got, v%width, v/width); math.Abs(float64(c[1])-want) > 0.51 {
				t.Fatalf("%d bits: %d is %d, want %.2f", depth, v, c[1], want)
			}
		}
	}
}

// Whatever a profile holds, it is used or refused.
func FuzzProfile(f *testing.F) {
	for _, icc := range [][]byte{pngProfile(f, "p3.png"), pngProfile(f, "srgb.png"), greyProfile(2.2), inkProfile()} {
		f.Add(icc)
		f.Add(icc[:len(icc)/2])
	}
	f.Fuzz(func(t *testing.T, icc []byte) {
		space, srgb := ProfileSpace(icc)
		if srgb && space != SpaceRGB {
			t.Fatalf("space %d is sRGB", space)
		}
		for _, kind := range []Layout{RGBA, CMYK} {
			im := NewRGBA(2, 1, []byte{1, 2, 3, 255, 200, 100, 50, 255})
			im.Layout = kind
			if _, err := ToSRGB(im, icc); err != nil && kind == CMYK {
				t.Fatal(err)
			}
		}
	})
}
