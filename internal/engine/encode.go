//go:build cgo

package engine

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// An encoder makes one output of decoded pixels.
type encoder struct {
	ctx context.Context
	job
	// im are the pixels, in the colors of the output, which orientation turns upright. It
	// is empty afterwards if this is the last use of it.
	im          *pixel.Image
	last        bool
	orientation int
	// crop is the part that is kept, nil for the whole image.
	crop *pixel.Crop
	// lossy reports whether the source was encoded with loss.
	lossy          bool
	icc, exif, xmp []byte
	// rating is that of what encode has returned, where the variant wants one.
	rating asset.Rating
}

// encode resizes and turns the pixels and encodes them, without loss where the variant or
// the size of the result says so.
func (e *encoder) encode() (data []byte, lossless bool, err error) {
	if e.keepsPlanes() {
		planes, err := e.lossyPixels()
		if err != nil {
			return nil, false, err
		}
		if e.last {
			e.im.Free() // while the encoder needs memory
		}
		defer planes.Free()
		data, _, err = e.encodePixels(planes)
		return data, false, err
	}
	exact, err := e.exactPixels()
	if err != nil {
		return nil, false, err
	}
	if exact != e.im {
		if e.last {
			e.im.Free()
		}
		defer exact.Free()
	} else if e.last {
		defer exact.Free()
	}
	if err := e.ctx.Err(); err != nil {
		return nil, false, err
	}
	return e.encodePixels(exact)
}

// keepsPlanes reports whether planes stay planes: no detour by red, green and blue. AVIF is
// better of more than the 8 bits in a limited range that WebP has.
func (e *encoder) keepsPlanes() bool {
	return e.im.Layout != pixel.RGBA && !e.im.Alpha && e.Lossless != asset.LosslessAlways &&
		(e.Format == asset.WebP || e.Format == asset.JPEG)
}

func (e *encoder) lossyPixels() (*pixel.Image, error) {
	if e.crop != nil {
		return pixel.LossyCrop(e.im, *e.crop, e.orientation)
	}
	width, height := e.stored()
	return pixel.ToYUV420(e.im, width, height, e.orientation)
}

func (e *encoder) exactPixels() (*pixel.Image, error) {
	if e.crop != nil {
		return pixel.ExactCrop(e.im, *e.crop, e.orientation)
	}
	width, height := e.stored()
	return pixel.ToRGBA(e.im, width, height, e.orientation)
}

// stored is the size of the output before turning.
func (e *encoder) stored() (width, height int) {
	if e.orientation >= 5 {
		return e.height, e.width
	}
	return e.width, e.height
}

// encodePixels encodes im, which has the size of the output, with its metadata.
func (e *encoder) encodePixels(im *pixel.Image) (data []byte, lossless bool, err error) {
	if e.rates() {
		return e.encodeRated(im)
	}
	return e.encodeAt(im, e.ownQuality())
}

// encodeAt is encodePixels at a quality on the scale of the format.
func (e *encoder) encodeAt(im *pixel.Image, quality int) (data []byte, lossless bool, err error) {
	if e.Format != asset.WebP {
		data, err = e.encodeOther(im, quality, e.Effort)
		return data, e.Format == asset.PNG, err
	}
	o := codec.EncodeOptions{Quality: quality, Effort: e.Effort}
	switch {
	case im.Layout != pixel.RGBA:
	case e.Lossless == asset.LosslessAlways:
		o.Lossless = true
	case e.weighs(im):
		s := smallest{im: im, o: o, near: e.NearLossless != asset.NearLosslessNever}
		s.lossy = func(o codec.EncodeOptions) ([]byte, error) { return codec.Encode(im, o) }
		s.right = func(data []byte) (bool, error) {
			like, err := likeness(im, data)
			return like >= leastPSNR, err
		}
		if data, lossless, err = s.encode(); err != nil {
			return nil, false, err
		}
		data, err = e.withMetadata(data)
		return data, lossless, err
	case !e.lossy:
		o.SharpYUV = coloredEdges(im)
	}
	if data, err = codec.Encode(im, o); err != nil {
		return nil, false, err
	}
	data, err = e.withMetadata(data)
	return data, o.Lossless, err
}

// weighs reports whether im may be encoded with loss or without, whatever is better.
func (e *encoder) weighs(im *pixel.Image) bool {
	return e.Format == asset.WebP && im.Layout == pixel.RGBA && e.Lossless == asset.LosslessAuto && !e.lossy
}

// withMetadata adds to a WebP what goes into the output besides pixels.
func (e *encoder) withMetadata(data []byte) ([]byte, error) {
	return codec.SetMetadata(data, e.icc, e.exif, e.xmp)
}

// encodeOther encodes im, with its metadata, in a format other than WebP.
func (e *encoder) encodeOther(im *pixel.Image, quality, effort int) ([]byte, error) {
	switch e.Format {
	case asset.AVIF:
		return codec.EncodeAVIF(im, codec.AVIFOptions{
			Quality: quality, Effort: effort, AlphaQuality: alphaQuality(im, quality),
			Threads:    1, // others make other bytes
			FullChroma: !e.lossy && coloredEdges(im),
			ICC:        e.icc, EXIF: e.exif, XMP: e.xmp,
		})
	case asset.JPEG:
		return codec.EncodeJPEG(im, codec.JPEGOptions{
			Quality: quality, FullChroma: im.Layout == pixel.RGBA && !e.lossy && coloredEdges(im),
			Background: backgroundOf(e.Background), ICC: e.icc, EXIF: e.exif, XMP: e.xmp,
		})
	}
	return codec.EncodePNG(im, codec.PNGOptions{Effort: effort, ICC: e.icc, EXIF: e.exif, XMP: e.xmp})
}

// backgroundOf is the red, green and blue of a color such as #ffffff, which is also that
// of no color.
func backgroundOf(color string) (rgb [3]byte) {
	b, err := hex.DecodeString(strings.TrimPrefix(color, "#"))
	if err != nil || len(b) != len(rgb) {
		return [3]byte{255, 255, 255}
	}
	return [3]byte(b)
}
