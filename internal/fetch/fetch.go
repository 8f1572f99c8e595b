// Package fetch downloads images by their addresses.
//
// It is careful with servers: at most Options.PerHost downloads from one host at a time,
// waits that grow and that a server may set, conditional requests, and downloads that
// break off continue where they stopped. It is careful with what servers send: nothing
// larger than Options.MaxSize, nothing endlessly slow, and only what begins as an image
// does. And it reaches public addresses only, whatever a list, a name server or a
// redirect says, except for those of Options.AllowPrivate.
//
// Retries, time limits, redirects and the hiding of secrets are those of httpclient.
package fetch

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

// What is used where Options leave something out.
const (
	DefaultPerHost = 4
	DefaultMaxSize = 256 << 20
	// DefaultDeadline is for one download, with all attempts at it.
	DefaultDeadline = 30 * time.Minute
)

// minProgress is how many bytes must come within Options.IdleTimeout: a server that sends
// a byte now and then would otherwise keep a download busy until its deadline.
const minProgress = 16 << 10

// Options are what a Client is made of.
type Options struct {
	// PerHost is how many downloads from one host run at a time; 0 is DefaultPerHost.
	// The host is that of the address, not of what it redirects to.
	PerHost int
	// Retries is how often at most a failed request is repeated: 0 is never.
	Retries int
	// IdleTimeout is how long a server may make no progress; 0 is
	// httpclient.DefaultTimeout.
	IdleTimeout time.Duration
	// Deadline is how long one download may take with all attempts; 0 is DefaultDeadline.
	Deadline time.Duration
	// MaxSize is the most bytes that a download may have; 0 is DefaultMaxSize.
	MaxSize int64
	// AllowPrivate names hosts that may have private addresses, such as intranet.example
	// and *.intranet.example, and private addresses that may be reached by any name, such
	// as 10.1.2.3 and 10.0.0.0/8. Link-local addresses, where clouds have their metadata,
	// are reached only if they are given as addresses.
	AllowPrivate []string
	// Header are headers for each host, such as shop.example or shop.example:8443; one
	// without a port is for the usual ones. They are secrets, are sent to no other host,
	// and are sent without TLS only to hosts of AllowPrivate.
	Header map[string]http.Header
	// UserAgent is sent with every request, such as webpress/1.2.3.
	UserAgent string
	// Logf logs every wait, one line at a time without a newline.
	Logf func(format string, args ...any)
	// Getenv has the proxy settings: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or
	// lower case. Nil is no proxy. A proxy may have a private address; it, and not this
	// package, then resolves names.
	Getenv func(string) string
	// Resolver is that of the system if it is nil.
	Resolver *net.Resolver
	// Transport carries the requests in place of connections of the package's own; it then
	// has to refuse private addresses that names resolve to.
	Transport http.RoundTripper
	// Clock is the real one if it is the zero value.
	Clock httpclient.Clock
}

// A Client downloads. It may be used by several goroutines at once.
type Client struct {
	http    *httpclient.Client
	guard   *guard
	slots   slots
	header  map[string]http.Header
	maxSize int64
	buffers sync.Pool
}

// New makes a client. Its error is a mistake in Options.AllowPrivate, in
// Options.Header or in the proxy settings.
func New(o Options) (*Client, error) {
	header, err := hostHeaders(o.Header)
	if err != nil {
		return nil, err
	}
	o.PerHost = cmp.Or(max(o.PerHost, 0), DefaultPerHost)
	g, err := newGuard(o)
	if err != nil {
		return nil, err
	}
	return &Client{
		http: httpclient.New(httpclient.Options{
			Retries: o.Retries, Timeout: o.IdleTimeout, MinProgress: minProgress,
			Deadline: cmp.Or(o.Deadline, DefaultDeadline), UserAgent: o.UserAgent,
			Logf: o.Logf, Transport: g, Clock: o.Clock,
		}),
		guard: g, header: header, maxSize: cmp.Or(o.MaxSize, DefaultMaxSize),
		slots:   slots{size: o.PerHost, hosts: map[string]*slot{}},
		buffers: sync.Pool{New: func() any { return new([bufferSize]byte) }},
	}, nil
}

// Close closes the connections that are idle. Downloads that run are not affected.
func (c *Client) Close() { c.guard.CloseIdleConnections() }

// Known is what is known of a content from an earlier download; empty is nothing.
type Known struct {
	// ETag and LastModified are those of Result.
	ETag, LastModified string
}

// A Result is a download.
type Result struct {
	// NotModified says that the content is still the one that is known: nothing was
	// written. Size, SHA256 and ContentType are not set then.
	NotModified bool
	// Size is in bytes, SHA256 the digest in lower-case hex.
	Size   int64
	SHA256 string
	// ETag and LastModified are for Known, as the server gave them; empty if it gave
	// none, or none that fits a line of text.
	ETag, LastModified string
	// FinalURL is where redirects led, as it may be shown.
	FinalURL string
	// ContentType is what the server calls the content.
	ContentType string
	// Name is what the server, or else the address, calls the file: a name that works on
	// all systems, without folders. It is empty if neither has one.
	Name string
}

// A File is what a download is written to. *os.File is one.
type File interface {
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
}

// Get downloads what is at address into to, which is empty. known is that of the last
// download of it. After an error, to may have a part of the content.
//
// Errors are those of ctx, or say in one line what failed, and with asset.HintOf how to fix
// it. They show no user, password, signature or header.
func (c *Client) Get(ctx context.Context, address string, known Known, to File) (Result, error) {
	u, err := Check(address)
	if err != nil {
		return Result{}, err
	}
	header, err := c.headerFor(u)
	if err != nil {
		return Result{}, err
	}
	release, err := c.slots.acquire(ctx, net.JoinHostPort(server(u)))
	if err != nil {
		return Result{}, err
	}
	defer release()
	d := newDownload(c, u, known, to)
	defer d.free()
	err = d.run(ctx, header)
	switch {
	case err == nil:
		return d.result, nil
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	}
	return Result{}, c.explain(u, err)
}
