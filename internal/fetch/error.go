package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// A refusal is why something is not downloaded that a server offers.
type refusal struct {
	text, hint string
	cause      error // nil if there is none
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Unwrap() error { return r.cause }

// refuse is a refusal that ends a download.
func refuse(hint, format string, args ...any) error {
	return httpclient.Permanent(&refusal{text: fmt.Sprintf(format, args...), hint: hint})
}

// reason is an error of httpclient without the address.
type reason struct{ of *httpclient.Error }

func (r reason) Error() string { return r.of.Reason() }

func (r reason) Unwrap() error { return r.of }

// explain says what was to be done, and how to fix that it failed.
func (c *Client) explain(u *url.URL, err error) error {
	what := "download " + strconv.Quote(httpclient.Redact(u.String()))
	if r, ok := errors.AsType[*refusal](err); ok {
		return &asset.HintError{What: what, Why: r, Hint: r.hint}
	}
	e, ok := errors.AsType[*httpclient.Error](err)
	if !ok {
		return &asset.HintError{What: what, Why: err}
	}
	text := hint(e)
	host, port := server(u)
	if _, named := c.header[host]; named && port != "443" && port != "80" && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
		text = "`header` names this host without its port: write it for " + net.JoinHostPort(host, port)
	}
	return &asset.HintError{What: what, Why: reason{e}, Hint: text}
}

// hint says what to do about a request that failed.
func hint(e *httpclient.Error) string {
	switch {
	case e.Limited && e.Wait > 0:
		return fmt.Sprintf("run it again in %s, or lower `concurrency-per-host`", e.Wait.Round(time.Second))
	case e.Limited:
		return "run it again later, or lower `concurrency-per-host`"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return "the server wants to know who asks: set `header` for it, or check that the address has not expired"
	case e.Status == http.StatusNotFound, e.Status == http.StatusGone:
		return "check the address, or remove it from the list"
	case e.Status/100 == 3:
		return "use the address that it leads to"
	case e.Status/100 == 5:
		return "server error; run it again later"
	case e.Status != 0:
		return "open the address in a browser to see what is wrong"
	}
	if dns, ok := errors.AsType[*net.DNSError](e.Err); ok && dns.IsNotFound {
		return "check the name of the host"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](e.Err); ok {
		return "check the address; if an authority of your own signs certificates, name its file in the variable SSL_CERT_FILE"
	}
	if strings.HasPrefix(e.Reason(), "redirected ") {
		return "if the address that it leads to is the right one, use that"
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.Err); ok && timeout.Timeout() {
		return "the server is slow or cannot be reached: run it again later"
	}
	return "check the address, or run it again later"
}
