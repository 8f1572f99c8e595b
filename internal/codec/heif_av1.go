package codec

// An av1Info is what an AV1 bit stream says of itself.
type av1Info struct {
	depth      int
	subW, subH int
	mono       bool
	// full reports whether samples use the full range; ranged, that the stream says so
	// or that they do not.
	full, ranged bool
}

// av1Config reads the body of an av1C box (AV1 Codec ISO Media File Format Binding,
// 2.3.3). Its range is known where it holds the sequence header.
func av1Config(body []byte) av1Info {
	info := av1Info{depth: 8}
	if len(body) < 4 {
		return info
	}
	flags := body[2]
	switch {
	case flags&0x60 == 0x60:
		info.depth = 12
	case flags&0x40 != 0:
		info.depth = 10
	}
	info.mono, info.subW, info.subH = flags&0x10 != 0, int(flags>>3&1), int(flags>>2&1)
	info.full, info.ranged = av1Range(body[4:])
	return info
}

// av1Range finds the sequence header among open bitstream units, and in it whether
// samples use the full range (AV1 specification, 5.3, 5.5).
func av1Range(units []byte) (full, ok bool) {
	for len(units) > 0 {
		head := units[0]
		units = units[1:]
		if head&4 != 0 && len(units) > 0 { // an extension
			units = units[1:]
		}
		size := len(units)
		if head&2 != 0 {
			n, used := leb128(units)
			if used == 0 || n > uint64(len(units)-used) {
				return false, false
			}
			units, size = units[used:], int(n)
		}
		if head>>3&15 == 1 {
			return sequenceRange(units[:size])
		}
		units = units[size:]
	}
	return false, false
}

func leb128(b []byte) (v uint64, used int) {
	for i, x := range b[:min(8, len(b))] {
		v |= uint64(x&0x7f) << (7 * i)
		if x&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

// bitReader reads bits, the highest first; behind the end they are 0 and bad is set.
type bitReader struct {
	b   []byte
	at  int
	bad bool
}

func (r *bitReader) bits(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at/8 >= len(r.b) {
			r.bad = true
			continue
		}
		v |= uint32(r.b[r.at/8]>>(7-r.at%8)) & 1
		r.at++
	}
	return v
}

func (r *bitReader) flag() bool { return r.bits(1) != 0 }

// uvlc skips a number of variable length (4.10.3).
func (r *bitReader) uvlc() {
	zeros := 0
	for !r.bad && !r.flag() {
		zeros++
	}
	if zeros < 32 {
		r.bits(zeros)
	}
}

// sequenceRange reads a sequence header (AV1 specification, 5.5.1 to 5.5.2) up to
// the range of its samples.
func sequenceRange(b []byte) (full, ok bool) {
	r := &bitReader{b: b}
	profile := r.bits(3)
	r.flag() // still image
	reduced := r.flag()
	if reduced {
		r.bits(5)
	} else {
		r.operatingPoints()
	}
	widthBits, heightBits := int(r.bits(4))+1, int(r.bits(4))+1
	r.bits(widthBits)
	r.bits(heightBits)
	if !reduced && r.flag() { // frame ids
		r.bits(7)
	}
	r.bits(3) // superblocks, intra filter, intra edge filter
	if !reduced {
		r.bits(4) // interintra, masked, warped, dual filter
		if r.flag() {
			r.bits(2) // joint compound, reference motion vectors
			r.orderHint()
		} else {
			r.screenContent()
		}
	}
	r.bits(3) // superresolution, cdef, restoration
	return r.colorRange(profile)
}

func (r *bitReader) operatingPoints() {
	delays, delayBits := false, 0
	if r.flag() { // timing
		r.bits(32)
		r.bits(32)
		if r.flag() {
			r.uvlc()
		}
		if delays = r.flag(); delays {
			delayBits = int(r.bits(5)) + 1
			r.bits(32)
			r.bits(10)
		}
	}
	initial := r.flag()
	for range r.bits(5) + 1 {
		r.bits(12)
		if r.bits(5) > 7 {
			r.flag()
		}
		if delays && r.flag() {
			r.bits(delayBits)
			r.bits(delayBits)
			r.flag()
		}
		if initial && r.flag() {
			r.bits(4)
		}
		if r.bad {
			return
		}
	}
}

// screenContent skips which tools are forced.
func (r *bitReader) screenContent() {
	force := uint32(2)
	if !r.flag() {
		force = r.bits(1)
	}
	if force > 0 && !r.flag() {
		r.bits(1)
	}
}

func (r *bitReader) orderHint() {
	r.screenContent()
	r.bits(3)
}

// colorRange reads the color configuration.
func (r *bitReader) colorRange(profile uint32) (full, ok bool) {
	high := r.flag()
	if profile == 2 && high {
		r.flag()
	}
	mono := profile != 1 && r.flag()
	primaries, transfer, matrix := uint32(2), uint32(2), uint32(2)
	if r.flag() {
		primaries, transfer, matrix = r.bits(8), r.bits(8), r.bits(8)
	}
	if !mono && primaries == 1 && transfer == 13 && matrix == 0 {
		return true, !r.bad
	}
	full = r.flag()
	return full, !r.bad
}
