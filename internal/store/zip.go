package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"webpress/internal/asset"
)

// zipTime is the time of every entry, the first that a zip can hold: the same
// results make the same zip, byte for byte.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// A bundle is what an artifact or a folder holds.
type bundle struct {
	root     *os.Root // Delivery.Dir
	files    []File
	manifest Manifest
	report   []byte
	// in tells where a file lies in the bundle.
	in func(string) string
}

// pack looks at the files of d, and leaves out those that no bundle can hold.
// The caller closes the bundle's root.
func pack(d Delivery) (*bundle, []asset.Left, error) {
	root, err := os.OpenRoot(d.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open working directory: %w", cause(err))
	}
	b := &bundle{root: root, report: d.Report, in: d.InRepository}
	var left []asset.Left
	seen := map[string]string{}
	for _, f := range d.Files() {
		if why := b.unfit(f, seen); why != "" {
			left = append(left, asset.Left{Path: f.Output, Reason: why})
			continue
		}
		b.files = append(b.files, f)
	}
	// The order of the paths in the bundle: a prefix could change it, as a/b
	// comes after a.b, and a after neither.
	slices.SortFunc(b.files, func(x, y File) int { return strings.Compare(b.in(x.Output), b.in(y.Output)) })
	b.manifest = d.manifest(b.files)
	return b, left, nil
}

// unfit says why f cannot be in the bundle, empty where it can. seen holds the
// paths of those that can.
func (b *bundle) unfit(f File, seen map[string]string) string {
	name := b.in(f.Output)
	if why := badPath(name); why != "" {
		return "its path " + why
	}
	if why := badPath(b.in(f.Source.Path)); why != "" {
		return fmt.Sprintf("the path of its source %q %s", f.Source.Path, why)
	}
	if reserved(name) {
		return "its path is that of a file of webpress's own"
	}
	if other, ok := seen[fold(name)]; ok {
		return fmt.Sprintf("its path differs from %q only in case", other)
	}
	info, err := b.root.Lstat(f.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone from the work tree"
	case err != nil:
		return cause(err).Error()
	case !info.Mode().IsRegular():
		return "it is not a regular file"
	case info.Size() != f.After:
		return changed
	}
	seen[fold(name)] = name
	return ""
}

const changed = "it changed after it was written"

// copyFile copies the content of f to w, and fails where that is not what the
// run has written.
func (b *bundle) copyFile(w io.Writer, f File) error {
	in, err := b.root.Open(f.Output)
	if err != nil {
		return fmt.Errorf("read %q: %w", f.Output, cause(err))
	}
	defer in.Close()
	hash := sha256.New()
	// One byte more than there should be, to see that there is none.
	n, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(in, f.After+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %q: %w", f.Output, cause(err))
	case n != f.After || f.SHA256 != "" && hex.EncodeToString(hash.Sum(nil)) != f.SHA256:
		return fmt.Errorf("read %q: %s", f.Output, changed)
	}
	return nil
}

// writeZip writes the bundle as a zip: manifest, report, results by their paths.
// Pictures are stored as they are, since nothing makes them smaller.
func (b *bundle) writeZip(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	manifest, err := b.manifest.encode()
	if err != nil {
		return err
	}
	if err := addText(z, ManifestName, manifest); err != nil {
		return err
	}
	if b.report != nil {
		if err := addText(z, ReportName, b.report); err != nil {
			return err
		}
	}
	for _, f := range b.files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		entry, err := z.CreateHeader(header(b.in(f.Output), zip.Store))
		if err != nil {
			return err
		}
		if err := b.copyFile(entry, f); err != nil {
			return err
		}
	}
	return z.Close()
}

func addText(z *zip.Writer, name string, data []byte) error {
	entry, err := z.CreateHeader(header(name, zip.Deflate))
	if err != nil {
		return err
	}
	_, err = entry.Write(data)
	return err
}

func header(name string, method uint16) *zip.FileHeader {
	h := &zip.FileHeader{Name: name, Method: method, Modified: zipTime}
	h.SetMode(0o644)
	return h
}

// cause is err without the path that package os adds to it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
