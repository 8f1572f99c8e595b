package history

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/tree"
)

// A worktree answers what a lock file asks about files.
type worktree struct {
	ctx context.Context
	*History
}

// Tree answers what a lock file asks about files.
func (h *History) Tree(ctx context.Context) lockfile.Tree { return worktree{ctx, h} }

// Blobs asks git's index first, and reads only what that does not know. What a
// sparse checkout leaves out of the work tree is as git has it.
func (t worktree) Blobs(paths []string) (map[string]string, error) {
	blobs := make(map[string]string, len(paths))
	var rest []string
	for _, p := range paths {
		below, ok := t.Below(p)
		if f, listed := t.Files[below]; ok && listed && f.Blob != "" {
			blobs[p] = f.Blob
		} else {
			rest = append(rest, p)
		}
	}
	hashed, err := t.Hash(t.ctx, rest)
	if err != nil {
		return nil, err
	}
	maps.Copy(blobs, hashed)
	for _, p := range rest {
		if blobs[p] != "" || !t.Elsewhere[p] {
			continue
		}
		if made := t.ByOutput(p); len(made) > 0 {
			blobs[p] = made[0].Output.Blob
		} else if blob := t.stored[p]; blob != "" { // what a result has replaced in the meantime
			blobs[p] = blob
		}
	}
	if t.Repo == nil || len(hashed) == len(rest) {
		return blobs, nil
	}
	rest = slices.DeleteFunc(rest, func(p string) bool { return hashed[p] != "" })
	hidden, err := t.Repo.SparseSkipped(t.ctx, rest)
	maps.Copy(blobs, hidden)
	return blobs, err
}

// There takes what git has for being there, also where it is not in the work tree.
func (t worktree) There(paths []string) (map[string]bool, error) {
	there := make(map[string]bool, len(paths))
	var missing []string
	for _, p := range paths {
		below, ok := t.Below(p)
		if _, listed := t.Files[below]; ok && listed || t.isFetched(p) {
			there[p] = true
			continue
		}
		if _, err := os.Lstat(filepath.Join(t.Root, filepath.FromSlash(p))); err == nil {
			there[p] = true
		} else {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 || t.Repo == nil {
		return there, nil
	}
	hidden, err := t.Repo.SparseSkipped(t.ctx, missing)
	for p := range hidden {
		there[p] = true
	}
	return there, err
}

// isFetched reports whether a source comes from an address, and is not known to be gone.
func (h *History) isFetched(source string) bool {
	if h.Addresses[source] {
		return true
	}
	_, known := h.Fetched(source)
	return known && !h.ListRead
}

// Hash returns the blob ids of those of paths, which are from the root, that are
// regular files.
func (h *History) Hash(ctx context.Context, paths []string) (map[string]string, error) {
	switch {
	case len(paths) == 0:
		return nil, nil
	case h.Repo == nil:
		return lockfile.HashFiles(ctx, h.Root, paths)
	}
	if !h.lfs {
		filters, err := h.Repo.Filtered(ctx, paths)
		if err != nil {
			return nil, err
		}
		for _, filter := range filters {
			if filter != "lfs" || h.lfs {
				continue
			}
			// What is to be committed goes through Git LFS, whether it is set up here
			// or not: the id has to be that of its pointer.
			repo, err := h.Repo.WithLFS(ctx)
			switch {
			case err == nil:
				h.Repo, h.lfs = repo, true
			case !errors.Is(err, git.ErrNoLFS):
				return nil, err
			}
		}
	}
	return h.Repo.Hash(ctx, paths)
}

// Identify fills in the blob ids of sources that git's index does not know: of
// changed and new files, and of all outside of a repository. Those of files that
// git ignores are wanted for the cache alone.
func (h *History) Identify(ctx context.Context, sources []asset.Source, ignored bool) error {
	var paths, others []string
	for _, s := range sources {
		switch at := path.Join(h.Prefix, s.Path); {
		case s.Blob != "", s.URL != "", tree.IsOutside(s.Path):
		case !s.Ignored:
			paths = append(paths, at)
		case ignored:
			others = append(others, at)
		}
	}
	blobs, err := h.Hash(ctx, paths)
	if err != nil {
		return err
	}
	plain := map[string]string{}
	if len(others) > 0 {
		if plain, err = lockfile.HashFiles(ctx, h.Root, others); err != nil {
			return err
		}
	}
	for i := range sources {
		if s := &sources[i]; s.Blob == "" {
			at := path.Join(h.Prefix, s.Path)
			s.Blob = cmp.Or(blobs[at], plain[at])
		}
	}
	return nil
}
