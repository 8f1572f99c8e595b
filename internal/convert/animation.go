package convert

import (
	"context"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// fewFramePixels is the size, of all frames together, up to which an animation is
// encoded both ways where the recipe leaves the choice.
const fewFramePixels = 4 << 20

func transcodeAnimation(ctx context.Context, data []byte, info codec.Info, r asset.Recipe, width, height int, keep bool) (encoded, error) {
	m, err := codec.AnimationMetadata(data)
	if err != nil {
		return encoded{}, err
	}
	c := colors{icc: m.ICC, gray: m.Gray, keep: keep}
	convert := c.converter(pixel.RGBA)
	out := encoded{Width: width, Height: height, Frames: info.Frames, Notes: slices.Concat(m.Notes, c.notes)}
	o := codec.AnimateOptions{
		Width: width, Height: height, Quality: r.Quality, Effort: r.Effort,
		Lossless: r.Lossless == asset.LosslessAlways,
		Mixed:    r.Lossless == asset.LosslessAuto && !info.Lossy,
		Convert:  convert,
	}
	if out.Data, err = codec.Animate(ctx, data, o); err != nil {
		return encoded{}, err
	}
	if o.Mixed && width*height <= fewFramePixels/info.Frames {
		o.Mixed, o.Lossless = false, true
		exact, err := codec.Animate(ctx, data, o)
		if err != nil {
			return encoded{}, err
		}
		if len(exact) <= len(out.Data) {
			out.Data = exact
		}
	}
	// A mixed animation may have come out without a lossy frame.
	made, err := codec.Probe(out.Data)
	if err != nil {
		return encoded{}, err
	}
	out.Lossless = !made.Lossy
	out.profile = len(c.icc)
	exif, xmp := keptMetadata(r.Metadata, m.EXIF, m.XMP, m.IPTC)
	out.Data, err = codec.SetMetadata(out.Data, c.icc, exif, xmp)
	return out, err
}
