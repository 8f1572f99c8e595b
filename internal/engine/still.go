package engine

import (
	"fmt"
	"image"
	"math"

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
	j.width, j.height = Size(info.Width, info.Height, v)
	return j
}

// Size is that of the output of a width x height image in pixels, upright.
func Size(width, height int, v asset.Variant) (int, int) {
	width, height = max(1, width), max(1, height)
	if v.Width == 0 && v.Height == 0 {
		return pixel.Fit(width, height, v.MaxWidth, v.MaxHeight)
	}
	if v.Crop == "" {
		return fitBox(width, height, v)
	}
	c := cover(width, height, v, pixel.Center)
	return c.Size.X, c.Size.Y
}

// fitBox is the size of an image inside of the box of a variant, of which one side may
// be missing.
func fitBox(width, height int, v asset.Variant) (int, int) {
	w, h := pixel.Fit(width, height, v.Width, v.Height)
	if !v.Enlarge || w != width || h != height {
		return w, h
	}
	// It is smaller than the box: as large as the box lets it be.
	scale := math.Inf(1)
	if v.Width > 0 {
		scale = min(scale, float64(v.Width)/float64(width))
	}
	if v.Height > 0 {
		scale = min(scale, float64(v.Height)/float64(height))
	}
	return max(1, int(float64(width)*scale+0.5)), max(1, int(float64(height)*scale+0.5))
}

// cover is the crop that fills the box of a variant.
func cover(width, height int, v asset.Variant, at pixel.Anchor) pixel.Crop {
	c := pixel.Cover(width, height, v.Width, v.Height, at)
	if v.Enlarge {
		c.Size = image.Pt(v.Width, v.Height)
	}
	return c
}

// stills makes the outputs of an image that is not animated, or of the first frame of one
// that is. It is decoded once, at the smallest scale that covers each of them.
func (c *converter) stills(jobs []job, keep bool) ([]Output, error) {
	p, err := c.decode(jobs)
	if err != nil {
		return nil, err
	}
	colors := colors{icc: p.ICC, gray: p.Gray, keep: keep}
	im, err := colors.apply(&p.Image)
	if err != nil {
		return nil, err
	}
	anchors := map[asset.Variant]pixel.Anchor{}
	outputs := make([]Output, len(jobs))
	for i, j := range jobs {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		out := &outputs[i]
		*out = Output{Width: j.width, Height: j.height, Frames: 1, profile: len(colors.icc)}
		out.Notes = append(append(out.Notes, p.Notes...), colors.notes...)
		if c.info.Frames > 1 {
			out.Notes = append(out.Notes, fmt.Sprintf("only the first of its %d frames is kept: animations are made as WebP alone", c.info.Frames))
		}
		e := encoder{ctx: c.ctx, job: j, im: im, orientation: p.Orientation, lossy: c.info.Lossy, last: i == len(jobs)-1}
		if j.Crop != "" {
			if e.crop, err = c.cropOf(j, im, p.Orientation, anchors); err != nil {
				return nil, err
			}
			if !j.Enlarge && (j.width < j.Width || j.height < j.Height) {
				out.Notes = append(out.Notes, fmt.Sprintf("it is smaller than %dx%d: cut to that shape, and not enlarged", j.Width, j.Height))
			}
		}
		e.icc = colors.icc
		e.exif, e.xmp = keptMetadata(j.Metadata, p.EXIF, p.XMP, p.IPTC)
		if out.Data, out.Lossless, err = e.encode(); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// pixels is the least size to decode for a job of an image whose header says info.
func (j job) pixels(info codec.Info) (width, height int) {
	if j.Crop == "" {
		return j.width, j.height
	}
	return cover(info.Width, info.Height, j.Variant, pixel.Center).Whole()
}

// scale is the scale, 1 in so many, at which an image is decoded for a job.
func (j job) scale(info codec.Info) int {
	width, height := j.pixels(info)
	return codec.Scale(info, width, height)
}

// decode decodes the source for jobs, which need the same scale.
func (c *converter) decode(jobs []job) (codec.Picture, error) {
	if c.info.Frames > 1 {
		return codec.FirstFrame(c.data)
	}
	o := codec.DecodeOptions{MaxPixels: c.MaxPixels, Threads: c.Threads}
	o.Width, o.Height = jobs[0].pixels(c.info)
	for _, j := range jobs {
		o.Metadata = o.Metadata || needsMetadata(j.Metadata)
	}
	return codec.Decode(c.data, o)
}

// cropOf is the part of the source that a job keeps. anchors has those that were found
// for jobs before.
func (c *converter) cropOf(j job, im *pixel.Image, orientation int, anchors map[asset.Variant]pixel.Anchor) (*pixel.Crop, error) {
	at, ok := pixel.FixedAnchor(j.Crop)
	if !ok {
		key := asset.Variant{Crop: j.Crop, Width: j.Width, Height: j.Height}
		if at, ok = anchors[key]; !ok {
			find := pixel.Attention
			if j.Crop == "entropy" {
				find = pixel.Entropy
			}
			var err error
			if at, err = find(im, orientation, j.Width, j.Height); err != nil {
				return nil, err
			}
			anchors[key] = at
		}
	}
	crop := cover(c.info.Width, c.info.Height, j.Variant, at)
	return &crop, nil
}
