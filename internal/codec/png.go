package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"webpress/internal/asset"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// PNG colour types (PNG specification, 11.2.1).
const (
	pngGray      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

// A pngFile is a PNG taken apart into chunks. Its slices share memory with the
// file's bytes.
type pngFile struct {
	w, h, depth, colour int
	interlaced          bool
	// header, palette, transparency are the whole chunks IHDR, PLTE, tRNS, nil
	// where there is none; image is the whole IDAT chunks, all in a row.
	header, palette, transparency []byte
	image                         [][]byte
	// packed is the length of the compressed pixels.
	packed int

	icc, exif, text []byte // the bodies of iCCP, eXIf, and iTXt with XMP
	notes           []string
	anim            *apngControl // nil for a plain PNG
}

// scanPNG walks the chunks of a PNG up to IEND. What follows is no business of
// ours. Checksums are left to the decoder, and for chunks that it does not read,
// to nobody, as browsers do.
func scanPNG(data []byte) (*pngFile, error) {
	if !bytes.HasPrefix(data, []byte(pngSignature)) {
		return nil, &Error{Op: "png", Detail: "this is not a PNG"}
	}
	f := &pngFile{}
	var colour pngColour
	for rest := data[len(pngSignature):]; ; {
		if len(rest) < 12 {
			return nil, &Error{Op: "png", Detail: cutShort}
		}
		n := uint64(binary.BigEndian.Uint32(rest))
		if n > uint64(len(rest)-12) {
			return nil, &Error{Op: "png", Detail: cutShort}
		}
		kind, body, whole := string(rest[4:8]), rest[8:8+n], rest[:12+n]
		rest = rest[12+n:]

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
			f.transparency = whole
		case "IDAT":
			f.image = append(f.image, whole)
			f.packed += len(body)
		case "iCCP":
			f.icc, colour.profile = body, true
		case "eXIf":
			f.exif = body
		case "iTXt":
			if bytes.HasPrefix(body, []byte(xmpKeyword)) {
				f.text = body
			}
		case "sRGB", "gAMA", "cICP":
			colour.read(kind, body)
		case "acTL", "fcTL", "fdAT":
			if err := f.readAnimation(kind, body); err != nil {
				return nil, err
			}
		case "IEND":
			if f.notes = colour.notes(); f.anim != nil {
				return f, f.anim.finish(f)
			}
			return f, f.check()
		}
		if f.anim != nil && kind == "IDAT" {
			f.anim.addImage(body)
		}
	}
}

func (f *pngFile) readHeader(whole, body []byte) error {
	if f.header != nil || len(body) != 13 {
		return &Error{Op: "png", Detail: "the header is damaged"}
	}
	w, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
		return &Error{Op: "png", Detail: fmt.Sprintf("a size of %dx%d is not valid", w, h)}
	}
	f.w, f.h, f.header = int(w), int(h), whole
	f.depth, f.colour, f.interlaced = int(body[8]), int(body[9]), body[12] == 1
	var depths []int
	switch f.colour {
	case pngGray:
		depths = []int{1, 2, 4, 8, 16}
	case pngPalette:
		depths = []int{1, 2, 4, 8}
	case pngRGB, pngGrayAlpha, pngRGBA:
		depths = []int{8, 16}
	}
	if !slices.Contains(depths, f.depth) {
		return &Error{Op: "png", Detail: fmt.Sprintf("%d bits of colour type %d are not valid", f.depth, f.colour)}
	}
	if body[10] != 0 || body[11] != 0 || body[12] > 1 {
		return &Error{Op: "png", Detail: fmt.Sprintf("compression %d, filter %d, interlacing %d are not known", body[10], body[11], body[12])}
	}
	return nil
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

// alpha says that pixels may be transparent.
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
	}
	if f.colour == pngPalette {
		i.Depth = 8
	}
	if f.anim != nil {
		i.Alpha = i.Alpha || f.anim.showsThrough(f)
	} else if exifOrientation(f.exif) >= 5 {
		i.Width, i.Height = i.Height, i.Width
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
	return p, f.meta(), err
}

// meta returns the metadata of the file.
func (f *pngFile) meta() meta {
	var m meta
	// iCCP: a name, NUL, the method 0, zlib.
	if name, packed, ok := bytes.Cut(f.icc, []byte{0}); ok && len(name) > 0 && len(packed) > 1 && packed[0] == 0 {
		m.ICC, _ = inflate(packed[1:])
	}
	if f.icc != nil && m.ICC == nil {
		m.Notes = append(m.Notes, "the colour profile is damaged and was ignored")
	}
	m.XMP = pngXMP(f.text)
	m.EXIF = bytes.TrimPrefix(f.exif, exifPrefix)
	m.Orientation = exifOrientation(m.EXIF)
	return m
}

const xmpKeyword = "XML:com.adobe.xmp\x00"

// pngXMP reads an iTXt chunk: keyword, NUL, compressed or not, method, language,
// NUL, translated keyword, NUL, text. It returns nil where that is not so.
func pngXMP(body []byte) []byte {
	body, ok := bytes.CutPrefix(body, []byte(xmpKeyword))
	if !ok || len(body) < 2 {
		return nil
	}
	compressed := body[0] == 1
	_, text, _ := bytes.Cut(body[2:], []byte{0})
	_, text, _ = bytes.Cut(text, []byte{0})
	if compressed {
		text, _ = inflate(text)
	}
	if len(text) == 0 || len(text) > maxInflated {
		return nil
	}
	return text
}

// A pngColour gathers what a PNG says about its colours besides a profile.
// Precedence is cICP, iCCP, sRGB, gAMA (PNG specification, third edition, 4.3).
type pngColour struct {
	profile, srgb bool
	gamma         uint32 // of gAMA, times 100,000
	coded         []byte // the body of cICP
}

func (c *pngColour) read(kind string, body []byte) {
	switch {
	case kind == "sRGB":
		c.srgb = true
	case kind == "gAMA" && len(body) == 4:
		c.gamma = binary.BigEndian.Uint32(body)
	case kind == "cICP" && len(body) == 4:
		c.coded = body
	}
}

// notes says where we know better than to be silent. A bare gamma, mostly of old
// tools and of renderers, and often wrong, is not applied: the samples are taken
// as sRGB, as they are by most tools. cICP is not applied either.
func (c *pngColour) notes() []string {
	const srgbGamma, tolerance = 45455, 2500
	switch {
	case c.coded != nil && !bytes.Equal(c.coded, []byte{1, 13, 0, 1}):
		return []string{"its colours are coded by a cICP chunk, which is ignored: they are taken as sRGB"}
	case c.profile || c.srgb || c.gamma == 0:
		return nil
	case c.gamma < srgbGamma-tolerance || c.gamma > srgbGamma+tolerance:
		return []string{fmt.Sprintf("its gamma of %.2f is ignored: colours are taken as sRGB", float64(c.gamma)/100000)}
	}
	return nil
}
