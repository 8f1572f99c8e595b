package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/webpress/webpress/internal/tree"
)

// tempAge is how old a temporary file must be to have lost its process.
const tempAge = time.Hour

// stored is the file of an entry, as far as trimming has to know it.
type stored struct {
	name string
	size int64
	used time.Time
}

// trim removes the entries that were not used for longest until the others take up
// no more than MaxBytes, and temporary files that have lost their process. Files
// that are gone before it gets to them are none of its business. It goes on after
// an error, and returns the first.
func (c *Cache) trim() error {
	var first error
	note := func(err error) {
		if err != nil && !errors.Is(err, fs.ErrNotExist) && first == nil {
			first = fmt.Errorf("trim cache %q: %w", c.Dir, tree.Cause(err))
		}
	}
	var all []stored
	var total int64
	for _, dir := range c.list(".", note) {
		c.sweep("", dir, note)
		if !dir.IsDir() || !isDir(dir.Name()) {
			continue
		}
		for _, e := range c.list(dir.Name(), note) {
			c.sweep(dir.Name()+"/", e, note)
			if !isEntry(dir.Name(), e.Name()) {
				continue
			}
			name := dir.Name() + "/" + e.Name()
			info, err := c.root.Lstat(name)
			note(err)
			if err == nil && info.Mode().IsRegular() {
				all = append(all, stored{name, info.Size(), info.ModTime()})
				total += info.Size()
			}
		}
	}
	slices.SortFunc(all, func(a, b stored) int {
		return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.name, b.name))
	})
	for _, e := range all {
		if total <= c.MaxBytes {
			break
		}
		err := c.root.Remove(e.name)
		if note(err); err == nil || errors.Is(err, fs.ErrNotExist) {
			total -= e.size
		}
	}
	return first
}

// list is what is in a folder of the cache.
func (c *Cache) list(dir string, note func(error)) []fs.DirEntry {
	entries, err := fs.ReadDir(c.root.FS(), dir)
	note(err)
	return entries
}

// sweep removes e, in the folder prefix, if it is a temporary file that has lost its
// process.
func (c *Cache) sweep(prefix string, e fs.DirEntry, note func(error)) {
	if !tree.IsTemp(e.Name()) {
		return
	}
	info, err := c.root.Lstat(prefix + e.Name())
	note(err)
	if err == nil && info.Mode().IsRegular() && c.Now().Sub(info.ModTime()) > tempAge {
		note(c.root.Remove(prefix + e.Name()))
	}
}
