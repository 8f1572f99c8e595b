package codec

import (
	"encoding/binary"
	"image"
	"math"
	"slices"
)

// A shape is the size of an image, and what of the decoded pixels it shows where the
// file crops them (clap, ISO/IEC 14496-12, 12.1.4.1).
type shape struct {
	w, h int
	// crop is in pixels after turning, empty if nothing is cut off.
	crop image.Rectangle
}

// shape follows the properties of an item that crop, turn and mirror it, in their
// order.
func (f *heifFile) shape(item *heifItem) (shape, error) {
	w, h := f.coded(item)
	frame, view := image.Rect(0, 0, w, h), image.Rect(0, 0, w, h)
	for _, n := range item.props {
		switch b := f.props[n]; b.kind {
		case "clap":
			left, width, ok1 := aperture(b.body, 0, view.Dx(), math.Floor)
			top, height, ok2 := aperture(b.body, 8, view.Dy(), func(v float64) float64 { return math.Floor(v + 0.5) })
			if !ok1 || !ok2 {
				return shape{}, &Error{Op: string(f.format), Detail: damaged + ": its crop is outside of the image"}
			}
			at := view.Min.Add(image.Pt(left, top))
			view = image.Rectangle{at, at.Add(image.Pt(width, height))}
		case "irot": // anticlockwise
			for range int(first(b.body)) & 3 {
				view = image.Rect(view.Min.Y, frame.Max.X-view.Max.X, view.Max.Y, frame.Max.X-view.Min.X)
				frame = image.Rect(0, 0, frame.Dy(), frame.Dx())
			}
		case "imir":
			if first(b.body)&1 == 0 { // top and bottom
				view.Min.Y, view.Max.Y = frame.Max.Y-view.Max.Y, frame.Max.Y-view.Min.Y
			} else {
				view.Min.X, view.Max.X = frame.Max.X-view.Max.X, frame.Max.X-view.Min.X
			}
		}
	}
	s := shape{w: view.Dx(), h: view.Dy()}
	if view != frame {
		s.crop = view
	}
	return s, nil
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// aperture reads where a crop begins and how long it is on one side: width or height
// at skip, and how far its middle is from the image's, as fractions. What reaches out
// of the image does not count.
func aperture(body []byte, skip, side int, round func(float64) float64) (from, length int, ok bool) {
	if len(body) < 32 {
		return 0, 0, false
	}
	fraction := func(at int) float64 {
		return float64(int32(binary.BigEndian.Uint32(body[at:]))) / float64(int32(binary.BigEndian.Uint32(body[at+4:])))
	}
	size, offset := fraction(skip), fraction(skip+16)
	if !(size >= 0.5 && size < math.MaxInt32 && math.Abs(offset) < math.MaxInt32) {
		return 0, 0, false
	}
	from = int(round(offset + (float64(side)-size)/2))
	to := min(from+int(math.Floor(size+0.5)), side)
	from = max(from, 0)
	return from, to - from, to > from
}

// ready returns the bytes of a file as libheif is to have them, with two properties
// changed in a copy of them. libheif 1.22 holds the decoded size of an image against
// its size after the crop, and fails where much is cut off: so it gets no crop, and
// cropped does that. And it takes unspecified code points for none, and with them
// the range, which counts before that of the bit stream.
func (f *heifFile) ready(data []byte) []byte {
	out := data
	change := func(at int64, from, to string) {
		if at < 0 || at+int64(len(from)) > int64(len(data)) || string(data[at:at+int64(len(from))]) != from {
			return
		}
		if &out[0] == &data[0] {
			out = slices.Clone(data)
		}
		copy(out[at:], to)
	}
	ofParts := map[int]bool{}
	for part := range f.parts() {
		for _, n := range part.props {
			ofParts[n] = true
		}
	}
	for _, item := range []*heifItem{f.primary, f.primary.alpha} {
		if item == nil {
			continue
		}
		for _, n := range item.props {
			if b := f.props[n]; b.kind == "clap" && !ofParts[n] {
				change(b.at-4, "clap", "pasp") // the shape of pixels, which is not used
			}
		}
	}
	for _, b := range f.props {
		if b.kind == "colr" {
			change(b.at, "nclx\x00\x02\x00\x02\x00\x02", "nclx\x00\x01\x00\x0d\x00\x06")
		}
	}
	return out
}

// parts is the set of all items that the primary image and its alpha are made of.
func (f *heifFile) parts() map[*heifItem]bool {
	all := map[*heifItem]bool{}
	var add func(of *heifItem)
	add = func(of *heifItem) {
		for _, id := range of.parts {
			if part := f.byID[id]; part != nil && !all[part] {
				all[part] = true
				add(part)
			}
		}
	}
	add(f.primary)
	if f.primary.alpha != nil {
		add(f.primary.alpha)
	}
	return all
}
