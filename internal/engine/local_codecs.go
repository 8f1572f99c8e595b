//go:build cgo

package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

func probe(data []byte) (codec.Info, error) { return codec.Probe(data) }

func (i local) Convert(ctx context.Context, variants []asset.Variant, o Options) ([]Output, error) {
	return Convert(ctx, i.data, i.info, variants, o)
}

func (i local) Check(_ context.Context, strict bool) error {
	return Check(i.data, i.info, strict)
}

func (i local) Placeholder(ctx context.Context, maxPixels int64) (Placeholder, error) {
	return MakePlaceholder(ctx, i.data, i.info, maxPixels)
}
