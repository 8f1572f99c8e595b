package codec

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

var (
	// turnPrefix finds the prefixes that a packet has for the namespaces in which the
	// orientation is said: Orientation is a property of tiff, and some write it in
	// exif.
	turnPrefix = regexp.MustCompile(`xmlns:([\w.-]+)\s*=\s*["']http://ns\.adobe\.com/(?:tiff|exif)/1\.0/["']`)
	// turnValue finds an orientation as an attribute or as an element: its prefix, and
	// in which bytes its value is.
	turnValue = regexp.MustCompile(`[<\s]([\w.-]+):Orientation\s*(?:=\s*(?:"([^"]*)"|'([^']*)')|>([^<]*)<)`)
	// extension finds the property that names a second packet (XMP, part 3, 1.1.3.1),
	// which is in no WebP.
	extension = regexp.MustCompile(
		`\s[\w.-]+:HasExtendedXMP\s*=\s*(?:"[^"]*"|'[^']*')|<([\w.-]+):HasExtendedXMP\s*>[^<]*</[\w.-]+:HasExtendedXMP\s*>`)
)

// UprightXMP returns XMP that says that the pixels are upright, as they are once an
// image has been turned, and that names no second packet. It leaves xmp as it is. What
// is not UTF-8 is dropped: a WebP does not allow it, and its orientation would stay.
func UprightXMP(xmp []byte) []byte {
	if !utf8.Valid(xmp) {
		return nil
	}
	var prefixes []string
	for _, m := range turnPrefix.FindAllSubmatch(xmp, -1) {
		prefixes = append(prefixes, string(m[1]))
	}
	var out []byte
	last := 0
	for _, m := range turnValue.FindAllSubmatchIndex(xmp, -1) {
		if !slices.Contains(prefixes, string(xmp[m[2]:m[3]])) {
			continue
		}
		for i := 4; i < len(m); i += 2 {
			if m[i] >= 0 {
				out = append(append(out, xmp[last:m[i]]...), '1')
				last = m[i+1]
			}
		}
	}
	return extension.ReplaceAll(append(out, xmp[last:]...), nil)
}
