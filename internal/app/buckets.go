package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/scan"
)

// openBucket opens the bucket at an address, with the credentials of the environment or the identity
// token of the CI.
func (r *run) openBucket(ctx context.Context, address string) (bucket.Bucket, error) {
	a, err := bucket.Parse(address)
	if err != nil {
		return nil, err
	}
	s := r.settings
	return bucket.Open(ctx, a, bucket.Options{
		Getenv: r.Getenv, Retries: s.Retries, UserAgent: "webpress/" + r.Version, Logf: r.log.Line,
		AWSRole: s.AwsRole, GCPWorkloadIdentityProvider: s.GcpWorkloadIdentityProvider, GCPServiceAccount: s.GcpServiceAccount,
		AzureClientID: s.AzureClientID, AzureTenantID: s.AzureTenantID,
		IDToken: r.access().IDToken,
	})
}

// A downloader downloads sources: objects of buckets, and all others by HTTP.
type downloader struct {
	http *fetch.Client
	open func(ctx context.Context, address string) (bucket.Bucket, error)
	// endpoints are the servers that settings name: credentials go to no others.
	endpoints map[string]bool
	// maxSize is the setting max-file-size.
	maxSize int64

	mu      sync.Mutex
	buckets map[string]bucket.Bucket
}

// Get downloads what is at an address: see fetch.Client.
func (g *downloader) Get(ctx context.Context, address string, known fetch.Known, to fetch.File) (fetch.Result, error) {
	if !config.IsBucket(address) {
		return g.http.Get(ctx, address, known, to)
	}
	whole, key, err := splitObject(address)
	if err != nil {
		return fetch.Result{}, err
	}
	if a, err := bucket.Parse(whole); err == nil && a.Endpoint != "" && !g.endpoints[a.Endpoint] {
		return fetch.Result{}, &asset.Fault{
			Message: fmt.Sprintf("read %q: its endpoint %s is in no setting, and would be sent credentials", key, a.Endpoint),
			Hint:    "leave it out of the list, and set it by AWS_ENDPOINT_URL, or use it in `store`",
		}
	}
	b, err := g.bucket(ctx, whole)
	if err != nil {
		return fetch.Result{}, err
	}
	body, o, err := b.Read(ctx, key, known.ETag)
	if errors.Is(err, bucket.ErrNotModified) {
		return fetch.Result{NotModified: true}, nil
	}
	if err != nil {
		return fetch.Result{}, err
	}
	defer body.Close()
	n, err := io.Copy(io.NewOffsetWriter(to, 0), io.LimitReader(body, g.maxSize+1))
	if err == nil && n > g.maxSize {
		err = &asset.Fault{
			Message: fmt.Sprintf("read %q: it has more than the %s that max-file-size allows", key, humanize.Bytes(uint64(g.maxSize))),
			Hint:    "raise max-file-size if the image is right",
		}
	}
	return fetch.Result{Size: n, ETag: o.ETag, ContentType: o.ContentType}, err
}

// endpoints are those of the buckets that settings and arguments name.
func (r *run) endpoints() map[string]bool {
	known := map[string]bool{}
	for _, address := range slices.Concat(r.settings.Store, r.settings.Addresses) {
		if a, err := bucket.Parse(address); err == nil && config.IsBucket(address) && a.Endpoint != "" {
			known[a.Endpoint] = true
		}
	}
	return known
}

// bucket opens each bucket once.
func (g *downloader) bucket(ctx context.Context, address string) (bucket.Bucket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b := g.buckets[address]; b != nil {
		return b, nil
	}
	b, err := g.open(ctx, address)
	if err == nil {
		if g.buckets == nil {
			g.buckets = map[string]bucket.Bucket{}
		}
		g.buckets[address] = b
	}
	return b, err
}

// splitObject splits the address of an object into that of its whole bucket and its key there.
func splitObject(address string) (whole, key string, err error) {
	object, query, _ := strings.Cut(address, "?")
	slash := strings.LastIndexByte(object, '/')
	name, err := url.PathUnescape(object[slash+1:])
	if err != nil {
		return "", "", &asset.Fault{Message: fmt.Sprintf("%q is not an address", address), Hint: "write % as %25"}
	}
	if query != "" {
		query = "?" + query
	}
	a, err := bucket.Parse(object[:slash+1] + query)
	if err != nil {
		return "", "", err
	}
	key, a.Prefix = a.Prefix+name, ""
	return a.String(), key, nil
}

// isBucketFolder reports whether an address is that of a whole bucket, or of all below a prefix.
func isBucketFolder(address string) bool {
	if !config.IsBucket(address) {
		return false
	}
	object, _, _ := strings.Cut(address, "?")
	_, rest, _ := strings.Cut(object, "://")
	name := object[strings.LastIndexByte(object, '/')+1:]
	return name == "" || !strings.Contains(strings.TrimSuffix(rest, "/"), "/") || !strings.Contains(name, ".")
}

// listBucket lists the images below an address, and their entity tags by their paths. Results of
// webpress, WebP and AVIF, are not among them.
func (r *run) listBucket(ctx context.Context, address string, tags map[string]string) (all []asset.Source, err error) {
	b, err := r.openBucket(ctx, address)
	if err != nil {
		return nil, err
	}
	base, query, _ := strings.Cut(b.Address().String(), "?")
	if query != "" {
		query = "?" + query
	}
	wants, err := r.wants()
	if err != nil {
		return nil, err
	}
	left := 0
	for o, err := range b.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		format := asset.FormatByName(o.Key)
		switch {
		case format == asset.WebP, format == asset.AVIF, o.Key == lockfile.Name:
			continue
		case !scan.IsPicture(o.Key) || !wants(o.Key):
			left++
			continue
		}
		all = append(all, asset.Source{Path: o.Key, URL: base + (&url.URL{Path: o.Key}).EscapedPath() + query, Format: format, Size: max(o.Size, 0)})
		tags[o.Key] = o.ETag
	}
	if left > 0 {
		r.log.Line("%s: %s left out by name", b.Address(), english.Plural(left, "object is", "objects are"))
	}
	return all, nil
}
