package store

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"strings"

	"webpress/internal/asset"
	"webpress/internal/codec"
	"webpress/internal/pixel"
)

// checkPicture decodes all of a picture, which may be hostile, and returns what
// is known of it then. Its header is read first: nothing is decoded that claims
// to be larger than the recipe allows.
func checkPicture(data []byte, want asset.Format, r asset.Recipe) (asset.Result, error) {
	is, ok := asset.Sniff(data[:min(len(data), asset.SniffLen)])
	switch {
	case !ok:
		return asset.Result{}, errors.New("its content is not a picture")
	case is != want:
		return asset.Result{}, fmt.Errorf("its name says %s, and its content is %s", want, is)
	case r.Format != "" && is != r.Format:
		return asset.Result{}, fmt.Errorf("it is %s, and the settings of the base branch make %s", is, r.Format)
	case is == asset.WebP && riffLength(data) != int64(len(data)):
		// What is behind the end is shown by no picture viewer, but may be run by
		// something else.
		return asset.Result{}, errors.New("its header gives another length than it has")
	}
	info, err := codec.Probe(data)
	if err != nil {
		return asset.Result{}, err
	}
	frames := max(info.Frames, 1)
	if pixels := count(info.Width, info.Height, frames); r.MaxPixels > 0 && pixels > r.MaxPixels {
		return asset.Result{}, fmt.Errorf("it claims %dx%d, %d frames, and %d pixels are the most", info.Width, info.Height, frames, r.MaxPixels)
	}
	if w, h := pixel.Fit(max(1, info.Width), max(1, info.Height), r.MaxWidth, r.MaxHeight); w != info.Width || h != info.Height {
		return asset.Result{}, fmt.Errorf("it is %dx%d, and the settings of the base branch make it %dx%d at most", info.Width, info.Height, w, h)
	}
	if frames > 1 {
		err = codec.CheckAnimation(data)
	} else {
		_, err = codec.Decode(data, codec.DecodeOptions{MaxPixels: r.MaxPixels})
	}
	if err != nil {
		return asset.Result{}, err
	}
	return asset.Result{
		Format: is, Width: info.Width, Height: info.Height, Frames: frames, Lossless: !info.Lossy,
	}, nil
}

// count is the number of pixels, or the largest number there is.
func count(width, height, frames int) int64 {
	w, h, n := int64(width), int64(height), int64(frames)
	if w <= 0 || h <= 0 || n <= 0 || w > math.MaxInt64/h || w*h > math.MaxInt64/n {
		return math.MaxInt64
	}
	return w * h * n
}

// formatByName is the format that the name of an output promises, empty for
// what webpress does not make.
func formatByName(name string) asset.Format {
	switch strings.ToLower(path.Ext(name)) {
	case ".webp":
		return asset.WebP
	case ".avif":
		return asset.AVIF
	}
	return ""
}

// riffLength is the length of a WebP as its header says it.
func riffLength(data []byte) int64 {
	if len(data) < 12 || !bytes.HasPrefix(data, []byte("RIFF")) {
		return -1
	}
	n := int64(data[4]) | int64(data[5])<<8 | int64(data[6])<<16 | int64(data[7])<<24
	return n + 8
}
