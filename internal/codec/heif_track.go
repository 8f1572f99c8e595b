package codec

import (
	"math"
	"slices"
	"time"
)

// A heifTrack is an image sequence, or the alpha of one (ISO/IEC 14496-12, 8.3).
type heifTrack struct {
	id uint32
	// handler is pict for an image sequence, auxv for what goes with one, vide for
	// a video.
	handler string
	// entry is how the first samples are coded (ISO/IEC 14496-12, 12.1.3).
	entry box
	w, h  int
	// frames is the number of samples; durations is how long each is shown.
	frames    int
	durations []time.Duration
	// loop is how many times the sequence is played, 0 for without end.
	loop int
	// alphaOf is the track that this is the alpha of, or 0.
	alphaOf uint32
}

// visualEntry is the length of what comes before the boxes in a sample entry.
const visualEntry = 78

func (f *heifFile) readMovie(moov box) error {
	for _, b := range moov.inside(0) {
		if b.kind != "trak" {
			continue
		}
		t, err := f.readTrack(b)
		if err != nil {
			return err
		}
		if f.tracks = append(f.tracks, t); len(f.tracks) > maxTracks {
			return f.refuse("it holds more than %d tracks", maxTracks)
		}
	}
	return nil
}

func (f *heifFile) readTrack(trak box) (*heifTrack, error) {
	t := &heifTrack{}
	var length uint64
	if b, ok := trak.first(0, "tkhd"); ok {
		version, _, c := b.full()
		wide := map[bool]int{false: 4, true: 8}[version == 1]
		c.skip(2 * wide)
		t.id = c.u32()
		c.skip(4)
		if length = c.number(wide); wide == 4 && length == math.MaxUint32 {
			length = math.MaxUint64
		}
	}
	if b, ok := trak.path("tref", "auxl"); ok {
		c := cursor{b: b.body}
		t.alphaOf = c.u32()
	}
	scale := uint64(1)
	if b, ok := trak.path("mdia", "mdhd"); ok {
		version, _, c := b.full()
		c.skip(map[bool]int{false: 8, true: 16}[version == 1])
		scale = max(1, uint64(c.u32()))
	}
	if b, ok := trak.path("mdia", "hdlr"); ok && len(b.body) >= 12 {
		t.handler = string(b.body[8:12])
	}
	table, ok := trak.path("mdia", "minf", "stbl")
	if !ok || t.handler != "pict" && t.handler != "auxv" {
		return t, nil
	}
	if stsd, ok := table.first(0, "stsd"); ok {
		if entries := stsd.inside(8); len(entries) > 0 && len(entries[0].body) >= visualEntry {
			t.entry = entries[0]
			c := cursor{b: t.entry.body[24:]}
			t.w, t.h = int(c.u16()), int(c.u16())
		}
	}
	if stsz, ok := table.first(0, "stsz"); ok {
		_, _, c := stsz.full()
		c.skip(4)
		t.frames = int(c.u32())
	} else if stz2, ok := table.first(0, "stz2"); ok {
		_, _, c := stz2.full()
		c.skip(4)
		t.frames = int(c.u32())
	}
	if t.frames > maxFrames {
		return nil, f.refuse("it holds %d frames, more than the limit of %d", t.frames, maxFrames)
	}
	t.loop = loops(trak, length)
	t.readTimes(table, scale)
	return t, nil
}

// loops reads how often a track is played: its edit list may ask for repetition
// (ISO/IEC 23008-12, 9.6.1), as often as fits into the length of the track. Without
// such a list it goes on without end, as browsers have it.
func loops(trak box, length uint64) int {
	elst, ok := trak.path("edts", "elst")
	if !ok {
		return 0
	}
	version, flags, c := elst.full()
	wide := map[bool]int{false: 4, true: 8}[version == 1]
	entries := c.u32()
	edit := c.number(wide)
	if flags&1 == 0 {
		return 1
	}
	if entries != 1 || edit == 0 || length == math.MaxUint64 {
		return 0
	}
	return int(min((length+edit-1)/edit, maxLoops))
}

// readTimes reads how long the frames are shown, in the order in which they are
// shown.
func (t *heifTrack) readTimes(table box, scale uint64) {
	deltas := runs(table, "stts", t.frames)
	if len(deltas) == 0 {
		return
	}
	for len(deltas) < t.frames {
		deltas = append(deltas, deltas[len(deltas)-1])
	}
	if offsets := runs(table, "ctts", t.frames); len(offsets) == t.frames {
		deltas = shownOrder(deltas, offsets)
	}
	for _, d := range deltas {
		t.durations = append(t.durations, time.Duration(float64(d)/float64(scale)*float64(time.Second)))
	}
}

// runs unpacks a table of counts and values, at most n.
func runs(table box, kind string, n int) (all []int64) {
	b, ok := table.first(0, kind)
	if !ok {
		return nil
	}
	version, _, c := b.full()
	for range c.u32() {
		count, value := c.u32(), c.u32()
		if c.bad {
			break
		}
		v := int64(value)
		if kind == "ctts" && version == 1 {
			v = int64(int32(value))
		}
		for range min(int(count), n-len(all)) {
			all = append(all, v)
		}
	}
	return all
}

// shownOrder turns how long each frame takes to be decoded, and how much later it is
// shown, into how long each is shown.
func shownOrder(deltas, offsets []int64) []int64 {
	shown := make([]int64, len(deltas))
	at := int64(0)
	for i, d := range deltas {
		shown[i] = at + offsets[i]
		at += d
	}
	slices.Sort(shown)
	out := make([]int64, len(deltas))
	for i := range out {
		if i+1 < len(shown) {
			out[i] = shown[i+1] - shown[i]
		} else {
			out[i] = deltas[len(deltas)-1]
		}
	}
	return out
}

// sequence returns the image sequence that is shown, nil if the primary image is:
// the first brand says what a file is in the first place (AV1 Image File Format, 6;
// ISO/IEC 23008-12, 10), and where it does not, a sequence counts, as in browsers.
func (f *heifFile) sequence() *heifTrack {
	switch f.major {
	case "avif", "heic", "heix", "heim", "heis":
		if f.primary != nil {
			return nil
		}
	}
	for _, t := range f.tracks {
		if t.handler == "pict" && t.frames > 0 && t.w > 0 && t.h > 0 {
			return t
		}
	}
	return nil
}

// trackAlpha returns the track that holds the alpha of another, or nil.
func (f *heifFile) trackAlpha(of *heifTrack) *heifTrack {
	for _, t := range f.tracks {
		if t.handler == "auxv" && t.alphaOf == of.id && t.frames > 0 {
			if auxi, ok := t.entry.first(visualEntry, "auxi"); ok && len(auxi.body) > 4 && isAlpha(string(auxi.body[4:])) {
				return t
			}
		}
	}
	return nil
}
