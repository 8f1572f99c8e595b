//go:build !cgo

package pixel

import "errors"

// errNoCodecs is why pixels are not converted in a build for remote engines.
var errNoCodecs = errors.New("this webpress is built without codecs")

// ToRGBA returns src where nothing is to be done for it: a build for remote engines resizes and
// converts nothing.
func ToRGBA(src *Image, width, height, orientation int) (*Image, error) {
	if src.Layout != RGBA || src.Depth != 8 || src.Width != width || src.Height != height || orientation > 1 {
		return nil, errNoCodecs
	}
	return src, nil
}
