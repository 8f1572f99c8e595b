package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// A job is one output that is wanted of an image.
type job struct {
	asset.Variant
	// width and height are those of the output, upright.
	width, height int
}

func newJob(info codec.Info, v asset.Variant) job {
	j := job{Variant: v}
	j.width, j.height = pixel.Fit(max(1, info.Width), max(1, info.Height), v.MaxWidth, v.MaxHeight)
	return j
}

// stills makes the outputs of an image that is not animated. It is decoded once, at
// the smallest scale that covers the largest of them.
func (c *converter) stills(jobs []job, keep bool) ([]Output, error) {
	o := codec.DecodeOptions{MaxPixels: c.MaxPixels, Threads: c.Threads}
	for _, j := range jobs {
		o.Width, o.Height = max(o.Width, j.width), max(o.Height, j.height)
		o.Metadata = o.Metadata || needsMetadata(j.Metadata)
	}
	p, err := codec.Decode(c.data, o)
	if err != nil {
		return nil, err
	}
	colors := colors{icc: p.ICC, gray: p.Gray, keep: keep}
	im, err := colors.apply(&p.Image)
	if err != nil {
		return nil, err
	}
	outputs := make([]Output, len(jobs))
	for i, j := range jobs {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		out := &outputs[i]
		*out = Output{Width: j.width, Height: j.height, Frames: 1, profile: len(colors.icc)}
		out.Notes = append(append(out.Notes, p.Notes...), colors.notes...)
		width, height := j.width, j.height
		if p.Orientation >= 5 { // the size before turning
			width, height = height, width
		}
		last := i == len(jobs)-1
		out.Data, out.Lossless, err = encode(c.ctx, im, last, width, height, p.Orientation, c.info.Lossy, j.Variant)
		if err != nil {
			return nil, err
		}
		exif, xmp := keptMetadata(j.Metadata, p.EXIF, p.XMP, p.IPTC)
		if out.Data, err = codec.SetMetadata(out.Data, colors.icc, exif, xmp); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// encode resizes and turns im, which is empty afterwards where this is the last use of
// it, and encodes it, without loss where the variant or the size of the result says so.
func encode(ctx context.Context, im *pixel.Image, last bool, width, height, orientation int, lossy bool, v asset.Variant) ([]byte, bool, error) {
	o := codec.EncodeOptions{Quality: v.Quality, Effort: v.Effort}
	if im.Kind != pixel.RGBA && !im.Alpha && v.Lossless != asset.LosslessAlways {
		// Planes stay planes: no detour by red, green and blue.
		planes, err := pixel.Lossy(im, width, height, orientation)
		if err != nil {
			return nil, false, err
		}
		if last {
			im.Free() // while the encoder needs memory
		}
		defer planes.Free()
		data, err := codec.Encode(planes, o)
		return data, false, err
	}
	exact, err := pixel.Exact(im, width, height, orientation)
	if err != nil {
		return nil, false, err
	}
	if exact != im {
		if last {
			im.Free()
		}
		defer exact.Free()
	} else if last {
		defer exact.Free()
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	switch {
	case v.Lossless == asset.LosslessAlways:
		o.Lossless = true
	case v.Lossless == asset.LosslessAuto && !lossy:
		return smaller(exact, o, v.NearLossless != asset.NearLosslessNever)
	case !lossy:
		o.SharpYUV = coloredEdges(exact)
	}
	data, err := codec.Encode(exact, o)
	return data, o.Lossless, err
}
