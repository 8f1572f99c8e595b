package lockfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/webpress/webpress/internal/asset"
)

// digestLen is the number of hexadecimal digits of a Digest: 128 bits.
const digestLen = 32

// Digest returns a digest of every setting that decides the bytes of an output or
// whether it is kept, and of the version of the codecs. Where the output goes is
// not part of it: the same bytes can be moved.
//
// It is the beginning of a lower-case hex SHA-256.
func Digest(r asset.Recipe, codecs string) string {
	// Limits refuse images, and change none; nor does a name.
	r.Output, r.MaxPixels, r.Name = "", 0, ""
	if r.Lossless != asset.LosslessAuto || r.NearLossless == asset.NearLosslessAuto {
		r.NearLossless = ""
	}
	// What there was before there were two scales: AVIF by the look, JPEG by its own.
	switch r.Format {
	case asset.JPEG:
		r.OwnQuality = !r.OwnQuality
	case asset.AVIF:
	default:
		r.OwnQuality = false
	}
	if r.Format == asset.PNG || r.Lossless == asset.LosslessAlways {
		r.NoQualityCap = false
	}
	data, err := json.Marshal(struct {
		Codecs string
		asset.Recipe
	}{codecs, r})
	if err != nil {
		return "" // a number that JSON cannot hold: no recipe that was read from settings has one
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:digestLen]
}
