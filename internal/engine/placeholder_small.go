package engine

import (
	"github.com/webpress/webpress/internal/asset"
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

// PlaceholderVariant is the small PNG, for EstimateMemory.
var PlaceholderVariant = asset.Variant{
	Format: asset.PNG, MaxWidth: thumbhash.MaxSide, MaxHeight: thumbhash.MaxSide,
	Lossless: asset.LosslessAlways, Metadata: asset.MetadataNone,
}

// PlaceholderOf makes the placeholder of what PlaceholderVariant made of an image.
func PlaceholderOf(small *pixel.Image) (Placeholder, error) {
	color, err := pixel.Dominant(small)
	if err != nil {
		return Placeholder{}, err
	}
	hash, err := pixel.ThumbHash(small)
	return Placeholder{Color: color, ThumbHash: hash}, err
}
