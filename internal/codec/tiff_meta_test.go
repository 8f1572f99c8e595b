package codec

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/webpress/webpress/internal/pixel"
)

// pageTags are those of one RGB pixel.
func pageTags() tiffTags {
	return tiffTags{
		tiffWidth: []int{1}, tiffHeight: []int{1}, tiffBits: []int{8, 8, 8}, tiffSamples: []int{3},
		tiffCompression: []int{1}, tiffPhotometric: []int{2}, tagOrientation: []int{6},
		282: [][2]int{{72, 1}},
	}
}

// What a TIFF says of its image becomes an EXIF block, with the directories below.
func TestTIFFMetadata(t *testing.T) {
	iptc := []byte("\x1c\x02\x50\x00\x03Ann")
	resource := "8BIM\x03\xed\x00\x00\x00\x00\x00\x01x\x00" + "8BIM\x04\x04\x00\x00\x00\x00\x00\x08" + string(iptc)
	for _, w := range tiffOrders {
		for _, photoshop := range []bool{false, true} {
			tags := pageTags()
			tags[315], tags[33432], tags[271], tags[tiffXMP], tags[tiffICC] = "Ann Other", "(c) Ann", "ACME", []byte("<xmp/>"), []byte("profile")
			tags[tagExif] = tiffTags{36867: "2020:01:02 03:04:05", tagInterop: tiffTags{1: "R98"}, 37500: []byte("a maker's note")}
			tags[tagGPS] = tiffTags{1: "N", gpsLatitude: [][2]int{{48, 1}, {51, 1}, {30, 1}}}
			if photoshop {
				tags[tiffPhotoshop] = []byte(resource)
			} else {
				tags[tiffIPTC] = iptc
			}
			data := w.file(tags, []byte{1, 2, 3})
			p, err := Decode(data, DecodeOptions{Metadata: true})
			if err != nil {
				t.Fatal(err)
			}
			if string(p.IPTC) != string(iptc) || string(p.XMP) != "<xmp/>" || string(p.ICC) != "profile" || p.Orientation != 6 {
				t.Errorf("XMP %q, ICC %q, orientation %d", p.XMP, p.ICC, p.Orientation)
			}
			if Orientation(p.EXIF) != 6 || Orientation(UprightEXIF(p.EXIF)) != 1 || !exifPosition(p.EXIF) {
				t.Errorf("orientation %d, position %v", Orientation(p.EXIF), exifPosition(p.EXIF))
			}
			v := newView(bytes.NewReader(p.EXIF), int64(len(p.EXIF)))
			d, ok := firstDirectory(v)
			if !ok || d.big || d.short || d.next != 0 {
				t.Fatalf("%+v", d)
			}
			text := func(d directory, tag uint16) string {
				_, _, b := d.find(v, tag)
				return string(b)
			}
			exif, _ := d.at(v, d.number(v, tagExif))
			interop, _ := exif.at(v, exif.number(v, tagInterop))
			for _, tc := range []struct{ got, want string }{
				{text(d, 315), "Ann Other\x00"}, {text(d, 33432), "(c) Ann\x00"}, {text(d, 271), "ACME\x00"},
				{text(d, tiffIPTC), string(iptc)}, {text(exif, 36867), "2020:01:02 03:04:05\x00"},
				{text(exif, 37500), "a maker's note"}, {text(interop, 1), "R98\x00"},
				{text(d, tiffWidth), ""}, {text(d, 273), ""}, {text(d, tiffXMP), ""}, {text(d, tiffICC), ""},
			} {
				if tc.got != tc.want {
					t.Errorf("%q, want %q", tc.got, tc.want)
				}
			}
			var order []uint16
			d.each(func(tag uint16, _ []byte) bool {
				order = append(order, tag)
				return true
			})
			if !slices.IsSorted(order) {
				t.Errorf("tags are not sorted: %v", order)
			}
			if p, err := Decode(data, DecodeOptions{}); err != nil || p.EXIF != nil || p.XMP != nil {
				t.Errorf("EXIF %q, XMP %q that were not asked for, %v", p.EXIF, p.XMP, err)
			}
		}
	}
	if p, err := Decode(tiffOrders[0].file(pageTags(), []byte{1, 2, 3}), DecodeOptions{Metadata: true}); err != nil || p.EXIF != nil {
		t.Errorf("a resolution and an orientation become EXIF: %q, %v", p.EXIF, err)
	}
}

// Directories that lead to each other do not end in a loop, and offsets that lead
// nowhere lead to nothing.
func TestTIFFMetadataHostile(t *testing.T) {
	for _, at := range []int{0, 8, 1 << 20, 1<<31 - 1} {
		tags := pageTags()
		tags[315], tags[tagExif], tags[tagGPS] = "Ann", []int{at}, []int{at}
		data := tiffOrders[0].file(tags, []byte{1, 2, 3})
		first := int(binary.LittleEndian.Uint32(data[4:]))
		for i := range len(tags) + 2 { // a directory that leads to itself
			if e := data[first+2+12*i:]; binary.LittleEndian.Uint16(e) == tagExif {
				binary.LittleEndian.PutUint32(e[8:], uint32(first))
			}
		}
		p, err := Decode(data, DecodeOptions{Metadata: true})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(p.EXIF, []byte("Ann\x00")) || len(p.EXIF) > 1000 {
			t.Errorf("%d: %q", at, p.EXIF)
		}
	}
}

// webpTIFF is a TIFF that is packed by WebP, and its pixels.
func webpTIFF(t *testing.T, w, h int) (data, pix []byte) {
	im := pixel.NewRGBA(w, h, nil)
	for i := range im.Planes[0] {
		if im.Planes[0][i] = byte(i * 7); i%4 == 3 {
			im.Planes[0][i] = 255
		}
	}
	packed, err := Encode(im, EncodeOptions{Lossless: true, Effort: 4})
	if err != nil {
		t.Fatal(err)
	}
	return tiffOrders[0].file(tiffTags{
		tiffWidth: []int{w}, tiffHeight: []int{h}, tiffBits: []int{8, 8, 8}, tiffSamples: []int{3},
		tiffCompression: []int{50001}, tiffPhotometric: []int{2}, tiffRowsPerStrip: []int{h},
	}, packed), im.Planes[0]
}

// libtiff decodes by its own libwebp while the one in the binary encodes: both at
// once, again and again, with the same results.
func TestTIFFBesideEncoder(t *testing.T) {
	data, want := webpTIFF(t, 61, 43)
	if _, _, err := decodeTIFF(data, false); err != nil && strings.Contains(err.Error(), "compression 50001 in a TIFF is not supported") {
		t.Skip(err)
	}
	im := pixel.NewRGBA(61, 43, slices.Clone(want))
	encode := func() []byte {
		out, err := Encode(im, EncodeOptions{Quality: 70, Effort: 4, Threads: 2})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	first := encode()
	var both sync.WaitGroup
	for range 3 {
		both.Go(func() {
			for range 20 {
				if f, _, err := decodeTIFF(data, false); err != nil || !bytes.Equal(f.pix, want) {
					t.Errorf("the TIFF is decoded to other pixels, %v", err)
				}
			}
		})
		both.Go(func() {
			for range 20 {
				if !bytes.Equal(encode(), first) {
					t.Error("the WebP is another one")
				}
			}
		})
	}
	both.Wait()
	for n := 0; n < len(data); n += 9 {
		if f, _, err := decodeTIFF(data[:n], false); err == nil || f.pix != nil {
			t.Fatalf("%d of %d bytes are decoded", n, len(data))
		}
	}
}

// What libtiff says of a broken file is in the error, and not on standard error.
func TestTIFFIsSilent(t *testing.T) {
	const child = "WEBPRESS_TEST_SILENT"
	if os.Getenv(child) != "" {
		for _, l := range layouts() {
			for compression := range tiffPackers {
				data := tiffOrders[0].file(l.all(tiffTags{tiffCompression: []int{compression}, 60000: []int{1}}), []byte{1, 2, 3, 250, 5})
				if _, _, err := decodeTIFF(data, false); err == nil && compression != 1 {
					t.Errorf("%s, compression %d: no error", l.name, compression)
				}
			}
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTIFFIsSilent$")
	cmd.Env = append(os.Environ(), child+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if out, err := cmd.Output(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if stderr.Len() > 0 {
		t.Errorf("standard error: %s", stderr.String())
	}
}
