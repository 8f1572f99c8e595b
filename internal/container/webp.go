package container

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxFrames is how many frames an animation may have: more take demuxers a time that
// grows with the square of their number.
const MaxFrames = 10_000

// The flags of the chunk VP8X (RFC 9649, 2.7).
const (
	flagAnimation = 1 << 1
	flagXMP       = 1 << 2
	flagEXIF      = 1 << 3
	flagAlpha     = 1 << 4
	flagICC       = 1 << 5

	flags = flagAnimation | flagXMP | flagEXIF | flagAlpha | flagICC
)

// parseWebP reads a WebP (RFC 9649), and refuses what is not to the letter: chunks that
// are not known, or not in their order, or there twice; bytes behind the end, and padding
// that is not zero; flags that say other than the chunks; sizes that differ; frames
// that leave the canvas.
func parseWebP(data []byte) (File, error) {
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WEBP" {
		return File{}, errors.New("it is not a WebP")
	}
	if n := int64(binary.LittleEndian.Uint32(data[4:])); n+8 != int64(len(data)) {
		return File{}, fmt.Errorf("its header gives another length than it has: %d bytes, not %d", n+8, len(data))
	}
	chunks, err := split(data[12:])
	switch {
	case err != nil:
		return File{}, err
	case len(chunks) == 0:
		return File{}, errors.New("it holds nothing")
	case chunks[0].name == "VP8X":
		return extended(chunks)
	}
	image, rest, err := bitstream(chunks)
	switch {
	case err != nil:
		return File{}, err
	case len(rest) > 0:
		return File{}, fmt.Errorf("its chunk %q is one too many", rest[0].name)
	case len(chunks) > 1:
		return File{}, errors.New("it has alpha without the chunk \"VP8X\"")
	}
	return File{Width: image.width, Height: image.height, Frames: 1, Lossless: image.lossless, Alpha: image.alpha}, nil
}

// A chunk is a part of a file.
type chunk struct {
	name string
	data []byte
}

// maxChunks bounds the chunks that are read: those of the most frames, and metadata.
const maxChunks = MaxFrames + 10

// split takes data apart into chunks, all of it.
func split(data []byte) ([]chunk, error) {
	var all []chunk
	for len(data) > 0 {
		if len(all) == maxChunks {
			return nil, fmt.Errorf("it has more than %d frames", MaxFrames)
		}
		if len(data) < 8 {
			return nil, fmt.Errorf("%d bytes are not part of it", len(data))
		}
		name, size := string(data[:4]), int64(binary.LittleEndian.Uint32(data[4:]))
		padded := size + size&1
		if padded > int64(len(data)-8) {
			return nil, fmt.Errorf("its chunk %q is cut off", name)
		}
		if padded > size && data[8+size] != 0 {
			return nil, fmt.Errorf("the padding of its chunk %q is not zero", name)
		}
		all = append(all, chunk{name, data[8 : 8+size]})
		data = data[8+padded:]
	}
	return all, nil
}

// extended reads a file whose first chunk is VP8X.
func extended(chunks []chunk) (File, error) {
	head := chunks[0].data
	if len(head) != 10 {
		return File{}, errors.New("its chunk \"VP8X\" has another size than 10 bytes")
	}
	if head[0]&^flags != 0 || head[1]|head[2]|head[3] != 0 {
		return File{}, errors.New("its chunk \"VP8X\" has reserved bits set")
	}
	f := File{Width: 1 + int24(head[4:]), Height: 1 + int24(head[7:]), Animated: head[0]&flagAnimation != 0}
	rest := chunks[1:]
	has := byte(0)
	take := func(name string, flag byte) []byte {
		if len(rest) == 0 || rest[0].name != name {
			return nil
		}
		data := rest[0].data
		rest, has = rest[1:], has|flag
		return data
	}
	f.ICC = take("ICCP", flagICC)
	var err error
	if f.Animated {
		rest, err = f.animation(rest)
		has |= flagAnimation
	} else {
		var image frame
		image, rest, err = bitstream(rest)
		f.Frames, f.Lossless, f.Alpha = 1, image.lossless, image.alpha
		if err == nil && (image.width != f.Width || image.height != f.Height) {
			err = fmt.Errorf("its header says %dx%d, and the image in it is %dx%d", f.Width, f.Height, image.width, image.height)
		}
	}
	if err != nil {
		return File{}, err
	}
	f.EXIF, f.XMP = take("EXIF", flagEXIF), take("XMP ", flagXMP)
	if len(rest) > 0 {
		return File{}, fmt.Errorf("its chunk %q is one that no WebP of webpress has, or not in its place", rest[0].name)
	}
	if f.Alpha {
		has |= flagAlpha
	}
	// Alpha is a hint alone: an opaque image may have it.
	if given := head[0]; given&^flagAlpha != has&^flagAlpha || has&flagAlpha&^given != 0 {
		return File{}, errors.New("its flags and its chunks do not agree")
	}
	return f, nil
}

// animation reads the chunks ANIM and ANMF, and returns those behind them.
func (f *File) animation(chunks []chunk) (rest []chunk, err error) {
	if len(chunks) == 0 || chunks[0].name != "ANIM" || len(chunks[0].data) != 6 {
		return nil, errors.New("it has no sound chunk \"ANIM\"")
	}
	rest, f.Lossless = chunks[1:], true
	for len(rest) > 0 && rest[0].name == "ANMF" {
		if f.Frames++; f.Frames > MaxFrames {
			return nil, fmt.Errorf("it has more than %d frames", MaxFrames)
		}
		if err := f.frame(rest[0].data); err != nil {
			return nil, fmt.Errorf("frame %d: %w", f.Frames, err)
		}
		rest = rest[1:]
	}
	if f.Frames == 0 {
		return nil, errors.New("it is an animation without frames")
	}
	return rest, nil
}

// frame reads a chunk ANMF (RFC 9649, 2.7.1.1).
func (f *File) frame(data []byte) error {
	if len(data) < 16 {
		return errors.New("its header is cut off")
	}
	x, y, width, height := 2*int24(data), 2*int24(data[3:]), 1+int24(data[6:]), 1+int24(data[9:])
	switch {
	case data[15]&^3 != 0:
		return errors.New("its header has reserved bits set")
	case x+width > f.Width || y+height > f.Height:
		return errors.New("it leaves the canvas")
	}
	chunks, err := split(data[16:])
	if err != nil {
		return err
	}
	image, rest, err := bitstream(chunks)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return fmt.Errorf("its chunk %q is one too many", rest[0].name)
	case image.width != width || image.height != height:
		return fmt.Errorf("its header says %dx%d, and the image in it is %dx%d", width, height, image.width, image.height)
	}
	f.Alpha = f.Alpha || image.alpha
	f.Lossless = f.Lossless && image.lossless
	return nil
}

// A frame is what the header of one bit stream says.
type frame struct {
	width, height   int
	lossless, alpha bool
}

// bitstream reads the headers of one image, which is VP8L, VP8, or ALPH and VP8, and
// returns the chunks behind it.
func bitstream(chunks []chunk) (frame, []chunk, error) {
	alpha := false
	if len(chunks) > 0 && chunks[0].name == "ALPH" {
		// Two bits each: reserved, preprocessing, filter, compression.
		if data := chunks[0].data; len(data) < 2 || data[0]>>6 != 0 || data[0]>>4&3 > 1 || data[0]&3 > 1 {
			return frame{}, nil, errors.New("its chunk \"ALPH\" is damaged")
		}
		alpha, chunks = true, chunks[1:]
		if len(chunks) == 0 || chunks[0].name != "VP8 " {
			return frame{}, nil, errors.New("behind its chunk \"ALPH\" is no \"VP8 \"")
		}
	}
	if len(chunks) == 0 {
		return frame{}, nil, errors.New("it holds no image")
	}
	var f frame
	var ok bool
	switch chunks[0].name {
	case "VP8 ":
		f, ok = vp8(chunks[0].data)
		f.alpha = alpha
	case "VP8L":
		f, ok = vp8l(chunks[0].data)
	default:
		return frame{}, nil, fmt.Errorf("its chunk %q is one that no WebP of webpress has, or not in its place", chunks[0].name)
	}
	if !ok {
		return frame{}, nil, fmt.Errorf("its chunk %q is damaged", chunks[0].name)
	}
	return f, chunks[1:], nil
}

// vp8 reads the header of a key frame that is shown (RFC 6386, 9.1).
func vp8(data []byte) (frame, bool) {
	if len(data) < 10 || string(data[3:6]) != "\x9d\x01\x2a" {
		return frame{}, false
	}
	tag := int24(data)
	inter, version, shown, first := tag&1, tag>>1&7, tag>>4&1, tag>>5
	width, height := int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	// The two bits above 14 would have it enlarged.
	ok := inter == 0 && version <= 3 && shown == 1 && first > 0 && first <= len(data)-10 &&
		0 < width && width < 1<<14 && 0 < height && height < 1<<14
	return frame{width: width, height: height}, ok
}

// vp8l reads the header of a lossless image (RFC 9649, 3.4).
func vp8l(data []byte) (frame, bool) {
	if len(data) < 6 || data[0] != 0x2f {
		return frame{}, false
	}
	bits := binary.LittleEndian.Uint32(data[1:])
	return frame{
		width: 1 + int(bits&0x3fff), height: 1 + int(bits>>14&0x3fff), lossless: true, alpha: bits>>28&1 == 1,
	}, bits>>29 == 0
}

// int24 is a number of 24 bits, the lowest byte first.
func int24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
