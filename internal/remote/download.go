package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/webpress/webpress/internal/httpclient"
)

// download returns a result. What a connection that breaks has brought is kept, if the server can
// continue. sum is its SHA-256 in hexadecimal digits, empty if that is not known.
func (c *Codec) download(ctx context.Context, client *httpclient.Client, address string, header http.Header, sum string) ([]byte, error) {
	header = header.Clone()
	header.Set("Accept", "image/*")
	header.Set("Accept-Encoding", "identity")
	var data bytes.Buffer
	etag := ""
	r := httpclient.Request{URL: address, Header: header}
	r.Attempt = func(h http.Header) {
		h.Del("Range")
		h.Del("If-Range")
		if data.Len() > 0 && etag != "" {
			h.Set("Range", fmt.Sprintf("bytes=%d-", data.Len()))
			h.Set("If-Range", etag)
		}
	}
	r.Stream = func(resp *http.Response) error {
		switch {
		case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", data.Len())):
		case resp.StatusCode == http.StatusPartialContent:
			etag = "" // the next attempt asks for all of it
			return errors.New("the server sent another part than was asked for")
		default:
			data.Reset()
			etag = ""
			if tag := resp.Header.Get("ETag"); strings.HasPrefix(tag, `"`) && strings.EqualFold(resp.Header.Get("Accept-Ranges"), "bytes") {
				etag = tag
			}
		}
		left := c.MaxSize - int64(data.Len())
		if resp.ContentLength > left {
			return httpclient.Permanent(c.tooLarge())
		}
		n, err := io.Copy(&data, io.LimitReader(resp.Body, left+1))
		if n > left {
			return httpclient.Permanent(c.tooLarge())
		}
		return err
	}
	for range 2 {
		_, err := c.send(ctx, client, r)
		switch {
		case isGone(err):
			return nil, errGone
		case err != nil:
			return nil, err
		}
		got := sha256.Sum256(data.Bytes())
		if sum == "" || strings.EqualFold(sum, hex.EncodeToString(got[:])) {
			return data.Bytes(), nil
		}
		etag = "" // once more, and all of it
	}
	return nil, c.fault(errors.New("a result is damaged on its way: its SHA-256 is another one"), "run this again; if it happens again, look for a proxy that changes images")
}

// A tooLargeError is for a result of more than MaxSize bytes.
type tooLargeError struct{ limit int64 }

func (t *tooLargeError) Error() string {
	return fmt.Sprintf("a result has more than %s", humanize.Bytes(uint64(max(t.limit, 0))))
}

func (c *Codec) tooLarge() error { return &tooLargeError{c.MaxSize} }

// downloadBasic returns the result of a job of a basic API, which may be at another host: that is
// not shown the key, and has to be public.
func (c *Codec) downloadBasic(ctx context.Context, j job) ([]byte, error) {
	if j.DownloadURL == "" {
		return c.download(ctx, c.http, c.url("download", j.ID), c.header(), "")
	}
	u, err := c.base.Parse(j.DownloadURL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, c.fault(errors.New("its downloadUrl is not an address"), "")
	}
	if httpclient.SameServer(c.base, u) {
		return c.download(ctx, c.http, u.String(), c.header(), "")
	}
	if u.Scheme != "https" {
		return nil, c.fault(fmt.Errorf("its downloadUrl leads to %s without encryption", (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()), "let the server name its own address")
	}
	return c.download(ctx, c.foreign, u.String(), http.Header{}, "")
}

// isGone reports whether the server has a job no more.
func isGone(err error) bool {
	e, ok := errors.AsType[*refusedError](err)
	return ok && e.gone
}
