package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/engine"
)

// verify makes an output of what the server has sent for a variant of an image whose header says
// source: nothing but the image that was asked for, to the last byte.
func (c *Codec) verify(ctx context.Context, source codec.Info, v asset.Variant, data []byte) (engine.Output, error) {
	f, err := container.Parse(v.Format, data)
	if err != nil {
		return engine.Output{}, c.notWanted(v, data, err)
	}
	if w, h := engine.Size(source.Width, source.Height, v); (f.Width != w || f.Height != h) && (!v.Shrink || f.Width > w || f.Height > h) {
		return engine.Output{}, c.wrongSize(f.Width, f.Height, w, h)
	}
	if err := c.check(ctx, data, false); err != nil {
		return engine.Output{}, c.notWanted(v, data, err)
	}
	return engine.Output{Data: data, Width: f.Width, Height: f.Height, Frames: f.Frames, Lossless: f.Lossless}, nil
}

// verifyBasic is verify for an API of which it is not known how it encodes: its results may have
// what those of webpress do not have, and a side that is rounded otherwise.
func (c *Codec) verifyBasic(ctx context.Context, source codec.Info, v asset.Variant, data []byte) (engine.Output, error) {
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), false)
	if err != nil || h.Format != v.Format {
		return engine.Output{}, c.notWanted(v, data, err)
	}
	w, high := engine.Size(source.Width, source.Height, v)
	if max(w-h.Width, h.Width-w, high-h.Height, h.Height-high) > 1 {
		return engine.Output{}, c.wrongSize(h.Width, h.Height, w, high)
	}
	if err := c.check(ctx, data, false); err != nil {
		return engine.Output{}, c.notWanted(v, data, err)
	}
	out := engine.Output{Data: data, Width: h.Width, Height: h.Height, Frames: 1, Lossless: v.Format == asset.PNG}
	if f, err := container.Parse(v.Format, data); err == nil {
		out.Frames, out.Lossless = f.Frames, f.Lossless
	}
	return out, nil
}

// notWanted is the error of a result that is not a sound image of the format that was asked for.
func (c *Codec) notWanted(v asset.Variant, data []byte, err error) error {
	format, ok := asset.Sniff(data[:min(len(data), asset.SniffLen)])
	switch {
	case len(data) == 0:
		err = errors.New("a result is empty")
	case !ok:
		err = errors.New("a result is not an image")
	case format != v.Format:
		err = fmt.Errorf("a result is %s, not %s", format.Name(), v.Format.Name())
	default:
		err = fmt.Errorf("a result is not a sound %s: %w", v.Format.Name(), err)
	}
	return c.fault(err, "nothing is written; the server has to be one that makes this format")
}

func (c *Codec) wrongSize(width, height, wantWidth, wantHeight int) error {
	return c.fault(fmt.Errorf("a result has %dx%d pixels, not %dx%d", width, height, wantWidth, wantHeight),
		"nothing is written; the server has to know the settings of sizes")
}
