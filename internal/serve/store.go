package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/webpress/webpress/internal/tree"
)

const (
	jobsDir     = "jobs"
	incomingDir = "incoming"
	jobFile     = "job.json"
	inDir       = "in"
	outDir      = "out"
	// keepExpired is how long it is remembered that a job has expired.
	keepExpired = 7 * 24 * time.Hour
)

// A store keeps jobs on the disk, each in a folder with what was uploaded for it and what was
// made of that, and in memory what is said of them.
type store struct {
	dir string
	log *slog.Logger

	mu   sync.Mutex
	jobs map[string]*entry
	// byPrint and byIdempotency lead to the ID of the job that another request of the same
	// key with the same content, or the same Idempotency-Key, is about.
	byPrint, byIdempotency map[[2]string]string
	// hooked are the IDs of the jobs that have a webhook to deliver.
	hooked map[string]bool
}

// An entry is a job in memory.
type entry struct {
	job *Job
	// changed is closed as soon as job is another one.
	changed chan struct{}
}

// openStore reads the jobs below dir, and forgets uploads that were not finished.
func openStore(dir string, log *slog.Logger) (*store, error) {
	s := &store{dir: dir, log: log, jobs: map[string]*entry{}, byPrint: map[[2]string]string{}, byIdempotency: map[[2]string]string{}, hooked: map[string]bool{}}
	if err := os.RemoveAll(filepath.Join(dir, incomingDir)); err != nil {
		return nil, err
	}
	for _, sub := range []string{jobsDir, incomingDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	folders, err := os.ReadDir(filepath.Join(dir, jobsDir))
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		var j Job
		data, err := os.ReadFile(filepath.Join(dir, jobsDir, f.Name(), jobFile))
		if err == nil {
			err = json.Unmarshal(data, &j)
		}
		if err == nil && j.ID != f.Name() {
			err = errors.New("the job is another one")
		}
		if err != nil { // one damaged job costs no other
			log.Warn("a job cannot be read", "job", f.Name(), "error", tree.Cause(err).Error())
			continue
		}
		s.put(&j)
	}
	return s, nil
}

// put takes a job into memory.
func (s *store) put(j *Job) {
	s.jobs[j.ID] = &entry{j, make(chan struct{})}
	s.noteHook(j)
	if j.Status != Failed && j.Status != Canceled && j.Status != Expired {
		s.byPrint[[2]string{j.Key, j.Fingerprint}] = j.ID
	}
	if j.IdempotencyKey != "" && j.Status != Expired {
		s.byIdempotency[[2]string{j.Key, j.IdempotencyKey}] = j.ID
	}
}

// noteHook keeps hooked as it is to be.
func (s *store) noteHook(j *Job) {
	if j.Webhook.waits() {
		s.hooked[j.ID] = true
	} else {
		delete(s.hooked, j.ID)
	}
}

// hooks are the jobs that have a webhook to deliver.
func (s *store) hooks() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Job
	for id := range s.hooked {
		all = append(all, s.jobs[id].job)
	}
	return all
}

// forget lets later requests not be about a job.
func (s *store) forget(j *Job) {
	for index, at := range map[*map[[2]string]string][2]string{
		&s.byPrint: {j.Key, j.Fingerprint}, &s.byIdempotency: {j.Key, j.IdempotencyKey},
	} {
		if (*index)[at] == j.ID {
			delete(*index, at)
		}
	}
}

// incoming makes a folder for what is being uploaded.
func (s *store) incoming() (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(s.dir, incomingDir), "")
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, inDir), 0o700)
	}
	return dir, err
}

// errReused is for an Idempotency-Key that another request had.
var errReused = errors.New("another request had this Idempotency-Key")

// add takes a job whose files are in the folder from. Where the request is about an older job,
// that one is returned, and from stays.
func (s *store) add(j *Job, from string) (older *Job, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.IdempotencyKey != "" {
		if id, ok := s.byIdempotency[[2]string{j.Key, j.IdempotencyKey}]; ok {
			if older = s.jobs[id].job; older.Fingerprint != j.Fingerprint {
				return nil, errReused
			}
			return older, nil
		}
	} else if id, ok := s.byPrint[[2]string{j.Key, j.Fingerprint}]; ok {
		return s.jobs[id].job, nil
	}
	if err := s.save(from, j); err != nil {
		return nil, err
	}
	if err := os.Rename(from, s.folder(j.ID)); err != nil {
		return nil, err
	}
	s.put(j)
	return nil, nil
}

func (s *store) save(dir string, j *Job) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return replaceFile(dir, jobFile, data, false)
}

// folder is that of a job.
func (s *store) folder(id string) string { return filepath.Join(s.dir, jobsDir, id) }

// get returns a job, and what is closed when it has changed.
func (s *store) get(id string) (*Job, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.jobs[id]
	if e == nil {
		return nil, nil
	}
	return e.job, e.changed
}

// update changes a copy of a job, which then takes its place. change returns false to leave
// the job as it is. The job that is returned is the current one, nil if there is none.
func (s *store) update(id string, change func(j *Job) bool) (*Job, error) {
	return s.change(id, true, change)
}

// advance is update of what the next process need not know: it begins the job again.
func (s *store) advance(id string, change func(j *Job) bool) *Job {
	j, _ := s.change(id, false, change)
	return j
}

func (s *store) change(id string, durable bool, change func(j *Job) bool) (_ *Job, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.jobs[id]
	if e == nil {
		return nil, nil
	}
	j := *e.job
	j.Outputs = slices.Clone(j.Outputs)
	if j.Webhook != nil {
		d := *j.Webhook
		j.Webhook = &d
	}
	if !change(&j) {
		return e.job, nil
	}
	if durable {
		if err = s.save(s.folder(id), &j); err != nil { // a full disk: what is in memory is right all the same
			s.log.Error("a job cannot be saved", "job", id, "error", tree.Cause(err).Error())
		}
	}
	e.job = &j
	s.noteHook(&j)
	if j.Status == Failed || j.Status == Canceled || j.Status == Expired {
		if at := [2]string{j.Key, j.Fingerprint}; s.byPrint[at] == id {
			delete(s.byPrint, at)
		}
	}
	close(e.changed)
	e.changed = make(chan struct{})
	return &j, err
}

// list returns the jobs of a key, or of all where that is empty, the newest first.
func (s *store) list(key string) []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Job
	for _, e := range s.jobs {
		if key == "" || e.job.Key == key {
			all = append(all, e.job)
		}
	}
	slices.SortFunc(all, func(a, b *Job) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// removeFiles deletes what was uploaded for a job, and if all is true also what was made.
func (s *store) removeFiles(id string, all bool) {
	dirs := []string{inDir}
	if all {
		dirs = append(dirs, outDir)
	}
	for _, sub := range dirs {
		if err := os.RemoveAll(filepath.Join(s.folder(id), sub)); err != nil {
			s.log.Error("the files of a job cannot be deleted", "job", id, "error", tree.Cause(err).Error())
		}
	}
}

// expire deletes the results of jobs whose time has come, and forgets those that expired long
// ago.
func (s *store) expire(now time.Time) {
	for _, j := range s.list("") {
		switch {
		case !j.Status.Done() || now.Before(j.Expires):
		case j.Status != Expired:
			_, _ = s.update(j.ID, func(j *Job) bool {
				s.forget(j)
				j.Status = Expired
				return true
			})
			s.removeFiles(j.ID, true)
		case now.Sub(j.Expires) > keepExpired:
			s.mu.Lock()
			delete(s.jobs, j.ID)
			delete(s.hooked, j.ID)
			s.forget(j)
			s.mu.Unlock()
			if err := os.RemoveAll(s.folder(j.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.log.Error("an expired job cannot be deleted", "job", j.ID, "error", fmt.Sprint(tree.Cause(err)))
			}
		}
	}
}
