package bucket

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

// maxAnswer is what is kept in bytes of an answer that is no success.
const maxAnswer = 64 << 10

// minProgress is what has to arrive in bytes of an answer in each Options.Timeout: a
// server that sends a byte now and then is not taken for a slow network.
const minProgress = 1024

// An answer is what a server said last, where that was no success. A transport notes it
// in the context of an attempt, so that errors are explained by the server's own words
// whatever client asked.
type answer struct {
	status int // 0 where there was none
	header http.Header
	body   []byte
	// code and message are those in body.
	code, message string
}

type answerKey struct{}

// withAnswer returns a context whose requests leave an answer in what is returned.
func withAnswer(ctx context.Context) (context.Context, *answer) {
	a := &answer{}
	return context.WithValue(ctx, answerKey{}, a), a
}

// transport is what carries the requests for objects of all providers.
type transport struct {
	next http.RoundTripper
	o    Options
	// encoding is the Accept-Encoding that gets objects as they are stored.
	encoding string
}

func newTransport(o Options, encoding string) *transport {
	return &transport{next: httpclient.Stream(httpclient.Options{Transport: o.Transport, Timeout: o.Timeout, Clock: o.Clock}), o: o, encoding: encoding}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.o.UserAgent)
	// Without it, net/http would unpack what is stored in compressed form.
	req.Header.Set("Accept-Encoding", t.encoding)
	if h, ok := req.Context().Value(headersKey{}).(http.Header); ok {
		for name, values := range h {
			req.Header[name] = values
		}
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &pacedBody{ReadCloser: resp.Body, timeout: t.o.Timeout, now: t.o.Clock.Now}
	a, ok := req.Context().Value(answerKey{}).(*answer)
	if resp.StatusCode/100 == 2 || !ok {
		return resp, nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body.Close()
	*a = answer{status: resp.StatusCode, header: resp.Header, body: body}
	a.code, a.message = parseAnswer(body)
	a.message = withoutProof(a.message, req.Header.Get("Authorization"))
	if code := resp.Header.Get("X-Ms-Error-Code"); code != "" {
		a.code = code
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// withoutProof is a server's words without the signature or token of a request, which some
// quote.
func withoutProof(words, authorization string) string {
	_, proof, _ := strings.Cut(authorization, " ")
	if i := strings.LastIndexAny(strings.TrimRight(proof, "="), ":="); i >= 0 {
		proof = proof[i+1:]
	}
	if len(proof) < 16 {
		return words
	}
	return strings.ReplaceAll(words, proof, "***")
}

type headersKey struct{}

// withHeaders returns a context whose requests have more headers, for clients that do
// not let them be set.
func withHeaders(ctx context.Context, h http.Header) context.Context {
	return context.WithValue(ctx, headersKey{}, h)
}

// pacedBody is the body of an answer that fails where too little of it arrives. Only the
// time that reads take counts: what the caller does between two is not the server's.
type pacedBody struct {
	io.ReadCloser
	timeout time.Duration
	now     func() time.Time
	spent   time.Duration
	got     int
}

func (p *pacedBody) Read(b []byte) (int, error) {
	began := p.now()
	n, err := p.ReadCloser.Read(b)
	p.spent += p.now().Sub(began)
	p.got += n
	switch {
	case p.got >= minProgress:
		p.spent, p.got = 0, 0
	case err == nil && p.spent > p.timeout:
		return n, &slowError{p.got, p.spent}
	}
	return n, err
}

// slowError is why pacedBody failed.
type slowError struct {
	got int
	in  time.Duration
}

func (s *slowError) Error() string {
	return fmt.Sprintf("the server sent %d bytes in %s", s.got, s.in.Round(time.Second))
}

// Timeout says, as net.Error's does, that time ran out.
func (s *slowError) Timeout() bool { return true }

// plainCode matches what may be shown of a code that a server sent.
var plainCode = pattern(`^[A-Za-z0-9._-]{1,80}$`)

// parseAnswer finds the code and the words in an error of S3 or Azure, which is XML, or
// of Google, which is JSON.
func parseAnswer(body []byte) (code, message string) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case bytes.HasPrefix(body, []byte("<")):
		var x struct {
			XMLName xml.Name
			Code    string
			Message string
			Error   struct{ Code, Message string } // the token service's is one deeper
		}
		if xml.Unmarshal(body, &x) == nil {
			switch x.XMLName.Local {
			case "Error":
				code, message = x.Code, x.Message
			case "ErrorResponse":
				code, message = x.Error.Code, x.Error.Message
			}
		}
	case bytes.HasPrefix(body, []byte("{")):
		var j struct {
			Error json.RawMessage `json:"error"`
		}
		var e struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Errors  []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		}
		if json.Unmarshal(body, &j) == nil && json.Unmarshal(j.Error, &e) == nil {
			code, message = e.Status, e.Message
			if len(e.Errors) > 0 {
				code = e.Errors[0].Reason
			}
		}
	}
	if code = strings.TrimSpace(code); !plainCode().MatchString(code) {
		code = ""
	}
	return code, message
}

// region is the bucket's region by an answer of S3, empty where it does not say.
func (a *answer) region() string {
	region := a.header.Get("X-Amz-Bucket-Region")
	if region == "" {
		var x struct{ Region string }
		if xml.Unmarshal(a.body, &x) == nil {
			region = strings.TrimSpace(x.Region)
		}
	}
	if !validRegion().MatchString(region) {
		return ""
	}
	return region
}

// requestID is the server's name for the request, which its support asks for.
func (a *answer) requestID() string {
	for _, name := range []string{"X-Amz-Request-Id", "X-Ms-Request-Id", "X-Guploader-Uploadid"} {
		if id := a.header.Get(name); plainCode().MatchString(id) {
			return id
		}
	}
	return ""
}

// errRefused is the error of an answer that is no success, where the context has the
// answer itself.
var errRefused = errors.New("refused")

// A web asks servers by HTTP, for the drivers without a client of their own.
type web struct {
	http *http.Client
	// authorize adds what proves who is asking.
	authorize func(ctx context.Context, req *http.Request) error
}

func newWeb(o Options, encoding string, authorize func(context.Context, *http.Request) error) web {
	return web{authorize: authorize, http: &http.Client{
		Transport: newTransport(o, encoding),
		// Credentials go nowhere but to the server that they are for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send does one request. What is no success is errRefused. The caller closes the body of
// what it returns.
func (w web) send(ctx context.Context, method, url string, header http.Header, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	if body != nil {
		req.ContentLength = size
		if size == 0 {
			req.Body = http.NoBody
		}
	}
	if err := w.authorize(ctx, req); err != nil {
		return nil, err
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		resp.Body.Close()
		return nil, errRefused
	}
	return resp, nil
}
