// Package history is webpress.lock in use: what earlier runs have done, what of it still
// holds, and writing down what this one does.
package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"sync"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

// A History is what a run knows of earlier ones, by webpress.lock.
type History struct {
	*lockfile.File
	// Root is the folder of the lock file: the top of the work tree, or the working
	// directory if there is none. Prefix is the path of the working directory
	// below it.
	Root, Prefix string
	// Repo is the repository as seen from its top, nil if there is none.
	Repo *git.Repo
	// Files is what git lists below the working directory, once that is known.
	Files map[string]git.File
	// Addresses are the sources of the run that come from addresses, by their paths from the
	// root. ListRead says that they are all: what was fetched before, and is not among them, is gone.
	Addresses map[string]bool
	ListRead  bool
	// Elsewhere are outputs that are not in the work tree, as they are in a bucket. They count as
	// being what the lock file says.
	Elsewhere map[string]bool
	// Codecs is the version of what makes the bytes.
	Codecs string
	// Whole reports whether git has all of its history here, once Doubted was asked.
	Whole bool
	// Replaced are entries in whose place those of the journal have come: see Recall.
	Replaced []lockfile.Entry

	// data is the file as it was read, nil if there was none.
	data []byte
	// stored are the blobs of the outputs in Elsewhere, as the file that was read has them.
	stored map[string]string
	// lfs reports whether Repo applies the filter of Git LFS.
	lfs bool
	// journal takes the results of this run as they come, nil if none does.
	journal *journal
}

// New is a history of which nothing is known yet, of the folder prefix of a repository,
// or else of the working directory dir, where repo is nil.
func New(repo *git.Repo, prefix, dir string) *History {
	h := &History{File: lockfile.New(), Root: dir, Codecs: codec.Version()}
	if repo != nil {
		h.Root, h.Prefix, h.Repo = repo.Top(), prefix, repo.AtTop()
	}
	h.Decoders = decoders
	return h
}

// Read reads webpress.lock. Its error is an *asset.Fault.
func (h *History) Read() error {
	data, err := h.ReadFile()
	if err != nil || data == nil {
		return err
	}
	h.data = data
	if h.File, err = lockfile.Parse(data); err != nil {
		fault := &asset.Fault{
			Message: fmt.Sprintf("read %q: %s", h.LockPath(), err),
			Hint:    "run `webpress repair-lock`: it keeps every line that is whole, and loses no image",
		}
		if errors.Is(err, lockfile.ErrNewer) {
			fault.Hint = "update webpress, or run `webpress repair-lock` to begin a new file"
		}
		return fault
	}
	h.Decoders = decoders
	h.stored = make(map[string]string, len(h.Elsewhere))
	for p := range h.Elsewhere {
		if made := h.ByOutput(p); len(made) > 0 {
			h.stored[p] = made[0].Output.Blob
		}
	}
	return nil
}

// decoders are the versions of what decodes sources. libheif loads its plugins to say them.
var decoders = sync.OnceValue(func() string {
	text := fmt.Sprint(codec.Libraries())
	if info, ok := debug.ReadBuildInfo(); ok {
		text += " " + info.Main.Version
	}
	return text
})

// ReadFile returns the content of webpress.lock, nil if there is none.
func (h *History) ReadFile() ([]byte, error) {
	data, err := readIn(h.Root, lockfile.Name, maxLock)
	if err != nil {
		return nil, &asset.Fault{
			Message: fmt.Sprintf("read %q: %s", h.LockPath(), err),
			Hint:    "make it an ordinary file, or set `lock: false` to do without",
		}
	}
	return data, nil
}

// HasFile reports whether there was a lock file, or is one by now.
func (h *History) HasFile() bool { return h.data != nil }

// SourcesHere yields the sources that webpress.lock has below the working directory.
func (h *History) SourcesHere(yield func(file string) bool) {
	for source := range h.Sources() {
		if file, ok := h.Below(source); ok && !yield(file) {
			return
		}
	}
}

// maxLock is the length in bytes of a lock file that is still read: some two
// million sources.
const maxLock = 512 << 20

// readIn reads a plain file of at most limit bytes in a folder, nil if there is none.
func readIn(folder, name string, limit int64) ([]byte, error) {
	dir, err := os.OpenRoot(folder)
	if err != nil {
		return nil, tree.Cause(err)
	}
	defer dir.Close()
	data, err := tree.ReadPlain(dir, name, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, tree.Cause(err)
}

// LockPath is the path of the lock file for people: from the working directory.
func (h *History) LockPath() string { return h.FromHere(lockfile.Name) }

// FromHere is a path from the root as seen from the working directory.
func (h *History) FromHere(name string) string { return tree.SeenFrom(h.Prefix, name) }

// Save writes the lock file where it has changed, and says whether it did.
func (h *History) Save() (bool, error) {
	if !h.Changed() || h.data == nil && h.Len() == 0 {
		return false, nil
	}
	data := h.Encode()
	if string(data) == string(h.data) {
		return false, nil
	}
	if err := tree.WriteFile(h.Root, lockfile.Name, data); err != nil {
		return false, &asset.HintError{What: fmt.Sprintf("write %q", h.LockPath()), Why: err, Hint: tree.Hint(err, "")}
	}
	h.data = data
	return true, nil
}

// KnownHere is what scan need not open.
func (h *History) KnownHere(file, blob string) (asset.Format, int64, bool) {
	return h.Known(path.Join(h.Prefix, file), blob)
}

// OfJob are the entries about the output of a job.
func (h *History) OfJob(j asset.Job) []lockfile.Entry {
	return lockfile.Find(h.BySource(path.Join(h.Prefix, j.Source.Path)), path.Join(h.Prefix, j.Output))
}

// Below is a path from the root as seen from the working directory.
func (h *History) Below(name string) (string, bool) { return lockfile.Below(h.Prefix, name) }
