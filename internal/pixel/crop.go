package pixel

import (
	"fmt"
	"image"
	"math"
)

// An Anchor says which part of an image a crop keeps, as CSS object-position does: a
// share of what is cut off, 0 to 1, that is cut off on the left and at the top. 0 keeps
// the left or the top, 0.5 the center, 1 the right or the bottom.
type Anchor struct{ X, Y float64 }

// Center is the anchor of a crop that cuts off as much on either side.
var Center = Anchor{0.5, 0.5}

var anchors = map[string]Anchor{
	"center": Center,
	"top":    {0.5, 0}, "bottom": {0.5, 1}, "left": {0, 0.5}, "right": {1, 0.5},
	"top-left": {0, 0}, "top-right": {1, 0}, "bottom-left": {0, 1}, "bottom-right": {1, 1},
}

// FixedAnchor returns the anchor with a name: center, top, bottom, left, right,
// top-left, top-right, bottom-left or bottom-right.
func FixedAnchor(name string) (a Anchor, ok bool) {
	a, ok = anchors[name]
	return a, ok
}

// A Crop is a part of an image and the size it has in the output. All of it is of the
// image as it is shown, after turning.
type Crop struct {
	// Rect is the part that is kept, in pixels of an image of size Of.
	Rect image.Rectangle
	Of   image.Point
	// Size is the size of the output.
	Size image.Point
}

// Cover returns the crop that fills a box: the largest part of a width x height image
// with the shape of boxWidth x boxHeight. The size of the output is exactly that of the
// box where the image covers the box. A smaller image is cut to the shape of the box and
// not enlarged: the size of the output is that of the part. A caller that wants it
// enlarged sets Size to the box.
//
// The part always has the full width or the full height of the image. Its other side
// and its offset are rounded to whole pixels, halves of the side up and of the offset
// down, and no side becomes less than 1. It depends on sizes and anchor only, so
// that all frames of an animation share it. Sides less than 1 count as 1.
func Cover(width, height, boxWidth, boxHeight int, at Anchor) Crop {
	width, height = max(1, width), max(1, height)
	boxWidth, boxHeight = max(1, boxWidth), max(1, boxHeight)
	w, h := width, height
	if cross := int64(width)*int64(boxHeight) - int64(height)*int64(boxWidth); cross > 0 {
		w = proportional(height, boxWidth, boxHeight)
	} else if cross < 0 {
		h = proportional(width, boxHeight, boxWidth)
	}
	w, h = min(w, width), min(h, height)
	left, top := offset(width-w, at.X), offset(height-h, at.Y)
	c := Crop{
		Rect: image.Rect(left, top, left+w, top+h),
		Of:   image.Pt(width, height),
		Size: image.Pt(w, h),
	}
	if width >= boxWidth && height >= boxHeight {
		c.Size = image.Pt(boxWidth, boxHeight)
	}
	return c
}

// proportional returns side * to / of, rounded, and at least 1.
func proportional(side, to, of int) int {
	return int(max(1, (2*int64(side)*int64(to)+int64(of))/(2*int64(of))))
}

func offset(free int, share float64) int {
	if !(share > 0) { // or not a number
		return 0
	}
	return int(math.Ceil(float64(free)*min(share, 1) - 0.5))
}

// Whole returns the size at which the whole image has to be decoded at least so that
// the part is not enlarged to the size of the output.
func (c Crop) Whole() (width, height int) {
	whole := func(of, part, size int) int {
		return int((int64(of)*int64(size) + int64(part) - 1) / int64(max(1, part)))
	}
	return whole(c.Of.X, c.Rect.Dx(), c.Size.X), whole(c.Of.Y, c.Rect.Dy(), c.Size.Y)
}

// check refuses a crop that Cover does not return.
func (c Crop) check() error {
	if c.Rect.Empty() || !c.Rect.In(image.Rectangle{Max: c.Of}) || c.Size.X < 1 || c.Size.Y < 1 {
		return fmt.Errorf("cannot crop %v of %dx%d to %dx%d: the part must not be empty, and must be within the image",
			c.Rect, c.Of.X, c.Of.Y, c.Size.X, c.Size.Y)
	}
	return nil
}

// A region is a part of an image as it is stored, before turning.
type region struct{ left, top, width, height float64 }

// all is the whole image.
func (im *Image) all() region { return region{width: float64(im.Width), height: float64(im.Height)} }

// stored returns the part that c keeps of src, which is a version of the image of any
// size, stored so that orientation turns it upright.
func (c Crop) stored(src *Image, orientation int) region {
	of, rect := c.Of, c.Rect
	if orientation >= 5 && orientation <= 8 {
		of = image.Pt(of.Y, of.X)
		rect = image.Rect(rect.Min.Y, rect.Min.X, rect.Max.Y, rect.Max.X)
	}
	flipX, flipY := sourceFlips(orientation)
	if flipX {
		rect.Min.X, rect.Max.X = of.X-rect.Max.X, of.X-rect.Min.X
	}
	if flipY {
		rect.Min.Y, rect.Max.Y = of.Y-rect.Max.Y, of.Y-rect.Min.Y
	}
	x, y := float64(src.Width)/float64(of.X), float64(src.Height)/float64(of.Y)
	return region{
		left: float64(rect.Min.X) * x, top: float64(rect.Min.Y) * y,
		width: float64(rect.Dx()) * x, height: float64(rect.Dy()) * y,
	}
}

// storedSize is the size of the output before it is turned.
func (c Crop) storedSize(orientation int) (width, height int) {
	if orientation >= 5 && orientation <= 8 {
		return c.Size.Y, c.Size.X
	}
	return c.Size.X, c.Size.Y
}
