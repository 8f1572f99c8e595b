//go:build cgo

// Package engine turns the bytes of an image into the bytes of its outputs: it
// decodes once, and resizes and encodes for each variant. It opens no file.
package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// Convert makes an output for each variant, in their order, of the content of an image
// whose header says info. The same webpress on the same kind of processor always makes
// the same bytes.
func Convert(ctx context.Context, data []byte, info codec.Info, variants []asset.Variant, o Options) ([]Output, error) {
	jobs := make([]job, len(variants))
	for i, v := range variants {
		jobs[i] = newJob(info, v)
	}
	capped := capQuality(data, info, jobs)
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
		large[i] = out.Err == nil && tooLarge(out.profile, len(out.Data))
	}
	err := c.convert(jobs, outputs, func(i int) bool { return large[i] }, false)
	if err != nil {
		return nil, err
	}
	for i := range outputs {
		if large[i] {
			outputs[i].Notes = append(outputs[i].Notes, profileConverted)
		}
		if capped[i] != "" {
			outputs[i].Notes = append(outputs[i].Notes, capped[i])
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
	// What is decoded at one scale is decoded once, and smaller outputs of a JPEG for
	// themselves: no output may depend on which others are made with it.
	const animated = 0
	parts := map[int][]int{}
	for i, j := range all {
		if !which(i) {
			continue
		}
		part := animated
		if c.info.Frames <= 1 || j.Format != asset.WebP {
			part = j.scale(c.info)
		}
		parts[part] = append(parts[part], i)
	}
	// At an eighth of its size, a progressive JPEG is decoded in no time; at other scales it
	// takes as long each time.
	const eighth = 8
	data, fast := c.data, c.data
	defer func() { c.data = data }()
	slow := len(parts)
	if parts[eighth] != nil {
		slow--
	}
	if slow > 1 && c.info.Format == asset.JPEG {
		fast = codec.SequentialJPEG(data)
	}
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		if c.data = fast; part == eighth {
			c.data = data
		}
		jobs := make([]job, len(parts[part]))
		for n, i := range parts[part] {
			jobs[n] = all[i]
		}
		convert := c.stills
		if part == animated {
			convert = c.animations
		}
		made, err := convert(jobs, keep)
		if err != nil {
			return err
		}
		for n, i := range parts[part] {
			outputs[i] = made[n]
		}
	}
	return nil
}

// Check decodes all of an image whose header says info. Its error says why the bytes are
// not an image. strict is for what another run claims to have made: it refuses what decoders
// are lenient with, such as bytes that no pixel depends on.
func Check(data []byte, info codec.Info, strict bool) error {
	if info.Frames > 1 {
		return codec.CheckAnimation(data)
	}
	o := codec.DecodeOptions{Strict: strict}
	if strict {
		o.MaxPixels = int64(info.Width) * int64(info.Height)
	}
	p, err := codec.Decode(data, o)
	if err != nil {
		return err
	}
	defer p.Image.Free()
	if strict && (p.Image.Width != info.Width || p.Image.Height != info.Height) {
		return &codec.Error{Op: string(info.Format), Detail: "its image has another size than its header gives"}
	}
	return nil
}
