package remote

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// apiPath is where the API is at an address without a path.
const apiPath = "/api/v1"

// parseAddress returns the address that the paths of the API follow, without a slash at its end.
func parseAddress(address string, insecure bool) (*url.URL, error) {
	wrong := func(what, hint string) (*url.URL, error) {
		return nil, &asset.Fault{Message: "engine: " + what, Hint: hint}
	}
	const example = "write it as https://convert.example"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return wrong("it is not an address that begins with https://", example)
	case u.User != nil:
		return wrong("it has a user or a password in it", example+", and set `engine-key` in the environment")
	case u.RawQuery != "" || u.Fragment != "":
		return wrong("it has more than a host and a path", example)
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return wrong(fmt.Sprintf("images and the key would be sent to %s without encryption", u.Host),
			"let the address begin with https://, or set `engine-insecure: true` in a network that you trust")
	}
	u.RawPath, u.Path = "", strings.TrimRight(u.Path, "/")
	if u.Path == "" {
		u.Path = apiPath
	}
	return u, nil
}

// keyFor is the key that may be sent to an API, of the setting engine-key.
func keyFor(base *url.URL, setting string, untrusted bool) (string, error) {
	host, key := splitKey(setting)
	switch {
	case host == "" && untrusted && key != "":
		return "", &asset.Fault{
			Message: "engine-key: webpress.yml names the API, and anyone who can change that file would get the key",
			Hint:    "let `engine-key` name the host that it is for, as in \"" + base.Host + " KEY\", or set `engine` beside it and not in webpress.yml",
		}
	case host != "" && !strings.EqualFold(host, base.Host):
		return "", &asset.Fault{
			Message: "engine-key: the key is for another host than " + base.Host + ", which `engine` names",
			Hint:    "check `engine`, or set `engine-key` to a key of that server",
		}
	}
	return key, nil
}

// splitKey returns the host that a key is for, if it says so, and the key itself.
func splitKey(setting string) (host, key string) {
	setting = strings.TrimSpace(setting)
	if host, key, ok := strings.Cut(setting, " "); ok {
		return host, strings.TrimSpace(key)
	}
	return "", setting
}

// Secrets are what must not be shown of the setting engine-key.
func Secrets(setting string) []string {
	if _, key := splitKey(setting); key != "" {
		return []string{key}
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// A pinned is a transport for one server: images and the key go nowhere else, whatever it answers.
type pinned struct {
	to   *url.URL
	next http.RoundTripper
}

// A movedError is a redirect to another server.
type movedError struct{ to string }

func (m *movedError) Error() string { return "redirected to " + m.to }

// RoundTrip implements http.RoundTripper.
func (p pinned) RoundTrip(r *http.Request) (*http.Response, error) {
	if !httpclient.SameServer(p.to, r.URL) {
		to := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host}
		return nil, httpclient.Permanent(&movedError{to.String()})
	}
	return p.next.RoundTrip(r)
}
