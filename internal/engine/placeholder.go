//go:build cgo

package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// MakePlaceholder makes the placeholder of an image whose header says info, by way of a
// small PNG of it: whatever it is, that is upright and sRGB, and has one frame.
func MakePlaceholder(ctx context.Context, data []byte, info codec.Info, maxPixels int64) (Placeholder, error) {
	small, err := Convert(ctx, data, info, []asset.Variant{PlaceholderVariant}, Options{MaxPixels: maxPixels, Threads: 1})
	if err != nil {
		return Placeholder{}, err
	}
	p, err := codec.Decode(small[0].Data, codec.DecodeOptions{})
	if err != nil {
		return Placeholder{}, err
	}
	defer p.Image.Free()
	return PlaceholderOf(&p.Image)
}
