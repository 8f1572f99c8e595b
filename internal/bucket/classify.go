package bucket

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

// Hints that do not depend on the provider.
const (
	hintLater   = "the server failed: run the job again later"
	hintFewer   = "the server asks for fewer requests: run the job again later, or with fewer at a time"
	hintRenew   = "get new credentials, or use those of the CI, which are renewed"
	hintDamaged = "something between this machine and the server changes what is sent: check the proxy"
)

// general explains an answer by its status alone, where the provider has no better words
// for it.
func general(op operation, a *answer) *Error {
	e := &Error{}
	switch s := a.status; {
	case s == http.StatusNotModified:
		e.Kind = ErrNotModified
	case s == http.StatusMovedPermanently, s == http.StatusFound, s == http.StatusSeeOther, s == http.StatusTemporaryRedirect, s == http.StatusPermanentRedirect:
		e.Kind, e.Hint = ErrRedirected, "set endpoint= in the address to where the server is: redirects are not followed, as they would take credentials along"
		if to := a.header.Get("Location"); to != "" {
			e.Err = errors.New("to " + shownLocation(to))
		}
	case s == http.StatusNotFound:
		e.Kind = ErrNotExist
		if op.match && op.verb == "write" {
			e.Kind = ErrChanged
		}
	case s == http.StatusPreconditionFailed:
		e.Kind = ErrChanged
		if op.absent {
			e.Kind = ErrExist
		}
	case s == http.StatusTooManyRequests:
		e.Kind, e.Hint, e.retry = ErrThrottled, hintFewer, true
	case s == http.StatusRequestTimeout:
		e.Kind, e.Hint, e.retry = ErrConnection, "the connection is too slow or was cut off: run the job again", true
	case s == http.StatusConflict:
		e.Hint, e.retry = "somebody else writes the same object: run the job again", true
	case s == http.StatusNotImplemented, s == http.StatusMethodNotAllowed:
		e.Kind, e.Hint = ErrUnsupported, "this server's API cannot do it: check the endpoint"
	case s == http.StatusRequestEntityTooLarge:
		e.Kind, e.Hint = ErrUnsupported, "the object is larger than the server takes at once"
	case s == http.StatusUnauthorized:
		e.Kind = ErrCredentials
	case s == http.StatusForbidden:
		e.Kind = ErrForbidden
	case s >= 500:
		e.Kind, e.Hint, e.retry = ErrUnavailable, hintLater, true
	}
	return e
}

func shownLocation(to string) string {
	if u, err := url.Parse(to); err != nil || u.Host == "" {
		return "another path of the same server"
	}
	return httpclient.Redact(to)
}

// skew is how far the server's clock is ahead of this machine's, and whether it says so.
func (b *bucket) skew(a *answer) (time.Duration, bool) { return skew(b.o, a) }

func skew(o Options, a *answer) (time.Duration, bool) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return date.Sub(o.Clock.Now()).Round(time.Second), true
}

// wrongClock is the error of a clock that is too far off.
func wrongClock(o Options, a *answer) *Error {
	e := &Error{Kind: ErrClock, Hint: "set the clock of this machine, such as by NTP"}
	if d, ok := skew(o, a); ok && d.Abs() > time.Minute {
		way := "behind"
		if d < 0 {
			way = "ahead"
		}
		e.Err = fmt.Errorf("it is %s %s of the server's", d.Abs().Round(time.Second), way)
	}
	return e
}

// tokenRefused explains why a token service gave no token.
func tokenRefused(err *httpclient.Error) *Error {
	e := &Error{Err: err, Status: err.Status}
	switch {
	case err.Limited:
		e.Kind, e.Hint = ErrThrottled, hintFewer
	case err.Status >= 500:
		e.Kind, e.Hint = ErrUnavailable, hintLater
	case err.Status == 0:
		e.Kind, e.Hint = ErrConnection, "check that the token service can be reached from where the job runs, with its proxy and certificates"
	default:
		e.Kind, e.Hint = ErrCredentials, "check what the token service trusts: issuer, audience and subject of the CI's token, and the names in the settings"
	}
	return e
}

// withoutURL is the cause of an error of net/http, whose text would show the address
// with all that is in it.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = u.Err
	}
}

func isUnknownHost(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}
