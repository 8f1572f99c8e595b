package codec

import (
	"fmt"
	"math"

	"github.com/webpress/webpress/internal/asset"
)

// What a sound file stays far below. A photo of 200 megapixels is a grid of 768
// tiles, one level deep; the largest grid has 65,536. libheif follows references as
// often as they are made, so that a few hundred bytes of overlays of overlays
// would keep it busy for years.
const (
	maxItems      = 20_000
	maxReferences = 200_000
	maxLevels     = 8
	maxVisits     = 100_000
	// maxReads bounds how many times the size of the file may be read to decode it.
	maxReads = 64
	// maxFrames bounds the frames of a sequence.
	maxFrames = 1 << 16
	maxTracks = 64
)

// refuse is the error of a file that claims more than a sound one does.
func (f *heifFile) refuse(format string, values ...any) error {
	return &Error{Op: string(f.format), Detail: "the file declares implausible sizes: " + fmt.Sprintf(format, values...), Hint: exportHint}
}

// bounded refuses a file whose images are made of each other in a way that takes
// forever to decode. It looks at all of them: libheif prepares them all when it
// opens a file.
func (f *heifFile) bounded() error {
	for _, item := range f.items {
		if err := f.measure(item, 0); err != nil {
			return err
		}
	}
	if f.primary == nil {
		return nil
	}
	if read := f.primary.read; read > 16<<20 && read > maxReads*float64(f.size) {
		return f.refuse("it refers to its %d bytes %.0f times", f.size, read/float64(f.size))
	}
	return nil
}

// measure finds how deep an item is derived, how often libheif decodes an item for
// it, and how many pixels and bytes that is together.
func (f *heifFile) measure(item *heifItem, depth int) error {
	if item.seen {
		if item.level == 0 {
			return f.refuse("its images are made of each other in a circle")
		}
		if depth+item.level-1 > maxLevels {
			return f.refuse("its images are made of others more than %d levels deep", maxLevels)
		}
		return nil
	}
	item.seen = true
	if depth >= maxLevels {
		return f.refuse("its images are made of others more than %d levels deep", maxLevels)
	}
	w, h := f.coded(item)
	level, visits, pixels, read := 1, int64(1), float64(w)*float64(h), 0.0
	for _, e := range item.extents {
		read += float64(e.size)
	}
	parts := item.parts
	if alpha := item.alpha; alpha != nil && alpha != item {
		parts = append(parts[:len(parts):len(parts)], alpha.id)
	}
	for _, id := range parts {
		part := f.byID[id]
		if part == nil {
			continue // libheif says what is missing
		}
		if err := f.measure(part, depth+1); err != nil {
			return err
		}
		level = max(level, 1+part.level)
		visits += part.visits
		pixels += part.pixels
		read += part.read
		if visits > maxVisits {
			return f.refuse("its images are made of more than %d parts", maxVisits)
		}
	}
	item.level, item.visits, item.pixels, item.read = level, visits, pixels, read
	return nil
}

// decodedPixels is how many pixels are decoded for the primary image, cropped ones
// included; of an image that others make up half of theirs, since the tiles of a
// grid reach beyond its edges, and have to be there beside it.
func (f *heifFile) decodedPixels() int64 {
	w, h := f.coded(f.primary)
	own := float64(w) * float64(h)
	return int64(min(max(own, (f.primary.pixels-own)/2), math.MaxInt64/2))
}

// memory estimates the bytes that decoding the primary image needs at its peak, besides
// what comes of it: the planes of the decoder, and libheif's, of all that it is made of;
// copies of the coded bytes, of which libheif and libavcodec have two each; and what
// libavcodec notes about each block, up to 2 bytes a pixel where an image is coded in one
// piece. Of a grid it notes that for a few tiles at a time, which is next to nothing.
func (f *heifFile) memory() int64 {
	w, h := f.coded(f.primary)
	own := float64(w) * float64(h)
	need := (f.primary.pixels+own)*float64(f.sampleBytes(f.primary))/2 + 4*f.primary.read
	if f.format == asset.HEIC && len(f.primary.parts) == 0 {
		need += 2 * own
	}
	return int64(min(need, math.MaxInt64/4))
}

// sequenceMemory is the same of a frame of a track: planes twice, and RGBA.
func (f *heifFile) sequenceMemory(t *heifTrack) int64 { return 16 * int64(t.w) * int64(t.h) }
