package codec

import (
	"errors"
	"testing"
)

// Every decoder's word for a file that is not what it was comes with advice.
func TestHinted(t *testing.T) {
	for _, name := range []string{
		"jpeg/420.jpg", "heic/card.heic", "avif/card.avif", "png/card.png", "gif/still.gif",
		"tiff/rgb.tif", "bmp/rgb.bmp", "webp/lossy.webp",
	} {
		data := picture(t, name)
		_, err := Decode(data[:len(data)*9/10], DecodeOptions{})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Hint != againHint {
			t.Errorf("%s: %v, hint %q", name, err, e.Hint)
		}
	}
	data := picture(t, "gif/animated.gif")
	_, err := Animate(t.Context(), data[:len(data)*9/10], AnimateOptions{Width: 60, Height: 40})
	if e, ok := errors.AsType[*Error](err); !ok || e.Hint != againHint {
		t.Errorf("animation: %v", err)
	}
	for _, err := range []error{
		nil, errors.New("damaged"),
		&Error{Op: "webp", Detail: "out of memory"},
		&Error{Op: "webp", Detail: "damaged", Hint: "other"},
	} {
		if got := withHint(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
		if e, ok := errors.AsType[*Error](err); ok && e.Hint == againHint {
			t.Errorf("%v got a hint", err)
		}
	}
}
