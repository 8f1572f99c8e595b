package codec

// #include <webp/decode.h>
import "C"

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unsafe"
)

// A webpFile is an animated WebP taken apart into chunks (WebP container
// specification). Its slices share memory with the file's bytes.
type webpFile struct {
	w, h           int
	loop           int
	background     uint32
	frames         []webpFrame
	icc, exif, xmp []byte
}

type webpFrame struct {
	patch         // without pixels
	stream []byte // ALPH and VP8, or VP8L, with their chunk headers
	lossy  bool
	alpha  bool
}

// scanAnimWebP walks the chunks of an animated WebP.
func scanAnimWebP(data []byte) (*webpFile, error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		return nil, &Error{Op: "webp", Detail: "this is not a WebP"}
	}
	n := uint64(binary.LittleEndian.Uint32(data[4:]))
	if n < 4 || n > uint64(len(data)-8) {
		return nil, &Error{Op: "webp", Detail: cutShort}
	}
	f := &webpFile{}
	rest := data[12 : 8+n]
	for len(rest) > 0 {
		kind, body, whole, err := riffChunk(rest)
		if err != nil {
			return nil, err
		}
		rest = rest[len(whole):]
		if f.w == 0 && kind != "VP8X" {
			return nil, &Error{Op: "webp", Detail: "it holds no animation"}
		}
		switch kind {
		case "VP8X":
			if len(body) < 10 || body[0]&2 == 0 {
				return nil, &Error{Op: "webp", Detail: "it holds no animation"}
			}
			f.w, f.h = u24(body[4:])+1, u24(body[7:])+1
		case "ANIM":
			if len(body) < 6 {
				return nil, &Error{Op: "webp", Detail: "the animation's header is damaged"}
			}
			f.background, f.loop = binary.LittleEndian.Uint32(body), int(binary.LittleEndian.Uint16(body[4:]))
		case "ANMF":
			if err := f.addFrame(body); err != nil {
				return nil, err
			}
		case "ICCP":
			f.icc = body
		case "EXIF":
			f.exif = body
		case "XMP ":
			f.xmp = body
		}
	}
	if len(f.frames) == 0 {
		return nil, &Error{Op: "webp", Detail: "it holds no frame"}
	}
	return f, nil
}

func (f *webpFile) addFrame(body []byte) error {
	failed := func(what string) error {
		return &Error{Op: "webp", Detail: fmt.Sprintf("frame %d %s", len(f.frames)+1, what)}
	}
	if len(body) < 16 {
		return failed("is damaged")
	}
	p := webpFrame{patch: patch{
		x: 2 * u24(body), y: 2 * u24(body[3:]), w: u24(body[6:]) + 1, h: u24(body[9:]) + 1,
		duration: time.Duration(u24(body[12:])) * time.Millisecond, over: body[15]&2 == 0,
	}}
	if body[15]&1 != 0 {
		p.dispose = disposeClear
	}
	if p.x+p.w > f.w || p.y+p.h > f.h {
		return failed("reaches out of the image")
	}
	for rest := body[16:]; len(rest) > 0 && !p.lossy; {
		kind, chunk, whole, err := riffChunk(rest)
		if err != nil {
			return failed("is cut short")
		}
		rest = rest[len(whole):]
		switch kind {
		case "ALPH":
			p.stream, p.alpha = whole, true
		case "VP8 ":
			p.stream = append(p.stream[:len(p.stream):len(p.stream)], whole...)
			p.lossy = true
		case "VP8L":
			p.stream = whole
			p.alpha = len(chunk) >= 5 && chunk[4]&0x10 != 0
			rest = nil
		}
	}
	if len(p.stream) == 0 || p.alpha && string(p.stream[:4]) == "ALPH" && !p.lossy {
		return failed("holds no pixels")
	}
	f.frames = append(f.frames, p)
	return nil
}

// alpha reports whether pixels may be transparent.
func (f *webpFile) alpha() bool {
	for i, p := range f.frames {
		if p.dispose == disposeClear || p.alpha && (i == 0 || !p.over) || i == 0 && (p.w != f.w || p.h != f.h) {
			return true
		}
	}
	return false
}

// decodeAnimWebP opens an animated WebP. libwebp's WebPAnimDecoder would keep
// memory of C's from call to call, and a pointer into data; this unpacks one
// frame a call into memory of Go's, and blends without its approximations.
func decodeAnimWebP(data []byte) (*animation, meta, error) {
	f, err := scanAnimWebP(data)
	if err != nil {
		return nil, meta{}, err
	}
	m := meta{ICC: f.icc, EXIF: f.exif, XMP: f.xmp, Orientation: exifOrientation(f.exif)}
	var pix []byte
	next := 0
	return &animation{
		op: "webp", w: f.w, h: f.h, loop: f.loop, background: f.background, frames: len(f.frames),
		read: func() (patch, error) {
			if next == len(f.frames) {
				return patch{}, io.EOF
			}
			p := f.frames[next]
			next++
			if n := 4 * p.w * p.h; cap(pix) < n {
				pix = make([]byte, n)
			} else {
				pix = pix[:n]
			}
			if !unpackWebP(p.stream, p.w, p.h, pix) {
				return patch{}, &Error{Op: "webp", Detail: fmt.Sprintf("frame %d is cut short or damaged", next)}
			}
			p.pix = pix
			return p.patch, nil
		},
	}, m, nil
}

// unpackWebP decodes the stream of one frame into pix as straight RGBA, if its
// size is w by h.
func unpackWebP(stream []byte, w, h int, pix []byte) bool {
	src, n := (*C.uint8_t)(unsafe.SliceData(stream)), C.size_t(len(stream))
	var cw, ch C.int
	if C.WebPGetInfo(src, n, &cw, &ch) == 0 || int(cw) != w || int(ch) != h {
		return false
	}
	dst := (*C.uint8_t)(unsafe.SliceData(pix))
	return C.WebPDecodeRGBAInto(src, n, dst, C.size_t(len(pix)), C.int(4*w)) != nil
}
