package httpclient

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestStream(t *testing.T) {
	long := strings.Repeat("0123456789", 2<<20) // more than is read otherwise
	s := serve(t, answer(500, "oops"), answer(200, long, "ETag", `"1"`))
	c := newBench(t, Options{Retries: 1})
	var got bytes.Buffer
	r, err := c.Do(t.Context(), Request{URL: s.URL + "/a", Stream: func(resp *http.Response) error {
		if resp.Request.URL.Path != "/a" || resp.StatusCode != 200 {
			t.Errorf("got %v", resp)
		}
		_, err := io.Copy(&got, resp.Body)
		return err
	}})
	if err != nil || got.String() != long || r.Body != nil || r.Attempts != 2 || r.Header.Get("ETag") != `"1"` {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
}

// What is not a success is an error as ever.
func TestStreamOfRefusal(t *testing.T) {
	for _, status := range []int{304, 404} {
		s := serve(t, answer(status, ""))
		_, err := newBench(t, Options{}).Do(t.Context(), Request{URL: s.URL, Stream: func(*http.Response) error {
			t.Error("called")
			return nil
		}})
		if e, ok := errors.AsType[*Error](err); !ok || e.Status != status {
			t.Errorf("error %v", err)
		}
	}
}

func TestStreamFails(t *testing.T) {
	failed := errors.New("disk full")
	for want, err := range map[int]error{1: Permanent(failed), 3: failed} {
		s := serve(t, answer(200, "a"))
		c := newBench(t, Options{Retries: 2})
		_, got := c.Do(t.Context(), Request{URL: s.URL, Stream: func(*http.Response) error { return err }})
		if !errors.Is(got, failed) || s.count() != want || !strings.Contains(got.Error(), ": disk full") {
			t.Errorf("%d requests, want %d, %v", s.count(), want, got)
		}
	}
}

func TestReason(t *testing.T) {
	s := serve(t, answer(502, "bad"))
	_, err := newBench(t, Options{Retries: 1}).Do(t.Context(), Request{URL: s.URL})
	if e, ok := errors.AsType[*Error](err); !ok || e.Reason() != "502 Bad Gateway: bad (2 attempts)" || err.Error() != "GET "+s.URL+": "+e.Reason() {
		t.Errorf("error %v", err)
	}
}

// Bytes start the timer again once there are enough of them.
func TestMinProgress(t *testing.T) {
	next, read := make(chan int), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for n := range next {
			_, _ = w.Write(make([]byte, n))
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	c := newBench(t, Options{MinProgress: 100})
	failed := make(chan error)
	go func() {
		_, err := c.Do(t.Context(), Request{URL: s.URL, Stream: func(resp *http.Response) error {
			buf := make([]byte, 1000)
			for {
				if _, err := resp.Body.Read(buf); err != nil {
					return err
				}
				read <- struct{}{}
			}
		}})
		failed <- err
	}()
	tm := <-c.timers
	send := func(n int) int {
		before := len(tm.resets)
		next <- n
		<-read
		return len(tm.resets) - before
	}
	send(1)
	for range 3 { // a connection, the request, the answer: in several goroutines
		<-tm.resets
	}
	for i, tc := range []struct{ n, resets int }{{50, 0}, {48, 0}, {1, 1}, {99, 0}, {99, 1}, {500, 1}} {
		if got := send(tc.n); got != tc.resets {
			t.Errorf("%d: %d bytes started the timer %d times, want %d", i, tc.n, got, tc.resets)
		}
	}
	close(next)
	tm.f()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "fewer than 100 bytes of the answer in 1m0s") {
		t.Errorf("error %v", err)
	}
}

// What says which part of a content is wanted goes along with a redirect, and is shown.
func TestRangeIsHarmless(t *testing.T) {
	other := serve(t, answer(404, "no bytes=100000- here"))
	s := serve(t, answer(302, "", "Location", other.URL))
	_, err := newBench(t, Options{}).Do(t.Context(), Request{URL: s.URL, Header: http.Header{
		"Range": {"bytes=100000-"}, "If-Range": {`"1"`}, "If-Modified-Since": {"Sun, 01 Mar 2026 12:00:00 GMT"},
	}})
	if h := other.heads[0]; h.Get("Range") == "" || h.Get("If-Range") == "" || h.Get("If-Modified-Since") == "" || !strings.Contains(err.Error(), "bytes=100000-") {
		t.Errorf("sent %v, error %v", h, err)
	}
}
