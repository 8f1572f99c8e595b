package asset

import (
	"path"
	"slices"
	"strings"
)

// A kind is what is known of a format whatever an image is.
type kind struct {
	name string
	mime string
	// extensions are those of the files that webpress makes, the first one for new
	// names; there are none where it only reads the format.
	extensions []string
	// maxSide is the most pixels that a file holds a side: WebP by its container
	// specification, AVIF by AV1's (section 5.5.1), JPEG by libjpeg (JPEG_MAX_DIMENSION),
	// PNG by libpng, which reads no more by default (PNG_USER_WIDTH_MAX).
	maxSide int
}

var kinds = map[Format]kind{
	WebP: {"WebP", "image/webp", []string{".webp"}, 16383},
	AVIF: {"AVIF", "image/avif", []string{".avif"}, 65536},
	JPEG: {"JPEG", "image/jpeg", []string{".jpg", ".jpeg"}, 65500},
	PNG:  {"PNG", "image/png", []string{".png"}, 1_000_000},
	GIF:  {name: "GIF", mime: "image/gif"},
	TIFF: {name: "TIFF", mime: "image/tiff"},
	BMP:  {name: "BMP", mime: "image/bmp"},
	HEIC: {name: "HEIC", mime: "image/heic"},
}

// FormatByName is the format of an output by the extension of its name, empty for what
// webpress does not make.
func FormatByName(name string) Format {
	ext := strings.ToLower(path.Ext(name))
	for format, k := range kinds {
		if slices.Contains(k.extensions, ext) {
			return format
		}
	}
	return ""
}

// Name is what people call a format.
func (f Format) Name() string {
	if k, ok := kinds[f]; ok {
		return k.name
	}
	return string(f)
}

// Article is the name behind its article: a WebP, an AVIF.
func (f Format) Article() string {
	if f == AVIF {
		return "an " + f.Name()
	}
	return "a " + f.Name()
}

// MIME is the media type of a format's files.
func (f Format) MIME() string { return kinds[f].mime }

// Ext is the extension of outputs of this format, with its dot.
func (f Format) Ext() string {
	if f.IsOutput() {
		return kinds[f].extensions[0]
	}
	return ""
}

// MaxSide is the most pixels that an output of this format has a side.
func (f Format) MaxSide() int { return kinds[f].maxSide }

// IsOutput reports whether webpress makes files of this format.
func (f Format) IsOutput() bool { return len(kinds[f].extensions) > 0 }
