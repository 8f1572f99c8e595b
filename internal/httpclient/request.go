package httpclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A Request is what is asked of a server.
type Request struct {
	// Method is GET where empty.
	Method string
	// URL is absolute, with the scheme http or https.
	URL string
	// Header is sent as it is; User-Agent is added. No value of it is ever
	// shown, but for those that say only what kind of thing is sent or wanted.
	Header http.Header
	// Body returns the body from its start, each time it is called: once before
	// the first attempt, to learn its length, and once for every attempt. What
	// can be closed is closed. nil means no body.
	Body func() (io.Reader, error)
	// Length is the body's in bytes. 0 is that of a reader with a method Len,
	// such as bytes.Reader, and not known else, which some servers refuse.
	Length int64
	// Idempotent reports whether the server, asked twice, does it once. It need not be
	// set for GET, HEAD, OPTIONS, PUT and DELETE, nor where Header has an
	// Idempotency-Key.
	Idempotent bool
	// Deadline is Options.Deadline for this request; 0 is that one.
	Deadline time.Duration
	// PrivatePath reports whether the path of URL is a secret as well, as it is with
	// most webhooks: then only scheme and host are shown.
	PrivatePath bool
	// Limited, if not nil, is asked whether an answer that looks like a
	// success is a rate limit's refusal, as GitHub's GraphQL gives them with
	// status 200. Such an answer is treated like one with status 429.
	Limited func(*Response) bool
	// Failed, if not nil, reports whether such an answer is a temporary error
	// of the server. It is treated like one with status 502.
	Failed func(*Response) bool

	// Attempt, if not nil, is called ahead of each attempt with the headers of that
	// attempt, which it may change.
	Attempt func(http.Header)

	// Stream, if not nil, takes an answer with a status from 200 to 299 while it
	// comes: it reads the body, which may be of any length, and Response.Body stays nil.
	// It is called for each attempt that brings such an answer. An error is that of the
	// attempt, as a connection that broke is; another attempt follows unless the error is
	// Permanent.
	Stream func(*http.Response) error

	// accept, if not nil, refuses an answer that is not whole.
	accept func(*Response) error
}

// Bytes is a Request.Body.
func Bytes(b []byte) func() (io.Reader, error) {
	return func() (io.Reader, error) { return bytes.NewReader(b), nil }
}

// A Response is an answer with a status from 200 to 299, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Attempts is how often the request was sent, or tried to. If it is
	// more than 1, an earlier attempt may have had its effect already.
	Attempts int
}

// Do sends r, and again where it failed, that is safe, and retries are left.
// Every error is an *Error; errors.Is finds the context's in it.
//
// What is repeated: answers 429, 5xx (but 501 and 505), GitHub's refusals by its rate limits,
// what Limited and Failed say is no success, and connections that could not be made, broke or
// fell silent. A request that is not idempotent is repeated only if it cannot have had an
// effect: no connection was made, or the server refused it by a rate limit or by 503 with
// Retry-After.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	a := &call{client: c, request: r, began: c.opts.Clock.Now(), limit: cmp.Or(r.Deadline, c.opts.Deadline)}
	ctx, end := a.within(ctx)
	defer end()
	req, err := a.prepare(ctx)
	if err != nil {
		return nil, a.transportError(err)
	}
	_, err = a.retrier().Do(req)
	switch {
	case err == nil:
		return a.response, nil
	case ctx.Err() != nil:
		return nil, a.transportError(context.Cause(ctx))
	case a.failure == nil:
		return nil, a.transportError(err)
	}
	return nil, a.failure
}

// JSON sends in, where it is not nil, and decodes the answer into out, where
// that is not nil and the answer not empty. An answer that is not JSON counts
// as a broken connection: servers that end an answer by hanging up leave no
// other sign of its being cut.
func (c *Client) JSON(ctx context.Context, r Request, in, out any) (*Response, error) {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		r.Body = Bytes(data)
		r.Length = int64(len(data))
		r.Header.Set("Content-Type", "application/json")
	}
	if out != nil {
		r.accept = func(resp *Response) error {
			if len(bytes.TrimSpace(resp.Body)) == 0 {
				return nil
			}
			if err := json.Unmarshal(resp.Body, out); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			return nil
		}
	}
	return c.Do(ctx, r)
}

// A call is one Do with all its attempts.
type call struct {
	client  *Client
	request Request
	hide    redactor

	// began is when the first attempt did, and limit how long all may take.
	began time.Time
	limit time.Duration

	// attempts counts them; sent says whether the last one had a connection, so
	// that a part of the request may have reached the server.
	attempts int
	sent     atomic.Bool

	// response is what the last attempt brought, or failure why it did not.
	response *Response
	failure  *Error
	// wait is how long to wait before the next attempt.
	wait time.Duration
}

// prepare checks the request, so that no attempt is wasted on what cannot be
// sent, and learns what must not be shown of it.
func (a *call) prepare(ctx context.Context) (*retryablehttp.Request, error) {
	r := a.request
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The parser's own words would quote parts of the URL.
		a.hide = redactor{url: "(no URL)"}
		return nil, &permanentError{"not an absolute http or https URL"}
	}
	a.hide = newRedactor(u, r.Header, r.PrivatePath)

	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { a.sent.Store(true) }}
	var body any
	if r.Body != nil {
		body = retryablehttp.ReaderFunc(func() (io.Reader, error) {
			reader, err := r.Body()
			if err != nil {
				a.failure = a.transportError(err)
			}
			return reader, err
		})
	}
	req, err := retryablehttp.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), r.Method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if r.Length > 0 {
		req.ContentLength = r.Length
	}
	if r.Header != nil {
		req.Header = r.Header.Clone()
	}
	req.Header.Set("User-Agent", a.client.opts.UserAgent)
	req.SetResponseHandler(a.read)
	return req, nil
}

// read reads an answer to its end. Only an answer with good tidings, and all of
// it, is not an error.
func (a *call) read(resp *http.Response) error {
	defer resp.Body.Close()
	if a.request.Stream != nil && resp.StatusCode/100 == 2 {
		if err := a.request.Stream(resp); err != nil {
			return err
		}
		a.response = &Response{Status: resp.StatusCode, Header: resp.Header, Attempts: a.attempts}
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	r := &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Attempts: a.attempts}
	if resp.StatusCode/100 != 2 {
		// The status alone is enough if the body of an error is cut off.
		return a.statusError(r, false)
	}
	switch {
	case err != nil:
		return fmt.Errorf("read answer: %w", err)
	case len(body) > maxBody:
		return &permanentError{fmt.Sprintf("answer is longer than %d MiB", maxBody>>20)}
	case a.request.Limited != nil && a.request.Limited(r):
		return a.statusError(r, true)
	case a.request.Failed != nil && a.request.Failed(r):
		e := a.statusError(r, false)
		e.failed = true
		return e
	case a.request.accept != nil:
		if err := a.request.accept(r); err != nil {
			return err
		}
	}
	a.response = r
	return nil
}

// idempotent reports whether doing the request twice is doing it once.
func (a *call) idempotent() bool {
	safe := []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete}
	return a.request.Idempotent || slices.Contains(safe, a.request.Method) ||
		a.request.Header.Get("Idempotency-Key") != ""
}
