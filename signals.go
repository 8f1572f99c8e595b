package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// again is how long after the first signal another one is the same: timeout(1) sends
// one to the process and one to its group, and a shell, npm or make passes on the
// Ctrl-C that all of them got.
const again = time.Second

// interruptible is a context that the first SIGINT, SIGTERM or SIGHUP ends, so that
// the run stops as soon as nothing is left half-done. A later one, unless it is a part
// of the first, ends the process at once.
func interruptible(parent context.Context, now func() time.Time, exit func(code int)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Nothing reads the output any more (webpress | head), which is not a reason to stop in
	// the middle. Not ignored: then git and others would ignore it, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go watch(ctx, signals, cancel, now, exit)
	return ctx, cancel
}

func watch(ctx context.Context, signals <-chan os.Signal, cancel func(), now func() time.Time, exit func(code int)) {
	var first time.Time
	for {
		// After the context has ended the run still finishes what it is at.
		s := <-signals
		switch {
		case ctx.Err() == nil:
			first = now()
			cancel()
		case now().Sub(first) >= again:
			code := 128
			if n, ok := s.(syscall.Signal); ok {
				code += int(n)
			}
			exit(code)
			return
		}
	}
}
