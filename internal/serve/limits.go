package serve

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// readFactor is how many other requests a key may make for each conversion.
const readFactor = 10

// rates are the limits of requests, by key.
type rates struct {
	mu   sync.Mutex
	keys map[string]*keyRates
}

type keyRates struct {
	perMinute     int
	convert, read *rate.Limiter
}

// of returns the limiters of a key, new ones if its rate was changed.
func (r *rates) of(k *Key) *keyRates {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		r.keys = map[string]*keyRates{}
	}
	n := k.rate()
	if one := r.keys[k.ID]; one != nil && one.perMinute == n {
		return one
	}
	perMinute := func(n int) *rate.Limiter { return rate.NewLimiter(rate.Limit(float64(n)/60), n) }
	r.keys[k.ID] = &keyRates{n, perMinute(n), perMinute(n * readFactor)}
	return r.keys[k.ID]
}

// take counts a request. It sets the fields of draft-ietf-httpapi-ratelimit-headers: the
// policy, how many requests are left (r), and in how many seconds all are there again (t).
func (k *keyRates) take(h http.Header, convert bool, now time.Time) *Problem {
	name, l := "read", k.read
	if convert {
		name, l = "convert", k.convert
	}
	ok := l.AllowN(now, 1)
	tokens := max(l.TokensAt(now), 0)
	perSecond := float64(l.Limit())
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=60", name, l.Burst()))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", name, int(tokens), int(math.Ceil((float64(l.Burst())-tokens)/perSecond))))
	if ok {
		return nil
	}
	p := newProblem(rateLimited, "the key may make %d such requests a minute", l.Burst())
	p.retryAfter = time.Duration(math.Ceil((1-tokens)/perSecond)) * time.Second
	return p
}

// seconds is a field such as Retry-After: whole seconds, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
