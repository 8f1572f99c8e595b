package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// Local is the Codec of this process. In a build without codecs it converts nothing, and checks
// results: their form, and by the decoders in Go the pixels of WebP, JPEG and PNG.
type Local struct{}

// Open reads the header of an image.
func (Local) Open(_ context.Context, data []byte) (Image, error) {
	info, err := probe(data)
	if err != nil {
		return nil, err
	}
	return local{data, info}, nil
}

// OpenFor reads the content of an image, and its header.
func (l Local) OpenFor(ctx context.Context, size int64, fill func([]byte) error, _ []asset.Variant, _ Options) (Image, error) {
	return OpenFilled(ctx, l, size, fill)
}

type local struct {
	data []byte
	info codec.Info
}

// Info is what the header says.
func (i local) Info() codec.Info { return i.info }

// Close does nothing.
func (local) Close() {}
