// Package httpclient is the one HTTP client of webpress. It waits no longer than
// configured, repeats what failed where that is safe, leaves a server alone for
// as long as the server asks, and shows no token, signature or password in an
// error or a log line.
//
// The loop of retries and the growth of the waits are hashicorp/go-retryablehttp's;
// what is repeated, and what a server's wish to be left alone looks like, is
// decided here: see judge and demand.
package httpclient

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"time"
)

// What is used where Options leave something out, and what a caller should
// offer as the default of its setting of retries.
const (
	DefaultRetries = 5
	DefaultTimeout = time.Minute
	// DefaultDeadline is for an API's answer with all attempts at it.
	DefaultDeadline = 10 * time.Minute
	DefaultMaxWait  = 5 * time.Minute
)

const (
	// firstWait and lastWait bound the waits between attempts where the server
	// names none. The wait is drawn between 0 and a bound that starts at
	// firstWait and doubles.
	firstWait = time.Second
	lastWait  = 30 * time.Second
	// maxBody is the length in bytes of an answer that is still read, and
	// maxRefusal what is kept of one that is an error.
	maxBody    = 16 << 20
	maxRefusal = 256 << 10
	// connectTimeout is how long one connection may take: far less than an
	// answer may, as every further attempt may reach a server that is up.
	connectTimeout = 15 * time.Second
)

// Options are what a Client is made of. The zero value never repeats a request.
type Options struct {
	// Retries is how often at most a failed request is repeated: 0 is never.
	Retries int
	// Timeout is how long nothing may happen: no connection, no byte of the
	// request taken, no answer, no further byte of it. 0 is DefaultTimeout.
	Timeout time.Duration
	// MinProgress is how many bytes of an answer must come within Timeout, for that not to
	// count as nothing; what ends it may be shorter. 0 is 1.
	MinProgress int64
	// Deadline is how long a request may take as a whole, with all attempts and the
	// waits between them; a server that sends a byte now and then is never silent. 0
	// is DefaultDeadline.
	Deadline time.Duration
	// MaxWait is the longest wait that is granted to a server which asks to be
	// left alone. If it asks for more, the request fails at once with
	// Error.Wait set. 0 is DefaultMaxWait.
	MaxWait time.Duration
	// UserAgent is sent with every request, such as webpress/1.2.3.
	UserAgent string
	// Logf logs every wait, one line at a time without a newline.
	Logf func(format string, args ...any)
	// Transport carries the requests; nil is one that heeds the proxy settings
	// of the environment.
	Transport http.RoundTripper
	// Clock is the real one where it is the zero value.
	Clock Clock
}

// A Clock is how time passes, so that tests need not wait for it. Members that
// are nil are those of the real clock.
type Clock struct {
	Now func() time.Time
	// Sleep returns after d, or with the context's error as soon as that ends.
	Sleep func(ctx context.Context, d time.Duration) error
	// AfterFunc calls f in its own goroutine after d.
	AfterFunc func(d time.Duration, f func()) Timer
}

// A Timer is what a Client needs of a time.Timer.
type Timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}

// A Client does requests. It may be used by several goroutines at once.
type Client struct {
	opts Options
	http *http.Client
}

// New makes a client.
func New(o Options) *Client {
	o.Retries = max(o.Retries, 0)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.Deadline = cmp.Or(o.Deadline, DefaultDeadline)
	o.MaxWait = cmp.Or(o.MaxWait, DefaultMaxWait)
	if o.UserAgent == "" {
		o.UserAgent = "webpress"
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	o.Clock = o.Clock.OrReal()
	if o.Transport == nil {
		o.Transport = transport(o.Timeout)
	}
	return &Client{opts: o, http: &http.Client{
		Transport:     &watch{next: o.Transport, timeout: o.Timeout, least: max(o.MinProgress, 1), clock: o.Clock},
		CheckRedirect: redirect,
	}}
}

func transport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: min(timeout, connectTimeout), KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        16,
		MaxIdleConnsPerHost: 4,
		// A request that must not be repeated is lost on a connection that the
		// server gave up meanwhile: keep none for long.
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   min(timeout, connectTimeout),
		ExpectContinueTimeout: time.Second,
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
