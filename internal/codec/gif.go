package codec

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/webpress/webpress/internal/asset"
)

// A gifReader walks the blocks of a GIF (GIF89a specification). image/gif is not
// used because it keeps all frames in memory, and refuses files that browsers
// show: with unknown extensions, or with frames that reach out of the image.
type gifReader struct {
	w, h   int
	global []byte // the colour table, 3 bytes a colour
	plays  int    // how many times it is played; 0 is without end
	rest   []byte
	count  int // images seen
	// cut reports whether the file ended without its trailer, junk that something else
	// than a block ended it.
	cut, junk bool
}

// gifControl is the label of the extension that is about the next image.
const gifControl = 0xf9

// A gifImage is one image of a GIF, not yet unpacked.
type gifImage struct {
	patch      // without pixels
	interlaced bool
	colours    []byte // 3 bytes a colour
	// transparent is the index that stands for no colour, or -1.
	transparent int
	// bits is the number of bits of a literal code; blocks hold the codes, and whole
	// says that their end is there.
	bits   int
	blocks []byte
	whole  bool
}

// openGIF reads the header and what is before the first image.
func openGIF(data []byte) (*gifReader, error) {
	if len(data) < 6 || string(data[:6]) != "GIF87a" && string(data[:6]) != "GIF89a" {
		return nil, &Error{Op: "gif", Detail: "this is not a GIF"}
	}
	if len(data) < 13 {
		return nil, &Error{Op: "gif", Detail: cutShort}
	}
	// Without NETSCAPE2.0's loop count, an animation is played once.
	g := &gifReader{plays: 1, rest: data[13:]}
	g.w, g.h = int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	var err error
	if g.global, err = g.table(data[10]); err != nil {
		return nil, err
	}
	// The first image makes the canvas larger where it reaches out of it, or where
	// some tool left the size out, as in browsers.
	ahead := *g
	first, err := ahead.next()
	switch {
	case err == nil:
		g.w, g.h = max(g.w, first.x+first.w), max(g.h, first.y+first.h)
	case err != io.EOF:
		return nil, err
	case ahead.cut:
		return nil, &Error{Op: "gif", Detail: cutShort}
	default:
		return nil, &Error{Op: "gif", Detail: "it holds no image"}
	}
	if g.w == 0 || g.h == 0 {
		return nil, &Error{Op: "gif", Detail: fmt.Sprintf("a size of %dx%d is not valid", g.w, g.h)}
	}
	return g, nil
}

// table takes a colour table off the file, where the flags say that there is one.
func (g *gifReader) table(flags byte) ([]byte, error) {
	if flags&0x80 == 0 {
		return nil, nil
	}
	return g.take(3 << (flags&7 + 1))
}

func (g *gifReader) take(n int) ([]byte, error) {
	if len(g.rest) < n {
		return nil, &Error{Op: "gif", Detail: cutShort}
	}
	b := g.rest[:n]
	g.rest = g.rest[n:]
	return b, nil
}

// takeBlocks takes a row of data blocks (a length, that many bytes) off the file,
// with the empty one that ends it. If the file ends before, it returns what there
// is, and false.
func (g *gifReader) takeBlocks() (blocks []byte, whole bool) {
	n := 0
	for n < len(g.rest) {
		size := int(g.rest[n])
		n += 1 + size
		if size == 0 {
			blocks, _ = g.take(n)
			return blocks, true
		}
	}
	blocks, g.rest = g.rest, nil
	return blocks, false
}

// next returns the next image, or io.EOF at the trailer. A file may lack that, but
// not what it has announced: after the control of an image, the image has to come.
// Something that is not a block is taken for the end once there was an image, as in
// browsers.
func (g *gifReader) next() (gifImage, error) {
	im := gifImage{transparent: -1}
	announced := false
	for {
		if len(g.rest) == 0 {
			if g.cut = true; announced {
				return im, &Error{Op: "gif", Detail: cutShort}
			}
			return im, io.EOF
		}
		kind, _ := g.take(1)
		switch kind[0] {
		case ';':
			return im, io.EOF
		case ',':
			g.count++
			return im, g.readImage(&im)
		case '!':
			announced = announced || len(g.rest) > 0 && g.rest[0] == gifControl
			if err := g.readExtension(&im); err != nil {
				return im, err
			}
		case 0: // a stray end of blocks, which some tools write
		default:
			if g.count == 0 {
				return im, &Error{Op: "gif", Detail: fmt.Sprintf("an unknown block 0x%02x", kind[0])}
			}
			g.rest, g.junk = nil, true
			return im, io.EOF
		}
	}
}

// readExtension reads what concerns the next image, and the loop count. Comments,
// XMP, plain text and the rest are passed over.
func (g *gifReader) readExtension(im *gifImage) error {
	label, err := g.take(1)
	if err != nil {
		return err
	}
	blocks, whole := g.takeBlocks()
	if !whole {
		return &Error{Op: "gif", Detail: cutShort}
	}
	first := blocks[1:]
	first = first[:min(len(first), int(blocks[0]))]
	switch {
	case label[0] == gifControl && len(first) >= 4:
		switch first[0] >> 2 & 7 {
		case 2:
			im.dispose = disposeClear // to transparent, as browsers do
		case 3, 4: // 4 in early specifications
			im.dispose = disposePrevious
		default:
			im.dispose = disposeNone
		}
		im.duration = time.Duration(binary.LittleEndian.Uint16(first[1:])) * 10 * time.Millisecond
		im.transparent = -1
		if first[0]&1 != 0 {
			im.transparent = int(first[3])
		}
	case label[0] == 0xff && (string(first) == "NETSCAPE2.0" || string(first) == "ANIMEXTS1.0"):
		data := blocks[1+len(first):]
		if len(data) >= 4 && data[0] >= 3 && data[1]&7 == 1 {
			// It counts repetitions, so that 2 is played three times; 0 is without
			// end. WebP counts how often it is played.
			if g.plays = int(binary.LittleEndian.Uint16(data[2:])); g.plays > 0 {
				g.plays = min(g.plays+1, maxLoops)
			}
		}
	}
	return nil
}

// readImage reads an image descriptor and takes the image's blocks.
func (g *gifReader) readImage(im *gifImage) error {
	d, err := g.take(9)
	if err != nil {
		return err
	}
	u16 := func(at int) int { return int(binary.LittleEndian.Uint16(d[at:])) }
	im.x, im.y, im.w, im.h, im.over = u16(0), u16(2), u16(4), u16(6), true
	im.interlaced = d[8]&0x40 != 0
	if im.colours, err = g.table(d[8]); err != nil {
		return err
	}
	if im.colours == nil {
		im.colours = g.global
	}
	bits, err := g.take(1)
	if err != nil {
		return err
	}
	im.bits = int(bits[0])
	if im.blocks, im.whole = g.takeBlocks(); !im.whole {
		g.cut = true
	}
	if im.w == 0 || im.h == 0 { // the whole canvas, as in browsers
		im.x, im.y, im.w, im.h = 0, 0, g.w, g.h
	}
	switch {
	case im.bits < 1 || im.bits > maxGIFBits:
		return g.failed("is damaged")
	case im.w*im.h > (len(im.blocks)+16)*8/(im.bits+1)*gifCodes: // a code is at most that many pixels
		return g.failed("claims more pixels than its data can hold")
	case g.count > 1 && im.w*im.h > max(4*g.w*g.h, 1<<20):
		// It would take time out of all proportion to what is seen of it.
		return g.failed("is far larger than the image")
	}
	return nil
}

// maxSurplus bounds the pixels of frames beyond those of the canvas, in all frames
// together.
const maxSurplus = 1 << 26

func (g *gifReader) failed(what string) error {
	return &Error{Op: "gif", Detail: fmt.Sprintf("frame %d %s", g.count, what)}
}

// scanGIF walks all blocks of a GIF, and unpacks no pixel. It returns a reader
// that stands before the first image.
func scanGIF(data []byte) (*gifReader, Info, error) {
	g, err := openGIF(data)
	if err != nil {
		return nil, Info{}, err
	}
	i := Info{Format: asset.GIF, Width: g.w, Height: g.h, Depth: 8, Bits: 8, Memory: 4 * int64(g.w) * int64(g.h)}
	last := patch{dispose: disposeNone}
	work := 0 // pixels of all frames
	for ahead := *g; ; i.Frames++ {
		im, err := ahead.next()
		if err == io.EOF {
			g.plays = ahead.plays // it may stand anywhere
			switch {
			case ahead.junk:
				i.Notes = append(i.Notes, fmt.Sprintf("what follows frame %d in the file is not GIF and was ignored", i.Frames))
			case ahead.cut:
				i.Notes = append(i.Notes, endMissing)
			}
			break
		}
		if err != nil {
			return nil, Info{}, err
		}
		if i.Frames == 0 {
			// What the first frame leaves open shows through. That may be indices
			// without a colour too.
			i.Alpha = im.transparent >= 0 || len(im.colours) < 3<<im.bits || im.x > 0 || im.y > 0 || im.w < g.w || im.h < g.h
		} else {
			i.Alpha = i.Alpha || last.dispose == disposeClear || i.Frames == 1 && last.dispose == disposePrevious
		}
		last = im.patch
		if work += im.w * im.h; work > (i.Frames+1)*g.w*g.h+maxSurplus {
			return nil, Info{}, &Error{Op: "gif", Detail: "its frames are far larger than the image"}
		}
	}
	return g, i, nil
}

func probeGIF(data []byte) (Info, error) {
	_, i, err := scanGIF(data)
	return i, err
}

// decodeGIF opens a GIF of any number of frames.
func decodeGIF(data []byte) (*animation, meta, error) {
	g, i, err := scanGIF(data)
	if err != nil {
		return nil, meta{}, err
	}
	u := &gifUnpacker{g: g}
	return &animation{op: "gif", w: g.w, h: g.h, loop: g.plays, frames: i.Frames, read: u.next}, meta{}, nil
}

// decodeGIFStill decodes the first frame of a GIF, on its canvas.
func decodeGIFStill(data []byte) (frame, meta, error) {
	a, m, err := decodeGIF(data)
	if err != nil {
		return frame{}, m, err
	}
	f, err := a.still()
	return f, m, err
}

// A gifUnpacker makes patches of a GIF's images, and uses its buffers again.
type gifUnpacker struct {
	g     *gifReader
	codes gifLZW
	row   []byte
	pix   []byte
}

func (u *gifUnpacker) next() (patch, error) {
	im, err := u.g.next()
	if err != nil {
		return patch{}, err
	}
	// Only what is on the canvas is kept: a frame may claim far more.
	p := im.patch
	p.w, p.h = max(0, min(im.w, u.g.w-im.x)), max(0, min(im.h, u.g.h-im.y))
	if n := 4 * p.w * p.h; cap(u.pix) < n {
		u.pix = make([]byte, n)
	} else {
		u.pix = u.pix[:n]
	}
	p.pix = u.pix
	if u.unpack(&im, p, false) || im.bits == 1 && u.unpack(&im, p, true) {
		return p, nil
	}
	if !im.whole {
		return patch{}, &Error{Op: "gif", Detail: cutShort}
	}
	return patch{}, u.g.failed("holds too few pixels or damaged ones")
}

// unpack makes the pixels of p, and returns false if there are too few in im. late
// is what gifLZW makes of it.
func (u *gifUnpacker) unpack(im *gifImage, p patch, late bool) bool {
	u.codes.reset(im.blocks, im.bits, late)
	if cap(u.row) < im.w {
		u.row = make([]byte, im.w)
	}
	row, colours := u.row[:im.w], im.palette()
	for i := range im.h {
		if !u.codes.read(row) {
			return false
		}
		y := i
		if im.interlaced {
			y = deinterlace(i, im.h)
		}
		if y >= p.h {
			continue
		}
		dst := p.pix[4*y*p.w : 4*(y+1)*p.w]
		for x, v := range row[:p.w] {
			binary.LittleEndian.PutUint32(dst[4*x:], colours[v])
		}
	}
	return true
}

// palette returns RGBA for every index, red in the lowest byte. An index without
// a colour is transparent, as in browsers.
func (im *gifImage) palette() (table [256]uint32) {
	for i := range len(im.colours) / 3 {
		c := im.colours[3*i:]
		table[i] = uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16 | 0xff000000
	}
	if im.transparent >= 0 {
		table[im.transparent] = 0
	}
	return table
}

// deinterlace returns where the i-th row of an interlaced image belongs: first
// every eighth row from 0, then from 4, every fourth from 2, every second from 1.
func deinterlace(i, h int) int {
	for _, pass := range [4]struct{ start, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		rows := (h - pass.start + pass.step - 1) / pass.step
		if i < rows {
			return pass.start + i*pass.step
		}
		i -= max(0, rows)
	}
	return h
}
