package engine

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// profile is an ICC profile of version 2 whose curve is a power: gray, RGB with the
// primaries of Adobe RGB, CMYK or Lab, filled up to size bytes.
func profile(space string, gamma float64, size int) []byte {
	curve := binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(math.Round(gamma*256)))
	curve = append(curve, 0, 0)
	xyz := func(v ...float64) []byte {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, f := range v {
			b = binary.BigEndian.AppendUint32(b, uint32(math.Round(f*65536)))
		}
		return b
	}
	type tag struct {
		name string
		data []byte
	}
	class, tags := "mntr", []tag{{"wtpt", xyz(0.9642, 1, 0.8249)}}
	switch space {
	case "GRAY":
		tags = append(tags, tag{"kTRC", curve})
	case "RGB ":
		tags = append(tags, tag{"rTRC", curve}, tag{"gTRC", curve}, tag{"bTRC", curve},
			tag{"rXYZ", xyz(0.6097, 0.3111, 0.0195)}, tag{"gXYZ", xyz(0.2053, 0.6257, 0.0609)}, tag{"bXYZ", xyz(0.1492, 0.0632, 0.7446)})
	case "CMYK":
		class = "prtr"
		lut := []byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00")
		for i := range 9 {
			lut = binary.BigEndian.AppendUint32(lut, uint32(map[bool]int{true: 1 << 16}[i%4 == 0]))
		}
		linear := make([]byte, 256)
		for i := range linear {
			linear[i] = byte(i)
		}
		lut = append(lut, bytes.Repeat(linear, 4)...)
		for node := range 16 {
			lut = append(lut, byte(255*(15-node)/15), 128, 128)
		}
		tags = append(tags, tag{"A2B0", append(lut, bytes.Repeat(linear, 3)...)})
	}
	start := 128 + 4 + 12*len(tags)
	table, body := binary.BigEndian.AppendUint32(nil, uint32(len(tags))), []byte(nil)
	for _, t := range tags {
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(start+len(body)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
		body = append(body, t.data...)
	}
	head := make([]byte, 128)
	out := slices.Concat(head, table, body)
	for i := len(out); i < size; i++ {
		out = append(out, byte(i*i>>3))
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	binary.BigEndian.PutUint32(out[8:], 0x02400000)
	copy(out[12:], class+space+map[bool]string{true: "Lab ", false: "XYZ "}[space == "CMYK" || space == "Lab "])
	copy(out[36:], "acsp")
	copy(out[68:], xyz(0.9642, 1, 0.8249)[8:])
	return out
}

// withProfile puts a profile into a PNG, behind its header.
func withProfile(data, icc []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(icc)
	w.Close()
	chunk := append([]byte("iCCPx\x00\x00"), z.Bytes()...)
	whole := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	whole = append(whole, chunk...)
	whole = binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(chunk))
	const header = 8 + 25
	return slices.Concat(data[:header], whole, data[header:])
}

// withSegments puts a profile into a JPEG.
func withSegment(data, icc []byte) []byte {
	body := append([]byte("ICC_PROFILE\x00\x01\x01"), icc...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe2}, uint16(len(body)+2))
	return slices.Concat(data[:2], head, body, data[2:])
}

func pngBytes(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A profile that does not fit the pixels is left out with a note, and changes none
// of them; one that fits is used.
func TestProfileFits(t *testing.T) {
	file := func(name string) []byte { data, _ := load(t, name); return data }
	red := color.NRGBA{200, 40, 60, 255}
	rgb, palette, gray := image.NewNRGBA(image.Rect(0, 0, 64, 64)), image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{red, color.White}), image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		rgb.Set(i%64, i/64, red)
		gray.Pix[i] = 100
	}
	const left = "and was left out"
	for _, tc := range []struct {
		name  string
		data  []byte
		icc   string
		fits  bool
		plain []byte // the same without the profile
	}{
		{"RGB PNG, gray", withProfile(pngBytes(t, rgb), profile("GRAY", 1, 0)), "gray", false, pngBytes(t, rgb)},
		{"RGB PNG, CMYK", withProfile(pngBytes(t, rgb), profile("CMYK", 1, 0)), "CMYK", false, pngBytes(t, rgb)},
		{"RGB PNG, Lab", withProfile(pngBytes(t, rgb), profile("Lab ", 1, 0)), "another", false, pngBytes(t, rgb)},
		{"palette, gray", withProfile(pngBytes(t, palette), profile("GRAY", 1, 0)), "gray", false, pngBytes(t, palette)},
		{"gray PNG, RGB", withProfile(pngBytes(t, gray), profile("RGB ", 1, 0)), "RGB", false, pngBytes(t, gray)},
		{"gray PNG, gray", withProfile(pngBytes(t, gray), profile("GRAY", 1, 0)), "", true, pngBytes(t, gray)},
		{"APNG, gray", withProfile(file("png/animated.png"), profile("GRAY", 1, 0)), "gray", false, file("png/animated.png")},
		{"JPEG, gray", withSegment(file("jpeg/420.jpg"), profile("GRAY", 1, 0)), "gray", false, file("jpeg/420.jpg")},
		{"JPEG, CMYK", withSegment(file("jpeg/420.jpg"), profile("CMYK", 1, 0)), "CMYK", false, file("jpeg/420.jpg")},
		{"gray JPEG, RGB", withSegment(file("jpeg/grey.jpg"), profile("RGB ", 1, 0)), "RGB", false, file("jpeg/grey.jpg")},
		{"gray JPEG, gray", withSegment(file("jpeg/grey.jpg"), profile("GRAY", 1, 0)), "", true, file("jpeg/grey.jpg")},
		{"CMYK JPEG, RGB", withSegment(file("jpeg/inks.jpg"), profile("RGB ", 1, 0)), "RGB", false, file("jpeg/inks.jpg")},
		{"CMYK JPEG, CMYK", withSegment(file("jpeg/inks.jpg"), profile("CMYK", 1, 0)), "", true, file("jpeg/inks.jpg")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			result := func(data []byte) Output {
				info, err := codec.Probe(data)
				if err != nil {
					t.Fatal(err)
				}
				out, err := transcode(t.Context(), data, info, defaults, 1)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			got, plain := result(tc.data), result(tc.plain)
			notes := strings.Join(got.Notes, "; ")
			if same := bytes.Equal(got.Data, plain.Data); same == tc.fits {
				t.Errorf("the pixels are the same as without a profile: %v", same)
			}
			if noted := strings.Contains(notes, left); noted == tc.fits || !strings.Contains(notes, tc.icc) {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}

// A large profile of a small result is not kept: the colors are converted. A small
// one, such as that of Display P3, stays.
func TestLargeProfile(t *testing.T) {
	large := profile("RGB ", 1.8, 8000)
	noise := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	state := uint32(1)
	for i := range noise.Pix {
		state = state*1664525 + 1013904223
		noise.Pix[i] = byte(state >> 24)
	}
	flat := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		flat.Set(i%40, i/40, color.NRGBA{200, 40, 60, 255})
	}
	exact := defaults
	exact.Lossless = asset.LosslessAlways
	for _, tc := range []struct {
		name string
		data []byte
		kept bool
	}{
		{"small result", withProfile(pngBytes(t, flat), large), false},
		{"large result", withProfile(pngBytes(t, noise), large), true},
		{"small profile", withProfile(pngBytes(t, flat), profile("RGB ", 1.8, 0)), true},
		{"animation", withProfile(func() []byte { data, _ := load(t, "png/animated.png"); return data }(), large), false},
	} {
		info, err := codec.Probe(tc.data)
		if err != nil {
			t.Fatal(err)
		}
		out, err := transcode(t.Context(), tc.data, info, exact, 1)
		if err != nil {
			t.Fatal(err)
		}
		if kept := bytes.Contains(out.Data, []byte("ICCP")); kept != tc.kept {
			t.Errorf("%s: the profile is kept: %v", tc.name, kept)
		}
		if noted := slices.Contains(out.Notes, profileConverted); noted == tc.kept {
			t.Errorf("%s: notes %q", tc.name, out.Notes)
		}
		if tc.name != "small result" {
			continue
		}
		p, err := codec.Decode(out.Data, codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// Adobe RGB's red with a curve of 1.8, as sRGB.
		if c := p.Image.Planes[0][:3]; c[0] < 235 || c[1] > 60 || c[2] > 90 {
			t.Errorf("converted: %v", c)
		}
	}
}
