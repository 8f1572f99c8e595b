// Package cache keeps finished outputs in a folder, for runs that commit nothing:
// actions/cache, or cache: of GitLab, carries it from one run to the next. An entry
// is found by what its output depends on, the content of a source and its recipe.
//
// Several processes may use one folder at a time. What is damaged in it is noticed;
// what somebody has made up is not: whoever can write to the folder decides what
// its outputs are.
package cache

import (
	"time"

	"webpress/internal/asset"
)

// Options say where a cache is and how much it may hold.
type Options struct {
	// Dir is the folder. It is made where it is not there, and is for the cache
	// alone.
	Dir string
	// MaxBytes is what the entries may take up together when the cache is closed,
	// as lengths of files; 0 keeps nothing.
	MaxBytes int64
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logf is told what went wrong; nil tells nobody. It is called from several
	// goroutines.
	Logf func(format string, args ...any)
}

// An Entry is a finished output, or why there is none that is worth having.
type Entry struct {
	// Data is the content of the output, empty where there is a Reason.
	Data []byte `json:"-"`
	// Width and Height are in pixels; Frames is 1 for a still picture.
	Width    int  `json:"width"`
	Height   int  `json:"height"`
	Frames   int  `json:"frames"`
	Lossless bool `json:"lossless,omitempty"`
	// Pixels is what the header of the source claims: width x height x frames.
	Pixels int64 `json:"pixels"`
	// Notes are the conversion's.
	Notes []string `json:"notes,omitempty"`
	// Reason is NotSmaller or empty.
	Reason asset.Reason `json:"reason,omitempty"`
	// After is the length in bytes of the output, also of one that is not kept.
	After int64 `json:"after"`
}

// A Cache is an open folder of entries. Its methods may be called from several
// goroutines at a time, and do nothing once it is closed.
type Cache struct {
	Options
}

// Open opens the cache in o.Dir, and makes it where there is none. The error is an
// *asset.Fault.
func Open(o Options) (*Cache, error) { return &Cache{o}, nil }

// Key is the name of the entry for a source with the git blob id, converted by the
// recipe with that digest to the format: a lower-case hex SHA-256.
func Key(blob, recipe string, format asset.Format) string { return "" }

// Get returns the entry of the name key, as whole as it was Put.
func (c *Cache) Get(key string) (Entry, bool) { return Entry{}, false }

// Put keeps e as the entry of the name key. Where it cannot be written, Logf is
// told once.
func (c *Cache) Put(key string, e Entry) {}

// Close removes the entries that were not used for longest, until the others take
// up no more than MaxBytes, and what killed processes have left behind.
func (c *Cache) Close() error { return nil }
