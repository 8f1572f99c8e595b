package convert

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/webpress/webpress/internal/asset"
)

// open opens a file to be read, and nothing else.
func (r *run) open(path string) (*os.File, fs.FileInfo, error) { return r.files.Open(path) }

// read fills data, which is as long as s, with the content of s, and returns what the file
// system says of it. It fails where that is not the content that s was found with.
func (r *run) read(ctx context.Context, s asset.Source, data []byte) (fs.FileInfo, error) {
	f, info, err := r.open(s.Path)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", s.Path, cause(err))
	}
	defer f.Close()
	if info.Size() != s.Size {
		return nil, changed(s, fmt.Sprintf(", from %d to %d bytes", s.Size, info.Size()))
	}
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read %q: %w", s.Path, cause(err))
	}
	after, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", s.Path, cause(err))
	}
	if !unchanged(info, after) {
		return nil, changed(s, "")
	}
	switch same, err := r.isBlob(ctx, s, data); {
	case err != nil:
		return nil, fmt.Errorf("read %q: %w", s.Path, err)
	case !same:
		return nil, changed(s, "")
	}
	return info, nil
}

// changed is why a source is not converted that is not what it was when it was found:
// what is known of it would be recorded for another content.
func changed(s asset.Source, how string) error {
	return &mistake{
		fmt.Errorf("read %q: the file changed during the run%s", s.Path, how),
		"run webpress again when nothing else writes to it",
	}
}

// isBlob says whether data is the content that s has by its Blob, as far as that can
// be told.
func (r *run) isBlob(ctx context.Context, s asset.Source, data []byte) (bool, error) {
	if s.Blob == "" || blobID(data, len(s.Blob)) == s.Blob || blobID(lfsPointer(data), len(s.Blob)) == s.Blob {
		return true, nil
	}
	if r.Blob == nil {
		return false, nil
	}
	id, err := r.Blob(ctx, s.Path, data)
	return id == "" || id == s.Blob, err
}

// blobID is the id that git has for content, with as many hexadecimal digits as are
// asked for: the hash of "blob", a space, the length in decimal, a zero byte and the
// content (Pro Git, 10.2), SHA-1 or in newer repositories SHA-256.
func blobID(content []byte, digits int) string {
	sum := sha1.New()
	if digits == hex.EncodedLen(sha256.Size) {
		sum = sha256.New()
	}
	fmt.Fprintf(sum, "blob %d\x00", len(content))
	sum.Write(content)
	return hex.EncodeToString(sum.Sum(nil))
}

// lfsPointer is what Git LFS puts in the place of content (git-lfs, docs/spec.md).
func lfsPointer(content []byte) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n",
		sha256.Sum256(content), len(content))
}
