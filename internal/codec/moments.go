//go:build cgo

package codec

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/webpress/webpress/internal/pixel"
)

// A Moment is a frame of an animation as it is shown, RGBA.
type Moment struct {
	Image *pixel.Image
	// At is when it is shown first, from the start.
	At time.Duration
}

// Moments decodes the first, the middle and the last frame of an animation, each one once,
// as Animate encodes them.
func Moments(ctx context.Context, data []byte, o AnimateOptions) ([]Moment, error) {
	a, _, err := openAnimation(data)
	if err != nil {
		return nil, withHint(err)
	}
	defer a.close()
	transform := o.transform()
	var all []Moment
	err = eachFrame(ctx, a, func(n int, rgba []byte, at, _ time.Duration) error {
		if n != 0 && n != a.frames/2 && n != a.frames-1 {
			return nil
		}
		pix, w, h, err := transform(rgba, a.w, a.h)
		if err == nil {
			all = append(all, Moment{momentOf(pix, w, h), at})
		}
		return err
	})
	return all, err
}

// MomentsAt decodes the frames of an animation that are shown at these times.
func MomentsAt(ctx context.Context, data []byte, times []time.Duration) ([]*pixel.Image, error) {
	a, _, err := openAnimation(data)
	if err != nil {
		return nil, withHint(err)
	}
	defer a.close()
	const rounding = time.Millisecond // of the times in a WebP
	all := make([]*pixel.Image, len(times))
	err = eachFrame(ctx, a, func(_ int, rgba []byte, at, until time.Duration) error {
		for i, t := range times {
			if t += rounding; at <= t && until > t {
				all[i] = momentOf(rgba, a.w, a.h)
			}
		}
		return nil
	})
	for i := range all {
		if all[i] == nil && a.canvas != nil { // after its end
			all[i] = momentOf(a.canvas, a.w, a.h)
		}
	}
	return all, err
}

func momentOf(rgba []byte, w, h int) *pixel.Image {
	im := pixel.NewRGBA(w, h, bytes.Clone(rgba[:4*w*h]))
	im.Alpha = !isOpaque(im.Planes[0])
	return im
}

// eachFrame calls do for every frame with its number and the times between which it is shown.
func eachFrame(ctx context.Context, a *animation, do func(n int, rgba []byte, at, until time.Duration) error) error {
	var at time.Duration
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		rgba, duration, err := a.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return withHint(err)
		}
		until := at + min(duration, maxDuration)
		if err := do(n, rgba, at, until); err != nil {
			return err
		}
		at = until
	}
}
