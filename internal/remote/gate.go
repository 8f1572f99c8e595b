package remote

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/httpclient"
)

const (
	// unlimited is gate.left as long as the server names no limit.
	unlimited = -1
	// unknownPace is the time between conversions after the server has refused one without
	// saying how many it takes: that of 60 a minute.
	unknownPace = time.Second
	// longestPause is the longest pause where the server names none.
	longestPause = time.Minute
)

// A gate lets requests through no faster than the server takes them, and no slower: a request
// that it would refuse has sent an image for nothing.
type gate struct {
	clock httpclient.Clock
	// say is called with each pause that the server asks for.
	say func(time.Duration)

	mu sync.Mutex
	// until is when the pause ends that the server has asked for, and refused how often in a
	// row it did so.
	until   time.Time
	refused int
	// served is when the server last did not refuse a request.
	served time.Time
	// left is how many conversions may yet begin; if none, one may after each pace since last.
	left int
	pace time.Duration
	last time.Time
	// inside is how many conversions are being asked for.
	inside int
}

// enter waits until a request may be sent. Each is followed by leave.
func (g *gate) enter(ctx context.Context, converts bool) error {
	for {
		wait := g.try(converts)
		if wait <= 0 {
			return ctx.Err()
		}
		if err := g.clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// try takes the leave to send a request, or says how long to wait for it.
func (g *gate) try(converts bool) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if wait := g.until.Sub(now); wait > 0 {
		return wait
	}
	if !converts {
		return 0
	}
	if g.left == 0 {
		if wait := g.last.Add(g.pace).Sub(now); wait > 0 {
			return wait
		}
	} else if g.left > 0 {
		g.left--
	}
	g.inside++
	g.last = now
	return 0
}

// leave learns from the header of an answer, which is nil if there was none.
func (g *gate) leave(converts bool, h http.Header) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if converts {
		g.inside--
	}
	if h == nil || !converts {
		return
	}
	l, ok := readLimit(h)
	if !ok {
		return
	}
	// Those that are on their way may be counted already, or not.
	g.left = max(l.remaining-g.inside, 0)
	g.pace = l.pace()
}

// accepted notes that the server has not refused a request.
func (g *gate) accepted() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused > 0 && g.left == 0 && g.pace == unknownPace {
		g.left = unlimited
	}
	g.refused, g.served = 0, g.clock.Now()
}

// pause keeps all requests back for as long as the server asks, or where that is 0 for longer and
// longer. Several answers about the same pause count once.
func (g *gate) pause(asked time.Duration, converts bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if converts {
		g.left = 0
		if g.pace == 0 {
			g.pace = unknownPace
		}
	}
	if asked <= 0 {
		if g.until.After(now) {
			return
		}
		asked = min(time.Second<<min(g.refused, 6), longestPause)
		asked = asked/2 + rand.N(asked/2+1)
	}
	if until := now.Add(asked); until.After(g.until) {
		if asked > 2*time.Second && until.Sub(g.until) > time.Second && !g.until.After(now) {
			g.say(asked)
		}
		g.until = until
		g.refused++
	}
}

// since is how long the server has refused everything, for a request that began at a time.
func (g *gate) since(began time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.served.After(began) {
		began = g.served
	}
	return g.clock.Now().Sub(began)
}

// A limit is what a server says of its rate limit.
type limit struct {
	// remaining is how many requests are left, and reset the time until that is other.
	remaining int
	reset     time.Duration
	// quota is how many requests there are in window; 0 is not known.
	quota  int
	window time.Duration
}

// pace is the time after which one more request is taken.
func (l limit) pace() time.Duration {
	if l.quota > 0 && l.window > 0 {
		return l.window / time.Duration(l.quota)
	}
	return l.reset
}

// readLimit reads RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10), or
// the fields of earlier drafts, RateLimit-Remaining and the like, also with X- before them.
func readLimit(h http.Header) (l limit, ok bool) {
	seconds := func(n int) time.Duration { return time.Duration(min(max(n, 0), 24*60*60)) * time.Second }
	if field := h.Get("RateLimit"); field != "" {
		p := parameters(field)
		if n, has := p["r"]; has {
			l, ok = limit{remaining: n, reset: seconds(p["t"])}, true
		} else if n, has := p["remaining"]; has {
			l, ok = limit{remaining: n, reset: seconds(p["reset"])}, true
		}
		p = parameters(h.Get("RateLimit-Policy"))
		l.quota, l.window = p["q"], seconds(p["w"])
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-"} {
		n, err := strconv.Atoi(h.Get(prefix + "Remaining"))
		if ok || err != nil {
			continue
		}
		l, ok = limit{remaining: n}, true
		// Some write the time since 1970 here.
		if n, err := strconv.Atoi(h.Get(prefix + "Reset")); err == nil && n < 1e9 {
			l.reset = seconds(n)
		}
	}
	l.remaining = max(l.remaining, 0)
	return l, ok
}

// parameters are the whole numbers among the parameters of the first item of a structured field,
// such as "convert";r=59;t=1, or among the members of a dictionary.
func parameters(field string) map[string]int {
	all := map[string]int{}
	for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(value); ok && err == nil {
			if _, twice := all[name]; !twice {
				all[name] = n
			}
		}
	}
	return all
}
