package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The markers of a JPEG (ITU-T T.81, table B.1).
const (
	jpegSOF2 = 0xc2
	jpegDHT  = 0xc4
	jpegEOI  = 0xd9
	jpegSOS  = 0xda
	jpegDQT  = 0xdb
	jpegAPP0 = 0xe0
	jpegAPP1 = 0xe1
	jpegAPP2 = 0xe2
)

// What segments of applications begin with.
const (
	jpegEXIF = "Exif\x00\x00"
	jpegXMP  = "http://ns.adobe.com/xap/1.0/\x00"
	jpegICC  = "ICC_PROFILE\x00"
)

// jpegJFIF is all of the segment that libjpeg writes: version 1.1, without a density, and
// without a small image.
const jpegJFIF = "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// maxJPEGScans is how many scans libjpeg makes of three components.
const maxJPEGScans = 10

// parseJPEG reads a JPEG: JFIF, EXIF, XMP, the parts of a profile, the tables of
// quantization, the header of a progressive image, and its scans, each behind its Huffman
// tables. There are no comments, no restarts and no padding.
func parseJPEG(data []byte) (File, error) {
	rest, ok := bytes.CutPrefix(data, []byte{0xff, 0xd8})
	if !ok {
		return File{}, errors.New("it is not a JPEG")
	}
	r := jpegReader{rest: rest}
	f := File{Frames: 1}
	if body := r.take(jpegAPP0, ""); string(body) != jpegJFIF {
		return File{}, r.or(errors.New("its JFIF header is not libjpeg's"))
	}
	f.EXIF, f.XMP = r.take(jpegAPP1, jpegEXIF), r.take(jpegAPP1, jpegXMP)
	if err := r.profile(&f); err != nil {
		return File{}, err
	}
	tables := 0
	for body := r.take(jpegDQT, ""); body != nil; body = r.take(jpegDQT, "") {
		// A byte for precision and number, and 64 values of 8 bits.
		if len(body) != 65 || int(body[0]) != tables {
			return File{}, errors.New("its tables of quantization are not libjpeg's")
		}
		tables++
	}
	components, err := r.frame(&f)
	if err == nil && tables != min(components, 2) {
		err = errors.New("its tables of quantization are not libjpeg's")
	}
	if err == nil {
		err = r.scans(components)
	}
	switch {
	case err != nil:
		return File{}, r.or(err)
	case len(r.rest) > 0:
		return File{}, fmt.Errorf("%d bytes follow its end", len(r.rest))
	}
	return f, nil
}

// A jpegReader reads the segments of a JPEG.
type jpegReader struct {
	rest []byte
	err  error
}

// take returns the body of the next segment behind a prefix, nil if that is another one.
func (r *jpegReader) take(marker byte, prefix string) []byte {
	if r.err != nil || len(r.rest) < 4 || r.rest[0] != 0xff || r.rest[1] != marker {
		return nil
	}
	n := int(binary.BigEndian.Uint16(r.rest[2:]))
	if n < 2 || n > len(r.rest)-2 {
		r.err = fmt.Errorf("its segment %#x is cut off", marker)
		return nil
	}
	body, ok := bytes.CutPrefix(r.rest[4:2+n:2+n], []byte(prefix))
	if !ok {
		return nil
	}
	r.rest = r.rest[2+n:]
	return body
}

// or is what is wrong with the segments, and err where nothing else is.
func (r *jpegReader) or(err error) error {
	switch {
	case r.err != nil:
		return r.err
	case len(r.rest) > 1 && r.rest[0] == 0xff && (r.rest[1] < 0xc0 || r.rest[1] == 0xfe || r.rest[1]>>4 == 0xe):
		return fmt.Errorf("its segment %#x is one that no JPEG of webpress has, or not in its place", r.rest[1])
	}
	return err
}

// profile puts the numbered parts of a profile together (ICC.1:2010, B.4).
func (r *jpegReader) profile(f *File) error {
	const most = 0xffff - 2 - len(jpegICC) - 2
	parts := 0
	for n := 1; ; n++ {
		body := r.take(jpegAPP2, jpegICC)
		switch {
		case body == nil && parts == n-1:
			return nil
		case len(body) < 3 || int(body[0]) != n || parts > 0 && int(body[1]) != parts,
			n < int(body[1]) && len(body) != 2+most:
			return errors.New("its ICC profile is not in numbered parts, all of them full but for the last")
		}
		parts = int(body[1])
		f.ICC = append(f.ICC, body[2:]...)
	}
}

// frame reads the header of the image, and returns its number of components (B.2.2).
func (r *jpegReader) frame(f *File) (components int, err error) {
	body := r.take(jpegSOF2, "")
	if len(body) < 9 || len(body) != 6+3*int(body[5]) || body[5] != 1 && body[5] != 3 || body[0] != 8 {
		return 0, errors.New("it is not a progressive image of one or three components of 8 bits")
	}
	f.Height, f.Width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if f.Width == 0 || f.Height == 0 {
		return 0, errors.New("its header gives no size")
	}
	components = int(body[5])
	for i := range components {
		c := body[6+3*i:]
		across, down := c[1]>>4, c[1]&15
		if int(c[0]) != i+1 || across < 1 || across > 2 || down < 1 || down > 2 || i > 0 && c[1] != 0x11 || c[2] != byte(min(i, 1)) {
			return 0, errors.New("its components are not libjpeg's")
		}
	}
	return components, nil
}

// scans reads what is behind the header, with the end.
func (r *jpegReader) scans(components int) error {
	for n := 0; ; n++ {
		if len(r.rest) >= 2 && r.rest[0] == 0xff && r.rest[1] == jpegEOI && n > 0 {
			r.rest = r.rest[2:]
			return nil
		}
		for tables := 0; ; tables++ {
			body := r.take(jpegDHT, "")
			if body == nil {
				break
			}
			if !soundHuffman(body) || tables == 4 {
				return errors.New("its Huffman tables are damaged")
			}
		}
		body := r.take(jpegSOS, "")
		if len(body) < 6 || int(body[0]) > components || len(body) != 4+2*int(body[0]) || n == maxJPEGScans {
			return errors.New("its scans are not libjpeg's")
		}
		end := 0
		for {
			next := bytes.IndexByte(r.rest[end:], 0xff)
			if next < 0 || end+next+1 == len(r.rest) {
				return errors.New("it has no end")
			}
			if end += next; r.rest[end+1] != 0 {
				break
			}
			end += 2
		}
		r.rest = r.rest[end:]
	}
}

// soundHuffman reports whether a segment holds one table, as long as that says (B.2.4.2).
func soundHuffman(body []byte) bool {
	if len(body) < 17 || body[0]&0xef > 3 {
		return false
	}
	values := 0
	for _, n := range body[1:17] {
		values += int(n)
	}
	return len(body) == 17+values && values <= 256
}
