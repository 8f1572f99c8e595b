package app

import (
	"context"
	"fmt"
	"io"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/convert"
	"github.com/webpress/webpress/internal/engine"
)

// An origin is what is known for sure of the source that a result of another job
// claims to be made of: not by that job, but by the file itself.
type origin struct {
	// size is in bytes, -1 if it is not known.
	size int64
	// format is empty if the content is not here, as with Git LFS.
	format asset.Format
	// width and height are in pixels, as the image is shown; 0 is not known.
	width, height int
}

// readOrigin reads the header of a source of size bytes. It is not
// trusted: Go code reads it, no decoder.
func readOrigin(r io.ReaderAt, size int64) (origin, error) {
	o := origin{size: size}
	head := make([]byte, min(size, asset.SniffLen))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return o, err
	}
	var ok bool
	if o.format, ok = asset.Sniff(head); !ok {
		return o, fmt.Errorf("its source is not an image")
	}
	header, err := codec.ReadHeader(r, size, false)
	if err != nil {
		return o, fmt.Errorf("its source cannot be read: %w", err)
	}
	o.width, o.height = header.Width, header.Height
	return o, nil
}

// makes says why the settings would not make a result of a source: it is not wanted of one
// that narrow, has another size, moves although the source cannot, or saves too little. The paths of e begin
// at the root of the repository.
func (r *run) makes(e bundle.Entry, made asset.Result, o origin) error {
	s := r.plan.SettingsOf(r.fromTop(e.Source))
	job, ok := r.plan.Job(asset.Source{Path: r.fromTop(e.Source)}, r.fromTop(e.Output))
	if !ok {
		return fmt.Errorf("the settings of the base branch do not make it of its source %q", e.Source)
	}
	if r.fromTop(e.Output) != job.PathOf(e.SHA256) {
		return fmt.Errorf("its name does not have the digest of its content")
	}
	recipe := job.Recipe
	still := o.format == asset.JPEG || o.format == asset.BMP || o.format == asset.TIFF
	switch {
	case o.size > s.MaxFileSize:
		return fmt.Errorf("its source has %d bytes, and the settings of the base branch take %d at most", o.size, s.MaxFileSize)
	case int64(o.width)*int64(o.height) > s.MaxPixels:
		return fmt.Errorf("its source has %dx%d pixels, and the settings of the base branch take %d at most", o.width, o.height, s.MaxPixels)
	case still && made.Frames > 1:
		return fmt.Errorf("it has %d frames, and its source is %s, which has one", made.Frames, o.format)
	case o.size >= 0 && o.format != "" && !convert.Keeps(recipe, o.format, o.size, made.After):
		return fmt.Errorf("it has %d bytes and its source %d: the settings of the base branch keep no such result", made.After, o.size)
	case o.width == 0:
		return nil
	}
	width, height := engine.Size(o.width, o.height, recipe.Variant)
	switch {
	case job.Narrower > 0 && o.width <= job.Narrower:
		return fmt.Errorf("its source is %d pixels wide, and the settings of the base branch make it only where that is more than %d", o.width, job.Narrower)
	case width != made.Width || height != made.Height:
		return fmt.Errorf("it is %dx%d, and of its source the settings of the base branch make %dx%d", made.Width, made.Height, width, height)
	case e.Output == e.Source && width == o.width && height == o.height:
		return fmt.Errorf("it takes the place of its source, which the settings of the base branch leave as it is")
	}
	return nil
}

// remake says why a result is not what the settings make of the content of its
// source.
func (r *run) remake(ctx context.Context, e bundle.Entry, content, result []byte) error {
	from := asset.Source{Path: r.fromTop(e.Source), Size: int64(len(content))}
	from.Format, _ = asset.Sniff(content[:min(len(content), asset.SniffLen)])
	job, ok := r.plan.Job(from, r.fromTop(e.Output))
	if !ok {
		return fmt.Errorf("the settings of the base branch do not make it of its source %q", e.Source)
	}
	return convert.Verify(ctx, r.codec, job, content, result, r.settings.MemoryLimit)
}

// A blobReader reads a blob from its beginning, as far as it is asked for.
type blobReader struct {
	// head returns the first n bytes.
	head func(n int64) ([]byte, error)
	size int64
	have []byte
}

// ReadAt reads len(p) bytes from off.
func (b *blobReader) ReadAt(p []byte, off int64) (int, error) {
	const first = 64 << 10
	have := int64(len(b.have))
	if want := min(off+int64(len(p)), b.size); want > have {
		// Twice as much each time: what is at the end is not read in a thousand steps.
		data, err := b.head(min(max(want, 2*have, first), b.size))
		if err != nil {
			return 0, err
		}
		b.have = data
	}
	if off >= int64(len(b.have)) {
		return 0, io.EOF
	}
	n := copy(p, b.have[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
