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

// AVIFOptions say how EncodeAVIF encodes.
type AVIFOptions struct {
	// Quality is 0 to 100 on libheif's own scale, see QualityFor.
	Quality int
	// AlphaQuality is that of alpha; 100 keeps every value, and 0 is 100.
	AlphaQuality int
	// Effort is 0 (fast) to 6 (small), as libwebp's method.
	Effort int
	// Threads is the number of processors that may be used; 0 is 1. Any number above 1
	// gives the same bytes, which are a little other than those of 1.
	Threads int
	// FullChroma makes chroma of RGBA at full size (4:4:4) in the place of half of it both
	// ways (4:2:0): a tenth more bytes on photos for the same look, and the only way to
	// keep edges between colors, such as those of colored text. Planes keep what they
	// have.
	FullChroma bool
	// Depth is the bits a sample, 8, 10 or 12, that are made of RGBA; 0 is what is
	// smallest: 10 from a quality and an effort on, see avifDepth. Planes keep theirs.
	Depth int
	// ICC, EXIF (a TIFF stream) and XMP go into the file as they are. The orientation
	// in EXIF has no effect in AVIF; see UprightEXIF.
	ICC, EXIF, XMP []byte
}

// avifSpeeds are libaom's speeds by effort. On photos of a megapixel, one processor takes
// 0.02 s at speed 9, 0.05 to 0.15 s at 8, as libwebp does at effort 4, 0.1 to 0.3 s at 7,
// and 0.15 to 0.85 s at 6. For the same look, speed 9 needs an eighth more bytes than 8,
// speed 7 2 % less, and speed 6 a fifth less.
var avifSpeeds = [7]int{9, 9, 9, 8, 8, 7, 6}

// avifDepth is the bits a sample for RGBA. With 10, libaom rounds less: for the same look
// as WebP of quality 80, 85, 90 and 95, photos are 3, 7, 11 and 20 % smaller, for half
// more time and a third more memory. Alpha without loss gets larger by it, and so does
// all at speed 9.
func avifDepth(alpha bool, quality, effort int) int {
	if !alpha && (effort >= 3 && quality >= 75 || effort >= 6 && quality >= 70) {
		return 10
	}
	return 8
}

func canEncodeAVIF() bool { return C.wp_avif_can_encode() != 0 }

// EncodeAVIF encodes im as AVIF. im is RGBA with straight alpha, or Gray or YUV of 8, 10
// or 12 bits in 4:2:0, 4:2:2 or 4:4:4, with alpha or without. Its primaries and transfer
// are written; where they are 0, sRGB's, or with a profile none. The same pixels and
// options give the same bytes by the same release of libaom.
func EncodeAVIF(im *pixel.Image, o AVIFOptions) ([]byte, error) {
	if err := checkPixels(asset.AVIF, im); err != nil {
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
	switch im.Layout {
	case pixel.YUV:
		job.kind = 1
	case pixel.RGBA:
		depth := cmp.Or(o.Depth, avifDepth(im.Alpha, o.Quality, o.Effort))
		job.kind, job.depth, job.matrix, job.full = 2, C.int(depth), pixel.MatrixBT601, 1
		if job.sub_w, job.sub_h = 1, 1; o.FullChroma {
			job.sub_w, job.sub_h = 0, 0
		}
	}
	if len(o.ICC)+len(o.EXIF)+len(o.XMP) > math.MaxInt32-8 {
		return nil, &Error{Op: "avif", Detail: "the metadata is larger than 2 GB"}
	}
	if im.Alpha && job.depth > 8 && job.speed > 8 {
		job.speed = 8 // at 9, alpha without loss gets many times as large
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
