package bundle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/container"
	"github.com/webpress/webpress/internal/pixel"
)

// header holds what a file says of itself, which may be hostile, against what the
// settings make, and returns what is known of it then. Nothing is decoded.
func (v *verifying) header(ctx context.Context, e Entry, data []byte) (asset.Result, error) {
	r := asset.Recipe{}
	if v.Recipe != nil {
		r = v.Recipe(asset.Source{Path: e.Source, Blob: e.Blob}, e.Output)
	}
	maxPixels := cmp.Or(r.MaxPixels, v.MaxPixels)
	want := asset.FormatByName(e.Output)
	is, ok := asset.Sniff(data[:min(len(data), asset.SniffLen)])
	switch {
	case !ok:
		return asset.Result{}, errors.New("its content is not an image")
	case is != want:
		return asset.Result{}, fmt.Errorf("its name says %s, and its content is %s", want, is)
	case r.Format != "" && is != r.Format:
		return asset.Result{}, fmt.Errorf("it is %s, and the settings of the base branch make %s", is, r.Format)
	}
	f, err := container.Parse(is, data)
	if err == nil {
		err = checkMetadata(f, r.Metadata)
	}
	if err != nil {
		return asset.Result{}, err
	}
	if pixels := count(f.Width, f.Height, f.Frames); pixels > maxPixels {
		return asset.Result{}, fmt.Errorf("it declares %dx%d, frames: %d, the limit is %d pixels", f.Width, f.Height, f.Frames, maxPixels)
	}
	if w, h := pixel.Fit(f.Width, f.Height, r.MaxWidth, r.MaxHeight); w != f.Width || h != f.Height {
		return asset.Result{}, fmt.Errorf("it is %dx%d, and the settings of the base branch make it %dx%d at most", f.Width, f.Height, w, h)
	}
	img, err := v.Codec.Open(ctx, data)
	if err != nil {
		return asset.Result{}, err
	}
	defer img.Close()
	switch info := img.Info(); {
	case info.Width != f.Width || info.Height != f.Height || max(info.Frames, 1) != f.Frames:
		return asset.Result{}, errors.New("its decoder reads another size than its header gives")
	case v.MaxMemory > 0 && codec.EstimateMemory(info, 0, 0) > v.MaxMemory:
		return asset.Result{}, fmt.Errorf("decoding it takes %d MB of memory, and there are %d", codec.EstimateMemory(info, 0, 0)>>20, v.MaxMemory>>20)
	}
	return asset.Result{
		Source: asset.Source{Path: e.Source, Blob: e.Blob}, Target: e.Output, Status: asset.Converted, Output: e.Output,
		Format: is, Width: f.Width, Height: f.Height, Frames: f.Frames, Lossless: f.Lossless,
		After: e.Size, SHA256: e.SHA256,
	}, nil
}

// checkMetadata holds what is beside the pixels against what the settings keep.
func checkMetadata(f container.File, metadata string) error {
	no := func(what string) error {
		return fmt.Errorf("it has %s, and with `metadata: %s` the settings of the base branch keep none", what, metadata)
	}
	all := metadata == "" || metadata == asset.MetadataAll
	switch {
	case f.ICC != nil && metadata == asset.MetadataNone:
		return no("an ICC profile")
	case f.EXIF != nil && !all:
		return no("EXIF")
	case f.XMP != nil && !all && metadata != asset.MetadataCopyright:
		return no("XMP")
	case codec.Orientation(f.EXIF) > 1:
		return errors.New("its EXIF turns it, and what webpress makes is upright")
	case f.ICC != nil:
		return container.CheckICC(f.ICC)
	}
	return nil
}

// decode decodes all of an image.
func (v *verifying) decode(ctx context.Context, data []byte) error {
	img, err := v.Codec.Open(ctx, data)
	if err != nil {
		return err
	}
	defer img.Close()
	if err := img.Check(ctx, true); err != nil {
		return err
	}
	if info := img.Info(); info.Format == asset.PNG && info.Frames <= 1 {
		return container.CheckPNG(data)
	}
	return nil
}

// count is the number of pixels, or the largest number there is.
func count(width, height, frames int) int64 {
	w, h, n := int64(width), int64(height), int64(frames)
	if w <= 0 || h <= 0 || n <= 0 || w > math.MaxInt64/h || w*h > math.MaxInt64/n {
		return math.MaxInt64
	}
	return w * h * n
}
