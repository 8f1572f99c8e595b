package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// header is ReadHeader of bytes.
func header(data []byte, position bool) (Header, error) {
	return ReadHeader(bytes.NewReader(data), int64(len(data)), position)
}

// pictures are all images of testdata, by their names.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	const dir = "../../testdata/pictures/"
	names, err := filepath.Glob(dir + "*/*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(filepath.ToSlash(name), dir)] = data
	}
	return all
}

// The images of testdata that say where they were taken.
var withPosition = []string{"heic/mirrored.heic", "heic/rotated.heic", "jpeg/gps.jpg", "png/exif.png"}

func TestHeaderAgreesWithProbe(t *testing.T) {
	for name, data := range pictures(t) {
		info, err := Probe(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, position := range []bool{false, true} {
			want := Header{
				Format: info.Format, Width: info.Width, Height: info.Height,
				Position: position && slices.Contains(withPosition, name),
			}
			if got, err := header(data, position); err != nil || got != want {
				t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
			}
		}
	}
}

// A countingReader counts the bytes that are asked for.
type countingReader struct {
	io.ReaderAt
	n int
}

func (c *countingReader) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.n += n
	return n, err
}

func TestHeaderReadsLittle(t *testing.T) {
	tail := make([]byte, 10<<20)
	jpeg := append(picture(t, "jpeg/orientation-6.jpg"), tail...)
	bmp := append(picture(t, "bmp/rgb.bmp"), tail...)
	gif := append(picture(t, "gif/still.gif"), tail...)
	tiff := append(picture(t, "tiff/rgb.tif"), tail...)
	png := insert(picture(t, "png/exif.png"), pngChunk("IDAT", tail))
	webp := slices.Concat([]byte("RIFF\x00\x00\x00\x00WEBP"), riff("VP8X", []byte{8, 0, 0, 0, 9, 0, 0, 19, 0, 0}), riff("VP8 ", tail), riff("EXIF", gpsBlock(binary.BigEndian)))
	binary.LittleEndian.PutUint32(webp[4:], uint32(len(webp)-8))
	for _, tc := range []struct {
		name     string
		data     []byte
		position bool
	}{
		{"jpeg", jpeg, true},
		{"bmp", bmp, true},
		{"gif", gif, false},
		{"tiff", tiff, true},
		{"png", png, true},
		{"webp", webp, true},
		{"heic", slices.Concat(picture(t, "heic/rotated.heic"), []byte("\x00\x10\x00\x00free"), make([]byte, 1<<20-8)), true},
	} {
		r := &countingReader{ReaderAt: bytes.NewReader(tc.data)}
		o, err := ReadHeader(r, int64(len(tc.data)), tc.position)
		if err != nil || r.n > 32<<10 {
			t.Errorf("%s: %d bytes read, %v", tc.name, r.n, err)
		}
		if has := tc.name == "png" || tc.name == "webp" || tc.name == "heic"; o.Position != has {
			t.Errorf("%s: position %v", tc.name, o.Position)
		}
	}
}

// Of a file that memory may have no room for, no more is read than its format.
func TestHeaderOfHugeFile(t *testing.T) {
	for _, name := range []string{"gif/still.gif"} {
		r := &countingReader{ReaderAt: bytes.NewReader(picture(t, name))}
		_, err := ReadHeader(r, 1<<40, true)
		checkError(t, err)
		if e, ok := err.(*Error); !ok || e.Hint != "make it smaller than 256 MiB" || r.n > viewPage {
			t.Errorf("%s: %d bytes read, %v", name, r.n, err)
		}
	}
	r := &countingReader{ReaderAt: bytes.NewReader(picture(t, "gif/still.gif"))}
	if o, err := ReadHeader(r, 1<<40, false); err != nil || o.Width < 1 {
		t.Errorf("the size of a GIF is in its first bytes: %+v, %v", o, err)
	}
}

func TestHeaderErrors(t *testing.T) {
	for name, data := range pictures(t) {
		for n := range min(len(data), 2000) {
			o, err := header(data[:n], true)
			checkError(t, err)
			if err == nil && n < 10 || err != nil && o != (Header{}) {
				t.Fatalf("%s: the first %d bytes: %+v, %v", name, n, o, err)
			}
		}
	}
	for _, tc := range []struct{ name, data, want string }{
		{"nothing", "", "image: the content is of no known format"},
		{"text", "hello", "image: the content is of no known format"},
		{"jpeg without a scan", "\xff\xd8\xff\xd9", "jpeg: there is no image in the file"},
		{"jpeg, odd segment", "\xff\xd8\xff\xe0\x00\x01", "jpeg: the file is cut short"},
		{"jpeg, short frame", "\xff\xd8\xff\xc0\x00\x04\x08\x00\xff\xda\x00\x02", "jpeg: the header is damaged"},
		{"jpeg without a size", "\xff\xd8\xff\xda\x00\x02", "jpeg: the header gives no size"},
		{"png, another chunk first", pngSignature + "\x00\x00\x00\x0dIDAT" + strings.Repeat("\x00", 17), "png: the header is damaged"},
		{"png, 0 pixels", pngSignature + "\x00\x00\x00\x0dIHDR" + strings.Repeat("\x00", 17), "png: a size of 0x0 is not valid"},
		{"png, long chunk", pngSignature + string(pngChunk("IHDR", []byte{0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0})) + "\xff\xff\xff\xffIDAT1234", "png: the file is cut short"},
		{"gif without size and images", "GIF89a\x00\x00\x00\x00\x00\x00\x00;", "gif: it holds no image"},
		{"bmp, 0 pixels", "BM" + strings.Repeat("\x00", 12) + "\x28\x00\x00\x00" + strings.Repeat("\x00", 12), "bmp: the header gives no size"},
		{"tiff without tags", "II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00", "tiff: a size of 0x0 is not valid"},
		{"tiff, far directory", "II*\x00\xff\xff\xff\xff", "tiff: the file is cut short"},
		{"webp, no picture", "RIFF\x20\x00\x00\x00WEBPVP8 " + strings.Repeat("\x00", 30), "webp: the header is damaged"},
		{"heic, nothing in it", "\x00\x00\x00\x10ftypheic\x00\x00\x00\x00", "heic: "},
	} {
		_, err := header([]byte(tc.data), true)
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
		checkError(t, err)
	}
}

// A brokenReader fails behind its first bytes.
type brokenReader []byte

func (b brokenReader) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(b)) {
		return 0, errors.New("the disk is gone")
	}
	return copy(p, b[at:]), errors.New("the disk is gone")
}

func TestHeaderOfBrokenDisk(t *testing.T) {
	data := picture(t, "jpeg/420.jpg")
	if _, err := ReadHeader(brokenReader(data[:30]), int64(len(data)), false); err == nil || err.Error() != "the disk is gone" {
		t.Errorf("got %v", err)
	}
}

func TestPositionInFiles(t *testing.T) {
	plainPNG := encodePNG(t, image.NewGray(image.Rect(0, 0, 2, 1)))
	plainJPEG, plainGIF := picture(t, "jpeg/420.jpg"), picture(t, "gif/still.gif")
	exif := gpsBlock(binary.LittleEndian)
	const xmp = `<x:xmpmeta><exif:GPSLatitude>48,51.5N</exif:GPSLatitude></x:xmpmeta>`
	jpeg := func(segments ...[]byte) []byte {
		return slices.Concat(plainJPEG[:2], slices.Concat(segments...), plainJPEG[2:])
	}
	more := func(part string) []byte {
		return jpegSegment(0xe1, xmpMorePrefix, strings.Repeat("i", xmpMoreHeader), part)
	}
	webp := func(chunks ...[]byte) []byte {
		b := slices.Concat([]byte("RIFF\x00\x00\x00\x00WEBP"), riff("VP8X", []byte{12, 0, 0, 0, 0, 0, 0, 0, 0, 0}), slices.Concat(chunks...))
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
		return b
	}
	profile := func(name string, block []byte) []byte {
		digits := hex.EncodeToString(block)
		var b strings.Builder
		b.WriteString("\n" + name + "\n      99\n")
		for len(digits) > 72 {
			b.WriteString(digits[:72] + "\n")
			digits = digits[72:]
		}
		return []byte(b.String() + digits + "\n")
	}
	png := func(chunks ...[]byte) []byte { return insert(plainPNG, chunks...) }
	text := func(kind, keyword string, rest ...[]byte) []byte {
		return pngChunk(kind, slices.Concat([]byte(keyword+"\x00"), slices.Concat(rest...)))
	}
	page := func(more tiffTags) struct {
		tags   tiffTags
		pixels []byte
	} {
		tags := rgbTags(1, 1, more)
		return struct {
			tags   tiffTags
			pixels []byte
		}{tags, []byte{1, 2, 3}}
	}
	many := make([][]byte, 0, maxBlocks+1)
	for range maxBlocks {
		many = append(many, text("tEXt", "a"))
	}
	many = append(many, text("iTXt", "XML:com.adobe.xmp", []byte("\x00\x00\x00\x00"+xmp)))

	for _, tc := range []struct {
		name string
		data []byte
		want bool
	}{
		{"jpeg, nothing", plainJPEG, false},
		{"jpeg, exif", jpeg(jpegSegment(0xe1, "Exif\x00\x00", string(exif))), true},
		{"jpeg, exif without", jpeg(jpegSegment(0xe1, "Exif\x00\x00", string(exifBlock(binary.BigEndian, 1)))), false},
		{"jpeg, second exif", jpeg(jpegSegment(0xe1, "Exif\x00\x00"), jpegSegment(0xe1, "Exif\x00\x00", string(exif))), true},
		{"jpeg, xmp", jpeg(jpegSegment(0xe1, xmpPrefix, xmp)), true},
		{"jpeg, xmp without", jpeg(jpegSegment(0xe1, xmpPrefix, "<x:xmpmeta/>")), false},
		{"jpeg, xmp in parts", jpeg(more(xmp[:20]), more(xmp[20:])), true},
		{"jpeg, short part", jpeg(jpegSegment(0xe1, xmpMorePrefix, "i")), false},
		{"jpeg, another segment", jpeg(jpegSegment(0xe2, "Exif\x00\x00", string(exif))), false},
		{"png, nothing", plainPNG, false},
		{"png, exif", png(pngChunk("eXIf", exif)), true},
		{"png, exif with a prefix", png(pngChunk("eXIf", append([]byte("Exif\x00\x00"), exif...))), true},
		{"png, exif behind the pixels", slices.Concat(plainPNG[:len(plainPNG)-12], pngChunk("eXIf", exif), plainPNG[len(plainPNG)-12:]), true},
		{"png, xmp", png(text("iTXt", "XML:com.adobe.xmp", []byte("\x00\x00\x00\x00"+xmp))), true},
		{"png, xmp compressed", png(text("iTXt", "XML:com.adobe.xmp", []byte("\x01\x00\x00\x00"), deflate([]byte(xmp)))), true},
		{"png, xmp bomb", png(text("iTXt", "XML:com.adobe.xmp", []byte("\x01\x00\x00\x00"), deflate(append(make([]byte, maxInflated), xmp...)))), false},
		{"png, profile exif", png(text("zTXt", "Raw profile type exif", []byte{0}, deflate(profile("exif", append([]byte("Exif\x00\x00"), exif...))))), true},
		{"png, profile APP1", png(text("zTXt", "Raw profile type APP1", []byte{0}, deflate(profile("generic profile", append([]byte("Exif\x00\x00"), exif...))))), true},
		{"png, profile APP1 with xmp", png(text("tEXt", "Raw profile type APP1", profile("generic profile", []byte(xmpPrefix+xmp)))), true},
		{"png, profile xmp", png(text("tEXt", "Raw profile type xmp", profile("xmp", []byte(xmp)))), true},
		{"png, profile of another kind", png(text("tEXt", "Raw profile type iptc", profile("iptc", exif))), false},
		{"png, profile of two lines", png(text("tEXt", "Raw profile type exif", []byte("\nexif\n"))), false},
		{"png, empty profile", png(text("zTXt", "Raw profile type exif")), false},
		{"png, tag as text", png(text("tEXt", "exif:GPSLatitude", []byte("48/1, 51/1, 30/1"))), true},
		{"png, reference as text", png(text("tEXt", "exif:GPSLatitudeRef", []byte("N"))), false},
		{"png, comment", png(text("tEXt", "Comment", []byte(xmp))), false},
		{"png, too many texts", png(many...), false},
		{"webp, nothing", webp(riff("VP8 ", []byte("?"))), false},
		{"webp, exif", webp(riff("VP8 ", []byte("odd")), riff("EXIF", exif)), true},
		{"webp, exif with a prefix", webp(riff("EXIF", append([]byte("Exif\x00\x00"), exif...))), true},
		{"webp, xmp", webp(riff("VP8 ", []byte("even")), riff("XMP ", []byte(xmp))), true},
		{"webp, behind the end", append(webp(), riff("EXIF", exif)...), false},
		{"gif, nothing", plainGIF, false},
		{"gif, xmp", slices.Concat(plainGIF[:len(plainGIF)-1], []byte("\x21\xff\x0bXMP DataXMP"+xmp), plainGIF[len(plainGIF)-1:]), true},
		{"gif, xmp in a comment", slices.Concat(plainGIF[:len(plainGIF)-1], []byte("\x21\xfe\x0bXMP DataXMX"+xmp), plainGIF[len(plainGIF)-1:]), false},
		{"tiff, nothing", tiffBytes(binary.LittleEndian, page(nil)), false},
		{"tiff, xmp", tiffBytes(binary.BigEndian, page(tiffTags{tiffXMP: []byte(xmp)})), true},
		{"tiff, xmp of the second page", tiffBytes(binary.LittleEndian, page(nil), page(tiffTags{tiffXMP: []byte(xmp)})), true},
	} {
		o, err := header(tc.data, true)
		if err != nil || o.Position != tc.want {
			t.Errorf("%s: %v, %v; want %v", tc.name, o.Position, err, tc.want)
		}
		if o, err := header(tc.data, false); err != nil || o.Position {
			t.Errorf("%s: %v without being asked, %v", tc.name, o.Position, err)
		}
	}
}

// FuzzOutline holds ReadHeader to what Probe says, and looks for positions in
// whatever there is.
func FuzzOutline(f *testing.F) {
	seeds(f)
	f.Add(gpsBlock(binary.LittleEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := header(data, true)
		checkError(t, err)
		if format, ok := asset.Sniff(data); err == nil && (!ok || format != o.Format || o.Width < 1 || o.Height < 1) {
			t.Fatalf("%+v of %q", o, format)
		}
		size, err2 := header(data, false)
		checkError(t, err2)
		if o.Position = false; err == nil && (err2 != nil || o != size) {
			t.Fatalf("%+v; without a position %+v, %v", o, size, err2)
		}
		if info, err := Probe(data); err == nil && (info.Width != size.Width || info.Height != size.Height || info.Format != size.Format) {
			t.Fatalf("%+v, %v; the probe says %+v", size, err2, info)
		}
	})
}
