package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// A problem is what a server says of an error: RFC 9457.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// problemOf reads the body of an error.
func problemOf(e *httpclient.Error) (p problem) {
	_ = json.Unmarshal(e.Body, &p) // or else it has none
	return p
}

// kind is the last part of the type, such as rate-limited.
func (p problem) kind() string { return p.Type[strings.LastIndexAny(p.Type, "/#")+1:] }

// said is an error of the server in one line.
func (c *Codec) said(e *httpclient.Error) string {
	p := problemOf(e)
	words := p.Title
	if p.Detail != "" && words != "" {
		words += ": "
	}
	if words += p.Detail; words == "" {
		return e.Reason()
	}
	return fmt.Sprintf("%d %s", e.Status, httpclient.RedactText(words, c.Key))
}

// A refusedError is an answer that is an error, in the server's words.
type refusedError struct {
	words  string
	status int
	kind   string
	// gone is set where there is no such job, older where the answer is about a job that an
	// earlier request was about.
	gone, older bool
}

func (r *refusedError) Error() string { return r.words }

// refused reads an answer that is an error.
func (c *Codec) refused(e *httpclient.Error) *refusedError {
	kind := problemOf(e).kind()
	return &refusedError{
		words: c.said(e), status: e.Status, kind: kind,
		gone:  (e.Status == http.StatusNotFound || e.Status == http.StatusGone) && e.Method == http.MethodGet,
		older: (kind == "not-converted" || e.Status == http.StatusGone) && e.Header.Get("X-Credits-Used") == "0",
	}
}

// fault is an error with a hint. What is wrong has the server's name in it.
func (c *Codec) fault(why error, hint string) error {
	return &asset.HintError{What: c.base.Host, Why: why, Hint: hint}
}

// explain is an error of a request with what to do about it. One that every other image would
// meet as well breaks c.
func (c *Codec) explain(e *httpclient.Error) error {
	if e.Status == 0 {
		return c.explainNone(e)
	}
	why := c.refused(e)
	kind := why.kind
	switch {
	case outOfCredits(e):
		hint := "the credits are used up: raise the quota of the key"
		if e.Wait > 0 {
			hint += fmt.Sprintf(", or run this again in %s", roughly(e.Wait))
		}
		return c.breaks(c.fault(why, hint+"; what is done is not converted again"))
	case e.Status == http.StatusUnauthorized && c.Key == "":
		return c.breaks(c.fault(why, "set `engine-key` to a key of that server, such as one that `webpress key add NAME` makes there"))
	case e.Status == http.StatusUnauthorized:
		return c.breaks(c.fault(why, "the server does not know the key in `engine-key`: check it, or make another one there by `webpress key add NAME`"))
	case kind == "option-not-allowed":
		return c.breaks(c.fault(why, "let the key set all options: `webpress key add NAME` without --options"))
	case e.Status == http.StatusForbidden:
		return c.breaks(c.fault(why, "the key may not do this there: ask who runs the server"))
	case why.gone, why.older, kind == "idempotency-key-reused":
		return c.fault(why, "run this again later")
	case e.Status == http.StatusNotFound, e.Status == http.StatusMethodNotAllowed:
		return c.breaks(c.fault(why, "there is no conversion API at "+c.base.String()+": check `engine`"))
	case e.Status == http.StatusRequestEntityTooLarge:
		return c.fault(why, "the server takes no file as large as this one: raise max-file-size there, or leave it out by `ignore`")
	case kind == "unknown-option":
		return c.breaks(c.fault(why, "the server does not know the option: update webpress there"))
	case kind == "wrong-option":
		return c.fault(why, "the server does not take the value of the option: check the setting, or update webpress there")
	case e.Status == http.StatusUnsupportedMediaType, e.Status == http.StatusUnprocessableEntity:
		return c.fault(why, "")
	case e.Limited:
		return c.breaks(c.fault(why, "the rate limit of the key is reached, also by others who use it: raise its rate, or run this again later; what is done is not converted again"))
	case e.Status == http.StatusServiceUnavailable:
		return c.breaks(c.fault(why, "the server is busy: run this again later; what is done is not converted again"))
	case e.Status/100 == 3:
		return c.breaks(c.fault(why, "set `engine` to the address that it names"))
	}
	return c.fault(why, "the log of the server may say more; run this again later")
}

// explainNone is explain for a request that brought no answer.
func (c *Codec) explainNone(e *httpclient.Error) error {
	if large, ok := errors.AsType[*tooLargeError](e.Err); ok {
		return c.fault(large, "nothing is written; raise `max-file-size` if it is right")
	}
	if moved, ok := errors.AsType[*movedError](e.Err); ok {
		return c.breaks(c.fault(moved, "if that is the server you mean, set `engine` to it: images and the key go to no other"))
	}
	why := errors.New(e.Reason())
	text := strings.ToLower(e.Reason())
	verification, isVerification := errors.AsType[*tls.CertificateVerificationError](e.Err)
	dns, isDNS := errors.AsType[*net.DNSError](e.Err)
	switch {
	case isVerification:
		why = fmt.Errorf("its certificate is not valid: %w", verification.Err)
		return c.breaks(c.fault(why, "check the address; for a certificate authority of your own, let the variable SSL_CERT_FILE name its certificate"))
	case strings.Contains(text, "http response to https client"), strings.Contains(text, "first record does not look like a tls handshake"):
		return c.breaks(c.fault(why, "the server has no TLS: let the address begin with http:// if it is on this machine, or put a reverse proxy before it"))
	case isDNS && dns.IsNotFound:
		return c.breaks(c.fault(fmt.Errorf("there is no host %s", c.base.Hostname()), "check `engine`"))
	case errors.Is(e.Err, context.DeadlineExceeded):
		return c.fault(why, "the server is too slow, or the connection is: run this again later")
	case httpclient.IsPermanent(e.Err):
		return c.fault(why, "")
	}
	return c.breaks(c.fault(why, "the server cannot be reached: check `engine`, and that it runs; what is done is not converted again"))
}

// notAnAPI is the error of an answer that no conversion API gives.
func (c *Codec) notAnAPI(contentType string, body []byte) error {
	what := "something that is not JSON"
	said, _, _ := mime.ParseMediaType(contentType)
	if text := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)])); said == "text/html" || bytes.HasPrefix(text, []byte("<!doctype html")) || bytes.HasPrefix(text, []byte("<html")) {
		what = "an HTML page"
	} else if len(text) == 0 {
		what = "nothing"
	}
	return c.breaks(c.fault(errors.New("it answered with "+what), "there is no conversion API at "+c.base.String()+": check `engine`"))
}

// roughly is a time for people.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case d >= 90*time.Second:
		return fmt.Sprintf("%d minutes", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d seconds", int(d.Seconds()))
}
