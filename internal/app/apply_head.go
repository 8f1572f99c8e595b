package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/lockfile"
)

// A headTree is what the commit has that an upload is for. It is
// not trusted either, but the results go on top of it.
type headTree struct {
	*run
	git.Tree
	commit string
	repo   *git.Repo
	remote git.Remote
	// sizes are those of the files of the commit, nil if a partial clone does not
	// know them all.
	sizes map[string]int64
	// origins are the sources that were looked at, by path.
	origins map[string]origin
	// locks say what webpress has made: the lock file here and the one there.
	locks []*lockfile.File
	// near are the files that the settings take, by the paths of their outputs and by
	// their own, both folded.
	near map[string][]string
}

// readHead reads the commit that an upload is for.
func (r *run) readHead(ctx context.Context, to headGuard) (*headTree, error) {
	h := &headTree{run: r, commit: to.ExpectedHead, repo: to.Repo.AtTop(), remote: to.Remote, origins: map[string]origin{}}
	var err error
	if h.Tree, err = to.Read(ctx); err != nil {
		return nil, to.explain(err)
	}
	if h.sizes, err = h.repo.Sizes(ctx, h.commit); err != nil && ctx.Err() != nil {
		return nil, err
	}
	p, err := r.loadHistory(ctx)
	if p == nil || err != nil {
		return h, err
	}
	h.locks = append(h.locks, p.File)
	if blob := h.Blob(lockfile.Name); blob != "" {
		data, err := h.repo.Content(ctx, to.Remote, lockfile.Name, blob, false)
		if err != nil {
			return nil, err
		}
		// One that cannot be read knows of nothing.
		if l, err := lockfile.Parse(data); err == nil {
			h.locks = append(h.locks, l)
		}
	}
	return h, nil
}

// fits returns what says why a result cannot go on top of the commit: a run of the
// settings would not have made it of what that has, or not in this place.
func (h *headTree) fits(ctx context.Context) func(bundle.Entry, []byte, asset.Result) error {
	return func(e bundle.Entry, data []byte, made asset.Result) error {
		switch have := h.Blob(e.Source); {
		case have == "":
			return fmt.Errorf("the commit that it is for has no file %q, its source", e.Source)
		case e.Blob == "":
			return fmt.Errorf("it does not say of which content of its source %q it was made", e.Source)
		case e.Blob != have:
			return fmt.Errorf("its source %q is another one in the commit that it is for", e.Source)
		}
		o, err := h.origin(ctx, e.Source)
		if err == nil {
			err = h.makes(e, made, o)
		}
		if err == nil {
			err = h.rivals(ctx, e)
		}
		if err != nil {
			return err
		}
		there, taken := h.At(e.Output)
		if !taken || h.overwrites(e) || h.made(e, h.Blob(e.Output)) {
			return nil
		}
		id, err := h.id(ctx, e.Output, data)
		switch {
		case err != nil:
			return err
		case id == there.ID:
			return nil
		case e.Output == e.Source:
			return errors.New("it is its own source, which the settings of the base branch do not overwrite")
		}
		return errors.New("a different file is there already that webpress did not make, and the settings of the base branch do not overwrite it")
	}
}

// origin looks at a source as the commit has it.
func (h *headTree) origin(ctx context.Context, name string) (origin, error) {
	if o, ok := h.origins[name]; ok {
		return o, nil
	}
	blob := h.Blob(name)
	size, ok := h.sizes[name]
	if !ok {
		var err error
		if size, err = h.repo.BlobSize(ctx, h.remote, blob); err != nil {
			return origin{}, err
		}
	}
	head := func(n int64) ([]byte, error) { return h.repo.BlobHead(ctx, h.remote, blob, n) }
	filters, err := h.repo.Filtered(ctx, []string{name})
	if err != nil {
		return origin{}, err
	}
	o := origin{size: size}
	switch {
	case filters[name] == "lfs" && size <= pointerSize:
		// What it points to may not be here. Its size is what the commit says.
		pointer, err := head(size)
		if err != nil {
			return origin{}, err
		}
		if o.size = pointed(pointer, -1); o.size < 0 {
			return origin{}, fmt.Errorf("its source %q is not a pointer of Git LFS", name)
		}
	case size > h.plan.SettingsOf(h.fromTop(name)).MaxFileSize:
		// makes refuses it, unread.
	default:
		if o, err = readOrigin(&blobReader{head: head, size: size}, size); err != nil {
			return origin{}, err
		}
	}
	h.origins[name] = o
	return o, nil
}

// content is that of a source of the commit, as a checkout would have it.
func (h *headTree) content(ctx context.Context, name string) ([]byte, error) {
	filters, err := h.repo.Filtered(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	repo, lfs := h.repo, filters[name] == "lfs"
	if lfs {
		if repo, err = repo.WithLFS(ctx); err != nil {
			return nil, err
		}
	}
	return repo.Content(ctx, h.remote, name, h.Blob(name), lfs)
}

// describe fills in what results lack about their sources: size and format, as
// the commit has them.
func (h *headTree) describe(results []asset.Result) {
	for i := range results {
		one := &results[i]
		o := h.origins[one.Source.Path]
		one.Source.Size, one.Source.Format = max(o.size, 0), o.format
		one.Before = one.Source.Size
		one.SourceWidth, one.SourceHeight = o.width, o.height
	}
}

// overwrites reports whether the settings replace whatever is in the place of an output.
func (h *headTree) overwrites(e bundle.Entry) bool {
	j, ok := h.plan.Job(asset.Source{Path: h.fromTop(e.Source)}, h.fromTop(e.Output))
	return ok && j.Overwrite
}

// made reports whether a file in the place of an output, as blob, is what webpress has
// made of this image, or of one that is gone.
func (h *headTree) made(e bundle.Entry, blob string) bool {
	if blob == "" || e.Output == e.Source {
		return false
	}
	return slices.ContainsFunc(h.locks, func(l *lockfile.File) bool {
		return slices.ContainsFunc(l.ByOutput(e.Output), func(by lockfile.Entry) bool {
			if by.Source != e.Source && h.Blob(by.Source) != "" {
				return false
			}
			return by.Output.Blob == blob
		}) || slices.ContainsFunc(l.ByBlob(e.Blob), func(by lockfile.Entry) bool {
			return e.Blob != blob && by.Output.Blob == blob
		})
	})
}

// id is that of data as a commit would have it in the place of an output.
func (h *headTree) id(ctx context.Context, output string, data []byte) (string, error) {
	filters, err := h.repo.Filtered(ctx, []string{output})
	if err != nil {
		return "", err
	}
	repo := h.repo
	if filters[output] == "lfs" {
		if repo, err = repo.WithLFS(ctx); err != nil {
			return "", err
		}
	}
	id, _, err := repo.CleanFilter(ctx, output, data)
	return id, err
}
