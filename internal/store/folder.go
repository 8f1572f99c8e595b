package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/tree"
)

// A Folder puts results where the CI takes up what a job leaves behind, as
// GitLab's artifacts:paths does. They lie there as they do in an Artifact, with
// the report and a manifest.
//
// By the manifest a later run knows what is webpress's own: it replaces those
// files, and removes those that are no longer results. All others it leaves
// alone. The files are copies: what a later step does to one does not change the
// work tree.
type Folder struct {
	// Dir is the folder as an absolute path. It is made if it is not there.
	Dir string
}

var _ Store = Folder{}

// Name returns folder.
func (Folder) Name() string { return "folder" }

// Deliver copies the files of d. If there are none, it only takes away what an
// earlier run has left, unless d is a shard.
func (f Folder) Deliver(ctx context.Context, d Delivery) (asset.Receipt, error) {
	stored := asset.Receipt{Store: f.Name()}
	fail := func(err error, hint string) (asset.Receipt, error) {
		if ctx.Err() != nil {
			return stored, fmt.Errorf("write to %q: %w", f.Dir, context.Cause(ctx))
		}
		return stored, &asset.HintError{What: fmt.Sprintf("write to %q", f.Dir), Why: err, Hint: hint}
	}
	const elsewhere = "set `artifact-dir` to a folder of its own, such as webpress-artifact"
	if err := f.apart(d); err != nil {
		return fail(err, elsewhere)
	}
	b, left, err := pack(ctx, d)
	if err != nil {
		return fail(err, "")
	}
	defer b.root.Close()
	stored.Left = left
	if _, err := os.Lstat(f.Dir); errors.Is(err, fs.ErrNotExist) && len(b.files) == 0 && d.Shard == "" {
		return stored, nil
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return fail(tree.Cause(err), tree.Hint(err, "artifact-dir"))
	}
	to, err := os.OpenRoot(f.Dir)
	if err != nil {
		return fail(tree.Cause(err), "let `artifact-dir` be a folder")
	}
	defer to.Close()
	old, err := earlier(to)
	if err != nil {
		return fail(err, elsewhere)
	}

	p := placing{packed: b, to: to, old: old}
	if err := p.place(ctx); err != nil {
		return fail(err, tree.Hint(err, "artifact-dir"))
	}
	stored.Left, stored.Notes = append(stored.Left, p.left...), p.notes
	slices.SortFunc(stored.Left, func(x, y asset.Undelivered) int { return strings.Compare(x.Path, y.Path) })
	for _, one := range b.files {
		stored.Paths = append(stored.Paths, one.Output)
		if one.Removed {
			stored.Removed = append(stored.Removed, one.Source.Path)
		}
	}
	slices.Sort(stored.Paths)
	slices.Sort(stored.Removed)
	stored.Removed = slices.Compact(stored.Removed)
	if len(b.files) > 0 || d.Shard != "" {
		stored.Ref = f.Dir
		if b.page != nil {
			stored.Page = bundle.PageName
		}
	}
	return stored, nil
}

// apart refuses a folder in which results would fall into the work tree itself,
// or into git's own folder.
func (f Folder) apart(d Delivery) error {
	if !filepath.IsAbs(f.Dir) {
		return errors.New("not an absolute path")
	}
	for name := range strings.SplitSeq(filepath.ToSlash(f.Dir), "/") {
		if tree.IsGit(name) {
			return errors.New("it is inside git's own folder")
		}
	}
	info, err := os.Stat(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return tree.Cause(err)
	}
	if !info.IsDir() {
		return errors.New("it is not a folder")
	}
	// The working directory and all above it, by whatever path they are reached.
	for dir := d.Dir; ; dir = filepath.Dir(dir) {
		if at, err := os.Stat(dir); err == nil && os.SameFile(at, info) {
			if dir == d.Dir {
				return errors.New("it is the working directory itself")
			}
			return errors.New("the working directory is inside of it")
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// earlier reads the manifest of the run before, by path.
func earlier(to *os.Root) (map[string]bundle.Entry, error) {
	data, err := tree.ReadPlain(to, bundle.ManifestName, bundle.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range []string{bundle.ReportName, bundle.PageName} {
			if _, err := to.Lstat(name); err == nil {
				return nil, fmt.Errorf("%q exists without a manifest that says who wrote it", name)
			}
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", bundle.ManifestName, tree.Cause(err))
	}
	m, err := bundle.ParseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%q is not a webpress manifest: %w", bundle.ManifestName, err)
	}
	old := map[string]bundle.Entry{}
	for _, e := range m.Files {
		if bundle.BadPath(e.Output) == "" && !bundle.Reserved(e.Output) {
			old[e.Output] = e
		}
	}
	return old, nil
}

// placing is the work of one Put.
type placing struct {
	*packed
	to    *os.Root
	old   map[string]bundle.Entry
	left  []asset.Undelivered
	notes []string
}

// place brings the folder from what it holds to what it should hold. The
// manifest is written first with all that was and will be there: a run that is
// killed in between leaves no file behind that the next one takes for a
// stranger's.
func (p *placing) place(ctx context.Context) error {
	p.files = slices.DeleteFunc(p.files, func(f File) bool {
		why := p.inTheWay(f)
		if why != "" {
			p.left = append(p.left, asset.Undelivered{Path: f.Output, Reason: why})
		}
		return why != ""
	})
	wanted := map[string]bool{}
	for _, f := range p.files {
		wanted[p.in(f.Output)] = true
	}
	p.manifest.Files = slices.DeleteFunc(p.manifest.Files, func(e bundle.Entry) bool { return !wanted[e.Output] })
	var stale []bundle.Entry
	for name, e := range p.old {
		if !wanted[name] {
			stale = append(stale, e)
		}
	}
	slices.SortFunc(stale, func(x, y bundle.Entry) int { return strings.Compare(x.Output, y.Output) })

	both := p.manifest
	both.Files = slices.Concat(both.Files, stale)
	if err := p.putManifest(both); err != nil {
		return err
	}
	for _, f := range p.files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := p.putFile(f); err != nil {
			return err
		}
	}
	for _, e := range stale {
		p.remove(e)
	}
	if p.report != nil {
		if err := p.put(bundle.ReportName, p.write(p.report)); err != nil {
			return err
		}
	}
	if p.page != nil {
		if err := p.put(bundle.PageName, p.write(p.page)); err != nil {
			return err
		}
	} else if p.old != nil {
		_ = p.to.Remove(bundle.PageName) // it shows another run
	}
	return p.putManifest(p.manifest)
}

// inTheWay says why f must not be put in its place: something is there that is
// not webpress's.
func (p *placing) inTheWay(f File) string {
	name := p.in(f.Output)
	info, err := p.to.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil:
		return fmt.Sprintf("%q cannot be written: %s", name, tree.Cause(err))
	case !info.Mode().IsRegular():
		return fmt.Sprintf("%q is not a regular file", name)
	}
	if _, own := p.old[name]; own || p.same(name, f.After, f.SHA256) {
		return ""
	}
	return fmt.Sprintf("%q is there, and webpress did not put it there", name)
}

// same reports whether the file at name has this size and digest.
func (p *placing) same(name string, size int64, digest string) bool {
	in, info, err := tree.OpenPlain(p.to, name)
	if err != nil {
		return false
	}
	defer in.Close()
	if info.Size() != size {
		return false
	}
	hash := sha256.New()
	_, err = io.Copy(hash, in)
	return err == nil && hex.EncodeToString(hash.Sum(nil)) == digest
}

func (p *placing) putFile(f File) error {
	name := p.in(f.Output)
	if p.same(name, f.After, f.SHA256) {
		return nil
	}
	return p.put(name, func(w io.Writer) error {
		_, err := p.copyFile(w, f)
		return err
	})
}

func (p *placing) putManifest(m bundle.Manifest) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	return p.put(bundle.ManifestName, p.write(data))
}

func (p *placing) write(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	}
}

// put writes a file in one rename.
func (p *placing) put(name string, fill func(io.Writer) error) error {
	like, err := p.to.Stat(".")
	if err == nil {
		err = tree.Write(p.to, name, tree.Options{Like: like}, fill)
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", name, tree.Cause(err))
	}
	return nil
}

// remove takes away what an earlier run has put there, if it still is that, and
// the folders that are empty then.
func (p *placing) remove(e bundle.Entry) {
	info, err := p.to.Lstat(e.Output)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil || !info.Mode().IsRegular() || !p.same(e.Output, e.Size, e.SHA256) {
		p.notes = append(p.notes, fmt.Sprintf("%q of an earlier run is no longer a result, but was changed since: it was left alone", e.Output))
		return
	}
	if err := p.to.Remove(e.Output); err != nil {
		p.notes = append(p.notes, fmt.Sprintf("%q of an earlier run could not be removed: %s", e.Output, tree.Cause(err)))
		return
	}
	for dir := path.Dir(e.Output); dir != "."; dir = path.Dir(dir) {
		if p.to.Remove(dir) != nil {
			return // not empty
		}
	}
}
