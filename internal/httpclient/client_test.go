package httpclient

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// noon is what the clock of the tests says.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A bench is a client whose waits take no time and are noted down.
type bench struct {
	*Client
	mu    sync.Mutex
	waits []time.Duration
	lines []string
	// timers are those that were started, for tests that let them run out.
	timers chan *timer
	// deadlines are the timers of requests as a whole.
	deadlines chan *timer
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{timers: make(chan *timer, 100), deadlines: make(chan *timer, 100)}
	o.Logf = func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines = append(b.lines, fmt.Sprintf(format, args...))
	}
	o.Clock.Now = func() time.Time { return noon }
	if o.Clock.Sleep == nil {
		o.Clock.Sleep = func(ctx context.Context, d time.Duration) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.waits = append(b.waits, d)
			return ctx.Err()
		}
	}
	o.Clock.AfterFunc = func(d time.Duration, f func()) Timer {
		tm := &timer{f: f, resets: make(chan struct{}, 1000)}
		if d >= 2*DefaultTimeout {
			b.deadlines <- tm
		} else {
			b.timers <- tm
		}
		return tm
	}
	b.Client = New(o)
	t.Cleanup(b.http.CloseIdleConnections)
	return b
}

// log is all that was logged.
func (b *bench) log() string { return strings.Join(b.lines, "\n") }

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

// An answers server gives one answer after the other, and the last one forever.
type answers struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
}

func serve(t *testing.T, handlers ...http.HandlerFunc) *answers {
	t.Helper()
	a := &answers{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		n := len(a.bodies)
		a.bodies = append(a.bodies, string(body))
		a.heads = append(a.heads, r.Header)
		a.mu.Unlock()
		handlers[min(n, len(handlers)-1)](w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// count is the number of requests that came.
func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.bodies)
}

// answer is a handler with a status, pairs of header names and values, and a
// body. The server's date is left out, so that the clock of the test counts.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// raw listens and gives each connection, once a request's head has come, the
// next of texts as it is, and hangs up; the last one forever. It returns its
// URL and the number of connections so far.
func raw(t *testing.T, texts ...string) (string, func() int) {
	t.Helper()
	return listen(t, func(conn net.Conn) bool {
		_, err := http.ReadRequest(bufio.NewReader(conn))
		return err == nil
	}, texts...)
}

func listen(t *testing.T, asked func(net.Conn) bool, texts ...string) (string, func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			text := texts[min(n, len(texts)-1)]
			n++
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				if asked(conn) {
					_, _ = io.WriteString(conn, text)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return "http://" + l.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}
