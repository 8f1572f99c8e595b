package httpclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDo(t *testing.T) {
	s := serve(t, answer(201, "made", "X-Thing", "1"))
	c := newBench(t, Options{UserAgent: "webpress/9"})
	got, err := c.Do(t.Context(), Request{
		Method: "POST", URL: s.URL, Header: http.Header{"Authorization": {"Bearer abc"}}, Body: Bytes([]byte("in")),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != 201 || string(got.Body) != "made" || got.Header.Get("X-Thing") != "1" || got.Attempts != 1 {
		t.Errorf("got %+v", got)
	}
	h := s.heads[0]
	if s.bodies[0] != "in" || h.Get("User-Agent") != "webpress/9" || h.Get("Authorization") != "Bearer abc" || h.Get("Content-Length") != "2" {
		t.Errorf("the server got %q with %v", s.bodies[0], h)
	}
}

func TestJSON(t *testing.T) {
	s := serve(t, answer(200, `{"name":"a"}`))
	c := newBench(t, Options{})
	var out struct{ Name string }
	if _, err := c.JSON(t.Context(), Request{Method: "POST", URL: s.URL}, map[string]int{"n": 1}, &out); err != nil {
		t.Fatal(err)
	}
	if out.Name != "a" || s.bodies[0] != `{"n":1}` || s.heads[0].Get("Content-Type") != "application/json" || s.heads[0].Get("Accept") != "application/json" {
		t.Errorf("got %+v of %q with %v", out, s.bodies[0], s.heads[0])
	}
}

// Bodies are read from their start for each attempt, and closed.
func TestBodyIsReplayed(t *testing.T) {
	s := serve(t, answer(500, ""), answer(502, ""), answer(200, ""))
	c := newBench(t, Options{Retries: 5})
	opened, closed := 0, 0
	got, err := c.Do(t.Context(), Request{
		Method: "PUT", URL: s.URL, Length: 5,
		Body: func() (io.Reader, error) {
			opened++
			return &closer{strings.NewReader("abcde"), &closed}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"abcde", "abcde", "abcde"}, s.bodies); diff != "" || got.Attempts != 3 {
		t.Errorf("attempts %d, bodies (-want +got):\n%s", got.Attempts, diff)
	}
	if opened != closed {
		t.Errorf("opened %d times, closed %d times", opened, closed)
	}
	if s.heads[2].Get("Content-Length") != "5" {
		t.Errorf("length %q", s.heads[2].Get("Content-Length"))
	}
}

type closer struct {
	io.Reader
	n *int
}

func (c *closer) Close() error { *c.n++; return nil }

// What cannot be read here will not be better for another request.
func TestBodyThatCannotBeRead(t *testing.T) {
	s := serve(t, answer(200, ""))
	broken := errors.New("disk is gone")
	for name, body := range map[string]func() (io.Reader, error){
		"opened": func() (io.Reader, error) { return nil, broken },
		"read":   func() (io.Reader, error) { return io.MultiReader(strings.NewReader("a"), &failing{broken}), nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := newBench(t, Options{Retries: 5})
			_, err := c.Do(t.Context(), Request{Method: "PUT", URL: s.URL, Body: body})
			if !errors.Is(err, broken) || len(c.waits) > 0 {
				t.Errorf("waits %v, error %v", c.waits, err)
			}
		})
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestContextEndsAtOnce(t *testing.T) {
	t.Run("while waiting", func(t *testing.T) {
		s := serve(t, answer(503, "", "Retry-After", "200"))
		ctx, cancel := context.WithCancel(t.Context())
		// The real sleep, of 200 seconds, that has to end by the context.
		c := newBench(t, Options{Retries: 5, Clock: Clock{Sleep: func(ctx context.Context, d time.Duration) error {
			cancel()
			return sleep(ctx, d)
		}}})
		_, err := c.Do(ctx, Request{URL: s.URL})
		if !errors.Is(err, context.Canceled) || s.count() != 1 {
			t.Errorf("%d requests, error %v", s.count(), err)
		}
	})
	t.Run("while asking", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		c := newBench(t, Options{Retries: 5})
		_, err := c.Do(ctx, Request{URL: s.URL})
		if !errors.Is(err, context.Canceled) || s.count() != 1 {
			t.Errorf("%d requests, error %v", s.count(), err)
		}
	})
	t.Run("while reading", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			cancel()
			<-r.Context().Done()
		})
		c := newBench(t, Options{Retries: 5})
		_, err := c.Do(ctx, Request{URL: s.URL})
		if !errors.Is(err, context.Canceled) || s.count() != 1 {
			t.Errorf("%d requests, error %v", s.count(), err)
		}
	})
}

// A server falls silent: what is said of it, and that it is asked again, once
// the client's timer has run out.
func TestServerHangs(t *testing.T) {
	tests := map[string]struct {
		before func(w http.ResponseWriter)
		// resets is how often the timer is restarted before the silence: for
		// the connection, the request, the header, a part of the body.
		resets int
		want   string
	}{
		"before the headers": {func(http.ResponseWriter) {}, 2, "no answer for 1m0s"},
		"in the middle of the body": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}, 4, "read answer: nothing more of the answer for 1m0s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// The timer waits for the server too: a client that gives up before its
			// request was seen would meet the silence at its second try.
			silent := make(chan struct{})
			hang := func(w http.ResponseWriter, r *http.Request) {
				test.before(w)
				close(silent)
				<-r.Context().Done()
			}
			s := serve(t, hang, answer(200, "up again"))
			c := newBench(t, Options{Retries: 1})
			go func() {
				tm := <-c.timers
				for range test.resets {
					<-tm.resets
				}
				<-silent
				tm.f()
			}()
			got, err := c.Do(t.Context(), Request{URL: s.URL})
			if err != nil || string(got.Body) != "up again" || got.Attempts != 2 {
				t.Fatalf("got %+v, %v", got, err)
			}
			if !strings.Contains(c.log(), test.want) {
				t.Errorf("log: %s", c.log())
			}
		})
	}
}

// A connection that is accepted, while the request is not read.
func TestServerDoesNotRead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := newBench(t, Options{})
	read := make(chan struct{}, 1000)
	go func() {
		tm := <-c.timers
		<-read
		tm.f()
	}()
	_, err = c.Do(t.Context(), Request{Method: "PUT", URL: "http://" + l.Addr().String(), Body: func() (io.Reader, error) {
		return io.TeeReader(endless{}, signal(read)), nil
	}})
	if e, ok := errors.AsType[*idleTimeoutError](err); !ok || !e.Timeout() {
		t.Errorf("error %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type signal chan struct{}

func (s signal) Write(p []byte) (int, error) {
	select {
	case s <- struct{}{}:
	default:
	}
	return len(p), nil
}

func TestNotAURL(t *testing.T) {
	c := newBench(t, Options{Retries: 5})
	for _, url := range []string{"", "host/path", "ftp://u:hunter22@host/", "http://user:hunt er22@host", "https://u:hunter22@:x", "file:///etc/passwd", "http://"} {
		_, err := c.Do(t.Context(), Request{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunt") || !strings.Contains(err.Error(), "not an absolute http or https URL") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if len(c.waits) > 0 {
		t.Errorf("waits: %v", c.waits)
	}
}

func TestAnswerTooLong(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte("a"), 1<<20)
		for range maxBody>>20 + 1 {
			_, _ = w.Write(block)
		}
	})
	c := newBench(t, Options{Retries: 5})
	if _, err := c.Do(t.Context(), Request{URL: s.URL}); err == nil || len(c.waits) > 0 {
		t.Errorf("waits %v, error %v", c.waits, err)
	}
}

func TestTLSRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(answer(200, ""))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	c := newBench(t, Options{Retries: 5})
	_, err := c.Do(t.Context(), Request{URL: s.URL})
	if err == nil || !strings.Contains(err.Error(), "certificate") || len(c.waits) > 0 {
		t.Errorf("waits %v, error %v", c.waits, err)
	}

	plain := serve(t, answer(200, ""))
	_, err = c.Do(t.Context(), Request{URL: strings.Replace(plain.URL, "http", "https", 1)})
	if err == nil || len(c.waits) > 0 {
		t.Errorf("waits %v, error %v", c.waits, err)
	}

	// A server that ends the handshake by an alert: handshake_failure.
	url, _ := listen(t, func(conn net.Conn) bool {
		_, err := conn.Read(make([]byte, 4096))
		return err == nil
	}, "\x15\x03\x03\x00\x02\x02\x28")
	_, err = c.Do(t.Context(), Request{URL: strings.Replace(url, "http", "https", 1)})
	if err == nil || !strings.Contains(err.Error(), "handshake failure") || len(c.waits) > 0 {
		t.Errorf("waits %v, error %v", c.waits, err)
	}
}

func ExampleError() {
	e := &Error{
		Method: "POST", URL: Redact("https://me:token@api.example.com/x?sig=abc&page=2"), Status: 403,
		Body:      []byte(`{"message":"Resource not accessible by integration"}`),
		RequestID: "C0:FFEE", Attempts: 1,
	}
	fmt.Println(e)
	// Output: POST https://***@api.example.com/x?sig=***&page=2: 403 Forbidden: Resource not accessible by integration (request C0:FFEE)
}
