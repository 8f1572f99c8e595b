//go:build cgo

package engine

import (
	"fmt"
	"runtime"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
	"github.com/webpress/webpress/internal/score"
)

// A rater scores what pixels were encoded to.
type rater struct {
	// exact is RGBA of the pixels until release, and own says that it is a copy.
	exact *pixel.Image
	own   bool
	ref   *score.Reference
}

// newRater prepares the pixels of an output for comparison. The caller frees it.
func (e *encoder) newRater(im *pixel.Image) (*rater, error) {
	exact, err := pixel.ToRGBA(im, im.Width, im.Height, 1)
	if err != nil {
		return nil, err
	}
	r := &rater{exact: exact, own: exact != im}
	if e.Format == asset.JPEG && exact.Alpha {
		flat := flatten(exact, backgroundOf(e.Background))
		r.free()
		r.exact, r.own = flat, true
	}
	if r.ref, err = score.Prepare(r.exact, score.Options{ICC: e.icc}); err != nil {
		r.free()
		return nil, err
	}
	return r, nil
}

func (r *rater) free() {
	if r.ref != nil {
		r.ref.Free()
	}
	r.release()
}

// release gives back the RGBA: the score does not need it any more.
func (r *rater) release() {
	if r.own {
		freeLarge(r.exact)
	}
	r.exact, r.own = nil, false
}

// freeLarge frees pixels that others of as many bytes follow: these find their memory, which the
// garbage collector would look for too late. It takes no time, as there is little else in memory.
func freeLarge(im *pixel.Image) {
	const large = 16 << 20
	size := im.Height * im.Stride[0]
	if im.Free(); size > large {
		runtime.GC()
	}
}

// rate decodes an encoding and returns its score.
func (r *rater) rate(data []byte) (float64, error) { return compare(r.ref, data) }

// compare returns the score of an encoding of a still image.
func compare(ref *score.Reference, data []byte) (float64, error) {
	p, err := codec.Decode(data, codec.DecodeOptions{Threads: 1})
	if err != nil {
		return 0, fmt.Errorf("decode what was encoded: %w", err)
	}
	defer freeLarge(&p.Image)
	im, err := pixel.ToRGBA(&p.Image, p.Image.Width, p.Image.Height, 1)
	if err != nil {
		return 0, err
	}
	if im != &p.Image {
		defer im.Free()
	}
	return ref.Compare(im)
}

// flatten lays RGBA on a color.
func flatten(im *pixel.Image, background [3]byte) *pixel.Image {
	out := pixel.NewRGBA(im.Width, im.Height, nil)
	for y := range im.Height {
		from, to := im.Planes[0][y*im.Stride[0]:][:4*im.Width], out.Planes[0][y*out.Stride[0]:]
		for x := 0; x < len(from); x += 4 {
			alpha := int(from[x+3])
			for c, behind := range background {
				to[x+c] = byte((int(from[x+c])*alpha + int(behind)*(255-alpha) + 127) / 255)
			}
			to[x+3] = 255
		}
	}
	return out
}

// rating is that of the final result of some tries.
func rating(quality int, lossless bool, score float64, tries int) asset.Rating {
	if lossless {
		quality = 0
	}
	return asset.Rating{Quality: quality, Score: asset.RoundScore(score), Tries: max(1, tries)}
}

// missed is the note of a result that does not look as good as it should, empty for others.
func (j job) missed(r asset.Rating) string {
	if !j.Auto || !r.Rated() || r.Score >= j.Look-bandBelow {
		return ""
	}
	if j.MaxBytes > 0 {
		return fmt.Sprintf("its score is %.1f, and look asks for %g: max-bytes allows no more", r.Score, j.Look)
	}
	return fmt.Sprintf("its score is %.1f, and look asks for %g: that is the highest up to quality %d", r.Score, j.Look, r.Quality)
}
