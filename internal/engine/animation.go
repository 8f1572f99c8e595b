//go:build cgo

package engine

import (
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// fewFramePixels is the size, of all frames together, up to which an animation is
// encoded both ways where the variant leaves the choice.
const fewFramePixels = 4 << 20

// animations makes the outputs of an animated image, one after the other: its frames are
// decoded for each, as all at once would not fit into memory.
func (c *converter) animations(jobs []job, keep bool) ([]Output, error) {
	m, err := codec.AnimationMetadata(c.data)
	if err != nil {
		return nil, err
	}
	outputs := make([]Output, len(jobs))
	for i, j := range jobs {
		if outputs[i], err = c.animation(j, m, keep); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

func (c *converter) animation(j job, m codec.Meta, keep bool) (Output, error) {
	colors := colors{icc: m.ICC, gray: m.Gray, keep: keep}
	convert, crop, err := c.frameConverter(j, colors.converter(pixel.RGBA))
	if err != nil {
		return Output{}, err
	}
	out := Output{Width: j.width, Height: j.height, Notes: slices.Concat(m.Notes, colors.notes)}
	o := codec.AnimateOptions{
		Width: j.width, Height: j.height, Quality: j.Quality, Effort: j.Effort,
		Lossless: j.Lossless == asset.LosslessAlways,
		Mixed:    j.Lossless == asset.LosslessAuto && !c.info.Lossy,
		Convert:  convert,
	}
	exif, xmp := keptMetadata(j.Metadata, m.EXIF, m.XMP, m.IPTC)
	a := animator{converter: c, job: j, o: o, crop: crop, icc: colors.icc, exif: exif, xmp: xmp}
	if err = a.into(&out); err != nil || out.Err != nil {
		return out, err
	}
	// A mixed animation may have come out without a lossy frame, and equal frames in a row are one.
	made, err := codec.Probe(out.Data)
	if err != nil {
		return Output{}, err
	}
	out.Lossless, out.Frames = !made.Lossy, max(made.Frames, 1)
	if out.profile = len(colors.icc); out.Lossless {
		out.Quality = 0
	}
	return out, nil
}

// frameConverter is what each frame of an animation goes through: the conversion of its
// colors, nil for none, and a crop, which is that of the first frame for all of them, and
// which may still be changed.
func (c *converter) frameConverter(j job, colors func(*pixel.Image) (*pixel.Image, error)) (func(*pixel.Image) (*pixel.Image, error), *pixel.Crop, error) {
	if j.Crop == "" {
		return colors, nil, nil
	}
	first, err := codec.FirstFrame(c.data)
	if err != nil {
		return nil, nil, err
	}
	crop, err := c.cropOf(j, &first.Image, 1, map[asset.Variant]pixel.Anchor{})
	first.Image.Free()
	if err != nil {
		return nil, nil, err
	}
	return func(im *pixel.Image) (*pixel.Image, error) {
		if colors != nil {
			var err error
			if im, err = colors(im); err != nil {
				return nil, err
			}
		}
		return pixel.ExactCrop(im, *crop, 1)
	}, crop, nil
}
