package codec

/*
#include "jpeg_encode.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// JPEGOptions say how EncodeJPEG encodes.
type JPEGOptions struct {
	// Quality is 1 to 100 on IJG's scale.
	Quality int
	// FullChroma keeps the chroma of RGBA at full size (4:4:4); otherwise it is halved
	// both ways (4:2:0). Planes keep the size that they have.
	FullChroma bool
	// Background is the red, green and blue that RGBA with alpha is laid on.
	Background [3]byte
	// ICC, EXIF (a TIFF stream) and XMP go into the file as they are. Viewers follow the
	// orientation in EXIF; see UprightEXIF.
	ICC, EXIF, XMP []byte
}

// EncodeJPEG encodes im as a progressive JPEG with Huffman tables of its own. im is RGBA,
// or Gray or YUV of 8 bits by the matrix of BT.601 without alpha. Planes of the full
// range, as a JPEG decodes to, are encoded without a detour; those of the limited range
// are expanded.
func EncodeJPEG(im *pixel.Image, o JPEGOptions) ([]byte, error) {
	if err := checkPixels(asset.JPEG, im); err != nil {
		return nil, err
	}
	job := C.wp_jpeg_job{
		width: C.int(im.Width), height: C.int(im.Height), sub_w: C.int(im.SubW), sub_h: C.int(im.SubH),
		full: flag(im.Full), quality: C.int(max(1, min(100, o.Quality))),
	}
	switch {
	case im.Layout == pixel.RGBA:
		job.kind, job.alpha, job.full = 2, flag(im.Alpha), 1
		for c, v := range o.Background {
			job.background[c] = C.uint8_t(v)
		}
		if job.sub_w, job.sub_h = 1, 1; o.FullChroma {
			job.sub_w, job.sub_h = 0, 0
		}
	case im.Alpha, im.Depth != 8, im.SubW > 1, im.SubH > 1:
		return nil, wrongLayout(asset.JPEG)
	case im.Layout == pixel.YUV:
		if im.Matrix != pixel.MatrixBT601 { // the only one that JFIF has
			return nil, wrongLayout(asset.JPEG)
		}
		job.kind = 1
	}
	segments, err := jpegSegments(o)
	if err != nil {
		return nil, err
	}

	var pin runtime.Pinner
	defer pin.Unpin()
	for p := range job.plane {
		if len(im.Planes[p]) > 0 {
			first := unsafe.SliceData(im.Planes[p])
			pin.Pin(first)
			job.plane[p], job.stride[p] = (*C.uint8_t)(first), C.size_t(im.Stride[p])
		}
	}
	var out *C.uint8_t
	var size C.size_t
	var detail jpegDetail
	if C.wp_jpeg_encode(&job, &out, &size, &detail[0], C.size_t(len(detail))) != 0 {
		e := &Error{Op: "jpeg", Detail: "the encoder failed (" + C.GoString(&detail[0]) + ")"}
		if strings.Contains(e.Detail, "nsufficient memory") {
			e.Detail, e.Hint = "out of memory", "lower `jobs`, or shrink the image with `max-width`"
		}
		return nil, e
	}
	defer C.wp_jpeg_free(out)
	return withSegments(unsafe.Slice((*byte)(out), int(size)), segments), nil
}

// withSegments puts segments behind the JFIF header that a JPEG of libjpeg begins with.
func withSegments(jpeg, segments []byte) []byte {
	at := 2
	if len(jpeg) > 6 && jpeg[2] == 0xff && jpeg[3] == 0xe0 {
		at = min(len(jpeg), 4+int(binary.BigEndian.Uint16(jpeg[4:])))
	}
	whole := make([]byte, 0, len(jpeg)+len(segments))
	return append(append(append(whole, jpeg[:at]...), segments...), jpeg[at:]...)
}

// maxJPEGSegment is the most that fits behind the length of a segment.
const maxJPEGSegment = 0xffff - 2

// jpegSegments makes the segments of metadata: EXIF and XMP in APP1, the profile in APP2
// in numbered parts (ICC.1:2010, B.4).
func jpegSegments(o JPEGOptions) ([]byte, error) {
	var out []byte
	add := func(marker byte, parts ...[]byte) {
		at := len(out)
		out = append(out, 0xff, marker, 0, 0)
		for _, p := range parts {
			out = append(out, p...)
		}
		binary.BigEndian.PutUint16(out[at+2:], uint16(len(out)-at-2))
	}
	for _, block := range []struct {
		name, prefix string
		data         []byte
	}{
		{"EXIF", string(exifPrefix), o.EXIF},
		{"XMP", xmpPrefix, o.XMP},
	} {
		if len(block.data) == 0 {
			continue
		}
		if most := maxJPEGSegment - len(block.prefix); len(block.data) > most {
			return nil, &Error{
				Op: "jpeg", Detail: fmt.Sprintf("its %s has %d bytes, and a JPEG holds at most %d", block.name, len(block.data), most),
				Hint: "set `metadata` to `copyright` or `icc`",
			}
		}
		add(0xe1, []byte(block.prefix), block.data)
	}
	const prefix = "ICC_PROFILE\x00"
	const most = maxJPEGSegment - len(prefix) - 2
	parts := ceilDiv(len(o.ICC), most)
	if parts > 255 {
		return nil, &Error{
			Op: "jpeg", Detail: fmt.Sprintf("its color profile has %d bytes, and a JPEG holds at most %d", len(o.ICC), 255*most),
			Hint: "set `metadata` to `none`",
		}
	}
	for i := range parts {
		add(0xe2, []byte(prefix), []byte{byte(i + 1), byte(parts)}, o.ICC[i*most:min(len(o.ICC), (i+1)*most)])
	}
	return out, nil
}
