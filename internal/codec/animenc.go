package codec

// #include "anim.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
)

// animOptions says how an animation is encoded.
type animOptions struct {
	// quality is 0 to 100, of lossy frames.
	quality int
	// effort is libwebp's method, 0 to 6. At 6 every way to encode a frame is
	// tried, which takes several times as long.
	effort int
	// lossless makes all frames lossless. mixed, which counts more, makes each
	// frame what is smaller.
	lossless, mixed bool
	// transform, where it is there, is applied to every frame. All its results
	// have one size. It must not write to its argument; what it returns may be
	// used again by the next call.
	transform func(rgba []byte, w, h int) ([]byte, int, int, error)
}

// encodeAnimation writes an animated WebP. Frames are drawn from src one by one;
// what is kept of them is their encoding. Equal frames in a row become one that
// lasts as long as they did together, and an animation of which one frame remains
// may become a still WebP. When ctx ends, so does this, after the frame it is at.
func encodeAnimation(ctx context.Context, src *animation, o animOptions) ([]byte, error) {
	if src.w <= 0 || src.h <= 0 {
		return nil, &Error{Op: "webp", Detail: "the animation is empty"}
	}
	c := C.wp_anim_options{
		loop: C.int(src.loop), background: C.uint32_t(src.background),
		quality: C.float(o.quality), method: C.int(o.effort), mixed: flag(o.mixed),
		lossless: flag(o.lossless && !o.mixed), smallest: flag(o.effort >= 6),
	}
	if c.lossless != 0 {
		// There, quality is effort too: these are libwebp's own pairs of both, but
		// for the last, whose 100 would take a minute for a megapixel.
		c.quality = C.float([...]float32{0, 20, 25, 50, 90, 90, 90}[min(max(o.effort, 0), 6)])
	}

	var encoder *C.WebPAnimEncoder
	defer func() { C.WebPAnimEncoderDelete(encoder) }() // which takes nil
	var width, height int
	var at, begin time.Duration // of the frame, of the part
	var parts []webpPart
	var first []byte
	finish := func() error {
		var size C.size_t
		lasts := milliseconds(at) - milliseconds(begin)
		file := C.wp_anim_finish(encoder, lasts, &size)
		C.WebPAnimEncoderDelete(encoder)
		if encoder = nil; file == nil {
			return &Error{Op: "webp", Detail: "the animation could not be put together"}
		}
		defer C.WebPFree(unsafe.Pointer(file))
		data := append([]byte(nil), unsafe.Slice((*byte)(file), int(size))...)
		parts = append(parts, webpPart{data: data, first: first, lasts: int(lasts)})
		return nil
	}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pix, duration, err := src.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		w, h := src.w, src.h
		if o.transform != nil {
			if pix, w, h, err = o.transform(pix, w, h); err != nil {
				return nil, err
			}
		}
		if n > 1 && n%partFrames == 1 {
			if err := finish(); err != nil {
				return nil, err
			}
		}
		if encoder == nil {
			if w > asset.WebP.MaxSide() || h > asset.WebP.MaxSide() {
				return nil, &Error{
					Op: "webp", Detail: fmt.Sprintf("%dx%d pixels are too many: a WebP has at most %d a side", w, h, asset.WebP.MaxSide()),
					Hint: "set max-width and max-height",
				}
			}
			if width == 0 {
				width, height = w, h
			} else {
				first = bytes.Clone(pix)
			}
			begin = at
			if encoder = C.wp_anim_new(C.int(w), C.int(h), &c); encoder == nil {
				return nil, &Error{Op: "webp", Detail: "the animation could not be started: out of memory"}
			}
		}
		if w != width || h != height || len(pix) < 4*w*h {
			return nil, &Error{Op: "webp", Detail: fmt.Sprintf("frame %d has another size than the first", n)}
		}
		rgba := (*C.uint8_t)(unsafe.SliceData(pix))
		if code := C.wp_anim_add(encoder, rgba, C.int(w), C.int(h), milliseconds(at)-milliseconds(begin), &c); code != 0 {
			return nil, &Error{Op: "webp", Code: int(code), Detail: fmt.Sprintf("frame %d could not be encoded (libwebp's error %d)", n, code)}
		}
		at += min(duration, maxDuration)
	}
	if encoder == nil {
		return nil, &Error{Op: "webp", Detail: "the animation has no frames"}
	}
	if err := finish(); err != nil {
		return nil, err
	}
	if len(parts) == 1 {
		return parts[0].data, nil
	}
	return joinAnimations(parts, width, height, src.loop, src.background)
}

// partFrames is how many frames libwebp is given at a time: for each, its mux walks all
// the frames before.
const partFrames = 1000

// maxDuration is the longest that a frame of a WebP can last: 24 bits of
// milliseconds.
const maxDuration = (1<<24 - 2) * time.Millisecond

// milliseconds rounds a time since the first frame, so that rounding never adds
// up. libwebp lets it wrap around.
func milliseconds(d time.Duration) C.int {
	return C.int(int32(d.Round(time.Millisecond).Milliseconds()))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
