package asset

import "strings"

// Name is what people call a format.
func (f Format) Name() string {
	switch f {
	case JPEG, PNG, GIF, TIFF, BMP, HEIC, AVIF:
		return strings.ToUpper(string(f))
	case WebP:
		return "WebP"
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

// IsOutput says that webpress makes files of this format.
func (f Format) IsOutput() bool {
	return f == WebP || f == AVIF || f == JPEG || f == PNG
}
