package convert

import "webpress/internal/pixel"

// colours decides what happens to the colours of one picture. A WebP without a
// profile is sRGB, and its pixels are always red, green and blue; so a profile
// that is not sRGB's stays, and what cannot stay is converted to sRGB.
type colours struct {
	// icc is the source's profile; after apply or converter, the output's.
	icc []byte
	// keep allows a profile in the output.
	keep  bool
	notes []string
}

// apply returns im in the colours of the output.
func (c *colours) apply(im *pixel.Image) (*pixel.Image, error) {
	convert := c.converter()
	if im.Kind == pixel.CMYK && convert == nil {
		convert = func(im *pixel.Image) (*pixel.Image, error) { return pixel.ToSRGB(im, nil) }
		c.icc = nil
	}
	if convert == nil {
		return im, nil
	}
	return convert(im)
}

// converter returns how the pixels have to be converted, nil for not at all.
func (c *colours) converter() func(*pixel.Image) (*pixel.Image, error) {
	if len(c.icc) == 0 {
		return nil
	}
	icc := c.icc
	space, srgb := pixel.ProfileSpace(icc)
	switch {
	case space == pixel.SpaceBad:
		c.notes = append(c.notes, "its colour profile is damaged and was left out")
		c.icc = nil
		return nil
	case srgb:
		c.icc = nil
		return nil
	case space == pixel.SpaceRGB && c.keep:
		return nil
	case space == pixel.SpaceOther:
		c.notes = append(c.notes, "its colour profile is not one for red, green and blue, and was left out")
		c.icc = nil
		return nil
	}
	c.icc = nil
	return func(im *pixel.Image) (*pixel.Image, error) {
		if space == pixel.SpaceCMYK && im.Kind != pixel.CMYK { // does not fit the pixels
			return im, nil
		}
		return pixel.ToSRGB(im, icc)
	}
}
