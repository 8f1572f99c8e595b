package httpclient

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Stream is a transport for clients that read an answer while it arrives, such as
// those of object stores. It gives up a request in which nothing happens for
// o.Timeout, and neither repeats nor redirects one. Of o only Timeout, MinProgress, Transport and
// Clock.AfterFunc count.
func Stream(o Options) http.RoundTripper {
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.Clock = o.Clock.OrReal()
	if o.Transport == nil {
		t := transport(o.Timeout)
		// Many small objects go to one host.
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 64, 64
		o.Transport = t
	}
	return &watch{next: o.Transport, timeout: o.Timeout, least: max(o.MinProgress, 1), clock: o.Clock}
}

// OrReal is c with the real clock's members where they are nil.
func (c Clock) OrReal() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.AfterFunc == nil {
		c.AfterFunc = func(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
	}
	return c
}

// RetryAfter is how long a Retry-After header asks to wait, and whether it does.
func RetryAfter(value string, now time.Time) (time.Duration, bool) { return retryAfter(value, now) }

// IsPermanent says that a request failed by something that another attempt would only
// meet again: a wrong address, a certificate, a source that cannot be read.
func IsPermanent(err error) bool { return permanent(err) }

// RedactText returns the words of others as one line, without secrets and what looks
// like one.
func RedactText(s string, secrets ...string) string {
	secrets = slices.Clone(secrets)
	// Longer ones first, so that none is found as a part of another.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) >= shortest {
			s = strings.ReplaceAll(s, secret, stars)
		}
	}
	return oneLine(redactor{}.text(s))
}
