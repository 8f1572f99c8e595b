package main

import (
	"bytes"
	"context"
	"image/gif"
)

// demo lists the larger images that `make demo` converts.
func demo() []picture {
	return []picture{
		{"demo/photos/mountains.heic", 1600, 1200, "photo-like: a lake below mountains", func(ctx context.Context, s studio) ([]byte, error) {
			in := pngInput(landscape(mountains, 1600, 1200))
			return heifFile(ctx, s, ".heic", []input{in}, "-q", "60")
		}},
		{"demo/photos/dunes.jpg", 1200, 1600, "photo-like: dunes at sunset, stored turned (EXIF orientation 6), with a position", func(ctx context.Context, s studio) ([]byte, error) {
			img := stored(landscape(dunes, 1200, 1600), 6)
			data, err := s.through(ctx, ".jpg", []input{{".ppm", ppm(img)}}, "cjpeg", "-quality", "90", "-sample", "2x2", "-optimise", "-outfile", "OUT", "IN")
			if err != nil {
				return nil, err
			}
			return insert(data, exifSegment(6, true)), nil
		}},
		{"demo/screens/editor.png", 1440, 900, "screenshot-like: windows and text", made(func() ([]byte, error) {
			img, err := screenshot(1440, 900)
			return pngOf(img), err
		})},
		{"demo/icons/compass.png", 256, 256, "icon-like: soft edges and a shadow in alpha", drawn(func() []byte { return pngOf(icon(256)) })},
		{"demo/icons/spinner.gif", 96, 96, "an animation of 24 frames", made(func() ([]byte, error) {
			var b bytes.Buffer
			err := gif.EncodeAll(&b, spinner(96, 24))
			return b.Bytes(), err
		})},
	}
}
