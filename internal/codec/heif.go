package codec

/*
#include "heif.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"runtime"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// The Go binding of libheif neither sets security limits, threads and strict
// decoding nor reads a profile or a depth, and frees what it holds by finalizers; so
// images are read by the shim in heif.c, which frees them at once. The binding
// reports the library's version and, in tests, encodes. What the boxes of a file say
// is read in Go: libheif would follow any reference in a hostile one.

func probeHEIF(data []byte, format asset.Format) (Info, error) {
	f, err := scanHEIF(newView(bytes.NewReader(data), int64(len(data))), format)
	if err != nil {
		return Info{}, err
	}
	if t := f.sequence(); t != nil {
		return f.probeSequence(t)
	}
	s, err := f.shape(f.primary)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Format: format, Width: s.w, Height: s.h, Frames: 1,
		Alpha: f.primary.alpha != nil, Depth: f.bits(f.primary), Lossy: true,
	}
	info.Pixels = f.sampleBytes(f.primary) * int64(s.w) * int64(s.h) / 2
	info.Memory = f.memory()
	if n := f.decodedPixels(); n > int64(s.w)*int64(s.h) {
		info.Decoded = n
	}
	if n := f.shownImages(); n > 1 {
		info.Notes = append(info.Notes, fmt.Sprintf("holds %d images; the primary one is converted", n))
	}
	if len(f.tracks) > 0 {
		info.Notes = append(info.Notes, "holds an image sequence; its still image is converted")
	}
	return info, nil
}

// shownImages is how many images a file holds for themselves: neither hidden nor
// thumbnails, alpha and the like of others.
func (f *heifFile) shownImages() (n int) {
	for _, item := range f.items {
		if _, ok := f.property(item, "ispe"); !ok || item.hidden {
			continue
		}
		if !item.beside {
			n++
		}
	}
	return n
}

// limits bounds what libheif may use for a file: as many pixels as the largest image
// in it, with what a codec adds at its edges, and many times the memory that they need.
func (f *heifFile) limits(threads int) C.wp_heif_limits {
	const edge = 256
	largest, sum := 0.0, 0.0
	for _, item := range f.items {
		w, h := f.coded(item)
		largest = max(largest, float64(w+edge)*float64(h+edge))
	}
	if f.primary != nil {
		sum = f.primary.pixels
	}
	for _, t := range f.tracks {
		largest = max(largest, float64(t.w+edge)*float64(t.h+edge))
	}
	return C.wp_heif_limits{
		max_pixels: C.uint64_t(min(largest, math.MaxInt64)),
		max_memory: C.uint64_t(min(256<<20+64*largest+32*sum, math.MaxInt64)),
		threads:    C.int(max(1, threads)),
	}
}

// streamRange is the range that a bit stream says it has, -1 if that is not known.
func streamRange(boxes []box) C.int {
	for _, b := range boxes {
		if b.kind == "av1C" {
			if info := av1Config(b.body); info.ranged {
				return flag(info.full)
			}
		}
	}
	return -1
}

// decodeHEIF decodes the primary image. libheif has turned and mirrored it already, as
// the file's irot and imir boxes say; the orientation that EXIF gives is informational
// in HEIF (ISO/IEC 23008-12, A.2.1) and not used.
func decodeHEIF(data []byte, format asset.Format, o DecodeOptions) (Picture, error) {
	v := newView(bytes.NewReader(data), int64(len(data)))
	f, err := scanHEIF(v, format)
	if err != nil {
		return Picture{}, err
	}
	if t := f.sequence(); t != nil {
		return f.decodeSingle(t, data, o)
	}
	if n := f.decodedPixels(); o.MaxPixels > 0 && n > o.MaxPixels {
		return Picture{}, f.tooLarge(n, o.MaxPixels)
	}
	s, err := f.shape(f.primary)
	if err != nil {
		return Picture{}, err
	}
	colors := f.color(f.primary)
	ready := f.ready(data)

	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(unsafe.SliceData(ready)) // the context refers to it until it is freed
	var h C.wp_heif
	var failed C.wp_heif_error
	limits := f.limits(o.Threads)
	defer C.wp_heif_free(&h)
	span := C.int(-1)
	if colors.codes == nil {
		span = streamRange(f.boxes(f.primary))
	}
	decode := func() {
		C.wp_heif_decode(&h, (*C.uint8_t)(unsafe.SliceData(ready)), C.size_t(len(ready)), &limits, span, &failed)
	}
	decode()
	if f.useLibde265(&limits, &failed) {
		C.wp_heif_free(&h)
		decode()
	}
	if failed.code != 0 {
		return Picture{}, heifError(format, int(failed.code), int(failed.subcode), C.GoString(&failed.text[0]))
	}
	var p Picture
	if err := copyHEIF(&p.Image, &h); err != nil {
		return Picture{}, err
	}
	if alpha := f.primary.alpha; alpha != nil && p.Image.Alpha && limitedAlpha(f.boxes(alpha)) {
		expandAlpha(&p.Image)
	}
	colors.apply(&p.Image)
	p.ICC, p.Notes = colors.icc, hdrNotes(&p.Image)
	im, err := s.cropped(&p.Image)
	if err != nil {
		return Picture{}, err
	}
	p.Image = *im
	if o.Metadata {
		p.EXIF, p.XMP = f.blocks(v)
	}
	return p, nil
}

// boxes are the properties of an item.
func (f *heifFile) boxes(item *heifItem) (all []box) {
	for _, n := range item.props {
		all = append(all, f.props[n])
	}
	return all
}

func (f *heifFile) tooLarge(n, limit int64) error {
	return &Error{
		Op: string(f.format), Detail: fmt.Sprintf("%d pixels would be decoded, more than the limit of %d", n, limit),
		Hint: fmt.Sprintf("if the file can be trusted, set `max-pixels` to %d or more", n),
	}
}

// copyHEIF makes im of the planes of h, in Go's memory.
func copyHEIF(im *pixel.Image, h *C.wp_heif) error {
	if h.kind == 2 {
		*im = *pixel.NewRGBA(int(h.width), int(h.height), nil)
		im.Alpha = h.alpha != 0
	} else {
		like := pixel.Image{
			Width: int(h.width), Height: int(h.height), Layout: pixel.Gray, Alpha: h.alpha != 0,
			Depth: int(h.depth), Full: h.full != 0, Matrix: int(h.matrix),
		}
		if h.kind == 1 {
			like.Layout, like.SubW, like.SubH = pixel.YUV, int(h.sub_w), int(h.sub_h)
		}
		*im = *pixel.NewPlanar(like)
	}
	im.Primaries, im.Transfer = int(h.primaries), int(h.transfer)
	sample := 1
	switch {
	case h.kind == 2:
		sample = 4
	case im.Depth > 8:
		sample = 2
	}
	for i := range im.Planes {
		if len(im.Planes[i]) == 0 {
			continue
		}
		width, height := im.Width, im.Height
		if im.Layout != pixel.RGBA {
			width, height = im.PlaneSize(i)
		}
		// Chroma of an odd size is rounded up by both; luma is not by libheif.
		row, rows := min(width, int(h.plane_width[i]))*sample, min(height, int(h.plane_height[i]))
		if h.plane[i] == nil || int(h.stride[i]) < row || i > 0 && i < 3 && (row < width*sample || rows < height) {
			return &Error{Op: "heif", Detail: "the planes of the image do not fit together"}
		}
		src := unsafe.Slice((*byte)(h.plane[i]), int(h.stride[i])*(rows-1)+row)
		for y := range rows {
			copy(im.Planes[i][y*im.Stride[i]:], src[y*int(h.stride[i]):][:row])
		}
	}
	if h.alpha == 2 { // premultiplied
		unmultiply(im.Planes[0])
	}
	return nil
}

// cropped cuts out of a decoded image what its file shows of it.
func (s shape) cropped(im *pixel.Image) (*pixel.Image, error) {
	if s.crop.Empty() || s.crop == image.Rect(0, 0, im.Width, im.Height) {
		return im, nil
	}
	if !s.crop.In(image.Rect(0, 0, im.Width, im.Height)) {
		return nil, &Error{Op: "heif", Detail: damaged + ": its crop is outside of the image"}
	}
	if im.Layout != pixel.RGBA && (s.crop.Min.X>>im.SubW<<im.SubW != s.crop.Min.X || s.crop.Min.Y>>im.SubH<<im.SubH != s.crop.Min.Y) {
		// It begins between two samples of chroma.
		exact, err := pixel.FullChroma(im)
		if err != nil {
			return nil, err
		}
		im = exact
	}
	like := *im
	like.Width, like.Height = s.crop.Dx(), s.crop.Dy()
	sample := 1
	var out *pixel.Image
	if im.Layout == pixel.RGBA {
		sample = 4
		out = pixel.NewRGBA(like.Width, like.Height, nil)
		out.Alpha, out.Primaries, out.Transfer, out.Peak = im.Alpha, im.Primaries, im.Transfer, im.Peak
	} else {
		out = pixel.NewPlanar(like)
		if im.Depth > 8 {
			sample = 2
		}
	}
	for p := range out.Planes {
		if len(out.Planes[p]) == 0 {
			continue
		}
		w, h, x, y := like.Width, like.Height, s.crop.Min.X, s.crop.Min.Y
		if im.Layout != pixel.RGBA {
			w, h = out.PlaneSize(p)
		}
		if p == 1 || p == 2 {
			x, y = x>>im.SubW, y>>im.SubH
		}
		for row := range h {
			from := (y+row)*im.Stride[p] + x*sample
			copy(out.Planes[p][row*out.Stride[p]:][:w*sample], im.Planes[p][min(from, len(im.Planes[p])):])
		}
	}
	return out, nil
}
