package codec

/*
#include "webp.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"

	"github.com/chai2010/webp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// EncodeOptions say how Encode encodes.
type EncodeOptions struct {
	// Lossless keeps every pixel; Quality is then not used.
	Lossless bool
	// Quality is libwebp's, 0 to 100.
	Quality int
	// Effort is libwebp's method, 0 to 6.
	Effort int
	// NearLossless lets lossless encoding change pixels a little where they have no equal
	// neighbors, to make the file smaller. It changes nothing of an image with up to
	// 256 colors.
	NearLossless bool
	// Detailed says that little repeats in the image. Up to effort 4, lossless coding then
	// searches less for it.
	Detailed bool
	// SharpYUV makes the chroma planes of RGBA so that colored edges, such as those of
	// text, keep their colors. It takes a fifth more time in lossy encoding.
	SharpYUV bool
	// PlainAlpha keeps the lossy encoder from filtering alpha, which from effort 4
	// on it tries besides leaving it as it is: half of the time for most images
	// with alpha, but some get larger. The alpha that is shown is the same.
	PlainAlpha bool
	// Threads is the number of processors that may be used.
	Threads int
}

// LibwebpVersion returns the versions of libwebp's encoder and decoder in the
// binary, as three bytes of a number: 0x010400 is 1.4.0.
func LibwebpVersion() (encoder, decoder int) {
	return int(C.wp_webp_encoder_version()), int(C.wp_webp_decoder_version())
}

// nearLossless is libwebp's strength of near-lossless preprocessing, 100 for none.
const nearLossless = 60

// Encode encodes im as WebP without metadata. im is RGBA, or planar as
// pixel.Lossy returns it, which can be encoded lossily only.
func Encode(im *pixel.Image, o EncodeOptions) ([]byte, error) {
	planar := im.Layout == pixel.YUV
	switch {
	case im.Width < 1 || im.Height < 1 || im.Width > asset.WebP.MaxSide() || im.Height > asset.WebP.MaxSide():
		return nil, webpError(5)
	case im.Layout != pixel.RGBA && !planar,
		planar && (o.Lossless || im.Full || im.Depth != 8 || im.SubW != 1 || im.SubH != 1):
		return nil, &Error{Op: "webp", Detail: "the encoder was handed pixels of the wrong layout"}
	}
	options := C.wp_webp_options{
		quality: C.float(o.Quality), effort: C.int(max(0, min(6, o.Effort))),
		lossless: flag(o.Lossless), plain_alpha: flag(o.PlainAlpha), detailed: flag(o.Detailed), threads: flag(o.Threads > 1),
		sharp_yuv: flag(o.SharpYUV && !o.Lossless && !planar),
	}
	if o.Lossless && o.NearLossless {
		options.near_lossless = nearLossless
	}
	var out *C.uint8_t
	var size C.size_t
	code := C.wp_webp_encode(&options, C.int(im.Width), C.int(im.Height),
		(*C.uint8_t)(unsafe.SliceData(im.Planes[0])), (*C.uint8_t)(unsafe.SliceData(im.Planes[1])),
		(*C.uint8_t)(unsafe.SliceData(im.Planes[2])), C.int(im.Stride[0]), C.int(im.Stride[1]),
		flag(im.Alpha), &out, &size)
	if code != 0 {
		return nil, webpError(int(code))
	}
	defer C.wp_webp_free(out)
	return append([]byte(nil), unsafe.Slice((*byte)(out), int(size))...), nil
}

// webpError words a WebPEncodingError (webp/encode.h).
func webpError(code int) error {
	e := &Error{Op: "webp", Code: code, Detail: "the encoder failed"}
	switch code {
	case 1, 2:
		e.Detail = "out of memory"
		e.Hint = "lower `jobs`, or shrink the image with `max-width`"
	case 5:
		e.Detail = "a WebP holds at most 16,383 pixels a side"
		e.Hint = "shrink the image with `max-width` or `max-height`"
	case 6, 7:
		e.Detail = "the image has too much detail for one lossy WebP"
		e.Hint = "shrink it with `max-width`, or lower `quality`"
	}
	return e
}

// decodeWebP decodes a still WebP to straight RGBA.
func decodeWebP(data []byte) (Picture, error) {
	width, height, alpha, err := webp.GetInfo(data)
	if err != nil {
		return Picture{}, &Error{Op: "webp", Detail: "the header is damaged"}
	}
	// The module's own decoder would have the pixels twice in memory for a while.
	p := Picture{Image: *pixel.NewRGBA(width, height, nil)}
	pix := p.Image.Planes[0]
	if C.wp_webp_decode((*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), (*C.uint8_t)(unsafe.SliceData(pix)),
		C.size_t(len(pix)), C.int(p.Image.Stride[0])) != 0 {
		p.Image.Free()
		return Picture{}, &Error{Op: "webp", Detail: "the file is damaged or cut short"}
	}
	p.Image.Alpha = alpha
	p.meta = webpMeta(data)
	return p, nil
}

// webpMeta reads the metadata chunks.
func webpMeta(data []byte) meta {
	var m meta
	m.ICC, _ = webp.GetMetadata(data, "ICCP")
	m.EXIF, _ = webp.GetMetadata(data, "EXIF")
	m.XMP, _ = webp.GetMetadata(data, "XMP")
	return m
}

// probeWebP reads the headers of the container's first chunks (RFC 9649, 2).
func probeWebP(data []byte) (Info, error) {
	width, height, alpha, err := webp.GetInfo(data)
	if err != nil || len(data) < 30 {
		return Info{}, &Error{Op: "webp", Detail: "the header is damaged"}
	}
	n := uint64(binary.LittleEndian.Uint32(data[4:]))
	if n > uint64(len(data)-8) {
		return Info{}, &Error{Op: "webp", Detail: cutShort}
	}
	info := Info{Format: asset.WebP, Width: width, Height: height, Frames: 1, Alpha: alpha, Depth: 8}
	switch kind := string(data[12:16]); {
	case kind == "VP8X" && data[20]&2 != 0:
		f, err := scanAnimWebP(data)
		if err != nil {
			return Info{}, err
		}
		info.Width, info.Height, info.Frames, info.Alpha = f.w, f.h, len(f.frames), f.alpha()
		for _, frame := range f.frames {
			info.Lossy = info.Lossy || frame.lossy
		}
	case kind == "VP8X":
		for rest := data[12:max(12, 8+n)]; len(rest) > 0; {
			kind, _, whole, err := riffChunk(rest)
			if err != nil {
				return Info{}, err
			}
			info.Lossy = info.Lossy || kind == "VP8 "
			rest = rest[len(whole):]
		}
	default:
		info.Lossy = kind == "VP8 "
	}
	return info, nil
}
