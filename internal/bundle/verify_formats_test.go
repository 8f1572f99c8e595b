package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// encoded are results of every format but WebP, with all metadata or without any.
func encoded(t testing.TB, all bool) map[asset.Format]string {
	t.Helper()
	im := pixel.NewRGBA(60, 40, nil)
	im.Alpha = true
	for i := range im.Planes[0] {
		im.Planes[0][i] = byte(i * i >> 3)
	}
	var icc, exif, xmp []byte
	if all {
		icc = pixel.MakeProfile(pixel.ProfileOptions{Gamma: 1.8})
		exif, xmp = []byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), []byte("<x/>")
	}
	png, err1 := codec.EncodePNG(im, codec.PNGOptions{ICC: icc, EXIF: exif, XMP: xmp})
	jpeg, err2 := codec.EncodeJPEG(im, codec.JPEGOptions{Quality: 80, ICC: icc, EXIF: exif, XMP: xmp})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	files := map[asset.Format]string{asset.PNG: string(png), asset.JPEG: string(jpeg)}
	if codec.CanEncode(asset.AVIF) {
		avif, err := codec.EncodeAVIF(im, codec.AVIFOptions{Quality: 50, ICC: icc, EXIF: exif, XMP: xmp})
		if err != nil {
			t.Fatal(err)
		}
		files[asset.AVIF] = string(avif)
	}
	return files
}

// verifyOne verifies an upload of one result, made with these settings.
func verifyOne(t testing.TB, format asset.Format, metadata, content string) (asset.Result, error) {
	t.Helper()
	r := asset.Recipe{Variant: asset.Variant{Format: format, Metadata: metadata}, MaxPixels: DefaultMaxPixels}
	u := &uploaded{Manifest{Schema: 1, Head: head}, t.TempDir()}
	u.add(t, "x.tiff", "x."+string(format), content).Recipe = RecipeDigest(r)
	got, err := u.verify(t, VerifyOptions{Head: head, Allowed: allowAll, Recipe: func(asset.Source, string) asset.Recipe { return r }})
	if err != nil {
		return asset.Result{}, err
	}
	return got.Results[0], nil
}

func TestVerifyFormats(t *testing.T) {
	t.Parallel()
	plain, full := encoded(t, false), encoded(t, true)
	for format := range plain {
		got, err := verifyOne(t, format, asset.MetadataNone, plain[format])
		if err != nil || got.Format != format || got.Width != 60 || got.Height != 40 || got.Frames != 1 || got.Lossless != (format == asset.PNG) {
			t.Errorf("%s: %+v, %v", format, got, err)
		}
		for metadata, want := range map[string]string{
			asset.MetadataAll: "", asset.MetadataCopyright: "it has EXIF", asset.MetadataICC: "it has EXIF", asset.MetadataNone: "it has an ICC profile",
		} {
			_, err := verifyOne(t, format, metadata, full[format])
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s with metadata %s: %v, want %q", format, metadata, err, want)
			}
		}
		for other := range plain {
			if _, err := verifyOne(t, other, asset.MetadataNone, plain[format]); other != format && err == nil {
				t.Errorf("%s passes as %s", format, other)
			}
		}
		turned := []byte(full[format])
		exif := bytes.Index(turned, []byte("II*\x00"))
		switch copy(turned[exif+8:], "\x00\x00"); format {
		case asset.JPEG: // behind EXIF that is longer
			tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00"
			turned = slices.Concat(turned[:exif-8], []byte{0, byte(len(tiff) + 8)}, turned[exif-6:exif], []byte(tiff), turned[exif+14:])
			if _, err := verifyOne(t, format, asset.MetadataAll, string(turned)); err == nil || !strings.Contains(err.Error(), "turns it") {
				t.Errorf("turned: %v", err)
			}
		}
	}
}

// TestVerifyFormatsPoison refuses what decoders pass over.
func TestVerifyFormatsPoison(t *testing.T) {
	t.Parallel()
	files := encoded(t, false)
	const script = "<script>alert(1)</script>"
	zip := "PK\x05\x06" + strings.Repeat("\x00", 18)
	chunk := func(kind, body string) string {
		whole := slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(len(body))), []byte(kind+body))
		return string(binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(whole[4:])))
	}
	png, jpeg, avif := files[asset.PNG], files[asset.JPEG], files[asset.AVIF]
	idat := strings.Index(png, "IDAT") - 4
	for name, tt := range map[string]struct {
		format        asset.Format
		content, want string
	}{
		"a ZIP behind a PNG":     {asset.PNG, png + zip, "22 bytes follow its end"},
		"text in a PNG":          {asset.PNG, png[:idat] + chunk("tEXt", "Comment\x00"+script) + png[idat:], `"tEXt" is one`},
		"behind the pixels":      {asset.PNG, png[:idat] + chunk("IDAT", png[idat+8:len(png)-16]+script) + png[len(png)-12:], "25 bytes follow its end"},
		"more pixels in a PNG":   {asset.PNG, png[:8] + chunk("IHDR", "\x00\x00\x00\x3c\x00\x00\x00\x27"+png[24:29]) + png[33:], "cannot be unpacked"},
		"a ZIP behind a JPEG":    {asset.JPEG, jpeg + zip, "22 bytes follow its end"},
		"a comment in a JPEG":    {asset.JPEG, jpeg[:20] + "\xff\xfe\x00\x1b" + script + jpeg[20:], "0xfe is one"},
		"HTML behind the pixels": {asset.JPEG, jpeg[:len(jpeg)-2] + script + jpeg[len(jpeg)-2:], "damaged"},
		"a ZIP behind an AVIF":   {asset.AVIF, avif + zip, "another length than it says"},
		"a box in an AVIF":       {asset.AVIF, avif + "\x00\x00\x00\x21free" + script, `"free"`},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.content == "" || files[tt.format] == "" {
				t.Skip("there is no AV1 encoder here")
			}
			if _, err := verifyOne(t, tt.format, asset.MetadataNone, tt.content); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Every layout that the encoders are given, at odd sizes too, has the form that is taken.
func TestVerifyLayouts(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {1, 3}, {33, 17}, {191, 127}, {4100, 8}, {8, 4500}} {
		width, height := size[0], size[1]
		rgba := pixel.NewRGBA(width, height, nil)
		for i := range rgba.Planes[0] {
			rgba.Planes[0][i] = byte(i*i>>5 | 3)
		}
		alpha := *rgba
		alpha.Alpha = true
		gray := pixel.NewPlanar(pixel.Image{Width: width, Height: height, Layout: pixel.Gray, Depth: 8, Full: true})
		planes, err := pixel.ToYUV420(rgba, width, height, 1)
		if err != nil {
			t.Fatal(err)
		}
		few := pixel.NewRGBA(width, height, nil) // two colors
		for i := range few.Planes[0] {
			few.Planes[0][i] = byte(255 * (i / 4 % 2))
		}
		few.Alpha = true
		for name, im := range map[string]*pixel.Image{"RGBA": rgba, "alpha": &alpha, "gray": gray, "planes": planes, "few colors": few} {
			for _, format := range []asset.Format{asset.AVIF, asset.JPEG, asset.PNG} {
				var data []byte
				switch {
				case format == asset.AVIF && codec.CanEncode(format):
					data, err = codec.EncodeAVIF(im, codec.AVIFOptions{Quality: 60, Effort: 2, FullChroma: name == "alpha"})
				case format == asset.JPEG:
					data, err = codec.EncodeJPEG(im, codec.JPEGOptions{Quality: 60, FullChroma: name == "alpha"})
				case format == asset.PNG && im.Layout == pixel.RGBA:
					data, err = codec.EncodePNG(im, codec.PNGOptions{Effort: 1})
				default:
					continue
				}
				if err != nil {
					t.Fatal(name, size, format, err)
				}
				got, err := verifyOne(t, format, asset.MetadataNone, string(data))
				if err != nil || got.Width != width || got.Height != height {
					t.Errorf("%s of %v as %s: %dx%d, %v", name, size, format, got.Width, got.Height, err)
				}
			}
		}
	}
}
