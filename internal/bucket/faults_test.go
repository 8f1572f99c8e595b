package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
	"github.com/webpress/webpress/internal/httpclient"
)

// A bench is a bucket whose waits take no time and are noted down.
type bench struct {
	bucket.Bucket
	server *buckettest.Server
	mu     sync.Mutex
	waits  []time.Duration
	lines  []string
	// step is by how much the clock goes on each time that it is asked.
	step, passed time.Duration
}

func (b *bench) options(o bucket.Options) bucket.Options {
	o.Clock = httpclient.Clock{
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.passed += b.step
			return time.Now().Add(b.passed)
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.waits = append(b.waits, d)
			return ctx.Err()
		},
	}
	o.Logf = func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines = append(b.lines, fmt.Sprintf(format, args...))
	}
	return o
}

// log is all that was logged.
func (b *bench) log() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

func newBench(t *testing.T, p bucket.Provider, o bucket.Options) *bench {
	t.Helper()
	b := &bench{server: buckettest.NewServer(t, p)}
	b.Bucket = b.server.Open(t, "web", b.options(o))
	return b
}

// refuse is a fault of each provider's own kind.
func refuse(p bucket.Provider, status int, code, message string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		switch p {
		case bucket.S3:
			buckettest.S3Error(w, r, status, code, message, "")
		case bucket.GCS:
			buckettest.GCSError(w, status, code, message)
		default:
			buckettest.AzureError(w, r, status, code, message)
		}
		return true
	}
}

// writes makes a fault one of writes alone.
func writes(f func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return (r.Method == http.MethodPut || r.Method == http.MethodPost) && f(w, r)
	}
}

// once makes a fault one of the first n requests.
func once(n int32, f func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	var count atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		return count.Add(1) <= n && f(w, r)
	}
}

func write(b bucket.Bucket, ctx context.Context, key string, o bucket.WriteOptions) error {
	_, err := b.Write(ctx, key, buckettest.Content([]byte("data")), 4, o)
	return err
}

func list(b bucket.Bucket, ctx context.Context) error {
	for _, err := range b.List(ctx, "") {
		if err != nil {
			return err
		}
	}
	return nil
}

func stat(b bucket.Bucket, ctx context.Context, key string) error {
	_, err := b.Stat(ctx, key)
	return err
}

// TestErrors has what servers say, and what becomes of it.
func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		p       bucket.Provider
		status  int
		code    string
		message string
		kind    error
		retried bool
		text    string // in the error
		hint    string
	}{
		"no bucket, S3":           {bucket.S3, 404, "NoSuchBucket", "The specified bucket does not exist", bucket.ErrNoBucket, false, "bucket does not exist", "create bucket photos"},
		"no bucket, Google":       {bucket.GCS, 404, "notFound", "The specified bucket does not exist.", bucket.ErrNoBucket, false, "bucket does not exist", "create bucket photos"},
		"no bucket, Azure":        {bucket.Azure, 404, "ContainerNotFound", "The specified container does not exist.", bucket.ErrNoBucket, false, "bucket does not exist", "create container photos in storage account testaccount"},
		"no right, S3":            {bucket.S3, 403, "AccessDenied", "Access Denied", bucket.ErrForbidden, false, "s3:PutObject is missing", "allow s3:PutObject on arn:aws:s3:::photos/web/*"},
		"no right, Google":        {bucket.GCS, 403, "forbidden", "x@y.iam does not have storage.objects.delete access to the Google Cloud Storage object.", bucket.ErrForbidden, false, "storage.objects.delete is missing", "allow storage.objects.delete on bucket photos"},
		"no right, Google, bare":  {bucket.GCS, 403, "", "", bucket.ErrForbidden, false, "storage.objects.create is missing", "storage.objects.create"},
		"no right, Azure":         {bucket.Azure, 403, "AuthorizationPermissionMismatch", "This request is not authorized.", bucket.ErrForbidden, false, "blobs/write is missing", "Storage Blob Data Contributor on container photos"},
		"no keys, Azure":          {bucket.Azure, 403, "KeyBasedAuthenticationNotPermitted", "", bucket.ErrForbidden, false, "takes no keys", "azure-client-id"},
		"wrong key ID":            {bucket.S3, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", bucket.ErrCredentials, false, "not valid", "AWS_ACCESS_KEY_ID"},
		"wrong key":               {bucket.S3, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match", bucket.ErrCredentials, false, "", "AWS_SECRET_ACCESS_KEY"},
		"wrong key, Azure":        {bucket.Azure, 403, "AuthenticationFailed", "Server failed to authenticate the request.", bucket.ErrCredentials, false, "", "the account's key"},
		"expired, S3":             {bucket.S3, 400, "ExpiredToken", "The provided token has expired.", bucket.ErrExpired, false, "expired", "new credentials"},
		"expired, Azure":          {bucket.Azure, 403, "AuthenticationFailed", "Signature not valid in the specified time frame", bucket.ErrExpired, false, "", "new credentials"},
		"clock, S3":               {bucket.S3, 403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.", bucket.ErrClock, false, "clock of this machine is wrong", "NTP"},
		"slow down, S3":           {bucket.S3, 503, "SlowDown", "Please reduce your request rate.", bucket.ErrThrottled, true, "reduce your request rate", "run the job again later"},
		"too many, Google":        {bucket.GCS, 429, "rateLimitExceeded", "The rate of change requests exceeds", bucket.ErrThrottled, true, "", "fewer"},
		"busy, Azure":             {bucket.Azure, 503, "ServerBusy", "The server is busy.", bucket.ErrThrottled, true, "", "fewer"},
		"500, S3":                 {bucket.S3, 500, "InternalError", "We encountered an internal error.", bucket.ErrUnavailable, true, "", "later"},
		"502, Google":             {bucket.GCS, 502, "", "", bucket.ErrUnavailable, true, "the server failed", "later"},
		"500, Azure":              {bucket.Azure, 500, "OperationTimedOut", "", bucket.ErrUnavailable, true, "", "later"},
		"damaged, S3":             {bucket.S3, 400, "BadDigest", "The Content-MD5 you specified did not match", bucket.ErrDigest, true, "", "proxy"},
		"damaged, Google":         {bucket.GCS, 400, "invalid", "Provided MD5 hash does not match", bucket.ErrDigest, true, "", "proxy"},
		"damaged, Azure":          {bucket.Azure, 400, "Md5Mismatch", "", bucket.ErrDigest, true, "", "proxy"},
		"conflict, S3":            {bucket.S3, 409, "ConditionalRequestConflict", "Please try again.", nil, true, "try again", "somebody else"},
		"unknown to it":           {bucket.S3, 501, "NotImplemented", "A header you provided implies functionality", bucket.ErrUnsupported, false, "", "endpoint"},
		"not known, S3":           {bucket.S3, 418, "Teapot", "I am a teapot", nil, false, "I am a teapot (Teapot, request REQ1)", ""},
		"no words at all, Google": {bucket.GCS, 418, "", "", nil, false, "status 418", ""},
		"region that is unknown":  {bucket.S3, 301, "PermanentRedirect", "The bucket must be addressed using the specified endpoint.", bucket.ErrRegion, false, "another region", "set region="},
		"a line break":            {bucket.S3, 400, "Bad", "a\n::error::b", nil, false, "a ::error::b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.p, bucket.Options{Retries: 2})
			b.server.SetFault(refuse(test.p, test.status, test.code, test.message))
			err := write(b, t.Context(), "a.webp", bucket.WriteOptions{})
			e, ok := errors.AsType[*bucket.Error](err)
			if !ok || test.kind != nil && !errors.Is(err, test.kind) || test.kind == nil && e.Kind != nil {
				t.Fatalf("error %v", err)
			}
			fault, _ := errors.AsType[*asset.Fault](err)
			if !strings.Contains(fault.Message, test.text) || !strings.Contains(fault.Hint, test.hint) || !strings.Contains(fault.Message, `write "a.webp": `+b.Address().String()) {
				t.Errorf("error %s, hint %s", fault.Message, fault.Hint)
			}
			if strings.ContainsAny(fault.Message, "\n\x1b") || e.Status != test.status {
				t.Errorf("error %q, status %d", fault.Message, e.Status)
			}
			want := 0
			if test.retried {
				want = 2
			}
			if len(b.waits) != want || want > 0 && e.Attempts != 3 {
				t.Errorf("waited %v, %d attempts", b.waits, e.Attempts)
			}
			for i, w := range b.waits {
				if bound := time.Second << i; w < bound/2 || w > bound {
					t.Errorf("wait %d is %v", i, w)
				}
			}
			if want > 0 {
				// It passes, and what is written is written.
				b.server.SetFault(writes(once(2, refuse(test.p, test.status, test.code, test.message))))
				if err := write(b, t.Context(), "a.webp", bucket.WriteOptions{IfAbsent: true}); err != nil {
					t.Errorf("after two failures: %v", err)
				}
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, p := range providers {
		for after, want := range map[string]time.Duration{
			"7": 7 * time.Second,
			time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
			"301": 0,
		} {
			b := newBench(t, p, bucket.Options{Retries: 2})
			b.server.SetFault(once(1, func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Retry-After", after)
				return refuse(p, 503, "SlowDown", "")(w, r)
			}))
			err := list(b, t.Context())
			if want == 0 {
				if !errors.Is(err, bucket.ErrThrottled) && !errors.Is(err, bucket.ErrUnavailable) || len(b.waits) > 0 || !strings.Contains(asset.HintOf(err), "5m1s") {
					t.Errorf("%s, %s: %v, waited %v, hint %q", p, after, err, b.waits, asset.HintOf(err))
				}
				continue
			}
			if err != nil || len(b.waits) != 1 || (b.waits[0]-want).Abs() > 3*time.Second {
				t.Errorf("%s, %s: %v, waited %v", p, after, err, b.waits)
			}
		}
	}
}

// TestCutOff has bodies that end too soon, or come a byte at a time.
func TestCutOff(t *testing.T) {
	data := strings.Repeat("0123456789", 10_000)
	cut := func(from int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				return false
			}
			header := w.Header()
			header.Set("Etag", `"etag"`)
			header.Set("X-Goog-Generation", "17")
			header.Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			span := r.Header.Get("Range") + r.Header.Get("X-Ms-Range")
			at := 0
			if span != "" {
				at, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(span, "bytes="), "-"))
				header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(data)-1, len(data)))
				w.Header().Set("Content-Length", strconv.Itoa(len(data)-at))
				w.WriteHeader(http.StatusPartialContent)
			} else {
				w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			}
			end := len(data)
			if from > 0 {
				end = min(at+from, len(data))
			}
			_, _ = io.WriteString(w, data[at:end])
			w.(http.Flusher).Flush()
			if end < len(data) {
				panic(http.ErrAbortHandler)
			}
			return true
		}
	}
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			b := newBench(t, p, bucket.Options{Retries: 4})
			b.server.SetFault(cut(30_000))
			got, _ := buckettest.Get(t, b, "a.png")
			if got != data || len(b.waits) != 3 {
				t.Errorf("read %d bytes, waited %v", len(got), b.waits)
			}
			// More often than is granted.
			b = newBench(t, p, bucket.Options{Retries: 2})
			b.server.SetFault(cut(30_000))
			r, _, err := b.Read(t.Context(), "a.png", "")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			part, err := io.ReadAll(r)
			if !errors.Is(err, bucket.ErrConnection) || len(part) != 90_000 || asset.HintOf(err) == "" {
				t.Errorf("read %d bytes, %v", len(part), err)
			}
		})
	}
}

// TestChangedWhileReading has an object that is replaced while it is read.
func TestChangedWhileReading(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Retries: 3})
		buckettest.Put(t, b, "a.png", strings.Repeat("a", 100_000), bucket.WriteOptions{})
		b.server.SetFault(once(1, func(w http.ResponseWriter, r *http.Request) bool {
			o, _ := b.Stat(t.Context(), "a.png")
			w.Header().Set("Etag", `"`+o.ETag+`"`)
			w.Header().Set("X-Goog-Generation", o.ETag)
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, "aaa")
			w.(http.Flusher).Flush()
			buckettest.Put(t, b, "a.png", strings.Repeat("b", 100_000), bucket.WriteOptions{})
			panic(http.ErrAbortHandler)
		}))
		r, _, err := b.Read(t.Context(), "a.png", "")
		if err != nil {
			t.Fatal(p, err)
		}
		data, err := io.ReadAll(r)
		if !errors.Is(err, bucket.ErrChanged) || bytes.Contains(data, []byte("b")) {
			t.Errorf("%s: read %d bytes, %v", p, len(data), err)
		}
		r.Close()
	}
}

// TestByteByByte has a server that sends a byte a second.
func TestByteByByte(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Retries: 1, Timeout: time.Minute})
		b.step = 500 * time.Millisecond // each read asks twice
		b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Etag", `"etag"`)
			w.Header().Set("X-Goog-Generation", "17")
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", "1000000")
			for range 1000 {
				if _, err := io.WriteString(w, "a"); err != nil {
					return true
				}
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond) // so that they are not read at once
			}
			return true
		})
		r, _, err := b.Read(t.Context(), "a.png", "")
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		if !errors.Is(err, bucket.ErrConnection) || !strings.Contains(err.Error(), "the server sent ") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// TestLostAnswer has a write that is done, and whose answer does not come.
func TestLostAnswer(t *testing.T) {
	for _, p := range providers {
		for name, o := range map[string]bucket.WriteOptions{"absent": {IfAbsent: true}, "match": {}} {
			b := newBench(t, p, bucket.Options{Retries: 3})
			buckettest.Put(t, b, "other", "other", bucket.WriteOptions{IfAbsent: true}) // what the server can is known
			if name == "match" {
				o.IfMatch = buckettest.Put(t, b, "a", "before", bucket.WriteOptions{}).ETag
			}
			lost := atomic.Bool{}
			b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPut && r.Method != http.MethodPost || lost.Swap(true) {
					return false
				}
				b.server.Serve(discard{http.Header{}}, r)
				panic(http.ErrAbortHandler)
			})
			if err := write(b, t.Context(), "a", o); err != nil {
				t.Errorf("%s, %s: %v", p, name, err)
			}
			if got, _ := buckettest.Get(t, b, "a"); got != "data" || !lost.Load() {
				t.Errorf("%s, %s: holds %q", p, name, got)
			}
		}
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestRedirects(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Retries: 3})
		b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://elsewhere.example/login?token=s3cret-s3cret", http.StatusFound)
			return true
		})
		err := list(b, t.Context())
		if !errors.Is(err, bucket.ErrRedirected) || !strings.Contains(err.Error(), "elsewhere.example/login") || strings.Contains(err.Error(), "s3cret") || b.server.Requests(http.MethodGet) != 1 {
			t.Errorf("%s: %v, %d requests", p, err, b.server.Requests(http.MethodGet))
		}
	}
}

// TestWebPage has a server that answers with a page of HTML.
func TestWebPage(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Retries: 3})
		b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<!doctype html><html><body>Welcome & enjoy<br></body></html>")
			return true
		})
		if err := list(b, t.Context()); !errors.Is(err, bucket.ErrUnsupported) || !strings.Contains(asset.HintOf(err), "endpoint") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Retries: 1})
		b.server.Close()
		for what, err := range map[string]error{"list": list(b, t.Context()), "stat": stat(b, t.Context(), "a"), "write": write(b, t.Context(), "a", bucket.WriteOptions{})} {
			if !errors.Is(err, bucket.ErrConnection) || asset.HintOf(err) == "" || strings.Contains(err.Error(), "http://") && !strings.Contains(err.Error(), b.Address().String()) {
				t.Errorf("%s, %s: %v", p, what, err)
			}
		}
		if len(b.waits) != 3 {
			t.Errorf("%s: waited %v", p, b.waits)
		}
	}
}

// TestRegion has a bucket in another region than was said: it is found there.
func TestRegion(t *testing.T) {
	b := &bench{server: buckettest.NewServer(t, bucket.S3)}
	a, err := bucket.Parse("s3://photos/web?region=us-east-1&endpoint=" + b.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if b.Bucket, err = bucket.Open(t.Context(), a, b.options(bucket.Options{Getenv: buckettest.Env})); err != nil {
		t.Fatal(err)
	}
	if err := write(b, t.Context(), "a", bucket.WriteOptions{}); err != nil || !strings.Contains(b.log(), "set region=eu-west-1") {
		t.Errorf("%v, log %s", err, b.log())
	}
	// The answer to HEAD says nothing, or says it in a header.
	if b.Bucket, err = bucket.Open(t.Context(), a, b.options(bucket.Options{Getenv: buckettest.Env})); err != nil {
		t.Fatal(err)
	}
	if err := stat(b, t.Context(), "a"); err != nil || b.server.Requests(http.MethodHead) != 2 {
		t.Error(err)
	}
	if b.Bucket, err = bucket.Open(t.Context(), a, b.options(bucket.Options{Getenv: buckettest.Env})); err != nil {
		t.Fatal(err)
	}
	b.server.SetFault(once(1, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.WriteHeader(http.StatusMovedPermanently)
		return true
	}))
	if err := stat(b, t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// TestNoConditions has a server that writes whatever the condition says.
func TestNoConditions(t *testing.T) {
	b := newBench(t, bucket.S3, bucket.Options{})
	b.server.IgnoreConditions = true
	b.server.Put("web/theirs", "theirs")
	for range 3 {
		if err := write(b, t.Context(), "theirs", bucket.WriteOptions{IfAbsent: true}); !errors.Is(err, bucket.ErrExist) {
			t.Error(err)
		}
	}
	for _, key := range []string{"a", "b"} {
		if err := write(b, t.Context(), key, bucket.WriteOptions{IfAbsent: true}); err != nil {
			t.Error(err)
		}
		if err := write(b, t.Context(), key, bucket.WriteOptions{IfAbsent: true}); !errors.Is(err, bucket.ErrExist) {
			t.Error(err)
		}
	}
	if got, _ := buckettest.Get(t, b, "theirs"); got != "theirs" || strings.Count(b.log(), "does not keep to If-None-Match") != 1 {
		t.Errorf("holds %q, log %s", got, b.log())
	}
	// One that does is found out by one more request.
	good := newBench(t, bucket.S3, bucket.Options{})
	for i := range 10 {
		if err := write(good, t.Context(), fmt.Sprint(i), bucket.WriteOptions{IfAbsent: true}); err != nil {
			t.Error(err)
		}
	}
	if puts, heads := good.server.Requests(http.MethodPut), good.server.Requests(http.MethodHead); puts != 11 || heads != 1 {
		t.Errorf("%d PUT and %d HEAD for 10 objects", puts, heads)
	}
}

// TestStrangeKeys has objects that are no files.
func TestStrangeKeys(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{})
		for _, key := range []string{"web/", "web/a/", "web/a/b.png", "web/../c.png", "web//d.png", "web/e\tf.png", "webother.png"} {
			b.server.Put(key, "x")
		}
		keys := buckettest.Keys(t, b, "")
		if len(keys) != 1 || keys[0] != "a/b.png" || strings.Count(b.log(), "which is not a path") != 3 {
			t.Errorf("%s: %q, log %s", p, keys, b.log())
		}
	}
}
