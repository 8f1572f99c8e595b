package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRetryStatuses(t *testing.T) {
	const secondary = `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`
	inFortySeconds := fmt.Sprint(noon.Add(40 * time.Second).Unix())
	tests := map[string]struct {
		method string
		first  http.HandlerFunc
		// again reports whether a second request is made, after wait, or after a wait
		// of the client's own where that is 0.
		again bool
		wait  time.Duration
	}{
		"500":                          {"GET", answer(500, ""), true, 0},
		"502":                          {"GET", answer(502, ""), true, 0},
		"504":                          {"PUT", answer(504, ""), true, 0},
		"408":                          {"DELETE", answer(408, ""), true, 0},
		"501":                          {"GET", answer(501, ""), false, 0},
		"404":                          {"GET", answer(404, ""), false, 0},
		"403":                          {"GET", answer(403, ""), false, 0},
		"500 to a POST":                {"POST", answer(500, ""), false, 0},
		"503 to a POST":                {"POST", answer(503, ""), false, 0},
		"503 with Retry-After, POST":   {"POST", answer(503, "", "Retry-After", "7"), true, 7 * time.Second},
		"500 with Retry-After, POST":   {"POST", answer(500, "", "Retry-After", "7"), false, 0},
		"429":                          {"POST", answer(429, ""), true, 0},
		"429 with seconds":             {"POST", answer(429, "", "Retry-After", "20"), true, 20 * time.Second},
		"429 with no seconds":          {"POST", answer(429, "", "Retry-After", "0"), true, 0},
		"429 with a date":              {"POST", answer(429, "", "Retry-After", noon.Add(90*time.Second).Format(http.TimeFormat)), true, 90 * time.Second},
		"429 with a date by its clock": {"GET", answer(429, "", "Date", noon.Add(time.Hour).Format(http.TimeFormat), "Retry-After", noon.Add(time.Hour+3*time.Second).Format(http.TimeFormat)), true, 3 * time.Second},
		"429 with a past date":         {"GET", answer(429, "", "Retry-After", noon.Add(-time.Hour).Format(http.TimeFormat)), true, 0},
		"429 with nonsense":            {"GET", answer(429, "", "Retry-After", "soon"), true, 0},
		"429 of GitLab":                {"GET", answer(429, "", "RateLimit-Remaining", "0", "RateLimit-Reset", inFortySeconds), true, 41 * time.Second},
		"primary limit":                {"POST", answer(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inFortySeconds), true, 41 * time.Second},
		"primary limit, reset passed":  {"POST", answer(403, "", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"), true, time.Second},
		"secondary limit":              {"POST", answer(403, secondary, "Retry-After", "60", "X-RateLimit-Remaining", "4900"), true, time.Minute},
		"secondary limit, bare":        {"POST", answer(403, secondary, "X-RateLimit-Remaining", "4900"), true, time.Minute},
		"403 with calls left":          {"GET", answer(403, `{"message":"Resource not accessible by integration"}`, "X-RateLimit-Remaining", "12", "X-RateLimit-Reset", inFortySeconds), false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.first, answer(200, "fine"))
			c := newBench(t, Options{Retries: 3})
			got, err := c.Do(t.Context(), Request{Method: test.method, URL: s.URL})
			if !test.again {
				if err == nil || s.count() != 1 || len(c.waits) > 0 {
					t.Fatalf("%d requests, waits %v, error %v", s.count(), c.waits, err)
				}
				return
			}
			if err != nil || got.Attempts != 2 || len(c.waits) != 1 || len(c.lines) != 1 {
				t.Fatalf("got %+v, waits %v, log %q, error %v", got, c.waits, c.lines, err)
			}
			if test.wait > 0 && c.waits[0] != test.wait || test.wait == 0 && c.waits[0] > firstWait {
				t.Errorf("waited %v, want %v", c.waits[0], test.wait)
			}
		})
	}
}

func Test500TwiceThen200(t *testing.T) {
	s := serve(t, answer(500, "oops"), answer(500, "oops"), answer(200, "fine"))
	c := newBench(t, Options{Retries: DefaultRetries})
	got, err := c.Do(t.Context(), Request{URL: s.URL})
	if err != nil || got.Attempts != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !strings.Contains(c.lines[0], "500 Internal Server Error: oops; trying again in ") || !strings.HasSuffix(c.lines[1], "(2 of 5)") {
		t.Errorf("log: %s", c.log())
	}
}

// Waits are drawn below a bound that doubles, and there are no more than Retries.
func TestRetriesEnd(t *testing.T) {
	s := serve(t, answer(502, "bad", "X-GitHub-Request-Id", "AB:CD"))
	c := newBench(t, Options{Retries: 7})
	_, err := c.Do(t.Context(), Request{URL: s.URL})
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status != 502 || e.Attempts != 8 || s.count() != 8 || e.RequestID != "AB:CD" {
		t.Fatalf("%d requests, error %#v", s.count(), err)
	}
	if want := fmt.Sprintf("GET %s: 502 Bad Gateway: bad (request AB:CD, 8 attempts)", s.URL); err.Error() != want {
		t.Errorf("error\n%s, want\n%s", err, want)
	}
	bound := firstWait
	for i, w := range c.waits {
		if w < 0 || w > bound {
			t.Errorf("wait %d is %v, over %v", i, w, bound)
		}
		bound = min(2*bound, lastWait)
	}
}

func TestNoRetries(t *testing.T) {
	s := serve(t, answer(500, ""))
	c := newBench(t, Options{})
	if _, err := c.Do(t.Context(), Request{URL: s.URL}); err == nil || s.count() != 1 {
		t.Errorf("%d requests, error %v", s.count(), err)
	}
}

// A server that wants more patience than there is gets no further request.
func TestWaitTooLong(t *testing.T) {
	for _, after := range []string{"301", "99999999999999999"} {
		s := serve(t, answer(429, `{"message":"slow down"}`, "Retry-After", after))
		c := newBench(t, Options{Retries: 5})
		_, err := c.Do(t.Context(), Request{URL: s.URL})
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.Limited || e.Wait <= DefaultMaxWait || s.count() != 1 || len(c.waits) > 0 {
			t.Errorf("%d requests, waits %v, error %v", s.count(), c.waits, err)
		}
		if !strings.Contains(err.Error(), "429 Too Many Requests: slow down, to be asked again in ") {
			t.Errorf("error %v", err)
		}
	}
}

// The secondary limit without a header: longer each time, up to what is granted.
func TestSecondaryLimitGrows(t *testing.T) {
	s := serve(t, answer(403, `{"message":"You have exceeded a secondary rate limit."}`))
	c := newBench(t, Options{Retries: 5})
	_, err := c.Do(t.Context(), Request{URL: s.URL})
	if e, ok := errors.AsType[*Error](err); !ok || !e.Limited {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}, c.waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if !strings.Contains(c.lines[0], "rate limit reached, trying again in 1m0s") {
		t.Errorf("log: %s", c.log())
	}
}

// GitHub's GraphQL refuses with status 200.
func TestLimitedSuccess(t *testing.T) {
	s := serve(t,
		answer(200, `{"errors":[{"type":"RATE_LIMITED"}]}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(noon.Add(9*time.Second).Unix())),
		answer(200, `{"data":{}}`, "X-RateLimit-Remaining", "0"))
	c := newBench(t, Options{Retries: 5})
	var out struct{ Data *struct{} }
	got, err := c.JSON(t.Context(), Request{
		Method: "POST", URL: s.URL,
		Limited: func(r *Response) bool { return strings.Contains(string(r.Body), "RATE_LIMITED") },
	}, 1, &out)
	if err != nil || got.Attempts != 2 || out.Data == nil || len(c.waits) != 1 || c.waits[0] != 10*time.Second {
		t.Errorf("got %+v, waits %v, error %v", got, c.waits, err)
	}
}

// It reports its own faults so, too: the request is repeated as after a 502.
func TestFailedSuccess(t *testing.T) {
	for _, idempotent := range []bool{true, false} {
		s := serve(t, answer(200, `{"errors":[{"message":"oops"}]}`))
		c := newBench(t, Options{Retries: 2})
		_, err := c.JSON(t.Context(), Request{
			Method: "POST", URL: s.URL, Idempotent: idempotent,
			Failed: func(r *Response) bool { return strings.Contains(string(r.Body), "oops") },
		}, 1, nil)
		e, ok := errors.AsType[*Error](err)
		if want := map[bool]int{true: 3, false: 1}[idempotent]; !ok || e.Status != 200 || e.Attempts != want || e.Limited || !strings.Contains(e.Error(), "oops") {
			t.Errorf("idempotent %v: error %v", idempotent, err)
		}
	}
}

// The connection is cut after n bytes of the answer, for every n.
func TestCutAnswer(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-A: b\r\n\r\n{\"ok\":true }"
	for n := range len(whole) {
		url, count := raw(t, whole[:n], whole)
		c := newBench(t, Options{Retries: 1})
		var out struct{ OK bool }
		if _, err := c.JSON(t.Context(), Request{URL: url}, nil, &out); err != nil || !out.OK || count() != 2 {
			t.Errorf("GET, %d bytes: %d connections, error %v", n, count(), err)
		}

		url, count = raw(t, whole[:n], whole)
		if _, err := c.JSON(t.Context(), Request{Method: "POST", URL: url}, 1, &out); err == nil || count() != 1 {
			t.Errorf("POST, %d bytes: %d connections, error %v", n, count(), err)
		}
		if e := err(c, url); e != nil && e.Status != 0 {
			t.Errorf("POST, %d bytes: status %d of half an answer", n, e.Status)
		}

		for what, r := range map[string]Request{
			"marked": {Method: "POST", Idempotent: true},
			"keyed":  {Method: "POST", Header: http.Header{"Idempotency-Key": {"k"}}},
		} {
			r.URL, count = raw(t, whole[:n], whole)
			if _, err := c.JSON(t.Context(), r, 1, &out); err != nil || count() != 2 {
				t.Errorf("%s POST, %d bytes: %d connections, error %v", what, n, count(), err)
			}
		}
	}
}

// err is the Error of a POST to url.
func err(c *bench, url string) *Error {
	_, err := c.Do(context.Background(), Request{Method: "POST", URL: url})
	e, _ := errors.AsType[*Error](err)
	return e
}

// Without Content-Length the end of the connection is the end of the answer:
// only invalid JSON shows that it was cut.
func TestCutWithoutLength(t *testing.T) {
	const head = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
	url, count := raw(t, head+`{"ok":tr`, head+`{"ok":true}`)
	c := newBench(t, Options{Retries: 1})
	var out struct{ OK bool }
	if _, err := c.JSON(t.Context(), Request{URL: url}, nil, &out); err != nil || !out.OK || count() != 2 {
		t.Errorf("%d connections, error %v", count(), err)
	}
}

// A refusal is one, although its body is cut off.
func TestCutRefusal(t *testing.T) {
	url, _ := raw(t, "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{\"mess")
	e := err(newBench(t, Options{Retries: 1}), url)
	if e == nil || e.Status != 404 || e.Attempts != 1 {
		t.Errorf("error %v", e)
	}
}

// Nothing listens at first. Nothing was sent, so even a POST is repeated.
func TestConnectionRefusedThenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var up *http.Server
	c := newBench(t, Options{Retries: 3, Clock: Clock{Sleep: func(context.Context, time.Duration) error {
		if up != nil {
			return nil
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		up = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		})}
		go up.Serve(l)
		return nil
	}}})
	got, err := c.Do(t.Context(), Request{Method: "POST", URL: "http://" + addr, Body: Bytes([]byte("once"))})
	if up != nil {
		defer up.Close()
	}
	if err != nil || string(got.Body) != "once" || got.Attempts != 2 {
		t.Errorf("got %+v, error %v", got, err)
	}
	if !strings.Contains(c.log(), "connection refused") {
		t.Errorf("log: %s", c.log())
	}
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := newBench(t, Options{Retries: 2})
	_, err = c.Do(t.Context(), Request{Method: "POST", URL: "http://" + l.Addr().String()})
	if !errors.Is(err, syscall.ECONNREFUSED) || len(c.waits) != 2 || !strings.Contains(err.Error(), "(3 attempts)") {
		t.Errorf("waits %v, error %v", c.waits, err)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "-1", "120", "99999999999999999999", noon.Format(http.TimeFormat), "Sat"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, _ := retryAfter(s, noon); d < 0 {
			t.Errorf("%q: %v", s, d)
		}
	})
}
