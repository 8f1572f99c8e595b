package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// creditBytes is what a credit is for: one for each file, and one more for each further
	// started 10 MB of it.
	creditBytes = 10_000_000
	usageFile   = "usage.json"
)

// credits is what a file of that size costs.
func credits(size int64) int64 { return max(1, (size+creditBytes-1)/creditBytes) }

// A Usage is what a key has used in a calendar month.
type Usage struct {
	Credits  int64 `json:"credits"`
	Jobs     int64 `json:"jobs"`
	Files    int64 `json:"files"`
	BytesIn  int64 `json:"bytesIn"`
	BytesOut int64 `json:"bytesOut"`
}

func (u *Usage) add(more Usage) {
	u.Credits += more.Credits
	u.Jobs += more.Jobs
	u.Files += more.Files
	u.BytesIn += more.BytesIn
	u.BytesOut += more.BytesOut
}

// begun is what is counted of a job when it is accepted.
func (j *Job) begun() Usage {
	return Usage{Credits: j.Credits, Jobs: 1, Files: int64(len(j.Files)), BytesIn: j.bytesIn()}
}

// come is what is counted of a job when it has ended.
func (j *Job) come() Usage {
	u := Usage{Credits: j.credits() - j.Credits}
	for _, o := range j.results() {
		u.BytesOut += o.Bytes
	}
	return u
}

// An account has the usage of all keys. What counts is what the jobs say that are on the disk:
// the file of the account sums up those with a number up to that of the file, and the others are
// added when it is opened. So a job is accepted and charged in one step, and a process that is
// killed converts nothing for free.
type account struct {
	dir string
	log *slog.Logger
	// storing is held for reading by who counts a job until the disk has it, so that the file
	// never counts one that the disk does not have.
	storing sync.RWMutex

	mu    sync.Mutex
	usage storedUsage
	// dirty reports whether the file does not have all of it.
	dirty bool
}

// storedUsage is the content of usageFile.
type storedUsage struct {
	// Through is the number of the last job that is counted.
	Through int64 `json:"through"`
	// Keys is by the ID of the key and the month.
	Keys map[string]map[string]*Usage `json:"keys"`
}

func openAccount(dir string, log *slog.Logger) (*account, error) {
	a := &account{dir: dir, log: log}
	data, err := os.ReadFile(filepath.Join(dir, usageFile))
	if err == nil {
		err = json.Unmarshal(data, &a.usage)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %q: %w", filepath.Join(dir, usageFile), err)
	}
	if a.usage.Keys == nil {
		a.usage.Keys = map[string]map[string]*Usage{}
	}
	return a, nil
}

// recovery returns a function that is called for each job on the disk, and one that is called
// after the last.
func (a *account) recovery() (each func(*Job), end func()) {
	through, last := a.usage.Through, a.usage.Through
	each = func(j *Job) {
		if j.Charged > through {
			a.at(j.Key, j.Created).add(j.begun())
		}
		if j.Ended > through {
			a.at(j.Key, j.Finished).add(j.come())
		}
		last = max(last, j.Charged, j.Ended)
	}
	return each, func() { a.dirty, a.usage.Through = last > through, last }
}

// month is the period that a quota is for.
func month(now time.Time) string { return now.UTC().Format("2006-01") }

// nextMonth is when the quotas are there again.
func nextMonth(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// at is the usage of a key in the month of now. It is called with the lock held.
func (a *account) at(key string, now time.Time) *Usage {
	months := a.usage.Keys[key]
	if months == nil {
		months = map[string]*Usage{}
		a.usage.Keys[key] = months
	}
	u := months[month(now)]
	if u == nil {
		u = &Usage{}
		months[month(now)] = u
	}
	return u
}

// of is what a key has used this month.
func (a *account) of(key string, now time.Time) Usage {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.usage.Keys[key][month(now)]; u != nil {
		return *u
	}
	return Usage{}
}

// next is a number for what is counted. It is called with the lock held.
func (a *account) next() int64 {
	a.usage.Through++
	a.dirty = true
	return a.usage.Through
}

// charge counts a job that is about to be stored, unless that is more than the quota of its
// key. The caller holds storing until the disk has the job, or calls refund.
func (a *account) charge(k *Key, j *Job) *Problem {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.at(k.ID, j.Created)
	if k.Quota > 0 && u.Credits+j.Credits > k.Quota {
		return overQuota(k, u.Credits, j.Credits, j.Created)
	}
	u.add(j.begun())
	j.Charged = a.next()
	return nil
}

// refund takes charge back.
func (a *account) refund(j *Job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := j.begun()
	a.at(j.Key, j.Created).add(Usage{-b.Credits, -b.Jobs, -b.Files, -b.BytesIn, 0})
}

// end counts what a job has come to. The caller holds storing until the disk has it.
func (a *account) end(j *Job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at(j.Key, j.Finished).add(j.come())
	j.Ended = a.next()
}

// overQuota is the problem of a key whose credits do not suffice.
func overQuota(k *Key, used, needed int64, now time.Time) *Problem {
	p := newProblem(quotaExceeded, "the key has %d of %d credits left this month, and the request needs %d", max(k.Quota-used, 0), k.Quota, needed)
	p.retryAfter = nextMonth(now).Sub(now)
	return p
}

// flush writes what the file does not have. It reports whether the file has everything.
func (a *account) flush() bool {
	a.storing.Lock()
	a.mu.Lock()
	if !a.dirty {
		a.mu.Unlock()
		a.storing.Unlock()
		return true
	}
	data, err := json.Marshal(a.usage)
	a.dirty = false
	a.mu.Unlock()
	a.storing.Unlock()
	if err == nil {
		err = replaceFile(a.dir, usageFile, data)
	}
	if err != nil {
		a.log.Error("the usage cannot be saved", "error", err.Error())
		a.mu.Lock()
		a.dirty = true
		a.mu.Unlock()
	}
	return err == nil
}
