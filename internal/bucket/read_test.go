package bucket_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

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

// TestByteByByte has a server that sends a byte a second, by the clock of the test.
func TestByteByByte(t *testing.T) {
	for _, p := range providers {
		b := newBench(t, p, bucket.Options{Timeout: time.Minute})
		b.step = 61 * time.Second // each read takes as long
		b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Etag", `"etag"`)
			w.Header().Set("X-Goog-Generation", "17")
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, strings.Repeat("a", 61))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
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
