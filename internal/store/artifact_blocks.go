package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// defaultBlock is the length in bytes of a block where none is set.
	defaultBlock = 8 << 20
	// maxBlocks is how many blocks a blob may have.
	maxBlocks = 50_000
)

// sendBlocks uploads what in holds to a signed URL of Azure's Blob Storage, and
// returns its length in bytes. Blocks are sent one after the other, as some
// servers put them together in the order they come; then their list makes them
// a blob. length is that of all blocks but the last, in bytes.
func sendBlocks(ctx context.Context, client *httpclient.Client, signed string, in io.Reader, length int) (int64, error) {
	u, err := url.Parse(signed)
	if err != nil || u.Host == "" {
		return 0, errors.New("the service's address to upload to is not a URL")
	}
	var (
		size   int64
		blocks []string
		buf    = &block{data: make([]byte, length)}
	)
	for {
		n, err := io.ReadFull(in, buf.data)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return size, err
		}
		if n > 0 {
			if len(blocks) == maxBlocks {
				return size, fmt.Errorf("it is larger than %d GB", maxBlocks*int64(length)/1_000_000_000)
			}
			// Ids must have one length.
			id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "webpress-%08d", len(blocks)))
			buf.data = buf.data[:n]
			if err := putBlock(ctx, client, signedFor(*u, "block", id), buf); err != nil {
				return size, err
			}
			if buf.readers.Load() > 0 {
				// The server has answered before it had read all, and the rest is
				// being sent still.
				buf = &block{data: make([]byte, length)}
			}
			blocks = append(blocks, id)
			size += int64(n)
		}
		if last {
			return size, putBlockList(ctx, client, signedFor(*u, "blocklist", ""), blocks)
		}
	}
}

// signedFor adds an operation to a signed URL. What is there keeps its order and
// its escapes, since the signature may be over them.
func signedFor(u url.URL, operation, block string) string {
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "comp=" + operation
	if block != "" {
		u.RawQuery += "&blockid=" + url.QueryEscape(block)
	}
	return u.String()
}

// A block is a buffer that knows who still reads it.
type block struct {
	data    []byte
	readers atomic.Int32
}

type blockReader struct {
	*bytes.Reader
	block  *block
	closed atomic.Bool
}

func (b *block) open() (io.Reader, error) {
	b.readers.Add(1)
	return &blockReader{Reader: bytes.NewReader(b.data), block: b}, nil
}

func (r *blockReader) Close() error {
	if !r.closed.Swap(true) {
		r.block.readers.Add(-1)
	}
	return nil
}

func putBlock(ctx context.Context, client *httpclient.Client, signed string, b *block) error {
	_, err := client.Do(ctx, httpclient.Request{
		Method: http.MethodPut, URL: signed, Body: b.open, Length: int64(len(b.data)),
		Header: http.Header{"Content-Type": {"application/octet-stream"}},
	})
	return err
}

// blockList is the body of Azure's Put Block List.
type blockList struct {
	XMLName xml.Name `xml:"BlockList"`
	Latest  []string `xml:"Latest"`
}

func putBlockList(ctx context.Context, client *httpclient.Client, signed string, blocks []string) error {
	body := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(body).Encode(blockList{Latest: blocks}); err != nil {
		return err
	}
	_, err := client.Do(ctx, httpclient.Request{
		Method: http.MethodPut, URL: signed, Body: httpclient.Bytes(body.Bytes()), Length: int64(body.Len()),
		Header: http.Header{
			"Content-Type":           {"application/xml"},
			"X-Ms-Blob-Content-Type": {"application/zip"},
		},
	})
	return err
}
