// Package bucket reads and writes objects in the buckets of Amazon S3 and what speaks
// its protocol, Google Cloud Storage and Azure Blob Storage, and in memory. All four
// behave alike: the tests in buckettest hold them to it.
//
// A driver does one request and says how it failed. What they have in common is done
// once, for all of them: keys below a prefix, retries, waits that a server asks for,
// reading on where a body was cut off, renewing credentials, and errors that say what
// to change.
package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/webpress/webpress/internal/httpclient"
)

// An Object is what a bucket says of one of its objects.
type Object struct {
	// Key is its name below the address's prefix, with slashes.
	Key string
	// Size is its length in bytes, -1 where the server does not say.
	Size int64
	// ETag changes whenever the object does. It is the server's, without quotes; for
	// Google Cloud Storage it is the generation.
	ETag string
	// Modified is when it was written, the zero time where that is not known.
	Modified time.Time
	// ContentType is its MIME type. S3 does not list it.
	ContentType string
	// SHA256 is the digest in hexadecimal that was stored with it, empty where none
	// was, or where the server does not say. S3 does not list it.
	SHA256 string
}

// A Bucket is a place for objects. It may be used by several goroutines at once. Every
// error of its methods is an *Error, or wraps the context's.
type Bucket interface {
	// Address is where it is.
	Address() Address
	// List yields the objects whose keys begin with under, sorted by the bytes of their
	// keys. No more than a page of them is in memory. After an error it ends. What
	// only stands for a folder, and keys that are not valid (see ValidKey), are
	// left out.
	List(ctx context.Context, under string) iter.Seq2[Object, error]
	// Stat looks up one object. It is ErrNotExist where there is none.
	Stat(ctx context.Context, key string) (Object, error)
	// Read opens an object. Where it has the ETag ifNoneMatch, which may be empty, it is
	// ErrNotModified instead. A body that is cut off is read on where it ended, and is
	// ErrChanged where the object is another by then. The caller closes it.
	Read(ctx context.Context, key, ifNoneMatch string) (io.ReadCloser, Object, error)
	// Write stores size bytes, which open returns from the start each time that it is
	// called: once to learn their digest, and once for every attempt. The object is
	// there as a whole or not at all. It is ErrExist or ErrChanged where a condition of o
	// does not hold; what an attempt wrote whose answer was lost counts as written.
	Write(ctx context.Context, key string, open func() (io.ReadCloser, error), size int64, o WriteOptions) (Object, error)
	// Delete removes an object. Where ifMatch is not empty and the object has another
	// ETag, it is ErrChanged. To delete what is not there is no error.
	Delete(ctx context.Context, key, ifMatch string) error
}

// WriteOptions are what is stored with an object, and on what condition.
type WriteOptions struct {
	ContentType  string
	CacheControl string
	// SHA256 is the digest in hexadecimal of what open returns. Where it is not, nothing
	// is written. It is computed where it is empty.
	SHA256 string
	// IfAbsent writes only where there is no object of this key.
	IfAbsent bool
	// IfMatch, where not empty, writes only over the object with this ETag.
	IfMatch string
}

// Options are how buckets are reached. The zero value finds no credentials.
type Options struct {
	// Getenv is the environment: AWS_*, GOOGLE_APPLICATION_CREDENTIALS,
	// STORAGE_EMULATOR_HOST, AZURE_*. nil is an empty one.
	Getenv func(string) string
	// Transport carries the requests; nil is one that heeds the proxy settings of the
	// environment.
	Transport http.RoundTripper
	// Clock is the real one where it is the zero value. S3's signatures always have the
	// real time.
	Clock httpclient.Clock
	// Retries is how often at most a failed request is repeated: 0 is never.
	Retries int
	// Timeout is how long there may be no progress worth the name, in any part of a
	// request. 0 is httpclient.DefaultTimeout.
	Timeout time.Duration
	// UserAgent is sent with every request, such as webpress/1.2.3.
	UserAgent string
	// Logf is told of every wait, one line at a time without a line's end.
	Logf func(format string, args ...any)

	// AWSRole is the ARN of the role to assume with an IDToken.
	AWSRole string
	// GCPWorkloadIdentityProvider is the resource name of the provider which exchanges
	// an IDToken: projects/123/locations/global/workloadIdentityPools/x/providers/y.
	GCPWorkloadIdentityProvider string
	// GCPServiceAccount is the service account to impersonate with it. Empty, the
	// exchanged token itself is used.
	GCPServiceAccount string
	// AzureClientID and AzureTenantID name the application that trusts an IDToken.
	AzureClientID, AzureTenantID string
	// IDToken returns a fresh OpenID Connect token of the CI's for an audience. It is
	// called at the first request and whenever credentials are renewed.
	IDToken func(ctx context.Context, audience string) (string, error)
}

// Open returns the bucket at an address. It makes no request: credentials are read, and
// missing ones are an error, but whether they are good, and whether the bucket is
// there, is known at the first one.
func Open(ctx context.Context, a Address, o Options) (Bucket, error) {
	o = o.withDefaults()
	b := newBucket(a, o)
	var err error
	switch a.Provider {
	case S3:
		b.driver, err = openS3(a, o, b.secrets)
	case GCS:
		b.driver, err = openGCS(ctx, a, o, b.secrets)
	case Azure:
		b.driver, err = openAzure(a, o, b.secrets)
	default:
		err = &Error{Kind: ErrUnsupported, Err: errors.New("not the address of a bucket")}
	}
	if err != nil {
		return nil, b.explain("open", "", err)
	}
	return b, nil
}

func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	o.Clock = o.Clock.OrReal()
	if o.Timeout == 0 {
		o.Timeout = httpclient.DefaultTimeout
	}
	if o.UserAgent == "" {
		o.UserAgent = "webpress"
	}
	o.Retries = max(o.Retries, 0)
	return o
}

// maxKey is the length in bytes of a key with its prefix that S3 and Google allow.
const maxKey = 1024

// ValidKey says whether every provider takes key as it is, and every file system as a
// path: segments that are separated by single slashes, none of them . or .., in UTF-8
// and without control characters.
func ValidKey(key string) bool {
	return fs.ValidPath(key) && key != "." && len(key) <= maxKey && utf8.ValidString(key) &&
		strings.IndexFunc(key, unicode.IsControl) < 0
}
