package manifest

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/tree"
)

// Options say how Complete goes about it.
type Options struct {
	// Codec opens images; nil is engine.Local.
	Codec engine.Codec
	// Dir is the working directory.
	Dir string
	// Jobs is the number of images in work at a time.
	Jobs int
	// Memory is the number of bytes that these may take together.
	Memory int64
	// MaxPixels is the most pixels of an image that is read.
	MaxPixels int64
	// OutputsOnly reports whether the sources in Dir may be other ones: they are not read.
	OutputsOnly bool
}

// Complete fills in what m does not say yet of images, by a look at their files: their
// dimensions, the dominant color and the placeholder. An image that cannot be read stays
// as it is, and is in notes. The error is the context's.
func (m Manifest) Complete(ctx context.Context, o Options) (notes []string, err error) {
	files, err := tree.OpenReach(o.Dir)
	if err != nil {
		return []string{fmt.Sprintf("the manifest has no placeholders: open %q: %s", o.Dir, tree.Cause(err))}, nil
	}
	defer files.Close()
	var todo []string
	for _, source := range slices.Sorted(maps.Keys(m.Images)) {
		if m.Images[source].lacks() {
			todo = append(todo, source)
		}
	}
	c := completer{Options: o, files: files}
	c.Codec = cmp.Or[engine.Codec](c.Codec, engine.Local{})
	work := func(memory int64, sources []string) (large []string) {
		var mu sync.Mutex
		var group errgroup.Group
		group.SetLimit(max(1, o.Jobs))
		for _, source := range sources {
			group.Go(func() error {
				if ctx.Err() != nil {
					return nil
				}
				mu.Lock()
				img := m.Images[source]
				mu.Unlock()
				img, err := c.complete(ctx, source, img, memory)
				mu.Lock()
				defer mu.Unlock()
				m.Images[source] = img
				switch {
				case err == nil:
				case errors.Is(err, errMemory) && memory < o.Memory:
					large = append(large, source)
				default:
					notes = append(notes, fmt.Sprintf("the manifest has no placeholder of %q: %s", source, err))
				}
				return nil
			})
		}
		_ = group.Wait()
		return large
	}
	// What takes more than its share is done alone.
	large := work(o.Memory/int64(max(1, o.Jobs)), todo)
	o.Jobs = 1
	work(o.Memory, large)
	slices.Sort(notes)
	return notes, context.Cause(ctx)
}

// lacks reports whether something can be filled in.
func (i Image) lacks() bool {
	return i.Width == 0 || i.Placeholder == "" || slices.ContainsFunc(i.Outputs, func(o Output) bool { return o.Width == 0 })
}

type completer struct {
	Options
	files *tree.Reach
}

// complete returns img with what its files say of it.
func (c completer) complete(ctx context.Context, source string, img Image, memory int64) (Image, error) {
	img.Outputs = slices.Clone(img.Outputs)
	for i := range img.Outputs {
		if o := &img.Outputs[i]; o.Width == 0 {
			o.Width, o.Height, _ = c.size(o.Path)
		}
	}
	err := fs.ErrNotExist
	var width, height int
	if !c.OutputsOnly {
		width, height, err = c.size(source)
	}
	there := err == nil
	if !there {
		if largest := img.largest(); largest.Path != "" {
			width, height, err = largest.Width, largest.Height, nil
		}
	}
	if img.Width == 0 {
		img.Width, img.Height = width, height
	}
	if img.Placeholder != "" {
		return img, nil
	}
	if err != nil {
		return img, err
	}
	img.Color, img.Placeholder, err = c.placeholder(ctx, img.sample(source, there), memory)
	return img, err
}

// size is that of an image in pixels, as it is shown.
func (c completer) size(name string) (width, height int, err error) {
	f, info, err := c.files.Open(name)
	if err != nil {
		return 0, 0, tree.Cause(err)
	}
	defer f.Close()
	o, err := codec.ReadHeader(f, info.Size(), false)
	return o.Width, o.Height, err
}

// largest is the output with most pixels, the zero Output if there is none.
func (i Image) largest() (most Output) {
	for _, o := range i.Outputs {
		if o.Width*o.Height > most.Width*most.Height {
			most = o
		}
	}
	return most
}

// smallSample is how many pixels a side has at least of what a placeholder is made of.
const smallSample = 100

// sample is the file that a placeholder is made of: the smallest that shows the whole
// image, and that has no fewer pixels than are looked at.
func (i Image) sample(source string, there bool) string {
	best, pixels := "", 0
	for _, o := range i.Outputs {
		whole := abs(o.Width*i.Height-o.Height*i.Width) <= max(i.Width, i.Height) // but for rounding
		if n := o.Width * o.Height; whole && max(o.Width, o.Height) >= smallSample && (best == "" || n < pixels) {
			best, pixels = o.Path, n
		}
	}
	switch {
	case best != "":
		return best
	case there:
		return source
	}
	return i.largest().Path
}

func abs(n int) int { return max(n, -n) }

// placeholder makes the color and the placeholder of an image, with so much memory.
func (c completer) placeholder(ctx context.Context, name string, memory int64) (color, hash string, err error) {
	f, info, err := c.files.Open(name)
	if err != nil {
		return "", "", tree.Cause(err)
	}
	defer f.Close()
	if info.Size() > memory {
		return "", "", errMemory
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return "", "", tree.Cause(err)
	}
	img, err := c.Codec.Open(ctx, data)
	if err != nil {
		return "", "", err
	}
	defer img.Close()
	if need := info.Size() + engine.EstimateMemory(img.Info(), []asset.Variant{engine.PlaceholderVariant}); need > memory {
		return "", "", errMemory
	}
	p, err := img.Placeholder(ctx, c.MaxPixels)
	return p.Color, base64.StdEncoding.EncodeToString(p.ThumbHash), err
}

// errMemory is for an image that takes more memory than there is.
var errMemory = errors.New("it takes more memory than there is; raise `memory-limit`")
