// Package remote converts images by a conversion API, such as that of `webpress serve`: it is an
// engine.Codec whose images are converted by a server. The same bytes are sent once, the server
// is asked no faster than it allows, and what it sends is not believed: it has to be the image
// that was asked for.
package remote

import (
	"cmp"
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/engine"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// DefaultJobs is how many images are at the server at a time where no setting says it.
	DefaultJobs = 8
	// silence is how long nothing may happen in a request: an API may convert before it answers.
	silence = 2 * time.Minute
	// requestTime is how long a request may take, with the upload of a large file.
	requestTime = 30 * time.Minute
	// jobTime is how long a job may take once it was accepted, where Options.Timeout is 0.
	jobTime = 30 * time.Minute
)

// Options are what a Codec is made of.
type Options struct {
	// Address is that of the API, such as https://convert.example; without a path it is below
	// /api/v1. Key is sent to it alone, unless it is empty; it may have the host that it is for
	// before it, as in convert.example KEY.
	Address, Key string
	// Untrusted is set where Address was chosen by who may not know the key, which then has to
	// name its host.
	Untrusted bool
	// Insecure lets Address begin with http:// where it does not lead to this machine.
	Insecure bool
	// Retries is how often a failed request is repeated. What a server refuses because it is
	// busy or by its rate limit is repeated besides.
	Retries int
	// MaxSize is how many bytes a result may have.
	MaxSize int64
	// Timeout is how long a job may take at the server; 0 is half an hour.
	Timeout time.Duration
	// Local checks results. nil is engine.Local.
	Local engine.Codec
	// Placeholders has the placeholder of each image made along with its results.
	Placeholders bool
	// UserAgent is sent with every request.
	UserAgent string
	// Logf logs waits, a line at a time.
	Logf func(format string, args ...any)
	// Getenv has the proxy settings for results on other hosts; nil is no proxy.
	Getenv func(string) string
	// Transport carries the requests to Address; nil is one for the network.
	Transport http.RoundTripper
	// Clock is the real one where it is the zero value.
	Clock httpclient.Clock
}

// A Codec converts images by a conversion API. It may be used by several goroutines at once.
type Codec struct {
	Options
	base *url.URL
	http *httpclient.Client
	// foreign downloads results that are at another host, without the key.
	foreign *httpclient.Client
	gate    gate

	// learning is held while limits is asked for.
	learning sync.Mutex
	limits   *Limits

	flights singleflight.Group
	mu      sync.Mutex
	// jobs are those that were done, by what was sent, and placeholders what was learned of
	// contents.
	jobs         map[[sha256.Size]byte]job
	placeholders map[[sha256.Size]byte]engine.Placeholder
	// broken is why no further request makes sense, nil as long as one does.
	broken error
}

var _ engine.Codec = (*Codec)(nil)

// New makes a Codec. It asks nothing of the server. The error has a hint.
func New(o Options) (*Codec, error) {
	base, err := parseAddress(o.Address, o.Insecure)
	if err != nil {
		return nil, err
	}
	if o.Key, err = keyFor(base, o.Key, o.Untrusted); err != nil {
		return nil, err
	}
	if o.Local == nil {
		o.Local = engine.Local{}
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	o.Timeout = cmp.Or(o.Timeout, jobTime)
	o.Clock = o.Clock.OrReal()
	c := &Codec{
		Options: o, base: base,
		jobs: map[[sha256.Size]byte]job{}, placeholders: map[[sha256.Size]byte]engine.Placeholder{},
	}
	c.gate = gate{clock: o.Clock, left: unlimited, say: func(d time.Duration) {
		o.Logf("%s asks to wait: going on in %s", base.Host, d.Round(time.Second))
	}}
	transport := o.Transport
	if transport == nil {
		transport = httpclient.Stream(httpclient.Options{Timeout: silence})
	}
	client := httpclient.Options{Timeout: silence, Deadline: requestTime, UserAgent: o.UserAgent, Clock: o.Clock, Transport: pinned{base, transport}}
	c.http = httpclient.New(client)
	guard, err := fetch.NewGuard(fetch.Options{Getenv: o.Getenv})
	if err != nil {
		return nil, err
	}
	client.Transport = guard
	c.foreign = httpclient.New(client)
	return c, nil
}

// Open reads the header of an image.
func (c *Codec) Open(_ context.Context, data []byte) (engine.Image, error) {
	info, err := engine.ReadInfo(data)
	if err != nil {
		return nil, err
	}
	return &image{codec: c, data: data, info: info}, nil
}

// OpenFor reads the content of an image, and its header. Nothing is converted ahead: the caller
// may yet find that there is nothing to do.
func (c *Codec) OpenFor(ctx context.Context, size int64, fill func([]byte) error, _ []asset.Variant, _ engine.Options) (engine.Image, error) {
	return engine.OpenFilled(ctx, c, size, fill)
}

// An image is one whose header was read.
type image struct {
	codec *Codec
	data  []byte
	info  codec.Info
}

// Info is what the header says. Of an animation it has the first frame.
func (i *image) Info() codec.Info { return i.info }

// Convert has the server make an output for each variant.
func (i *image) Convert(ctx context.Context, variants []asset.Variant, _ engine.Options) ([]engine.Output, error) {
	return i.codec.convert(ctx, i, variants)
}

// Check decodes the image on this machine.
func (i *image) Check(ctx context.Context, strict bool) error {
	return i.codec.check(ctx, i.data, strict)
}

// Placeholder describes the image by a few bytes. The server makes a small image of it, unless
// it has done so along with the results.
func (i *image) Placeholder(ctx context.Context, maxPixels int64) (engine.Placeholder, error) {
	c := i.codec
	sum := sha256.Sum256(i.data)
	c.mu.Lock()
	known, ok := c.placeholders[sum]
	c.mu.Unlock()
	if ok {
		return known, nil
	}
	made, err := c.convert(ctx, i, []asset.Variant{engine.PlaceholderVariant})
	if err != nil {
		return engine.Placeholder{}, err
	}
	return c.placeholder(ctx, made[0].Data, maxPixels)
}

// Close does nothing.
func (i *image) Close() {}

// check decodes a result on this machine.
func (c *Codec) check(ctx context.Context, data []byte, strict bool) error {
	img, err := c.Local.Open(ctx, data)
	if err != nil {
		return err
	}
	defer img.Close()
	return img.Check(ctx, strict)
}

// placeholder is that of an image of which small was made by engine.PlaceholderVariant.
func (c *Codec) placeholder(ctx context.Context, small []byte, maxPixels int64) (engine.Placeholder, error) {
	img, err := c.Local.Open(ctx, small)
	if err != nil {
		return engine.Placeholder{}, err
	}
	defer img.Close()
	return img.Placeholder(ctx, maxPixels)
}
