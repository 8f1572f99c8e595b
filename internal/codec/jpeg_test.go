package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// Every layout keeps its planes, and is the card at every scale of the IDCT.
func TestDecodeJPEG(t *testing.T) {
	for _, tc := range []struct {
		name       string
		kind       pixel.Layout
		subW, subH int
	}{
		{"444", pixel.YUV, 0, 0},
		{"422", pixel.YUV, 1, 0},
		{"440", pixel.YUV, 0, 1},
		{"420", pixel.YUV, 1, 1},
		{"411", pixel.YUV, 2, 0},
		{"progressive", pixel.YUV, 1, 1},
		{"restart", pixel.YUV, 1, 1},
		{"multi", pixel.YUV, 1, 1}, // the first image, not the one behind it
		{"grey", pixel.Gray, 0, 0},
		{"rgb", pixel.RGBA, 0, 0},
		{"cmyk", pixel.CMYK, 0, 0},
		{"inks", pixel.CMYK, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := picture(t, "jpeg/"+tc.name+".jpg")
			info, err := Probe(data)
			if err != nil {
				t.Fatal(err)
			}
			want := Info{Format: asset.JPEG, Width: 192, Height: 128, Frames: 1, Depth: 8, Lossy: true}
			switch tc.name { // several scans: two bytes a sample are held
			case "progressive":
				want.Memory = 192 * 128 * 3 / 2 * 2
			case "inks":
				want.Memory = 192 * 128 * 4 * 2
			}
			if diff := cmp.Diff(want, info, cmpopts.IgnoreFields(Info{}, "Bits", "Pixels")); diff != "" {
				t.Error(diff)
			}
			var of func([3]byte) [3]byte
			if tc.kind == pixel.Gray {
				of = luma
			}
			for _, scale := range []int{1, 2, 4} {
				p, err := Decode(data, DecodeOptions{Width: 192 / scale, Height: 128 / scale})
				if err != nil {
					t.Fatal(err)
				}
				im := &p.Image
				if im.Width != 192/scale || im.Layout != tc.kind || im.SubW != tc.subW || im.SubH != tc.subH {
					t.Errorf("%d wide, kind %d, subsampled by %d, %d", im.Width, im.Layout, im.SubW, im.SubH)
				}
				if planar := tc.kind == pixel.YUV || tc.kind == pixel.Gray; planar && (!im.Full || im.Matrix != pixel.MatrixBT601) {
					t.Errorf("full %v, matrix %d", im.Full, im.Matrix)
				}
				// At a quarter, the chroma of 4:1:1 has 12 columns.
				checkCard(t, tc.name, p, float64(6+5*scale), of)
			}
		})
	}
}

// Odd sizes and single pixels have their last columns and rows.
func TestJPEGOddSizes(t *testing.T) {
	for _, name := range []string{"odd", "odd-422", "pixel"} {
		p, err := Decode(picture(t, "jpeg/"+name+".jpg"), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		im, err := upright(p)
		if err != nil {
			t.Fatal(err)
		}
		if name == "pixel" {
			if c := im.Planes[0]; im.Width != 1 || im.Height != 1 || c[0] < 200 || c[1] > 60 {
				t.Errorf("%dx%d, %v", im.Width, im.Height, c)
			}
			continue
		}
		if im.Width != 33 || im.Height != 17 {
			t.Errorf("%s: %dx%d", name, im.Width, im.Height)
		}
		// The lower right cell is yellow up to its last pixel.
		if c := im.Planes[0][len(im.Planes[0])-4:]; c[0] < 200 || c[1] < 160 || c[2] > 90 {
			t.Errorf("%s: the last pixel is %v", name, c)
		}
	}
}

// What is decoded is never smaller than what is wanted, and never twice as large
// where a smaller scale would do.
func TestJPEGScale(t *testing.T) {
	for _, name := range []string{"jpeg/420.jpg", "jpeg/cmyk.jpg", "jpeg/odd.jpg", "jpeg/orientation-6.jpg", "jpeg/orientation-3.jpg"} {
		data := picture(t, name)
		info, err := Probe(data)
		if err != nil {
			t.Fatal(err)
		}
		for width := 1; width <= info.Width; width++ {
			_, height := pixel.Fit(info.Width, info.Height, width, 0)
			p, err := Decode(data, DecodeOptions{Width: width, Height: height})
			if err != nil {
				t.Fatalf("%s for %d: %v", name, width, err)
			}
			w, h := p.Image.Width, p.Image.Height
			if p.Orientation >= 5 {
				w, h = h, w
			}
			if w < width || h < height {
				t.Errorf("%s: %dx%d, want at least %dx%d", name, w, h, width, height)
			}
			if full := w == info.Width; w >= 2*width+1 && h >= 2*height+1 && (full || w > ceilDiv(info.Width, 8)) {
				t.Errorf("%s: %dx%d, for %dx%d a smaller scale does", name, w, h, width, height)
			}
		}
	}
}

func TestJPEGOrientations(t *testing.T) {
	for o := 1; o <= 8; o++ {
		name := fmt.Sprintf("jpeg/orientation-%d.jpg", o)
		data := picture(t, name)
		info, err := Probe(data)
		if err != nil || info.Width != 192 || info.Height != 128 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		for _, width := range []int{192, 90} {
			p, err := Decode(data, DecodeOptions{Width: width, Height: 128 * width / 192})
			if err != nil {
				t.Fatal(err)
			}
			if p.Orientation != o {
				t.Errorf("%s: orientation %d", name, p.Orientation)
			}
			checkCard(t, name, p, 16, nil)
		}
	}
}

func TestJPEGMetadata(t *testing.T) {
	decode := func(name string) Picture {
		t.Helper()
		p, err := Decode(picture(t, name), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p3, png := decode("jpeg/p3.jpg"), decode("png/p3.png")
	if len(p3.ICC) == 0 || !bytes.Equal(p3.ICC, png.ICC) {
		t.Errorf("a profile of %d bytes, in the PNG of %d", len(p3.ICC), len(png.ICC))
	}
	if gps := decode("jpeg/gps.jpg"); len(gps.EXIF) == 0 || !bytes.HasPrefix(gps.XMP, []byte("<x:xmpmeta")) {
		t.Errorf("EXIF of %d bytes, XMP %q", len(gps.EXIF), gps.XMP)
	}
}

// jpegSegment is a marker segment.
func jpegSegment(marker byte, body ...string) []byte {
	data := strings.Join(body, "")
	return append([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}, data...)
}

// A profile may be spread over segments, in any order; one that lacks a part is
// none.
func TestJPEGProfileParts(t *testing.T) {
	data := picture(t, "jpeg/420.jpg")
	part := func(n, of byte, what string) []byte {
		return jpegSegment(0xe2, "ICC_PROFILE\x00", string([]byte{n, of}), what)
	}
	for _, tc := range []struct {
		name  string
		parts [][]byte
		want  string
	}{
		{"in order", [][]byte{part(1, 2, "one"), part(2, 2, "two")}, "onetwo"},
		{"turned round", [][]byte{part(2, 2, "two"), part(1, 2, "one")}, "onetwo"},
		{"twice", [][]byte{part(1, 1, "one"), part(1, 1, "other")}, "one"},
		{"a part is missing", [][]byte{part(1, 2, "one")}, ""},
		{"number 0", [][]byte{part(0, 1, "zero")}, ""},
		{"beyond the last", [][]byte{part(3, 2, "three")}, ""},
	} {
		h, err := readJPEGHeader(slices.Concat(data[:2], slices.Concat(tc.parts...), data[2:]))
		if err != nil || string(h.ICC) != tc.want {
			t.Errorf("%s: %q, %v, want %q", tc.name, h.ICC, err, tc.want)
		}
	}
}

// A file that is cut anywhere is an error, never an image with grey in it.
func TestJPEGCutShort(t *testing.T) {
	for _, name := range []string{"420", "411", "grey", "progressive", "restart", "cmyk", "inks", "rgb"} {
		data := picture(t, "jpeg/"+name+".jpg")
		// Without the end marker there is still the whole image.
		for n := 0; n < len(data)-6; n += 1 + n/60 {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Errorf("%s: the first %d of %d bytes are decoded", name, n, len(data))
			}
		}
	}
}

// The end marker alone may be missing, with a note, and with the same pixels.
func TestJPEGWithoutEnd(t *testing.T) {
	for _, name := range []string{"420", "411", "grey", "progressive", "restart", "cmyk", "inks", "rgb"} {
		data := picture(t, "jpeg/"+name+".jpg")
		want, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, cut := range [][]byte{data[:len(data)-2], data[:len(data)-1]} {
			p, err := Decode(cut, DecodeOptions{})
			if err != nil || !slices.Contains(p.Notes, endMissing) || !samePlanes(&p.Image, &want.Image) {
				t.Errorf("%s: notes %q, %v", name, p.Notes, err)
			}
		}
		if p, _ := Decode(data, DecodeOptions{}); len(p.Notes) > 0 {
			t.Errorf("%s: whole, and notes %q", name, p.Notes)
		}
	}
	// Scans that are missing at the end are pixels that are missing, whether the file
	// ends in the middle of one or between two.
	data := picture(t, "jpeg/progressive.jpg")
	scans := jpegScans(data)
	if len(scans) < 5 {
		t.Fatalf("scans at %v", scans)
	}
	for _, at := range scans[1:] {
		for _, n := range []int{at, at - 1, at + 3, at + 20} {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Errorf("progressive: the first %d bytes are decoded, with scans at %v", n, scans)
			}
		}
	}
}

// jpegScans returns where the scans of a JPEG begin.
func jpegScans(data []byte) (at []int) {
	for i := 0; ; i++ {
		n := bytes.Index(data[i:], []byte{0xff, 0xda})
		if n < 0 {
			return at
		}
		i += n
		at = append(at, i)
	}
}

func samePlanes(a, b *pixel.Image) bool {
	for i := range a.Planes {
		w, h := a.PlaneSize(i)
		if a.Layout == pixel.RGBA || a.Layout == pixel.CMYK {
			if w, h = 0, 0; i == 0 {
				w, h = 4*a.Width, a.Height
			}
		}
		for y := range h {
			if !bytes.Equal(a.Planes[i][y*a.Stride[i]:][:w], b.Planes[i][y*b.Stride[i]:][:w]) {
				return false
			}
		}
	}
	return a.Layout == b.Layout && a.Width == b.Width && a.Height == b.Height
}

// Damage is found behind an oddity that is none.
func TestJPEGDamageBehindOddity(t *testing.T) {
	restarts := picture(t, "jpeg/restart.jpg")
	bad := bytes.Replace(restarts, []byte{0xff, 0xd1}, []byte{0xff, 0xd4}, 1)
	for name, data := range map[string][]byte{
		"JFIF 2":             bytes.Replace(bad, []byte("JFIF\x00\x01"), []byte("JFIF\x00\x02"), 1),
		"an Adobe transform": slices.Concat(bad[:2], jpegSegment(0xee, "Adobe\x00d\x00\x00\x00\x00\x09"), bad[2:]),
		"bounds of a scan":   oddBounds(bad),
		"bytes in front":     slices.Concat(bad[:20], []byte("abc"), bad[20:]),
		"no end":             bad[:len(bad)-2],
	} {
		if _, err := Decode(data, DecodeOptions{}); err == nil {
			t.Errorf("%s: damage is not seen", name)
		}
	}
}

// oddBounds writes bounds into a sequential scan as Samsung's cameras do.
func oddBounds(data []byte) []byte {
	c := bytes.Clone(data)
	i := jpegScans(c)[0]
	copy(c[i+2+int(c[i+3])-3:], []byte{0, 0, 0})
	return c
}

// Many scans of many pixels are refused by the header, and a few are not.
func TestJPEGScanBound(t *testing.T) {
	data := picture(t, "jpeg/progressive.jpg")
	scans := jpegScans(data)
	last := data[scans[len(scans)-1] : len(data)-2]
	with := func(n, side int) []byte {
		c := slices.Concat(data[:len(data)-2], bytes.Repeat(last, n), data[len(data)-2:])
		at := bytes.Index(c, []byte{0xff, 0xc2})
		binary.BigEndian.PutUint16(c[at+5:], uint16(side))
		binary.BigEndian.PutUint16(c[at+7:], uint16(side))
		return c
	}
	if _, err := Probe(with(489, 16383)); err == nil || !strings.Contains(err.Error(), "scans of 16383x16383 pixels would take too long") {
		t.Errorf("got %v", err)
	}
	for _, tc := range [][2]int{{0, 16383}, {300, 1000}} {
		info, err := Probe(with(tc[0], tc[1]))
		if err != nil {
			t.Errorf("%v: %v", tc, err)
		}
		// libjpeg holds 4:2:0 at two bytes for each of 1.5 samples.
		if pixels := int64(tc[1]) * int64(tc[1]); info.Memory < 3*pixels || EstimateMemory(info, 0, 0) < info.Memory+3*pixels/2 {
			t.Errorf("%v: %d bytes are held", tc, info.Memory)
		}
	}
}

// What follows an image is not part of it, and bytes that no pixel depends on are
// no damage.
func TestJPEGHarmless(t *testing.T) {
	data := picture(t, "jpeg/420.jpg")
	end := len(data) - 2
	for _, tc := range []struct {
		name string
		data []byte
	}{
		{"bytes behind the end", slices.Concat(data, []byte("garbage \xff\xd8\xff\xe0 and more"))},
		{"a movie behind the end", slices.Concat(data, []byte("\x00\x00\x00\x18ftypmp42"), make([]byte, 5000))},
		{"zeros before the end", slices.Concat(data[:end], make([]byte, 40), data[end:])},
		{"fill bytes before a marker", slices.Concat(data[:2], []byte{0xff, 0xff, 0xff}, data[2:])},
		{"JFIF 2.01", bytes.Replace(data, []byte("JFIF\x00\x01"), []byte("JFIF\x00\x02"), 1)},
		{"bounds of Samsung's cameras", oddBounds(data)},
		{"bounds, and no end", oddBounds(data)[:end]},
		{"bytes before a marker", slices.Concat(data[:20], []byte("abc"), data[20:])}, // behind APP0
		{"an unknown Adobe transform", slices.Concat(data[:2], jpegSegment(0xee, "Adobe\x00d\x00\x00\x00\x00\x09"), data[2:])},
	} {
		p, err := Decode(tc.data, DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		checkCard(t, tc.name, p, 14, nil)
	}
}

func TestJPEGRefused(t *testing.T) {
	data := picture(t, "jpeg/420.jpg")
	restarts := picture(t, "jpeg/restart.jpg")
	frame := bytes.Index(data, []byte{0xff, 0xc0})
	with := func(at int, v byte) []byte {
		c := bytes.Clone(data)
		c[at] = v
		return c
	}
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"start and end", []byte{0xff, 0xd8, 0xff, 0xd9, 0, 0}, "jpeg: there is no image in the file"},
		{"start alone", []byte{0xff, 0xd8, 0xff, 0xe0}, "jpeg: the file is cut short"},
		{"no frame", slices.Concat(data[:2], jpegSegment(0xda, "\x01\x01\x00\x00\x3f\x00")), "jpeg: the header gives no size"},
		{"a short frame", slices.Concat(data[:2], jpegSegment(0xc0, "\x08\x00\x01")), "jpeg: the header is damaged"},
		{"no rows", append(with(frame+5, 0)[:frame+6], append([]byte{0}, data[frame+7:]...)...), "jpeg: the header gives no size"},
		{"12 bits", with(frame+4, 12), "jpeg: this kind of JPEG is not supported (libjpeg: unsupported JPEG data precision 12)"},
		{"lossless", with(frame+1, 0xc3), "jpeg: this kind of JPEG is not supported (libjpeg: "},
		// A hole is not always seen: what follows it may decode to something else.
		{"a hole in the scan", slices.Concat(data[:1000], data[1300:]), "jpeg: the file is cut short"},
		{"restarts out of order", bytes.Replace(restarts, []byte{0xff, 0xd1}, []byte{0xff, 0xd4}, 1), "jpeg: the file is damaged (libjpeg: "},
		{"no tables", bytes.ReplaceAll(data, []byte{0xff, 0xdb}, []byte{0xff, 0xec}), "jpeg: the file is damaged (libjpeg: quantization table"},
	} {
		_, err := Decode(tc.data, DecodeOptions{})
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

func TestJPEGError(t *testing.T) {
	for _, tc := range []struct{ text, want, hint string }{
		{"tjDecompress2(): Premature end of JPEG file", "jpeg: the file is cut short", ""},
		{"Corrupt JPEG data: premature end of data segment", "jpeg: the file is cut short", ""},
		{"tjDecompress2(): Corrupt JPEG data: bad Huffman code", "jpeg: the file is damaged (libjpeg: bad Huffman code)", ""},
		{"Insufficient memory (case 4)", "jpeg: out of memory", "lower `jobs`"},
		{
			"Unsupported color conversion request", "jpeg: this kind of JPEG is not supported (libjpeg: unsupported color conversion request)",
			"export it again as a plain JPEG or PNG",
		},
	} {
		if err := jpegError(1, tc.text); err.Error() != tc.want || err.Hint != tc.hint {
			t.Errorf("%q: %v, hint %q", tc.text, err, err.Hint)
		}
	}
}
