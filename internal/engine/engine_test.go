package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chai2010/webp"
	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/rights"
)

// pictures are what testdata/README.md describes.
const pictures = "../../testdata/pictures"

func load(t *testing.T, name string) ([]byte, codec.Info) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(pictures, name))
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.Probe(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return data, info
}

// defaults is the recipe of a run without settings.
var defaults = asset.Variant{
	Format: asset.WebP, Quality: 80, Lossless: asset.LosslessAuto, Effort: 4,
	Metadata: asset.MetadataICC,
}

// transcode makes a single output.
func transcode(ctx context.Context, data []byte, info codec.Info, v asset.Variant, threads int) (Output, error) {
	outputs, err := Convert(ctx, data, info, []asset.Variant{v}, Options{MaxPixels: 1 << 28, Threads: threads})
	if err != nil {
		return Output{}, err
	}
	return outputs[0], nil
}

func made(t *testing.T, name string, r asset.Variant) (Output, codec.Picture) {
	t.Helper()
	data, info := load(t, name)
	out, err := transcode(context.Background(), data, info, r, 1)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := codec.Decode(out.Data, codec.DecodeOptions{})
	if err != nil {
		t.Fatalf("%s: decode the output: %v", name, err)
	}
	if p.Image.Width != out.Width || p.Image.Height != out.Height {
		t.Fatalf("%s: the output is %dx%d, the result says %dx%d", name, p.Image.Width, p.Image.Height, out.Width, out.Height)
	}
	return out, p
}

// cells are the colours of the card, by column and row.
var cells = map[[2]int][3]byte{
	{0, 0}: {214, 40, 40}, {5, 0}: {40, 160, 70}, {0, 3}: {40, 80, 200}, {5, 3}: {240, 200, 40},
	{0, 1}: {240, 130, 40}, {5, 1}: {110, 50, 140}, {1, 3}: {40, 180, 200}, {2, 3}: {200, 60, 170},
	{3, 3}: {128, 128, 128}, {4, 3}: {20, 20, 20}, {5, 2}: {255, 255, 255}, {0, 2}: {224, 172, 140},
}

// checkCard compares the centres of the cells, as grey where the source is.
func checkCard(t *testing.T, name string, p codec.Picture, tolerance float64) {
	t.Helper()
	grey := strings.Contains(name, "grey")
	for cell, want := range cells {
		x, y := (2*cell[0]+1)*p.Image.Width/12, (2*cell[1]+1)*p.Image.Height/8
		got := p.Image.Planes[0][y*p.Image.Stride[0]+4*x:][:3]
		if grey {
			luma := byte(0.299*float64(want[0]) + 0.587*float64(want[1]) + 0.114*float64(want[2]) + 0.5)
			want = [3]byte{luma, luma, luma}
		}
		for c := range 3 {
			if math.Abs(float64(got[c])-float64(want[c])) > tolerance {
				t.Errorf("%s: cell %v is %v, want %v", name, cell, got, want)
				break
			}
		}
	}
}

// Every image of the card must still be the card: upright, of the right
// colours, in every layout, depth and format; at its own and at a smaller size.
func TestEveryCard(t *testing.T) {
	others := map[string]bool{ // not the card
		"png/palette-alpha.png": true, "png/halo.png": true, "png/pixel.png": true, "png/line.png": true,
		"png/colour-key.png": true,
		"png/photo.png":      true, "png/animated.png": true, "jpeg/pixel.jpg": true, "heic/p3-nclx.heic": true,
	}
	tried := 0
	for _, folder := range []string{"png", "jpeg", "heic", "avif", "tiff", "bmp", "webp"} {
		files, err := filepath.Glob(filepath.Join(pictures, folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := path.Join(folder, filepath.Base(file))
			if others[name] || strings.Contains(name, "animated") {
				continue
			}
			tried++
			for _, width := range []int{0, 90, 61} {
				r := defaults
				r.MaxWidth = width
				tolerance := 14.0
				if strings.Contains(name, "odd") { // cells of 5 by 4 pixels: chroma of neighbours is near
					tolerance = 70
				}
				if width != 0 {
					tolerance += 10
				}
				out, p := made(t, name, r)
				checkCard(t, name, p, tolerance)
				if width != 0 && out.Width > width {
					t.Errorf("%s: %d wide, want at most %d", name, out.Width, width)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d pictures were tried", tried)
	}
}

func TestLosslessIsExact(t *testing.T) {
	r := defaults
	r.Lossless = asset.LosslessAlways
	for _, name := range []string{"png/card.png", "png/rgb16.png", "png/palette.png", "tiff/rgb.tif", "bmp/rgb.bmp", "gif/still.gif", "webp/lossless.webp"} {
		out, p := made(t, name, r)
		checkCard(t, name, p, map[bool]float64{true: 1}[strings.Contains(name, "16")])
		if !out.Lossless {
			t.Errorf("%s: not said to be lossless", name)
		}
	}
}

func TestAutoTakesTheSmaller(t *testing.T) {
	for name, lossless := range map[string]bool{
		"png/card.png": true, "png/palette.png": true, "png/photo.png": false, "bmp/palette.bmp": true,
		"jpeg/444.jpg": false, "heic/card.heic": false, "webp/lossy.webp": false,
	} {
		auto, _ := made(t, name, defaults)
		if auto.Lossless != lossless {
			t.Errorf("%s: lossless %v, want %v", name, auto.Lossless, lossless)
		}
		for _, other := range []string{asset.LosslessAlways, asset.LosslessNever} {
			r := defaults
			r.Lossless = other
			if o, _ := made(t, name, r); len(o.Data) < len(auto.Data) && (other == asset.LosslessNever || lossless) {
				t.Errorf("%s: %d bytes, but %s gives %d", name, len(auto.Data), other, len(o.Data))
			}
		}
	}
}

func TestMetadata(t *testing.T) {
	for _, c := range []struct {
		name           string
		metadata       string
		icc, exif, xmp bool
	}{
		{"jpeg/p3.jpg", asset.MetadataICC, true, false, false},
		{"jpeg/p3.jpg", asset.MetadataNone, false, false, false},
		{"jpeg/srgb.jpg", asset.MetadataICC, false, false, false},
		{"heic/p3.heic", asset.MetadataICC, true, false, false},
		{"png/p3.png", asset.MetadataICC, true, false, false},
		{"png/srgb.png", asset.MetadataICC, false, false, false},
		{"jpeg/gps.jpg", asset.MetadataICC, false, false, false},
		{"jpeg/gps.jpg", asset.MetadataAll, false, true, true},
		{"png/exif.png", asset.MetadataAll, false, true, false},
		{"heic/rotated.heic", asset.MetadataAll, false, true, false},
		{"heic/rotated.heic", asset.MetadataICC, false, false, false},
	} {
		r := defaults
		r.Metadata = c.metadata
		out, p := made(t, c.name, r)
		if got := len(p.ICC) > 0; got != c.icc {
			t.Errorf("%s, %s: profile %v, want %v", c.name, c.metadata, got, c.icc)
		}
		if got := len(p.EXIF) > 0; got != c.exif {
			t.Errorf("%s, %s: EXIF %v, want %v", c.name, c.metadata, got, c.exif)
		}
		if got := len(p.XMP) > 0; got != c.xmp {
			t.Errorf("%s, %s: XMP %v, want %v", c.name, c.metadata, got, c.xmp)
		}
		if !c.exif && (bytes.Contains(out.Data, []byte("GPS")) || bytes.Contains(out.Data, []byte("EXIF"))) {
			t.Errorf("%s, %s: a trace of EXIF is left", c.name, c.metadata)
		}
	}
}

// A turned image that keeps its EXIF must not be turned again by a viewer.
func TestUprightEXIF(t *testing.T) {
	r := defaults
	r.Metadata = asset.MetadataAll
	for _, name := range []string{"jpeg/orientation-6.jpg", "heic/rotated.heic"} {
		out, p := made(t, name, r)
		if len(p.EXIF) == 0 {
			t.Fatalf("%s: no EXIF", name)
		}
		info, err := codec.Probe(out.Data)
		if err != nil || info.Width != 192 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if o := codec.Orientation(p.EXIF); o != 1 {
			t.Errorf("%s: orientation %d, want 1", name, o)
		}
	}
}

// jpegWith is a JPEG of 20x10 pixels with these segments, a marker before each body.
func jpegWith(t *testing.T, segments ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, ramp(20, 10, false), nil); err != nil {
		t.Fatal(err)
	}
	out := []byte{0xff, 0xd8}
	for _, s := range segments {
		out = append(out, 0xff, s[0])
		out = binary.BigEndian.AppendUint16(out, uint16(len(s)+1))
		out = append(out, s[1:]...)
	}
	return append(out, b.Bytes()[2:]...)
}

const (
	turnedEXIF = "Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" +
		"\x3b\x01\x02\x00\x04\x00\x00\x00Ada\x00\x00\x00\x00\x00"
	xmpHead = "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" +
		"<r:Description r:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:t='http://ns.adobe.com/tiff/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/'" +
		" xmlns:o='urn:other' xmlns:xmpNote='http://ns.adobe.com/xmp/note/'"
	xmpTail = "</r:Description></r:RDF></x:xmpmeta>"
	iptcOf  = "Photoshop 3.0\x008BIM\x04\x25\x00\x00\x00\x00\x00\x03abc\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0b\x1c\x02\x6e\x00\x06Agency\x00"
)

// Pixels are turned: what says that they are not is set right, wherever it stands.
func TestUprightXMP(t *testing.T) {
	r := defaults
	r.Metadata = asset.MetadataAll
	for name, tt := range map[string]struct{ xmp, want string }{
		"attribute":        {` t:Orientation="6" o:Orientation="6">`, ` t:Orientation="1" o:Orientation="6">`},
		"element":          {`><t:Orientation>6</t:Orientation>`, `><t:Orientation>1</t:Orientation>`},
		"spaces":           {" t:Orientation = '6'><exif:Orientation>\n6\n</exif:Orientation>", " t:Orientation = '1'><exif:Orientation>1</exif:Orientation>"},
		"both":             {` t:Orientation="8" exif:Orientation="16">`, ` t:Orientation="1" exif:Orientation="1">`},
		"extended":         {` xmpNote:HasExtendedXMP="0123" t:Orientation="1">`, ` t:Orientation="1">`},
		"extended element": {`><xmpNote:HasExtendedXMP>0123</xmpNote:HasExtendedXMP><dc:a/>`, `><dc:a/>`},
		"none":             {`><dc:a/>`, `><dc:a/>`},
	} {
		data := jpegWith(t, "\xe1"+turnedEXIF, "\xe1"+xmpHead+tt.xmp+xmpTail)
		out, err := transcode(t.Context(), data, probed(t, data), r, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := codec.Decode(out.Data, codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Image.Width != 10 || codec.Orientation(p.EXIF) != 1 {
			t.Errorf("%s: %d pixels wide, orientation %d", name, p.Image.Width, codec.Orientation(p.EXIF))
		}
		_, want, _ := strings.Cut(xmpHead, "\x00")
		if want += tt.want + xmpTail; string(p.XMP) != want {
			t.Errorf("%s: %s\nwant %s", name, p.XMP, want)
		}
	}
	if got := codec.UprightXMP([]byte("\xff\xfe<\x00")); got != nil {
		t.Errorf("UTF-16 is kept: %q", got)
	}
}

func probed(t *testing.T, data []byte) codec.Info {
	t.Helper()
	info, err := codec.Probe(data)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// Author, owner and credit are kept, of every block that may have them; places,
// dates and cameras are not, nor what says who edited what.
func TestCopyright(t *testing.T) {
	r := defaults
	r.Metadata = asset.MetadataCopyright
	data := jpegWith(t, "\xe1"+turnedEXIF,
		"\xe1"+xmpHead+` exif:GPSLatitude="48,8N"><dc:rights>mine &amp; yours</dc:rights>`+xmpTail, "\xed"+iptcOf)
	out, err := transcode(t.Context(), data, probed(t, data), r, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Decode(out.Data, codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := rights.Read(nil, p.XMP, nil)
	want := rights.Notice{Creators: []string{"Ada"}, Rights: "mine & yours", Credit: "Agency"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(p.EXIF) > 0 || bytes.Contains(out.Data, []byte("GPS")) {
		t.Errorf("more than a notice is left: %q", p.XMP)
	}
	for _, name := range []string{"jpeg/gps.jpg", "heic/rotated.heic", "png/exif.png"} {
		out, p := made(t, name, r)
		if len(p.EXIF) > 0 || bytes.Contains(out.Data, []byte("GPS")) {
			t.Errorf("%s: a trace of EXIF is left", name)
		}
	}
	// In WebP, where all blocks are as they were found.
	from, err := codec.SetMetadata(out.Data, nil, []byte(turnedEXIF[6:]), p.XMP)
	if err != nil {
		t.Fatal(err)
	}
	r.MaxWidth = 5
	again, err := transcode(t.Context(), from, probed(t, from), r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = codec.Decode(again.Data, codec.DecodeOptions{}); err != nil || len(p.EXIF) > 0 {
		t.Errorf("EXIF of %d bytes, %v", len(p.EXIF), err)
	}
	if diff := cmp.Diff(want, rights.Read(nil, p.XMP, nil)); diff != "" {
		t.Error(diff)
	}
}

// Without a profile, wide colours are converted: the card's red in Display P3 is
// redder than sRGB's.
func TestNoneConvertsColours(t *testing.T) {
	r := defaults
	r.Metadata, r.Lossless = asset.MetadataNone, asset.LosslessAlways
	_, p := made(t, "png/p3.png", r)
	red := p.Image.Planes[0][16*p.Image.Stride[0]+4*16:][:3]
	if red[0] < 225 || red[1] > 35 {
		t.Errorf("red is %v, want more than P3's numbers 214 40 40", red)
	}
}

// A file that is cut anywhere is an error, never an image with grey in it.
func TestCutShort(t *testing.T) {
	for _, name := range []string{
		"jpeg/420.jpg", "jpeg/progressive.jpg", "jpeg/cmyk.jpg", "heic/card.heic", "avif/card.avif",
		"png/card.png", "png/animated.png", "gif/animated.gif", "tiff/rgb.tif", "bmp/rgb.bmp", "webp/lossy.webp", "webp/animated.webp",
	} {
		data, info := load(t, name)
		for _, share := range []int{10, 30, 50, 80, 95, 99} {
			n := len(data) * share / 100
			if info.Format == asset.PNG && n >= len(data)-12 {
				continue // that is the end marker, and no pixel
			}
			cut := data[:n]
			info, err := codec.Probe(cut)
			if err != nil {
				continue
			}
			if out, err := transcode(context.Background(), cut, info, defaults, 1); err == nil {
				t.Errorf("%s cut to %d %%: %d bytes and no error", name, share, len(out.Data))
			}
		}
	}
}

// What is encoded from one plane has no colour, but for what decoders round.
func TestGreyStaysGrey(t *testing.T) {
	data, info := load(t, "jpeg/grey.jpg")
	out, err := transcode(context.Background(), data, info, defaults, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := webp.DecodeRGB(out.Data)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(m.XPix); i += 3 {
		c := m.XPix[i:][:3]
		if max(c[0], c[1], c[2])-min(c[0], c[1], c[2]) > 2 {
			t.Fatalf("pixel %d is %v", i/3, c)
		}
	}
}
