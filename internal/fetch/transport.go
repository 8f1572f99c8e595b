package fetch

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// connectTimeout is how long one connection may take.
const connectTimeout = 15 * time.Second

// A guard is a transport that lets no request through to what is not public. It sees each
// redirect as a request of its own.
type guard struct {
	allow allowed
	// proxy is that for a URL, nil for none.
	proxy           func(*url.URL) (*url.URL, error)
	direct, proxied http.RoundTripper
	// resolves says that direct resolves names by way of dial.
	resolves bool
}

// A Guard is a transport for requests to addresses that others have chosen: it reaches what a
// Client reaches.
type Guard struct{ *guard }

// NewGuard makes one. Its error is that of New.
func NewGuard(o Options) (Guard, error) {
	o.PerHost = cmp.Or(max(o.PerHost, 0), DefaultPerHost)
	g, err := newGuard(o)
	return Guard{g}, err
}

// Check is why an address cannot be reached, by what it says itself: a name may yet resolve to
// an address that is refused.
func (g Guard) Check(address string) error {
	u, err := Check(address)
	if err != nil {
		return err
	}
	return g.allow.host(canonical(u.Hostname()), false)
}

func newGuard(o Options) (*guard, error) {
	allow, err := parseAllowed(o.AllowPrivate)
	if err != nil {
		return nil, err
	}
	proxy, err := proxies(o.Getenv)
	if err != nil {
		return nil, err
	}
	g := &guard{allow: allow, proxy: proxy}
	if o.Transport != nil {
		g.direct, g.proxied = o.Transport, o.Transport
		return g, nil
	}
	timeout := min(cmp.Or(o.IdleTimeout, httpclient.DefaultTimeout), connectTimeout)
	dialer := net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second, Resolver: o.Resolver}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return g.dial(ctx, dialer, network, address)
		},
		DisableCompression:  true,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: o.PerHost,
		IdleConnTimeout:     30 * time.Second,
		TLSHandshakeTimeout: timeout,
		// What a server says before its content is not for the memory to hold.
		MaxResponseHeaderBytes: 64 << 10,
	}
	proxied := transport.Clone()
	proxied.DialContext = dialer.DialContext
	proxied.Proxy = func(r *http.Request) (*url.URL, error) { return g.proxy(r.URL) }
	g.direct, g.proxied, g.resolves = transport, proxied, true
	return g, nil
}

// proxies are the settings of the environment. One that is not a URL is an error: to go
// past it would be worse.
func proxies(getenv func(string) string) (func(*url.URL) (*url.URL, error), error) {
	if getenv == nil {
		return func(*url.URL) (*url.URL, error) { return nil, nil }, nil
	}
	get := func(name string) string { return cmp.Or(getenv(name), getenv(strings.ToLower(name))) }
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY"} {
		value := get(name)
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		// The parser's own words have the proxy's password.
		if u, err := url.Parse(value); get(name) != "" && (err != nil || u.Hostname() == "") {
			return nil, &asset.Fault{
				Message: "environment variable " + name + ": it is not a URL",
				Hint:    "write it as http://proxy.example:3128",
			}
		}
	}
	c := httpproxy.Config{HTTPProxy: get("HTTP_PROXY"), HTTPSProxy: get("HTTPS_PROXY"), NoProxy: get("NO_PROXY")}
	return c.ProxyFunc(), nil
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if badPort(r.URL.Port()) {
		return nil, refuse("check the address", "port %s is not one for web servers", r.URL.Port())
	}
	if len(r.URL.Host) > maxHost {
		return nil, refuse("check the address", "redirected to a host of %d bytes", len(r.URL.Host))
	}
	proxy, err := g.proxy(r.URL)
	if err != nil {
		return nil, err
	}
	if err := g.allow.host(canonical(r.URL.Hostname()), proxy == nil && g.resolves); err != nil {
		return nil, err
	}
	if proxy != nil {
		return g.proxied.RoundTrip(r)
	}
	return g.direct.RoundTrip(r)
}

// dial connects to a host. Each address that its name resolves to is checked as the
// connection is made to it: what a name server says the next time does not matter.
func (g *guard) dial(ctx context.Context, dialer net.Dialer, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	host = canonical(host)
	dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		return g.allow.ip(host, at.Addr())
	}
	return dialer.DialContext(ctx, network, address)
}

// CloseIdleConnections closes what is open and not in use.
func (g *guard) CloseIdleConnections() {
	for _, t := range []http.RoundTripper{g.direct, g.proxied} {
		if t, ok := t.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
}
