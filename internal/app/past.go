package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/codec"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/ledger"
	"github.com/webpress/webpress/internal/tree"
)

// past is what a run knows of earlier ones, by webpress.lock.
type past struct {
	*ledger.Ledger
	// root is the folder of the lock file: the top of the work tree, or the working
	// directory where there is none. prefix is the path of the working directory
	// below it.
	root, prefix string
	// data is the file as it was read, nil where there was none.
	data []byte
	// repo is the repository as seen from its top, nil where there is none.
	repo *git.Repo
	// lfs says that repo applies the filter of Git LFS.
	lfs bool
	// files is what git lists below the working directory, once that is known.
	files map[string]git.File
	// codecs is the version of what makes the bytes.
	codecs string
	// whole says that git has all of its history here.
	whole bool
	// replaced are entries in whose place those of the journal have come: see recall.
	replaced []ledger.Entry
	// journal takes the results of this run as they come, nil where none does.
	journal *journal
}

// remember reads webpress.lock and the journal. It is nil where the settings want none,
// and outside of a repository where there is none yet and nobody asks for one.
func (r *run) remember(ctx context.Context) (*past, error) {
	if !r.settings.Lock || r.leadsOut() {
		return nil, nil
	}
	p, err := r.readPast()
	local := r.settings.Verb == config.Convert || r.settings.Verb == config.Check || r.settings.Verb == config.Accept
	if err == nil && local && p.data == nil && p.repo == nil && !r.settings.LockSet && !r.settings.Prune {
		return nil, nil // there is nobody to commit it
	}
	if err == nil {
		err = r.recall(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	r.recorded = p.sources
	return p, nil
}

// sources yields the sources that webpress.lock has below the working directory.
func (p *past) sources(yield func(file string) bool) {
	for source := range p.Sources() {
		if file, ok := p.below(source); ok && !yield(file) {
			return
		}
	}
}

// leadsOut says that results were asked for outside of the working directory: nothing of
// them is written down.
func (r *run) leadsOut() bool {
	return r.settings.Target != config.ToTemplate && tree.IsOutside(r.names().Of(r.settings.Output))
}

// readPast reads webpress.lock.
func (r *run) readPast() (*past, error) {
	p := r.noPast()
	data, err := readLock(p.root)
	if err != nil {
		return nil, &asset.Fault{
			Message: fmt.Sprintf("read %q: %s", p.lock(), err),
			Hint:    "make it an ordinary file, or set `lock: false` to do without",
		}
	}
	if data == nil {
		return p, nil
	}
	p.data = data
	if p.Ledger, err = ledger.Parse(data); err != nil {
		fault := &asset.Fault{
			Message: fmt.Sprintf("read %q: %s", p.lock(), err),
			Hint:    "run `webpress relock`: it keeps every line that is whole, and loses no image",
		}
		if errors.Is(err, ledger.ErrNewer) {
			fault.Hint = "update webpress, or run `webpress relock` to begin a new file"
		}
		return nil, fault
	}
	return p, nil
}

// noPast is a past of which nothing is known yet.
func (r *run) noPast() *past {
	p := &past{Ledger: ledger.New(), root: r.root(), codecs: codec.Version()}
	if r.repo != nil {
		p.prefix, p.repo = r.prefix(r.repo), r.repo.AtTop()
	}
	return p
}

// root is the folder of the lock file: the top of the work tree, or the working
// directory where there is none.
func (r *run) root() string {
	if r.repo != nil {
		return r.repo.Top()
	}
	return r.settings.WorkingDirectory
}

// maxLock is the length in bytes of a lock file that is still read: some two
// million sources.
const maxLock = 512 << 20

// readLock reads the lock file, nil where there is none.
func readLock(root string) ([]byte, error) { return readIn(root, ledger.Name, maxLock) }

// readIn reads a plain file of at most limit bytes in a folder, nil where there is none.
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

// lock is the path of the lock file for people: from the working directory.
func (p *past) lock() string { return p.fromHere(ledger.Name) }

// fromHere is a path from the root as seen from the working directory.
func (p *past) fromHere(name string) string {
	rel, err := filepath.Rel(filepath.Join("/", filepath.FromSlash(p.prefix)), filepath.Join("/", filepath.FromSlash(name)))
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// save writes the lock file where it has changed, and says whether it did.
func (p *past) save() (bool, error) {
	if !p.Changed() || p.data == nil && p.Len() == 0 {
		return false, nil
	}
	data := p.Encode()
	if string(data) == string(p.data) {
		return false, nil
	}
	if err := tree.WriteFile(p.root, ledger.Name, data); err != nil {
		return false, fmt.Errorf("write %q: %w", p.lock(), err)
	}
	p.data = data
	return true, nil
}

// known is what scan need not open.
func (p *past) known(file, blob string) (asset.Format, int64, bool) {
	return p.Known(path.Join(p.prefix, file), blob)
}

// A worktree answers what a ledger asks about files.
type worktree struct {
	ctx context.Context
	*past
}

// Blobs asks git's index first, and reads only what that does not know. What a
// sparse checkout leaves out of the work tree is as git has it.
func (t worktree) Blobs(paths []string) (map[string]string, error) {
	blobs := make(map[string]string, len(paths))
	var rest []string
	for _, p := range paths {
		below, ok := t.below(p)
		if f, listed := t.files[below]; ok && listed && f.Blob != "" {
			blobs[p] = f.Blob
		} else {
			rest = append(rest, p)
		}
	}
	hashed, err := t.hash(t.ctx, rest)
	if err != nil {
		return nil, err
	}
	maps.Copy(blobs, hashed)
	if t.repo == nil || len(hashed) == len(rest) {
		return blobs, nil
	}
	rest = slices.DeleteFunc(rest, func(p string) bool { return hashed[p] != "" })
	hidden, err := t.repo.Hidden(t.ctx, rest)
	maps.Copy(blobs, hidden)
	return blobs, err
}

// There takes what git has for being there, also where it is not in the work tree.
func (t worktree) There(paths []string) (map[string]bool, error) {
	there := make(map[string]bool, len(paths))
	var missing []string
	for _, p := range paths {
		below, ok := t.below(p)
		if _, listed := t.files[below]; ok && listed {
			there[p] = true
			continue
		}
		if _, err := os.Lstat(filepath.Join(t.root, filepath.FromSlash(p))); err == nil {
			there[p] = true
		} else {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 || t.repo == nil {
		return there, nil
	}
	hidden, err := t.repo.Hidden(t.ctx, missing)
	for p := range hidden {
		there[p] = true
	}
	return there, err
}

// of are the entries about the output of a job.
func (p *past) of(j asset.Job) []ledger.Entry {
	return ledger.Find(p.Of(path.Join(p.prefix, j.Source.Path)), path.Join(p.prefix, j.Output))
}

// below is a path from the root as seen from the working directory.
func (p *past) below(name string) (string, bool) { return ledger.Below(p.prefix, name) }

// hash returns the blob ids of those of paths, which are from the root, that are
// regular files.
func (p *past) hash(ctx context.Context, paths []string) (map[string]string, error) {
	switch {
	case len(paths) == 0:
		return nil, nil
	case p.repo == nil:
		return ledger.HashFiles(ctx, p.root, paths)
	}
	if !p.lfs {
		filters, err := p.repo.Filtered(ctx, paths)
		if err != nil {
			return nil, err
		}
		for _, filter := range filters {
			if filter != "lfs" || p.lfs {
				continue
			}
			// What is to be committed goes through Git LFS, whether it is set up here
			// or not: the id has to be that of its pointer.
			repo, err := p.repo.WithLFS(ctx)
			switch {
			case err == nil:
				p.repo, p.lfs = repo, true
			case !errors.Is(err, git.ErrNoLFS):
				return nil, err
			}
		}
	}
	return p.repo.Hash(ctx, paths)
}

// identify fills in the blob ids of sources that git's index does not know: of
// changed and new files, and of all outside of a repository. Those of files that
// git ignores are wanted for the cache alone.
func (p *past) identify(ctx context.Context, sources []asset.Source, ignored bool) error {
	var paths, others []string
	for _, s := range sources {
		switch at := path.Join(p.prefix, s.Path); {
		case s.Blob != "", tree.IsOutside(s.Path):
		case !s.Ignored:
			paths = append(paths, at)
		case ignored:
			others = append(others, at)
		}
	}
	blobs, err := p.hash(ctx, paths)
	if err != nil {
		return err
	}
	plain := map[string]string{}
	if len(others) > 0 {
		if plain, err = ledger.HashFiles(ctx, p.root, others); err != nil {
			return err
		}
	}
	for i := range sources {
		if s := &sources[i]; s.Blob == "" {
			at := path.Join(p.prefix, s.Path)
			s.Blob = cmp.Or(blobs[at], plain[at])
		}
	}
	return nil
}
