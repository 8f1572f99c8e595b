package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"slices"
	"sync"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// catalogue lists every image, in the order of the README.
var catalogue = sync.OnceValue(func() []picture {
	return slices.Concat(pngs(), jpegs(), heifs(), others(), demo())
})

// made is for an image whose bytes need no tool.
func made(f func() ([]byte, error)) func(context.Context, studio) ([]byte, error) {
	return func(context.Context, studio) ([]byte, error) { return f() }
}

// drawn is for an image that cannot fail.
func drawn(f func() []byte) func(context.Context, studio) ([]byte, error) {
	return made(func() ([]byte, error) { return f(), nil })
}

func pngs() []picture {
	full := card(cardWidth, cardHeight)
	alpha := faded(cardWidth, cardHeight)
	deepAlpha := func() *image.NRGBA64 {
		img := ramp16(cardWidth, cardHeight)
		for i := 0; i < len(img.Pix); i += 8 {
			img.Pix[i+6], img.Pix[i+7] = alpha.Pix[i/2+3], alpha.Pix[i/2+3]
		}
		return img
	}()
	deepGrey := func() *image.Gray16 {
		img, g := image.NewGray16(full.Rect), grey(full)
		for i, v := range g.Pix {
			img.Pix[2*i], img.Pix[2*i+1] = v, v
		}
		return img
	}()
	key := chunk{"tRNS", []byte{0, 255, 0, 255, 0, 255}}
	text := chunk{"eXIf", exif(1, true)}
	const w, h = cardWidth, cardHeight
	return []picture{
		{"pictures/png/card.png", w, h, "the card, RGB, 8 bits", drawn(func() []byte { return pngFile(rgb(full), false) })},
		{"pictures/png/rgb16.png", w, h, "the card, RGB, 16 bits with a ramp in the lower byte", drawn(func() []byte { return pngOf(ramp16(w, h)) })},
		{"pictures/png/palette.png", w, h, "the card, palette", drawn(func() []byte { return pngOf(paletted(full)) })},
		{"pictures/png/palette-alpha.png", 96, 96, "the halo disc, palette of two with tRNS", drawn(func() []byte { return pngOf(paletted(halo(96))) })},
		{"pictures/png/grey.png", w, h, "the card, grey, 8 bits", drawn(func() []byte { return pngOf(grey(full)) })},
		{"pictures/png/grey16.png", w, h, "the card, grey, 16 bits", drawn(func() []byte { return pngOf(deepGrey) })},
		{"pictures/png/grey-alpha.png", w, h, "the faded card, grey and alpha, 8 bits", drawn(func() []byte { return pngFile(greyAlpha(alpha), false) })},
		{"pictures/png/grey-alpha16.png", w, h, "the faded card, grey and alpha, 16 bits", drawn(func() []byte { return pngFile(greyAlpha16(alpha), false) })},
		{"pictures/png/rgba.png", w, h, "the faded card: straight alpha, 0 on the left to 255 on the right", drawn(func() []byte { return pngFile(rgba(alpha), false) })},
		{"pictures/png/rgba16.png", w, h, "the faded card, 16 bits", drawn(func() []byte { return pngOf(deepAlpha) })},
		{"pictures/png/halo.png", 96, 96, "a red disc, radius 36, on transparent pixels whose hidden colour is green", drawn(func() []byte { return pngFile(rgba(halo(96)), false) })},
		{"pictures/png/opaque-alpha.png", w, h, "the card, RGBA with alpha 255 everywhere", drawn(func() []byte { return pngFile(rgba(full), false) })},
		{"pictures/png/colour-key.png", w, h, "the card, RGB, with white as transparent colour (tRNS)", drawn(func() []byte { return pngFile(rgb(full), false, key) })},
		{"pictures/png/interlaced.png", w, h, "the card, RGB, Adam7", drawn(func() []byte { return pngFile(rgb(full), true) })},
		{"pictures/png/pixel.png", 1, 1, "one red pixel", drawn(func() []byte { return pngFile(rgb(card(6, 4).SubImage(image.Rect(0, 0, 1, 1)).(*image.NRGBA)), false) })},
		{"pictures/png/odd.png", 33, 17, "the card, odd width and height", drawn(func() []byte { return pngFile(rgb(card(33, 17)), false) })},
		{"pictures/png/odd-alpha.png", 33, 17, "the faded card, odd width and height", drawn(func() []byte { return pngFile(rgba(faded(33, 17)), false) })},
		{"pictures/png/line.png", 192, 1, "the top row of the card", drawn(func() []byte { return pngFile(rgb(full.SubImage(image.Rect(0, 0, 192, 1)).(*image.NRGBA)), false) })},
		{"pictures/png/p3.png", w, h, "the card with a Display P3 profile (iCCP)", drawn(func() []byte { return pngFile(rgb(full), false, profileChunk("Display P3", displayP3.profile())) })},
		{"pictures/png/srgb.png", w, h, "the card with an sRGB profile (iCCP)", drawn(func() []byte { return pngFile(rgb(full), false, profileChunk("sRGB", sRGB.profile())) })},
		{"pictures/png/exif.png", w, h, "the card with EXIF and a position (eXIf)", drawn(func() []byte { return pngFile(rgb(full), false, text) })},
		{"pictures/png/photo.png", 240, 160, "photo-like: smaller as lossy WebP", drawn(func() []byte { return pngFile(rgb(landscape(mountains, 240, 160)), false) })},
		{"pictures/png/animated.png", animationWidth, animationHeight, "APNG: the animation below, whole frames", drawn(func() []byte { return apng(shown(), delays()) })},
	}
}

func jpegs() []picture {
	full := card(cardWidth, cardHeight)
	const w, h = cardWidth, cardHeight
	plain := func(img *image.NRGBA, options ...string) func(context.Context, studio) ([]byte, error) {
		return func(ctx context.Context, s studio) ([]byte, error) { return jpegFile(ctx, s, img, options...) }
	}
	with := func(img *image.NRGBA, segments ...[]byte) func(context.Context, studio) ([]byte, error) {
		return func(ctx context.Context, s studio) ([]byte, error) {
			data, err := jpegFile(ctx, s, img, "-sample", "2x2")
			if err != nil {
				return nil, err
			}
			return insert(data, segments...), nil
		}
	}
	cmyk := func(ctx context.Context, s studio) ([]byte, error) {
		return s.through(ctx, ".jpg", []input{pngInput(full)}, "convert", "IN", "-strip", "-colorspace", "CMYK", "-sampling-factor", "1x1", "-quality", "92", "OUT")
	}
	all := []picture{
		{"pictures/jpeg/444.jpg", w, h, "the card, 4:4:4", plain(full, "-sample", "1x1")},
		{"pictures/jpeg/422.jpg", w, h, "the card, 4:2:2", plain(full, "-sample", "2x1")},
		{"pictures/jpeg/440.jpg", w, h, "the card, 4:4:0", plain(full, "-sample", "1x2")},
		{"pictures/jpeg/420.jpg", w, h, "the card, 4:2:0", plain(full, "-sample", "2x2")},
		{"pictures/jpeg/411.jpg", w, h, "the card, 4:1:1", plain(full, "-sample", "4x1")},
		{"pictures/jpeg/grey.jpg", w, h, "the card, one channel", plain(full, "-grayscale")},
		{"pictures/jpeg/rgb.jpg", w, h, "the card, stored as RGB (Adobe transform 0)", plain(full, "-rgb")},
		{"pictures/jpeg/cmyk.jpg", w, h, "the card, CMYK as YCCK (Adobe transform 2), inverted as Adobe does", cmyk},
		{"pictures/jpeg/inks.jpg", w, h, "the card, CMYK as it is (Adobe transform 0), inverted, progressive", func(ctx context.Context, s studio) ([]byte, error) {
			return inked(ctx, s, full)
		}},
		{"pictures/jpeg/progressive.jpg", w, h, "the card, progressive", plain(full, "-progressive", "-sample", "2x2")},
		{"pictures/jpeg/restart.jpg", w, h, "the card, 4:2:0, a restart marker a row", plain(full, "-restart", "1", "-sample", "2x2")},
		{"pictures/jpeg/odd.jpg", 33, 17, "the card, 4:2:0, odd width and height", plain(card(33, 17), "-sample", "2x2")},
		{"pictures/jpeg/odd-422.jpg", 33, 17, "the card, 4:2:2, odd width and height", plain(card(33, 17), "-sample", "2x1")},
		{"pictures/jpeg/pixel.jpg", 1, 1, "one red pixel", plain(card(6, 4).SubImage(image.Rect(0, 0, 1, 1)).(*image.NRGBA), "-sample", "2x2")},
		{"pictures/jpeg/p3.jpg", w, h, "the card with a Display P3 profile (APP2)", with(full, profileSegment(displayP3.profile()))},
		{"pictures/jpeg/srgb.jpg", w, h, "the card with an sRGB profile (APP2)", with(full, profileSegment(sRGB.profile()))},
		{"pictures/jpeg/gps.jpg", w, h, "the card with a position in both EXIF and XMP", with(full, exifSegment(1, true), xmpSegment())},
		{"pictures/jpeg/multi.jpg", w, h, "the card with a second, smaller JPEG (grey) behind it (MPF)", func(ctx context.Context, s studio) ([]byte, error) {
			first, err := jpegFile(ctx, s, full, "-sample", "2x2")
			if err != nil {
				return nil, err
			}
			second, err := jpegFile(ctx, s, card(96, 64), "-grayscale")
			return multi(first, second), err
		}},
	}
	for o := 1; o <= 8; o++ {
		all = append(all, picture{
			fmt.Sprintf("pictures/jpeg/orientation-%d.jpg", o), w, h,
			fmt.Sprintf("the card, stored with EXIF orientation %d", o), with(stored(full, o), exifSegment(o, false)),
		})
	}
	return all
}

func heifs() []picture {
	full := card(cardWidth, cardHeight)
	const w, h = cardWidth, cardHeight
	from := func(ext string, in input, options ...string) func(context.Context, studio) ([]byte, error) {
		return func(ctx context.Context, s studio) ([]byte, error) {
			return heifFile(ctx, s, ext, []input{in}, options...)
		}
	}
	turned := func(o int, p property) func(context.Context, studio) ([]byte, error) {
		return func(ctx context.Context, s studio) ([]byte, error) {
			data, err := jpegFile(ctx, s, stored(full, o), "-sample", "1x1")
			if err != nil {
				return nil, err
			}
			data = insert(data, exifSegment(o, true))
			if data, err = heifFile(ctx, s, ".heic", []input{{".jpg", data}}); err != nil {
				return nil, err
			}
			return turn(data, p)
		}
	}
	p3 := input{".png", pngFile(rgb(full), false, profileChunk("Display P3", displayP3.profile()))}
	const x444 = "chroma=444"
	return []picture{
		{"pictures/heic/card.heic", w, h, "the card, 8 bits, 4:2:0", from(".heic", pngInput(full))},
		{"pictures/heic/444.heic", w, h, "the card, 8 bits, 4:4:4", from(".heic", pngInput(full), "-p", x444)},
		{"pictures/heic/422.heic", w, h, "the card, 8 bits, 4:2:2", from(".heic", pngInput(full), "-p", "chroma=422")},
		{"pictures/heic/grey.heic", w, h, "the card, one channel", from(".heic", pngInput(grey(full)))},
		{"pictures/heic/grey-12bit.heic", w, h, "the card, one channel of 12 bits, which libheif does not take from libavcodec", from(".heic", pngInput(grey16(ramp16(w, h))), "-b", "12")},
		{"pictures/heic/10bit.heic", w, h, "the card, 10 bits, 4:2:0", from(".heic", pngInput(ramp16(w, h)), "-b", "10")},
		{"pictures/heic/alpha.heic", w, h, "the faded card, alpha as an auxiliary image", from(".heic", pngInput(faded(w, h)))},
		{"pictures/heic/odd.heic", 33, 17, "the card, odd width and height: 64x64 stored, cropped by clap", from(".heic", pngInput(card(33, 17)))},
		{"pictures/heic/p3.heic", w, h, "the card with a Display P3 profile", from(".heic", p3)},
		{"pictures/heic/rotated.heic", w, h, "the card, stored turned: irot, and EXIF with orientation 6 and a position", turned(6, quarterRight)},
		{"pictures/heic/mirrored.heic", w, h, "the card, stored mirrored: imir, and EXIF with orientation 2", turned(2, leftRight)},
		{"pictures/heic/two.heic", w, h, "two top-level images; the card is the primary one", func(ctx context.Context, s studio) ([]byte, error) {
			return heifFile(ctx, s, ".heic", []input{pngInput(full), pngInput(halo(96))})
		}},
		{"pictures/heic/grid.heic", w, h, "the card as four tiles of 104x72, which reach beyond its right and lower edges", func(ctx context.Context, s studio) ([]byte, error) {
			return grid(ctx, s, full, image.Pt(104, 72))
		}},
		{"pictures/heic/premultiplied.heic", w, h, "the faded card, its colours multiplied by alpha", from(".heic", pngInput(multiplied(faded(w, h))), "--premultiplied-alpha", "-p", x444)},
		{"pictures/heic/limited.heic", w, h, "the card, 4:2:0, limited range and the matrix of BT.709", from(".heic", pngInput(full), "--matrix_coefficients", "1", "--full_range_flag", "0")},
		{"pictures/heic/p3-nclx.heic", w, h, "the card with the primaries of Display P3 as code points (nclx)", from(".heic", pngInput(full), "--colour_primaries", "12", "--transfer_characteristic", "13")},
		{"pictures/avif/card.avif", w, h, "the card, 8 bits, 4:2:0", from(".avif", pngInput(full), "-A")},
		{"pictures/avif/10bit.avif", w, h, "the card, 10 bits, 4:4:4", from(".avif", pngInput(ramp16(w, h)), "-A", "-b", "10", "-p", x444)},
		{"pictures/avif/alpha.avif", w, h, "the faded card", from(".avif", pngInput(faded(w, h)), "-A")},
	}
}

func others() []picture {
	full := card(cardWidth, cardHeight)
	const w, h = cardWidth, cardHeight
	tif := func(img image.Image, c tiff.CompressionType) func(context.Context, studio) ([]byte, error) {
		return made(func() ([]byte, error) {
			var b bytes.Buffer
			err := tiff.Encode(&b, img, &tiff.Options{Compression: c, Predictor: c != tiff.Uncompressed})
			return b.Bytes(), err
		})
	}
	bitmap := func(img image.Image) func(context.Context, studio) ([]byte, error) {
		return made(func() ([]byte, error) {
			var b bytes.Buffer
			err := bmp.Encode(&b, img)
			return b.Bytes(), err
		})
	}
	web := func(img *image.NRGBA, options ...string) func(context.Context, studio) ([]byte, error) {
		return func(ctx context.Context, s studio) ([]byte, error) { return webpFile(ctx, s, img, options...) }
	}
	return []picture{
		{"pictures/gif/still.gif", 60, 40, "the card, one frame", made(func() ([]byte, error) { return gifFile(1, -1) })},
		{"pictures/gif/animated.gif", 60, 40, "the animation below, for ever", made(func() ([]byte, error) { return gifFile(4, 0) })},
		{"pictures/gif/thrice.gif", 60, 40, "the animation below, three times (loop count 2)", made(func() ([]byte, error) { return gifFile(4, 2) })},
		{"pictures/gif/once.gif", 60, 40, "the animation below, once (no loop count)", made(func() ([]byte, error) { return gifFile(4, -1) })},
		{"pictures/tiff/rgb.tif", w, h, "the card, deflated", tif(full, tiff.Deflate)},
		{"pictures/tiff/rgb16.tif", w, h, "the card, 16 bits with a ramp in the lower byte, deflated", tif(ramp16(w, h), tiff.Deflate)},
		{"pictures/tiff/grey.tif", 96, 64, "the card, grey, not compressed", tif(grey(card(96, 64)), tiff.Uncompressed)},
		{"pictures/tiff/rgba.tif", w, h, "the faded card, straight alpha, deflated", tif(faded(w, h), tiff.Deflate)},
		{"pictures/bmp/rgb.bmp", 96, 64, "the card, 24 bits", bitmap(opaque(card(96, 64)))},
		{"pictures/bmp/rgba.bmp", 96, 64, "the faded card, 32 bits", bitmap(faded(96, 64))},
		{"pictures/bmp/palette.bmp", 96, 64, "the card, palette", bitmap(paletted(card(96, 64)))},
		{"pictures/webp/lossy.webp", w, h, "the card, lossy", web(full, "-q", "90")},
		{"pictures/webp/lossless.webp", w, h, "the card, lossless", web(full, "-lossless")},
		{"pictures/webp/alpha.webp", w, h, "the faded card, lossy", web(faded(w, h), "-q", "90")},
		{"pictures/webp/animated.webp", 60, 40, "the animation below, lossless, for ever", func(ctx context.Context, s studio) ([]byte, error) {
			data, err := gifFile(4, 0)
			if err != nil {
				return nil, err
			}
			return s.through(ctx, ".webp", []input{{".gif", data}}, "gif2webp", "-quiet", "IN", "-o", "OUT")
		}},
	}
}
