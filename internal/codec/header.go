package codec

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/webpress/webpress/internal/asset"
)

// A Header is what a few bytes of a file say about it.
type Header struct {
	Format asset.Format
	// Width and Height are in pixels, as the image is shown, the same that Probe
	// gives.
	Width, Height int
	// Position reports whether the file says where the image was taken.
	Position bool
}

// Info is what Probe would say, as far as the header was read.
func (o Header) Info() Info {
	lossy := o.Format == asset.HEIC || o.Format == asset.AVIF || o.Format == asset.JPEG || o.Format == asset.WebP
	return Info{Format: o.Format, Width: o.Width, Height: o.Height, Frames: 1, Lossy: lossy}
}

// ReadHeader reads the header of the file of size bytes that r holds. It reads as
// few of them as it can, so that it does not see whether the rest is sound; where
// position is false, it looks for none. The error is an *Error, or that of r.
func ReadHeader(r io.ReaderAt, size int64, position bool) (Header, error) {
	v := newView(r, size)
	head, _ := v.take(0, min(size, asset.SniffLen))
	format, err := sniff(head)
	o := Header{Format: format}
	switch format {
	case asset.JPEG:
		err = o.readJPEG(v, position)
	case asset.PNG:
		err = o.readPNG(v, position)
	case asset.WebP:
		err = o.readWebP(v, position)
	case asset.TIFF:
		err = o.readTIFF(v, position)
	case asset.GIF:
		err = o.readGIF(v, position)
	case asset.BMP:
		err = o.readBMP(v)
	case asset.HEIC, asset.AVIF:
		err = o.readHEIF(v, position)
	}
	if v.err != nil {
		return Header{}, v.err
	}
	if err == nil && (o.Width < 1 || o.Height < 1) {
		err = &Error{Op: string(format), Detail: "the header gives no size"}
	}
	if err != nil {
		return Header{}, withHint(err)
	}
	return o, nil
}

// A view reads stretches of a file.
type view struct {
	r    io.ReaderAt
	size int64
	// page is the least number of bytes that are read at once.
	page int64
	// seen is what was read last; it begins at from.
	seen []byte
	from int64
	// err is the first error of r, other than that it has fewer bytes than size.
	err error
	// blocks counts those that were looked at for a position.
	blocks int
}

const (
	// viewPage is about what the header of an image takes up without thumbnails.
	viewPage = 4096
	// maxBlocks bounds the blocks of metadata in a file that are looked at: each may
	// unpack to much more than it takes up.
	maxBlocks = 100
	// gifHead is what a GIF has before its first image, with tables and extensions, but
	// for few files.
	gifHead = 64 << 10
	// maxWhole bounds the files that are read whole: one that memory has no room for
	// would end the program. It is what max-file-size allows by default.
	maxWhole = 256 << 20
)

func newView(r io.ReaderAt, size int64) *view { return &view{r: r, size: size, page: viewPage} }

// take returns the n bytes at an offset, or false if the file does not have them.
// They are valid until the next call.
func (v *view) take(at, n int64) ([]byte, bool) {
	if at < 0 || n < 0 || at > v.size-n {
		return nil, false
	}
	if at < v.from || at+n > v.from+int64(len(v.seen)) {
		want := min(max(n, v.page), v.size-at)
		if int64(cap(v.seen)) < want {
			v.seen = make([]byte, want)
		}
		got, err := v.r.ReadAt(v.seen[:want], at)
		v.seen, v.from = v.seen[:got], at
		if err != nil && err != io.EOF && v.err == nil {
			v.err = err
		}
		if int64(got) < n {
			return nil, false
		}
	}
	return v.seen[at-v.from:][:n], true
}

// all returns the whole file.
func (v *view) all(op string) ([]byte, error) {
	if v.size > maxWhole {
		return nil, &Error{
			Op: op, Detail: fmt.Sprintf("a file of %d bytes is too large to be read for what it says of itself", v.size),
			Hint: fmt.Sprintf("make it smaller than %d MiB", maxWhole>>20),
		}
	}
	data, ok := v.take(0, v.size)
	if !ok {
		return nil, v.short(op)
	}
	return data, nil
}

// block returns the first bytes, as many as are looked at, of a block of metadata;
// false if it is one too many, or not in the file.
func (v *view) block(at, n int64) ([]byte, bool) {
	if v.blocks++; v.blocks > maxBlocks {
		return nil, false
	}
	return v.take(at, min(n, maxInflated))
}

// short is the error of a file that has fewer bytes than are needed.
func (v *view) short(op string) error { return &Error{Op: op, Detail: cutShort} }

// readGIF walks the blocks up to the first image, which may make the canvas larger.
// A position stands in XMP anywhere among the images, so that looking for one takes
// the whole file.
func (o *Header) readGIF(v *view, position bool) error {
	for n := int64(viewPage); !position && n <= gifHead; n *= 4 {
		v.page = n
		v.take(0, min(n, v.size)) // as far as it goes
		if g, err := openGIF(v.seen); err == nil && v.from == 0 {
			o.Width, o.Height = g.w, g.h
			return nil
		}
	}
	data, err := v.all("gif")
	if err != nil {
		return err
	}
	o.Position = position && xmpPosition(gifXMP(data))
	g, err := openGIF(data)
	if err == nil {
		o.Width, o.Height = g.w, g.h
	}
	return err
}

// readBMP reads the size as scanBMP does. A BMP has no place for a position.
func (o *Header) readBMP(v *view) error {
	head, ok := v.take(0, bmpFileHeader+bmpCore)
	if !ok {
		return v.short("bmp")
	}
	if binary.LittleEndian.Uint32(head[14:]) == bmpCore {
		o.Width, o.Height = int(binary.LittleEndian.Uint16(head[18:])), int(binary.LittleEndian.Uint16(head[20:]))
		return nil
	}
	o.Width, o.Height = int(int32(binary.LittleEndian.Uint32(head[18:]))), int(int32(binary.LittleEndian.Uint32(head[22:])))
	if o.Height < 0 {
		o.Height = -o.Height // rows from top to bottom
	}
	return nil
}

// readHEIF reads the boxes that describe the file.
func (o *Header) readHEIF(v *view, position bool) error {
	f, err := scanHEIF(v, o.Format)
	if err != nil {
		return err
	}
	if t := f.sequence(); t != nil {
		o.Width, o.Height = t.w, t.h
	} else {
		s, err := f.shape(f.primary)
		if err != nil {
			return err
		}
		o.Width, o.Height = s.w, s.h
	}
	if position {
		exif, xmp := f.blocks(v)
		o.Position = exifPosition(exif) || xmpPosition(xmp)
	}
	return nil
}

func sniff(data []byte) (asset.Format, error) {
	format, ok := asset.Sniff(data)
	if !ok {
		return "", &Error{Op: "image", Detail: "the content is of no known format"}
	}
	return format, nil
}
