package codec

/*
#include <turbojpeg.h>
#include "jpeg.h"
#include "jpeg_encode.h"
*/
import "C"

import (
	"strings"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

func probeJPEG(data []byte) (Info, error) {
	h, err := readJPEGHeader(data)
	if err != nil {
		return Info{}, err
	}
	info := Info{Format: asset.JPEG, Width: h.width, Height: h.height, Frames: 1, Depth: h.depth, Lossy: true,
		Bits: 8 * h.components, Pixels: h.pixels, Memory: h.coefficients}
	if h.Orientation >= 5 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info, nil
}

// decodeJPEG decodes to the planes as they are coded, or to CMYK or RGBA where
// the file holds no YCbCr. It decodes at the smallest of the scales 1, 1/2, 1/4,
// 1/8 that covers the wanted size, which is that of the image once it is turned;
// these are the scales that libjpeg-turbo has vector code for.
//
// If libjpeg warns, repairJPEG may know better, unless strict.
func decodeJPEG(data []byte, wantWidth, wantHeight int, strict bool) (Picture, error) {
	marks, err := readJPEGHeader(data)
	if err != nil {
		return Picture{}, err
	}
	p, err := Picture{}, error(nil)
	// A warning of stray bytes would hide what comes behind it.
	if !marks.stray || strict {
		if p, err = decodeMarkedJPEG(data, marks, wantWidth, wantHeight, strict); err == nil || strict {
			return p, err
		}
	}
	repaired, notes, ok := repairJPEG(data)
	switch {
	case !ok && err == nil:
		return Picture{}, &Error{Op: "jpeg", Detail: cutShort}
	case !ok:
		return Picture{}, err
	}
	p, err = decodeMarkedJPEG(repaired, marks, wantWidth, wantHeight, strict)
	if err != nil {
		return Picture{}, err
	}
	p.Notes = append(p.Notes, notes...)
	return p, nil
}

// SequentialJPEG returns a JPEG of a single scan that decodes to the same pixels, in far less
// time than a progressive one, which it is made of; any other one comes back as it is.
func SequentialJPEG(data []byte) []byte {
	marks, err := readJPEGHeader(data)
	if err != nil || marks.scans < 2 || marks.stray {
		return data
	}
	var out *C.uint8_t
	var size C.size_t
	if C.wp_jpeg_sequential((*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), &out, &size) != 0 {
		return data // what is odd about it is for Decode to find
	}
	defer C.wp_jpeg_free(out)
	return append([]byte(nil), unsafe.Slice((*byte)(out), int(size))...)
}

func decodeMarkedJPEG(data []byte, marks jpegHeader, wantWidth, wantHeight int, strict bool) (Picture, error) {
	var h C.wp_jpeg_header
	var detail jpegDetail
	src, size := (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data))
	if code := C.wp_jpeg_read_header(src, size, &h, &detail[0], C.size_t(len(detail))); code != C.WP_JPEG_OK {
		return Picture{}, detail.error(code)
	}
	width, height := int(h.width), int(h.height)
	if width != marks.width || height != marks.height {
		return Picture{}, &Error{Op: "jpeg", Detail: wrongSize}
	}
	if marks.Orientation >= 5 {
		wantWidth, wantHeight = wantHeight, wantWidth
	}
	scale := jpegScale(width, height, wantWidth, wantHeight)
	width, height = ceilDiv(width, scale), ceilDiv(height, scale)

	p := Picture{meta: marks.meta}
	switch sub, named := jpegSubsampling(h.samp); {
	case h.colorspace == C.TJCS_CMYK || h.colorspace == C.TJCS_YCCK:
		// Adobe writes CMYK inverted and libjpeg hands it over so: 255 means no ink.
		// TurboJPEG converts YCCK to the same.
		p.Image = *pixel.NewRGBA(width, height, nil)
		p.Image.Layout = pixel.CMYK
		return p, decodeJPEGPixels(data, &p.Image, 1)
	case h.colorspace == C.TJCS_YCbCr && named, h.colorspace == C.TJCS_GRAY:
		kind := pixel.YUV
		if h.colorspace == C.TJCS_GRAY {
			kind, sub = pixel.Gray, [2]int{}
		}
		p.Image = *pixel.NewPlanar(pixel.Image{
			Width: width, Height: height, Layout: kind, SubW: sub[0], SubH: sub[1],
			Depth: 8, Full: true, Matrix: pixel.MatrixBT601, // JFIF 1.02
		})
	default:
		p.Image = *pixel.NewRGBA(width, height, nil)
		return p, decodeJPEGPixels(data, &p.Image, 0)
	}
	im := &p.Image
	if scale == 8 && marks.scans > 1 && !strict {
		if thin, ok := dcJPEG(data); ok {
			src, size = (*C.uint8_t)(unsafe.SliceData(thin)), C.size_t(len(thin))
		}
	}
	code := C.wp_jpeg_planes(src, size,
		(*C.uint8_t)(unsafe.SliceData(im.Planes[0])), (*C.uint8_t)(unsafe.SliceData(im.Planes[1])),
		(*C.uint8_t)(unsafe.SliceData(im.Planes[2])), C.int(im.Stride[0]), C.int(im.Stride[1]),
		C.int(width), C.int(height), flag(strict), &detail[0], C.size_t(len(detail)))
	if code != C.WP_JPEG_OK {
		return Picture{}, detail.error(code)
	}
	return p, nil
}

func decodeJPEGPixels(data []byte, im *pixel.Image, cmyk C.int) error {
	var detail jpegDetail
	code := C.wp_jpeg_pixels((*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)),
		(*C.uint8_t)(unsafe.SliceData(im.Planes[0])), C.int(im.Width), C.int(im.Height), cmyk,
		&detail[0], C.size_t(len(detail)))
	if code != C.WP_JPEG_OK {
		return detail.error(code)
	}
	return nil
}

// jpegSubsampling returns the base-2 logarithms of the chroma subsampling, and
// whether the sampling has a name.
func jpegSubsampling(samp C.int) (sub [2]int, named bool) {
	switch samp {
	case C.TJSAMP_444:
		return [2]int{0, 0}, true
	case C.TJSAMP_422:
		return [2]int{1, 0}, true
	case C.TJSAMP_420:
		return [2]int{1, 1}, true
	case C.TJSAMP_440:
		return [2]int{0, 1}, true
	case C.TJSAMP_411:
		return [2]int{2, 0}, true
	}
	return sub, false
}

// jpegDetail is room for a message of TurboJPEG.
type jpegDetail [200]C.char

func (d *jpegDetail) error(code C.int) error { return jpegError(int(code), C.GoString(&d[0])) }

// jpegError words a message of TurboJPEG, such as
// "tjDecompress2(): Premature end of JPEG file".
func jpegError(code int, text string) *Error {
	if _, rest, ok := strings.Cut(text, "(): "); ok {
		text = rest
	}
	text = strings.TrimPrefix(text, "Corrupt JPEG data: ")
	e := &Error{Op: "jpeg", Code: code, Detail: damaged}
	switch {
	case strings.Contains(text, "Premature end of JPEG file"), strings.Contains(text, "premature end of data segment"):
		e.Detail = cutShort
		return e
	case strings.Contains(text, "nsufficient memory"):
		e.Detail, e.Hint = "out of memory", "lower `jobs`"
		return e
	case strings.Contains(text, "JPEG process"), strings.Contains(text, "data precision"), strings.Contains(text, "color conversion"),
		strings.Contains(text, "more than"): // scans
		e.Detail, e.Hint = "this kind of JPEG is not supported", "export it again as a plain JPEG or PNG"
	}
	e.Detail += " (libjpeg: " + lowerFirst(text) + ")"
	return e
}
