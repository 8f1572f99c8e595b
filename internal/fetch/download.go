package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/tree"
)

// bufferSize is how much is read and written at once: more than asset.SniffLen.
const bufferSize = 64 << 10

// A download is one Get with all its attempts.
type download struct {
	client  *Client
	address *url.URL
	known   Known
	to      File
	buffer  *[bufferSize]byte

	// at is how many bytes of the content are in to, and sum the digest of those.
	at  int64
	sum hash.Hash
	// etag is the strong validator of the content that at is about. It is empty if the
	// server cannot continue.
	etag   string
	result Result
}

func newDownload(c *Client, u *url.URL, known Known, to File) *download {
	return &download{
		client: c, address: u, known: known, to: to, sum: sha256.New(),
		buffer: c.buffers.Get().(*[bufferSize]byte),
	}
}

func (d *download) free() { d.client.buffers.Put(d.buffer) }

// run downloads, with header besides the headers of its own.
func (d *download) run(ctx context.Context, header http.Header) error {
	h := http.Header{
		"Accept": {"*/*"}, // the original, and not what a server thinks that a browser likes
		// What is compressed once more might be a thousand times as large.
		"Accept-Encoding": {"identity"},
	}
	maps.Copy(h, header)
	request := httpclient.Request{URL: d.address.String(), Header: h, Attempt: d.ask, Stream: d.take}
	_, err := d.client.http.Do(ctx, request)
	e, ok := errors.AsType[*httpclient.Error](err)
	if ok && e.Status == http.StatusRequestedRangeNotSatisfiable && d.at > 0 {
		// The content is another one that is shorter, and the server ignores If-Range.
		d.etag = ""
		_, err = d.client.http.Do(ctx, request)
		e, ok = errors.AsType[*httpclient.Error](err)
	}
	switch {
	case ok && e.Status == http.StatusNotModified && d.known != (Known{}):
		return d.notModified(e.Header)
	case err != nil:
		return err
	}
	d.result.Size = d.at
	d.result.SHA256 = hex.EncodeToString(d.sum.Sum(nil))
	return nil
}

func (d *download) notModified(h http.Header) error {
	d.result = Result{
		NotModified: true, FinalURL: httpclient.Redact(d.address.String()), Name: nameOf(d.address),
		ETag: d.known.ETag, LastModified: d.known.LastModified,
	}
	if etag := field(h, "ETag"); etag != "" {
		d.result.ETag = etag
	}
	if modified := field(h, "Last-Modified"); modified != "" {
		d.result.LastModified = modified
	}
	return d.reset()
}

// ask sets the headers of an attempt: for the rest of what has come, or for all of it.
func (d *download) ask(h http.Header) {
	set := func(name, value string) {
		h.Del(name)
		if value != "" {
			h.Set(name, value)
		}
	}
	if d.at > 0 && d.etag != "" {
		set("Range", fmt.Sprintf("bytes=%d-", d.at))
		set("If-Range", d.etag)
		set("If-None-Match", "")
		set("If-Modified-Since", "")
		return
	}
	set("Range", "")
	set("If-Range", "")
	set("If-None-Match", d.known.ETag)
	set("If-Modified-Since", d.known.LastModified)
}

// reset drops what has come.
func (d *download) reset() error {
	if d.at > 0 {
		if err := d.to.Truncate(0); err != nil {
			return cannotWrite(err)
		}
	}
	d.at, d.etag = 0, ""
	d.sum.Reset()
	return nil
}

// take reads an answer to its end, into the file.
func (d *download) take(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
		if err := d.reset(); err != nil {
			return err
		}
		d.begin(resp)
	case http.StatusPartialContent:
		if !d.continues(resp.Header) {
			d.etag = "" // the next attempt asks for all of it
			return errors.New("the server sent another part than was asked for")
		}
	default:
		return refuse("", "the server answered %d %s, which is not a file", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	if coding := encoded(resp.Header); coding != "" {
		return refuse("let the server send images as they are", "the server compressed the answer with %q, which was not asked for", coding)
	}
	if resp.ContentLength > d.client.maxSize-d.at {
		return d.tooLarge(d.at + resp.ContentLength)
	}
	if err := d.copy(resp); err != nil {
		return err
	}
	if total := totalLength(resp.Header); total >= 0 && d.at < total {
		return fmt.Errorf("the server sent %d of %d bytes", d.at, total)
	}
	return nil
}

// begin notes what the server says of a content.
func (d *download) begin(resp *http.Response) {
	h := resp.Header
	if etag := field(h, "ETag"); strings.HasPrefix(etag, `"`) && strings.EqualFold(h.Get("Accept-Ranges"), "bytes") {
		d.etag = etag
	}
	d.result = Result{
		ETag: field(h, "ETag"), LastModified: field(h, "Last-Modified"), ContentType: field(h, "Content-Type"),
		FinalURL: httpclient.Redact(resp.Request.URL.String()), Name: nameIn(h),
	}
	if d.result.Name == "" {
		d.result.Name = nameOf(d.address)
	}
}

// continues reports whether an answer is the rest of what has come.
func (d *download) continues(h http.Header) bool {
	if etag := h.Get("ETag"); d.at == 0 || d.etag == "" || etag != "" && etag != d.etag {
		return false
	}
	rest, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	from, _, isRange := strings.Cut(rest, "-")
	at, err := strconv.ParseInt(from, 10, 64)
	return ok && isRange && err == nil && at == d.at
}

// totalLength is the length of all of a content of which an answer is a part, -1 where
// that is not known.
func totalLength(h http.Header) int64 {
	_, total, _ := strings.Cut(h.Get("Content-Range"), "/")
	n, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// encoded is how an answer is compressed, empty if it is not. Servers also put words
// there that say nothing, such as utf-8 and none.
func encoded(h http.Header) string {
	for coding := range strings.SplitSeq(h.Get("Content-Encoding"), ",") {
		switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
		case "gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress":
			return coding
		}
	}
	return ""
}

// copy writes the body of an answer to the file, once it has seen that it begins as an
// image does.
func (d *download) copy(resp *http.Response) error {
	body := &body{Reader: resp.Body}
	least := 1
	if d.at == 0 {
		least = asset.SniffLen
	}
	for body.err == nil {
		n, _ := io.ReadAtLeast(body, d.buffer[:], least)
		if body.err != nil && body.err != io.EOF && n < least {
			break
		}
		part := d.buffer[:n]
		if d.at == 0 {
			if err := checkContent(part, resp.Header.Get("Content-Type")); err != nil {
				return err
			}
		}
		if int64(n) > d.client.maxSize-d.at {
			return d.tooLarge(0)
		}
		if _, err := d.to.WriteAt(part, d.at); err != nil {
			return cannotWrite(err)
		}
		d.sum.Write(part)
		d.at += int64(n)
		least = 1
	}
	switch body.err {
	case io.EOF:
		return nil
	case io.ErrUnexpectedEOF:
		return fmt.Errorf("the answer broke off after %d bytes", d.at)
	}
	return body.err
}

// A body is a reader that keeps the error it ended with: io.ReadAtLeast makes one of a body
// that ends and of one that is cut.
type body struct {
	io.Reader
	err error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.err = err
	return n, err
}

// tooLarge is why a content of size bytes is refused; 0 is a size that is not known.
func (d *download) tooLarge(size int64) error {
	hint := "if the file can be trusted, raise `max-file-size`"
	if size > 0 {
		return refuse(hint, "it has %d bytes, more than the limit of %d", size, d.client.maxSize)
	}
	return refuse(hint, "it has more than the limit of %d bytes", d.client.maxSize)
}

func cannotWrite(err error) error {
	cause := tree.Cause(err)
	return httpclient.Permanent(&refusal{text: "write: " + cause.Error(), hint: tree.Hint(err, ""), cause: cause})
}

// field is a header's value for a line of text, empty if it does not fit one.
func field(h http.Header, name string) string {
	const most = 256
	value := strings.TrimSpace(h.Get(name))
	if len(value) > most || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return value
}
