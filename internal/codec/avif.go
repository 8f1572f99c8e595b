package codec

/*
#include "avif.h"
*/
import "C"

import (
	"cmp"
	"math"
	"runtime"
	"strings"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// MaxAVIFSide is the most pixels that a side of an AVIF can have (AV1 bitstream
// specification, 5.5.1).
const MaxAVIFSide = 65536

// AVIFOptions say how EncodeAVIF encodes.
type AVIFOptions struct {
	// Quality is 0 to 100 on libheif's own scale, see AVIFQuality.
	Quality int
	// AlphaQuality is that of alpha; 100 keeps every value, and 0 is 100.
	AlphaQuality int
	// Effort is 0 (fast) to 6 (small), as libwebp's method.
	Effort int
	// Threads is the number of processors that may be used; 0 is 1. Any number above 1
	// gives the same bytes, which are a little other than those of 1.
	Threads int
	// FullChroma and Depth are the layout that is made of RGBA: chroma in 4:4:4 in the
	// place of 4:2:0, and 10 or 12 bits a sample in the place of 8. Planes are encoded
	// as they are.
	FullChroma bool
	Depth      int
	// ICC, EXIF (a TIFF stream) and XMP go into the file as they are. The orientation
	// in EXIF has no effect in AVIF; see UprightEXIF.
	ICC, EXIF, XMP []byte
}

// avifSpeeds are libaom's speeds by effort.
var avifSpeeds = [7]int{9, 9, 9, 8, 8, 7, 6}

func canEncodeAVIF() bool { return C.wp_avif_can_encode() != 0 }

// EncodeAVIF encodes im as AVIF. im is RGBA with straight alpha, or Gray or YUV of 8, 10
// or 12 bits in 4:2:0, 4:2:2 or 4:4:4, with alpha or without. Its primaries and transfer
// are written; where they are 0, sRGB's, or with a profile none. The same pixels and
// options give the same bytes by the same release of libaom.
func EncodeAVIF(im *pixel.Image, o AVIFOptions) ([]byte, error) {
	if err := checkPixels(asset.AVIF, "an AVIF", im, MaxAVIFSide); err != nil {
		return nil, err
	}
	if !canEncodeAVIF() {
		return nil, &Error{
			Op: "avif", Detail: "libheif " + heifVersion() + " has no AV1 encoder here",
			Hint: "install its plugin (Debian: libheif-plugin-aomenc), or a libheif that was built with libaom",
		}
	}
	job := C.wp_avif_job{
		width: C.int(im.Width), height: C.int(im.Height), alpha: flag(im.Alpha),
		sub_w: C.int(im.SubW), sub_h: C.int(im.SubH), depth: C.int(im.Depth),
		matrix: C.int(cmp.Or(im.Matrix, pixel.MatrixBT601)), full: flag(im.Full),
		primaries: C.int(im.Primaries), transfer: C.int(im.Transfer),
		quality: C.int(max(0, min(100, o.Quality))), speed: C.int(avifSpeeds[max(0, min(6, o.Effort))]),
		threads: C.int(max(1, min(64, o.Threads))), alpha_quality: C.int(max(1, min(100, cmp.Or(o.AlphaQuality, 100)))),
	}
	switch im.Kind {
	case pixel.YUV:
		job.kind = 1
	case pixel.RGBA:
		job.kind, job.depth, job.matrix, job.full = 2, C.int(cmp.Or(o.Depth, 8)), pixel.MatrixBT601, 1
		if job.sub_w, job.sub_h = 1, 1; o.FullChroma {
			job.sub_w, job.sub_h = 0, 0
		}
	}
	if len(o.ICC)+len(o.EXIF)+len(o.XMP) > math.MaxInt32-8 {
		return nil, &Error{Op: "avif", Detail: "the metadata is larger than 2 GB"}
	}
	if job.depth != 8 && job.depth != 10 && job.depth != 12 || job.sub_w > 1 || job.sub_h > job.sub_w {
		return nil, wrongLayout(asset.AVIF)
	}
	unknown := [2]C.int{pixel.PrimariesBT709, pixel.TransferSRGB}
	if len(o.ICC) > 0 { // the profile says it (ISO/IEC 23000-22, 7.3.6.4)
		unknown = [2]C.int{2, 2}
	}
	job.primaries, job.transfer = cmp.Or(job.primaries, unknown[0]), cmp.Or(job.transfer, unknown[1])

	var pin runtime.Pinner
	defer pin.Unpin()
	bytesOf := func(b []byte) (*C.uint8_t, C.size_t) {
		if len(b) == 0 {
			return nil, 0
		}
		pin.Pin(unsafe.SliceData(b))
		return (*C.uint8_t)(unsafe.SliceData(b)), C.size_t(len(b))
	}
	for p := range im.Planes {
		job.plane[p], _ = bytesOf(im.Planes[p])
		job.stride[p] = C.size_t(im.Stride[p])
	}
	job.icc, job.icc_size = bytesOf(o.ICC)
	job.exif, job.exif_size = bytesOf(o.EXIF)
	job.xmp, job.xmp_size = bytesOf(o.XMP)

	var out *C.uint8_t
	var size C.size_t
	var failed C.wp_heif_error
	C.wp_avif_encode(&job, &out, &size, &failed)
	if failed.code != 0 {
		return nil, avifError(int(failed.code), C.GoString(&failed.text[0]))
	}
	defer C.wp_avif_free(out)
	return append([]byte(nil), unsafe.Slice((*byte)(out), int(size))...), nil
}

// avifError words an error of libheif's encoder.
func avifError(code int, text string) error {
	e := &Error{Op: "avif", Code: code, Detail: "the encoder failed" + inParentheses(text)}
	switch {
	case code == C.heif_error_Memory_allocation_error:
		e.Detail, e.Hint = "out of memory", "lower `jobs`, or shrink the image with `max-width`"
	case strings.Contains(text, "3.6.0"):
		e.Detail = "libaom 3.6.0 cannot encode an image this large" + inParentheses(text)
		e.Hint = "shrink the image with `max-width`, or install libaom 3.6.1 or newer"
	}
	return e
}
