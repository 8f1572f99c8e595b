package remote

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// firstWait and lastWait bound the waits before a failed request is repeated: each is drawn
	// between 0 and a bound that doubles.
	firstWait, lastWait = time.Second, 30 * time.Second
	// longestWait is the longest wait that the server is granted. One that asks for more has
	// no credits left.
	longestWait = 15 * time.Minute
	// patience is how long the server may refuse everything.
	patience = 15 * time.Minute
	// expectSize is from how many bytes on the server is asked first whether it takes them.
	expectSize = 256 << 10
)

// header is what every request to the API has.
func (c *Codec) header() http.Header {
	h := http.Header{"Accept": {"application/json"}}
	if c.Key != "" {
		h.Set("Authorization", "Bearer "+c.Key)
	}
	return h
}

// url is the address of a part of the API.
func (c *Codec) url(parts ...string) string { return c.base.JoinPath(parts...).String() }

// send sends a request, and repeats it for as long as that makes sense. Its error is one of
// explain, or that of ctx.
func (c *Codec) send(ctx context.Context, client *httpclient.Client, r httpclient.Request) (*httpclient.Response, error) {
	converts := r.Method == http.MethodPost
	began := c.Clock.Now()
	for failures := 0; ; {
		if err := c.isBroken(); err != nil {
			return nil, err
		}
		if err := c.gate.enter(ctx, converts); err != nil {
			return nil, err
		}
		resp, err := client.Do(ctx, r)
		e, _ := errors.AsType[*httpclient.Error](err)
		switch {
		case err == nil:
			c.gate.leave(converts, resp.Header)
			c.gate.accepted()
			return resp, nil
		case e != nil:
			c.gate.leave(converts, e.Header)
		default:
			c.gate.leave(converts, nil)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch {
		case e == nil:
			return nil, err
		case busy(e):
			if outOfCredits(e) || c.gate.since(began) > patience {
				return nil, c.explain(e)
			}
			c.gate.pause(e.Wait, converts)
			continue
		}
		if failures++; !passing(e) || failures > c.Retries {
			return nil, c.explain(e)
		}
		c.gate.passed(e)
		wait := rand.N(min(firstWait<<min(failures-1, 10), lastWait)) + 1
		if err := c.Clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// busy reports whether a server has refused a request for now, whatever is in it.
func busy(e *httpclient.Error) bool {
	return e.Status != 0 && e.Limited || e.Status == http.StatusServiceUnavailable && e.Wait > 0
}

// outOfCredits reports whether a key may convert nothing for longer than a run can wait.
func outOfCredits(e *httpclient.Error) bool {
	return problemOf(e).kind() == "quota-exceeded" || e.Status == http.StatusPaymentRequired || busy(e) && e.Wait > longestWait
}

// passing reports whether a request has failed by something that may be otherwise in a moment.
func passing(e *httpclient.Error) bool {
	switch {
	case e.Status == 0:
		return !httpclient.IsPermanent(e.Err)
	case e.Status == http.StatusNotImplemented, e.Status == http.StatusHTTPVersionNotSupported, e.Status == http.StatusInsufficientStorage:
		return false
	}
	return e.Status >= 500 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooEarly
}

// passed notes that a server answers, although not as it should.
func (g *gate) passed(e *httpclient.Error) {
	if e.Status != 0 {
		g.accepted()
	}
}

// answer sends a request and decodes the JSON object that is its answer.
func (c *Codec) answer(ctx context.Context, r httpclient.Request, out any) (*httpclient.Response, error) {
	for failures := 0; ; failures++ {
		resp, err := c.send(ctx, c.http, r)
		if err != nil {
			return nil, err
		}
		err = json.Unmarshal(resp.Body, out)
		if err == nil {
			return resp, nil
		}
		// What begins as JSON was cut off by who hangs up.
		if !strings.HasPrefix(strings.TrimSpace(string(resp.Body)), "{") || failures == c.Retries {
			return nil, c.notAnAPI(resp.Header.Get("Content-Type"), resp.Body)
		}
	}
}

func (c *Codec) isBroken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// breaks makes an error that of all further requests.
func (c *Codec) breaks(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = err
	}
	return c.broken
}
