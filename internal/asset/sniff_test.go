package asset_test

import (
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

func TestSniff(t *testing.T) {
	ftyp := func(size byte, brands string) string {
		return "\x00\x00\x00" + string(rune(size)) + "ftyp" + brands[:4] + "\x00\x00\x00\x00" + brands[4:]
	}
	bmp := func(header string) string {
		return "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00" + header + "\x00\x00\x00"
	}
	tests := map[string]struct {
		head string
		want asset.Format
	}{
		"jpeg, JFIF":               {"\xFF\xD8\xFF\xE0\x00\x10JFIF", asset.JPEG},
		"jpeg, Exif":               {"\xFF\xD8\xFF\xE1", asset.JPEG},
		"jpeg, bare tables":        {"\xFF\xD8\xFF\xDB", asset.JPEG},
		"jpeg, first marker only":  {"\xFF\xD8", ""},
		"png":                      {"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR", asset.PNG},
		"png, newlines translated": {"\x89PNG\n\x1A\n", ""},
		"gif 87a":                  {"GIF87a", asset.GIF},
		"gif 89a":                  {"GIF89a\x01", asset.GIF},
		"gif of another year":      {"GIF90a", ""},
		"tiff, little-endian":      {"II*\x00\x08", asset.TIFF},
		"tiff, big-endian":         {"MM\x00*\x00", asset.TIFF},
		"bigtiff":                  {"II+\x00\x08\x00\x00\x00", asset.TIFF},
		"bigtiff, big-endian":      {"MM\x00+\x00\x08\x00\x00", asset.TIFF},
		"bigtiff, odd offsets":     {"II+\x00\x04\x00\x00\x00", ""},
		"bmp":                      {bmp("\x28"), asset.BMP},
		"bmp, OS/2":                {bmp("\x0C"), asset.BMP},
		"bmp, version 5":           {bmp("\x7C"), asset.BMP},
		"bmp, odd header":          {bmp("\x29"), ""},
		"text that starts with BM": {"BMW is a maker of motor cars in Bavaria.", ""},
		"webp":                     {"RIFF\x24\x00\x00\x00WEBPVP8 ", asset.WebP},
		"wav":                      {"RIFF\x24\x00\x00\x00WAVEfmt ", ""},
		"heic":                     {ftyp(24, "heicmif1heic"), asset.HEIC},
		"heic, 10 bits":            {ftyp(24, "heixmif1heix"), asset.HEIC},
		"heic, major mif1":         {ftyp(24, "mif1heicmif1"), asset.HEIC},
		"heic, sequence":           {ftyp(24, "msf1hevcmsf1"), asset.HEIC},
		"heic, no minor brands":    {ftyp(16, "heic"), asset.HEIC},
		"heic, cut in the brands":  {"\x00\x00\x00\x20ftypheic", asset.HEIC},
		"avif":                     {ftyp(28, "avifavifmif1miaf"), asset.AVIF},
		"avif, sequence":           {ftyp(24, "avismsf1avis"), asset.AVIF},
		"avif, major mif1":         {ftyp(24, "mif1mif1avif"), asset.AVIF},
		"of both kinds":            {ftyp(24, "avifheicmif1"), asset.AVIF},
		"brand behind the box":     {ftyp(16, "isom") + "heic", ""},
		"mif1 alone":               {ftyp(20, "mif1mif1"), asset.HEIC},
		"mif1 alone, AV1 items":    {ftyp(20, "mif1mif1") + "\x00\x00\x00\x00metainfe\x02\x00\x00\x00\x00\x01\x00\x00av01", asset.AVIF},
		"mif1 alone, HEVC items":   {ftyp(20, "mif1mif1") + "metahvc1av01", asset.HEIC},
		"mp4":                      {ftyp(24, "isomiso2avc1"), ""},
		"quicktime":                {ftyp(20, "qt  qt  "), ""},
		"canon raw 3":              {ftyp(24, "crx crx isom"), ""},
		"empty":                    {"", ""},
		"text":                     {"hello, world\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := asset.Sniff([]byte(tt.head))
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("Sniff(%q) = %q, %v; want %q", tt.head, got, ok, tt.want)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	for _, seed := range []string{
		"", "\xFF\xD8\xFF", "\x89PNG\r\n\x1A\n", "GIF89a", "II*\x00", "BM",
		"RIFF\x00\x00\x00\x00WEBP", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		"\x00\x00\x00\x01ftypmif1", "\x00\x00\x00\x0dftypmif1\x00\x00\x00\x00av01",
		"\xFF\xFF\xFF\xFFftypmif1\x00\x00\x00\x00avif",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		format, ok := asset.Sniff(head)
		if ok != (format != "") {
			t.Fatalf("Sniff = %q, %v", format, ok)
		}
		if len(head) > asset.SniffLen {
			return
		}
		// What is behind the first SniffLen bytes must not matter, and a brand
		// that was found stays found when more of the file is seen.
		if more, _ := asset.Sniff(append(head[:len(head):len(head)], make([]byte, 64)...)); ok && more != format {
			t.Fatalf("Sniff = %q, with more bytes %q", format, more)
		}
	})
}
