package serve

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"
)

// What is said to be too large is refused before a byte of it is read.
func TestHugeUpload(t *testing.T) {
	b := newBench(t, nil)
	for _, contentType := range []string{"image/png", "multipart/form-data; boundary=b", "application/json"} {
		c := b.connect(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 10000000000\r\n\r\n", convertPath, b.key, contentType))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %v %v", contentType, resp, err)
		}
		if resp != nil {
			_ = resp.Body.Close()
		}
	}
	if n := b.entries(incomingDir); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// JSON of 100 MB is refused, also where it is asked for and its length is not said.
func TestHugeJSON(t *testing.T) {
	b := newBench(t, nil, "--allow-downloads")
	for _, body := range []string{
		`{"source":{"url":"https://shop.example/a.jpg"},"format":"` + strings.Repeat("x", 100_000_000) + `"}`,
		strings.Repeat(`{"a":`, 20_000_000),
	} {
		r := struct{ *strings.Reader }{strings.NewReader(body)} // whose length net/http does not know
		b.do(http.MethodPost, convertPath, r, "Content-Type", "application/json").problem(t, tooLarge)
	}
	// One that is deep and not long is no more than wrong.
	b.do(http.MethodPost, convertPath, strings.NewReader(strings.Repeat(`{"a":`, 100_000)), "Content-Type", "application/json").problem(t, badRequest)
	b.post(photo(t), []string{"variants", strings.Repeat("[", maxField)}).problem(t, wrongOption)
}

// bomb is a PNG of width x height pixels that is a thousand times smaller than those.
func bomb(width, height int) []byte {
	var b, pixels bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		all := append([]byte(kind), data...)
		b.Write(all)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(all))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	chunk("IHDR", append(header, 8, 0, 0, 0, 0))
	z := zlib.NewWriter(&pixels)
	row := make([]byte, width+1)
	for range height {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

// A megabyte that becomes a gigabyte of pixels are refused by their header.
func TestZipBomb(t *testing.T) {
	b := newBench(t, nil)
	data := string(bomb(60_000, 6_000))
	if len(data) > 2<<20 {
		t.Fatalf("%d bytes", len(data))
	}
	p := b.post([]sent{{"bomb.png", data}}, nil).problem(t, notConverted)
	if !strings.Contains(p.Detail, "60000") {
		t.Errorf("%+v", p)
	}
	b.post(photo(t), nil).status(t, http.StatusOK)
}
