package engine

import (
	"bytes"

	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/container"
)

// ReadInfo reads the header of an image in Go alone. Of animations that webpress has not made it
// sees the first frame.
func ReadInfo(data []byte) (codec.Info, error) {
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), false)
	if err != nil {
		return codec.Info{}, err
	}
	info := h.Info()
	if info.Format.IsOutput() {
		if f, err := container.Parse(info.Format, data); err == nil {
			info.Frames, info.Lossy, info.Alpha = f.Frames, !f.Lossless, f.Alpha
		}
	}
	return info, nil
}
