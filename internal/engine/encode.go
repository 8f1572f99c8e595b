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
	switch e.Format {
	case asset.AVIF:
		data, err = codec.EncodeAVIF(im, codec.AVIFOptions{
			Quality: e.ownQuality(), Effort: e.Effort, AlphaQuality: alphaQuality(im, e.ownQuality()),
			Threads:    1, // others make other bytes
			FullChroma: !e.lossy && coloredEdges(im),
			ICC:        e.icc, EXIF: e.exif, XMP: e.xmp,
		})
		return data, false, err
	case asset.JPEG:
		data, err = codec.EncodeJPEG(im, codec.JPEGOptions{
			Quality: e.ownQuality(), FullChroma: im.Layout == pixel.RGBA && !e.lossy && coloredEdges(im),
			Background: backgroundOf(e.Background), ICC: e.icc, EXIF: e.exif, XMP: e.xmp,
		})
		return data, false, err
	case asset.PNG:
		data, err = codec.EncodePNG(im, codec.PNGOptions{Effort: e.Effort, ICC: e.icc, EXIF: e.exif, XMP: e.xmp})
		return data, true, err
	}
	if data, lossless, err = e.webp(im); err != nil {
		return nil, false, err
	}
	data, err = codec.SetMetadata(data, e.icc, e.exif, e.xmp)
	return data, lossless, err
}

// webp encodes im as WebP without metadata.
func (e *encoder) webp(im *pixel.Image) (data []byte, lossless bool, err error) {
	o := codec.EncodeOptions{Quality: e.Quality, Effort: e.Effort}
	if im.Layout == pixel.RGBA {
		switch {
		case e.Lossless == asset.LosslessAlways:
			o.Lossless = true
		case e.Lossless == asset.LosslessAuto && !e.lossy:
			return encodeSmallest(im, o, e.NearLossless != asset.NearLosslessNever)
		case !e.lossy:
			o.SharpYUV = coloredEdges(im)
		}
	}
	data, err = codec.Encode(im, o)
	return data, o.Lossless, err
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
