package codec

import "bytes"

// Tags of the directories that hold a position (EXIF 2.32, 4.6.6).
const (
	tagGPS       = 0x8825
	gpsLatitude  = 2
	gpsLongitude = 4
)

// exifPosition reports whether an EXIF block says where the image was taken.
func exifPosition(exif []byte) bool {
	b := bytes.TrimPrefix(exif, exifPrefix)
	v := newView(bytes.NewReader(b), int64(len(b)))
	d, ok := firstDirectory(v)
	return ok && d.position(v)
}

// xmpPosition reports whether XMP says where the image was taken: whether it has a
// latitude or longitude that is not empty, as an attribute or as an element (XMP
// specification, part 2, 3.3).
func xmpPosition(xmp []byte) bool {
	// Latin letters are the same in UTF-8 and, but for zeros, in UTF-16.
	if bytes.IndexByte(xmp, 0) >= 0 {
		xmp = bytes.ReplaceAll(xmp, []byte{0}, nil)
	}
	const spaces, prefix = " \t\r\n\f", ":GPSL"
	// Each end of a tag is looked for once: a hostile file repeats the name, and
	// never ends a tag.
	end, filled := -1, false
	for at := 0; ; {
		i := bytes.Index(xmp[at:], []byte(prefix))
		if i < 0 {
			return false
		}
		at += i + len(prefix)
		value, ok := bytes.CutPrefix(xmp[at:], []byte("atitude"))
		if !ok {
			value, ok = bytes.CutPrefix(xmp[at:], []byte("ongitude"))
		}
		rest := bytes.TrimLeft(value, spaces)
		if !ok || len(rest) == 0 || len(rest) == len(value) && rest[0] != '=' && rest[0] != '>' {
			continue // another name, such as GPSLatitudeRef
		}
		if rest[0] == '=' {
			text := bytes.TrimLeft(rest[1:], spaces)
			if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[1] != text[0] {
				return true
			}
			continue
		}
		if end < at {
			if end = bytes.IndexAny(xmp[at:], "<>"); end < 0 {
				end = len(xmp) - at
			}
			end += at
			text, ok := bytes.CutPrefix(xmp[end:], []byte(">"))
			text = bytes.TrimLeft(text, spaces)
			filled = ok && xmp[end-1] != '/' && len(text) > 0 && text[0] != '<'
		}
		if filled {
			return true
		}
	}
}

// position reports whether the directory of an image leads to one with a latitude or
// longitude. Cameras write 0/0 if they have none.
func (d directory) position(v *view) bool {
	at := d.number(v, tagGPS)
	if at == 0 {
		return false
	}
	gps, ok := d.at(v, at)
	if !ok {
		return false
	}
	for _, tag := range []uint16{gpsLatitude, gpsLongitude} {
		kind, count, b := gps.find(v, tag)
		switch {
		case count == 0 || len(b) == 0:
		case kind != tiffRational && kind != tiffSRational:
			return true // not as it should be, and readers may still make sense of it
		case len(b) >= 8 && d.order.Uint32(b[4:]) != 0:
			return true
		}
	}
	return false
}
