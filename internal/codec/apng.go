//go:build cgo

package codec

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// An apngControl is the animation in a PNG (PNG specification, third edition,
// 4.9 and 11.3.4): acTL says that there is one, each fcTL begins a frame, whose
// pixels are the IDAT chunks or fdAT chunks up to the next fcTL.
type apngControl struct {
	plays    int // 0 is without end
	promised int // the frames that acTL counts
	frames   []apngFrame
	sequence uint32 // the number that the next fcTL or fdAT must have
}

type apngFrame struct {
	patch           // without pixels
	data   [][]byte // the bodies of IDAT, or of fdAT without its number
	packed int      // the length of data
}

// readAnimation reads one chunk of the animation. An acTL that comes after the
// pixels makes no animation, nor does a damaged one, and the other chunks do not count
// without it.
func (f *pngFile) readAnimation(kind string, whole, body []byte) error {
	if kind == "acTL" {
		if len(body) == 8 && len(f.image) == 0 && f.anim == nil && checkSums(whole) == nil {
			f.anim = &apngControl{
				promised: int(binary.BigEndian.Uint32(body)),
				plays:    int(min(binary.BigEndian.Uint32(body[4:]), maxLoops)),
			}
		}
		return nil
	}
	a := f.anim
	if a == nil {
		return nil
	}
	if len(body) < 4 || binary.BigEndian.Uint32(body) != a.sequence {
		return &Error{Op: "apng", Detail: "the frames are out of order"}
	}
	a.sequence++
	if err := checkSums(whole); err != nil {
		return err
	}
	if kind == "fcTL" {
		return a.addFrame(f, body)
	}
	if len(a.frames) == 0 || len(f.image) == 0 {
		return &Error{Op: "apng", Detail: "pixels come before their frame"}
	}
	a.addData(body[4:])
	return nil
}

func (a *apngControl) addFrame(f *pngFile, body []byte) error {
	if len(body) != 26 {
		return &Error{Op: "apng", Detail: "the header of a frame is damaged"}
	}
	if n := len(a.frames); n > 0 && len(a.frames[n-1].data) == 0 {
		return &Error{Op: "apng", Detail: fmt.Sprintf("frame %d holds no pixels", n)}
	}
	u32 := func(at int) uint64 { return uint64(binary.BigEndian.Uint32(body[at:])) }
	w, h, x, y := u32(4), u32(8), u32(12), u32(16)
	if w == 0 || h == 0 || x+w > uint64(f.w) || y+h > uint64(f.h) {
		return &Error{Op: "apng", Detail: fmt.Sprintf("frame %d reaches out of the image", len(a.frames)+1)}
	}
	p := patch{x: int(x), y: int(y), w: int(w), h: int(h), over: body[25] == 1}
	switch body[24] {
	case 1:
		p.dispose = disposeClear
	case 2:
		p.dispose = disposePrevious
		if len(a.frames) == 0 { // nothing is before: the specification says to clear
			p.dispose = disposeClear
		}
	}
	num, den := time.Duration(binary.BigEndian.Uint16(body[20:])), time.Duration(binary.BigEndian.Uint16(body[22:]))
	if den == 0 {
		den = 100
	}
	p.duration = num * time.Second / den
	a.frames = append(a.frames, apngFrame{patch: p})
	return nil
}

// addImage takes an IDAT chunk: the first frame where an fcTL came before it,
// else an image for viewers that know no animation.
func (a *apngControl) addImage(body []byte) {
	if len(a.frames) == 1 {
		a.addData(body)
	}
}

func (a *apngControl) addData(body []byte) {
	last := &a.frames[len(a.frames)-1]
	last.data = append(last.data, body)
	last.packed += len(body)
}

// finish checks the animation at the end of the file. One without frames leaves
// a plain PNG.
func (a *apngControl) finish(f *pngFile) error {
	if err := f.check(); err != nil {
		return err
	}
	if err := checkSums(f.image...); err != nil {
		return err
	}
	if len(a.frames) == 0 {
		f.anim = nil
		return nil
	}
	for i, p := range a.frames {
		if len(p.data) == 0 {
			return &Error{Op: "apng", Detail: fmt.Sprintf("frame %d holds no pixels", i+1)}
		}
		if err := f.checkPacked(p.w, p.h, p.packed); err != nil {
			return err
		}
	}
	return nil
}

// showsThrough reports whether the frames may leave transparent pixels though none of
// them has any.
func (a *apngControl) showsThrough(f *pngFile) bool {
	for i, p := range a.frames {
		if p.dispose == disposeClear || i == 0 && (p.w != f.w || p.h != f.h) {
			return true
		}
	}
	return false
}

// decodeAPNG opens the animation in a PNG.
func decodeAPNG(data []byte) (*animation, meta, error) {
	f, err := scanPNG(data)
	if err != nil {
		return nil, meta{}, err
	}
	if f.anim == nil {
		return nil, meta{}, &Error{Op: "apng", Detail: "it holds no animation"}
	}
	m := f.meta()
	m.Gray = f.color.profile != nil && (f.colour == pngGray || f.colour == pngGrayAlpha)
	return f.animate(), m, nil
}

func (f *pngFile) animate() *animation {
	next := 0
	return &animation{
		op: "apng", w: f.w, h: f.h, loop: f.anim.plays, frames: len(f.anim.frames),
		read: func() (patch, error) {
			if next == len(f.anim.frames) {
				return patch{}, io.EOF
			}
			a := f.anim.frames[next]
			next++
			// A frame is a PNG of its own size with everything else of the file's.
			p, err := f.decode(a.w, a.h, a.data)
			if err != nil {
				return patch{}, err
			}
			a.pix = p.pix
			return a.patch, nil
		},
	}
}
