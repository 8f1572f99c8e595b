package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/draw"
)

// grid stores an image as phones do: as tiles, 2 by 2 here, of one size, which a
// derived image puts together (ISO/IEC 23008-12, 6.6.2.3). Its last column and
// row are cut off, so that the tiles are larger than the image.
func grid(ctx context.Context, s studio, img *image.NRGBA, tile image.Point) ([]byte, error) {
	var head, handler, config, colours, data []byte
	var sizes []int
	for i := range 4 {
		part := image.NewNRGBA(image.Rectangle{Max: tile})
		draw.Draw(part, part.Rect, img, image.Pt(i%2*tile.X, i/2*tile.Y), draw.Src)
		file, err := heifFile(ctx, s, ".heic", []input{pngInput(part)})
		if err != nil {
			return nil, err
		}
		at, err := locate(file)
		if err != nil {
			return nil, err
		}
		if i > 0 && !bytes.Equal(config, at.config) {
			return nil, errLayout // the tiles share their decoder configuration
		}
		head, handler, config, colours = at.head, at.handler, at.config, at.colours
		data = append(data, at.data...)
		sizes = append(sizes, len(at.data))
	}

	const whole = 1 // the items: the image, then its tiles
	tiles := []int{2, 3, 4, 5}
	infos, places := short(5), append([]byte{0x44, 0}, short(5)...)
	owners := long(5)
	entry := func(id int, kind string, hidden byte) []byte {
		return atom("infe", []byte{2, 0, 0, hidden}, short(id), short(0), []byte(kind), []byte{0})
	}
	place := func(id, method, offset, size int) []byte {
		return bytes.Join([][]byte{short(id), short(method), short(0), short(1), long(offset), long(size)}, nil)
	}
	infos = append(infos, entry(whole, "grid", 0)...)
	owners = append(owners, append(short(whole), 2, 1, 4)...)
	for _, id := range tiles {
		infos = append(infos, entry(id, "hvc1", 1)...)
		owners = append(owners, append(short(id), 3, 0x82, 3, 4)...)
	}
	size := func(p image.Point) []byte { return atom("ispe", long(0), long(p.X), long(p.Y)) }
	layout := bytes.Join([][]byte{{0, 0, 1, 1}, short(img.Rect.Dx()), short(img.Rect.Dy())}, nil)
	meta := func(start int) []byte {
		all := append(bytes.Clone(places), place(whole, 1, 0, len(layout))...)
		for i, id := range tiles {
			all = append(all, place(id, 0, start, sizes[i])...)
			start += sizes[i]
		}
		return atom("meta", long(0), handler,
			atom("pitm", long(0), short(whole)),
			atom("iinf", long(0), infos),
			atom("iref", long(0), atom("dimg", short(whole), short(len(tiles)), short(2), short(3), short(4), short(5))),
			atom("iprp", atom("ipco", size(img.Rect.Size()), config, size(tile), colours), atom("ipma", long(0), owners)),
			atom("iloc", []byte{1, 0, 0, 0}, all),
			atom("idat", layout))
	}
	start := len(head) + len(meta(0)) + 8
	return bytes.Join([][]byte{head, meta(start), atom("mdat", data)}, nil), nil
}

// atom is a box of parts.
func atom(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(long(8+len(body)), name...), body...)
}

// located are the pieces of a HEIF file of one image.
type located struct{ head, handler, config, colours, data []byte }

// locate finds the pieces in the layout that heif-enc writes.
func locate(file []byte) (at located, err error) {
	piece := func(in []byte, skip int, name string) []byte {
		if len(in) < skip {
			return nil
		}
		e, ok := box(in[skip:], name)
		if !ok {
			return nil
		}
		return in[skip:][e.start:e.end]
	}
	meta := piece(file, 0, "meta")
	properties := piece(piece(meta, 12, "iprp"), 8, "ipco")
	at.head, at.handler = piece(file, 0, "ftyp"), piece(meta, 12, "hdlr")
	at.config, at.colours = piece(properties, 8, "hvcC"), piece(properties, 8, "colr")
	iloc := piece(meta, 12, "iloc")
	if len(iloc) < 34 || iloc[8] != 0 || iloc[12] != 0x44 || at.config == nil || at.colours == nil || at.handler == nil {
		return located{}, errLayout
	}
	number := func(i int) int { return int(binary.BigEndian.Uint32(iloc[i:])) }
	from := number(20) + number(26)
	at.data = file[from : from+number(30)]
	return at, nil
}
