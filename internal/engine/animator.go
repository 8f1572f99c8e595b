//go:build cgo

package engine

import (
	"errors"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/score"
)

// An animator makes one output of an animation.
type animator struct {
	*converter
	job
	o              codec.AnimateOptions
	crop           *pixel.Crop // nil for none
	icc, exif, xmp []byte
	// refs are the frames that are compared, and at when they are shown.
	refs []*score.Reference
	at   []time.Duration
}

// into encodes an output, with smaller dimensions where it is too large otherwise and the
// variant allows that.
func (a *animator) into(out *Output) error {
	defer a.free()
	for {
		err := a.encode(out)
		large, ok := errors.AsType[*tooLargeError](err)
		switch {
		case !ok && err != nil:
			return err
		case !ok:
			if a.width < out.Width {
				out.Notes = append(out.Notes, fmt.Sprintf("shrunk from %dx%d to fit into max-bytes", out.Width, out.Height))
			}
			out.Width, out.Height = a.width, a.height
			if note := a.missed(out.Rating); note != "" {
				out.Notes = append(out.Notes, note)
			}
			return nil
		case !a.Shrink || a.width == 1 && a.height == 1:
			out.Err = large.fault(a.Shrink)
			return nil
		}
		a.width, a.height = large.shrunk(a.width, a.height)
		if a.crop != nil {
			a.crop.Size = image.Pt(a.width, a.height)
		}
		a.o.Width, a.o.Height = a.width, a.height
		a.free()
	}
}

func (a *animator) free() {
	for _, ref := range a.refs {
		ref.Free()
	}
	a.refs, a.at = nil, nil
}

// encode encodes an output with the quality that its settings ask for, and rates it.
func (a *animator) encode(out *Output) error {
	if !a.rates() {
		t, err := a.encodeAt(a.Quality)
		out.Data = t.data
		return err
	}
	if err := a.prepare(); err != nil {
		return err
	}
	t, tries := try{quality: a.Quality}, 1
	var err error
	if a.Auto && !a.o.Lossless {
		s := search{curve: curves[asset.WebP], aim: a.Look, factor: typical[asset.WebP][1]}
		s.low, s.high = a.bounds()
		t, err = s.run(a.encodeAt)
		tries = len(s.tries)
	} else {
		t, err = a.encodeAt(t.quality)
		t.quality = a.Quality
	}
	if err != nil {
		return err
	}
	if a.MaxBytes > 0 && int64(len(t.data)) > a.MaxBytes {
		f := fit{most: a.MaxBytes, high: t.quality, smallest: int64(len(t.data))}
		if f.low, _ = a.bounds(); a.MinQuality == 0 {
			f.low = leastFit
		}
		if a.o.Lossless {
			f.high = f.low - 1
		}
		t, err = f.run(func(quality int) ([]byte, error) {
			t, err := a.encodeAt(quality)
			return t.data, err
		})
		if err != nil {
			return err
		}
		tries += f.tries
		if t.score, err = a.rate(t.data); err != nil {
			return err
		}
	}
	out.Data, out.Rating = t.data, rating(t.quality, a.o.Lossless, t.score, tries)
	return nil
}

// encodeAt encodes at a quality, and rates the result where that is wanted.
func (a *animator) encodeAt(quality int) (t try, err error) {
	o := a.o
	o.Quality = quality
	if t.data, err = codec.Animate(a.ctx, a.data, o); err != nil {
		return t, err
	}
	if o.Mixed && a.width*a.height <= fewFramePixels/a.info.Frames {
		o.Mixed, o.Lossless = false, true
		exact, err := codec.Animate(a.ctx, a.data, o)
		if err != nil {
			return t, err
		}
		if len(exact) <= len(t.data) {
			t.data, t.lossless = exact, true
		}
	}
	if t.data, err = codec.SetMetadata(t.data, a.icc, a.exif, a.xmp); err != nil || !a.rates() {
		return t, err
	}
	t.score, err = a.rate(t.data)
	return t, err
}

// prepare gets the frames that are compared.
func (a *animator) prepare() error {
	moments, err := codec.Moments(a.ctx, a.data, a.o)
	if err != nil {
		return err
	}
	for _, m := range moments {
		ref, err := score.Prepare(m.Image, score.Options{ICC: a.icc})
		if err != nil {
			return err
		}
		a.refs, a.at = append(a.refs, ref), append(a.at, m.At)
	}
	return nil
}

// rate is the worst score of the first, the middle and the last frame.
func (a *animator) rate(data []byte) (float64, error) {
	info, err := codec.Probe(data)
	if err != nil {
		return 0, err
	}
	var frames []*pixel.Image
	if info.Frames > 1 {
		if frames, err = codec.MomentsAt(a.ctx, data, a.at); err != nil {
			return 0, err
		}
	}
	worst := math.Inf(1)
	for i, ref := range a.refs {
		var score float64
		if frames == nil { // all frames were the same
			score, err = compare(ref, data)
		} else {
			score, err = ref.Compare(frames[i])
		}
		if err != nil {
			return 0, err
		}
		worst = min(worst, score)
	}
	return worst, nil
}
