package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// watch is a transport that gives up a request in which nothing happens for
// longer than timeout, whatever part it is in: time-outs of net/http bound
// either the whole or leave out the bodies.
type watch struct {
	next    http.RoundTripper
	timeout time.Duration
	least   int64 // Options.MinProgress
	clock   Clock
}

// A phase is how far a request has come.
type phase int32

const (
	started phase = iota
	connected
	asked
	answered
)

// idleTimeoutError is why watch gave up.
type idleTimeoutError struct {
	phase   phase
	timeout time.Duration
	least   int64
}

func (s *idleTimeoutError) Error() string {
	if s.phase == answered && s.least > 1 {
		return fmt.Sprintf("fewer than %d bytes of the answer in %s", s.least, s.timeout)
	}
	missing := [...]string{"no connection", "nothing taken of the request", "no answer", "nothing more of the answer"}
	return fmt.Sprintf("%s for %s", missing[s.phase], s.timeout)
}

// Timeout says, as net.Error's does, that time ran out.
func (s *idleTimeoutError) Timeout() bool { return true }

// sourceError is an error of the reader that a request's body comes from.
type sourceError struct{ error }

func (s *sourceError) Unwrap() error { return s.error }

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	g := &idleTimer{ctx: ctx, cancel: cancel, timeout: w.timeout}
	g.timer = w.clock.AfterFunc(w.timeout, func() {
		cancel(&idleTimeoutError{phase(g.phase.Load()), w.timeout, w.least})
	})
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { g.reset(connected) },
		WroteRequest: func(httptrace.WroteRequestInfo) { g.reset(asked) },
	})
	out := req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		out.Body = &requestBody{req.Body, g}
		if req.GetBody != nil {
			out.GetBody = func() (io.ReadCloser, error) {
				body, err := req.GetBody()
				if err != nil {
					return nil, &sourceError{err}
				}
				return &requestBody{body, g}, nil
			}
		}
	}
	resp, err := w.next.RoundTrip(out)
	if err != nil {
		err = g.why(err)
		g.end()
		return nil, err
	}
	g.reset(answered)
	resp.Body = &responseBody{resp.Body, g, w.least, 0}
	return resp, nil
}

// A idleTimer watches one request.
type idleTimer struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timeout time.Duration
	timer   Timer
	phase   atomic.Int32
}

// reset restarts the timer. Phases come from several goroutines, and a server
// may answer before all of the request is written: the later phase counts.
func (g *idleTimer) reset(p phase) {
	for old := g.phase.Load(); int32(p) > old; old = g.phase.Load() {
		if g.phase.CompareAndSwap(old, int32(p)) {
			break
		}
	}
	g.timer.Reset(g.timeout)
}

func (g *idleTimer) end() {
	g.timer.Stop()
	g.cancel(nil)
}

// why is the silence or the deadline, where that was what led to err.
func (g *idleTimer) why(err error) error {
	if o := late(g.ctx, phase(g.phase.Load())); o != nil {
		return o
	}
	if s, ok := errors.AsType[*idleTimeoutError](context.Cause(g.ctx)); ok {
		return s
	}
	return err
}

// requestBody is the body of a request.
type requestBody struct {
	io.ReadCloser
	guard *idleTimer
}

func (s *requestBody) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if n > 0 {
		s.guard.timer.Reset(s.guard.timeout)
	}
	if err != nil && err != io.EOF {
		err = &sourceError{err}
	}
	return n, err
}

// responseBody is the body of an answer.
type responseBody struct {
	io.ReadCloser
	guard *idleTimer
	// least is how many bytes have to come within the time, come how many have.
	least, come int64
}

func (r *responseBody) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if r.come += int64(n); r.come >= r.least {
		r.guard.timer.Reset(r.guard.timeout)
		r.come = 0
	}
	if err != nil && err != io.EOF {
		err = r.guard.why(err)
	}
	return n, err
}

func (r *responseBody) Close() error {
	err := r.ReadCloser.Close()
	r.guard.end()
	return err
}
