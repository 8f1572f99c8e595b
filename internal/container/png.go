package container

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	// pngText begins the only text: uncompressed XMP, without a language.
	pngText = "XML:com.adobe.xmp\x00\x00\x00\x00\x00"
	// pngProfile begins a profile: a name, and the method of compression.
	pngProfile = "icc\x00\x00"
	// pngSide is the most pixels a side (libpng's PNG_USER_WIDTH_MAX).
	pngSide = 1_000_000
)

// The color types of a PNG (PNG specification, 11.2.1).
const (
	pngGray      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

// A pngImage is how the pixels of a PNG are coded.
type pngImage struct {
	depth, color byte
	// packed is a zlib stream.
	packed []byte
}

// channels is the number of samples a pixel.
func (p pngImage) channels() int {
	return map[byte]int{pngRGB: 3, pngGrayAlpha: 2, pngRGBA: 4}[p.color]
}

// parsePNG reads a PNG: IHDR, iCCP, eXIf, iTXt with XMP, PLTE, tRNS, IDAT, IEND, in this
// order, and each at most once. An encoder that has more than a gigabyte of pixels makes
// several IDAT; such files are refused.
func parsePNG(data []byte) (File, pngImage, error) {
	var f File
	var im pngImage
	rest, ok := bytes.CutPrefix(data, []byte(pngSignature))
	if !ok {
		return File{}, im, errors.New("it is not a PNG")
	}
	c := pngReader{rest: rest}
	head := c.take("IHDR")
	if head == nil {
		return File{}, im, c.or(errors.New("it has no header"))
	}
	if err := im.header(&f, head); err != nil {
		return File{}, im, err
	}
	if packed := c.take("iCCP"); packed != nil {
		icc, err := inflateICC(packed)
		if err != nil {
			return File{}, im, err
		}
		f.ICC = icc
	}
	f.EXIF = c.take("eXIf")
	if text := c.take("iTXt"); text != nil {
		if f.XMP, ok = bytes.CutPrefix(text, []byte(pngText)); !ok {
			return File{}, im, errors.New("its text is not XMP")
		}
	}
	palette, alpha := c.take("PLTE"), c.take("tRNS")
	im.packed = c.take("IDAT")
	colors := len(palette) / 3
	switch {
	case im.packed == nil:
		return File{}, im, c.or(errors.New("it holds no image"))
	case (im.color == pngPalette) != (palette != nil), palette == nil && alpha != nil:
		return File{}, im, errors.New("its palette and its color type do not agree")
	case palette != nil && (len(palette)%3 != 0 || colors == 0 || colors > 1<<im.depth):
		return File{}, im, errors.New("its palette has another size than its color type")
	case alpha != nil && (len(alpha) == 0 || len(alpha) > colors):
		return File{}, im, errors.New("its alpha has another size than its palette")
	}
	f.Alpha = alpha != nil || im.color == pngGrayAlpha || im.color == pngRGBA
	end := c.take("IEND")
	switch {
	case end == nil:
		return File{}, im, c.or(errors.New("it has no end"))
	case len(end) > 0:
		return File{}, im, errors.New("its last chunk is not empty")
	case len(c.rest) > 0:
		return File{}, im, fmt.Errorf("%d bytes follow its end", len(c.rest))
	}
	return f, im, nil
}

// header reads the body of IHDR.
func (p *pngImage) header(f *File, body []byte) error {
	if len(body) != 13 {
		return errors.New("its header has another size than 13 bytes")
	}
	width, height := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	p.depth, p.color = body[8], body[9]
	small := p.depth == 1 || p.depth == 2 || p.depth == 4
	switch {
	case width == 0 || height == 0 || width > pngSide || height > pngSide:
		return fmt.Errorf("it has %dx%d pixels", width, height)
	case p.channels() == 0 && p.color != pngGray && p.color != pngPalette, p.depth != 8 && (!small || p.channels() > 0):
		return fmt.Errorf("it has color type %d with %d bits, which webpress does not write", p.color, p.depth)
	case body[10] != 0 || body[11] != 0 || body[12] != 0:
		return errors.New("its header asks for methods that webpress does not use")
	}
	f.Width, f.Height, f.Frames, f.Lossless = int(width), int(height), 1, true
	return nil
}

// A pngReader reads the chunks of a PNG.
type pngReader struct {
	rest []byte
	err  error
}

// take returns the body of the next chunk, nil if that is of another kind.
func (c *pngReader) take(kind string) []byte {
	if c.err != nil || len(c.rest) < 12 || string(c.rest[4:8]) != kind {
		return nil
	}
	n := uint64(binary.BigEndian.Uint32(c.rest))
	if n > uint64(len(c.rest)-12) {
		c.err = fmt.Errorf("its chunk %q is cut off", kind)
		return nil
	}
	end := 8 + n
	if crc32.ChecksumIEEE(c.rest[4:end]) != binary.BigEndian.Uint32(c.rest[end:]) {
		c.err = fmt.Errorf("its chunk %q has another checksum than it says", kind)
		return nil
	}
	body := c.rest[8:end:end]
	c.rest = c.rest[end+4:]
	return body
}

// or is what is wrong with the chunks, and err where nothing else is.
func (c *pngReader) or(err error) error {
	switch {
	case c.err != nil:
		return c.err
	case len(c.rest) >= 8 && string(c.rest[4:8]) != "IEND":
		return fmt.Errorf("its chunk %q is one that no PNG of webpress has, or not in its place", c.rest[4:8])
	}
	return err
}

// inflateICC unpacks the body of iCCP, all of which has to be the profile.
func inflateICC(body []byte) ([]byte, error) {
	packed, ok := bytes.CutPrefix(body, []byte(pngProfile))
	if !ok {
		return nil, errors.New("its ICC profile has a name that webpress does not give")
	}
	var icc bytes.Buffer
	if err := inflate(&icc, packed, maxICC); err != nil {
		return nil, fmt.Errorf("its ICC profile cannot be unpacked: %w", err)
	}
	return icc.Bytes(), nil
}

// inflate unpacks a zlib stream, behind which there may be nothing, into w: most bytes at
// most.
func inflate(w io.Writer, packed []byte, most int64) error {
	r := bytes.NewReader(packed) // of which no more is read than the stream has
	z, err := zlib.NewReader(r)
	if err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(z, most+1))
	switch {
	case err != nil:
		return err
	case n > most:
		return fmt.Errorf("it has more than %d bytes", most)
	}
	if r.Len() > 0 {
		return fmt.Errorf("%d bytes follow its end", r.Len())
	}
	return nil
}

// CheckPNG says why the pixels of a PNG that Parse takes are not exactly as many as its
// header says, with nothing behind them. It takes the time of unpacking them, and no
// memory.
func CheckPNG(data []byte) error {
	f, im, err := parsePNG(data)
	if err != nil {
		return err
	}
	row := int64(f.Width) * int64(max(1, im.channels())) * int64(im.depth)
	want := (1 + (row+7)/8) * int64(f.Height)
	var n counter
	if err := inflate(&n, im.packed, want); err != nil {
		return fmt.Errorf("its pixels cannot be unpacked: %w", err)
	}
	if int64(n) != want {
		return fmt.Errorf("its pixels have %d bytes, and its header says %d", n, want)
	}
	return nil
}

// A counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
