package store

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/git"
)

// A file is what one output comes to in a commit, or one that is outdated, or an
// edit. Paths are from the top of the repository.
type file struct {
	output, origin string // the result's path and its source's
	name, source   string // the same as the user knows them
	blob           string // the id of the output's content
	sourceBlob     string // that of the source's, where known
	before, after  int64  // sizes in bytes
	filter         string // what changes the output on its way into a commit: lfs
	add, remove    bool
	// outdated reports whether origin is an output that is to be deleted. Output is the one
	// that has taken its place, where there is one, and by its name.
	outdated bool
	by       string
	// edited is set for an edit.
	edited *edited
}

// lfs is the name of Git LFS's filter.
const lfs = "lfs"

// A plan is what is to be committed, wherever the branch is by then.
type plan struct {
	// Commit has a Repo whose paths are from the top, and that has the filter of Git
	// LFS where it is needed.
	Commit
	d     Delivery
	files []file
	// outdated are those outputs that are to be deleted.
	outdated []file
	// origins are the sources of the results that cannot be committed to any branch.
	origins []string
	// edits are those that can be committed.
	edits []*edit
	notes []string
	// here is what is checked out: the results were made of that. It is a merge
	// commit for a pull request at GitHub, and not Delivery.Head.
	here git.Tree
	// left is what cannot be committed to any branch.
	left []asset.Undelivered
	// sent is what an API was asked to commit on top of the commit on, at last.
	sent []file
	on   string
	// ours are the commits that were made for this delivery, be it that the branch
	// does not end with them.
	ours []string
}

// plan turns a delivery into files, and leaves out what cannot be committed.
func (c Commit) plan(ctx context.Context, d Delivery) (*plan, error) {
	c.Repo = c.Repo.AtTop()
	p := &plan{Commit: c, d: d}
	at, err := c.Repo.CheckedOut(ctx)
	if err != nil {
		return p, err
	}
	if at != "" {
		if p.here, err = c.Repo.Tree(ctx, at); err != nil {
			return p, err
		}
	}
	leave := func(f file, reason string) {
		p.left, p.origins = append(p.left, asset.Undelivered{Path: f.name, Reason: reason}), append(p.origins, f.origin)
	}
	var names []string
	for _, r := range d.Files() {
		f := file{
			output: d.InRepository(r.Output), origin: d.InRepository(r.Source.Path),
			name: r.Output, source: r.Source.Path, sourceBlob: r.Source.Blob, remove: r.Removed,
		}
		if before, after, ok := r.Saving(); ok {
			f.before, f.after = before, after
		}
		if what := cmp.Or(p.here.Obstacle(f.output), outside(c.Repo.Top(), f.output)); what != "" {
			leave(f, what)
			continue
		}
		p.files, names = append(p.files, f), append(names, f.output)
	}
	p.planOutdated()
	asked := names
	for _, e := range d.Edits {
		asked = append(slices.Clip(asked), e.Path)
	}
	ignored, err := c.Repo.Ignored(ctx, asked...)
	if err != nil {
		return p, err
	}
	filters, err := c.Repo.Filtered(ctx, asked)
	if err != nil {
		return p, err
	}
	for _, one := range filters {
		if one == lfs {
			if p.Repo, err = c.Repo.WithLFS(ctx); err != nil {
				return p, err
			}
			break
		}
	}
	blobs, err := p.Repo.Hash(ctx, names)
	if err != nil {
		return p, err
	}
	plain, err := p.Repo.HashPlain(ctx, names)
	if err != nil {
		return p, err
	}
	for _, e := range d.Edits {
		p.planEdit(e, ignored[e.Path], filters[e.Path])
	}
	all := p.files
	p.files = nil
	for _, f := range all {
		f.blob = blobs[f.output]
		changed := f.blob != plain[f.output]
		if changed {
			f.filter = filters[f.output]
		}
		switch {
		case ignored[f.output]:
			leave(f, "git ignores it; take it out of .gitignore, or set `output`")
		case p.Repo.SkipsFilter(filters[f.output]):
			leave(f, skipped(filters[f.output]))
		case f.blob == "":
			leave(f, "it is gone from the work tree")
		case changed && f.filter == "":
			leave(f, "git would change it, for .gitattributes calls it text; add a line for images such as `*.webp binary`")
		default:
			p.files = append(p.files, f)
		}
	}
	return p, nil
}

// skipped is why a file with a filter is left out that git is kept from running: what
// is committed would not be what the filter makes of it, such as an encrypted file.
func skipped(filter string) string {
	return fmt.Sprintf("it has the filter %s of the repository's configuration, and webpress runs no program that is named there; "+
		"set it up in your own: `git config --global filter.%s.clean COMMAND`", filter, filter)
}

// outside says why a file that is below top does not belong to its repository.
func outside(top, name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		at := filepath.Join(top, filepath.FromSlash(dir))
		if info, err := os.Lstat(at); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return quote(dir) + " is a symbolic link"
		}
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return quote(dir) + " is a repository of its own"
		}
	}
	return ""
}

// rebaseOn finds out what is to be done in a place: what it does not have already, but
// nothing whose source is another one there than here.
func (p *plan) rebaseOn(to place) (todo []file, left []asset.Undelivered) {
	leave := func(f file, reason string) { left = append(left, asset.Undelivered{Path: f.name, Reason: reason}) }
	for _, f := range p.files {
		f.add = to.tree.Blob(f.output) != f.blob
		f.remove = f.remove && to.tree.Blob(f.origin) != ""
		switch {
		case !f.add && !f.remove: // such as by another run
		case !p.same(f.origin, f.sourceBlob, to):
			leave(f, "its source has changed on "+quote(p.Branch)+" since; it is left to the run for that")
		case f.add && to.tree.Obstacle(f.output) != "":
			leave(f, to.tree.Obstacle(f.output)+" on "+quote(p.Branch))
		case f.add || f.remove:
			todo = append(todo, f)
		}
	}
	for _, f := range p.outdated {
		switch there, ok := to.tree.At(f.origin); {
		case !ok: // such as by another run
		case p.here.Blob(f.origin) == "":
			leave(f, "it is outdated, but the commit that is checked out does not have it as a file: delete it by hand")
		case there.ID != p.here.Blob(f.origin) || to.tree.Blob(f.origin) == "":
			leave(f, "it is outdated, but was changed on "+quote(p.Branch)+" since: it is left to the run for that")
		default:
			todo = append(todo, f)
		}
	}
	return todo, left
}

// same reports whether a source is in a place what it is here, where blob is known of
// it.
func (p *plan) same(origin, blob string, to place) bool {
	source := to.tree.Blob(origin)
	if p.ExpectedHead != "" { // what is here is another branch's
		return blob != "" && source == blob
	}
	return blob != "" && source == blob || source == p.here.Blob(origin) ||
		// A result of another run, whose source is not checked out.
		blob == "" && p.here.Blob(origin) == "" && to.base == p.d.Head
}

// changes are the files as git takes them.
func changes(files []file) []git.Change {
	var all []git.Change
	for _, f := range files {
		if f.add {
			c := git.Change{Path: f.output}
			if f.edited != nil {
				c.Data = f.edited.data
			}
			all = append(all, c)
		}
		if f.remove {
			all = append(all, git.Change{Path: f.origin, Delete: true})
		}
	}
	return all
}

// record says in stored that files were delivered by a commit.
func record(stored *asset.Receipt, files []file, commit, url string) {
	stored.Ref, stored.URL = commit, url
	for _, f := range files {
		if f.add {
			stored.Paths = append(stored.Paths, f.name)
		}
		if f.remove {
			stored.Removed = append(stored.Removed, f.source)
		}
	}
	slices.Sort(stored.Paths)
	slices.Sort(stored.Removed)
}

func quote(s string) string { return strconv.Quote(s) }

// short is a commit's id as people read it.
func short(commit string) string { return commit[:min(len(commit), 10)] }

func sorted(left []asset.Undelivered) []asset.Undelivered {
	slices.SortFunc(left, func(a, b asset.Undelivered) int { return cmp.Compare(a.Path, b.Path) })
	return left
}
