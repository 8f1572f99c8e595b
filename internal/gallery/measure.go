package gallery

import (
	"bytes"
	"io"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/tree"
)

// measure fills in the dimensions that results do not have, and takes the addresses of
// sources away that a browser does not show, by a look at their first bytes.
func (d *data) measure(dir string) {
	files, err := tree.OpenReach(dir)
	if err != nil {
		return
	}
	defer files.Close()
	seen := map[string]facts{}
	for n := range d.Items {
		i := &d.Items[n]
		if i.result.Source.URL == "" && !i.inPlace() {
			f, known := seen[i.result.Source.Path]
			if !known {
				f = factsOf(files, i.result.Source.Path)
				seen[i.result.Source.Path] = f
			}
			if i.Before.Width == 0 {
				i.Before.Width, i.Before.Height = f.width, f.height
			}
			if i.Before.Bytes == 0 {
				i.Before.Bytes = f.bytes
			}
			if !f.shown {
				i.Before.Address = ""
			}
		}
		if i.After.Format != "" && i.After.Width == 0 && i.result.Output != "" {
			f := factsOf(files, i.result.Output)
			i.After.Width, i.After.Height = f.width, f.height
		}
	}
}

// facts are what the first bytes of a file say.
type facts struct {
	width, height int
	bytes         int64
	// shown reports whether every browser shows it as it should.
	shown bool
}

// factsOf reads those of a file, zero if it cannot be read.
func factsOf(files *tree.Reach, name string) facts {
	file, info, err := files.Open(name)
	if err != nil {
		return facts{}
	}
	defer file.Close()
	header, err := codec.ReadHeader(file, info.Size(), false)
	f := facts{header.Width, header.Height, info.Size(), false}
	if err != nil {
		return f
	}
	switch header.Format {
	case asset.PNG, asset.GIF, asset.WebP, asset.AVIF, asset.BMP:
		f.shown = true
	case asset.JPEG:
		f.shown = !hasInks(file, info.Size())
	}
	return f
}

// maxHead is how many bytes of a JPEG are searched for its frame: profiles and thumbnails
// are in front of it.
const maxHead = 1 << 20

// hasInks reports whether a JPEG has four channels, as CMYK has. Browsers show those with
// other colors. Where it cannot be read, it counts as such.
// https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.2
func hasInks(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, maxHead))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return true
	}
	for rest := head[min(2, n):n]; len(rest) >= 10; {
		if rest[0] != 0xff {
			next := bytes.IndexByte(rest, 0xff)
			if next < 0 {
				return true
			}
			rest = rest[next:]
			continue
		}
		marker, length := rest[1], int(rest[2])<<8|int(rest[3])
		switch {
		case marker == 0xff:
			rest = rest[1:]
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc: // a frame
			return rest[9] == 4
		case marker >= 0xd0 && marker <= 0xd9 || marker == 0x01: // without a length
			length = 0
		}
		if length += 2; length > len(rest) {
			return true
		}
		rest = rest[length:]
	}
	return true
}
