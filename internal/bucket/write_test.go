package bucket_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

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
