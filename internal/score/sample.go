//go:build cgo

package score

import "github.com/webpress/webpress/internal/pixel"

// SampleSide is the side in pixels of the tiles of a sample: the smallest that has all levels.
const SampleSide = 256

// Sample returns an image made of n tiles of im, which is RGBA and has room for them, side by
// side in columns: encoded in its place and compared with Options.Tile of SampleSide, it says
// what im would come to. Tiles are spread over the image.
func Sample(im *pixel.Image, n, columns int) *pixel.Image {
	rows := (n + columns - 1) / columns
	out := pixel.NewRGBA(SampleSide*columns, SampleSide*rows, nil)
	out.Alpha = im.Alpha
	for i := range columns * rows {
		x, y := i%columns, i/columns
		left := (im.Width*(2*x+1)/(2*columns) - SampleSide/2) &^ 1
		top := (im.Height*(2*y+1)/(2*rows) - SampleSide/2) &^ 1
		left, top = max(0, min(left, im.Width-SampleSide)), max(0, min(top, im.Height-SampleSide))
		for r := range SampleSide {
			to := out.Planes[0][(SampleSide*y+r)*out.Stride[0]+4*SampleSide*x:]
			copy(to[:4*SampleSide], im.Planes[0][(top+r)*im.Stride[0]+4*left:])
		}
	}
	return out
}
