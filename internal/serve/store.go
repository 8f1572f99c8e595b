package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/tree"
)

const (
	jobsDir     = "jobs"
	incomingDir = "incoming"
	jobFile     = "job.json"
	// inPrefix and outPrefix begin the names of what was uploaded for a job, and of what was
	// made of that.
	inPrefix  = "in-"
	outPrefix = "out-"
	// keepExpired is how long it is remembered that a job has expired.
	keepExpired = 7 * 24 * time.Hour
	// ioWorkers is how many files are read or flushed at a time.
	ioWorkers = 8
)

// A store keeps jobs on the disk, each in a folder with what was uploaded for it and what was
// made of that. The folder has no others, and the file of the job is added to and not replaced:
// what file systems take long for is to create and to delete. In memory it has the jobs that change, and of the others little more than
// their IDs.
type store struct {
	dir string
	log *slog.Logger
	// flush flushes a file or a folder to the disk.
	flush func(path string) error

	mu   sync.Mutex
	jobs map[string]*entry
	// byKey has the IDs of the jobs of each key, the oldest first.
	byKey map[string][]string
	// byPrint and byIdempotency lead to the job that another request of the same key with the
	// same content, or the same Idempotency-Key, is about.
	byPrint, byIdempotency map[digest]*entry
	// hooked are the jobs that have a webhook to deliver.
	hooked map[string]*entry
	// unsaved are the jobs that the disk has an older state of, for it was full.
	unsaved map[*entry]bool
	// counts is how many jobs have each status.
	counts map[Status]int
	due    deadlines
}

// A digest stands for a key and another text.
type digest [sha256.Size]byte

func digestOf(key, text string) digest { return sha256.Sum256([]byte(key + "\x00" + text)) }

// An entry is a job in memory. The lock of the store is for its fields, except that who holds
// changing alone may change job.
type entry struct {
	id, key            string
	status             Status
	expires            time.Time
	print, idempotency digest

	// changing is held by who changes the job.
	changing sync.Mutex
	// job is nil where it does not change by itself: the disk has it.
	job *Job
	// changed is closed as soon as job is another one. It is nil if nothing waits for that.
	changed chan struct{}
	// added is closed once the disk has the job, or cannot take it. It is nil from then on.
	added chan struct{}
}

// openStore reads the jobs below dir, and forgets uploads that were not finished. each is
// called for every job, one at a time.
func openStore(dir string, log *slog.Logger, each func(*Job)) (*store, error) {
	s := &store{
		dir: dir, log: log, flush: flush, jobs: map[string]*entry{}, byKey: map[string][]string{}, byPrint: map[digest]*entry{}, byIdempotency: map[digest]*entry{},
		hooked: map[string]*entry{}, unsaved: map[*entry]bool{}, counts: map[Status]int{},
	}
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
	var mu sync.Mutex
	created := map[string]time.Time{}
	var reading errgroup.Group
	reading.SetLimit(ioWorkers)
	for _, f := range folders {
		reading.Go(func() error {
			j, err := s.read(f.Name())
			if err != nil { // one damaged job costs no other
				log.Warn("a job cannot be read", "job", f.Name(), "error", tree.Cause(err).Error())
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			each(j)
			created[j.ID] = j.Created
			e := newEntry(j)
			s.insert(e)
			s.note(e, j)
			return nil
		})
	}
	_ = reading.Wait()
	for _, ids := range s.byKey {
		slices.SortStableFunc(ids, func(a, b string) int { return created[a].Compare(created[b]) })
	}
	return s, nil
}

// read reads a job from the disk.
func (s *store) read(id string) (*Job, error) {
	data, err := os.ReadFile(filepath.Join(s.folder(id), jobFile))
	if err != nil {
		return nil, err
	}
	// The last state is that of the job, unless it was cut off.
	for len(data) > 0 {
		at := bytes.LastIndexByte(data, '\n')
		var j Job
		if err = json.Unmarshal(data[at+1:], &j); err == nil {
			if j.ID != id {
				return nil, errors.New("the job is another one")
			}
			return &j, nil
		}
		data = data[:max(at, 0)]
	}
	return nil, errors.New("there is no job in the file")
}

// incoming makes a folder for what is being uploaded.
func (s *store) incoming() (string, error) {
	return os.MkdirTemp(filepath.Join(s.dir, incomingDir), "")
}

// errReused is for an Idempotency-Key that another request had.
var errReused = errors.New("another request had this Idempotency-Key")

// add takes a job whose files are in the folder from, and returns once that outlives a power
// cut. Where the request is about an older job, that one is returned, and from stays. admit is
// called if it is not; its error is that of add, and undo takes back what it did if the disk
// does not take the job.
func (s *store) add(j *Job, from string, admit func() (undo func(), err error)) (older *Job, err error) {
	e := newEntry(j)
	s.mu.Lock()
	for {
		at := s.byPrint[e.print]
		if j.IdempotencyKey != "" {
			at = s.byIdempotency[e.idempotency]
		}
		if at != nil && at.added == nil && at.status.Done() && !j.Created.Before(at.expires) { // it is about to expire
			s.unindex(at)
			at = nil
		}
		if at == nil {
			break
		}
		added := at.added
		s.mu.Unlock()
		if added == nil {
			if at.print != e.print {
				return nil, errReused
			}
			if older, _ = s.get(at.id); older != nil {
				return older, nil
			}
			return nil, errors.New("the older job cannot be read")
		}
		<-added // the older request is about to be stored
		s.mu.Lock()
	}
	undo, err := admit()
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	e.added = make(chan struct{})
	s.insert(e)
	s.index(e, j)
	s.mu.Unlock()

	err = s.keep(j, from)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(e.added)
	e.added = nil
	if err != nil {
		s.remove(e)
		undo()
		return nil, err
	}
	s.note(e, j)
	return nil, nil
}

// keep flushes the files of a job to the disk, and then moves them to the others. What is
// moved is complete.
func (s *store) keep(j *Job, from string) error {
	if err := s.save(from, j); err != nil {
		return err
	}
	paths := []string{filepath.Join(from, jobFile), from}
	for n := range j.Files {
		paths = append(paths, inFile(from, n))
	}
	// At once, which most file systems make one write of.
	var flushing errgroup.Group
	flushing.SetLimit(ioWorkers)
	for _, path := range paths {
		flushing.Go(func() error { return s.flush(path) })
	}
	if err := flushing.Wait(); err != nil {
		return err
	}
	if err := os.Rename(from, s.folder(j.ID)); err != nil {
		return err
	}
	if err := s.flush(filepath.Join(s.dir, jobsDir)); err != nil {
		_ = os.RemoveAll(s.folder(j.ID))
		return err
	}
	return nil
}

// settle flushes to the disk what a job has come to, and deletes what was uploaded for it.
// Until then the next process can do it again.
func (s *store) settle(j *Job) error {
	dir := s.folder(j.ID)
	paths := []string{filepath.Join(dir, jobFile), dir}
	for _, o := range j.results() {
		paths = append(paths, outFile(dir, o.ID))
	}
	for _, path := range paths {
		if err := s.flush(path); err != nil {
			return err
		}
	}
	for n := range j.Files {
		if err := os.Remove(inFile(dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// save adds the state of a job to its file in dir.
func (s *store) save(dir string, j *Job) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, jobFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	// It begins a line, whatever the disk has taken of the one before.
	_, err = f.Write(append([]byte{'\n'}, data...))
	return errors.Join(err, f.Close())
}

// folder is that of a job.
func (s *store) folder(id string) string { return filepath.Join(s.dir, jobsDir, id) }

// get returns a job, and what is closed when it has changed, nil where it does not do so by
// itself.
func (s *store) get(id string) (*Job, <-chan struct{}) {
	s.mu.Lock()
	e := s.jobs[id]
	if e == nil || e.added != nil {
		s.mu.Unlock()
		return nil, nil
	}
	if e.job != nil {
		defer s.mu.Unlock()
		if e.changed == nil {
			e.changed = make(chan struct{})
		}
		return e.job, e.changed
	}
	s.mu.Unlock()
	return s.readEntry(e), nil
}

// readEntry reads the job of an entry that the disk has.
func (s *store) readEntry(e *entry) *Job {
	j, err := s.read(e.id)
	if err != nil {
		s.log.Error("a job cannot be read", "job", e.id, "error", tree.Cause(err).Error())
		return nil
	}
	return j
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
	e := s.jobs[id]
	s.mu.Unlock()
	if e == nil {
		return nil, nil
	}
	e.changing.Lock()
	defer e.changing.Unlock()
	before := e.job
	if before == nil {
		if before = s.readEntry(e); before == nil {
			return nil, nil
		}
	}
	j := *before
	j.Outputs = slices.Clone(j.Outputs)
	if j.Webhook != nil {
		d := *j.Webhook
		j.Webhook = &d
	}
	if !change(&j) {
		return before, nil
	}
	if durable {
		if err = s.save(s.folder(id), &j); err != nil { // a full disk: what is in memory is right all the same
			s.log.Error("a job cannot be saved", "job", id, "error", tree.Cause(err).Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if durable {
		delete(s.unsaved, e)
		if err != nil {
			s.unsaved[e] = true
		}
	}
	s.note(e, &j)
	return &j, err
}

// saveAgain saves the jobs that could not be saved before.
func (s *store) saveAgain() {
	s.mu.Lock()
	var ids []string
	for e := range s.unsaved {
		ids = append(ids, e.id)
	}
	s.mu.Unlock()
	for _, id := range ids {
		_, _ = s.update(id, func(*Job) bool { return true })
	}
}

// removeFiles deletes what was uploaded for a job, and what was made of it.
func (s *store) removeFiles(id string) {
	names, err := os.ReadDir(s.folder(id))
	for _, name := range names {
		if name.Name() == jobFile {
			continue
		}
		removed := os.Remove(filepath.Join(s.folder(id), name.Name()))
		if removed != nil && !errors.Is(removed, fs.ErrNotExist) { // or settle has done so
			err = removed
		}
	}
	if err != nil {
		s.log.Error("the files of a job cannot be deleted", "job", id, "error", tree.Cause(err).Error())
	}
}
