package app

import (
	"bytes"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/references"
	"github.com/webpress/webpress/internal/tree"
)

// look is the Lookup of a page, with the dimensions of sources where they are needed. Those in
// leftOut are not known.
func (p *pages) look(root *os.Root, leftOut map[string]bool) references.Lookup {
	return func(name string) (references.Source, bool) {
		if source, ok := p.former[name]; ok && len(p.results[source].Results) > 0 {
			name = source
		}
		s, ok := p.results[name]
		if leftOut[name] || !ok && !p.options.Dimensions {
			return references.Source{}, false
		}
		s.Path = name
		if slices.ContainsFunc(s.Results, isStill) && mayMove(root, name) {
			// A page would lose the animation.
			s.Results = slices.DeleteFunc(slices.Clone(s.Results), isStill)
		}
		s.Width, s.Height = p.dimensions(root, name)
		s.FormerWidth, s.FormerHeight = p.formerSizes[name][0], p.formerSizes[name][1]
		if made := len(s.Results); made > 0 {
			if s.Results = p.usable(s); len(s.Results) == 0 {
				s.Why = "every result is cut to another shape"
			}
		}
		return s, true
	}
}

// usable are the results that may stand in for an image: those of its shape, which are one list of widths
// whatever their variants are called. Where a page takes a single one, that is the widest.
func (p *pages) usable(s references.Source) []references.Result {
	if s.Width == 0 {
		return s.Results
	}
	var out []references.Result
	widest, named := map[asset.Format]int{}, len(p.settingsOf(s.Path).Variants) > 0
	for _, r := range s.Results {
		if r.Width > 0 && !references.SameShape(r.Width, r.Height, s.Width, s.Height) {
			continue
		}
		r.Variant = ""
		if i, ok := widest[r.Format]; ok && named && p.options.Mode != references.Picture {
			if r.Width > out[i].Width {
				out[i] = r
			}
			continue
		}
		widest[r.Format] = len(out)
		out = append(out, r)
	}
	return out
}

// isStill says that a result is in a format that webpress writes no animations in.
func isStill(r references.Result) bool { return r.Format != asset.WebP }

// mayMove says that an image may be an animation: a GIF, or a PNG with an acTL chunk, which
// is in front of its pixels (https://www.w3.org/TR/png-3/#acTL-chunk).
func mayMove(root *os.Root, name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gif":
		return true
	case ".png", ".apng":
		f, _, err := tree.OpenPlain(root, name)
		if err != nil {
			return false
		}
		defer f.Close()
		head := make([]byte, 4<<10)
		n, _ := io.ReadFull(f, head)
		return bytes.Contains(head[:n], []byte("acTL"))
	}
	return false
}

// dimensions reads those of an image as it is shown, 0 where they are not known, and remembers
// them.
func (p *pages) dimensions(root *os.Root, name string) (width, height int) {
	if known, ok := p.headers.Load(name); ok {
		size := known.([2]int)
		return size[0], size[1]
	}
	if header, err := readHeader(root, name); err == nil {
		width, height = header.Width, header.Height
	}
	p.headers.Store(name, [2]int{width, height})
	return width, height
}

// readHeader reads what a few bytes of an image say.
func readHeader(root *os.Root, name string) (codec.Header, error) {
	f, info, err := tree.OpenPlain(root, name)
	if err != nil {
		return codec.Header{}, err
	}
	defer f.Close()
	return codec.ReadHeader(f, info.Size(), false)
}
