//go:build cgo

package engine

import (
	"fmt"
	"math"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/pixel"
)

// encodeRated encodes im with the quality that its settings ask for, and rates the result.
func (e *encoder) encodeRated(im *pixel.Image) (data []byte, lossless bool, err error) {
	r, err := e.newRater(im)
	if err != nil {
		return nil, false, err
	}
	defer r.free()
	t, tries, err := e.encodeByLook(im, r)
	if err != nil {
		return nil, false, err
	}
	if e.MaxBytes > 0 && int64(len(t.data)) > e.MaxBytes {
		f := fit{most: e.MaxBytes, high: t.quality, smallest: int64(len(t.data))}
		if f.low, _ = e.bounds(); e.MinQuality == 0 {
			f.low = codec.QualityFor(e.Format, leastFit, e.Effort)
		}
		if t.lossless {
			f.high = e.ownQuality() + 1
			if _, high := e.bounds(); e.Auto {
				f.high = high + 1
			}
		}
		if e.Lossless == asset.LosslessAlways || e.Format == asset.PNG {
			f.high = f.low - 1 // there is no quality to lower
		}
		plain := *e
		plain.Lossless = asset.LosslessNever
		t, err = f.run(func(quality int) ([]byte, error) {
			if err := e.ctx.Err(); err != nil {
				return nil, err
			}
			data, _, err := plain.encodeAt(im, quality)
			return data, err
		})
		if err != nil {
			return nil, false, err
		}
		tries += f.tries
		t.score = math.NaN()
	}
	if math.IsNaN(t.score) {
		if t.score, err = r.rate(t.data); err != nil {
			return nil, false, err
		}
	}
	e.rating = rating(t.quality, t.lossless, t.score, tries)
	return t.data, t.lossless, nil
}

// encodeByLook encodes im with the quality that it needs for its look, or with that of the
// settings. The score of what it returns may not be a number: then it is not known yet.
func (e *encoder) encodeByLook(im *pixel.Image, r *rater) (t try, tries int, err error) {
	if !e.Auto {
		r.release()
		t = try{quality: e.ownQuality(), score: math.NaN()}
		t.data, t.lossless, err = e.encodeAt(im, t.quality)
		return t, 1, err
	}
	s := search{curve: curves[e.Format], aim: e.Look}
	s.low, s.high = e.bounds()
	switch {
	case e.weighs(im):
		return e.weigh(im, r, &s)
	case e.Format == asset.WebP:
		o := codec.EncodeOptions{Effort: e.Effort, SharpYUV: im.Layout == pixel.RGBA && !e.lossy && coloredEdges(im)}
		t, err = e.searchWebP(im, r, &s, o)
	default:
		t, err = e.search(im, r, &s, func(im *pixel.Image, quality int, _ bool) ([]byte, error) {
			return e.encodeOther(im, quality, e.Effort)
		})
	}
	return t, len(s.tries), err
}

// weigh encodes im with loss, so that it looks as it should, and without, and returns the
// smaller one.
func (e *encoder) weigh(im *pixel.Image, r *rater, s *search) (t try, tries int, err error) {
	s.factor = typical[asset.WebP][1]
	w := smallest{
		im: im, o: codec.EncodeOptions{Quality: s.first(), Effort: e.Effort}, near: e.NearLossless != asset.NearLosslessNever, must: true,
		lossy: func(o codec.EncodeOptions) ([]byte, error) {
			var err error
			t, err = e.searchWebP(im, r, s, o)
			return t.data, err
		},
		right: func([]byte) (bool, error) { return t.score >= s.aim-bandBelow, nil },
	}
	data, lossless, err := w.encode()
	if err != nil {
		return try{}, 0, err
	}
	if !lossless {
		return t, len(s.tries), nil
	}
	if data, err = e.withMetadata(data); err != nil {
		return try{}, 0, err
	}
	return try{data: data, lossless: true, score: math.NaN()}, max(1, len(s.tries)), nil
}

// searchWebP is search for lossy WebP with these options.
func (e *encoder) searchWebP(im *pixel.Image, r *rater, s *search, o codec.EncodeOptions) (try, error) {
	return e.search(im, r, s, func(im *pixel.Image, quality int, sample bool) ([]byte, error) {
		o := o
		if o.Quality = quality; sample {
			o.Effort = 0
			return codec.Encode(im, o)
		}
		data, err := codec.Encode(im, o)
		if err != nil {
			return nil, err
		}
		return e.withMetadata(data)
	})
}

// search finds the quality at which im has the score that s aims at.
func (e *encoder) search(im *pixel.Image, r *rater, s *search, encode func(im *pixel.Image, quality int, sample bool) ([]byte, error)) (try, error) {
	err := e.guess(im, r, s, func(im *pixel.Image, quality int) ([]byte, error) { return encode(im, quality, true) })
	if err != nil {
		return try{}, err
	}
	r.release()
	return s.run(func(quality int) (t try, err error) {
		if err := e.ctx.Err(); err != nil {
			return t, err
		}
		if t.data, err = encode(im, quality, false); err == nil {
			t.score, err = r.rate(t.data)
		}
		return t, err
	})
}

// leastFit is the lowest quality that an image is encoded with to fit into so many bytes,
// where the settings do not say.
const leastFit = 30

// mostFits is how many times an image is encoded for that.
const mostFits = 8

// A fit finds the best quality whose result has no more than so many bytes.
type fit struct {
	most      int64
	low, high int // that of a result that is too large
	smallest  int64
	tries     int
}

// nearlyFull is the share of the bytes from which on no better quality is looked for.
const nearlyFull = 0.97

// run encodes with lower qualities until a result fits. Its error is a *tooLargeError where
// none does.
func (f *fit) run(encode func(quality int) ([]byte, error)) (best try, err error) {
	fits, large := f.low-1, f.high
	size := f.smallest
	for ; f.tries < mostFits && large-fits > 1; f.tries++ {
		// A tenth more quality is about a quarter more bytes.
		quality := large - int(math.Ceil(math.Log(float64(size)/(float64(f.most)*nearlyFull))/0.025))
		if fits >= f.low || quality < f.low && f.tries > 0 {
			quality = (fits + large + 1) / 2
		}
		quality = max(fits+1, min(large-1, quality))
		if f.tries == mostFits-1 && best.data == nil {
			quality = f.low
		}
		data, err := encode(quality)
		if err != nil {
			return try{}, err
		}
		n := int64(len(data))
		f.smallest = min(f.smallest, n)
		if n > f.most {
			large, size = quality, n
			continue
		}
		fits, best = quality, try{quality: quality, data: data}
		if float64(n) >= nearlyFull*float64(f.most) {
			f.tries++
			break
		}
	}
	if best.data == nil {
		return try{}, &tooLargeError{f.smallest, f.most}
	}
	return best, nil
}

// A tooLargeError says that an image does not fit into max-bytes.
type tooLargeError struct{ smallest, most int64 }

// Error returns one line.
func (e *tooLargeError) Error() string {
	return "max-bytes: " + e.detail()
}

func (e *tooLargeError) detail() string {
	return fmt.Sprintf("it takes %d bytes at the lowest quality, and %d are allowed", e.smallest, e.most)
}
