// Package engine turns the bytes of an image into the bytes of its outputs: it
// decodes once, and resizes and encodes for each variant. It opens no file.
package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// Options say how Convert goes about it.
type Options struct {
	// MaxPixels is the most pixels that may be decoded.
	MaxPixels int64
	// Threads is the number of processors that may be used.
	Threads int
}

// An Output is an image that was encoded.
type Output struct {
	Data []byte
	// Width and Height are in pixels; Frames is 1 for a still image.
	Width, Height, Frames int
	Lossless              bool
	// Notes are remarks for the user.
	Notes []string
	// profile is the number of bytes of the color profile in Data.
	profile int
}

// Convert makes an output for each variant, in their order, of the content of an image
// whose header says info. The same webpress on the same kind of processor always makes
// the same bytes.
func Convert(ctx context.Context, data []byte, info codec.Info, variants []asset.Variant, o Options) ([]Output, error) {
	jobs := make([]job, len(variants))
	for i, v := range variants {
		jobs[i] = newJob(info, v)
	}
	c := converter{ctx: ctx, data: data, info: info, Options: o}
	outputs := make([]Output, len(jobs))
	if err := c.convert(jobs, outputs, func(i int) bool { return jobs[i].Metadata != asset.MetadataNone }, true); err != nil {
		return nil, err
	}
	if err := c.convert(jobs, outputs, func(i int) bool { return jobs[i].Metadata == asset.MetadataNone }, false); err != nil {
		return nil, err
	}
	large := make([]bool, len(jobs))
	for i, out := range outputs {
		large[i] = tooLarge(out.profile, len(out.Data))
	}
	err := c.convert(jobs, outputs, func(i int) bool { return large[i] }, false)
	if err != nil {
		return nil, err
	}
	for i := range outputs {
		if large[i] {
			outputs[i].Notes = append(outputs[i].Notes, profileConverted)
		}
	}
	return outputs, nil
}

// A converter is one call of Convert.
type converter struct {
	ctx  context.Context
	data []byte
	info codec.Info
	Options
}

// convert makes the outputs of those jobs that which picks. keep says that a color
// profile may stay in them.
func (c *converter) convert(all []job, outputs []Output, which func(int) bool, keep bool) error {
	var jobs []job
	var at []int
	for i, j := range all {
		if which(i) {
			jobs, at = append(jobs, j), append(at, i)
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	var animated, still []job
	var atAnimated, atStill []int
	for i, j := range jobs {
		if c.info.Frames > 1 && j.Format == asset.WebP {
			animated, atAnimated = append(animated, j), append(atAnimated, at[i])
		} else {
			still, atStill = append(still, j), append(atStill, at[i])
		}
	}
	for _, part := range []struct {
		jobs []job
		at   []int
		make func([]job, bool) ([]Output, error)
	}{{animated, atAnimated, c.animations}, {still, atStill, c.stills}} {
		if len(part.jobs) == 0 {
			continue
		}
		made, err := part.make(part.jobs, keep)
		if err != nil {
			return err
		}
		for i, out := range made {
			outputs[part.at[i]] = out
		}
	}
	return nil
}

// Check decodes an output whole. Its error says why the bytes are not an image.
func Check(data []byte) error {
	info, err := codec.Probe(data)
	if err != nil {
		return err
	}
	if info.Frames > 1 {
		return codec.CheckAnimation(data)
	}
	_, err = codec.Decode(data, codec.DecodeOptions{})
	return err
}
