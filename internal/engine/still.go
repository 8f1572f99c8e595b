//go:build cgo

package engine

import (
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

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
		if err := e.into(out); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// into encodes an output, with smaller dimensions where it is too large otherwise and the
// variant allows that.
func (e *encoder) into(out *Output) error {
	last := e.last
	for {
		e.last = last && !e.Shrink
		var err error
		if out.Data, out.Lossless, err = e.encode(); err == nil {
			break
		}
		if out.Err, err = e.shrink(err); err != nil || out.Err != nil {
			return err
		}
	}
	if e.width < out.Width {
		out.Notes = append(out.Notes, fmt.Sprintf("shrunk from %dx%d to fit into max-bytes", out.Width, out.Height))
	}
	out.Width, out.Height, out.Rating = e.width, e.height, e.rating
	if note := e.missed(e.rating); note != "" {
		out.Notes = append(out.Notes, note)
	}
	return nil
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
