//go:build cgo

package engine

import "github.com/webpress/webpress/internal/pixel"

// colors decides what happens to the colors of one image. A WebP without a
// profile is sRGB, and its pixels are always red, green and blue; so a profile
// that is not sRGB's stays, and what cannot stay is converted to sRGB.
type colors struct {
	// icc is the source's profile; after apply or converter, the output's.
	icc []byte
	// gray reports whether the source has one channel of color.
	gray bool
	// keep allows a profile in the output.
	keep  bool
	notes []string
}

// apply returns im in the colors of the output.
func (c *colors) apply(im *pixel.Image) (*pixel.Image, error) {
	convert := c.converter(im.Layout)
	if im.Layout == pixel.CMYK && convert == nil {
		convert = func(im *pixel.Image) (*pixel.Image, error) { return pixel.ToSRGB(im, nil) }
		c.icc = nil
	}
	if convert == nil {
		return im, nil
	}
	return convert(im)
}

// converter returns how pixels of a kind have to be converted, nil for not at all.
func (c *colors) converter(kind pixel.Layout) func(*pixel.Image) (*pixel.Image, error) {
	if len(c.icc) == 0 {
		return nil
	}
	icc := c.icc
	space, srgb := pixel.ProfileSpace(icc)
	fits := pixel.SpaceRGB
	switch {
	case kind == pixel.CMYK:
		fits = pixel.SpaceCMYK
	case kind == pixel.Gray || c.gray:
		fits = pixel.SpaceGray
	}
	switch {
	case space == pixel.SpaceBad:
		c.leaveOut("its color profile is damaged and was left out")
		return nil
	case srgb && kind != pixel.CMYK: // also of gray, which looks the same in it
		c.icc = nil
		return nil
	case space != fits:
		c.leaveOut("its color profile is for " + spaceName(space) + ", not for " + spaceName(fits) + ", and was left out")
		return nil
	case space == pixel.SpaceRGB && c.keep:
		return nil
	}
	c.icc = nil
	return func(im *pixel.Image) (*pixel.Image, error) { return pixel.ToSRGB(im, icc) }
}

func (c *colors) leaveOut(note string) {
	c.icc = nil
	c.notes = append(c.notes, note)
}

func spaceName(s pixel.Space) string {
	switch s {
	case pixel.SpaceRGB:
		return "RGB"
	case pixel.SpaceGray:
		return "gray"
	case pixel.SpaceCMYK:
		return "CMYK"
	}
	return "another color space"
}

// Profiles of up to smallProfile bytes stay: those of cameras and phones for wide
// gamuts have about 550. Others may be a fifth of a result, and no more.
const smallProfile, profileShare = 1 << 10, 5

// tooLarge reports whether a profile of n bytes is too large a part of a result of size
// bytes to be kept in it.
func tooLarge(n, size int) bool { return n > smallProfile && n > size/profileShare }

const profileConverted = "its color profile would be more than a fifth of the result: its colors were converted to sRGB"
