package bucket_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
