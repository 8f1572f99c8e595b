// Package cache keeps finished outputs in a folder, for runs that commit nothing:
// actions/cache, or cache: of GitLab, carries it from one run to the next. An entry
// is found by what its output depends on, the content of a source and its recipe.
//
// Several processes may use one folder at a time. What is damaged in it is noticed;
// what somebody has made up is not: whoever can write to the folder decides what
// its outputs are.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// Options say where a cache is and how much it may hold.
type Options struct {
	// Dir is the folder. It is made if it is not there, and is for the cache
	// alone.
	Dir string
	// MaxBytes is what the entries may take up together when the cache is closed,
	// as lengths of files; 0 keeps nothing.
	MaxBytes int64
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logf logs what went wrong; nil logs nothing. It is called from several
	// goroutines.
	Logf func(format string, args ...any)
}

const (
	// maxEntry is the length of the largest file that is an entry.
	maxEntry = 1 << 30
	// touchAge is how old the time of an entry's last use has to be to be written
	// again: what was used in one hour was used at one time.
	touchAge = time.Hour
)

// A Cache is an open folder of entries. Its methods may be called from several
// goroutines at a time, and do nothing once it is closed.
type Cache struct {
	Options
	root *os.Root
	// like has the owner that files and folders get.
	like fs.FileInfo

	// open is held for reading while root is in use.
	open   sync.RWMutex
	closed bool

	// written is the number of bytes since the last trimming.
	written  atomic.Int64
	trimming sync.Mutex

	// full says that there is no point in writing.
	full                       atomic.Bool
	tellFailure, tellOtherKind sync.Once
}

// Key is the name of the entry for a source with the git blob id and the format,
// converted by the recipe with that digest: a lower-case hex SHA-256.
func Key(blob, recipe string, format asset.Format) string {
	h := sha256.New()
	for _, part := range []string{"webpress cache", blob, recipe, string(format)} {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Get returns the entry of the name key, as whole as it was Put. One that is damaged
// is removed.
func (c *Cache) Get(key string) (Entry, bool) {
	c.open.RLock()
	defer c.open.RUnlock()
	if c.closed || !isKey(key) {
		return Entry{}, false
	}
	data, info, err := c.read(key)
	if err == nil {
		var e Entry
		if e, err = parse(key, data); err == nil {
			c.touch(key, info)
			return e, true
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errVersion):
		c.tellOtherKind.Do(func() {
			c.Logf("cache: %q is of another version of webpress; its entries are made again", c.Dir)
		})
		c.drop(key, info)
	case errors.Is(err, errDamaged):
		c.Logf("cache: %q is %s; it is made again", c.at(key), err)
		c.drop(key, info)
	default:
		c.fail(fmt.Errorf("read %q: %w", c.at(key), tree.Cause(err)))
	}
	return Entry{}, false
}

// read returns the file of an entry and what the file system says of it. Links are
// not followed.
func (c *Cache) read(key string) ([]byte, fs.FileInfo, error) {
	if err := c.isFolder(key[:2]); err != nil {
		return nil, nil, err
	}
	f, info, err := tree.OpenPlain(c.root, file(key))
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if info.Size() > maxEntry {
		return nil, info, damaged("it has %d bytes", info.Size())
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, info, damaged("it became shorter")
	} else if err != nil {
		return nil, nil, err
	}
	return data, info, nil
}

// touch writes down that an entry was used, as the time of its last change: the one
// time that archives carry.
func (c *Cache) touch(key string, info fs.FileInfo) {
	now := c.Now()
	if age := now.Sub(info.ModTime()); age <= touchAge && age >= -touchAge {
		return
	}
	if err := c.root.Chtimes(file(key), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.fail(fmt.Errorf("write %q: %w", c.at(key), tree.Cause(err)))
	}
}

// drop removes an entry that is of no use, unless another process has made a new one
// since.
func (c *Cache) drop(key string, info fs.FileInfo) {
	now, err := c.root.Lstat(file(key))
	if err != nil || !os.SameFile(now, info) {
		return
	}
	if err := c.root.Remove(file(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.fail(fmt.Errorf("remove %q: %w", c.at(key), tree.Cause(err)))
	}
}

// Put keeps e as the entry of the name key, unless it is larger than all may be
// together. If it cannot be written, Logf is called once.
func (c *Cache) Put(key string, e Entry) {
	c.open.RLock()
	defer c.open.RUnlock()
	if c.closed || c.full.Load() || !isKey(key) {
		return
	}
	head, err := header(key, e)
	size := int64(len(head)) + int64(len(e.Data))
	if err == nil && size > min(c.MaxBytes, maxEntry) {
		return
	}
	if err == nil {
		err = c.makeFolder(key[:2])
	}
	if err == nil {
		err = c.place(file(key), head, e.Data)
	}
	if err != nil {
		c.fail(fmt.Errorf("write %q: %w", c.at(key), tree.Cause(err)))
		return
	}
	// A run that makes far more than is kept must not fill the disk meanwhile.
	if c.written.Add(size) > c.MaxBytes/8 && c.trimming.TryLock() {
		defer c.trimming.Unlock()
		c.written.Store(0)
		if err := c.trim(); err != nil {
			c.fail(err)
		}
	}
}

// place writes a file. It is not flushed to the disk: what a power cut takes is noticed
// and made again.
func (c *Cache) place(name string, parts ...[]byte) error {
	put := func() error {
		return tree.Write(c.root, name, tree.Options{Like: c.like, Time: c.Now()}, tree.Bytes(parts...))
	}
	err := put()
	if kind, other := errors.AsType[*tree.KindError](err); other && !kind.Mode.IsDir() {
		// The folder is the cache's alone: a pipe is not in its way.
		if err = c.root.Remove(name); err == nil {
			err = put()
		}
	}
	return err
}

// at is the path of an entry.
func (c *Cache) at(key string) string { return filepath.Join(c.Dir, file(key)) }

// fail logs an error of the folder, once: what is wrong with one entry is wrong
// with all.
func (c *Cache) fail(err error) {
	if tree.IsFull(err) || errors.Is(err, syscall.EROFS) {
		c.full.Store(true)
	}
	c.tellFailure.Do(func() { c.Logf("cache: %s; the run goes on without it", err) })
}

// Close removes the entries that were not used for longest, until the others take
// up no more than MaxBytes, and what killed processes have left behind. It waits
// for what is being read and written.
func (c *Cache) Close() error {
	c.open.Lock()
	defer c.open.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return errors.Join(c.trim(), c.root.Close())
}
