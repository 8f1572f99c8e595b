package container

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

// own is a file of 60x40 pixels that an encoder of webpress has made.
func own(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// formatOf is the format of a file by its name.
func formatOf(name string) asset.Format {
	switch ext := filepath.Ext(name); ext {
	case ".jpg":
		return asset.JPEG
	default:
		return asset.Format(ext[1:])
	}
}

func ownFiles(t testing.TB) []string {
	t.Helper()
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if !f.IsDir() {
			names = append(names, f.Name())
		}
	}
	return names
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, name := range ownFiles(t) {
		f, err := Parse(formatOf(name), own(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		base, ext, _ := strings.Cut(name, ".")
		alpha := (base == "alpha" || base == "all") && ext != "jpg"
		if f.Width != 60 || f.Height != 40 || f.Frames != 1 || f.Animated || f.Lossless != (ext == "png") || f.Alpha != alpha {
			t.Errorf("%s: %+v", name, f)
		}
		all := base == "all"
		if (f.ICC != nil) != all || (f.EXIF != nil) != (all || base == "exif") || (f.XMP != nil) != (all || base == "xmp") {
			t.Errorf("%s: profile of %d bytes, EXIF of %d, XMP of %d", name, len(f.ICC), len(f.EXIF), len(f.XMP))
		}
		if all && (CheckICC(f.ICC) != nil || string(f.EXIF[:4]) != "II*\x00" || !strings.HasPrefix(string(f.XMP), "<x:xmpmeta ")) {
			t.Errorf("%s: %v, %q, %q", name, CheckICC(f.ICC), f.EXIF, f.XMP)
		}
		if ext == "png" {
			if err := CheckPNG(own(t, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Parse(asset.GIF, []byte("GIF89a")); err == nil {
		t.Error("a GIF passes")
	}
}

// What other encoders write is not what webpress has made.
func TestParseOthers(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"avif", "jpeg", "png"} {
		files, err := filepath.Glob("../../testdata/pictures/" + ext + "/*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Parse(asset.Format(ext), data)
			if err == nil && (f.Width < 1 || f.Height < 1) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// Whatever is behind a file or before it, and each beginning of it, is refused.
func TestParseNothingElse(t *testing.T) {
	t.Parallel()
	zip := "PK\x05\x06" + strings.Repeat("\x00", 18)
	for _, name := range ownFiles(t) {
		data := own(t, name)
		for _, extra := range []string{"\x00", "<script>alert(1)</script>", zip, "\xff\xd9", string(data)} {
			if _, err := Parse(formatOf(name), append(slices.Clone(data), extra...)); err == nil {
				t.Errorf("%s with %.10q behind it passes", name, extra)
			}
			if _, err := Parse(formatOf(name), append([]byte(extra), data...)); err == nil {
				t.Errorf("%s with %.10q before it passes", name, extra)
			}
		}
		for n := range len(data) {
			if _, err := Parse(formatOf(name), data[:n]); err == nil {
				t.Errorf("%s passes with %d of %d bytes", name, n, len(data))
			}
		}
	}
}

// splice returns data with the bytes from an offset to another replaced.
func splice(data []byte, from, to int, with string) []byte {
	return slices.Concat(data[:from], []byte(with), data[to:])
}

// at is where a text is in data, from its beginning on.
func at(t testing.TB, data []byte, text string) int {
	t.Helper()
	i := bytes.Index(data, []byte(text))
	if i < 0 {
		t.Fatalf("no %q", text)
	}
	return i
}

func pngChunk(kind, body string) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	whole := append(append(head, kind...), body...)
	return string(binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(whole[4:])))
}

func segment(marker byte, body string) string {
	return string([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
}

func TestParsePNGRefuses(t *testing.T) {
	t.Parallel()
	alpha, gray, all := own(t, "alpha.png"), own(t, "gray.png"), own(t, "all.png")
	idat, end := at(t, alpha, "IDAT")-4, len(alpha)-12
	add := func(where int, chunk string) []byte { return splice(alpha, where, where, chunk) }
	header := func(body string) []byte { return splice(alpha, 8, 33, pngChunk("IHDR", body)) }
	profile := at(t, all, "iCCP") - 4
	after := profile + 12 + int(binary.BigEndian.Uint32(all[profile:]))
	short := splice(gray, at(t, gray, "IDAT")-4, len(gray)-12, pngChunk("IDAT", string(gray[at(t, gray, "IDAT")+4:len(gray)-16])+"<?php"))
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"text":             {add(idat, pngChunk("tEXt", "Comment\x00<script>")), `"tEXt" is one that no PNG`},
		"text behind":      {add(end, pngChunk("tEXt", "Comment\x00<script>")), `"tEXt" is one that no PNG`},
		"other text":       {add(idat, pngChunk("iTXt", "Comment\x00\x00\x00\x00\x00<script>")), "not XMP"},
		"packed text":      {add(idat, pngChunk("iTXt", "XML:com.adobe.xmp\x00\x01\x00\x00\x00x")), "not XMP"},
		"private":          {add(33, pngChunk("prVt", "PK\x03\x04")), `"prVt" is one that no PNG`},
		"animation":        {add(33, pngChunk("acTL", strings.Repeat("\x00", 8))), `"acTL" is one that no PNG`},
		"two images":       {add(end, string(alpha[idat:end])), `"IDAT" is one that no PNG`},
		"EXIF twice":       {add(idat, pngChunk("eXIf", "II*\x00")+pngChunk("eXIf", "II*\x00")), `"eXIf" is one`},
		"EXIF behind":      {add(end, pngChunk("eXIf", "II*\x00")), `"eXIf" is one`},
		"checksum":         {add(idat, splitLast(pngChunk("eXIf", "II*\x00"))), "another checksum"},
		"palette":          {add(idat, pngChunk("PLTE", "abc")), "do not agree"},
		"alpha":            {add(idat, pngChunk("tRNS", "abcdef")), "do not agree"},
		"no palette":       {header("\x00\x00\x00\x3c\x00\x00\x00\x28\x08\x03\x00\x00\x00"), "do not agree"},
		"interlaced":       {header("\x00\x00\x00\x3c\x00\x00\x00\x28\x08\x06\x00\x00\x01"), "methods"},
		"16 bits":          {header("\x00\x00\x00\x3c\x00\x00\x00\x28\x10\x06\x00\x00\x00"), "does not write"},
		"no pixels":        {header("\x00\x00\x00\x00\x00\x00\x00\x28\x08\x06\x00\x00\x00"), "pixels"},
		"long header":      {header("\x00\x00\x00\x3c\x00\x00\x00\x28\x08\x06\x00\x00\x00<script>"), "another size than 13"},
		"no end":           {alpha[:end], "no end"},
		"end is not empty": {splice(alpha, end, len(alpha), pngChunk("IEND", "<script>")), "not empty"},
		"empty image":      {splice(alpha, idat, end, ""), "holds no image"},
		"name of profile":  {splice(all, profile, after, pngChunk("iCCP", "<script>\x00\x00x")), "a name that"},
		"profile":          {splice(all, profile, after, pngChunk("iCCP", "icc\x00\x00x")), "cannot be unpacked"},
		"behind a profile": {splice(all, profile, after, pngChunk("iCCP", string(all[profile+8:after-4])+"<?php")), "follow its end"},
	} {
		if _, err := Parse(asset.PNG, tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"behind the pixels": {short, "5 bytes follow its end"},
		"another size":      {header("\x00\x00\x00\x3c\x00\x00\x00\x27\x08\x06\x00\x00\x00"), "more than"},
		"more rows":         {header("\x00\x00\x00\x3c\x00\x00\x00\x29\x08\x06\x00\x00\x00"), "its header says"},
	} {
		if _, err := Parse(asset.PNG, tt.data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := CheckPNG(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// splitLast is a chunk with another checksum.
func splitLast(chunk string) string { return chunk[:len(chunk)-1] + string(chunk[len(chunk)-1]^1) }

// A profile is not unpacked any further than the longest.
func TestInflateBomb(t *testing.T) {
	t.Parallel()
	bomb := bytes.NewBufferString(pngProfile)
	z := zlib.NewWriter(bomb)
	for range maxICC>>20 + 1 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := inflateICC(bomb.Bytes()); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}

func TestParseJPEGRefuses(t *testing.T) {
	t.Parallel()
	data, all := own(t, "full444.jpg"), own(t, "all.jpg")
	app1, icc := at(t, all, "\xff\xe1"), at(t, all, "\xff\xe2")
	icclen := 2 + int(binary.BigEndian.Uint16(all[icc+2:]))
	profile := string(all[icc+18 : icc+icclen])
	tables, sof, sos, end := at(t, data, "\xff\xdb"), at(t, data, "\xff\xc2"), at(t, data, "\xff\xda"), len(data)-2
	add := func(where int, what string) []byte { return splice(data, where, where, what) }
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"comment":               {add(tables, segment(0xfe, "<script>")), "0xfe is one that no JPEG"},
		"comment, before all":   {add(2, segment(0xfe, "<script>")), "0xfe is one"},
		"comment, in the scans": {add(sos, segment(0xfe, "<script>")), "0xfe is one"},
		"comment, last":         {add(end, segment(0xfe, "<script>")), "0xfe is one"},
		"Photoshop":             {add(tables, segment(0xed, "Photoshop 3.0\x00")), "0xed is one"},
		"Adobe":                 {add(tables, segment(0xee, "Adobe\x00d\x00\x00\x00\x00\x01")), "0xee is one"},
		"EXIF of what":          {add(tables, segment(0xe1, "Exif")), "0xe1 is one"},
		"XMP before EXIF":       {splice(all, app1, app1, segment(0xe1, jpegXMP+"<x/>")), "0xe1 is one"},
		"a second packet":       {add(tables, segment(0xe1, "http://ns.adobe.com/xmp/extension/\x00")), "0xe1 is one"},
		"thumbnail":             {splice(data, 2, 20, segment(0xe0, jpegJFIF[:12]+"\x01\x01abc")), "JFIF"},
		"JFXX":                  {add(20, segment(0xe0, "JFXX\x00")), "0xe0 is one"},
		"no JFIF":               {splice(data, 2, 20, ""), "JFIF"},
		"profile without parts": {splice(all, icc, icc+icclen, segment(0xe2, "FPXR\x00")), "0xe2 is one"},
		"profile in odd parts":  {splice(all, icc, icc+icclen, segment(0xe2, jpegICC+"\x01\x02a")+segment(0xe2, jpegICC+"\x02\x02b")), "numbered parts"},
		"part missing":          {splice(all, icc, icc+icclen, segment(0xe2, jpegICC+"\x02\x02"+profile)), "numbered parts"},
		"restarts":              {add(sof, segment(0xdd, "\x00\x01")), "not a progressive"},
		"a table more":          {add(sof, segment(0xdb, "\x02"+strings.Repeat("\x01", 64))), "quantization"},
		"a table of 16 bits":    {splice(data, tables, tables+69, segment(0xdb, "\x10"+strings.Repeat("\x01", 128))), "quantization"},
		"sequential":            {splice(data, sof+1, sof+2, "\xc0"), "not a progressive"},
		"no height":             {splice(data, sof+5, sof+7, "\x00\x00"), "no size"},
		"four components":       {splice(data, sof, sof+19, segment(0xc2, "\x08\x00\x28\x00\x3c\x04\x01\x11\x00\x02\x11\x01\x03\x11\x01\x04\x11\x01")), "not a progressive"},
		"odd components":        {splice(data, sof+10, sof+11, "R"), "components"},
		"padding":               {add(sos, "\xff"), "scans are not"},
		"stray":                 {add(sos, "<script>"), "scans are not"},
		"a restart in a scan":   {add(end, "\xff\xd0"), "scans are not"},
		"Huffman":               {add(sos, segment(0xc4, "\x00<script><script><script>")), "Huffman"},
		"many tables":           {add(sos, strings.Repeat(segment(0xc4, "\x00"+strings.Repeat("\x00", 16)), 5)), "Huffman"},
		"many scans":            {add(end, strings.Repeat(segment(0xda, "\x01\x01\x00\x01\x05\x02")+"<", 10)), "scans are not"},
		"second image":          {append(slices.Clone(data), data...), "follow its end"},
		"cut off":               {data[:sof+6], "cut off"},
	} {
		if _, err := Parse(asset.JPEG, tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	formats := []asset.Format{asset.WebP, asset.AVIF, asset.JPEG, asset.PNG}
	for _, name := range ownFiles(f) {
		f.Add(byte(slices.Index(formats, formatOf(name))), own(f, name))
	}
	files, _ := filepath.Glob(pictures + "/*.webp")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 10_000 {
			f.Add(byte(0), data)
		}
	}
	f.Add(byte(0), file(vp8x(flagICC|flagEXIF|flagXMP, 3, 2), part("ICCP", profile()), lossy(3, 2), part("EXIF", []byte("e")), part("XMP ", []byte("xm"))))
	f.Add(byte(0), file(vp8x(flagAnimation, 9, 9), anim, anmf(0, 0, 9, 9, 2, lossless(9, 9, 0))))
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		format := formats[int(which)%len(formats)]
		got, err := Parse(format, data)
		if err != nil {
			return
		}
		if got.Width < 1 || got.Height < 1 || got.Frames < 1 || got.Frames > MaxFrames {
			t.Errorf("%+v", got)
		}
		for _, extra := range []string{"\x00", "\x00\x00", "<script>"} {
			if _, err := Parse(format, append(slices.Clone(data), extra...)); err == nil {
				t.Error("more bytes pass, too")
			}
		}
		_ = CheckICC(got.ICC)
		if format == asset.PNG && len(data) < 1<<16 && got.Width*got.Height < 1<<20 {
			_ = CheckPNG(data)
		}
	})
}
