package codec

import (
	"io"
	"time"
)

// A disposal says what becomes of a frame's rectangle before the next frame.
type disposal uint8

const (
	disposeNone     disposal = iota // it stays
	disposeClear                    // it becomes transparent
	disposePrevious                 // it becomes what it was before the frame
)

// A patch is one frame of an animation as its format stores it: a rectangle, and
// how it goes onto the canvas.
type patch struct {
	x, y, w, h int
	// pix is straight RGBA, rows without a gap.
	pix []byte
	// over blends the patch with what is there; otherwise it takes its place.
	over     bool
	dispose  disposal
	duration time.Duration
}

// maxLoops is the highest count that WebP's ANIM chunk can hold.
const maxLoops = 65535

// An animation is a moving image that is decoded frame by frame: only the
// canvas and one frame are in memory, however many there are.
type animation struct {
	op   string // for errors
	w, h int
	// loop is how many times the animation is played; 0 is without end.
	loop int
	// background is the colour behind the canvas, as WebP stores it (blue, green,
	// red, alpha from the lowest byte). Viewers ignore it.
	background uint32
	// frames is how many there are.
	frames int

	read   func() (patch, error) // io.EOF after the last
	closer func()                // nil if there is nothing to give back
	canvas []byte
	last   patch
	saved  []byte // what was under last, if it is to come back
}

// close gives back what the decoder holds. It may be called more than once.
func (a *animation) close() {
	if a.closer != nil {
		a.closer()
	}
}

// next returns the whole canvas as it is shown for one frame, straight RGBA, and
// for how long. It is valid until the next call and must not be written to. After
// the last frame it returns io.EOF.
func (a *animation) next() (rgba []byte, duration time.Duration, err error) {
	p, err := a.read()
	if err == io.EOF {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, 0, decodeError(a.op, err)
	}
	if a.canvas == nil {
		a.canvas = make([]byte, 4*a.w*a.h)
	} else {
		a.undo()
	}
	a.last = p
	a.last.pix = nil
	if p.dispose == disposePrevious {
		a.save(p)
	}
	a.draw(p)
	return a.canvas, shown(p.duration), nil
}

// still returns the only frame.
func (a *animation) still() (frame, error) {
	pix, _, err := a.next()
	if err == io.EOF {
		err = &Error{Op: a.op, Detail: "it holds no frame"}
	}
	if err != nil {
		return frame{}, err
	}
	return frame{pix: pix, w: a.w, h: a.h, opaque: isOpaque(pix)}, nil
}

// shown is how long browsers show a frame. All of them, for all formats, take
// 10 ms and less as 100 ms (Chromium's DeferredImageDecoder::FrameDurationAtIndex,
// Firefox's FrameTimeout, WebKit's ScalableImageDecoder). Such delays are written
// out, because the encoder merges equal frames and adds up what they last.
func shown(d time.Duration) time.Duration {
	if d <= 10*time.Millisecond {
		return 100 * time.Millisecond
	}
	return d
}

// undo disposes of the last frame.
func (a *animation) undo() {
	x0, x1, y0, y1 := a.clip(a.last)
	switch a.last.dispose {
	case disposeClear:
		for y := y0; y < y1; y++ {
			clear(a.canvas[4*(y*a.w+x0) : 4*(y*a.w+x1)])
		}
	case disposePrevious:
		row := 4 * (x1 - x0)
		for y := y0; y < y1; y++ {
			copy(a.canvas[4*(y*a.w+x0):], a.saved[(y-y0)*row:(y-y0+1)*row])
		}
	}
}

// save keeps what is under p.
func (a *animation) save(p patch) {
	x0, x1, y0, y1 := a.clip(p)
	a.saved = a.saved[:0]
	for y := y0; y < y1; y++ {
		a.saved = append(a.saved, a.canvas[4*(y*a.w+x0):4*(y*a.w+x1)]...)
	}
}

// draw puts p onto the canvas.
func (a *animation) draw(p patch) {
	x0, x1, y0, y1 := a.clip(p)
	for y := y0; y < y1; y++ {
		dst := a.canvas[4*(y*a.w+x0) : 4*(y*a.w+x1)]
		src := p.pix[4*((y-p.y)*p.w+x0-p.x):][:len(dst)]
		if p.over {
			blend(dst, src)
		} else {
			copy(dst, src)
		}
	}
}

// clip returns the part of p that is on the canvas, and zeros where none is.
func (a *animation) clip(p patch) (x0, x1, y0, y1 int) {
	x1, y1 = min(p.x+p.w, a.w), min(p.y+p.h, a.h)
	if p.x >= x1 || p.y >= y1 {
		return 0, 0, 0, 0
	}
	return p.x, x1, p.y, y1
}

// blend puts a row of src over dst, both with straight alpha.
func blend(dst, src []byte) {
	for ; len(src) >= 4 && len(dst) >= 4; src, dst = src[4:], dst[4:] {
		switch a := uint32(src[3]); {
		case a == 0:
		case a == 255 || dst[3] == 0:
			copy(dst[:4], src[:4])
		default:
			// Weights and sum are in units of 1/255².
			ws, wd := a*255, uint32(dst[3])*(255-a)
			sum := ws + wd
			for c := range 3 {
				dst[c] = byte((uint32(src[c])*ws + uint32(dst[c])*wd + sum/2) / sum)
			}
			dst[3] = byte((sum + 127) / 255)
		}
	}
}
