package serve

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// minRate is how many bytes a second a client has to send or take, over all.
	minRate = 1 << 10
	// maxUploads is how many bodies of requests are read at a time, and maxUploadsOfKey how
	// many of those for one key.
	maxUploads      = 256
	maxUploadsOfKey = 64
	// slowAfter is how long an upload may be slow before it gives up its place to another.
	slowAfter = time.Second
)

// A patientReader is the body of a request. It gives up on a client that sends nothing for some
// time, or hardly anything for long.
type patientReader struct {
	io.ReadCloser
	control  *http.ResponseController
	patience time.Duration
	began    time.Time
	n        atomic.Int64

	// mu keeps a reader that is given up from getting more time, and one that is at its end
	// from being given up.
	mu             sync.Mutex
	ended, givenUp bool
}

func (s *Server) patient(w http.ResponseWriter, body io.ReadCloser) *patientReader {
	return &patientReader{ReadCloser: body, control: http.NewResponseController(w), patience: s.patience, began: time.Now()}
}

// allowance is until when a client may take that began to send or take bytes some time ago, and
// has come to n.
func allowance(began time.Time, n int64, patience time.Duration) time.Time {
	// The connection's own clock is the real one.
	deadline := began.Add(patience + time.Duration(n/minRate)*time.Second)
	if idle := time.Now().Add(patience); idle.Before(deadline) {
		return idle
	}
	return deadline
}

// Read reads, within the allowance.
func (p *patientReader) Read(b []byte) (int, error) {
	p.mu.Lock()
	if !p.givenUp {
		_ = p.control.SetReadDeadline(allowance(p.began, p.n.Load(), p.patience))
	}
	p.mu.Unlock()
	n, err := p.ReadCloser.Read(b)
	p.n.Add(int64(n))
	return n, err
}

// end takes the deadline away, once all was read: the client may wait for its answer. Where not
// all was read it stays, or else net/http would read the rest for as long as that takes.
func (p *patientReader) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	_ = p.control.SetReadDeadline(time.Time{})
}

// giveUp ends a read that waits, and those to come. It is false if all was read.
func (p *patientReader) giveUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.givenUp = true
	_ = p.control.SetReadDeadline(time.Now())
	return true
}

// slow reports whether a client sends less than it has to.
func (p *patientReader) slow(now time.Time, after time.Duration) bool {
	age := now.Sub(p.began)
	return age >= after && float64(p.n.Load()) < age.Seconds()*minRate
}

// uploads bounds how many bodies are read at a time. Where there is no room, slow ones make it:
// clients that send a byte now and then do not keep others out.
type uploads struct {
	slowAfter time.Duration

	mu    sync.Mutex
	all   map[*patientReader]string // with the key
	ofKey map[string]int
}

// endSlow ends slow uploads every now and then, until ctx ends: a server that is about to end
// does not wait for them.
func (u *uploads) endSlow(ctx context.Context) {
	tick := time.NewTicker(slowAfter / 4)
	defer tick.Stop()
	for {
		u.mu.Lock()
		for p := range u.all {
			if p.slow(time.Now(), u.slowAfter) && p.giveUp() {
				u.forget(p)
			}
		}
		u.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// enter takes a place, which leave gives back.
func (u *uploads) enter(key string, p *patientReader) *Problem {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all, u.ofKey = map[*patientReader]string{}, map[string]int{}
	}
	full := func() bool { return len(u.all) >= maxUploads || u.ofKey[key] >= maxUploadsOfKey }
	if full() {
		now := time.Now()
		for other, of := range u.all {
			if (of == key || u.ofKey[key] < maxUploadsOfKey) && other.slow(now, u.slowAfter) && other.giveUp() {
				u.forget(other)
				break
			}
		}
	}
	if full() {
		problem := newProblem(tooManyUploads, "%d uploads are being read, %d of them for this key", len(u.all), u.ofKey[key])
		problem.retryAfter = time.Second
		return problem
	}
	u.all[p] = key
	u.ofKey[key]++
	return nil
}

// leave gives back a place, unless the upload had to do so before.
func (u *uploads) leave(p *patientReader) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.forget(p)
}

// forget is called with the lock held.
func (u *uploads) forget(p *patientReader) {
	key, ok := u.all[p]
	if !ok {
		return
	}
	delete(u.all, p)
	if u.ofKey[key]--; u.ofKey[key] == 0 {
		delete(u.ofKey, key)
	}
}

// length is how many bodies are being read.
func (u *uploads) length() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.all)
}
