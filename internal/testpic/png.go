package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
)

// Colour types of PNG, https://www.w3.org/TR/png-3/#11IHDR.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// A chunk of a PNG file.
type chunk struct {
	name string
	data []byte
}

// A raster is what pngFile writes: depth is 8 or 16 bits, kind one of PNG's
// colour types, and sample appends the bytes of one pixel.
type raster struct {
	width, height, depth, kind int
	sample                     func(row []byte, x, y int) []byte
}

// pngFile writes what Go's encoder does not: grey with alpha, interlacing and
// chunks of any name. The extra chunks go before the pixels.
func pngFile(r raster, interlaced bool, extra ...chunk) []byte {
	chunks := append([]chunk{r.header(interlaced)}, extra...)
	return pngBytes(append(chunks, chunk{"IDAT", r.pixels(interlaced)})...)
}

// pngBytes frames the chunks as a PNG file; IEND is added.
func pngBytes(chunks ...chunk) []byte {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	for _, c := range append(chunks, chunk{name: "IEND"}) {
		out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(c.data))))
		body := append([]byte(c.name), c.data...)
		out.Write(body)
		out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
	}
	return out.Bytes()
}

func (r raster) header(interlaced bool) chunk {
	b := binary.BigEndian.AppendUint32(nil, uint32(r.width))
	b = binary.BigEndian.AppendUint32(b, uint32(r.height))
	b = append(b, byte(r.depth), byte(r.kind), 0, 0, 0)
	if interlaced {
		b[12] = 1
	}
	return chunk{"IHDR", b}
}

// pixels returns the compressed rows, each behind a filter byte of 0, in the
// seven passes of Adam7 where they are interlaced.
func (r raster) pixels(interlaced bool) []byte {
	passes := [][4]int{{0, 0, 1, 1}} // x, y of the first pixel and their steps
	if interlaced {
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, zlib.BestCompression) // the level is valid
	for _, p := range passes {
		if p[0] >= r.width {
			continue // an empty pass has no filter bytes either
		}
		for y := p[1]; y < r.height; y += p[3] {
			row := []byte{0}
			for x := p[0]; x < r.width; x += p[2] {
				row = r.sample(row, x, y)
			}
			_, _ = z.Write(row) // a bytes.Buffer takes everything
		}
	}
	z.Close()
	return out.Bytes()
}

// rgb, rgba and greyAlpha are rasters of an image, 8 bits a channel.
func rgb(img *image.NRGBA) raster {
	return raster{img.Rect.Dx(), img.Rect.Dy(), 8, pngRGB, func(row []byte, x, y int) []byte {
		return append(row, img.Pix[img.PixOffset(x, y):][:3]...)
	}}
}

func rgba(img *image.NRGBA) raster {
	return raster{img.Rect.Dx(), img.Rect.Dy(), 8, pngRGBA, func(row []byte, x, y int) []byte {
		return append(row, img.Pix[img.PixOffset(x, y):][:4]...)
	}}
}

func greyAlpha(img *image.NRGBA) raster {
	g := grey(opaque(img))
	return raster{img.Rect.Dx(), img.Rect.Dy(), 8, pngGreyAlpha, func(row []byte, x, y int) []byte {
		return append(row, g.GrayAt(x, y).Y, img.NRGBAAt(x, y).A)
	}}
}

// greyAlpha16 is greyAlpha with both bytes of each sample alike.
func greyAlpha16(img *image.NRGBA) raster {
	r, sample := greyAlpha(img), greyAlpha(img).sample
	r.depth = 16
	r.sample = func(row []byte, x, y int) []byte {
		s := sample(nil, x, y)
		return append(row, s[0], s[0], s[1], s[1])
	}
	return r
}

// opaque is a copy without transparency.
func opaque(img *image.NRGBA) *image.NRGBA {
	out := clone(img)
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	return out
}

// profileChunk is an iCCP chunk.
func profileChunk(name string, profile []byte) chunk {
	var z bytes.Buffer
	z.WriteString(name + "\x00\x00")
	w := zlib.NewWriter(&z)
	_, _ = w.Write(profile) // a bytes.Buffer takes everything
	w.Close()
	return chunk{"iCCP", z.Bytes()}
}

// apng writes an animation of whole frames, all of one size, each shown for
// the given hundredths of a second, forever.
func apng(frames []*image.NRGBA, delays []int) []byte {
	first := rgba(frames[0])
	control := binary.BigEndian.AppendUint32(nil, uint32(len(frames)))
	control = binary.BigEndian.AppendUint32(control, 0)
	chunks := []chunk{first.header(false), {"acTL", control}}
	sequence := uint32(0)
	for i, f := range frames {
		r := rgba(f)
		b := binary.BigEndian.AppendUint32(nil, sequence)
		b = binary.BigEndian.AppendUint32(b, uint32(r.width))
		b = binary.BigEndian.AppendUint32(b, uint32(r.height))
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // at (0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(delays[i]))
		b = binary.BigEndian.AppendUint16(b, 100)
		chunks = append(chunks, chunk{"fcTL", append(b, 0, 0)})
		sequence++
		if i == 0 {
			chunks = append(chunks, chunk{"IDAT", r.pixels(false)})
			continue
		}
		data := append(binary.BigEndian.AppendUint32(nil, sequence), r.pixels(false)...)
		chunks = append(chunks, chunk{"fdAT", data})
		sequence++
	}
	return pngBytes(chunks...)
}
