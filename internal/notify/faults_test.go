package notify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// A stage is the network between a webhook and its receiver, and the clock of the two.
type stage struct {
	url string
	// requests counts what the receiver was sent, whole; elsewhere are those that got to
	// another host by a redirect.
	requests  int
	elsewhere []http.Header
	// slept are the waits between attempts.
	slept []time.Duration
	// timers are those that the client has set and that have not run out, by how long
	// they are.
	timers map[time.Duration]func()
	// mu guards all but url and slept.
	mu sync.Mutex
}

// runOut has the timer of that length run out.
func (s *stage) runOut(d time.Duration) {
	s.mu.Lock()
	f := s.timers[d]
	s.mu.Unlock()
	f()
}

type timer struct{}

func (timer) Stop() bool               { return true }
func (timer) Reset(time.Duration) bool { return true }

func (s *stage) client(log *strings.Builder) *httpclient.Client {
	return httpclient.New(httpclient.Options{
		Retries: 5,
		Logf:    func(format string, args ...any) { fmt.Fprintf(log, format+"\n", args...) },
		Clock: httpclient.Clock{
			Sleep: func(ctx context.Context, d time.Duration) error {
				s.slept = append(s.slept, d)
				return ctx.Err()
			},
			AfterFunc: func(d time.Duration, f func()) httpclient.Timer {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.timers[d] = f
				return timer{}
			},
		},
	})
}

// listen has answer called with every connection, by its number, once the request has
// come over it, and closes it then.
func (s *stage) listen(t *testing.T, answer func(n int, c *net.TCPConn)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + l.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				if body, err := io.ReadAll(r.Body); err == nil && string(body) == report {
					s.mu.Lock()
					s.requests++
					n := s.requests
					s.mu.Unlock()
					answer(n, c.(*net.TCPConn))
				}
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

func (s *stage) say(t *testing.T, texts ...string) {
	s.listen(t, func(n int, c *net.TCPConn) {
		_, _ = io.WriteString(c, texts[min(n, len(texts))-1])
	})
}

// other is another host, which takes what it is sent.
func (s *stage) other(t *testing.T) string {
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPost && string(body) == report {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.elsewhere = append(s.elsewhere, r.Header)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(o.Close)
	return o.URL
}

const (
	ok204 = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
	ok200 = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
)

// TestWebhookFaults has a delivery meet what a network and a server may do. It ends, says
// what was wrong and what to do, and shows no secret.
func TestWebhookFaults(t *testing.T) {
	tests := map[string]struct {
		serve func(t *testing.T, s *stage)
		// want is in the message; empty is a delivery that gets there.
		want, hint string
		requests   int
		elsewhere  int
		slept      []time.Duration // where that is certain
	}{
		"refused": {
			serve: func(t *testing.T, s *stage) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				s.url = "http://" + l.Addr().String()
				l.Close()
			},
			want: "connection refused (6 attempts)", hint: "can be reached",
		},
		"reset before the answer": {
			serve: func(t *testing.T, s *stage) {
				s.listen(t, func(_ int, c *net.TCPConn) { _ = c.SetLinger(0) })
			},
			want: "(6 attempts)", hint: "can be reached", requests: 6,
		},
		"reset in the middle, once": {
			serve: func(t *testing.T, s *stage) {
				s.listen(t, func(n int, c *net.TCPConn) {
					if n > 1 {
						_, _ = io.WriteString(c, ok200)
						return
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
					_ = c.SetLinger(0)
				})
			},
			requests: 2,
		},
		"silent": {
			serve: func(t *testing.T, s *stage) {
				s.listen(t, func(_ int, c *net.TCPConn) {
					s.runOut(httpclient.DefaultTimeout)
					_, _ = io.Copy(io.Discard, c) // until the client hangs up
				})
			},
			want: "for 1m0s (6 attempts)", hint: "can be reached", requests: 6,
		},
		"a byte now and then": {
			serve: func(t *testing.T, s *stage) {
				s.listen(t, func(_ int, c *net.TCPConn) {
					_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
					for n := 0; err == nil; n++ {
						if _, err = c.Write([]byte("a")); n == 100 {
							s.runOut(deadline)
						}
					}
				})
			},
			want: "not done after 2m0s", hint: "can be reached", requests: 1,
		},
		"301": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 301 Moved Permanently\r\nConnection: close\r\nLocation: "+s.other(t)+"/new\r\nContent-Length: 0\r\n\r\n")
			},
			want: "301", hint: "the address that it has moved to", requests: 1,
		},
		"308": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 308 Permanent Redirect\r\nConnection: close\r\nLocation: "+s.other(t)+"/new\r\nContent-Length: 0\r\n\r\n")
			},
			requests: 1, elsewhere: 1,
		},
		"429, and then 204": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", ok204)
			},
			requests: 2, slept: []time.Duration{7 * time.Second},
		},
		"429, for longer than the deadline": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 121\r\nContent-Length: 0\r\n\r\n", ok204)
			},
			want: "429", hint: "run the job again later", requests: 1,
		},
		"500, and then 200": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 4\r\n\r\noops", ok200)
			},
			requests: 2,
		},
		"a long refusal": {
			serve: func(t *testing.T, s *stage) {
				s.say(t, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"+strings.Repeat("no ", 1<<20))
			},
			want: "400", hint: "refuses the report", requests: 1,
		},
		"a long answer": {
			serve: func(t *testing.T, s *stage) {
				long := bytes.Repeat([]byte("a"), 1<<20)
				s.listen(t, func(_ int, c *net.TCPConn) {
					_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
					for err == nil {
						_, err = c.Write(long)
					}
				})
			},
			want: "answer is longer than 16 MiB", hint: "that of a webhook", requests: 1,
		},
		"no status": {
			serve: func(t *testing.T, s *stage) { s.say(t, "HTTP/1.1 T0p53cr3t\r\n\r\n") },
			want:  "(6 attempts)", hint: "that of a webhook", requests: 6,
		},
		"not HTTP": {
			serve: func(t *testing.T, s *stage) { s.say(t, "220 mail.example.com ESMTP\r\n") },
			want:  "(6 attempts)", hint: "that of a webhook", requests: 6,
		},
		"an unknown certificate": {
			serve: func(t *testing.T, s *stage) {
				o := httptest.NewUnstartedServer(http.NotFoundHandler())
				o.Config.ErrorLog = log.New(io.Discard, "", 0)
				o.StartTLS()
				t.Cleanup(o.Close)
				s.url = o.URL
			},
			want: "certificate", hint: "SSL_CERT_FILE",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &stage{timers: map[time.Duration]func(){}}
			test.serve(t, s)
			var log strings.Builder
			w := Webhook{URL: s.url + "/T0p53cr3t?key=T0p53cr3t", Secret: secret, Client: s.client(&log)}
			_, err := w.Send(t.Context(), []byte(report))
			if test.want == "" && err != nil {
				t.Fatal(err)
			}
			fault, ok := errors.AsType[*asset.Fault](err)
			if test.want != "" && (!ok || !strings.Contains(fault.Message, test.want) || !strings.Contains(fault.Hint, test.hint)) {
				t.Fatalf("error %q, hint %q", err, asset.HintOf(err))
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.requests != test.requests || len(s.elsewhere) != test.elsewhere {
				t.Errorf("%d requests, and %d elsewhere, want %d and %d", s.requests, len(s.elsewhere), test.requests, test.elsewhere)
			}
			if test.slept != nil && !slices.Equal(s.slept, test.slept) {
				t.Errorf("slept %v, want %v", s.slept, test.slept)
			}
			for _, header := range s.elsewhere {
				if header.Get(SignatureHeader)+header.Get(StandardSignatureHeader) != "" {
					t.Errorf("another host was sent a signature: %v", header)
				}
			}
			if all := log.String() + fmt.Sprint(err) + asset.HintOf(err); strings.Contains(all, "T0p53cr3t") || strings.Contains(all, secret) {
				t.Errorf("a secret is shown: %s", all)
			}
		})
	}
}
