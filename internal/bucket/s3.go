package bucket

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// pageSize is how many objects a page of a list has at most, with all providers.
const pageSize = 1000

// s3 is the driver of S3 and what speaks its protocol. The requests and their signatures
// are minio-go's.
type s3 struct {
	address Address
	creds   *credentials.Credentials
	keys    *renewable[credentials.Value]
	// renewable says that the credentials can be got again.
	renewable bool
	transport *transport
	o         Options
	// amazon says that the server is Amazon's own.
	amazon bool

	mu     sync.Mutex
	core   *minio.Core
	region string
	// conditions is whether the server keeps to If-None-Match.
	conditions knowledge
}

// A knowledge is what is known about a server.
type knowledge int

const (
	unknown knowledge = iota
	yes
	no
)

const amazonHost = "s3.amazonaws.com"

func openS3(a Address, o Options, hide *secrets) (driver, error) {
	a.Endpoint = cmp.Or(a.Endpoint, o.Getenv("AWS_ENDPOINT_URL_S3"), o.Getenv("AWS_ENDPOINT_URL"))
	if a.Endpoint != "" {
		endpoint, err := parseEndpoint(a.Endpoint, false)
		if err != nil {
			return nil, &Error{Kind: ErrInvalid, Err: err, Hint: "write scheme and host, such as https://s3.example.com"}
		}
		a.Endpoint = endpoint
	}
	s := &s3{address: a, o: o, region: cmp.Or(a.Region, o.Getenv("AWS_REGION"), o.Getenv("AWS_DEFAULT_REGION"))}
	s.amazon = a.Endpoint == "" || isAmazon(a.Endpoint)
	if s.region == "" {
		s.region = "us-east-1"
		if strings.HasSuffix(a.Endpoint, ".r2.cloudflarestorage.com") {
			s.region = "auto"
		}
	}
	if s.amazon {
		s.conditions = yes
	}
	var err error
	if s.keys, s.renewable, err = s3Keys(a, s.region, o, hide); err != nil {
		return nil, err
	}
	s.creds = credentials.New(&s3Provider{s.keys})
	s.transport = newTransport(o, "identity")
	return s, s.connect()
}

func isAmazon(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (strings.HasSuffix(u.Hostname(), ".amazonaws.com") || strings.HasSuffix(u.Hostname(), ".amazonaws.com.cn"))
}

// connect makes the client for s.region.
func (s *s3) connect() error {
	host, secure := amazonHost, true
	if strings.HasPrefix(s.region, "cn-") {
		host = "s3." + s.region + ".amazonaws.com.cn"
	}
	if s.address.Endpoint != "" {
		u, err := url.Parse(s.address.Endpoint)
		if err != nil {
			return err
		}
		host, secure = u.Host, u.Scheme == "https"
	}
	lookup := map[string]minio.BucketLookupType{"true": minio.BucketLookupPath, "false": minio.BucketLookupDNS}[s.address.PathStyle]
	core, err := minio.NewCore(host, &minio.Options{
		Creds: s.creds, Secure: secure, Transport: s.transport, Region: s.region, BucketLookup: lookup,
		MaxRetries: 1, // attempts are the bucket's
	})
	if err != nil {
		return &Error{Kind: ErrInvalid, Err: err, Hint: "check the endpoint"}
	}
	core.SetS3EnableDualstack(false)
	s.core = core
	return nil
}

func (s *s3) client() *minio.Core {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core
}

func (s *s3) renew() bool {
	if !s.renewable {
		return false
	}
	s.keys.drop()
	s.creds.Expire()
	return true
}

func (s *s3) move(region string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if region == s.region || s.address.Endpoint != "" && s.amazon {
		return false
	}
	s.region = region
	return s.connect() == nil
}

// list goes by the key after which a page begins, as a page's own token would end with
// the credentials and has no way through minio-go with a context.
func (s *s3) list(ctx context.Context, prefix, after string) ([]Object, string, error) {
	var page []Object
	for info := range s.client().ListObjectsIter(ctx, s.address.Bucket, minio.ListObjectsOptions{
		Prefix: prefix, Recursive: true, StartAfter: after, MaxKeys: pageSize,
	}) {
		if info.Err != nil {
			return nil, "", notXML(info.Err)
		}
		page = append(page, s3Object(info))
		if len(page) == pageSize {
			return page, info.Key, nil
		}
	}
	return page, "", nil
}

// notXML explains an answer that is none of S3's.
func notXML(err error) error {
	if minio.ToErrorResponse(err).Code == "" && strings.Contains(strings.ToLower(fmt.Sprintf("%T %v", err, err)), "xml") {
		return &Error{Kind: ErrUnsupported, Err: errors.New("the answer is not one of S3"), Hint: "check the endpoint: it has to be the server's API, not its web pages"}
	}
	return err
}

func s3Object(info minio.ObjectInfo) Object {
	o := Object{
		Key: info.Key, Size: info.Size, ETag: strings.Trim(info.ETag, `"`), Modified: info.LastModified.UTC(), ContentType: info.ContentType,
	}
	for name, value := range info.UserMetadata {
		if strings.EqualFold(name, digestName) {
			o.SHA256 = storedDigest(value)
		}
	}
	return o
}

// stat asks by HEAD, whose answer has no words. Where it is one that does not say enough,
// such as 400 for credentials that have expired and for another region alike, GET is
// asked, for its reason.
func (s *s3) stat(ctx context.Context, key string) (Object, error) {
	info, err := s.client().StatObject(ctx, s.address.Bucket, key, minio.StatObjectOptions{})
	if err == nil {
		return s3Object(info), nil
	}
	a := answerOf(ctx)
	moved := a.status == http.StatusMovedPermanently && a.region() == ""
	if a.status != http.StatusBadRequest && a.status != http.StatusForbidden && !moved {
		return Object{}, err
	}
	*a = answer{}
	body, _, o, err := s.read(ctx, key, readRequest{})
	if err == nil {
		body.Close()
	}
	return o, err
}

func (s *s3) read(ctx context.Context, key string, r readRequest) (io.ReadCloser, int64, Object, error) {
	var opts minio.GetObjectOptions
	if r.offset > 0 {
		opts.Set("Range", fmt.Sprintf("bytes=%d-", r.offset))
	}
	if r.ifMatch != "" {
		opts.Set("If-Match", `"`+r.ifMatch+`"`)
	}
	if r.ifNoneMatch != "" {
		opts.Set("If-None-Match", `"`+r.ifNoneMatch+`"`)
	}
	body, info, header, err := s.client().GetObject(ctx, s.address.Bucket, key, opts)
	if err != nil {
		return nil, 0, Object{}, err
	}
	o := s3Object(info)
	from, size := contentRange(header, info.Size)
	o.Size = size
	return body, from, o, nil
}

// contentRange is where the body of an answer begins, and how long the whole object is.
func contentRange(h http.Header, length int64) (from, size int64) {
	rest, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	if !ok {
		return 0, length
	}
	span, total, _ := strings.Cut(rest, "/")
	first, _, _ := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, length
	}
	if size, err = strconv.ParseInt(total, 10, 64); err != nil {
		size = from + length
	}
	return from, size
}

func (s *s3) write(ctx context.Context, key string, w writeRequest) (Object, error) {
	if !w.IfAbsent || s.knows() == yes {
		return s.put(ctx, key, w, w.IfAbsent)
	}
	// The server may be one that writes whatever the condition says.
	switch _, err := s.stat(ctx, key); {
	case err == nil:
		return Object{}, &Error{Kind: ErrExist}
	case answerOf(ctx).code == "AccessDenied":
		e := s.forbidden(operation{verb: "stat"})
		e.Hint = "this server may not keep to If-None-Match, so that an object is looked up before it is written: " + e.Hint
		return Object{}, e
	case answerOf(ctx).status != http.StatusNotFound:
		return Object{}, err
	}
	*answerOf(ctx) = answer{}
	if s.knows() == no {
		return s.put(ctx, key, w, false)
	}
	o, err := s.put(ctx, key, w, true)
	switch {
	case err != nil && answerOf(ctx).status == http.StatusNotImplemented:
		s.learn(no)
		return Object{}, &Error{Kind: ErrUnsupported, Err: errors.New("conditions are not supported"), retry: true}
	case err != nil:
		return Object{}, err
	}
	return s.probe(ctx, key, w, o)
}

// probe learns whether the server keeps to If-None-Match, by writing once more what it
// has just taken: that has to fail, and changes nothing where it does not.
func (s *s3) probe(ctx context.Context, key string, w writeRequest, o Object) (Object, error) {
	body, err := w.again()
	if err != nil {
		return o, nil // written it is
	}
	defer body.Close()
	w.body = body
	again, err := s.put(ctx, key, w, true)
	switch {
	case err == nil:
		s.o.Logf("%s: the server does not keep to If-None-Match: each object is looked up before it is written", s.address)
		s.learn(no)
		return again, nil
	case answerOf(ctx).status == http.StatusPreconditionFailed:
		s.learn(yes)
	}
	return o, nil
}

func (s *s3) put(ctx context.Context, key string, w writeRequest, condition bool) (Object, error) {
	opts := minio.PutObjectOptions{
		ContentType: w.ContentType, CacheControl: w.CacheControl, UserMetadata: map[string]string{digestName: w.SHA256},
		// The digest is signed instead of each chunk, which not every server can.
		DisableContentSha256: true,
	}
	if condition {
		opts.SetMatchETagExcept("*")
	}
	if w.IfMatch != "" {
		opts.SetMatchETag(w.IfMatch)
	}
	info, err := s.client().PutObject(ctx, s.address.Bucket, key, w.body, w.size, base64.StdEncoding.EncodeToString(w.md5), w.SHA256, opts)
	if err != nil {
		return Object{}, err
	}
	return Object{ETag: strings.Trim(info.ETag, `"`)}, nil
}

// knows is whether the server keeps to If-None-Match.
func (s *s3) knows() knowledge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conditions
}

func (s *s3) learn(k knowledge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conditions = k
}

// delete looks at the object first where there is a condition, since not every server
// keeps to it here.
func (s *s3) delete(ctx context.Context, key, ifMatch string) error {
	if ifMatch != "" {
		o, err := s.stat(ctx, key)
		if err != nil {
			return err
		}
		if o.ETag != ifMatch {
			return &Error{Kind: ErrChanged}
		}
		ctx = withHeaders(ctx, http.Header{"If-Match": {`"` + ifMatch + `"`}})
	}
	err := s.client().RemoveObject(ctx, s.address.Bucket, key, minio.RemoveObjectOptions{})
	if err != nil && ifMatch != "" && answerOf(ctx).status == http.StatusNotImplemented {
		// Looked at just before: that has to do.
		*answerOf(ctx) = answer{}
		return s.client().RemoveObject(withHeaders(ctx, nil), s.address.Bucket, key, minio.RemoveObjectOptions{})
	}
	return err
}
