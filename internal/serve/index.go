package serve

import (
	"container/heap"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/tree"
)

func newEntry(j *Job) *entry {
	e := &entry{id: j.ID, key: j.Key, print: digestOf(j.Key, j.Fingerprint)}
	if j.IdempotencyKey != "" {
		e.idempotency = digestOf(j.Key, j.IdempotencyKey)
	}
	return e
}

// insert takes an entry into memory. It is called with the lock held, as all below is that
// does not say otherwise.
func (s *store) insert(e *entry) {
	s.jobs[e.id] = e
	s.byKey[e.key] = append(s.byKey[e.key], e.id)
}

// remove forgets an entry.
func (s *store) remove(e *entry) {
	s.unindex(e)
	delete(s.jobs, e.id)
	delete(s.hooked, e.id)
	delete(s.unsaved, e)
	if e.status != "" { // or else the disk did not take it
		s.counts[e.status]--
	}
	ids := s.byKey[e.key]
	if i := slices.Index(ids, e.id); i >= 0 { // it is one of the oldest
		ids = slices.Delete(ids, i, i+1)
	}
	if s.byKey[e.key] = ids; len(ids) == 0 {
		delete(s.byKey, e.key)
	}
}

// index lets later requests be about a job.
func (s *store) index(e *entry, j *Job) {
	if j.Status != Failed && j.Status != Canceled && j.Status != Expired {
		if s.byPrint[e.print] == nil {
			s.byPrint[e.print] = e
		}
	} else if s.byPrint[e.print] == e {
		delete(s.byPrint, e.print)
	}
	if j.IdempotencyKey == "" {
		return
	}
	// What the server itself has failed at may be tried again.
	if j.Status != Expired && !j.serverFailed() {
		if s.byIdempotency[e.idempotency] == nil {
			s.byIdempotency[e.idempotency] = e
		}
	} else if s.byIdempotency[e.idempotency] == e {
		delete(s.byIdempotency, e.idempotency)
	}
}

func (s *store) unindex(e *entry) {
	if s.byPrint[e.print] == e {
		delete(s.byPrint, e.print)
	}
	if s.byIdempotency[e.idempotency] == e {
		delete(s.byIdempotency, e.idempotency)
	}
}

// note makes j the job of an entry.
func (s *store) note(e *entry, j *Job) {
	s.index(e, j)
	if j.Status.Done() && (e.status != j.Status || !e.expires.Equal(j.Expires)) {
		at := j.Expires
		if j.Status == Expired {
			at = at.Add(keepExpired)
		}
		heap.Push(&s.due, deadline{at, e})
	}
	if e.status != "" {
		s.counts[e.status]--
	}
	s.counts[j.Status]++
	e.status, e.expires, e.job = j.Status, j.Expires, j
	if j.Webhook.waits() {
		s.hooked[e.id] = e
	} else {
		delete(s.hooked, e.id)
		if j.Status.Done() && !s.unsaved[e] {
			e.job = nil
		}
	}
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}

// hooks are the jobs that have a webhook to deliver. It takes the lock.
func (s *store) hooks() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Job
	for _, e := range s.hooked {
		all = append(all, e.job)
	}
	return all
}

// unfinished are the jobs that are not done, the oldest first. It takes the lock.
func (s *store) unfinished() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Job
	for _, e := range s.jobs {
		if e.job != nil && !e.status.Done() {
			all = append(all, e.job)
		}
	}
	slices.SortFunc(all, func(a, b *Job) int { return a.Created.Compare(b.Created) })
	return all
}

// count is how many jobs have each status. It takes the lock.
func (s *store) count() map[Status]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// has reports whether a key has any job. It takes the lock.
func (s *store) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byKey[key]) > 0
}

// list returns the newest jobs of a key, as many as limit, of a status unless that is empty. It
// takes the lock, but not for long.
func (s *store) list(key string, limit int, status Status) []*Job {
	s.mu.Lock()
	ids := s.byKey[key]
	if status == "" && len(ids) > limit {
		ids = ids[len(ids)-limit:]
	}
	ids = slices.Clone(ids)
	s.mu.Unlock()
	var all []*Job
	for i := len(ids) - 1; i >= 0 && len(all) < limit; i-- {
		s.mu.Lock()
		e := s.jobs[ids[i]]
		wanted := e != nil && (status == "" || e.status == status)
		s.mu.Unlock()
		if !wanted {
			continue
		}
		if j, _ := s.get(ids[i]); j != nil {
			all = append(all, j)
		}
	}
	return all
}

// A deadline is when something becomes of a job that is done: its results are deleted, and
// later it is forgotten. It is void if the job has another one since.
type deadline struct {
	at time.Time
	e  *entry
}

// deadlines is a heap with the next one first.
type deadlines []deadline

// Len, Less, Swap, Push and Pop are those of heap.Interface.
func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push adds a deadline at the end.
func (d *deadlines) Push(x any) { *d = append(*d, x.(deadline)) }

// Pop removes the last.
func (d *deadlines) Pop() any {
	last := (*d)[len(*d)-1]
	(*d)[len(*d)-1] = deadline{}
	*d = (*d)[:len(*d)-1]
	return last
}

// expire deletes the results of jobs whose time has come, and, unless forget is false, forgets
// those that expired long ago. It takes the lock for one job at a time.
func (s *store) expire(now time.Time, forget bool) {
	var later []deadline
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, d := range later {
			heap.Push(&s.due, d)
		}
	}()
	for {
		s.mu.Lock()
		if len(s.due) == 0 || now.Before(s.due[0].at) {
			s.mu.Unlock()
			return
		}
		d := heap.Pop(&s.due).(deadline)
		id, status, expires := d.e.id, d.e.status, d.e.expires
		known := s.jobs[id] == d.e
		s.mu.Unlock()
		switch {
		case !known, !status.Done(), now.Before(expires):
		case status != Expired:
			_, _ = s.update(id, func(j *Job) bool { j.Status = Expired; return true })
			s.removeFiles(id)
		case now.Before(expires.Add(keepExpired)):
		case !forget:
			later = append(later, d)
		default:
			s.mu.Lock()
			s.remove(d.e)
			s.mu.Unlock()
			if err := os.RemoveAll(s.folder(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.log.Error("an expired job cannot be deleted", "job", id, "error", fmt.Sprint(tree.Cause(err)))
			}
		}
	}
}
