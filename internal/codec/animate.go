//go:build cgo

package codec

import (
	"bytes"
	"context"
	"io"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// AnimateOptions say how Animate encodes.
type AnimateOptions struct {
	// Width and Height are the size of the output.
	Width, Height int
	// Quality and Effort are as in EncodeOptions.
	Quality, Effort int
	// Lossless makes every frame lossless; Mixed, which counts more, makes each
	// frame what is smaller.
	Lossless, Mixed bool
	// Convert, where it is there, is applied to every frame before it is resized.
	// It may work in place.
	Convert func(*pixel.Image) (*pixel.Image, error)
}

// Animate turns an animated GIF, PNG, WebP, AVIF or HEIC into an animated WebP without
// metadata, frame by frame, so that memory does not grow with their number.
func Animate(ctx context.Context, data []byte, o AnimateOptions) ([]byte, error) {
	a, _, err := openAnimation(data)
	if err != nil {
		return nil, withHint(err)
	}
	defer a.close()
	out, err := encodeAnimation(ctx, a, animOptions{
		quality: o.Quality, effort: o.Effort, lossless: o.Lossless, mixed: o.Mixed, transform: o.transform(),
	})
	return out, withHint(err)
}

// transform is what happens to a frame of w x h pixels before it is encoded.
func (o AnimateOptions) transform() func(rgba []byte, w, h int) ([]byte, int, int, error) {
	var own []byte
	return func(rgba []byte, w, h int) ([]byte, int, int, error) {
		if o.Convert == nil && w == o.Width && h == o.Height {
			return rgba, w, h, nil
		}
		if o.Convert != nil {
			// The next frame is drawn onto what is in rgba now.
			own = append(own[:0], rgba...)
			rgba = own
		}
		im := pixel.NewRGBA(w, h, rgba)
		im.Alpha = !isOpaque(rgba)
		var err error
		if o.Convert != nil {
			if im, err = o.Convert(im); err != nil {
				return nil, 0, 0, err
			}
		}
		if im, err = pixel.ToRGBA(im, o.Width, o.Height, 1); err != nil {
			return nil, 0, 0, err
		}
		return im.Planes[0], im.Width, im.Height, nil
	}
}

// FirstFrame decodes the first frame of an animation.
func FirstFrame(data []byte) (Picture, error) {
	a, m, err := openAnimation(data)
	if err != nil {
		return Picture{}, withHint(err)
	}
	defer a.close()
	rgba, _, err := a.next()
	if err != nil {
		return Picture{}, withHint(err)
	}
	p := Picture{Image: *pixel.NewRGBA(a.w, a.h, bytes.Clone(rgba)), meta: m}
	p.Image.Alpha = !isOpaque(rgba)
	return p, nil
}

// AnimationMetadata returns what an animation holds beside its frames.
func AnimationMetadata(data []byte) (Meta, error) {
	a, m, err := openAnimation(data)
	if err != nil {
		return meta{}, withHint(err)
	}
	a.close()
	return m, nil
}

func openAnimation(data []byte) (*animation, meta, error) {
	format, err := sniff(data)
	if err != nil {
		return nil, meta{}, err
	}
	switch format {
	case asset.GIF:
		return decodeGIF(data)
	case asset.PNG:
		return decodeAPNG(data)
	case asset.WebP:
		return decodeAnimWebP(data)
	case asset.HEIC, asset.AVIF:
		return decodeHEIFSequence(data, format)
	}
	return nil, meta{}, &Error{Op: string(format), Detail: "animations of this format are not supported"}
}

// CheckAnimation decodes every frame of an animation and returns the first error.
func CheckAnimation(data []byte) error {
	a, _, err := openAnimation(data)
	if err != nil {
		return err
	}
	defer a.close()
	for {
		switch _, _, err := a.next(); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// LoopCount returns how many times an animation is played, 0 for without end.
func LoopCount(data []byte) int {
	a, _, err := openAnimation(data)
	if err != nil {
		return 0
	}
	a.close()
	return a.loop
}
