//go:build cgo

package engine

import (
	"errors"
	"image"
	"math"

	"github.com/webpress/webpress/internal/codec"
)

// shrunk is the size that an output is made smaller to, where its bytes at the lowest quality
// are too many: they are about proportional to its pixels.
func (e *tooLargeError) shrunk(width, height int) (int, int) {
	const spare = 0.95
	scale := min(0.9, spare*math.Sqrt(float64(e.most)/float64(e.smallest)))
	return max(1, int(float64(width)*scale)), max(1, int(float64(height)*scale))
}

// fault is what becomes of an image that does not fit.
func (e *tooLargeError) fault(shrinks bool) error {
	hint := "raise `max-bytes`, lower `min-quality`, or set `shrink: true`"
	if shrinks {
		hint = "raise `max-bytes`"
	}
	return &codec.Error{Op: "max-bytes", Detail: e.detail(), Hint: hint}
}

// shrink makes the output of e smaller where err says that it does not fit. fault is why
// there is no output where that does not help.
func (e *encoder) shrink(err error) (fault, _ error) {
	large, ok := errors.AsType[*tooLargeError](err)
	if !ok {
		return nil, err
	}
	if !e.Shrink || e.width == 1 && e.height == 1 {
		return large.fault(e.Shrink), nil
	}
	e.width, e.height = large.shrunk(e.width, e.height)
	if e.crop != nil {
		e.crop.Size = image.Pt(e.width, e.height)
	}
	return nil, nil
}
