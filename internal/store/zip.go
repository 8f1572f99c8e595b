package store

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/tree"
)

// packed is what an artifact or a folder is going to hold.
type packed struct {
	root     *os.Root // Delivery.Dir
	files    []File
	manifest bundle.Manifest
	report   []byte
	page     []byte            // nil if there is none
	sums     map[string]uint32 // CRC-32, by File.Output
	// in returns the path of a file in the bundle.
	in func(string) string
}

// pack reads the files of d, and leaves out those that no bundle can hold, and
// those that are not what the run has written. The caller closes the bundle's
// root.
func pack(ctx context.Context, d Delivery) (*packed, []asset.Undelivered, error) {
	root, err := os.OpenRoot(d.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open working directory: %w", tree.Cause(err))
	}
	b := &packed{root: root, report: d.Report, sums: map[string]uint32{}, in: d.InRepository}
	var left []asset.Undelivered
	seen := map[string]string{}
	for _, f := range d.Files() {
		if err := context.Cause(ctx); err != nil {
			root.Close()
			return nil, nil, err
		}
		if why := b.unfit(&f, seen); why != "" {
			left = append(left, asset.Undelivered{Path: f.Output, Reason: why})
			continue
		}
		b.files = append(b.files, f)
	}
	// The order of the paths in the bundle: a prefix could change it, as a/b
	// comes after a.b, and a after neither.
	slices.SortFunc(b.files, func(x, y File) int { return strings.Compare(b.in(x.Output), b.in(y.Output)) })
	b.manifest = d.manifest(b.files)
	if d.Page != nil && (len(b.files) > 0 || d.Shard != "") {
		b.page = d.Page(ctx, b.files)
	}
	return b, left, nil
}

// unfit says why f cannot be in the bundle, empty if it can. seen holds the
// paths of those that can. What an earlier run has made has no digest yet, since this
// run has not read it, and gets it here.
func (b *packed) unfit(f *File, seen map[string]string) string {
	name := b.in(f.Output)
	if why := bundle.BadPath(name); why != "" {
		return "its path " + why
	}
	if why := bundle.BadPath(b.in(f.Source.Path)); why != "" {
		return fmt.Sprintf("the path of its source %q %s", f.Source.Path, why)
	}
	if bundle.Reserved(name) {
		return "its path is reserved for a file of webpress"
	}
	if other, ok := seen[tree.Fold(name)]; ok {
		return fmt.Sprintf("its path differs from %q only in case", other)
	}
	info, err := b.root.Lstat(f.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is gone from the work tree"
	case err != nil:
		return tree.Cause(err).Error()
	case !info.Mode().IsRegular():
		return "it is not a regular file"
	}
	crc := crc32.NewIEEE()
	digest, err := b.copyFile(crc, *f)
	if err != nil {
		return err.Error()
	}
	f.SHA256 = digest
	b.sums[f.Output] = crc.Sum32()
	seen[tree.Fold(name)] = name
	return ""
}

// copyFile copies the content of f to w and returns its digest. It fails where the
// content is not what the run has written. Errors do not contain the name.
func (b *packed) copyFile(w io.Writer, f File) (digest string, err error) {
	in, _, err := tree.OpenPlain(b.root, f.Output)
	if err != nil {
		return "", tree.Cause(err)
	}
	defer in.Close()
	hash := sha256.New()
	// One byte more than there should be, to see that there is none.
	n, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(in, f.After+1))
	if err != nil {
		return "", tree.Cause(err)
	}
	digest = hex.EncodeToString(hash.Sum(nil))
	if n != f.After || f.SHA256 != "" && f.SHA256 != digest {
		return "", errors.New("it changed after it was written")
	}
	return digest, nil
}

// writeZip writes the bundle as a zip: manifest, reports, results by their paths.
// Images are stored as they are, since nothing makes them smaller.
//
// Lengths and checksums are in front of the content: actions/download-artifact
// unpacks from a stream, where the end of a stored file could else only be
// guessed.
func (b *packed) writeZip(ctx context.Context, w io.Writer) error {
	z := zip.NewWriter(w)
	manifest, err := b.manifest.Encode()
	if err != nil {
		return err
	}
	if err := addText(z, bundle.ManifestName, manifest); err != nil {
		return err
	}
	if b.report != nil {
		if err := addText(z, bundle.ReportName, b.report); err != nil {
			return err
		}
	}
	if b.page != nil {
		if err := addText(z, bundle.PageName, b.page); err != nil {
			return err
		}
	}
	for _, f := range b.files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		entry, err := z.CreateRaw(header(b.in(f.Output), zip.Store, b.sums[f.Output], f.After, f.After))
		if err != nil {
			return err
		}
		if _, err := b.copyFile(entry, f); err != nil {
			return fmt.Errorf("read %q: %w", f.Output, err)
		}
	}
	return z.Close()
}

func addText(z *zip.Writer, name string, data []byte) error {
	var small bytes.Buffer
	deflate, err := flate.NewWriter(&small, flate.DefaultCompression)
	if err != nil {
		return err
	}
	if _, err := deflate.Write(data); err != nil {
		return err
	}
	if err := deflate.Close(); err != nil {
		return err
	}
	entry, err := z.CreateRaw(header(name, zip.Deflate, crc32.ChecksumIEEE(data), int64(small.Len()), int64(len(data))))
	if err != nil {
		return err
	}
	_, err = entry.Write(small.Bytes())
	return err
}

// header is that of an entry with a name in UTF-8, of mode 0644 and of the first
// time that a zip can hold: the same results make the same zip, byte for byte.
func header(name string, method uint16, sum uint32, packed, size int64) *zip.FileHeader {
	h := &zip.FileHeader{
		Name: name, Method: method, CRC32: sum,
		CompressedSize64: uint64(packed), UncompressedSize64: uint64(size),
		Flags: 1 << 11, ReaderVersion: 20,
	}
	h.ModifiedDate = 1<<5 | 1 //nolint:staticcheck // CreateRaw takes no other: January 1st, 1980
	h.SetMode(0o644)
	return h
}

// manifest lists files, which are results of d.
func (d Delivery) manifest(files []File) bundle.Manifest {
	m := bundle.Manifest{Schema: bundle.ManifestVersion, Head: d.Head, Shard: d.Shard, Files: []bundle.Entry{}}
	if d.Shard != "" {
		m.Schema = bundle.ShardVersion
	}
	for _, f := range files {
		e := bundle.Entry{
			Source: d.InRepository(f.Source.Path), Blob: f.Source.Blob, Removed: f.Removed,
			Output: d.InRepository(f.Output), Size: f.After, SHA256: f.SHA256,
		}
		if d.Recipe != nil {
			e.Recipe = bundle.RecipeDigest(d.Recipe(f.Source, f.Output))
		}
		m.Files = append(m.Files, e)
	}
	return m
}
