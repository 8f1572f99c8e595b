package codec

/*
#include "png_encode.h"
*/
import "C"

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// PNGOptions say how EncodePNG encodes.
type PNGOptions struct {
	// Effort is 0 (fast) to 6 (small), as libwebp's method. From 4 on, the files are
	// smaller than those of most encoders.
	Effort int
	// ICC, EXIF (a TIFF stream) and XMP go into the file. A profile for gray allows only
	// pixels that are gray.
	ICC, EXIF, XMP []byte
}

// EncodePNG encodes RGBA with straight alpha as PNG, without loss of what can be seen:
// the color below an alpha of 0 becomes black. Type and depth are the smallest that hold
// the pixels: gray, a palette, RGB, or one of them with alpha.
func EncodePNG(im *pixel.Image, o PNGOptions) ([]byte, error) {
	if err := checkPixels(asset.PNG, im); err != nil {
		return nil, err
	}
	if im.Layout != pixel.RGBA {
		return nil, wrongLayout(asset.PNG)
	}
	job := C.wp_png_job{
		width: C.int(im.Width), height: C.int(im.Height), stride: C.size_t(im.Stride[0]),
		alpha: flag(im.Alpha), effort: C.int(max(0, min(6, o.Effort))),
	}
	if len(o.ICC) > 0 {
		space, _ := pixel.ProfileSpace(o.ICC)
		job.no_gray, job.no_color = flag(space != pixel.SpaceGray), flag(space == pixel.SpaceGray)
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(unsafe.SliceData(im.Planes[0]))
	job.pixels = (*C.uint8_t)(unsafe.SliceData(im.Planes[0]))
	var r C.wp_png_result
	switch C.wp_png_encode(&job, &r) {
	case 0:
	case C.WP_PNG_ENC_COLORED:
		return nil, &Error{Op: "png", Detail: "the color profile is for gray, and the pixels have colors"}
	default:
		return nil, &Error{Op: "png", Detail: "out of memory", Hint: "lower `jobs`, or shrink the image with `max-width`"}
	}
	defer C.wp_png_encode_free(r.data)
	return pngFileOf(im, &r, o)
}

// pngFileOf puts the chunks of a PNG together, in the order that they have to have (PNG
// specification, 5.6).
func pngFileOf(im *pixel.Image, r *C.wp_png_result, o PNGOptions) ([]byte, error) {
	data := unsafe.Slice((*byte)(r.data), int(r.size))
	out := make([]byte, 0, len(data)+len(o.ICC)+len(o.EXIF)+len(o.XMP)+2048)
	out = append(out, pngSignature...)
	header := binary.BigEndian.AppendUint32(nil, uint32(im.Width))
	header = binary.BigEndian.AppendUint32(header, uint32(im.Height))
	out = appendPNGChunk(out, "IHDR", append(header, byte(r.depth), byte(r.color), 0, 0, 0))
	if len(o.ICC) > 0 {
		packed := bytes.NewBufferString("icc\x00\x00")
		z, err := zlib.NewWriterLevel(packed, zlib.BestCompression)
		if err != nil {
			return nil, err
		}
		_, err = z.Write(o.ICC)
		if err := errors.Join(err, z.Close()); err != nil {
			return nil, err
		}
		out = appendPNGChunk(out, "iCCP", packed.Bytes())
	}
	if len(o.EXIF) > 0 {
		out = appendPNGChunk(out, "eXIf", o.EXIF)
	}
	if len(o.XMP) > 0 {
		out = appendPNGChunk(out, "iTXt", []byte(xmpKeyword+"\x00\x00\x00\x00"), o.XMP)
	}
	if r.colors > 0 {
		var palette, alpha []byte
		for i := range int(r.colors) {
			c := (*[4]byte)(unsafe.Pointer(&r.palette[i]))
			palette = append(palette, c[:3]...)
			if c[3] != 255 {
				alpha = append(alpha, c[3])
			}
		}
		out = appendPNGChunk(out, "PLTE", palette)
		if len(alpha) > 0 {
			out = appendPNGChunk(out, "tRNS", alpha)
		}
	}
	// A chunk holds less than 2^31 bytes.
	const most = 1 << 30
	for ; len(data) > most; data = data[most:] {
		out = appendPNGChunk(out, "IDAT", data[:most])
	}
	out = appendPNGChunk(out, "IDAT", data)
	return appendPNGChunk(out, "IEND"), nil
}

func appendPNGChunk(out []byte, kind string, parts ...[]byte) []byte {
	at := len(out)
	out = append(append(out, 0, 0, 0, 0), kind...)
	for _, p := range parts {
		out = append(out, p...)
	}
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-8))
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[at+4:]))
}
