package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestDeadline has servers that come to no end, be it that they are never silent for
// long: the client's timer for the whole runs out.
func TestDeadline(t *testing.T) {
	for name, tc := range map[string]struct {
		limit  time.Duration
		answer func(w http.ResponseWriter)
		resets int // as in TestServerHangs
		want   string
	}{
		"before the headers": {0, func(http.ResponseWriter) {}, 2, "not done after 10m0s, and still waiting for an answer"},
		"in the middle of the body": {3 * time.Minute, func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "a")
			w.(http.Flusher).Flush()
		}, 4, "not done after 3m0s, and still waiting for the rest of the answer"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newBench(t, Options{Retries: 5})
			there := make(chan struct{})
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				tc.answer(w)
				close(there)
				<-r.Context().Done()
			})
			go func() {
				tm := <-c.timers
				for range tc.resets {
					<-tm.resets
				}
				<-there
				(<-c.deadlines).f()
			}()
			_, err := c.Do(t.Context(), Request{URL: s.URL, Deadline: tc.limit})
			if err == nil || errors.Is(err, context.Canceled) || s.count() != 1 || !strings.HasSuffix(err.Error(), tc.want) {
				t.Errorf("%d requests, error %v, want %q", s.count(), err, tc.want)
			}
		})
	}
}

// A server that wants to be left alone for longer than there is time is not waited
// for.
func TestDeadlineBeforeTheNextAttempt(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for limit, waits := range map[time.Duration]int{2 * time.Minute: 0, 3 * time.Minute: 2} {
		c := newBench(t, Options{Retries: 2})
		_, err := c.Do(t.Context(), Request{URL: s.URL, Deadline: limit})
		if err == nil || len(c.waits) != waits || !strings.Contains(err.Error(), "to be asked again in 2m0s") {
			t.Errorf("%s: waited %v, error %v", limit, c.waits, err)
		}
	}
}
