package engine

import (
	"context"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// A Codec opens images, whose bytes may be hostile. All that C libraries do with such
// bytes is behind it, so that it can be done by another process.
type Codec interface {
	// Open reads the header of an image. The caller closes the image, and leaves data as
	// it is until then. The error is a *codec.Error, that of ctx, or what has become of the
	// process that should have done it.
	Open(ctx context.Context, data []byte) (Image, error)
	// OpenFor is Open for an image of size bytes, which fill puts where the codec wants to
	// have them. Its error is returned as it is. If there are variants, Convert will be
	// called for them with these options, unless the header speaks against it: what is
	// small may be converted at once.
	OpenFor(ctx context.Context, size int64, fill func([]byte) error, variants []asset.Variant, o Options) (Image, error)
}

// OpenFilled is OpenFor by c.Open, for a codec that converts nothing ahead.
func OpenFilled(ctx context.Context, c Codec, size int64, fill func([]byte) error) (Image, error) {
	data := make([]byte, size)
	if err := fill(data); err != nil {
		return nil, err
	}
	return c.Open(ctx, data)
}

// An Image is one that was opened. Its errors are those of Open.
type Image interface {
	// Info is what the header says.
	Info() codec.Info
	// Convert makes an output for each variant: see Convert.
	Convert(ctx context.Context, variants []asset.Variant, o Options) ([]Output, error)
	// Check decodes all of the image: see Check.
	Check(ctx context.Context, strict bool) error
	// Placeholder describes the image by a few bytes: see MakePlaceholder.
	Placeholder(ctx context.Context, maxPixels int64) (Placeholder, error)
	Close()
}

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
	// Err is why there is no Data, where that says nothing of the other outputs: it does not
	// fit into max-bytes.
	Err error
	// Width and Height are in pixels; Frames is 1 for a still image.
	Width, Height, Frames int
	Lossless              bool
	asset.Rating
	// Notes are remarks for the user.
	Notes []string
	// profile is the number of bytes of the color profile in Data.
	profile int
}
