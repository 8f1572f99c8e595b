package codec

/*
#include "heif.h"
*/
import "C"

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/pixel"
)

// sequenceVersion is the first libheif that reads sequences as they are.
const sequenceVersion = 0x01160000

// noSequences says why the libheif that is here does not read sequences, nil if it
// does.
func noSequences(format asset.Format, compiled bool, version uint32) error {
	if compiled && version >= sequenceVersion {
		return nil
	}
	return &Error{
		Op: string(format), Detail: "it is an animation, which libheif reads from version 1.22 on; here is " + heifVersion(),
		Hint: "install libheif 1.22 or newer and build webpress again, or save the animation as GIF, APNG or WebP",
	}
}

func (f *heifFile) probeSequence(t *heifTrack) (Info, error) {
	if err := noSequences(f.format, C.WP_HEIF_SEQUENCES != 0, uint32(C.heif_get_version_number())); err != nil {
		return Info{}, err
	}
	info := Info{
		Format: f.format, Width: t.w, Height: t.h, Frames: t.frames,
		Alpha: f.trackAlpha(t) != nil, Depth: trackDepth(t), Lossy: true, Memory: f.sequenceMemory(t),
	}
	if m, ok := f.turnedTrack(t); ok {
		info.Notes = append(info.Notes, m)
	}
	return info, nil
}

func trackDepth(t *heifTrack) int {
	for _, b := range t.entry.inside(visualEntry) {
		switch {
		case b.kind == "av1C":
			return av1Config(b.body).depth
		case b.kind == "hvcC" && len(b.body) > 17:
			return 8 + int(b.body[17]&7)
		}
	}
	return 8
}

// decodeSingle decodes a sequence of one frame.
func (f *heifFile) decodeSingle(t *heifTrack, data []byte, o DecodeOptions) (Picture, error) {
	if n := int64(t.w) * int64(t.h); o.MaxPixels > 0 && n > o.MaxPixels {
		return Picture{}, f.tooLarge(n, o.MaxPixels)
	}
	a, m, err := f.animate(t, data)
	if err != nil {
		return Picture{}, err
	}
	defer a.close()
	return fromFrame(still(a, m))
}

func still(a *animation, m meta) (frame, meta, error) {
	f, err := a.still()
	return f, m, err
}

// decodeHEIFSequence opens the image sequence in a file.
func decodeHEIFSequence(data []byte, format asset.Format) (*animation, meta, error) {
	f, err := scanHEIF(newView(bytes.NewReader(data), int64(len(data))), format)
	if err != nil {
		return nil, meta{}, err
	}
	t := f.sequence()
	if t == nil {
		return nil, meta{}, &Error{Op: string(format), Detail: "it holds no animation"}
	}
	return f.animate(t, data)
}

// animate opens a track. The animation refers to data and to memory of C's until it is
// closed: frames are coded as differences from others, which a decoder keeps.
func (f *heifFile) animate(t *heifTrack, data []byte) (*animation, meta, error) {
	if err := noSequences(f.format, C.WP_HEIF_SEQUENCES != 0, uint32(C.heif_get_version_number())); err != nil {
		return nil, meta{}, err
	}
	boxes := t.entry.inside(visualEntry)
	d := &sequenceDecoder{f: f, track: t, data: data, colors: readColor(boxes), span: streamRange(boxes), limits: f.limits(1)}
	if d.colors.peak == 0 {
		d.colors.peak = pixel.DefaultPeak // the same for all frames
	}
	if alpha := f.trackAlpha(t); alpha != nil {
		d.limited = limitedAlpha(alpha.entry.inside(visualEntry))
	}
	if err := d.open(); err != nil {
		return nil, meta{}, err
	}
	m := meta{ICC: d.colors.icc}
	probe := pixel.Image{}
	d.colors.apply(&probe)
	m.Notes = hdrNotes(&probe)
	return &animation{
		op: string(f.format), w: t.w, h: t.h, loop: t.loop, frames: t.frames, read: d.next, closer: d.close,
	}, m, nil
}

// A sequenceDecoder decodes a track frame by frame.
type sequenceDecoder struct {
	f       *heifFile
	track   *heifTrack
	data    []byte
	colors  heifColor
	span    C.int
	limits  C.wp_heif_limits
	limited bool // of the alpha's range

	h      *C.wp_heif
	pin    runtime.Pinner
	rgb    C.int
	number int
}

func (d *sequenceDecoder) open() error {
	d.close()
	d.pin.Pin(unsafe.SliceData(d.data))
	d.h = new(C.wp_heif)
	d.pin.Pin(d.h)
	var failed C.wp_heif_error
	C.wp_heif_open(d.h, (*C.uint8_t)(unsafe.SliceData(d.data)), C.size_t(len(d.data)), &d.limits, C.uint32_t(d.track.id), d.span, &failed)
	return d.failed(&failed)
}

func (d *sequenceDecoder) close() {
	if d.h != nil {
		C.wp_heif_free(d.h)
		d.pin.Unpin()
		d.h = nil
	}
}

func (d *sequenceDecoder) failed(e *C.wp_heif_error) error {
	if e.code == 0 {
		return nil
	}
	return heifError(d.f.format, int(e.code), int(e.subcode), C.GoString(&e.text[0]))
}

func (d *sequenceDecoder) next() (patch, error) {
	if d.number == d.track.frames {
		return patch{}, io.EOF
	}
	var failed C.wp_heif_error
	got := C.wp_heif_next(d.h, d.rgb, &failed)
	if got < 0 && d.number == 0 && d.rgb == 0 { // not as planes
		d.rgb = 1
		if err := d.open(); err != nil {
			return patch{}, err
		}
		got = C.wp_heif_next(d.h, d.rgb, &failed)
	}
	if d.f.useLibde265(&d.limits, &failed) { // which starts at the first frame again
		if err := d.open(); err != nil {
			return patch{}, err
		}
		for range d.number + 1 {
			got = C.wp_heif_next(d.h, d.rgb, &failed)
		}
	}
	if err := d.failed(&failed); err != nil {
		return patch{}, err
	}
	if got <= 0 { // fewer frames than the header promises
		return patch{}, &Error{Op: string(d.f.format), Detail: cutShort}
	}
	var im pixel.Image
	if err := copyHEIF(&im, d.h); err != nil {
		return patch{}, err
	}
	if d.limited && im.Alpha {
		expandAlpha(&im)
	}
	d.colors.apply(&im)
	if im.Width != d.track.w || im.Height != d.track.h {
		return patch{}, &Error{Op: string(d.f.format), Detail: wrongSize}
	}
	exact, err := pixel.ToRGBA(&im, im.Width, im.Height, 1)
	if err != nil {
		return patch{}, err
	}
	p := patch{w: im.Width, h: im.Height, pix: exact.Planes[0], duration: d.duration()}
	d.number++
	return p, nil
}

// duration is how long the frame is shown that comes next.
func (d *sequenceDecoder) duration() time.Duration {
	if d.number < len(d.track.durations) {
		return d.track.durations[d.number]
	}
	return 0
}

// turnedTrack notes that a track asks to be turned, which browsers do not do.
func (f *heifFile) turnedTrack(t *heifTrack) (string, bool) {
	turned := slices.ContainsFunc(t.entry.inside(visualEntry), func(b box) bool { return b.kind == "irot" || b.kind == "imir" || b.kind == "clap" })
	return "its frames are shown as they are stored, neither turned nor cropped", turned
}
