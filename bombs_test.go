package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBomb writes a small file that promises 16383x16383 pixels of nothing: `bomb png FILE`
// has one bit a pixel, `bomb jpeg FILE` one progressive scan of a bit a block.
func cmdBomb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bomb KIND FILE")
	}
	var data []byte
	switch args[0] {
	case "png":
		data = pngBomb(16383)
	case "jpeg":
		data = jpegBomb(16383)
	default:
		ts.Fatalf("no bomb %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// pngBomb is a black PNG (PNG specification, 5.3 and 11.2).
func pngBomb(side int) []byte {
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	row := make([]byte, 1+(side+7)/8)
	for range side {
		z.Write(row)
	}
	z.Close()
	chunk := func(kind, body string) string {
		n := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(kind+body)))
		return string(n) + kind + body + string(sum)
	}
	size := string(binary.BigEndian.AppendUint32(nil, uint32(side)))
	return []byte("\x89PNG\r\n\x1a\n" + chunk("IHDR", size+size+"\x01\x00\x00\x00\x00") +
		chunk("IDAT", packed.String()) + chunk("IEND", ""))
}

// jpegBomb is a gray JPEG at 4:2:0 (ITU-T T.81, annexes B and G).
func jpegBomb(side int) []byte {
	u16 := func(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
	units := (side + 15) / 16 * ((side + 15) / 16)
	return []byte("\xff\xd8" +
		"\xff\xdb" + u16(67) + "\x00" + strings.Repeat("\x01", 64) +
		"\xff\xc2" + u16(17) + "\x08" + u16(side) + u16(side) + "\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00" +
		"\xff\xc4" + u16(20) + "\x00\x01" + strings.Repeat("\x00", 15) + "\x00" +
		"\xff\xda" + u16(12) + "\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00" +
		strings.Repeat("\x00", (6*units+7)/8) + "\xff\xd9")
}
