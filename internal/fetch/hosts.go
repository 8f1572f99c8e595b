package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// slots bound how many downloads of each host run at a time.
type slots struct {
	size  int
	mu    sync.Mutex
	hosts map[string]*slot
}

// A slot is those of one host. It is there as long as somebody has or wants one.
type slot struct {
	taken chan struct{}
	users int
}

// acquire waits for a slot of a host, which release gives back.
func (s *slots) acquire(ctx context.Context, host string) (release func(), err error) {
	s.mu.Lock()
	h := s.hosts[host]
	if h == nil {
		h = &slot{taken: make(chan struct{}, s.size)}
		s.hosts[host] = h
	}
	h.users++
	s.mu.Unlock()
	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(s.hosts, host)
		}
	}
	select {
	case h.taken <- struct{}{}:
		return func() {
			<-h.taken
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// hostHeaders reads Options.Header.
func hostHeaders(given map[string]http.Header) (map[string]http.Header, error) {
	all := map[string]http.Header{}
	for host, header := range given {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), ""
		}
		if name == "" || strings.ContainsAny(name, "/@* ") || badPort(port) {
			return nil, &asset.Fault{
				Message: fmt.Sprintf("header: %q is not a host", host),
				Hint:    "write it as shop.example, or as shop.example:8443",
			}
		}
		clean := http.Header{}
		for field, values := range header {
			for _, value := range values {
				if !httpguts.ValidHeaderFieldName(field) || !httpguts.ValidHeaderFieldValue(value) {
					return nil, &asset.Fault{
						Message: fmt.Sprintf("header: that of %q is not a name and a value", host),
						Hint:    "write it as \"Authorization: Bearer …\", in one line",
					}
				}
				clean.Add(field, value)
			}
		}
		name = canonical(name)
		if port != "" {
			name = net.JoinHostPort(name, port)
		}
		all[name] = clean
	}
	return all, nil
}

// headerFor are the headers for an address. Its error is that they would be sent without
// TLS.
func (c *Client) headerFor(u *url.URL) (http.Header, error) {
	host, port := server(u)
	h, ok := c.header[net.JoinHostPort(host, port)]
	if !ok && (port == "443" || port == "80") {
		h, ok = c.header[host]
	}
	if !ok || u.Scheme == "https" || c.guard.allow.name(host) {
		return h, nil
	}
	if ip, literal := literalIP(host); literal && kindOfIP(ip) != "" {
		return h, nil // only reached if it is allowed
	}
	return nil, &asset.HintError{
		What: "download " + strconv.Quote(httpclient.Redact(u.String())),
		Why:  &refusal{text: "the `header` of " + host + " would be sent without encryption"},
		Hint: "let the address begin with https://",
	}
}
