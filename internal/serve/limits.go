package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// readFactor is how many other requests a key may make for each conversion.
	readFactor = 10
	// creditBytes is what a credit is for: one for each file, and one more for each further
	// started 10 MB of it.
	creditBytes = 10_000_000
	usageFile   = "usage.json"
)

// credits is what a file of that size costs.
func credits(size int64) int64 { return max(1, (size+creditBytes-1)/creditBytes) }

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

// A Usage is what a key has used in a calendar month.
type Usage struct {
	Credits  int64 `json:"credits"`
	Jobs     int64 `json:"jobs"`
	Files    int64 `json:"files"`
	BytesIn  int64 `json:"bytesIn"`
	BytesOut int64 `json:"bytesOut"`
}

// An account keeps the usage of all keys on the disk.
type account struct {
	dir string
	log *slog.Logger

	mu   sync.Mutex
	keys map[string]map[string]*Usage // by key and month
	// dirty reports whether the disk does not have all of it.
	dirty bool
}

func openAccount(dir string, log *slog.Logger) (*account, error) {
	a := &account{dir: dir, log: log, keys: map[string]map[string]*Usage{}}
	data, err := os.ReadFile(filepath.Join(dir, usageFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(data, &a.keys); err != nil {
		return nil, fmt.Errorf("read %q: %w", filepath.Join(dir, usageFile), err)
	}
	return a, nil
}

// month is the period that a quota is for.
func month(now time.Time) string { return now.UTC().Format("2006-01") }

// nextMonth is when the quotas are there again.
func nextMonth(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// of is what a key has used this month.
func (a *account) of(key string, now time.Time) Usage {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.keys[key][month(now)]; u != nil {
		return *u
	}
	return Usage{}
}

// spend adds to what a key has used, unless that is more than its quota.
func (a *account) spend(k *Key, more Usage, now time.Time) *Problem {
	a.mu.Lock()
	defer a.mu.Unlock()
	months := a.keys[k.ID]
	if months == nil {
		months = map[string]*Usage{}
		a.keys[k.ID] = months
	}
	u := months[month(now)]
	if u == nil {
		u = &Usage{}
		months[month(now)] = u
	}
	if k.Quota > 0 && u.Credits+more.Credits > k.Quota {
		return overQuota(k, u.Credits, more.Credits, now)
	}
	a.add(u, more)
	a.save()
	return nil
}

// overQuota is the problem of a key whose credits do not suffice.
func overQuota(k *Key, used, needed int64, now time.Time) *Problem {
	p := newProblem(quotaExceeded, "the key has %d of %d credits left this month, and the request needs %d", max(k.Quota-used, 0), k.Quota, needed)
	p.retryAfter = nextMonth(now).Sub(now)
	return p
}

// record adds to what a key has used, whatever its quota. It reaches the disk with what is spent
// next, or by flush.
func (a *account) record(key string, more Usage, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.keys[key][month(now)]; u != nil {
		a.add(u, more)
	}
}

func (a *account) add(u *Usage, more Usage) {
	u.Credits += more.Credits
	u.Jobs += more.Jobs
	u.Files += more.Files
	u.BytesIn += more.BytesIn
	u.BytesOut += more.BytesOut
	a.dirty = true
}

// flush writes what the disk does not have.
func (a *account) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dirty {
		a.save()
	}
}

// save is called with the lock held.
func (a *account) save() {
	data, err := json.Marshal(a.keys)
	if err == nil {
		err = replaceFile(a.dir, usageFile, data, false)
	}
	if a.dirty = err != nil; a.dirty {
		a.log.Error("the usage cannot be saved", "error", err.Error())
	}
}

// seconds is a field such as Retry-After: whole seconds, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
