package httpclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// retrier is the loop over the attempts of one call. Its own waits are none, as
// they cannot be handed a clock: the call waits in PrepareRetry.
func (a *call) retrier() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: a.client.http,
		RetryMax:   a.client.opts.Retries,
		RequestLogHook: func(_ retryablehttp.Logger, r *http.Request, _ int) {
			a.attempts++
			a.sent.Store(false)
			if a.request.Attempt != nil {
				a.request.Attempt(r.Header)
			}
		},
		CheckRetry:   a.check,
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: a.pause,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// check is called after an attempt: once for the connection, and once more for
// what read says of the answer.
func (a *call) check(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	f, ok := errors.AsType[*Error](err)
	if !ok {
		f = a.transportError(err)
	}
	a.failure = f
	return a.shouldRetry(f) && !a.outlasts(a.wait), nil
}

// shouldRetry decides whether a failed attempt is worth another one, and after what
// wait.
func (a *call) shouldRetry(f *Error) bool {
	a.wait = rand.N(retryablehttp.DefaultBackoff(firstWait, lastWait, a.attempts-1, nil) + 1)
	if f.Status == 0 {
		return !permanent(f.Err) && (a.idempotent() || !a.sent.Load())
	}
	asked, ok := serverDelay(f, a.attempts, a.client.opts.Clock.Now())
	again := false
	switch {
	case f.Limited, f.Status == http.StatusServiceUnavailable && ok:
		again = true
	case f.failed, f.Status == http.StatusRequestTimeout,
		f.Status >= 500 && f.Status != http.StatusNotImplemented && f.Status != http.StatusHTTPVersionNotSupported:
		again = a.idempotent()
	}
	if !again || !ok {
		return again
	}
	f.Wait = asked
	// To come back earlier than asked is what gets a client banned.
	if asked > a.client.opts.MaxWait {
		return false
	}
	if asked > 0 {
		a.wait = asked
	}
	return true
}

// pause waits for the next attempt.
func (a *call) pause(req *http.Request) error {
	f, o := a.failure, a.client.opts
	why := "trying again"
	switch {
	case f.Limited:
		why = "rate limit reached, trying again"
	case f.Wait > 0:
		why = "the server asks for patience, trying again"
	}
	o.Logf("%s %s: %s; %s in %s (%d of %d)", f.Method, f.URL, f.reason(), why,
		a.wait.Round(100*time.Millisecond), a.attempts, o.Retries)
	return o.Clock.Sleep(req.Context(), a.wait)
}

// serverDelay is how long the server asks to be left alone, if it does. It marks
// refusals by a rate limit.
//
// Retry-After: RFC 9110, section 10.2.3. GitHub: "Rate limits for the REST
// API", section "Exceeding the rate limit": 403 or 429, and either retry-after,
// or x-ratelimit-remaining 0 with x-ratelimit-reset in seconds since 1970, or
// neither, and then at least a minute, and more each time. GitLab names the two
// without the x-.
func serverDelay(f *Error, attempt int, now time.Time) (time.Duration, bool) {
	// Clocks differ: what counts is the time by the server's own.
	if date, err := http.ParseTime(f.Header.Get("Date")); err == nil {
		now = date
	}
	forbidden := f.Status == http.StatusForbidden
	f.Limited = f.Limited || f.Status == http.StatusTooManyRequests
	if d, ok := retryAfter(f.Header.Get("Retry-After"), now); ok {
		f.Limited = f.Limited || forbidden
		return d, true
	}
	if !f.Limited && !forbidden {
		return 0, false
	}
	for _, prefix := range []string{"X-Ratelimit-", "Ratelimit-"} {
		if f.Header.Get(prefix+"Remaining") != "0" {
			continue
		}
		if reset, err := strconv.ParseInt(f.Header.Get(prefix+"Reset"), 10, 64); err == nil {
			f.Limited = true
			// The reset is in whole seconds: one more, to be after it.
			return max(time.Unix(reset, 0).Sub(now), 0) + time.Second, true
		}
	}
	if bytes.Contains(bytes.ToLower(f.Body), []byte("secondary rate limit")) {
		f.Limited = true
		return time.Minute << min(attempt-1, 10), true
	}
	return 0, false
}

// retryAfter reads a Retry-After header: seconds, or a date.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		if seconds < 0 {
			return 0, false
		}
		// More than a year is as good as never, and would overflow.
		return time.Duration(min(seconds, 365*24*60*60)) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(date.Sub(now), 0), true
}

// permanentError is a failure that another attempt would only repeat.
type permanentError struct{ text string }

func (l *permanentError) Error() string { return l.text }

// A markedError is one that a caller's function has returned as Permanent.
type markedError struct{ error }

func (m *markedError) Unwrap() error { return m.error }

// Permanent marks an error of Request.Stream or of a transport as one that another attempt
// would only repeat.
func Permanent(err error) error { return &markedError{err} }

// permanent reports whether an attempt failed by something that will not be otherwise
// in a minute: a wrong address, a certificate, a request that cannot be sent.
func permanent(err error) bool {
	if _, ok := errors.AsType[*permanentError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*markedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*sourceError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return true
	}
	// crypto/tls reports alerts so, with a type of their own that it does not export.
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	// net/http has no type for these.
	text := fmt.Sprint(err)
	for _, sign := range []string{"unsupported protocol scheme", "invalid header field", "HTTP response to HTTPS client", "invalid method"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
