package main

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"
)

// The second signal of a burst is the first one once more; one that comes later ends
// the process.
func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clock time.Time
	signals := make(chan os.Signal)
	codes := make(chan int, 1)
	done := make(chan struct{})
	tick := make(chan time.Duration, 1)
	now := func() time.Time {
		clock = clock.Add(<-tick)
		return clock
	}
	go func() {
		defer close(done)
		watch(ctx, signals, cancel, now, func(code int) { codes <- code })
	}()
	send := func(s os.Signal, after time.Duration) {
		tick <- after
		signals <- s
	}
	send(syscall.SIGTERM, 0)
	<-ctx.Done()
	send(syscall.SIGTERM, 10*time.Millisecond)
	send(syscall.SIGINT, again-20*time.Millisecond)
	send(syscall.SIGTERM, 20*time.Millisecond)
	<-done
	if len(codes) != 1 {
		t.Fatalf("%d exits", len(codes))
	}
	if code := <-codes; code != 143 {
		t.Errorf("exit code %d", code)
	}
}
