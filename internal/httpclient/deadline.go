package httpclient

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// overdue is why a request was given up that took too long as a whole.
type overdue struct {
	limit time.Duration
	// waited is 1 more than the phase of the last attempt, 0 between two.
	waited atomic.Int32
}

func (o *overdue) Error() string {
	what := [...]string{"the next attempt", "a connection", "the request to be taken", "an answer", "the rest of the answer"}
	return fmt.Sprintf("not done after %s, and still waiting for %s", o.limit, what[o.waited.Load()])
}

// Timeout says, as net.Error's does, that time ran out.
func (o *overdue) Timeout() bool { return true }

// within is a context that ends with a's deadline, and what frees it.
func (a *call) within(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := a.client.opts.Clock.AfterFunc(a.limit, func() { cancel(&overdue{limit: a.limit}) })
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// outlasts reports whether the deadline comes before the end of a wait.
func (a *call) outlasts(wait time.Duration) bool {
	return a.client.opts.Clock.Now().Sub(a.began)+wait >= a.limit
}

// late notes in what phase a request was when its deadline came, if it did.
func late(ctx context.Context, p phase) error {
	var o *overdue
	if !errors.As(context.Cause(ctx), &o) {
		return nil
	}
	o.waited.Store(int32(p) + 1)
	return o
}
