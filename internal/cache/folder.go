package cache

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/owner"
	"github.com/webpress/webpress/internal/tree"
)

// Files of the cache: entries lie in folders by the first two digits of their keys.
const (
	entrySuffix = ".entry"
	keySize     = 64
	tagName     = "CACHEDIR.TAG"
	ignoreName  = ".gitignore"
)

// tag makes backup programs leave the folder out. Its first line is
// what makes it one: see https://bford.info/cachedir/.
const (
	tagSignature = "Signature: 8a477f597d28d172789f06886806bc55"
	tag          = tagSignature + `
# This file is a cache directory tag created by webpress.
# For information about cache directory tags, see https://bford.info/cachedir/
`
	// ignore keeps the folder out of commits where it lies in a work tree.
	ignore = "# Created by webpress: its cache is not for committing.\n*\n"
)

// errNoFolder is for what has the name of a folder and is something else.
var errNoFolder = errors.New("not a folder")

func file(key string) string { return key[:2] + "/" + key + entrySuffix }

func isKey(s string) bool { return len(s) == keySize && isHex(s) }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// isEntry reports whether a file in the folder dir has the name of an entry.
func isEntry(dir, name string) bool {
	key, ok := strings.CutSuffix(name, entrySuffix)
	return ok && isKey(key) && key[:2] == dir
}

func isDir(name string) bool { return len(name) == 2 && isHex(name) }

// Open opens the cache in o.Dir, and makes it if there is none. The error is an
// *asset.Fault.
func Open(o Options) (*Cache, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	c := &Cache{Options: o}
	if err := c.openFolder(); err != nil {
		if c.root != nil {
			c.root.Close()
		}
		fault := &asset.Fault{
			Message: fmt.Sprintf("open cache %q: %s", o.Dir, tree.Cause(err)),
			Hint:    "make the folder writable for the user that runs webpress, or set another `cache-dir`",
		}
		switch {
		case errors.Is(err, errForeign), errors.Is(err, errNoFolder), errors.Is(err, syscall.ENOTDIR):
			fault.Hint = "let `cache-dir` be a folder of its own, such as .webpress-cache"
		case tree.IsFull(err):
			fault.Hint = "free some space on the disk, or let `cache-dir` be on another one"
		}
		return nil, fault
	}
	return c, nil
}

// errForeign is for a folder that is used for something else.
var errForeign = errors.New("there is something else in the folder")

// openFolder opens and marks the folder.
func (c *Cache) openFolder() (err error) {
	if err := makeDirs(c.Dir); err != nil {
		return err
	}
	if c.root, err = os.OpenRoot(c.Dir); err != nil {
		return err
	}
	if c.like, err = c.root.Stat("."); err != nil {
		return err
	}
	tagged, err := c.tagged()
	if err != nil {
		return err
	}
	if !tagged {
		if err := c.place(tagName, []byte(tag)); err != nil {
			return err
		}
	}
	if _, err := c.root.Lstat(ignoreName); errors.Is(err, fs.ErrNotExist) {
		return c.place(ignoreName, []byte(ignore))
	}
	// Whether the folder can be written to is found out before the first image.
	const trial = tree.TempPrefix + "AAAAAAAAAAAAAAAAAAAAAAAAAA" + tree.TempSuffix
	if err := c.place(trial); err != nil {
		return err
	}
	if err := c.root.Remove(trial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeDirs makes dir and the folders above it that are not there yet, with mode 0755
// and the owner of the one that was.
func makeDirs(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return errNoFolder
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDirs(parent); err != nil {
			return err
		}
	}
	like, err := os.Stat(parent)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	own := func(uid, gid int) error { return os.Lchown(dir, uid, gid) }
	return errors.Join(os.Chmod(dir, 0o755), owner.Give(like, own))
}

// tagged reports whether the folder is marked as a cache, and refuses one that is not
// and holds other files: the mark makes git and others pass by all of them.
func (c *Cache) tagged() (bool, error) {
	if tagged, err := c.hasTag(); tagged || err != nil {
		return tagged, err
	}
	names, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		return false, err
	}
	for _, e := range names {
		switch name := e.Name(); {
		case isDir(name), tree.IsTemp(name), name == ignoreName, name == ".gitkeep", name == "lost+found":
		default:
			// Another process may have marked it since.
			if tagged, err := c.hasTag(); tagged || err != nil {
				return tagged, err
			}
			return false, fmt.Errorf("%w, such as %q", errForeign, name)
		}
	}
	return false, nil
}

// hasTag reports whether the mark is there.
func (c *Cache) hasTag() (bool, error) {
	f, _, err := tree.OpenPlain(c.root, tagName)
	if _, other := errors.AsType[*tree.KindError](err); other || errors.Is(err, fs.ErrNotExist) {
		return false, nil // what is there instead is seen later
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(tagSignature))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == tagSignature, nil
}

// isFolder returns why a name in the cache is not that of a folder.
func (c *Cache) isFolder(name string) error {
	info, err := c.root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = errNoFolder
	}
	return err
}

// makeFolder makes a folder for entries if it is not there yet.
func (c *Cache) makeFolder(name string) error {
	err := c.root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return c.isFolder(name)
	}
	if err != nil {
		return err
	}
	own := func(uid, gid int) error { return c.root.Lchown(name, uid, gid) }
	return errors.Join(c.root.Chmod(name, 0o755), owner.Give(c.like, own))
}
