package engine

import (
	"image"
	"math"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// A job is one output that is wanted of an image.
type job struct {
	asset.Variant
	// width and height are those of the output, upright.
	width, height int
}

func newJob(info codec.Info, v asset.Variant) job {
	j := job{Variant: v}
	j.width, j.height = Size(info.Width, info.Height, v)
	return j
}

// Size is that of the output of a width x height image in pixels, upright.
func Size(width, height int, v asset.Variant) (int, int) {
	width, height = max(1, width), max(1, height)
	if v.Width == 0 && v.Height == 0 {
		return pixel.Fit(width, height, v.MaxWidth, v.MaxHeight)
	}
	if v.Crop == "" {
		return fitBox(width, height, v)
	}
	c := cover(width, height, v, pixel.Center)
	return c.Size.X, c.Size.Y
}

// fitBox is the size of an image inside of the box of a variant, of which one side may
// be missing.
func fitBox(width, height int, v asset.Variant) (int, int) {
	w, h := pixel.Fit(width, height, v.Width, v.Height)
	if !v.Enlarge || w != width || h != height {
		return w, h
	}
	// It is smaller than the box: as large as the box lets it be.
	scale := math.Inf(1)
	if v.Width > 0 {
		scale = min(scale, float64(v.Width)/float64(width))
	}
	if v.Height > 0 {
		scale = min(scale, float64(v.Height)/float64(height))
	}
	return max(1, int(float64(width)*scale+0.5)), max(1, int(float64(height)*scale+0.5))
}

// cover is the crop that fills the box of a variant.
func cover(width, height int, v asset.Variant, at pixel.Anchor) pixel.Crop {
	c := pixel.Cover(width, height, v.Width, v.Height, at)
	if v.Enlarge {
		c.Size = image.Pt(v.Width, v.Height)
	}
	return c
}

// pixels is the least size to decode for a job of an image whose header says info.
func (j job) pixels(info codec.Info) (width, height int) {
	if j.Crop == "" {
		return j.width, j.height
	}
	return cover(info.Width, info.Height, j.Variant, pixel.Center).Whole()
}

// scale is the scale, 1 in so many, at which an image is decoded for a job.
func (j job) scale(info codec.Info) int {
	width, height := j.pixels(info)
	return codec.Scale(info, width, height)
}
