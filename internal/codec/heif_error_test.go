package codec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

func TestHEIFError(t *testing.T) {
	version := "libheif " + heifVersion()
	for _, tc := range []struct {
		format        asset.Format
		code, subcode int
		text          string
		want, hint    string
	}{
		{
			asset.HEIC, 2, 100, "Invalid input: Unexpected end of file",
			"heic: the file is cut short (libheif: unexpected end of file)", againHint,
		},
		{
			asset.HEIC, 4, 3002, "Unsupported feature: Unsupported data version: meta box data version 32 is not implemented yet",
			"heic: the file is damaged, or newer than " + version + " (libheif: meta box data version 32 is not implemented yet)", againHint,
		},
		{
			asset.AVIF, 2, 1000, "Invalid input: Security limit exceeded: Number of references in iref box (61744) exceeds the security limits of 1000 references.",
			"avif: the file claims more than a sound image does (libheif: number of references in iref box (61744) exceeds the security limits of 1000 references)", "",
		},
		{
			asset.HEIC, 6, 1000, "Memory allocation error: Security limit exceeded: Allocating 9 bytes exceeds the security limit of 8 bytes",
			"heic: the image needs more memory than it may have (libheif: allocating 9 bytes exceeds the security limit of 8 bytes)",
			"shrink it before, or raise `max-pixels`",
		},
		{
			asset.HEIC, 11, 6003, "Error while loading plugin: No decoding plugin installed for this compression format",
			"heic: libheif has no decoder for this HEIC (libheif: no decoding plugin installed for this compression format)",
			"install its plugin (Debian: libheif-plugin-libde265), or convert the file to JPEG or PNG first",
		},
		{
			asset.AVIF, 4, 3000, "Unsupported feature: Unsupported codec",
			"avif: libheif has no decoder for this AVIF (libheif: unsupported codec)",
			"install its plugin (Debian: libheif-plugin-dav1d), or convert the file to JPEG or PNG first",
		},
		{
			asset.HEIC, 2, 104, "Invalid input: No 'meta' box",
			"heic: there is no still image in the file (libheif: no 'meta' box)", exportHint,
		},
		{
			asset.HEIC, 4, 3007, "Unsupported feature: Unsupported essential item property: it",
			"heic: the file uses something that " + version + " does not read (libheif: it)", exportHint,
		},
		{asset.HEIC, 6, 0, "", "heic: out of memory", "lower `jobs`"},
		{asset.HEIC, 7, 0, "Decoder plugin generated an error: Unspecified", "heic: the pixels are damaged or cut short", againHint},
		{asset.HEIC, 2, 101, "Invalid input: Invalid box size", "heic: the file is damaged (libheif: invalid box size)", againHint},
	} {
		err := heifError(tc.format, tc.code, tc.subcode, tc.text)
		if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
			t.Error(diff)
		}
		if err.Hint != tc.hint || err.Code != tc.code {
			t.Errorf("%v: code %d, hint %q, want %q", err, err.Code, err.Hint, tc.hint)
		}
	}
}

// What libheif says of broken files is worded by their kinds; so these must come
// out as they are meant.
func TestHEIFSentences(t *testing.T) {
	card := string(picture(t, "heic/card.heic"))
	for _, tc := range []struct{ name, from, to, want string }{
		{"version", "meta\x00", "meta\x20", "heic: the file is damaged, or newer than libheif "},
		{"handler", "pict", "soun", "heic: the file is damaged (libheif: no or invalid primary item)"},
		{"no meta", "meta", "free", "heic: there is no image in the file"},
		{"codec", "hvc1", "xyz1", "heic: its image is coded in a way that libheif "},
		{"no configuration", "hvcC", "free", "heic: the file is damaged"},
		{"properties", "ipma", "free", "heic: the header gives no size"},
	} {
		if !strings.Contains(card, tc.from) {
			t.Fatalf("%s: no %q in the file", tc.name, tc.from)
		}
		_, err := Decode([]byte(strings.Replace(card, tc.from, tc.to, 1)), DecodeOptions{})
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}
