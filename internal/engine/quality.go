//go:build cgo

package engine

import (
	"fmt"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
)

// ownQuality is the quality of a job on the scale of its format.
func (j job) ownQuality() int {
	if j.OwnQuality {
		return j.Quality
	}
	return codec.QualityFor(j.Format, j.Quality, j.Effort)
}

// capQuality lowers the quality of jobs to that of their source, where it is a JPEG, and
// returns a note for each that was lowered. What has gone from the source does not come
// back: a higher quality would keep its blocks more faithfully, and nothing else. A job
// that shrinks it averages them out, and is left as it is.
//
// Of ten photos of 900 pixels, encoded as JPEG of quality 40, 50 and 60, WebP of quality 80
// gets 39, 27 and 19 % smaller by it. Its SSIM to the photo goes from .969 to .962, from
// .971 to .968, and from .974 to .971; that of the JPEG is .969, .974 and .977. Shrunk to
// half, the JPEG of 50 has .987, and there is more to lose: WebP has .975 of quality 80, and
// .968 of the 63 that it would be lowered to.
func capQuality(data []byte, info codec.Info, jobs []job) (notes []string) {
	notes = make([]string, len(jobs))
	if info.Format != asset.JPEG {
		return notes
	}
	source, ok := codec.JPEGQuality(data)
	if !ok {
		return notes
	}
	look := codec.WebPQuality(source)
	for i := range jobs {
		j := &jobs[i]
		width, height := j.pixels(info)
		if j.Auto || j.NoQualityCap || j.Format == asset.PNG || j.Lossless == asset.LosslessAlways || width < info.Width || height < info.Height {
			continue
		}
		most := look
		switch {
		case j.OwnQuality && j.Format == asset.JPEG:
			most = source
		case j.OwnQuality:
			most = codec.QualityFor(j.Format, look, j.Effort)
		}
		if j.Quality > most {
			notes[i] = fmt.Sprintf(asset.QualityCapped+"%d in place of %d: the source is a JPEG of quality %d", most, j.Quality, source)
			j.Quality = most
		}
	}
	return notes
}
