package codec

/*
#include "heif.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"unsafe"

	"webpress/internal/asset"
	"webpress/internal/pixel"
)

// The Go binding of libheif neither sets security limits, threads and strict
// decoding nor reads a profile or a depth, and frees what it holds by
// finalizers; so pictures are read by the shim in heif.c, which frees them at
// once. The binding reports the library's version and, in tests, encodes.

func probeHEIF(data []byte, format asset.Format) (Info, error) {
	var h C.wp_heif_info
	var failed C.wp_heif_error
	C.wp_heif_probe(&h, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), &failed)
	if failed.code != 0 {
		return Info{}, heifError(format, int(failed.code), int(failed.subcode), C.GoString(&failed.text[0]))
	}
	if err := wholeBoxes(data, format); err != nil {
		return Info{}, err
	}
	info := Info{
		Format: format, Width: int(h.width), Height: int(h.height), Frames: 1,
		Alpha: h.alpha != 0, Depth: int(h.depth), Lossy: true,
	}
	if h.images > 1 {
		info.Notes = append(info.Notes, fmt.Sprintf("holds %d images; the primary one is converted", h.images))
	}
	if h.sequences > 0 {
		info.Notes = append(info.Notes, "holds an image sequence; its still picture is converted")
	}
	return info, nil
}

// wholeBoxes refuses a file that ends inside one of its top-level boxes
// (ISO/IEC 14496-12, 4.2): libheif only notices where it needs the missing bytes.
func wholeBoxes(data []byte, format asset.Format) error {
	for rest := data; len(rest) >= 8; {
		size, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		if size == 1 && len(rest) >= 16 { // a length of 64 bits follows
			size = binary.BigEndian.Uint64(rest[8:])
		}
		switch {
		case size < 8: // to the end of the file; or no box
			return nil
		case size > uint64(len(rest)):
			if kind == "mdat" || kind == "meta" || kind == "moov" {
				return &Error{Op: string(format), Detail: cutShort, Hint: againHint}
			}
			return nil
		}
		rest = rest[size:]
	}
	return nil
}

// decodeHEIF decodes the primary image. libheif has turned, mirrored and cropped
// it already, as the file's irot, imir and clap boxes say; the orientation that
// EXIF gives is informational in HEIF (ISO/IEC 23008-12, A.2.1) and not used.
func decodeHEIF(data []byte, format asset.Format, o DecodeOptions) (Picture, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(unsafe.SliceData(data)) // the context refers to it until it is freed

	var h C.wp_heif
	var failed C.wp_heif_error
	defer C.wp_heif_free(&h)
	C.wp_heif_decode(&h, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)),
		C.uint64_t(o.MaxPixels), C.uint64_t(o.MaxMemory), C.int(max(1, o.Threads)), &failed)
	if failed.code != 0 {
		return Picture{}, heifError(format, int(failed.code), int(failed.subcode), C.GoString(&failed.text[0]))
	}
	var p Picture
	if n := int(h.icc_size); n > 0 && n <= maxInflated {
		p.ICC = make([]byte, n)
		if C.wp_heif_icc(&h, (*C.uint8_t)(unsafe.SliceData(p.ICC))) != 0 {
			p.ICC = nil
		}
	}
	if o.Metadata {
		p.EXIF, p.XMP = heifEXIF(heifMetadata(&h, 0)), heifMetadata(&h, 1)
	}
	return p, copyHEIF(&p, &h)
}

// copyHEIF copies the planes of h into Go's memory.
func copyHEIF(p *Picture, h *C.wp_heif) error {
	if h.kind == 2 {
		p.Image = *pixel.NewRGBA(int(h.width), int(h.height), nil)
		p.Image.Alpha = h.alpha != 0
	} else {
		like := pixel.Image{
			Width: int(h.width), Height: int(h.height), Kind: pixel.Gray, Alpha: h.alpha != 0,
			Depth: int(h.depth), Full: h.full != 0, Matrix: int(h.matrix),
		}
		if h.kind == 1 {
			like.Kind, like.SubW, like.SubH = pixel.YUV, int(h.sub_w), int(h.sub_h)
		}
		p.Image = *pixel.NewPlanar(like)
	}
	im := &p.Image
	if p.ICC == nil { // a profile says more than the code points
		im.Primaries, im.Transfer = int(h.primaries), int(h.transfer)
	}
	sample := 1
	switch {
	case h.kind == 2:
		sample = 4
	case im.Depth > 8:
		sample = 2
	}
	for i := range im.Planes {
		if len(im.Planes[i]) == 0 {
			continue
		}
		width, height := im.Width, im.Height
		if im.Kind != pixel.RGBA {
			width, height = im.PlaneSize(i)
		}
		// Chroma of an odd size is rounded up by both; luma is not by libheif.
		row, rows := min(width, int(h.plane_width[i]))*sample, min(height, int(h.plane_height[i]))
		if h.plane[i] == nil || int(h.stride[i]) < row || i > 0 && i < 3 && (row < width*sample || rows < height) {
			return &Error{Op: "heif", Detail: "the planes of the picture do not fit together"}
		}
		src := unsafe.Slice((*byte)(h.plane[i]), int(h.stride[i])*(rows-1)+row)
		for y := range rows {
			copy(im.Planes[i][y*im.Stride[i]:], src[y*int(h.stride[i]):][:row])
		}
	}
	if h.alpha == 2 { // premultiplied
		unmultiply(im.Planes[0])
	}
	return nil
}

// heifBlocks returns EXIF and XMP of the primary image, nil where it has none.
func heifBlocks(data []byte) (exif, xmp []byte) {
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(unsafe.SliceData(data)) // the context refers to it until it is freed

	var h C.wp_heif
	defer C.wp_heif_free(&h)
	if C.wp_heif_open(&h, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data))) == 0 {
		return nil, nil
	}
	return heifEXIF(heifMetadata(&h, 0)), heifMetadata(&h, 1)
}

func heifMetadata(h *C.wp_heif, xmp C.int) []byte {
	n := C.wp_heif_metadata(h, xmp, nil)
	if n == 0 || n > maxInflated {
		return nil
	}
	out := make([]byte, n)
	if C.wp_heif_metadata(h, xmp, (*C.uint8_t)(unsafe.SliceData(out))) != n {
		return nil
	}
	return out
}

// heifEXIF takes off the four bytes before the TIFF header that ISO/IEC
// 23008-12, A.2.1, puts there: the header's offset.
func heifEXIF(item []byte) []byte {
	if len(item) < 4 {
		return nil
	}
	skip := uint64(binary.BigEndian.Uint32(item))
	if skip > uint64(len(item)-4) {
		return nil
	}
	return item[4+skip:]
}
