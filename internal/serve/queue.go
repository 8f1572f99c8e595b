package serve

import "sync"

// A queue has the jobs that wait for a worker. It is bounded, and fair to keys: the next job
// is of the key with the fewest jobs in work.
type queue struct {
	mu      sync.Mutex
	arrived sync.Cond
	max     int
	waiting []waiting
	// reserved is how much room is promised to requests.
	reserved int
	running  map[string]int
	// limit is how many jobs of a key may be in work at a time, 0 for no limit.
	limit  func(key string) int
	closed bool
}

type waiting struct{ id, key string }

func newQueue(size int, limit func(key string) int) *queue {
	q := &queue{max: size, running: map[string]int{}, limit: limit}
	q.arrived.L = &q.mu
	return q
}

// reserve promises room for one job, which push or release then use. It is false where there
// is none.
func (q *queue) reserve() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full() {
		return false
	}
	q.reserved++
	return true
}

func (q *queue) full() bool { return len(q.waiting)+q.reserved >= q.max }

// isFull reports whether no job is taken at this moment.
func (q *queue) isFull() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.full()
}

// release gives back what reserve promised.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reserved--
}

// push adds a job for which room was reserved.
func (q *queue) push(id, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reserved--
	q.waiting = append(q.waiting, waiting{id, key})
	q.arrived.Signal()
}

// restore adds a job that was accepted before this process began, also where there is no room.
func (q *queue) restore(id, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, waiting{id, key})
	q.arrived.Signal()
}

// next waits for a job, which done is called for. It is not ok once the queue is closed.
func (q *queue) next() (id, key string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.closed {
			return "", "", false
		}
		best := -1
		for i, w := range q.waiting {
			n := q.running[w.key]
			if most := q.limit(w.key); most > 0 && n >= most {
				continue
			}
			if best < 0 || n < q.running[q.waiting[best].key] {
				best = i
			}
			if n == 0 {
				break
			}
		}
		if best >= 0 {
			w := q.waiting[best]
			q.waiting = append(q.waiting[:best], q.waiting[best+1:]...)
			q.running[w.key]++
			return w.id, w.key, true
		}
		q.arrived.Wait()
	}
}

// done says that a job of the key has ended.
func (q *queue) done(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running[key]--; q.running[key] == 0 {
		delete(q.running, key)
	}
	q.arrived.Broadcast()
}

// remove takes a job out that waits.
func (q *queue) remove(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w.id == id {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

// length is how many jobs wait.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// close ends next. What waits stays on the disk.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.arrived.Broadcast()
}
