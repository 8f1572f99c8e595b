package bundle

import (
	"context"
	"fmt"
	"os"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// headers checks the files of which nothing was found wrong until now by what they
// say of themselves, which costs little.
func (v *verifying) headers(ctx context.Context) {
	var size int64
	for _, e := range v.manifest.Files {
		if v.faulty[e.Output] {
			continue
		}
		data, err := readEntry(v.root, e)
		if err != nil {
			v.faultOf(e.Output, "%s", err)
			continue
		}
		r, err := v.header(ctx, e, data)
		if err == nil && v.Fits != nil {
			err = v.Fits(e, data, r)
		}
		if err != nil {
			v.faultOf(e.Output, "%s", err)
			continue
		}
		size += e.Size
		v.pixels += count(r.Width, r.Height, r.Frames)
		v.results, v.checked = append(v.results, r), append(v.checked, e)
	}
	if why := tooManyPixels(v.pixels, size); why != "" {
		v.fault("the manifest has %s", why)
	}
}

// tooManyPixels says why files of so many bytes cannot have so many pixels together,
// empty if they can.
func tooManyPixels(pixels, bytes int64) string {
	if most := freePixels + pixelsOfAByte*bytes; pixels > most {
		return fmt.Sprintf("files of %d pixels, the limit for %d bytes is %d", pixels, bytes, most)
	}
	return ""
}

// bodies checks what is in the files whose headers are right.
func (v *verifying) bodies(ctx context.Context) error {
	root, err := os.OpenRoot(v.dir)
	if err != nil {
		return &asset.HintError{What: fmt.Sprintf("verify %q", v.dir), Why: tree.Cause(err), Hint: ""}
	}
	defer root.Close()
	for _, e := range v.checked {
		data, err := readEntry(root, e)
		switch {
		case err != nil:
		case v.Remake != nil:
			err = v.Remake(e, data)
		default:
			err = v.decode(ctx, data)
		}
		if err != nil {
			v.faultOf(e.Output, "%s", err)
		}
	}
	return v.refusal()
}
