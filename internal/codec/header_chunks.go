package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

const (
	// xmpPrefix and xmpMorePrefix stand before XMP in JPEG's APP1 segments: before
	// the first 64 kB, and before what does not fit there (XMP specification, part 3,
	// 1.1.3). The second is followed by an id of 32 bytes, a length and an offset.
	xmpPrefix     = "http://ns.adobe.com/xap/1.0/\x00"
	xmpMorePrefix = "http://ns.adobe.com/xmp/extension/\x00"
	xmpMoreHeader = 32 + 4 + 4
)

// readJPEG walks the segments up to the first scan, as readJPEGHeader does.
func (o *Header) readJPEG(v *view, position bool) error {
	orientation := -1
	var more []byte // XMP that is in several segments
	for at := int64(2); ; {
		marker, start, ok := nextMarker(v, at)
		if !ok {
			return v.short("jpeg")
		}
		at = start
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // no length
			continue
		}
		if marker == 0xd9 {
			return &Error{Op: "jpeg", Detail: "there is no image in the file"}
		}
		length, ok := v.take(at, 2)
		if !ok {
			return v.short("jpeg")
		}
		n := int64(binary.BigEndian.Uint16(length))
		if n < 2 || at+n > v.size {
			return v.short("jpeg")
		}
		switch {
		case marker == 0xda: // start of scan
			if orientation >= 5 {
				o.Width, o.Height = o.Height, o.Width
			}
			o.Position = o.Position || xmpPosition(more)
			return nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			body, ok := v.take(at+2, n-2)
			if !ok || len(body) < 6 {
				return &Error{Op: "jpeg", Detail: "the header is damaged"}
			}
			o.Height, o.Width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
		case marker == 0xe1:
			body, ok := v.take(at+2, n-2)
			if !ok {
				return v.short("jpeg")
			}
			if exif, ok := bytes.CutPrefix(body, exifPrefix); ok {
				if orientation < 0 { // the first block counts
					orientation = exifOrientation(exif)
				}
				o.Position = o.Position || position && exifPosition(exif)
			} else if xmp, ok := bytes.CutPrefix(body, []byte(xmpPrefix)); ok {
				o.Position = o.Position || position && xmpPosition(xmp)
			} else if part, ok := bytes.CutPrefix(body, []byte(xmpMorePrefix)); ok && position && len(more) < maxInflated {
				more = append(more, part[min(len(part), xmpMoreHeader):]...)
			}
		}
		at += n
	}
}

// nextMarker finds the next marker of a JPEG, and where what follows it begins.
func nextMarker(v *view, at int64) (marker byte, after int64, ok bool) {
	stray := true // bytes before 0xff, which then may be repeated
	for ; ; at++ {
		b, ok := v.take(at, 1)
		switch {
		case !ok:
			return 0, 0, false
		case stray:
			stray = b[0] != 0xff
		case b[0] != 0xff:
			return b[0], at + 1, true
		}
	}
}

// readPNG walks all chunks, since metadata may stand behind the pixels.
func (o *Header) readPNG(v *view, position bool) error {
	const header = len(pngSignature) + 12 + 13
	head, ok := v.take(0, int64(header))
	if !ok {
		return v.short("png")
	}
	whole := head[len(pngSignature):]
	if string(whole[4:8]) != "IHDR" || binary.BigEndian.Uint32(whole) != 13 {
		return &Error{Op: "png", Detail: "the header is damaged"}
	}
	f, err := readPNGHeader(whole[8:21])
	if err != nil {
		return err
	}
	o.Width, o.Height = f.w, f.h
	// Pixels are often in pieces of 8 kB, so do not read half of each.
	v.page = 64
	pixels := false
	for at := int64(header); ; {
		head, ok := v.take(at, 8)
		if !ok && pixels && v.err == nil {
			return nil // the end may be missing
		}
		if !ok {
			return v.short("png")
		}
		n, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n > v.size-at-12 {
			if pixels && kind != "IDAT" && kind != "fcTL" && kind != "fdAT" {
				return nil
			}
			return v.short("png")
		}
		switch kind {
		case "IEND":
			return nil
		case "IDAT":
			pixels = true
		case "eXIf":
			if body, ok := v.take(at+8, min(n, maxInflated)); ok {
				o.Position = o.Position || position && exifPosition(body)
			}
		case "tEXt", "zTXt", "iTXt":
			if !position || o.Position {
				break
			}
			if body, ok := v.block(at+8, n); ok {
				o.Position = textPosition(kind, body)
			}
		}
		at += 12 + n
	}
}

// textPosition looks for a position in a text chunk of PNG: in XMP, in the blocks
// that ImageMagick wrote before there was eXIf ("Raw profile type exif": a line
// break, a name, a length, and then hexadecimal digits), and in the texts that it
// makes of the tags.
func textPosition(kind string, body []byte) bool {
	name, text, _ := bytes.Cut(body, []byte{0})
	keyword := string(name)
	raw, isRaw := strings.CutPrefix(keyword, "Raw profile type ")
	isTag := strings.HasPrefix(keyword, "exif:GPSLatitude") || strings.HasPrefix(keyword, "exif:GPSLongitude")
	switch {
	case isTag:
		return !strings.HasSuffix(keyword, "Ref")
	case kind == "iTXt":
		return xmpPosition(pngXMP(body))
	case !isRaw:
		return false
	}
	if kind == "zTXt" {
		if len(text) == 0 {
			return false
		}
		text, _ = inflate(text[1:])
	}
	lines := bytes.SplitN(bytes.TrimSpace(text), []byte("\n"), 3)
	if len(lines) < 3 {
		return false
	}
	digits := bytes.Join(bytes.Fields(lines[2]), nil)
	block := make([]byte, hex.DecodedLen(len(digits)))
	n, _ := hex.Decode(block, digits) // as far as it is sound
	block = block[:n]
	if raw == "xmp" || bytes.HasPrefix(block, []byte(xmpPrefix)) {
		return xmpPosition(block)
	}
	return (raw == "exif" || strings.EqualFold(raw, "app1")) && exifPosition(block)
}

// readWebP reads the size of the canvas, and walks the chunks for metadata (RFC
// 9649, section 2.7).
func (o *Header) readWebP(v *view, position bool) error {
	head, ok := v.take(0, min(v.size, viewPage))
	if !ok || len(head) < 30 {
		return v.short("webp")
	}
	if string(head[12:16]) != "VP8X" { // there is no place for metadata
		if o.Width, o.Height, ok = webpSize(head); !ok {
			return &Error{Op: "webp", Detail: "the header is damaged"}
		}
		return nil
	}
	o.Width, o.Height = u24(head[24:])+1, u24(head[27:])+1
	if !position {
		return nil
	}
	for at, end := int64(12), min(v.size, 8+int64(binary.LittleEndian.Uint32(head[4:]))); !o.Position && at+8 <= end; {
		head, ok := v.take(at, 8)
		if !ok {
			return v.short("webp")
		}
		kind, n := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		if n > v.size-at-8 {
			return v.short("webp")
		}
		if kind == "EXIF" || kind == "XMP " {
			if body, ok := v.block(at+8, n); ok {
				o.Position = kind == "EXIF" && exifPosition(body) || kind == "XMP " && xmpPosition(body)
			}
		}
		at += 8 + n + n&1
	}
	return nil
}

// gifXMP returns what follows the name of GIF's block with XMP (XMP specification,
// part 3, 1.1.2), as far as it may reach, or nil.
func gifXMP(data []byte) []byte {
	_, xmp, _ := bytes.Cut(data, []byte("\x21\xff\x0bXMP DataXMP"))
	return xmp[:min(len(xmp), maxInflated)]
}

// webpSize reads the size of a WebP that is nothing but a bit stream: VP8 (RFC 6386, section
// 9.1) or VP8L (RFC 9649, section 3.4).
func webpSize(head []byte) (width, height int, ok bool) {
	data := head[20:]
	switch string(head[12:16]) {
	case "VP8 ":
		if data[0]&1 != 0 || !bytes.Equal(data[3:6], []byte{0x9d, 0x01, 0x2a}) { // not a key frame
			return 0, 0, false
		}
		width, height = int(binary.LittleEndian.Uint16(data[6:]))&0x3fff, int(binary.LittleEndian.Uint16(data[8:]))&0x3fff
	case "VP8L":
		bits := binary.LittleEndian.Uint32(data[1:])
		if data[0] != 0x2f || bits>>29 != 0 { // a version that there is not
			return 0, 0, false
		}
		width, height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	}
	return width, height, width > 0 && height > 0
}

const xmpKeyword = "XML:com.adobe.xmp\x00"

// pngXMP reads an iTXt chunk: keyword, NUL, compressed or not, method, language,
// NUL, translated keyword, NUL, text. It returns nil if that is not so.
func pngXMP(body []byte) []byte {
	body, ok := bytes.CutPrefix(body, []byte(xmpKeyword))
	if !ok || len(body) < 2 {
		return nil
	}
	compressed := body[0] == 1
	_, text, _ := bytes.Cut(body[2:], []byte{0})
	_, text, _ = bytes.Cut(text, []byte{0})
	if compressed {
		text, _ = inflate(text)
	}
	if len(text) == 0 || len(text) > maxInflated {
		return nil
	}
	return text
}
