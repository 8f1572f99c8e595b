//go:build cgo

package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/asset"
)

// A pngFile is a PNG taken apart into chunks. Its slices share memory with the
// file's bytes.
type pngFile struct {
	pngHeader
	// header and palette are the whole chunks IHDR and PLTE, transparency is the body
	// of tRNS, nil if there is none; image is the whole IDAT chunks, all in a row.
	header, palette, transparency []byte
	image                         [][]byte
	// packed is the length of the compressed pixels.
	packed int

	exif, text []byte // the bodies of eXIf, and iTXt with XMP
	color      pngColor
	notes      []string
	anim       *apngControl // nil for a plain PNG

	spread func(to, row []byte) // what spreader returned, made once for all frames
	memory []byte               // of a frame, for the next one
}

// scanPNG walks the chunks of a PNG up to IEND. What follows is
// ignored. As in libpng, a damaged chunk fails the file where pixels depend on it, and
// is ignored elsewhere. A file that ends behind its pixels is taken as it is.
func scanPNG(data []byte) (*pngFile, error) {
	if !bytes.HasPrefix(data, []byte(pngSignature)) {
		return nil, &Error{Op: "png", Detail: "this is not a PNG"}
	}
	f := &pngFile{}
	for rest := data[len(pngSignature):]; ; {
		kind, whole, ok := pngChunkOf(rest)
		if !ok {
			if err := f.cut(kind); err != nil {
				return nil, err
			}
			f.notes = append(f.notes, endMissing)
			return f, f.finish()
		}
		body := whole[8 : len(whole)-4]
		rest = rest[len(whole):]
		if f.header == nil && kind == "CgBI" {
			return nil, appleError()
		}
		if f.header == nil && kind != "IHDR" {
			return nil, &Error{Op: "png", Detail: "the header is missing"}
		}
		switch kind {
		case "IHDR":
			if err := f.readHeader(whole, body); err != nil {
				return nil, err
			}
		case "PLTE":
			f.palette = whole
		case "tRNS":
			f.readTransparency(whole, body)
		case "IDAT":
			f.image = append(f.image, whole)
			f.packed += len(body)
		case "eXIf":
			if len(body) <= maxInflated && checkSums(whole) == nil {
				f.exif = body
			}
		case "iTXt":
			if bytes.HasPrefix(body, []byte(xmpKeyword)) && len(body) <= maxInflated && checkSums(whole) == nil {
				f.text = body
			}
		case "iCCP", "sRGB", "gAMA", "cHRM", "cICP":
			f.color.read(kind, whole, body)
		case "acTL", "fcTL", "fdAT":
			if err := f.readAnimation(kind, whole, body); err != nil {
				return nil, err
			}
		case "IEND":
			return f, f.finish()
		}
		if f.anim != nil && kind == "IDAT" {
			f.anim.addImage(body)
		}
	}
}

// pngChunkOf returns the chunk that b begins with: a length, a kind, a body of that
// length, and a checksum. It is not ok where b ends before it; then its kind is empty
// where that is not there either.
func pngChunkOf(b []byte) (kind string, whole []byte, ok bool) {
	if len(b) < 8 {
		return "", nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	kind = string(b[4:8])
	if n > uint64(len(b)-8) || uint64(len(b)-8)-n < 4 {
		return kind, nil, false
	}
	return kind, b[:12+n], true
}

// cut says why a file that ends in a chunk of a kind cannot be taken as it is.
func (f *pngFile) cut(kind string) error {
	pixels := kind == "IDAT" || kind == "fcTL" || kind == "fdAT"
	if len(f.image) == 0 || pixels || f.anim != nil && len(f.anim.frames) < f.anim.promised {
		return &Error{Op: "png", Detail: cutShort}
	}
	return nil
}

// finish checks the file once all chunks are read.
func (f *pngFile) finish() error {
	f.notes = append(f.notes, f.color.notes()...)
	if f.anim != nil {
		return f.anim.finish(f)
	}
	if exifOrientation(f.exif) > 1 {
		f.notes = append(f.notes, "its EXIF asks to turn it, which browsers do not do with a PNG")
	}
	return f.check()
}

// appleError is about what Xcode makes of PNGs: without a header and a checksum of the
// zlib stream, blue and red exchanged, and alpha premultiplied.
func appleError() error {
	return &Error{
		Op: "png", Detail: "this is Xcode's variant of PNG (CgBI), for iOS apps alone",
		Hint: "use the file that Xcode made it from, or revert it on a Mac: `xcrun -sdk iphoneos pngcrush -revert-iphone-optimizations in.png out.png`",
	}
}

// readTransparency reads tRNS. libpng ignores one that comes too early, too late or
// twice, and one of a wrong length or checksum. If there is alpha it is forbidden,
// and of no meaning (PNG specification, 11.3.1.1).
func (f *pngFile) readTransparency(whole, body []byte) {
	valid := false
	switch f.colour {
	case pngGray:
		valid = len(body) == 2
	case pngRGB:
		valid = len(body) == 6
	case pngPalette:
		valid = f.palette != nil && len(body) > 0 && len(body) <= min((len(f.palette)-12)/3, 1<<f.depth)
	default:
		return
	}
	if !valid || f.transparency != nil || len(f.image) > 0 || checkSums(whole) != nil {
		const ignored = "its tRNS chunk is damaged and was ignored"
		if !slices.Contains(f.notes, ignored) {
			f.notes = append(f.notes, ignored)
		}
		return
	}
	f.transparency = body
}

// check refuses a PNG whose compressed pixels cannot possibly unpack to the size
// that its header claims, before anything is allocated for it: deflate makes at
// most 1,032 bytes of one.
func (f *pngFile) check() error {
	if len(f.image) == 0 {
		return &Error{Op: "png", Detail: "it holds no pixels"}
	}
	return f.checkPacked(f.w, f.h, f.packed)
}

func (f *pngFile) checkPacked(w, h, packed int) error {
	row := (uint64(w)*uint64(f.pixelBits()) + 7) / 8
	if uint64(h) > (uint64(packed)+64)*1040/row {
		return &Error{Op: "png", Detail: fmt.Sprintf("it claims %dx%d pixels, which its data cannot hold", w, h)}
	}
	return nil
}

// alpha reports whether pixels may be transparent.
func (f *pngFile) alpha() bool {
	return f.colour == pngGrayAlpha || f.colour == pngRGBA || f.transparency != nil
}

// frames counts what a viewer shows one after the other.
func (f *pngFile) frames() int {
	if f.anim != nil {
		return len(f.anim.frames)
	}
	return 1
}

func probePNG(data []byte) (Info, error) {
	f, err := scanPNG(data)
	if err != nil {
		return Info{}, err
	}
	i := Info{
		Format: asset.PNG, Width: f.w, Height: f.h,
		Frames: f.frames(), Alpha: f.alpha(), Depth: f.depth, Notes: f.notes,
		Bits: f.depth * map[int]int{pngGray: 1, pngRGB: 3, pngPalette: 1, pngGrayAlpha: 2, pngRGBA: 4}[f.colour],
	}
	if f.colour == pngPalette {
		i.Depth = 8
	}
	if f.anim != nil {
		i.Alpha = i.Alpha || f.anim.showsThrough(f)
	}
	return i, nil
}

// decodePNG decodes a still PNG; of an APNG with one frame that frame.
func decodePNG(data []byte) (frame, meta, error) {
	f, err := scanPNG(data)
	if err != nil {
		return frame{}, meta{}, err
	}
	if f.anim != nil {
		p, err := f.animate().still()
		return p, f.meta(), err
	}
	if err := checkSums(f.image...); err != nil {
		return frame{}, f.meta(), err
	}
	pieces := make([][]byte, len(f.image))
	for i, c := range f.image {
		pieces[i] = c[8 : len(c)-4]
	}
	p, err := f.decode(f.w, f.h, pieces)
	p.gray = p.gray && f.color.profile != nil // a profile of gAMA, cHRM, cICP is one for RGB
	return p, f.meta(), err
}

// meta returns the metadata of the file. Its orientation is not followed, as browsers
// do not.
func (f *pngFile) meta() meta {
	var m meta
	m.ICC, m.Notes = f.color.icc()
	m.XMP = pngXMP(f.text)
	m.EXIF = bytes.TrimPrefix(f.exif, exifPrefix)
	return m
}

// readHeader reads the chunk IHDR.
func (f *pngFile) readHeader(whole, body []byte) (err error) {
	if f.header != nil {
		return &Error{Op: "png", Detail: "the header is damaged"}
	}
	f.pngHeader, err = readPNGHeader(body)
	f.header = whole
	return err
}
