package codec

// maxGIFBits is the most bits that a literal code may have: with the two codes
// behind the literals, a code has 12.
const maxGIFBits = 11

const gifCodes = 1 << 12

// A gifLZW undoes the compression of an image (GIF89a specification, appendix F).
// compress/lzw takes literals of 2 to 8 bits alone; files have 1 and more than 8 too.
// Of a literal beyond 8 bits the lower ones count.
type gifLZW struct {
	blocks []byte // data blocks: a length, that many bytes
	left   int    // bytes in the present block
	bits   uint32 // bits that are read and not used, the first is the lowest
	have   uint   // how many

	literal, width uint // bits of a literal and of the next code
	next           int  // the code that is free
	last           int  // the code before, -1 for none
	first          byte // the first index that last stands for
	// late makes codes longer one code later than they have to be, as encoders do that
	// count from the first entry of the table. It makes a difference where literals
	// have one bit alone: there, the two codes behind them fill the shortest length.
	late bool

	// A code stands for the indices of prefix, and suffix.
	prefix [gifCodes]uint16
	suffix [gifCodes]byte
	// out are indices that are to be read, the last one first.
	out [gifCodes + 1]byte
	n   int
}

func (z *gifLZW) reset(blocks []byte, literal int, late bool) {
	z.blocks, z.left, z.bits, z.have, z.n = blocks, 0, 0, 0, 0
	z.literal, z.late = uint(literal), late
	z.clear()
}

func (z *gifLZW) clear() {
	z.width, z.next, z.last = z.literal+1, 1<<z.literal+2, -1
}

// read fills row with indices. It returns false if there are fewer.
func (z *gifLZW) read(row []byte) bool {
	for i := 0; ; {
		for ; i < len(row) && z.n > 0; i++ {
			z.n--
			row[i] = z.out[z.n]
		}
		if i == len(row) {
			return true
		}
		if !z.unpack() {
			return false
		}
	}
}

// unpack reads a code and puts what it stands for into out, which is empty. It
// returns false at the end and where there is no such code.
func (z *gifLZW) unpack() bool {
	clear := 1 << z.literal
	code, ok := z.code()
	switch {
	case !ok || code == clear+1:
		return false
	case code == clear:
		z.clear()
		return true
	case code > z.next || code == z.next && z.last < 0:
		return false
	}
	this := code
	if code == z.next { // what the code before stands for, and its first index again
		z.put(z.first)
		code = z.last
	}
	for code > clear {
		z.put(z.suffix[code])
		code = int(z.prefix[code])
	}
	z.first = byte(code)
	z.put(z.first)
	added := z.last >= 0 && z.next < gifCodes
	if added {
		z.prefix[z.next], z.suffix[z.next] = uint16(z.last), z.first
		z.next++
	}
	if z.next >= 1<<z.width && z.width < 12 && (added || !z.late) {
		z.width++
	}
	z.last = this
	return true
}

func (z *gifLZW) put(index byte) {
	z.out[z.n] = index
	z.n++
}

func (z *gifLZW) code() (int, bool) {
	for z.have < z.width {
		if z.left == 0 {
			if len(z.blocks) == 0 || z.blocks[0] == 0 {
				return 0, false
			}
			z.left, z.blocks = int(z.blocks[0]), z.blocks[1:]
		}
		if len(z.blocks) == 0 {
			return 0, false
		}
		z.bits |= uint32(z.blocks[0]) << z.have
		z.have += 8
		z.blocks, z.left = z.blocks[1:], z.left-1
	}
	code := int(z.bits & (1<<z.width - 1))
	z.bits >>= z.width
	z.have -= z.width
	return code, true
}
