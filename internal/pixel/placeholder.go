package pixel

import (
	"fmt"

	"github.com/webpress/webpress/internal/thumbhash"
)

// ThumbHash returns a placeholder of an image that is upright and not CMYK, in 25 bytes
// or fewer: https://github.com/evanw/thumbhash.
func ThumbHash(src *Image) ([]byte, error) {
	small, err := thumbnail(src)
	if err != nil {
		return nil, err
	}
	return thumbhash.Encode(small.Width, small.Height, small.Planes[0][:4*small.Width*small.Height])
}

// Dominant returns the dominant color of an image that is not CMYK, as #rrggbb: of the
// 4,096 bins that 16 levels each of red, green and blue make, the one with most pixels,
// weighted by alpha, as sharp's stats has it, and the mean of the pixels in it where sharp
// returns the center of the bin. It is empty if all is transparent.
func Dominant(src *Image) (string, error) {
	small, err := thumbnail(src)
	if err != nil {
		return "", err
	}
	type bin struct{ weight, red, green, blue int }
	var bins [1 << 12]bin
	most := &bins[0]
	for pix := small.Planes[0][:4*small.Width*small.Height]; len(pix) > 0; pix = pix[4:] {
		b := &bins[int(pix[0])>>4<<8|int(pix[1])>>4<<4|int(pix[2])>>4]
		alpha := int(pix[3])
		b.weight += alpha
		b.red += alpha * int(pix[0])
		b.green += alpha * int(pix[1])
		b.blue += alpha * int(pix[2])
		if b.weight > most.weight {
			most = b
		}
	}
	if most.weight == 0 {
		return "", nil
	}
	mean := func(sum int) int { return (2*sum + most.weight) / (2 * most.weight) }
	return fmt.Sprintf("#%02x%02x%02x", mean(most.red), mean(most.green), mean(most.blue)), nil
}

// thumbnail returns src as RGBA of the size that ThumbHash takes at most, without a gap
// between rows.
func thumbnail(src *Image) (*Image, error) {
	width, height := Fit(src.Width, src.Height, thumbhash.MaxSide, thumbhash.MaxSide)
	return analyzed(src, width, height, 1)
}
