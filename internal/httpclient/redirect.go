package httpclient

import (
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is the number of redirects that are followed for one attempt.
const maxRedirects = 10

// harmless are the headers that may be shown, and that may go to another host
// by a redirect.
var harmless = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Content-Type": true, "Content-Length": true,
	"Idempotency-Key": true, "If-Match": true, "If-Modified-Since": true, "If-None-Match": true,
	"If-Range": true, "Range": true, "User-Agent": true,
	"X-Github-Api-Version": true, "X-Ms-Blob-Content-Type": true, "X-Ms-Blob-Type": true,
	"X-Ms-Version": true, "X-Webpress-Delivery": true, "X-Webpress-Event": true,
}

// redirect decides whether and with what headers a redirect is followed.
//
// net/http keeps Authorization for subdomains and other ports, and a header of
// the caller's own, such as PRIVATE-TOKEN, for every host; it sends the old URL
// with its query as Referer. None of this is wanted. It also turns a POST into
// a GET for 301 and 302, which would pass for a delivery.
func redirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects {
		return &permanentError{"redirected too often"}
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return &permanentError{"redirected to what is neither http nor https"}
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
		return &permanentError{"redirected from https to http"}
	}
	if req.Method != first.Method && req.Response.StatusCode != http.StatusSeeOther {
		return http.ErrUseLastResponse
	}
	req.Header.Del("Referer")
	for _, hop := range append(via[1:len(via):len(via)], req) {
		if !SameServer(first.URL, hop.URL) {
			for name := range req.Header {
				if !harmless[name] {
					req.Header.Del(name)
				}
			}
			break
		}
	}
	return nil
}

// SameServer reports whether what may be sent to a may be sent to b: the same host
// and port, or the step from http to https on their usual ports.
func SameServer(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	if a.Scheme == b.Scheme {
		return port(a) == port(b)
	}
	return a.Scheme == "http" && b.Scheme == "https" && port(a) == "80" && port(b) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
