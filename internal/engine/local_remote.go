//go:build !cgo

package engine

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/pixel"
)

// errNoCodecs is why Local converts nothing.
var errNoCodecs = &codec.Error{
	Op: "engine", Detail: "this webpress is built without codecs",
	Hint: "set `engine` to the address of a conversion API, or install a webpress with codecs",
}

func probe(data []byte) (codec.Info, error) { return ReadInfo(data) }

// Convert fails.
func (local) Convert(context.Context, []asset.Variant, Options) ([]Output, error) {
	return nil, errNoCodecs
}

// Check decodes a still WebP, JPEG or PNG. Of AVIF and animations it reads the form, as it does
// of all where strict is set.
func (i local) Check(_ context.Context, strict bool) error {
	file, err := container.Parse(i.info.Format, i.data)
	if err != nil && (strict || i.info.Format == asset.AVIF) {
		return &codec.Error{Op: string(i.info.Format), Detail: err.Error()}
	}
	if i.info.Format == asset.AVIF || err == nil && file.Animated {
		return nil
	}
	im, err := i.decode()
	switch size := image.Pt(i.info.Width, i.info.Height); {
	case err != nil:
		return err
	case strict && im.Bounds().Size() != size:
		return &codec.Error{Op: string(i.info.Format), Detail: "its image has another size than its header gives"}
	}
	return nil
}

// decode decodes what there is a decoder in Go for.
func (i local) decode() (im image.Image, err error) {
	r := bytes.NewReader(i.data)
	switch i.info.Format {
	case asset.WebP:
		im, err = webp.Decode(r)
	case asset.JPEG:
		im, err = jpeg.Decode(r)
	case asset.PNG:
		im, err = png.Decode(r)
	default:
		return nil, errNoCodecs
	}
	if err != nil {
		return nil, &codec.Error{Op: string(i.info.Format), Detail: fmt.Sprintf("it cannot be decoded: %s", err)}
	}
	return im, nil
}

// Placeholder describes an image that is as small as one of PlaceholderVariant.
func (i local) Placeholder(context.Context, int64) (Placeholder, error) {
	if max(i.info.Width, i.info.Height) > PlaceholderVariant.MaxWidth {
		return Placeholder{}, errNoCodecs
	}
	im, err := i.decode()
	if err != nil {
		return Placeholder{}, err
	}
	rgba := image.NewNRGBA(image.Rectangle{Max: im.Bounds().Size()})
	draw.Draw(rgba, rgba.Rect, im, im.Bounds().Min, draw.Src)
	small := pixel.NewRGBA(rgba.Rect.Dx(), rgba.Rect.Dy(), rgba.Pix)
	small.Alpha = !rgba.Opaque()
	return PlaceholderOf(small)
}
