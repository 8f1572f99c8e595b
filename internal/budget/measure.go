package budget

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/tree"
)

// Want is what has to be known of a file, besides its size in bytes and its format.
type Want struct {
	// Size asks for width and height, GPS for whether it has a position.
	Size, GPS bool
}

// A File is an image as it is measured.
type File struct {
	// Path is relative to the working directory and has forward slashes.
	Path string
	// Size is in bytes.
	Size   int64
	Format asset.Format
	// Width and Height are in pixels, as the image is shown; Pixels is their
	// product. They are 0 if nothing asked for them.
	Width, Height int
	Pixels        int64
	// GPS reports whether the file has GPS coordinates.
	GPS bool
	// Added reports whether the base does not have the file.
	Added bool
	// Result reports whether webpress has made the file of another one, which is what limits
	// of size in pixels and of format are about: the file is held to limits of bytes,
	// and to NoGPS.
	Result bool
	// Err is why the file could not be measured, an *asset.Fault.
	Err error
}

// Measure reads from the sources, whose paths are relative to dir, what want asks
// for, and from no other file anything. The files are sorted by path. One that
// cannot be read has an Err; the error is that of ctx, or of dir.
func Measure(ctx context.Context, dir string, sources []asset.Source, want func(path string) Want) ([]File, error) {
	sources = slices.Clone(sources)
	slices.SortFunc(sources, func(a, b asset.Source) int { return strings.Compare(a.Path, b.Path) })
	files := make([]File, len(sources))
	wants := make([]Want, len(sources))
	var asked []int
	for i, s := range sources {
		files[i] = File{Path: s.Path, Size: s.Size, Format: s.Format}
		if wants[i] = want(s.Path); wants[i] != (Want{}) {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return files, ctx.Err()
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder %q: %w", dir, tree.Cause(err))
	}
	defer root.Close()
	var next atomic.Int64
	var pool sync.WaitGroup
	for range min(len(asked), runtime.GOMAXPROCS(0)) {
		pool.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(asked) && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
				i := asked[n]
				files[i].read(root, wants[i])
			}
		})
	}
	pool.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return files, nil
}

// read reads what is wanted of a file.
func (f *File) read(root *os.Root, want Want) {
	o, err := outline(root, f.Path, want.GPS)
	if err != nil {
		fault := &asset.Fault{Message: fmt.Sprintf("measure %q: %v", f.Path, tree.Cause(err))}
		if e, ok := errors.AsType[*codec.Error](err); ok {
			fault.Hint = e.Hint
		}
		f.Err = fault
		return
	}
	f.GPS = o.Position
	if want.Size {
		f.Width, f.Height = o.Width, o.Height
		f.Pixels = int64(o.Width) * int64(o.Height)
	}
}

// outline reads the outline of the file at a path.
func outline(root *os.Root, path string, position bool) (codec.Header, error) {
	in, info, err := tree.OpenIn(root, path)
	if err != nil {
		return codec.Header{}, err
	}
	defer in.Close()
	return codec.ReadHeader(in, info.Size(), position)
}
