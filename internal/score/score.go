// Package score says how much an image looks like another, as people see it, on
// the scale of SSIMULACRA 2.1: 100 is the same image, 90 is visually lossless, 70 has
// differences that are hard to see without the other one beside it, and below 30 everybody
// sees them. It is Jon Sneyers' metric (https://github.com/cloudinary/ssimulacra2), computed
// here from its description: structure and edges are compared in XYB, at six scales.
package score

/*
#cgo CFLAGS: -O3 -Wall -Wextra -Wno-psabi
#include "score.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"

	"github.com/webpress/webpress/internal/pixel"
)

const (
	levels = C.WP_LEVELS
	sums   = C.WP_SUMS
	// least is the side in pixels below which an image has no further level.
	least = 8
	// leastSide is the side from which on the scores of the original mean something: it has
	// three levels then, and with fewer another image scores 50 to 90. Smaller ones are
	// mirrored at their edges.
	leastSide = 32
)

// Options say how images are scored.
type Options struct {
	// ICC is the color profile of both images, empty for sRGB. Of profiles with primaries,
	// such as Display P3, these count, and the curve is taken for sRGB's; of others
	// nothing does.
	ICC []byte
	// Whole scores every pixel of images of any size. Otherwise images of more than a
	// megapixel are compared in full at 1:4 and below, and at 1:1 and 1:2 in a megapixel's
	// worth of tiles.
	Whole bool
	// Tile, where it is not 0, says that both images are made of tiles that have nothing to do
	// with each other, of so many pixels a side: none is compared beyond its edges.
	Tile int
}

// A Reference is an image that others are compared with.
type Reference struct {
	width, height int
	alpha         bool
	matrix        [9]float32
	parts         []part
	// kept is what is known of each part, on each of the backgrounds that are seen: one where
	// there is no transparency.
	kept [][]kept
}

// A part is what of an image is compared in one go.
type part struct {
	// left to bottom are the pixels that are read, and within those that count.
	left, top, right, bottom int
	weight                   float64
	c                        C.wp_part
}

// kept is memory with what C makes of a part.
type kept struct{ block, aligned []byte }

// backgrounds are those behind transparent pixels, as samples of 0 to 1. The worse of both
// scores counts.
var backgrounds = [2]float32{0.1, 0.9}

// opaque is the background of an image without transparency.
const opaque = -1

// differences are what the original calls averages, before they are divided.
type differences struct {
	sum   [levels][3][sums]float64
	count [levels]float64
}

// Prepare reads im, which is RGBA, and which others are going to be compared with. The
// caller frees what it returns; im is not needed any more.
func Prepare(im *pixel.Image, o Options) (*Reference, error) {
	if err := check(im); err != nil {
		return nil, err
	}
	r := &Reference{width: im.Width, height: im.Height, alpha: transparent(im), matrix: matrixOf(o.ICC)}
	padded, free := mirrored(im)
	defer free()
	r.parts = partsOf(padded, o)
	grounds := backgrounds[:]
	if !r.alpha {
		grounds = []float32{opaque}
	}
	for _, ground := range grounds {
		var all []kept
		for i := range r.parts {
			k, err := r.prepare(padded, &r.parts[i], ground)
			if err != nil {
				r.Free()
				return nil, err
			}
			all = append(all, k)
		}
		r.kept = append(r.kept, all)
	}
	return r, nil
}

func (r *Reference) prepare(im *pixel.Image, p *part, ground float32) (kept, error) {
	n := int(C.wp_score_size(C.int(p.right-p.left), C.int(p.bottom-p.top), &p.c))
	k := newKept(4 * n)
	var pin runtime.Pinner
	defer pin.Unpin()
	src := r.source(im, p, ground, &pin)
	if C.wp_score_prepare(&src, &p.c, (*C.float)(unsafe.Pointer(unsafe.SliceData(k.aligned)))) != 0 {
		return kept{}, errMemory
	}
	return k, nil
}

// Free releases the memory of r.
func (r *Reference) Free() {
	for _, all := range r.kept {
		for _, k := range all {
			pixel.FreeBlock(k.block)
		}
	}
	r.kept = nil
}

// Compare returns the score of im, which is RGBA of the size of the reference: at most 100,
// and below 0 where little is left of it. If either image has transparency, it is the
// worse of the scores on a dark and on a bright background.
func (r *Reference) Compare(im *pixel.Image) (float64, error) {
	if err := check(im); err != nil {
		return 0, err
	}
	if im.Width != r.width || im.Height != r.height {
		return 0, fmt.Errorf("score: %dx%d cannot be compared with %dx%d", im.Width, im.Height, r.width, r.height)
	}
	grounds := backgrounds[:]
	if !r.alpha && !transparent(im) {
		grounds = []float32{opaque}
	}
	im, free := mirrored(im)
	defer free()
	worst := 100.0
	for i, ground := range grounds {
		var all differences
		for k := range r.parts {
			d, err := r.differences(im, k, min(i, len(r.kept)-1), ground)
			if err != nil {
				return 0, err
			}
			all.add(&d, r.parts[k].weight)
		}
		worst = min(worst, all.pool())
	}
	return worst, nil
}

// differences are those of one part, on a background.
func (r *Reference) differences(im *pixel.Image, k, ground int, behind float32) (d differences, err error) {
	p := &r.parts[k]
	var pin runtime.Pinner
	defer pin.Unpin()
	src := r.source(im, p, behind, &pin)
	if C.wp_score_compare(&src, &p.c, (*C.float)(unsafe.Pointer(unsafe.SliceData(r.kept[ground][k].aligned))),
		(*[3][sums]C.double)(unsafe.Pointer(&d.sum)), (*C.double)(unsafe.Pointer(&d.count))) != 0 {
		return d, errMemory
	}
	return d, nil
}

func (d *differences) add(o *differences, weight float64) {
	for level := range levels {
		d.count[level] += weight * o.count[level]
		for plane := range 3 {
			for k := range sums {
				d.sum[level][plane][k] += weight * o.sum[level][plane][k]
			}
		}
	}
}

var errMemory = errors.New("score: out of memory")

// source describes the pixels of a part of im.
func (r *Reference) source(im *pixel.Image, p *part, ground float32, pin *runtime.Pinner) C.wp_source {
	table := light()
	pix := &im.Planes[0][p.top*im.Stride[0]+4*p.left]
	pin.Pin(pix)
	pin.Pin(table)
	src := C.wp_source{
		pix: (*C.uint8_t)(pix), stride: C.ptrdiff_t(im.Stride[0]),
		width: C.int(p.right - p.left), height: C.int(p.bottom - p.top),
		light: (*C.float)(unsafe.Pointer(table)), background: C.float(ground),
	}
	for i, v := range r.matrix {
		src.matrix[i] = C.float(v)
	}
	return src
}

// check refuses what C could not read.
func check(im *pixel.Image) error {
	if im.Layout != pixel.RGBA || im.Width < 1 || im.Height < 1 || im.Stride[0] < 4*im.Width ||
		len(im.Planes[0]) < im.Stride[0]*(im.Height-1)+4*im.Width {
		return errors.New("score: only whole RGBA images are compared")
	}
	return nil
}

// transparent reports whether anything is seen through an image.
func transparent(im *pixel.Image) bool {
	if !im.Alpha {
		return false
	}
	for y := range im.Height {
		row := im.Planes[0][y*im.Stride[0]:][:4*im.Width]
		for x := 3; x < len(row); x += 4 {
			if row[x] != 255 {
				return true
			}
		}
	}
	return false
}

// mirrored returns im, or where it is smaller than leastSide, its pixels and their mirror
// images in turns.
func mirrored(im *pixel.Image) (*pixel.Image, func()) {
	if im.Width >= leastSide && im.Height >= leastSide {
		return im, func() {}
	}
	out := pixel.NewRGBA(max(leastSide, im.Width), max(leastSide, im.Height), nil)
	out.Alpha = im.Alpha
	for y := range out.Height {
		from, to := im.Planes[0][mirror(y, im.Height)*im.Stride[0]:], out.Planes[0][y*out.Stride[0]:]
		for x := range out.Width {
			copy(to[4*x:4*x+4], from[4*mirror(x, im.Width):])
		}
	}
	return out, out.Free
}

// mirror is the place of i among n pixels that go there and back again.
func mirror(i, n int) int {
	if i %= 2 * n; i >= n {
		return 2*n - 1 - i
	}
	return i
}

// newKept returns n bytes, aligned for vectors.
func newKept(n int) kept {
	block := pixel.NewBlock(n + 16)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(block)))) & 15
	return kept{block, block[skip : skip+n]}
}

// light returns the light of 4096 steps of a sample of sRGB (IEC 61966-2-1).
var light = sync.OnceValue(func() *[4096]float32 {
	var table [4096]float32
	for i := range table {
		v := float64(i) / 4095
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		table[i] = float32(v)
	}
	return &table
})
