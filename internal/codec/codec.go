//go:build cgo

// Package codec turns bytes into pixels and pixels into bytes: HEIC and AVIF by
// libheif, JPEG by libjpeg-turbo, WebP by libwebp, TIFF by libtiff, GIF by Go's own
// decoder, BMP by one in Go, and PNG with the help of libdeflate. It encodes WebP, AVIF (by
// libaom through libheif), JPEG and PNG. Files that it is handed may be hostile; pixels
// are trusted, but for their size.
package codec

import (
	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// A Picture is one decoded still image.
type Picture struct {
	Image pixel.Image
	meta
}

// DecodeOptions say how much of an image is wanted.
type DecodeOptions struct {
	// Width and Height are the least size of use, as the image is shown; a
	// decoder that can do less work returns any size from there to the full one.
	// 0 is the full size.
	Width, Height int
	// MaxPixels bounds the pixels that are decoded for a HEIC or AVIF; 0 means no bound.
	MaxPixels int64
	// Threads is the number of processors that may be used.
	Threads int
	// Metadata asks for EXIF and XMP where reading them costs something.
	Metadata bool
	// Strict refuses a JPEG with bytes that no pixel depends on.
	Strict bool
}

// Probe reads what the header of an image says, without decoding it. The error
// is an *Error.
func Probe(data []byte) (Info, error) {
	format, err := sniff(data)
	if err != nil {
		return Info{}, err
	}
	var info Info
	switch format {
	case asset.HEIC, asset.AVIF:
		info, err = probeHEIF(data, format)
	case asset.JPEG:
		info, err = probeJPEG(data)
	case asset.WebP:
		info, err = probeWebP(data)
	case asset.PNG:
		info, err = probePNG(data)
	case asset.GIF:
		info, err = probeGIF(data)
	case asset.TIFF:
		info, err = probeTIFF(data)
	case asset.BMP:
		info, err = probeBMP(data)
	}
	if err != nil {
		return Info{}, withHint(err)
	}
	if info.Width < 1 || info.Height < 1 {
		return Info{}, &Error{Op: string(format), Detail: "the header gives no size"}
	}
	info.Flat = flat(info, len(data))
	return info, nil
}

// Decode decodes a still image: the whole of it, or an error, an *Error. Of an
// animation it returns an error too; see Animate.
func Decode(data []byte, o DecodeOptions) (Picture, error) {
	info, err := Probe(data)
	if err != nil {
		return Picture{}, err
	}
	if info.Frames > 1 {
		return Picture{}, &Error{Op: string(info.Format), Detail: "an animation is not one image"}
	}
	p, err := decode(data, info.Format, o)
	if err != nil {
		return Picture{}, withHint(err)
	}
	return p, nil
}

func decode(data []byte, format asset.Format, o DecodeOptions) (Picture, error) {
	switch format {
	case asset.HEIC, asset.AVIF:
		return decodeHEIF(data, format, o)
	case asset.JPEG:
		return decodeJPEG(data, o.Width, o.Height, o.Strict)
	case asset.WebP:
		return decodeWebP(data)
	case asset.PNG:
		return fromFrame(decodePNG(data))
	case asset.GIF:
		return fromFrame(decodeGIFStill(data))
	case asset.TIFF:
		return fromFrame(decodeTIFF(data, o.Metadata))
	default:
		return fromFrame(decodeBMP(data))
	}
}

// UprightEXIF returns EXIF that says that the pixels are upright, as they are
// once an image has been turned. It leaves exif as it is.
func UprightEXIF(exif []byte) []byte { return exifWithOrientation(exif, 1) }

func fromFrame(f frame, m meta, err error) (Picture, error) {
	if err != nil {
		return Picture{}, err
	}
	p := Picture{Image: *pixel.NewRGBA(f.w, f.h, f.pix), meta: m}
	p.Image.Alpha = !f.opaque
	p.Gray = f.gray
	if f.cmyk {
		p.Image.Layout, p.Image.Alpha = pixel.CMYK, false
	}
	return p, nil
}
