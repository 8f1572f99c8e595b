package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// image is n bytes that begin as a JPEG does, and differ everywhere.
func image(n int) []byte {
	data := []byte("\xff\xd8\xff\xe0")
	for i := 0; len(data) < n; i++ {
		data = fmt.Appendf(data, "%d,", i)
	}
	return data[:n]
}

// A memory is a File.
type memory struct {
	data []byte
	// full is after how many bytes there is no more space; 0 is never.
	full int
	// wrote gets the length of each write.
	wrote chan int
}

func (m *memory) WriteAt(p []byte, offset int64) (int, error) {
	if m.full > 0 && int(offset)+len(p) > m.full {
		return 0, syscall.ENOSPC
	}
	if need := int(offset) + len(p); need > len(m.data) {
		m.data = append(m.data, make([]byte, need-len(m.data))...)
	}
	n := copy(m.data[offset:], p)
	if m.wrote != nil {
		m.wrote <- n
	}
	return n, nil
}

func (m *memory) Truncate(size int64) error {
	m.data = m.data[:size]
	return nil
}

// A bench is a client whose waits take no time and are noted down, and that may reach
// 127.0.0.1.
type bench struct {
	*Client
	mu    sync.Mutex
	waits []time.Duration
	lines []string
	// idle and deadline are the timers that were started.
	idle, deadline chan *timer
}

func newBench(t testing.TB, o Options) *bench {
	t.Helper()
	b := &bench{idle: make(chan *timer, 1000), deadline: make(chan *timer, 1000)}
	o.AllowPrivate = append(o.AllowPrivate, "127.0.0.1")
	o.Logf = func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines = append(b.lines, fmt.Sprintf(format, args...))
	}
	o.Clock = httpclient.Clock{
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.waits = append(b.waits, d)
			return ctx.Err()
		},
		AfterFunc: func(d time.Duration, f func()) httpclient.Timer {
			tm := &timer{f: f, resets: make(chan struct{}, 1000)}
			if d >= DefaultDeadline {
				b.deadline <- tm
			} else {
				b.idle <- tm
			}
			return tm
		},
	}
	var err error
	if b.Client, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// get downloads into memory.
func (b *bench) get(t *testing.T, address string) ([]byte, Result, error) {
	t.Helper()
	var m memory
	r, err := b.Get(t.Context(), address, Known{}, &m)
	return m.data, r, err
}

// A timer runs out when a test says so.
type timer struct {
	f      func()
	resets chan struct{}
}

func (*timer) Stop() bool { return true }

func (t *timer) Reset(time.Duration) bool {
	select {
	case t.resets <- struct{}{}:
	default:
	}
	return true
}

// requests are those that a server got.
type requests struct {
	mu  sync.Mutex
	all []*http.Request
}

func (r *requests) add(one *http.Request) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	return len(r.all) - 1
}

func (r *requests) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// serve answers with one handler after the other, and with the last one forever.
func serve(t testing.TB, handlers ...http.HandlerFunc) (*httptest.Server, *requests) {
	t.Helper()
	var got requests
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers[min(got.add(r), len(handlers)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s, &got
}

// answer is a handler with a status, a body, and pairs of header names and values.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestGet(t *testing.T) {
	data := image(200_000)
	s, got := serve(t, answer(200, string(data), "ETag", `W/"1"`, "Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT", "Content-Type", "image/jpeg"))
	body, r, err := newBench(t, Options{UserAgent: "webpress/1"}).get(t, s.URL+"/p/1 a.jpg?token=secret 1")
	if err != nil || !bytes.Equal(body, data) {
		t.Fatalf("got %d bytes, %v", len(body), err)
	}
	sum := sha256.Sum256(data)
	want := Result{
		Size: 200_000, SHA256: hex.EncodeToString(sum[:]), ETag: `W/"1"`, LastModified: "Sun, 01 Mar 2026 12:00:00 GMT",
		FinalURL: s.URL + "/p/1%20a.jpg?token=***", ContentType: "image/jpeg", Name: "1 a.jpg",
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if uri := got.all[0].RequestURI; uri != "/p/1%20a.jpg?token=secret%201" {
		t.Errorf("asked for %s", uri)
	}
	h := got.all[0].Header
	if h.Get("Accept-Encoding") != "identity" || h.Get("User-Agent") != "webpress/1" || h.Get("Range") != "" || h.Get("If-None-Match") != "" {
		t.Errorf("sent %v", h)
	}
}

// HTTP/2, and a certificate of nobody known.
func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(200, string(image(100_000)), "Content-Type", r.Proto)(w, r)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	b := newBench(t, Options{Retries: 2})
	_, _, err := b.get(t, s.URL)
	if err == nil || len(b.waits) > 0 || !strings.Contains(err.Error(), "certificate") || !strings.Contains(asset.HintOf(err), "SSL_CERT_FILE") {
		t.Errorf("waits %v, %v, hint %q", b.waits, err, asset.HintOf(err))
	}
	b = newBench(t, Options{})
	b.guard.direct.(*http.Transport).TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if _, r, err := b.get(t, s.URL); err != nil || r.Size != 100_000 || r.ContentType != "HTTP/2.0" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestNotModified(t *testing.T) {
	known := Known{ETag: `"1"`, LastModified: "Sun, 01 Mar 2026 12:00:00 GMT"}
	s, got := serve(t, answer(503, ""), answer(304, "", "ETag", `"2"`))
	var m memory
	r, err := newBench(t, Options{Retries: 1}).Get(t.Context(), s.URL+"/a.jpg", known, &m)
	want := Result{NotModified: true, ETag: `"2"`, LastModified: known.LastModified, FinalURL: s.URL + "/a.jpg", Name: "a.jpg"}
	if diff := cmp.Diff(want, r); err != nil || diff != "" || len(m.data) > 0 {
		t.Errorf("%v, %d bytes written\n%s", err, len(m.data), diff)
	}
	for _, one := range got.all {
		if h := one.Header; h.Get("If-None-Match") != known.ETag || h.Get("If-Modified-Since") != known.LastModified {
			t.Errorf("sent %v", h)
		}
	}

	// If nothing is known, that is not an answer.
	if _, _, err := newBench(t, Options{}).get(t, s.URL); err == nil || !strings.Contains(err.Error(), "304 Not Modified") {
		t.Errorf("error %v", err)
	}
}

// A server's own names of a content go into files.
func TestFieldsAreOneLine(t *testing.T) {
	s, _ := serve(t, answer(200, string(image(600)), "ETag", `"`+strings.Repeat("x", 300)+`"`, "Last-Modified", "a\tb", "Content-Type", "image/\xe4"))
	if _, r, err := newBench(t, Options{}).get(t, s.URL); err != nil || r.ETag+r.LastModified+r.ContentType != "" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestServerAsksForPatience(t *testing.T) {
	for _, status := range []int{429, 503} {
		s, _ := serve(t, answer(status, "", "Retry-After", "20"), answer(status, "", "Retry-After", "40"), answer(200, string(image(600))))
		b := newBench(t, Options{Retries: 2})
		if _, _, err := b.get(t, s.URL); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]time.Duration{20 * time.Second, 40 * time.Second}, b.waits); diff != "" {
			t.Errorf("%d: %s", status, diff)
		}
	}
}

func TestBackoff(t *testing.T) {
	s, got := serve(t, answer(500, ""))
	b := newBench(t, Options{Retries: 5})
	_, _, err := b.get(t, s.URL)
	if err == nil || got.count() != 6 || !strings.HasSuffix(err.Error(), "500 Internal Server Error (6 attempts)") {
		t.Errorf("%d requests, %v", got.count(), err)
	}
	bound := time.Second
	for _, w := range b.waits {
		if w > bound {
			t.Errorf("waits %v", b.waits)
		}
		bound *= 2
	}
}

func TestDiskFull(t *testing.T) {
	s, got := serve(t, answer(200, string(image(300_000))))
	m := memory{full: 100_000}
	_, err := newBench(t, Options{Retries: 3}).Get(t.Context(), s.URL, Known{}, &m)
	if !errors.Is(err, syscall.ENOSPC) || asset.HintOf(err) != "free some space on the disk" || got.count() != 1 {
		t.Errorf("%d requests, %v, hint %q", got.count(), err, asset.HintOf(err))
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := newBench(t, Options{Retries: 3}).Get(ctx, s.URL, Known{}, &memory{}); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// Query, headers and what a server repeats of them are not shown.
func TestSecretsAreHidden(t *testing.T) {
	s, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		fmt.Fprintf(w, "no access with %s and %s", r.Header.Get("Authorization"), r.URL.RawQuery)
	})
	host := strings.TrimPrefix(s.URL, "http://")
	b := newBench(t, Options{Header: map[string]http.Header{host: {"authorization": {"Bearer header-secret"}}}})
	_, _, err := b.get(t, s.URL+"/a.jpg?X-Amz-Signature=query-secret")
	if err == nil {
		t.Fatal("no error")
	}
	all := err.Error() + asset.HintOf(err) + strings.Join(b.lines, "\n") + fmt.Sprintf("%+v", err)
	if strings.Contains(all, "header-secret") || strings.Contains(all, "query-secret") || !strings.Contains(all, "403 Forbidden") {
		t.Error(all)
	}
}
