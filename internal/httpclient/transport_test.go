package httpclient

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRedactText(t *testing.T) {
	for text, want := range map[string]string{
		"key AKIAXYZ and AKIAXYZ-LONG":     "key *** and ***",
		"a\nb\x1b[31m":                     "a b [31m",
		"sig=abcdefghijk&se=1":             "sig=***&se=1",
		"bearer abcdefghijklmnopqrstuvwxy": "bearer ***",
		"abc stays, being too short":       "abc stays, being too short",
	} {
		if got := RedactText(text, "AKIAXYZ", "AKIAXYZ-LONG", "abc", ""); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestStreamTransport has a server that stops in the middle of an answer, and one that redirects.
func TestStreamTransport(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	timers := make(chan *timer, 10)
	client := http.Client{Transport: Stream(Options{Clock: Clock{AfterFunc: func(d time.Duration, f func()) Timer {
		if d != DefaultTimeout {
			t.Errorf("a timer of %v", d)
		}
		tm := &timer{f: f, resets: make(chan struct{}, 100)}
		timers <- tm
		return tm
	}}})}
	resp, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	(<-timers).f()
	_, err = io.ReadAll(resp.Body)
	idle, ok := errors.AsType[*idleTimeoutError](err)
	if !ok || !strings.Contains(idle.Error(), "nothing more of the answer for 1m0s") || IsPermanent(err) {
		t.Errorf("error %v", err)
	}
}
