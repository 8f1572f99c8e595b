package score

/*
#include "score.h"
*/
import "C"

import (
	"cmp"
	"slices"

	"github.com/webpress/webpress/internal/pixel"
)

const (
	// wholePixels is the size up to which every pixel is compared.
	wholePixels = 1 << 20
	// tileSide is about the side of tiles, and tiles how many are compared at most.
	tileSide, tiles = 256, 16
	// fine is the number of levels that are compared in tiles: 15 of 16 pixels are in the
	// first two.
	fine = 2
	// margin is what the blur of these levels reads beside a tile.
	margin = 8
	// negligible is a weight that moves no score by a hundredth.
	negligible = 0.01
)

// partsOf are the parts of an image that are compared.
func partsOf(im *pixel.Image, o Options) []part {
	w, h := im.Width, im.Height
	if o.Tile > 0 {
		return separate(w, h, o.Tile)
	}
	all := whole(0, 0, w, h)
	if o.Whole || w*h <= wholePixels {
		return []part{all}
	}
	var parts []part
	for _, t := range pick(im, tiles) {
		p := t.part(im)
		p.c.planes = all.c.planes
		parts = append(parts, p)
	}
	all.c.first = fine
	return append(parts, all)
}

// whole is a part of all levels.
func whole(left, top, right, bottom int) part {
	p := part{left: left, top: top, right: right, bottom: bottom, weight: 1}
	w, h := right-left, bottom-top
	p.c = C.wp_part{last: levels - 1, right: C.int(w), bottom: C.int(h)}
	depth := depthOf(w, h)
	for level := range depth {
		for plane := range 3 {
			if slices.Max(weights[(plane*depth+level)*sums:][:sums]) > negligible {
				p.c.planes[level] |= 1 << plane
			}
		}
	}
	return p
}

// separate are the parts of an image that is made of tiles.
func separate(w, h, side int) []part {
	var parts []part
	for y := 0; y < h; y += side {
		for x := 0; x < w; x += side {
			parts = append(parts, whole(x, y, min(x+side, w), min(y+side, h)))
		}
	}
	return parts
}

// depthOf is the number of levels that an image has.
func depthOf(w, h int) int {
	n := 1
	for ; n < levels && min(w, h) >= least; n++ {
		w, h = (w+1)/2, (h+1)/2
	}
	return n
}

// A tile is a candidate for the tiles that are compared.
type tile struct {
	left, top, right, bottom int
	// weight is for how many tiles like it a tile stands that was picked.
	weight float64
	// share is what the chance is proportional to that it is taken: its pixels, and its
	// share in what happens in the image, one as much as the other.
	share float64
	order uint32
}

// pick picks up to n tiles of an image: busy ones are more likely, and count less where
// they are compared, so that all together stand for the image. The same image always has
// the same tiles.
func pick(im *pixel.Image, n int) []tile {
	columns, rows := max(1, (im.Width+tileSide/2)/tileSide), max(1, (im.Height+tileSide/2)/tileSide)
	all := make([]tile, 0, columns*rows)
	total := 0.0
	for i := range columns * rows {
		x, y := i%columns, i/columns
		t := tile{left: even(im.Width, x, columns), right: even(im.Width, x+1, columns), top: even(im.Height, y, rows), bottom: even(im.Height, y+1, rows)}
		t.share = activity(im, t)
		t.order = scatter(uint32(i))
		total += t.share
		all = append(all, t)
	}
	area := float64(im.Width) * float64(im.Height)
	for i := range all {
		t := &all[i]
		pixels := float64((t.right-t.left)*(t.bottom-t.top)) / area
		if total > 0 {
			t.share = t.share/total/2 + pixels/2
		} else {
			t.share = pixels
		}
	}
	// Along the line of all shares, from quiet to busy, tiles are taken at equal steps.
	slices.SortFunc(all, func(a, b tile) int {
		return cmp.Or(cmp.Compare(a.share, b.share), cmp.Compare(a.order, b.order))
	})
	start := float64(scatter(uint32(im.Width)<<16^uint32(im.Height))) / (1 << 32)
	var picked []tile
	step := 1 / float64(n)
	sum, next := 0.0, start*step
	for _, t := range all {
		hits := 0
		for sum += t.share; next < sum; next += step {
			hits++
		}
		if hits > 0 {
			t.weight = float64(hits) * step / t.share
			picked = append(picked, t)
		}
	}
	return picked
}

// part is what is read to compare a tile, with all that its blur reaches.
func (t tile) part(im *pixel.Image) part {
	p := part{left: max(0, t.left-margin), top: max(0, t.top-margin), right: min(im.Width, t.right+margin), bottom: min(im.Height, t.bottom+margin), weight: t.weight}
	p.c = C.wp_part{
		last: fine - 1, left: C.int(t.left - p.left), top: C.int(t.top - p.top),
		right: C.int(t.right - p.left), bottom: C.int(t.bottom - p.top),
	}
	return p
}

// even is the i-th of n steps through side, an even number but for the last one.
func even(side, i, n int) int {
	if i == n {
		return side
	}
	return side * i / n &^ 1
}

// activity is how much neighbors differ in every fourth row of a tile.
func activity(im *pixel.Image, t tile) float64 {
	sum := 0
	for y := t.top; y < t.bottom; y += 4 {
		row := im.Planes[0][y*im.Stride[0]:][4*t.left : 4*t.right]
		for x := 5; x < len(row); x += 4 {
			sum += max(int(row[x]), int(row[x-4])) - min(int(row[x]), int(row[x-4]))
		}
	}
	return float64(sum)
}

// scatter is a number without a visible order (the end of MurmurHash3).
func scatter(n uint32) uint32 {
	n ^= n >> 16
	n *= 0x85ebca6b
	n ^= n >> 13
	n *= 0xc2b2ae35
	return n ^ n>>16
}
