package convert

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// smallSide is the size in pixels to which an image would be shrunk at least in the
// hint that shrinking saves memory.
const smallSide = 1024

// tooMuch is why an image is refused that needs more memory than there is, before the
// system ends the whole run for it. Of an image whose header was not read yet, info
// says nothing.
func (r *run) tooMuch(j asset.Job, need int64, info codec.Info) error {
	what := "the file"
	if info.Width > 0 {
		what = fmt.Sprintf("an image of %dx%d pixels", info.Width, info.Height)
	}
	if info.Frames > 1 {
		what += fmt.Sprintf(" and %d frames", info.Frames)
	}
	// Rounded up, so that what the hint says is enough.
	const unit = 1_000_000
	hint := fmt.Sprintf("raise `memory-limit` to %dMB or more where there is as much, or convert it on a larger machine", need/unit+1)
	if info.Width > 0 && j.Source.Size+codec.EstimateMemory(info, smallSide, smallSide) <= r.most {
		hint += ", or shrink it with `max-width`"
	}
	return &mistake{
		fmt.Errorf("convert %q: %s needs about %s of memory, and there are %s",
			j.Source.Path, what, humanize.Bytes(uint64(need)), humanize.Bytes(uint64(r.most))),
		hint,
	}
}

// A file of a few kilobytes can promise gigabytes of nothing, and cost as much, and
// minutes. A flat image may need flatMemory bytes; more, up to flatPixels, is let through:
// a logo on a large canvas is one, and takes less than is estimated.
const (
	flatMemory = 512 << 20
	flatPixels = 32 << 20
)

// bomb refuses a flat image that is large, unless memory was set for it: then somebody
// knows what is in these files.
func bomb(j asset.Job, need int64, info codec.Info, set bool) error {
	if set || !info.Flat || need <= flatMemory || max(pixels(info), info.Decoded) <= flatPixels {
		return nil
	}
	hint := fmt.Sprintf("if the file can be trusted, set `memory-limit` to %dMB or more", need/1_000_000+1)
	if j.Source.Size+codec.EstimateMemory(info, smallSide, smallSide) <= flatMemory {
		hint += ", or shrink it with `max-width`"
	}
	return &mistake{
		fmt.Errorf("convert %q: an almost empty image of %dx%d pixels in a file of %s would take about %s of memory: this may be a decompression bomb",
			j.Source.Path, info.Width, info.Height, humanize.Bytes(uint64(j.Source.Size)), humanize.Bytes(uint64(need))),
		hint,
	}
}
