//go:build cgo

package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// Local is the Codec of this process.
type Local struct{}

// Open reads the header of an image.
func (Local) Open(_ context.Context, data []byte) (Image, error) {
	info, err := codec.Probe(data)
	if err != nil {
		return nil, err
	}
	return local{data, info}, nil
}

// OpenFor reads the content of an image, and its header.
func (l Local) OpenFor(ctx context.Context, size int64, fill func([]byte) error, _ []asset.Variant, _ Options) (Image, error) {
	data := make([]byte, size)
	if err := fill(data); err != nil {
		return nil, err
	}
	return l.Open(ctx, data)
}

type local struct {
	data []byte
	info codec.Info
}

func (i local) Info() codec.Info { return i.info }

func (i local) Convert(ctx context.Context, variants []asset.Variant, o Options) ([]Output, error) {
	return Convert(ctx, i.data, i.info, variants, o)
}

func (i local) Check(_ context.Context, strict bool) error {
	return Check(i.data, i.info, strict)
}

func (i local) Placeholder(ctx context.Context, maxPixels int64) (Placeholder, error) {
	return MakePlaceholder(ctx, i.data, i.info, maxPixels)
}

func (i local) Close() {}
