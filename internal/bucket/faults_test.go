package bucket_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

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
