package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

const (
	// journalInGit is the name of the journal in git's own folder, journalBeside the
	// one beside the lock file where there is no repository.
	journalInGit  = "webpress.journal"
	journalBeside = ".webpress.lock.journal"
	// maxJournal is the length in bytes of a journal that is still read: some half a
	// million results.
	maxJournal = 128 << 20
)

// A journal keeps what a run has finished until webpress.lock is written, so that a
// run that is killed goes on where it was. Only one run at a time has it: see app.
type journal struct {
	dir, name string

	mu   sync.Mutex
	file *os.File
	// broken is why nothing more is written, apart from lines that a removal waits for.
	broken error
	// torn reports whether the last line has no end.
	torn bool
}

// journalOf is the journal for the lock file of h.
func journalOf(h *History) *journal {
	if h.Repo != nil {
		return &journal{dir: h.Repo.GitDir(), name: journalInGit}
	}
	return &journal{dir: h.Root, name: journalBeside}
}

// path is the absolute path, for people.
func (j *journal) path() string { return filepath.Join(j.dir, j.name) }

// read returns what runs before this one have left, nil for nothing.
func (j *journal) read() ([]byte, error) {
	return readIn(j.dir, j.name, maxJournal)
}

// add writes a line, with one call to the system. If a source waits to be removed
// it is on the disk before add returns.
func (j *journal) add(line []byte, durable bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil && !durable {
		return j.broken
	}
	if err := j.write(line, durable); err != nil {
		j.broken = fmt.Errorf("write %q: %w", j.path(), tree.Cause(err))
		return j.broken
	}
	return nil
}

func (j *journal) write(line []byte, durable bool) error {
	if j.file == nil {
		if err := j.open(); err != nil {
			return err
		}
	}
	if j.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := j.file.Write(line)
	j.torn = j.torn && n == 0 || err != nil && n > 0
	if err == nil && durable {
		err = j.file.Sync()
	}
	return err
}

func (j *journal) open() error {
	root, err := os.OpenRoot(j.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if j.file, err = tree.Append(root, j.name); err != nil {
		return err
	}
	// The last line of a killed run may have no end. An empty line does no harm.
	info, err := j.file.Stat()
	j.torn = err != nil || info.Size() > 0
	return nil
}

// remove takes the journal away, once the lock file has all that is in it.
func (j *journal) remove() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
	root, err := os.OpenRoot(j.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	// A file system that is read-only refuses also to remove what is not there.
	if _, err := root.Lstat(j.name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := root.Remove(j.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q: %w", j.path(), tree.Cause(err))
	}
	return nil
}

// Recall adds what a run that was killed has finished. unread is why its journal could not
// be read: it holds nothing that cannot be made again.
func (h *History) Recall(ctx context.Context) (unread, err error) {
	data, unread := journalOf(h).read()
	if unread != nil {
		unread = fmt.Errorf("read %q: %w; what an interrupted run has finished is converted again", journalOf(h).path(), unread)
	}
	entries := lockfile.ParseJournal(data)
	if len(entries) == 0 {
		return unread, nil
	}
	var outputs []string
	for _, e := range entries {
		if e.HasFile() {
			outputs = append(outputs, e.Output.Path)
		}
	}
	have, err := lockfile.HashFiles(ctx, h.Root, outputs)
	if err != nil {
		return unread, err
	}
	blobs, err := h.Hash(ctx, slices.Collect(maps.Keys(have)))
	if err != nil {
		return unread, err
	}
	h.Replaced = h.Fold(entries, have, blobs)
	return unread, nil
}

// Journal begins a journal, and returns what writes results into it as they come.
func (h *History) Journal() func(asset.Job, asset.Result, []byte) error {
	h.journal = journalOf(h)
	return func(j asset.Job, result asset.Result, data []byte) error {
		line, ok := lockfile.JournalLine(j, result, data, h.Prefix, h.Codecs)
		if !ok {
			return nil
		}
		return h.journal.add(line, j.Remove)
	}
}

// CloseJournal removes the journal, once Save has written all that is in it. Its error is
// a warning: why results were not in it, or why it is still there.
func (h *History) CloseJournal() error {
	if h.journal == nil {
		return nil
	}
	var broken error
	if h.journal.broken != nil {
		broken = fmt.Errorf("%w; had this run been killed, webpress.lock would lack its results", h.journal.broken)
	}
	return errors.Join(broken, h.journal.remove()) // what stays is read once more, and says nothing new
}
