package container

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const pictures = "../../testdata/pictures/webp"

// part is a chunk as bytes.
func part(name string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	out = append(out, data...)
	if len(data)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

// file is a WebP of chunks.
func file(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func put24(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

func vp8x(flags byte, w, h int) []byte {
	return part("VP8X", slices.Concat([]byte{flags, 0, 0, 0}, put24(w-1), put24(h-1)))
}

func lossy(w, h int) []byte {
	head := slices.Concat(put24(1<<4|4<<5), []byte("\x9d\x01\x2a"), []byte{byte(w), byte(w >> 8), byte(h), byte(h >> 8)})
	return part("VP8 ", append(head, 1, 2, 3, 4, 5))
}

func lossless(w, h int, alpha uint32) []byte {
	return part("VP8L", append(binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(w-1)|uint32(h-1)<<14|alpha<<28), 0, 0))
}

func anmf(x, y, w, h int, bits byte, chunks ...[]byte) []byte {
	return part("ANMF", slices.Concat(append([][]byte{put24(x / 2), put24(y / 2), put24(w - 1), put24(h - 1), {10, 0, 0, bits}}, chunks...)...))
}

var anim = part("ANIM", make([]byte, 6))

func profile(extra ...byte) []byte {
	p := make([]byte, 128+4+12+8)
	copy(p[8:], "\x04")
	copy(p[16:], "RGB XYZ ")
	copy(p[36:], "acsp")
	p[131] = 1
	copy(p[132:], "desc")
	binary.BigEndian.PutUint32(p[136:], 144)
	binary.BigEndian.PutUint32(p[140:], 8)
	p = append(p, extra...)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

func TestParseWebP(t *testing.T) {
	t.Parallel()
	icc := profile()
	for name, tt := range map[string]struct {
		data []byte
		want File
	}{
		"lossy":        {file(lossy(30, 20)), File{Width: 30, Height: 20, Frames: 1}},
		"lossless":     {file(lossless(16383, 1, 1)), File{Width: 16383, Height: 1, Frames: 1, Lossless: true, Alpha: true}},
		"alpha":        {file(vp8x(flagAlpha, 3, 2), part("ALPH", []byte{1, 0, 0}), lossy(3, 2)), File{Width: 3, Height: 2, Frames: 1, Alpha: true}},
		"alpha hinted": {file(vp8x(flagAlpha|flagICC, 3, 2), part("ICCP", icc), lossless(3, 2, 0)), File{Width: 3, Height: 2, Frames: 1, Lossless: true, ICC: icc}},
		"all": {
			file(vp8x(flagICC|flagEXIF|flagXMP, 3, 2), part("ICCP", icc), lossy(3, 2), part("EXIF", []byte("e")), part("XMP ", []byte("xm"))),
			File{Width: 3, Height: 2, Frames: 1, ICC: icc, EXIF: []byte("e"), XMP: []byte("xm")},
		},
		"animation": {
			file(vp8x(flagAnimation|flagAlpha, 9, 9), anim, anmf(0, 0, 9, 9, 2, lossless(9, 9, 0)), anmf(4, 2, 5, 7, 1, part("ALPH", []byte{0, 0}), lossy(5, 7))),
			File{Width: 9, Height: 9, Frames: 2, Animated: true, Alpha: true},
		},
	} {
		got, err := parseWebP(tt.data)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	// What libwebp has made.
	files, err := filepath.Glob(pictures + "/*.webp")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseWebP(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseWebPRefuses(t *testing.T) {
	t.Parallel()
	icc := part("ICCP", profile())
	odd := file(part("VP8 ", append(lossy(3, 2)[8:23:23], 9, 9)))
	odd[len(odd)-1] = '<'
	length := file(lossy(3, 2))
	length[4]++
	frames := make([][]byte, MaxFrames+1)
	for i := range frames {
		frames[i] = anmf(0, 0, 1, 1, 0, lossless(1, 1, 0))
	}
	frames = append([][]byte{vp8x(flagAnimation, 1, 1), anim}, frames...)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":               {nil, "not a WebP"},
		"no chunk":              {file(), "holds nothing"},
		"something behind":      {append(file(lossy(3, 2)), "<script>"...), "another length"},
		"another length":        {length, "another length"},
		"part of a chunk":       {file(lossy(3, 2), []byte("<?php")), "5 bytes are not part"},
		"unknown":               {file(lossy(3, 2), part("html", []byte("<script>"))), "one too many"},
		"unknown first":         {file(part("<?=a", nil), lossy(3, 2)), "no WebP of webpress has"},
		"unknown, extended":     {file(vp8x(flagICC, 3, 2), icc, lossy(3, 2), part("PK\x03\x04", []byte("zip"))), "no WebP of webpress has"},
		"unknown, in between":   {file(vp8x(flagICC, 3, 2), icc, part("html", nil), lossy(3, 2)), "no WebP of webpress has"},
		"unknown, in a frame":   {file(vp8x(flagAnimation, 3, 2), anim, anmf(0, 0, 3, 2, 0, lossy(3, 2), part("html", nil))), "frame 1: its chunk \"html\""},
		"padding":               {file(vp8x(flagEXIF, 3, 2), lossy(3, 2), append(part("EXIF", []byte("e"))[:9], 'x')), "padding"},
		"padding of an image":   {file(append(part("VP8 ", append(lossy(3, 2)[8:23:23], 9, 9))[:25], '<')), "padding"},
		"cut off":               {file(lossy(3, 2)[:16]), "cut off"},
		"twice":                 {file(lossy(3, 2), lossy(3, 2)), "one too many"},
		"profile twice":         {file(vp8x(flagICC, 3, 2), icc, icc, lossy(3, 2)), "not in its place"},
		"profile behind":        {file(vp8x(flagICC, 3, 2), lossy(3, 2), icc), "not in its place"},
		"XMP before EXIF":       {file(vp8x(flagXMP|flagEXIF, 3, 2), lossy(3, 2), part("XMP ", nil), part("EXIF", nil)), "not in its place"},
		"no flag":               {file(vp8x(0, 3, 2), icc, lossy(3, 2)), "do not agree"},
		"no alpha flag":         {file(vp8x(flagICC, 3, 2), icc, lossless(3, 2, 1)), "do not agree"},
		"a flag too many":       {file(vp8x(flagEXIF, 3, 2), lossy(3, 2)), "do not agree"},
		"reserved":              {file(vp8x(1, 3, 2), lossy(3, 2)), "reserved"},
		"reserved bytes":        {file(part("VP8X", []byte{0, 0, 0, 1, 2, 0, 0, 1, 0, 0}), lossy(3, 2)), "reserved"},
		"long header":           {file(part("VP8X", make([]byte, 12)), lossy(1, 1)), "another size than 10"},
		"another size":          {file(vp8x(0, 3, 3), lossy(3, 2)), "header says 3x3"},
		"alpha alone":           {file(part("ALPH", []byte{0, 0}), lossy(3, 2)), "without the chunk"},
		"alpha and lossless":    {file(vp8x(flagAlpha, 3, 2), part("ALPH", []byte{0, 0}), lossless(3, 2, 0)), "behind its chunk \"ALPH\""},
		"alpha's bits":          {file(vp8x(flagAlpha, 3, 2), part("ALPH", []byte{0xc0, 0}), lossy(3, 2)), "\"ALPH\" is damaged"},
		"no image":              {file(vp8x(0, 3, 2)), "no image"},
		"enlarged":              {file(lossy(3|1<<14, 2)), "damaged"},
		"empty":                 {file(lossy(0, 2)), "damaged"},
		"not a key frame":       {file(part("VP8 ", append([]byte{0x91}, lossy(3, 2)[9:23]...))), "damaged"},
		"version of lossless":   {file(part("VP8L", []byte{0x2f, 0, 0, 0, 0x20, 0})), "damaged"},
		"no frames":             {file(vp8x(flagAnimation, 3, 2), anim), "without frames"},
		"no animation":          {file(vp8x(flagAnimation, 3, 2), lossy(3, 2)), "no sound chunk"},
		"frames of a still":     {file(vp8x(0, 3, 2), anmf(0, 0, 3, 2, 0, lossy(3, 2))), "not in its place"},
		"frame outside":         {file(vp8x(flagAnimation, 3, 2), anim, anmf(2, 0, 3, 2, 0, lossy(3, 2))), "leaves the canvas"},
		"frame of another size": {file(vp8x(flagAnimation, 3, 2), anim, anmf(0, 0, 3, 1, 0, lossy(3, 2))), "header says 3x1"},
		"frame's bits":          {file(vp8x(flagAnimation, 3, 2), anim, anmf(0, 0, 3, 2, 4, lossy(3, 2))), "reserved"},
		"short frame":           {file(vp8x(flagAnimation, 3, 2), anim, part("ANMF", nil)), "cut off"},
		"empty frame":           {file(vp8x(flagAnimation, 3, 2), anim, anmf(0, 0, 3, 2, 0)), "no image"},
		"too many frames":       {file(frames...), "more than"},
		"padding is no zero":    {odd, "padding"},
	} {
		got, err := parseWebP(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) || got.Width != 0 {
			t.Errorf("%s: %+v, %v, want %s", name, got, err, tt.want)
		}
	}
}

func TestCheckICC(t *testing.T) {
	t.Parallel()
	if err := CheckICC(profile()); err != nil {
		t.Error(err)
	}
	if err := CheckICC(profile(0, 0, 0)); err != nil {
		t.Error(err)
	}
	change := func(at int, text string) []byte {
		p := profile()
		copy(p[at:], text)
		return p
	}
	for name, p := range map[string][]byte{
		"empty": {}, "HTML": []byte(strings.Repeat("<script>", 30)), "length": profile()[:150], "signature": change(36, "x"),
		"version": change(8, "\x09"), "CMYK": change(16, "CMYK"), "tags": change(128, "\x00\x00\x00\xff"), "many tags": change(128, "\xff"),
		"tag outside": change(139, "\xff"), "tag in the header": change(136, "\x00\x00\x00\x00"), "long tag": change(140, "\xff"),
		"behind the tags": profile([]byte("<?php")...), "padding": profile('x'), "too large": make([]byte, maxICC+1),
	} {
		if err := CheckICC(p); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
