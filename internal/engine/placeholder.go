package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/thumbhash"
)

// A Placeholder is what a page shows until an image is there.
type Placeholder struct {
	// Color is the dominant color as #rrggbb, empty if all is transparent.
	Color string
	// ThumbHash has at most 25 bytes: https://evanw.github.io/thumbhash.
	ThumbHash []byte
}

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
	color, err := pixel.Dominant(&p.Image)
	if err != nil {
		return Placeholder{}, err
	}
	hash, err := pixel.ThumbHash(&p.Image)
	return Placeholder{Color: color, ThumbHash: hash}, err
}

// PlaceholderVariant is the small PNG, for EstimateMemory.
var PlaceholderVariant = asset.Variant{
	Format: asset.PNG, MaxWidth: thumbhash.MaxSide, MaxHeight: thumbhash.MaxSide,
	Lossless: asset.LosslessAlways, Metadata: asset.MetadataNone,
}
